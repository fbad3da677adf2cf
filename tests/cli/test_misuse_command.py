"""``facegate misuse``: cases, statements, the docket, a published year, and the detectors."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from typer.testing import CliRunner

from facegate.cli import misuse, misuse_show
from facegate.cli.main import app
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.registers.people import register_agency, register_officer

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

START = datetime(2025, 11, 22, 12, 0, tzinfo=UTC)
ORI = "CO0160000"
CASE = ("--source", "complaint", "--class", "self_search", "--text", "seen", "--by", "900")


class Desk:
    """A home, and a clock that a test moves."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder, self.now = folder, START
        for module in (misuse, misuse_show):
            monkeypatch.setattr(module, "now", lambda: self.now)
        with open_ledger(Home(folder)) as ledger:
            register_agency(
                ledger,
                ori=ORI,
                agency_class="police",
                state="CO",
                case_pattern="99-999999",
                name="P",
                at=START,
            )
            for officer in ("900", "8841"):
                self.register(ledger, officer)

    def register(self, ledger: Ledger, officer: str) -> None:
        register_officer(
            ledger,
            agency=ORI,
            officer=officer,
            role="investigator",
            trained_until="2099-01-01",
            at=self.now,
        )

    def wait(self, days: int) -> None:
        self.now += timedelta(days=days)
        with open_ledger(Home(self.folder)) as ledger:
            self.register(ledger, "900")

    def run(self, *words: str) -> tuple[int, str]:
        environment = {"FACEGATE_HOME": str(self.folder), "COLUMNS": "200"}
        done = CliRunner().invoke(app, ["misuse", *words], env=environment)
        return done.exit_code, " ".join(done.output.split())

    def open(self, *more: str) -> str:
        code, text = self.run("open", "--agency", ORI, *CASE, *more)
        if code:
            raise RuntimeError(text)
        return text.split()[2]


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    return Desk(tmp_path, monkeypatch)


def test_a_case_is_opened_noted_closed_reopened_and_listed(desk: Desk) -> None:
    number = desk.open("--officer", "8841")
    assert desk.run("note", number, "--by", "900", "--text", "asked")[0] == 0
    code, text = desk.run("close", number, "--confirmed", "--by", "900", "--text", "he did")
    assert code == 0
    assert "No outcome is stated yet: that is printed as a gap." in text
    assert desk.run("outcome", number, "counseling", "--by", "900")[0] == 0
    assert "│ confirmed │ 0 │ counseling │" in desk.run("list")[1]
    assert "is pending again" in desk.run("reopen", number, "--by", "900", "--text", "a witness")[1]


def test_a_second_confirmed_case_asks_for_a_decision_on_the_suspension(desk: Desk) -> None:
    first, second = desk.open("--officer", "8841"), desk.open("--officer", "8841")
    close = ("--confirmed", "--by", "900", "--text", "he did")
    assert desk.run("close", first, *close)[0] == 0
    code, text = desk.run("close", second, *close)
    assert code == 3
    assert "say --suspend, or --decline-suspension with the reason (MU-F5-SUSPENSION" in text
    assert desk.run("close", second, *close, "--suspend")[0] == 0


def test_a_case_is_closed_one_way_or_the_other(desk: Desk) -> None:
    number = desk.open("--officer", "8841")
    for words in ((), ("--confirmed", "--cleared")):
        code, text = desk.run("close", number, "--by", "900", "--text", "x", *words)
        assert code == 2
        assert "closed either --confirmed or --cleared" in text


def test_a_case_about_no_agency_is_one_sentence(desk: Desk) -> None:
    code, text = desk.run("open", *CASE)
    assert code == 2
    assert "name it with --agency, or a search with --search" in text


def test_an_agency_files_zero_and_is_told_what_the_log_says(desk: Desk) -> None:
    desk.wait(75)
    code, text = desk.run("file", "2025", "--agency", ORI, "--by", "900", "--opened", "0")
    assert code == 0
    assert "On 31 December 2025 stood on the log 0 opened, 0 confirmed, 0 cleared, 0 pending." in text
    assert "filed no statement for 2025: none" in desk.run("year", "2025")[1]


def test_whoever_files_is_told_the_numbers_he_is_held_against(desk: Desk) -> None:
    number = desk.open("--officer", "8841")
    desk.wait(45)  # a decision in January is none of the year before
    assert desk.run("close", number, "--confirmed", "--by", "900", "--text", "he did")[0] == 0
    words = ("file", "2025", "--agency", ORI, "--by", "900", "--opened", "1")
    text = desk.run(*words, "--confirmed", "1")[1]
    assert "1 opened, 0 confirmed, 0 cleared, 1 pending: the statement differs" in text
    text = desk.run(*words, "--pending", "1")[1]
    assert "1 opened, 0 confirmed, 0 cleared, 1 pending." in text
    assert "difference" not in desk.run("docket")[1]


@pytest.mark.parametrize("words", [("list",), ("docket",), ("year", "2025"), ("detect",)])
def test_a_home_without_a_log_is_one_sentence(desk: Desk, words: tuple[str, ...]) -> None:
    desk.folder /= "elsewhere"
    code, text = desk.run(*words)
    assert code != 0
    assert text == f"facegate: there is no log in {desk.folder / 'log'}"


@pytest.mark.parametrize("base", ["-5", "2025", "9999"])
def test_a_base_year_that_is_not_before_the_year_is_one_sentence(desk: Desk, base: str) -> None:
    code, text = desk.run("year", "2025", "--base", base)
    assert code == 2
    assert f"the year to compare with is {base}, wanted one from 1 to 2024" in text


