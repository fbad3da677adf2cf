"""``facegate review`` from outside: the life of a list, and refusals in words."""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from certified import KEY, a_certificate, a_file
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.durable import replace_bytes
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.policy.facts import EXAMINER, INVESTIGATOR, NOBODY, SUPERVISOR, OfficerFacts

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result

    from facegate.audit.canonical import JSONValue

AGENCY = "CO0160000"
SEARCH, NIL = "01a2008d-7400-7000-8000-000000000001", "01a2008d-7400-7000-8000-000000000002"
OFFICERS = {"8841": INVESTIGATOR, "77": EXAMINER, "91": EXAMINER, "1120": SUPERVISOR}
TODAY = datetime.now(tz=UTC).date().isoformat()


class Register:
    """Four officers of one agency."""

    def officer(self, officer_id: str, agency: str, now: datetime) -> OfficerFacts:
        return OFFICERS.get(officer_id, NOBODY) if agency == AGENCY and now.tzinfo else NOBODY


@contextmanager
def plugged_in() -> Iterator[None]:
    with (
        patch("facegate.cli.review.registry_of", lambda _: Register()),
        patch("facegate.cli.review_use.registry_of", lambda _: Register()),
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
    ):
        yield


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Put one search with two candidates and one without on the log, and a certificate in force."""
    place = Home(tmp_path / "home")
    place.issuers.mkdir(parents=True)
    replace_bytes(place.issuers / f"{KEY.issuer.key_id}.pub", KEY.issuer.line().encode())
    replace_bytes(place.certificate, a_file())
    at = datetime.now(tz=UTC) - timedelta(minutes=5)
    with plugged_in(), open_ledger(place) as ledger:
        for name, people in ((SEARCH, ["person-1", "person-2"]), (NIL, [])):
            asked = {"search_id": name, "action": "imageComparison", "agency": AGENCY, "decision": "allowed"}
            asked |= {"profile": "co-dmv-2019", "beneficiary": AGENCY, "certificate": a_certificate().serial}
            sealed = {"case_number": "24-001234", "requester": "8841"}
            intent = ledger.record("intent", at=at, public=asked, sealed=sealed)
            came: dict[str, JSONValue] = {"search_id": name, "intent": intent, "outcome": "searched"}
            n_found = {"n_candidates": len(people), "n_at_or_above": len(people)}
            exact = json.dumps([[who, "0.95"] for who in people])
            ledger.record("result", at=at, public={**came, **n_found}, sealed={"candidates": exact})
    return place.folder


def run(home: Path, *words: str) -> Result:
    with plugged_in():
        return CliRunner().invoke(
            app, ["review", *words, "--home", str(home)], env={"COLUMNS": "200", "TERM": "dumb"}
        )


def by(officer: str) -> tuple[str, ...]:
    return ("--officer", officer, "--agency", AGENCY)


def reviewed(home: Path) -> None:
    for officer in ("77", "91"):
        assert run(home, "show", SEARCH, *by(officer)).exit_code == 0
        answer = run(home, "find", SEARCH, "1=agree", "2=disagree", *by(officer))
        assert answer.exit_code == 0, answer.output


def released(home: Path) -> str:
    reviewed(home)
    answer = run(home, "release", SEARCH, *by("1120"), "--to", "8841", "--json")
    assert answer.exit_code == 0, answer.output
    mark = json.loads(answer.stdout)["mark"]
    assert isinstance(mark, str)
    return mark


def test_before_the_review_only_numbers_are_shown(home: Path) -> None:
    answer = run(home, "show", SEARCH)
    assert "2 candidate(s), waiting for two reviewers." in answer.output
    assert "0.90" not in answer.output
    assert SEARCH in run(home, "list").output


def test_a_reviewer_sees_the_candidates_and_later_the_findings(home: Path) -> None:
    answer = run(home, "show", SEARCH, *by("77"))
    assert "0.90-1.00" in answer.output
    assert "person" not in answer.output
    reviewed(home)
    assert "Finding 2: 1 agree, 2 disagree" in run(home, "show", SEARCH, *by("77")).output


def test_the_requester_is_refused_in_one_sentence_with_exit_code_3(home: Path) -> None:
    answer = run(home, "show", SEARCH, *by("8841"))
    assert answer.exit_code == 3
    assert "nobody reviews his own search (RV-OWN-SEARCH; record 4 of the log)" in answer.output


def test_a_release_too_early_is_refused(home: Path) -> None:
    answer = run(home, "release", SEARCH, *by("1120"), "--to", "8841")
    assert answer.exit_code == 3
    assert "the list waits for 2 of 2 reviewers (RV-TOO-EARLY; record 4 of the log)" in answer.output


def test_a_released_list_shows_mark_rates_and_the_sentence(home: Path) -> None:
    reviewed(home)
    answer = run(home, "release", SEARCH, *by("1120"), "--to", "8841")
    assert answer.exit_code == 0, answer.output
    for words in (
        "1 lead(s). Mark of this copy:",
        "neither reviewer agrees",
        "everybody at most",
        "not an ident",
    ):
        assert words in answer.output


@pytest.mark.parametrize(
    "said", [["1=agree"], ["1=agree", "1=agree"], ["agree"], ["1=agree", "2=so"], ["²=agree"]]
)
def test_a_finding_that_is_none_is_refused_in_words(home: Path, said: list[str]) -> None:
    run(home, "show", SEARCH, *by("77"))
    answer = run(home, "find", SEARCH, *said, *by("77"))
    assert answer.exit_code == 2
    assert answer.output.startswith("facegate: ")


def test_a_whole_life_of_a_lead(home: Path, tmp_path: Path) -> None:
    released(home)
    sheet = tmp_path / "exhibit.txt"
    export = ("exhibit", SEARCH, "1", str(sheet), *by("8841"))
    assert "no independent evidence" in run(home, *export).output
    said = ("--evidence", "dna", "--reference", "L-7", "--on", TODAY)
    assert run(home, "corroborate", SEARCH, "1", *said, *by("8841")).exit_code == 0
    assert "neither recorded nor scheduled" in run(home, *export).output
    assert not sheet.exists()
    told = ("disclose", SEARCH, "made", "--on", TODAY, "--reference", "26CR1")
    assert run(home, *told, *by("8841")).exit_code == 0
    assert "copy 1" in run(home, *export).output
    assert "sole basis for probable cause" in sheet.read_text()
    assert NIL in sheet.read_text()
    assert "overwrites nothing" in run(home, *export).output


def test_a_wrong_lead_is_corrected_and_everybody_told(home: Path) -> None:
    mark = released(home)
    wrong = ("--reason", "was_elsewhere", "--reference", "E-9")
    answer = run(home, "correct", SEARCH, "1", *wrong, *by("77"))
    assert answer.exit_code == 0, answer.output
    record = answer.output.split("record ")[1].split(".")[0]
    assert f"tell {mark} that candidate 1 was wrong" in run(home, "docket").output
    assert run(home, "notify", record, mark, "--on", TODAY, *by("77")).exit_code == 0
    assert mark not in run(home, "docket").output


def test_a_nil_result_is_closed_and_leaves_the_docket(home: Path) -> None:
    assert NIL in run(home, "docket").output
    assert "Closed as record" in run(home, "close", NIL).output
    assert NIL not in run(home, "docket").output
    assert "Nothing to close" in run(home, "close", NIL).output


def test_an_unknown_search_and_an_unregistered_officer_are_refused_in_words(home: Path) -> None:
    answer = run(home, "show", secrets.token_hex(4))
    assert (answer.exit_code, "no search of that id" in answer.output) == (2, True)
    answer = run(home, "show", SEARCH, *by("55"))
    assert "whoever takes this step is not registered" in answer.output


@pytest.mark.parametrize("rank", ["0", "1001", "9" * 30])
def test_a_candidate_no_list_can_hold_is_refused_in_words(home: Path, rank: str) -> None:
    answer = run(home, "corroborate", SEARCH, rank, "--evidence", "dna", "--reference", "7", *by("8841"))
    assert (answer.exit_code, "Invalid value for 'rank'" in answer.output) == (2, True)


@pytest.mark.parametrize("opinion", ["0x1=agree", "=agree", "9" * 5000 + "=agree"])
def test_an_opinion_about_no_rank_is_refused_in_words(home: Path, opinion: str) -> None:
    answer = run(home, "find", SEARCH, opinion, *by("77"))
    assert (answer.exit_code, "is not of the form 1=agree" in answer.output) == (2, True)


def test_a_correction_no_log_can_hold_is_refused_in_words(home: Path) -> None:
    answer = run(home, "notify", "9" * 25, "defense", "--on", "2026-11-22", *by("502"))
    assert (answer.exit_code, "Invalid value for 'correction'" in answer.output) == (2, True)


def test_without_a_registered_officer_nothing_moves(home: Path) -> None:
    with patch("os.fsync"):
        words = ["review", "show", SEARCH, *by("77"), "--home", str(home)]
        answer = CliRunner().invoke(app, words)
    assert answer.exit_code != 0
    assert "0.90" not in answer.output
