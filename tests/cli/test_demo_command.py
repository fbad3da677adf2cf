"""The guided run: with no data at hand, with real faces, and a second time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, cast

import pytest
from typer.testing import CliRunner

from facegate.cli.benchmark_runs import digest_of_result, read_all_pairs
from facegate.cli.demo_agency import ROBBERY, USAGE_POLICY, search_with_permit, set_up
from facegate.cli.demo_measure import HALF, WHOLE
from facegate.cli.main import app
from facegate.cli.search import read_request
from facegate.errors import PolicyRefusal
from facegate.evaluation.side_by_side.runs import common_threshold
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.in_force import read_in_force
from facegate.gate.registers.closed import what_keeps_closed
from facegate.policy.engine import PolicyEngine
from facegate.records import FailedRule
from facegate.reporting.run_files import REPORT
from facegate.server.benchmarking.kept_runs import kept_runs
from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.search import Gate

LAW = PolicyEngine.load().profile("co-dmv-2019")

STEPS = 12
COLUMNS = 100


def run(folder: Path) -> str:
    answer = CliRunner().invoke(app, ["demo", "--folder", str(folder)], env={"COLUMNS": str(COLUMNS)})
    assert answer.exit_code == 0, answer.output
    told = answer.output.split("Done in")[0]  # below stand commands, with folders as long as they are
    assert max(len(line) for line in told.splitlines() if f"photo {folder}" not in line) <= COLUMNS
    return answer.output


def runs_are_left_for_the_pages(home: Home) -> None:
    kept, certificate = kept_runs(home), read_in_force(home).certificate
    assert list(kept) == [WHOLE, HALF]
    assert certificate is not None
    assert digest_of_result(kept[WHOLE]) == certificate.result_digest  # so its groups are known to the pages
    assert all((one / REPORT).is_file() for one in kept.values())
    whole, half = (read_all_pairs(one) for one in kept.values())
    assert common_threshold(whole, half)


def test_the_whole_story_is_told_without_any_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    told = run(tmp_path / "demo")
    assert all(f"{step} of {STEPS}" in told for step in range(1, STEPS + 1))
    for sign in (
        "SYNTHETIC",
        "in force: signed for this model",
        "502 registered the case 24-001234",
        "Searched among 100,001 enrolled",
        "1 candidate waits for review",
        "the list waits for 1 of 2 reviewers (RV-TOO-EARLY",
        "1 lead, for 8841 only",
        "agree, agree",
        "searches of 10,000",
        "investigative lead, not an identification",
        "REFUSED under co-dmv-2019",
        "Colorado DMV memo, 9 September 2019",
        "FG-PERMIT",
        "Searched among 100,000 enrolled",
        "Nobody enrolled",
        "true rate per million",
        "records hold, 0 searches without a result",
        "3 decisions made again",
        "FAIL",
        "was changed",
        "does not bear the signature of demo.facegate.example",
        "Try next",
    ):
        assert sign in told, sign
    runs_are_left_for_the_pages(Home(tmp_path / "demo" / "home"))
    before_review, _ = told.split("Two people look")
    assert "0.70-0.80" in told
    assert "0.70-0.80" not in before_review  # no band, rank or reference before two people have looked


def test_what_the_demo_leaves_can_be_used_by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    home, now = Home(tmp_path / "home"), datetime.now(tz=UTC)
    applied = set_up(tmp_path, home, now)
    assert applied.recorded["activation"] == 1
    assert read_request(tmp_path / "request.toml", "", {}) == ROBBERY
    again = CliRunner().invoke(app, ["agency", "load", "agency.toml", "--home", str(home.folder)])
    assert "Recorded: nothing new" in again.output


@pytest.mark.parametrize("day", ["2027-01-02", "2028-02-29", "2031-12-31"])
def test_the_demo_opens_in_a_later_year(tmp_path: Path, day: str) -> None:
    home, now = Home(tmp_path / "home"), datetime.fromisoformat(f"{day}T12:00:00+00:00")
    set_up(tmp_path, home, now)
    with open_ledger(home) as ledger:
        closed = what_keeps_closed(
            ledger, now, published_policy=USAGE_POLICY, digest_of=lambda *_: LAW.digest
        )
    assert closed == ()


def test_a_search_the_law_would_refuse_gets_no_permit_in_the_demo_either() -> None:
    class Closed:
        def may(self, *_: object) -> tuple[FailedRule, ...]:
            return (FailedRule("FG-X", "It is closed.", "", ""),)

    with pytest.raises(PolicyRefusal, match="It is closed"):
        search_with_permit(cast("Gate", Closed()), ROBBERY, b"")


@pytest.mark.data
@pytest.mark.slow
def test_real_faces_are_used_where_a_data_set_is_there_and_embedded_once(tmp_path: Path) -> None:
    if Settings.from_environment().data is None:
        pytest.skip("FACEGATE_DATA is not set: no real faces to show")
    first = run(tmp_path / "demo")
    templates = (tmp_path / "demo" / "templates.parquet").stat().st_mtime_ns
    second = run(tmp_path / "demo")
    assert "SYNTHETIC" not in first + second
    assert "candidate waits for review" in first
    assert (tmp_path / "demo" / "templates.parquet").stat().st_mtime_ns == templates
