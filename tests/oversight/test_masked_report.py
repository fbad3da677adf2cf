"""A public report: small counts about people masked, over rows, columns, tables, quarters and their year."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from told_log import LOG, Told

from facegate.errors import InputError
from facegate.oversight.masked_report import public_report
from facegate.oversight.registry import report_kind
from facegate.oversight.report import MASKED, WITHHELD, Period
from facegate.oversight.report_form import encode_report

if TYPE_CHECKING:
    from facegate.oversight.report import Report, Table

MD = report_kind("md-510")
YEAR = Period.year(2024)
SPREAD = (("dl", "female", "asian"), ("dl", "male", "white"), ("mug", "male", "black"))


def a_year(n_a_month: int = 5) -> Told:
    """Tell of arrests in every month, by two databases, unevenly over sexes and races."""
    told = Told("md-2-501")
    for number in range(12 * n_a_month):
        gallery, sex, race = SPREAD[(number * number + number // 7) % 3]
        day = f"2024-{number % 12 + 1:02}-03"
        search = told.search(day, gallery=gallery, n_candidates=1)
        told.outcome(search, day, "arrest")
        told.person(search, day, "candidate-acted-on", sex=sex, race=race)
    told.add("audit", "2025-01-05")
    return told


def people(report: Report) -> list[Table]:
    return [table for table in report.tables if table.people]


def public(told: Told, period: Period = YEAR) -> Report:
    return public_report(MD, lambda: told.events, period, LOG)


def quarters() -> list[Period]:
    return [Period.quarter(2024, number) for number in (1, 2, 3, 4)]


def test_t26_no_small_count_prints_and_no_other_is_altered() -> None:
    told = a_year()
    for period in (YEAR, *quarters()):
        plain = {table.name: dict(cells(table)) for table in people(MD.make(told.events, period, LOG))}
        for table in people(public(told, period)):
            for key, cell in cells(table):
                true = plain[table.name][key]
                assert cell in {true, MASKED, WITHHELD}
                assert cell != MASKED or (isinstance(true, int) and 1 <= true <= 4)
                assert key[0] == "total" or not (isinstance(cell, int) and 1 <= cell <= 4)


def cells(table: Table) -> list[tuple[tuple[str, str], object]]:
    return [
        ((str(row[0]), column), cell)
        for row in table.rows
        for column, cell in zip(table.columns[1:], row[1:], strict=True)
    ]


def test_t26_a_cell_masked_in_one_quarter_is_not_left_over_when_the_year_is_subtracted() -> None:
    told = a_year()
    year = {table.name: dict(cells(table)) for table in people(public(told))}
    parts = [{table.name: dict(cells(table)) for table in people(public(told, one))} for one in quarters()]
    hidden_somewhere = 0
    for name, held in year.items():
        for key, whole in held.items():
            mine = [part[name].get(key) for part in parts]
            n_hidden = sum(not isinstance(cell, int) for cell in mine)
            hidden_somewhere += n_hidden > 0
            assert not (isinstance(whole, int) and n_hidden == 1), (name, key, whole, mine)
    assert hidden_somewhere


def test_the_bottom_row_is_public_knowledge_and_never_masked() -> None:
    told = a_year(1)
    for table in people(public(told, Period.quarter(2024, 1))):
        assert table.rows[-1][0] == "total"
        assert all(isinstance(cell, int) for cell in table.rows[-1][1:])


def test_a_table_that_any_part_of_would_give_away_is_collapsed_into_its_totals() -> None:
    told = Told("md-2-501")
    search = told.search("2024-02-03", n_candidates=1)
    told.outcome(search, "2024-02-04", "arrest")
    told.person(search, "2024-02-04", "candidate-acted-on")
    told.add("audit", "2025-01-05")
    table = people(public(told))[0]
    assert table.rows == (("(erased)", 0, 0), ("total", 1, 1))
    assert "nothing is printed but the totals" in table.notes[-1]


def test_how_many_were_erased_is_known_from_the_log_and_gives_no_small_count_away() -> None:
    told = Told("md-2-501")
    for number in range(9):
        search = told.search("2024-02-03", n_candidates=1)
        told.outcome(search, "2024-02-04", "arrest")
        told.person(search, "2024-02-05", "candidate-acted-on", sex="female" if number < 2 else "male")
    erased = next(one for one in told.events if one.kind == "demographics" and one.sealed["sex"] == "male")
    told.events[erased.seq] = replace(erased, sealed={})
    told.add("audit", "2025-01-05")
    table = people(public(told))[0]
    shown = {row[0]: row[1] for row in table.rows}
    assert shown["(erased)"] == 1
    assert shown["female"] == MASKED
    assert not isinstance(shown["male"], int)


@pytest.mark.parametrize(
    "name", ["williams-nil", "ma-eopss-documentation", "wa-070-3", "co-308-2", "charged-against-searched"]
)
def test_a_report_that_names_sealed_things_is_not_made_for_the_public(name: str) -> None:
    told = a_year(1)
    with pytest.raises(InputError, match=f"the report {name} is not for the public: it tells of single"):
        public_report(report_kind(name), lambda: told.events, YEAR, LOG)


def test_a_public_report_of_other_days_is_refused() -> None:
    told = a_year()
    with pytest.raises(InputError, match="calendar year or a quarter of one"):
        public(told, Period(YEAR.start, quarters()[1].end))


def test_a_public_report_waits_for_the_end_of_its_year() -> None:
    told = a_year()
    told.events.pop()
    with pytest.raises(
        InputError, match="once the year 2024 is over, and the latest record of this log is of"
    ):
        public(told, Period.quarter(2024, 1))


def test_a_report_without_tables_on_people_is_public_for_any_days() -> None:
    told = a_year()
    period = Period(YEAR.start, quarters()[1].end)
    made = public_report(report_kind("eu-26-10"), lambda: told.events, period, LOG)
    assert made.public
    assert made.tables == report_kind("eu-26-10").make(told.events, period, LOG).tables


def test_the_same_records_are_masked_the_same() -> None:
    assert encode_report(public(a_year(2))) == encode_report(public(a_year(2)))
