"""``facegate benchmark compare`` and ``check`` as a user sees them."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pytest
import typer
from hand_made_runs import a_run, counts, estimate, rates
from typer.testing import CliRunner

from facegate.cli.benchmark_compare import check, compare
from facegate.errors import BoundBroken, FacegateError, InputError

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from facegate.evaluation.result import BenchmarkResult

app = typer.Typer()
app.command()(compare)
app.command()(check)


def run(*words: str) -> Result:
    return CliRunner(env={"COLUMNS": "100"}).invoke(app, list(words))


def said(result: Result) -> str:
    return " ".join(result.output.split())


def failed(result: Result, kind: type[FacegateError]) -> str:
    """Give the one sentence of a failure, which `one_sentence_errors` prints."""
    assert type(result.exception) is kind, result.exception
    return str(result.exception)


def write(folder: Path, run: BenchmarkResult) -> None:
    folder.mkdir()
    (folder / "result.json").write_text(run.to_json(), encoding="utf-8")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work beside two runs: ``old``, and ``new`` in which Black F are matched twice as often."""
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "old", a_run())
    write(tmp_path / "new", a_run(black_f=estimate(400, 10_000)))
    return tmp_path


@pytest.mark.usefixtures("place")
def test_two_runs_are_shown_side_by_side_at_their_first_common_threshold() -> None:
    result = run("compare", "old", "new")
    assert result.exit_code == 0
    assert "A: old: test (eeeeeeeeeeee) on small" in said(result)
    assert "Threshold distance-0.6" in said(result)
    assert "Black F 20,000 40,000 +20,000 x 2 higher" in said(result)


@pytest.mark.usefixtures("place")
def test_one_run_can_be_compared_with_itself_at_two_thresholds() -> None:
    result = run("compare", "old", "old", "--threshold-a", "distance-0.6", "--threshold-b", "fmr-1e-3")
    assert result.exit_code == 0
    assert "The thresholds were set in different ways" in said(result)
    assert "Black F 20,000 500 \N{MINUS SIGN}19,500" in said(result)


def test_the_csv_holds_every_number(place: Path) -> None:
    assert run("compare", "old", "new", "--csv", "out.csv").exit_code == 0
    with (place / "out.csv").open(newline="") as file:
        rows = {(row["rate"], row["group"]): row for row in csv.DictReader(file)}
    assert float(rows["fmr", "Black F"]["difference"]) == pytest.approx(0.02)


@pytest.mark.usefixtures("place")
def test_a_broken_bound_has_an_exit_code_of_its_own_and_is_shown() -> None:
    result = run("compare", "old", "new", "--fail-if", "fmr[Black,F] > 0.03", "--fail-if", "fmr > 0.1")
    assert (
        failed(result, BoundBroken) == "2 checks of bounds: 1 broken, 0 unknown (counts as broken), 1 hold."
    )
    assert BoundBroken.exit_code not in {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130}
    assert "fmr[Black,F] > 0.03 Black F 0.04 0.0363 to 0.044 broken" in said(result)


@pytest.mark.usefixtures("place")
def test_bounds_that_hold_let_the_build_pass() -> None:
    result = run("compare", "old", "new", "--fail-if", "diff.fnmr[Black F] > 0", "--fail-if", "a.fmr > 0.1")
    assert result.exit_code == 0
    assert "2 checks of bounds: all hold." in said(result)


@pytest.mark.usefixtures("place")
def test_one_run_is_checked_alone() -> None:
    result = run("check", "old", "--fail-if", "fmr[worst]@distance-0.6 > 0.01")
    assert "1 broken" in failed(result, BoundBroken)
    assert run("check", "old", "--threshold", "fmr-1e-3", "--fail-if", "fmr[worst] > 0.01").exit_code == 0


def test_the_verdicts_are_written_even_if_one_is_broken(place: Path) -> None:
    result = run("check", "old", "--fail-if", "fte > 0.001", "--csv", "out.csv")
    assert failed(result, BoundBroken)
    assert "fte > 0.001,everybody,any threshold" in (place / "out.csv").read_text()


@pytest.mark.usefixtures("place")
def test_an_unknown_rate_stops_the_build() -> None:
    result = run("check", "old", "--threshold", "distance-0.6", "--fail-if", "fpir > 0.5")
    assert failed(result, BoundBroken) == "1 check of bounds: 0 broken, 1 unknown (counts as broken), 0 hold."
    assert "unknown counts as broken. No such searches were made." in said(result)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("compare", "old", "none"), r"cannot read none.result\.json"),
        (
            ("compare", "old", "new", "--threshold", "x"),
            "run A: the result has no threshold 'x'; it has dist",
        ),
        (("compare", "old", "new", "--threshold-a", "x"), "--threshold-a and --threshold-b go together"),
        (
            ("compare", "old", "new", "--threshold", "x", "--threshold-a", "x", "--threshold-b", "x"),
            "--threshold is for both runs",
        ),
        (
            ("compare", "old", "new", "--fail-if", "fmr[Martian] > 0.1"),
            "there is no group 'Martian'; the run has",
        ),
        (("compare", "old", "new", "--fail-if", "far > 0.1"), "cannot be read: wanted a rate"),
        (("check", "old", "--fail-if", "diff.fmr > 0.1"), "asks of two runs, got one"),
        (("check", "old", "--fail-if", "fmr > 0.1"), "names no threshold; add @ and one of distance-0.6"),
        (("check", "old", "--threshold", "x", "--fail-if", "fte > 0.1"), "has no threshold 'x'"),
    ],
)
@pytest.mark.usefixtures("place")
def test_a_slip_is_one_sentence_and_no_verdict(words: tuple[str, ...], message: str) -> None:
    result = run(*words)
    with pytest.raises(InputError, match=message):
        raise result.exception or AssertionError(result.output)
    assert "holds" not in result.output


def test_runs_of_other_groups_are_refused(place: Path) -> None:
    run_of_others = a_run(groups=(rates("Martian", estimate(1, 100)),))
    assert run_of_others.main.groups == (counts("Martian"),)
    write(place / "other", run_of_others)
    assert "no group in common" in failed(run("compare", "old", "other"), InputError)


def test_what_is_no_result_of_this_format_is_refused(place: Path) -> None:
    (place / "new" / "result.json").write_text('{"format": "facegate-view2/1"}')
    assert "has format 'facegate-view2/1', wanted" in failed(run("compare", "old", "new"), InputError)
    (place / "new" / "result.json").write_bytes(b"\xff")
    assert "cannot read" in failed(run("compare", "old", "new"), InputError)
