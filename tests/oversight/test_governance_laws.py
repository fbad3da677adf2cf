"""What holds for every governance report: made again the same, public where it says so, naming nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from oversight_desk import (
    LOG,
    YEAR,
    a_desk,
    events_of,
)
from review_room import a_lead, searched

from facegate.oversight.governance.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.oversight.report_kind import ReportKind


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make the log of a whole agency: three searches, one of them refused, one with a lead."""
    folder = tmp_path_factory.mktemp("desk") / "home"
    with a_desk(folder) as ledger:
        a_lead(ledger, number=1)
        searched(ledger, "person-3", number=2)
        searched(ledger, number=3, outcome="refused")
    return folder


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_report_reads_the_events_once_and_is_the_same_again(kind: ReportKind, desk: Path) -> None:
    events = events_of(desk)
    assert kind.make(iter(events), YEAR, LOG) == kind.make(iter(events), YEAR, LOG)


@pytest.mark.parametrize("kind", [one for one in KINDS if not one.needs_openings], ids=lambda kind: kind.name)
def test_what_needs_no_openings_is_the_same_without_them(kind: ReportKind, desk: Path) -> None:
    opened, closed = events_of(desk), events_of(desk, opened=False)
    assert any(one.sealed for one in opened)
    assert kind.make(opened, YEAR, LOG).tables == kind.make(closed, YEAR, LOG).tables


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_report_on_an_empty_log_has_its_tables_and_no_made_up_row(kind: ReportKind) -> None:
    report = kind.make((), YEAR, LOG)
    assert (report.name, report.authority, report.due) == (kind.name, kind.authority, kind.due)
    assert report.tables


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_report_says_on_whose_authority_and_whether_that_was_checked(kind: ReportKind) -> None:
    assert any(word in kind.authority for word in ("checked", "second-hand", "no statute asks for it"))


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_report_prints_who_searched_or_in_which_case(kind: ReportKind, desk: Path) -> None:
    cells = {
        str(cell)
        for one in kind.make(events_of(desk), YEAR, LOG).tables
        for line in one.rows
        for cell in line
    }
    assert cells.isdisjoint({"8841", "1120", "77", "502", "24-001234", "person-1", "person-2", "person-3"})


def test_report_names_are_one_each() -> None:
    assert len({kind.name for kind in KINDS}) == len(KINDS)
