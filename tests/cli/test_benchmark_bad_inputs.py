"""``facegate benchmark run`` on input that cannot be right: one sentence, an exit code, nothing lost."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from typer.testing import CliRunner
from vendor_files import HEADING, TEMPLATES, score_rows, square, write_csv, write_people, write_scores

from facegate.cli.main import app
from facegate.datasets.populations import demo_population
from facegate.evaluation import comparisons
from facegate.evaluation.inputs import scores as score_inputs
from facegate.evaluation.inputs import vectors as vector_inputs
from facegate.evaluation.tiles import squares_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

PROTOCOL = """
kind = "all-pairs"
name = "tiny"
title = "Tiny"
resampling = { bootstrap = 20, permutations = 20 }
floor.score = 0.1
[data.scores]
file = "scores.csv"
direction = "similarity"
[data.scores.columns]
score = "sim"
first_subject = "probe_id"
second_subject = "ref_id"
first_group = "probe_group"
second_group = "ref_group"
[[threshold]]
score = 0.2
"""
DRAWN = """
kind = "all-pairs"
name = "tiny"
title = "Tiny"
floor.distance = 0.7
data.synthetic = { population = "demo", subjects = 40, seed = 3 }
[[threshold]]
distance = 0.6
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work beside good scores, a protocol and an earlier run, with caches of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    write_scores(tmp_path / "scores.csv")
    (tmp_path / "tiny.toml").write_text(PROTOCOL, encoding="utf-8")
    (tmp_path / "runs" / "earlier").mkdir(parents=True)
    (tmp_path / "runs" / "earlier" / "result.json").write_text("precious", encoding="utf-8")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["benchmark", "run", "tiny.toml", *words])


def refusal(place: Path, *words: str, code: int = 2) -> str:
    """Run, expect a refusal that leaves nothing behind, and return its one sentence."""
    result = run(*words)
    assert result.exit_code == code, (result.output, result.exception)
    assert "Traceback" not in result.output
    assert [path.name for path in (place / "runs").iterdir()] == ["earlier"]
    assert (place / "runs" / "earlier" / "result.json").read_text(encoding="utf-8") == "precious"
    last = [line for line in result.stderr.splitlines() if line.strip()][-1]
    assert last.startswith("facegate: ")
    return last.removeprefix("facegate: ")


def write_lines(place: Path, *rows: str) -> None:
    (place / "scores.csv").write_text("\n".join((",".join(HEADING), *rows, "")), encoding="utf-8")


def first_score(value: str) -> Callable[[Path], None]:
    """Put something else where the first score stands."""

    def spoil(place: Path) -> None:
        rows = score_rows()
        write_csv(place / "scores.csv", HEADING, [(value, *rows[0][1:]), *rows[1:]])

    return spoil


def changed(*changes: tuple[str, str]) -> Callable[[Path], None]:
    """Change the protocol."""

    def change(place: Path) -> None:
        text = PROTOCOL
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        (place / "tiny.toml").write_text(text, encoding="utf-8")

    return change


def without_file(place: Path) -> None:
    (place / "scores.csv").unlink()


def with_no_bytes(place: Path) -> None:
    (place / "scores.csv").write_bytes(b"")


def with_no_rows(place: Path) -> None:
    write_lines(place)


def with_a_short_line(place: Path) -> None:
    rows = [",".join(map(str, row)) for row in score_rows()]
    write_lines(place, *rows[:500], "0.5,only", *rows[500:])


def with_a_person_in_two_groups(place: Path) -> None:
    write_lines(place, "0.5,a,b,X,X,no,X", "0.4,a,c,Y,X,no,X")


def with_two_directions(place: Path) -> None:
    changed(('direction = "similarity"', 'direction = "up"'))(place)


def with_a_matrix_of_another_size(place: Path) -> None:
    np.save(place / "m.npy", square()[:-1])
    write_people(place / "people.csv")
    matrix = 'file = "m.npy"\nrows = "people.csv"\ndirection = "similarity"\npeople = { subject = "id" }\n'
    head, tail = PROTOCOL.split("[data.scores]")
    text = f"{head}[data.matrix]\n{matrix}[[threshold]]{tail.split('[[threshold]]')[1]}"
    (place / "tiny.toml").write_text(text, encoding="utf-8")


