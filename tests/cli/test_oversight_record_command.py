"""``facegate oversight``: what is recorded afterwards, as somebody at the desk types it."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from ready_agency import SET_UP_AT, make_ready
from ready_home import loaded_once, plain, records, run

from facegate.audit.signed.notes import ED25519_COSIGNATURE, VerifierKey
from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from typer.testing import Result

SEARCH = "01a2008d-7400-7000-8000-000000000001"
OFFICER = ("--agency", "CO0160000", "--by", "502")
JUDGE = ("--judge", "Hon. R. Roe", "--officer", "8841", "--authorizer", "1120", "--places", "street camera")
KEPT = ("--reason", "statute", "--assessment", "C.R.S. 24-72-113", "--signed-by", "77", "--signed-by", "31")


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a home with one search on its log."""
    home = tmp_path_factory.mktemp("made") / "home"
    with loaded_once(), open_ledger(Home(home)) as ledger:
        make_ready(ledger)
        asked = {
            "search_id": SEARCH,
            "action": "imageComparison",
            "agency": "CO0160000",
            "decision": "allowed",
        }
        intent = ledger.record("intent", at=SET_UP_AT, public=asked, sealed={"requester": "8841"})
        found: dict[str, Any] = {
            "search_id": SEARCH,
            "intent": intent,
            "outcome": "searched",
            "n_candidates": 0,
        }
        ledger.record("result", at=SET_UP_AT, public=found, sealed={"candidates": "[]"})
    return home


@pytest.fixture
def home(searched: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(searched, tmp_path / "home"))


def say(home: Path, *words: str) -> Result:
    return run(home, "oversight", *words)


def policy(folder: Path, needed: str) -> str:
    """Write a policy of two witnesses and say where it lies."""
    keys = [
        VerifierKey(f"{name}.example/w", ED25519_COSIGNATURE, hashlib.sha256(name.encode()).digest()).line()
        for name in ("sheriff", "defender")
    ]
    path = folder / "witnesses.txt"
    path.write_text(
        f"witness sheriff {keys[0]}\nwitness defender {keys[1]}\n"
        f"group both {needed} sheriff defender\nquorum both\n"
    )
    return str(path)


def test_an_outcome_is_recorded_for_today_if_no_day_is_said(home: Path) -> None:
    answer = say(home, "outcome", SEARCH, "--what", "arrest", "--offense", "1201", *OFFICER)
    assert answer.exit_code == 0, answer.output
    last = records(home)[-1]
    assert plain(answer) == f"The outcome is recorded; record {last['seq']} of the log."
    assert (last["kind"], last["what"], last["day"]) == ("outcome", "arrest", last["time"][:10])


def test_a_word_off_the_list_is_one_sentence_that_lists_them(home: Path) -> None:
    answer = say(home, "outcome", SEARCH, "--what", "solved", *OFFICER)
    assert answer.exit_code == 2
    assert "the outcome is 'solved', wanted one of arrest, case-closed, charge" in plain(answer)


def test_an_unknown_search_is_one_sentence(home: Path) -> None:
    answer = say(home, "outcome", "no-such-search", "--what", "identified", *OFFICER)
    assert answer.exit_code == 2
    assert "there is no search of that id on the log" in plain(answer)


def test_demographics_print_nothing_of_what_was_said(home: Path) -> None:
    words = ("--of", "probe", "--sex", "female", "--race", "black", "--age-band", "25_34")
    answer = say(home, "demographics", SEARCH, *words, *OFFICER)
    assert answer.exit_code == 0, answer.output
    assert "female" not in answer.output
    assert not {"female", "black", "25_34"} & set(map(str, records(home)[-1].values()))


def test_a_judicial_step_names_no_judge_in_public(home: Path) -> None:
    assert say(home, "judicial", "applied", *JUDGE, *OFFICER).exit_code == 0
    filed = records(home)[-1]["seq"]
    words = ("--application", str(filed), "--days", "30")
    answer = say(home, "judicial", "granted", *words, *JUDGE, *OFFICER)
    assert answer.exit_code == 0, answer.output
    last = records(home)[-1]
    assert (last["step"], last["days"], last["application"]) == ("granted", 30, filed)
    assert "Roe" not in str(last)


def test_an_answer_without_its_application_is_one_sentence(home: Path) -> None:
    answer = say(home, "judicial", "granted", "--days", "30", *JUDGE, *OFFICER)
    assert answer.exit_code == 2
    assert "a step 'granted' names its application: the number of the record" in plain(answer)


def test_a_denial_takes_no_days(home: Path) -> None:
    answer = say(home, "judicial", "denied", "--days", "3", *JUDGE, *OFFICER)
    assert answer.exit_code == 2
    assert "a step 'denied' runs for no days, got 3; wanted none" in plain(answer)


def test_a_term_of_retention_says_what_it_holds_for(home: Path) -> None:
    answer = say(home, "retention", "search", "--days", "1095", *KEPT)
    assert answer.exit_code == 0, answer.output
    assert plain(answer).startswith("The sealed part of class search is kept 1,095 days from now on; record")


def test_a_term_too_short_for_its_class_is_a_refusal(home: Path) -> None:
    answer = say(home, "retention", "log", "--days", "30", *KEPT)
    assert answer.exit_code == 3
    assert "records of class log are kept at least 365 days, got 30" in plain(answer)


def test_a_quorum_that_police_can_meet_alone_is_a_refusal_and_another_is_recorded(home: Path) -> None:
    signed = (
        "--signed-by",
        "77",
        "--signed-by",
        "31",
        "--outside",
        "defender",
        "--published-at",
        "https://x.example",
    )
    alone = say(home, "witnesses", policy(home.parent, "any"), *signed)
    assert alone.exit_code == 3
    assert "could be met by sheriff alone" in plain(alone)
    answer = say(home, "witnesses", policy(home.parent, "all"), *signed)
    assert answer.exit_code == 0, answer.output
    assert records(home)[-1]["kind"] == "witnesses"


def test_a_policy_file_that_is_not_there_is_one_sentence(home: Path) -> None:
    answer = say(home, "witnesses", "nowhere.txt", "--signed-by", "77", "--published-at", "https://x.example")
    assert answer.exit_code == 2
    assert answer.output.count("\n") == 1
