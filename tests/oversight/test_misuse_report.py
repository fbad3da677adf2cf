"""The yearly misuse report and the docket of a log."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from misuse_office import BODY, INQUIRY, A, B, Office, office

from facegate.errors import InputError
from facegate.oversight.misuse.docket import docket_of
from facegate.oversight.misuse.filing import open_docket
from facegate.oversight.misuse.recording import state_outcome
from facegate.oversight.misuse.report import clets_misuse, misuse_year
from facegate.oversight.report import Period, Report
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

YEARS = (2024, 2025, 2026)
LOG = LogState("facegate.example/misuse", 1, "00" * 32)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


def report(desk: Office, year: int = 2024, **more: int) -> Report:
    return clets_misuse(desk.events, Period.year(year), LOG, **more)


def rows(made: Report, name: str) -> tuple[tuple[str | int | None, ...], ...]:
    return next(one.rows for one in made.tables if one.name == name)


def counts(made: Report, name: str) -> dict[str | int | None, str | int | None]:
    """Give a table of two columns."""
    return {row[0]: row[1] for row in rows(made, name)}


def test_f1_opened_is_confirmed_and_cleared_and_pending(desk: Office) -> None:
    desk.close(desk.open("8841"), outcome="felony")
    desk.close(desk.open("8842"), "cleared")
    desk.open("8841")
    cases = counts(report(desk), "misuse-cases")
    assert cases == {"opened": 3, "confirmed as misuse": 1, "cleared": 1, "pending": 1}
    assert counts(report(desk), "misuse-outcomes")["felony"] == 1


def test_f1_the_change_on_last_year_and_on_a_base_year_comes_from_the_log(desk: Office) -> None:
    desk.close(desk.open("8841"))
    desk.wait(370)
    for officer in ("8842", "8842"):
        desk.close(desk.open(officer), "cleared")
    notes = next(one.notes for one in report(desk, 2025, base_year=2020).tables if one.name == "misuse-cases")
    assert "Cases opened, 2025 on 2024: +100.0 % (2 on 1)." in notes
    assert "Cases opened, 2025 on 2020: not recorded, 2020 has no count." in notes


def test_f3_pending_for_over_a_year_is_shown_by_agency(desk: Office) -> None:
    desk.open()
    assert [row[5] for row in rows(report(desk), "misuse-agencies")] == [0, 0]
    desk.wait(700)
    assert [row[5] for row in rows(report(desk, 2025), "misuse-agencies")] == [1, 0]


def test_f4_zero_is_a_filing_and_silence_is_not(desk: Office) -> None:
    desk.wait(345)
    desk.file(2024, 0, agency=B, by=BODY)
    assert rows(report(desk), "misuse-non-filers") == ((A, 1),)
    desk.wait(365)
    assert rows(report(desk, 2025), "misuse-non-filers") == ((A, 2), (B, 1))


def test_f6_filed_numbers_stand_against_the_logs(desk: Office) -> None:
    desk.close(desk.open("8841"))
    desk.wait(310)
    desk.file(2024, 1, 0, 1, 0)
    found = {row[1]: row[2:] for row in rows(report(desk), "misuse-two-sources")}
    log = "the log, at the end of the year"
    assert found["cases confirmed"] == (0, 1, log, -1)
    assert found["cases opened"] == (1, 1, log, 0)


def test_f8_a_past_year_comes_out_the_same_whatever_came_later(desk: Office) -> None:
    number = desk.open()
    desk.wait(345)
    then = misuse_year(desk.events, 2024)
    desk.close(number)
    desk.open("8842")
    assert misuse_year(desk.events, 2024) == then


def test_a_case_counts_in_the_year_in_which_it_was_opened(desk: Office) -> None:
    number = desk.open()
    desk.wait(330)
    desk.close(number)
    assert counts(report(desk), "misuse-cases")["pending"] == 1
    assert counts(report(desk, 2025), "misuse-cases")["opened"] == 0


def test_a_case_opened_in_one_year_and_confirmed_in_the_next_is_confirmed_in_the_later_report(
    desk: Office,
) -> None:
    desk.wait(260)
    number = desk.open()
    desk.wait(60)
    desk.close(number, outcome="felony")
    desk.close(desk.open("8842"), "cleared")
    assert rows(report(desk, 2024), "misuse-decided")[0] == ("confirmed as misuse", 0, 0, 0)
    made = report(desk, 2025)
    assert rows(made, "misuse-decided") == (("confirmed as misuse", 0, 1, 1), ("cleared", 1, 0, 1))
    assert ("felony", 1, 0) in rows(made, "misuse-decided-outcomes")
    assert rows(made, "misuse-decided-agencies") == ((A, 1, 1, 2), (B, 0, 0, 0))


def test_every_confirmed_case_stands_once_in_the_years_decided_and_the_sums_hold(desk: Office) -> None:
    numbers = []
    for _ in range(6):
        numbers.append(desk.open())
        desk.wait(100)
        if len(numbers) % 2 == 0:
            desk.close(numbers[-2], decline_suspension="a first warning")
    desk.reopen(numbers[0])
    desk.wait(300)
    desk.close(numbers[0], decline_suspension="a first warning")
    tables = [next(t for t in report(desk, year).tables if t.name == "misuse-decided") for year in YEARS]
    standing = [one for one in desk.register.cases.values() if one.state == "confirmed"]
    assert len({one.closed.year for one in standing if one.closed}) == 2
    # the one that was opened again and confirmed again was confirmed in an earlier report, too
    assert sum(int(one.rows[0][3] or 0) for one in tables) == len(standing) + 1
    assert all("the sum holds" in one.notes[0] for one in tables)
    assert tables[-1].notes[1].startswith(f"{len(standing)} cases stand confirmed at the end")


def test_an_outcome_stated_in_a_later_year_stands_in_the_later_report(desk: Office) -> None:
    number = desk.open()
    desk.close(number)
    assert rows(report(desk), "misuse-decided-outcomes")[-1] == ("no outcome stated", 1, 0)
    desk.wait(345)
    state_outcome(desk.ledger, number, outcome="felony", by=INQUIRY, at=desk.at)
    later = rows(report(desk, 2025), "misuse-decided-outcomes")
    assert ("felony", 0, 1) in later
    assert later[-1] == ("no outcome stated", 0, 0)


def test_nobody_is_called_a_non_filer_before_the_day_of_filing_is_over(desk: Office) -> None:
    desk.wait(310)
    desk.file(2024, 0, agency=B, by=BODY)
    made = report(desk)
    assert rows(made, "misuse-non-filers") == ()
    waiting = next(one.notes[-1] for one in made.tables if one.name == "misuse-non-filers")
    assert waiting.startswith("Statements for 2024 are due by 2025-02-01, and this is of 2025-01-05")
    assert waiting.endswith("1 of 2 agencies have filed.")
    assert "2025 is not over: this is how it stood on 2025-01-05" in report(desk, 2025).notes[0]


@pytest.mark.parametrize("base_year", [-5, 0, 2024, 9999])
def test_a_year_to_compare_with_is_an_earlier_one(desk: Office, base_year: int) -> None:
    with pytest.raises(InputError, match=rf"compare with is {base_year}, wanted one from 1 to 2023"):
        misuse_year(desk.events, 2024, base_year=base_year)


def test_no_officer_is_named_in_the_report(desk: Office) -> None:
    desk.close(desk.open("8841"))
    desk.close(desk.open("8841"), decline_suspension="why not")
    made = report(desk)
    assert rows(made, "misuse-repeats") == (
        (A, "officer", 2, "suspended 0, suspension declined 1"),
        (A, "agency", 2, "suspended 0, suspension declined 1"),
    )
    assert "8841" not in str(made)


def test_a_misuse_report_is_of_a_calendar_year() -> None:
    period = Period(date(2024, 2, 1), date(2025, 2, 1))
    with pytest.raises(InputError, match="is of a calendar year, got 2024-02-01 to 2025-02-01"):
        clets_misuse((), period, LOG)


def test_a_log_without_anything_gives_a_report_of_zeros() -> None:
    made = clets_misuse((), Period.year(2024), LOG)
    assert counts(made, "misuse-cases")["opened"] == 0


def test_s2_the_docket_lists_what_is_due_and_when_the_body_last_looked(desk: Office) -> None:
    number = desk.open()
    desk.wait(400)
    found = docket_of(desk.events, desk.at)
    assert found.days_since_opened is None
    assert [(one.what, one.agency, one.due.isoformat()) for one in found.findings] == [
        ("pending", A, "2024-05-30"),
        ("statement", A, "2025-02-01"),
        ("statement", B, "2025-02-01"),
    ]
    assert found.findings[0].say.startswith(f"case {number} pending 400 days, over a year; no follow-up")
    open_docket(desk.ledger, n_findings=3, n_overdue=3, by=BODY, at=desk.at)
    assert docket_of(desk.events, desk.at + timedelta(days=9)).days_since_opened == 9


def test_s2_a_repeat_and_a_difference_stand_on_the_docket(desk: Office) -> None:
    desk.close(desk.open("8841"))
    desk.close(desk.open("8841"), decline_suspension="why not")
    desk.wait(310)
    desk.file(2024, 0)
    found = {one.what: one for one in docket_of(desk.events, desk.at).findings}
    assert "2 confirmed within 24 months" in found["repeat"].say
    assert found["difference"].say == "2024: opened 0 filed, 2 on the log; confirmed 0 filed, 2 on the log"
    assert not found["difference"].overdue


def test_s2_nothing_on_the_docket_of_a_new_log(desk: Office) -> None:
    assert docket_of(desk.events, desk.at).findings == ()