NEEDS = "needs photos, vectors or templates; protocol tiny names scores"
WRONG_SCALE = "distance-0.{} does not fit scores of metric similarity: give a score"
NO_GROUP = "there is no group 'Z'; the groups are: Group A-F; Group A-M; Group B-F; Group B-M"
DATA = "[data.scores]\n"
GIVEN = "\nscore = 0.2"
BAD = {
    "no file": (without_file, "scores.csv is missing from the folder that the protocol names"),
    "no bytes": (with_no_bytes, "scores.csv is empty: wanted a heading and at least one row"),
    "no rows": (with_no_rows, "scores.csv has a heading and no rows: there is nothing to measure"),
    "short line": (
        with_a_short_line,
        "scores.csv, line 502: Expected 7 columns, got 2; there stands '0.5,only'",
    ),
    "no number": (first_score("0,3x"), "scores.csv, line 2: wanted a number, there stands '0,3x'"),
    "missing score": (
        first_score("nan"),
        (
            "scores that are not numbers: 1, the first at scores.csv, line 2; to leave them out and count "
            'them, say nan = "leave-out"'
        ),
    ),
    "infinite score": (
        first_score("inf"),
        "scores that are infinite: 1, the first at scores.csv, line 2; wanted finite numbers",
    ),
    "person in two groups": (
        with_a_person_in_two_groups,
        "people in more than one group: 1, the first at scores.csv, line 3; wanted the same one in every row",
    ),
    "unknown column": (
        changed(("probe_group", "probe_grp")),
        (
            "scores.csv: column 'probe_grp' is not there; columns are sim, probe_id, ref_id, probe_group, "
            "ref_group, same, group"
        ),
    ),
    "unknown key": (
        changed(("first_group", "first_grp")),
        (
            "tiny.toml: key data.scores.columns.first_grp is not known; known here are score, mated, group, "
            "first_subject, first_template, first_group, first_race, first_sex, first_age_class, "
            "second_subject, second_template, second_group, second_race, second_sex, second_age_class"
        ),
    ),
    "unknown direction": (
        with_two_directions,
        "tiny.toml: key data.scores.direction is 'up', wanted 'similarity' or 'distance'",
    ),
    "no direction": (
        changed(('direction = "similarity"', "")),
        "tiny.toml: key data.scores.direction is missing; wanted 'similarity' or 'distance'",
    ),
    "floor on another scale": (changed(("floor.score", "floor.distance")), WRONG_SCALE.format(1)),
    "threshold on another scale": (changed((GIVEN, "\ndistance = 0.2")), WRONG_SCALE.format(2)),
    "threshold by searches": (
        changed((GIVEN, "\nfpir = 0.2")),
        "tiny.toml: key threshold by fpir needs searches, and they need photos, vectors or templates",
    ),
    "searches": (changed((GIVEN, f"{GIVEN}\n[identification]\nenroll = 0.5")), f"[identification] {NEEDS}"),
    "label sources": (
        changed((DATA, f'groups.only_label_sources = ["human"]\n{DATA}')),
        f"groups.only_label_sources {NEEDS}",
    ),
    "top pairs": (
        changed((DATA, f"groups.without_top_pairs = 3\n{DATA}")),
        f"groups.without_top_pairs {NEEDS}",
    ),
    "labels without columns": (
        changed((DATA, f'groups.by = ["race"]\n{DATA}')),
        "groups are made by race, but no column is named for race; say by = [...] in [groups]",
    ),
    "unknown reference": (changed((DATA, f'groups.reference = "Z"\n{DATA}')), NO_GROUP),
    "unknown group": (changed((GIVEN, '\nfmr = 0.2\ngroup = "Z"')), NO_GROUP),
    "matrix of another size": (
        with_a_matrix_of_another_size,
        "m.npy is 47 x 48, wanted 48 x 48 as its lists say",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_bad_input_is_one_sentence(place: Path, case: str) -> None:
    spoil, sentence = BAD[case]
    spoil(place)
    assert refusal(place) == sentence


def test_a_floor_above_a_threshold_is_refused_before_anything_is_compared(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.cli.benchmark_data.template_material", None)
    (place / "tiny.toml").write_text(DRAWN.replace("0.7", "0.5"), encoding="utf-8")
    assert refusal(place, code=6) == (
        "threshold distance-0.6 (score 0.4) lies below the floor (score 0.5), where pairs are not kept; "
        "lower the floor"
    )
    monkeypatch.setattr("facegate.cli.benchmark_data.load_scores", None)
    changed(("floor.score = 0.1", "floor.score = 0.3"))(place)
    assert refusal(place, code=6).startswith(
        "threshold score-0.2 (score 0.2) lies below the floor (score 0.3)"
    )


@pytest.mark.parametrize("option", ["--templates", "--exclude"])
def test_what_needs_templates_does_not_go_with_scores(place: Path, option: str) -> None:
    sheet = "first_photo,second_photo,first_person,second_person,verdict\na/1,b/1,a,b,both people\n"
    (place / "given").write_text(sheet, encoding="utf-8")
    assert refusal(place, option, "given") == f"{option} {NEEDS}"


def test_given_templates_stand_for_photos_and_for_nothing_else(place: Path) -> None:
    demo_population(24, 9).draw().write(place / "mine.parquet")
    (place / "tiny.toml").write_text(DRAWN, encoding="utf-8")
    assert refusal(place, "--templates", "mine.parquet") == (
        "--templates stands for the photos of a data set; protocol tiny names none: leave it out, or write "
        "data.templates into the protocol"
    )
    photos = DRAWN.replace("data.synthetic", 'data.dataset = "people" #')
    (place / "tiny.toml").write_text(photos, encoding="utf-8")
    assert refusal(place, "--templates", "mine.parquet") == (
        "protocol tiny is about people, mine.parquet holds SYNTHETIC demo (seed 9)"
    )


def test_a_data_set_that_is_nowhere_is_one_sentence(place: Path) -> None:
    photos = DRAWN.replace("data.synthetic", 'data.dataset = "peopel" #')
    (place / "tiny.toml").write_text(photos, encoding="utf-8")
    assert "'peopel' is neither a known data set" in refusal(place, code=5)


def test_more_data_than_memory_is_refused_with_both_numbers(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(score_inputs, "available_memory", lambda: 1 << 16)
    assert refusal(place) == (
        "1,129 scores need about 276 KiB of memory, this machine has 64 KiB free; use a machine with more, "
        "or give fewer rows"
    )
    monkeypatch.setattr(vector_inputs, "available_memory", lambda: 1 << 16)
    np.save(place / "v.npy", TEMPLATES.vectors)
    write_people(place / "v.csv")
    data = 'data.vectors = { file = "v.npy", labels = "v.csv", metric = "cosine", columns.subject = "id" } #'
    (place / "tiny.toml").write_text(DRAWN.replace("data.synthetic", data), encoding="utf-8")
    assert refusal(place).startswith("the vectors of v.npy need about 384 KiB of memory, this machine has 64")


# --- little, but measurable ----------------------------------------------------------------------


def measured(place: Path) -> dict[str, Any]:
    """Run, make the page, and read the numbers."""
    result = run("-o", "out")
    assert result.exit_code == 0, (result.output, result.exception)
    report = CliRunner().invoke(app, ["benchmark", "report", "out", "--no-pdf"])
    assert report.exit_code == 0, (report.output, report.exception)
    numbers: dict[str, Any] = json.loads((place / "out" / "result.json").read_text(encoding="utf-8"))
    return numbers


def test_a_group_with_no_pairs_is_unknown_and_not_zero(place: Path) -> None:
    write_lines(place, "0.5,a,b,X,X,no,X", "0.3,a,c,X,Y,no,X", "0.9,a,a,X,X,yes,X")
    x, y = measured(place)["main"]["at"][0]["groups"]
    assert (x["group"], x["fmr"]["events"], x["fmr"]["trials"]) == ("X", 1, 1)
    assert (y["group"], y["fmr"], y["fnmr"]) == ("Y", None, None)


def test_one_person_only_has_no_false_match_rate(place: Path) -> None:
    write_lines(place, "0.9,a,a,X,X,yes,X", "0.1,a,a,X,X,yes,X")
    overall = measured(place)["main"]["at"][0]["overall"]
    assert overall["fmr"] is None
    assert (overall["fnmr"]["events"], overall["fnmr"]["trials"]) == (1, 2)


def test_scores_that_are_all_equal_are_measured_and_said_to_be_so(place: Path) -> None:
    write_csv(place / "scores.csv", HEADING, [(0.5, *row[1:]) for row in score_rows()])
    repeat = refusal(place)
    assert repeat.startswith("rows that repeat an earlier one: 828, the first at scores.csv, line 4; to")
    assert repeat.endswith('other photos of the same two people, to keep them, say duplicates = "keep"')
    changed(("direction =", 'duplicates = "keep"\ndirection ='))(place)
    numbers = measured(place)
    (found,) = [one for one in numbers["input"]["findings"] if "all equal" in one["what"]]
    assert found["count"] == len(score_rows())
    assert numbers["main"]["at"][0]["overall"]["fmr"]["estimate"] == 1


# --- Ctrl-C --------------------------------------------------------------------------------------


def interrupted_after(steps: int, calls: list[int]) -> Callable[..., Callable[[int, int], None]]:
    """Make a progress bar that somebody stops after so many steps; it keeps what was done."""

    def bar(*_: object) -> Callable[[int, int], None]:
        def advance(done: int, _: int) -> None:
            calls.append(done)
            if len(calls) >= steps:
                raise KeyboardInterrupt

        return advance

    return bar


def test_ctrl_c_while_scores_are_read_leaves_everything_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("facegate.cli.benchmark._advance", interrupted_after(1, []))
    before = sorted(path.name for path in place.iterdir())
    assert refusal(place, code=130) == "stopped; what was finished is kept, nothing is half written"
    assert sorted(path.name for path in place.iterdir()) == before


def test_an_interrupted_comparison_goes_on_and_gives_the_same_bytes(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (place / "tiny.toml").write_text(DRAWN, encoding="utf-8")
    assert run("-o", "whole").exit_code == 0
    monkeypatch.setattr(comparisons, "SAVE_SECONDS", 0.0)
    monkeypatch.setattr(comparisons, "squares_of", lambda groups, _: squares_of(groups, 4))
    calls: list[int] = []
    with monkeypatch.context() as stopped:
        stopped.setattr("facegate.cli.benchmark._advance", interrupted_after(4, calls))
        refusal(place, code=130)
    assert list((place / "cache" / "comparisons").glob("*/progress"))
    resumed: list[int] = []
    monkeypatch.setattr("facegate.cli.benchmark._advance", interrupted_after(1_000, resumed))
    assert run("-o", "resumed").exit_code == 0
    assert resumed[0] > calls[-1]
    assert not list((place / "cache" / "comparisons").iterdir())
    one, two = ((place / name / "result.json").read_bytes() for name in ("whole", "resumed"))
    assert one == two