def test_a_running_year_says_so_and_calls_nobody_a_non_filer(desk: Desk) -> None:
    text = desk.run("year", "2025")[1]
    assert "2025 is not over: this is how it stood on 2025-11-22" in text
    assert "Agencies that filed no statement for 2025: none" in text
    assert "due by 2026-02-01" in text


def test_filing_is_refused_while_a_finding_has_no_follow_up(desk: Desk) -> None:
    number = desk.open("--officer", "8841")
    desk.wait(91)
    words = ("file", "2025", "--agency", ORI, "--by", "900", "--opened", "1", "--pending", "1")
    code, text = desk.run(*words)
    assert code == 3
    assert f"`facegate misuse note {number}`), then file" in text
    desk.run("note", number, "--by", "900", "--text", "asked again")
    assert desk.run(*words)[0] == 0


@pytest.mark.parametrize("outcome", ["counseling", "counseling=x", "counseling=1=2"])
def test_an_outcome_that_is_no_count_is_one_sentence(desk: Desk, outcome: str) -> None:
    words = ("--agency", ORI, "--by", "900", "--opened", "1", "--confirmed", "1", "--outcome", outcome)
    code, text = desk.run("file", "2025", *words)
    assert code == 2
    assert "an outcome is stated once, such as counseling=2" in text


def test_the_docket_says_when_the_body_last_looked(desk: Desk) -> None:
    assert "Nothing stands on the docket." in desk.run("docket")[1]
    desk.open("--officer", "8841")
    desk.wait(100)
    code, text = desk.run("docket", "--opened-by", "900", "--by-agency", ORI)
    assert code == 0
    assert "The oversight body last opened it: never." in text
    desk.wait(3)
    assert "last opened it: 3 days ago." in desk.run("docket")[1]


def test_the_clets_year_is_printed_with_its_gaps(desk: Desk) -> None:
    code, text = desk.run("year", "2016", "--data", "clets-2016")
    assert code == 0
    for figure in (
        "opened 159",
        "confirmed as misuse 117",
        "cleared not recorded",
        "pending 39",
        "leaves at most 3",
        "no outcome stated 11",
        "106 of 117 confirmed cases: 11 have no stated outcome",
        "no whole count gives it: 102 gives 14.7, 103 gives 13.6",
        "78 gives it exactly",
        "Los Angeles Police Department 7",
        "San Diego County Sheriff not recorded",
    ):
        assert figure in text, figure


def test_a_published_year_is_not_printed_as_another(desk: Desk) -> None:
    code, text = desk.run("year", "2017", "--data", "clets-2016")
    assert code == 2
    assert "clets-2016 is about 2016, not about 2017" in text


def searched(desk: Desk, search_id: str) -> None:
    with open_ledger(Home(desk.folder)) as ledger:
        public = {"search_id": search_id, "agency": ORI, "decision": "allowed", "action": "compare"}
        sealed = {"requester": "8841", "case_number": "24-000001", "offense_code": "1201"}
        seq = ledger.record("intent", at=desk.now, public=public, sealed=sealed)
        result: dict[str, Any] = {
            "search_id": search_id,
            "intent": seq,
            "outcome": "searched",
            "n_candidates": 1,
        }
        found = {"candidates": json.dumps([["me", "0.7"]])}
        ledger.record("result", at=desk.now, public=result, sealed=found)


def test_detect_prints_why_and_a_case_is_opened_for_a_search(desk: Desk) -> None:
    searched(desk, "s1")
    file = desk.folder / "officers.toml"
    file.write_text(f'[[officer]]\nagency = "{ORI}"\nofficer = "8841"\nself = ["me"]\n')
    code, text = desk.run("detect", "--register", str(file), "--week", "2025-W47", "--seed", "dice")
    assert code == 0
    assert f"officer 8841 of {ORI}, self_search" in text
    assert "- the first on the list is the officer himself" in text
    assert "Random sample of 2025-W47: 1 of 1 searches" in text
    words = ("open", "--search", "s1", "--by", "900", "--source", "detector")
    assert desk.run(*words, "--class", "self_search", "--text", "himself")[0] == 0
    assert "│ 8841 │ self_search │ detector │" in desk.run("list")[1]


def test_a_search_by_hand_that_detect_prints_opens_a_case(desk: Desk) -> None:
    with open_ledger(Home(desk.folder)) as ledger:
        sealed = {"searched_by": "8841", "case_number": "24-1", "searched_at": desk.now.isoformat()}
        seq = ledger.record("late", at=desk.now, public={"agency": ORI}, sealed=sealed)
    words = ("open", "--search", f"late-{seq}", "--by", "900", "--source", "detector")
    assert desk.run(*words, "--class", "no_case", "--text", "by telephone")[0] == 0
    assert "│ 8841 │ no_case │ detector │" in desk.run("list")[1]


def test_detect_says_what_it_could_not_look_at(desk: Desk) -> None:
    searched(desk, "s1")
    text = desk.run("detect", "--since", "2025-11-23")[1]
    assert "0 items out of 0 searches" in text
    assert "families, colleagues and shifts were not looked at" in text


def test_a_sample_without_a_seed_is_refused(desk: Desk) -> None:
    code, text = desk.run("detect", "--week", "2025-W47")
    assert code == 2
    assert "drawn with --week, such as 2026-W47, and a --seed" in text
