"""Maryland, Criminal Procedure 2-510: each system, its databases, its searches, and who was acted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.misuse_counts import MISUSE_KINDS, misuse_table
from facegate.oversight.statutory.people import people_tables
from facegate.oversight.statutory.searches import (
    ACTION,
    NOT_STATED,
    OUTCOME_NOTE,
    Record,
    by_hand_note,
    by_public,
    known_only,
    read_record,
    sources,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

LAW: Final = "md-2-501"


def md_510(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Make the report of 1 February: searches under the Maryland profile, by system."""
    record = read_record(events, period, keep=MISUSE_KINDS, laws=LAW)
    tables = (
        _systems(record),
        _crimes(record),
        *_people(record),
        misuse_table(record.kinds(*MISUSE_KINDS), period),
    )
    return MD_510.report(period, log, tables, (*NOTES, by_hand_note(record)))


def _systems(record: Record) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for gallery, asked in by_public(record.found, "gallery").items():
        models = sorted({one.intent.text("embedder_digest")[:16] for one in asked if one.ran})
        rows.append((
            gallery,
            sources(asked),
            ", ".join(models) or None,
            len(asked),
            sum(one.ran for one in asked),
            sum(one.withheld for one in asked),
            known_only(asked, lambda one: one.came_to(ACTION)),
        ))  # fmt: skip
    return Table(
        "systems",
        "Systems and databases used",
        ("database", "source of its images", "model", "searches asked for", "searches made",
         "lists withheld", "matches that led to action"),
        tuple(rows),
        (
            ("The system is facegate with the model named by the first 16 digits of its digest; the "
             "database is the gallery searched."),
            "A match led to action if an arrest, charge, conviction or identification is recorded.",
            OUTCOME_NOTE,
        ),
    )  # fmt: skip


def _crimes(record: Record) -> Table:
    rows = [
        (gallery, crime, len(mine), sum(one.ran for one in mine))
        for gallery, asked in by_public(record.found, "gallery").items()
        for crime, mine in by_public(asked, "offense_class").items()
    ]
    columns = ("database", "type of crime", "searches asked for", "searches made")
    return Table("searches-by-crime", "Searches by database and type of crime", columns, tuple(rows))


def _people(record: Record) -> tuple[Table, ...]:
    of = {
        event.seq: (search.intent.text("gallery") or NOT_STATED)
        for search in record.found
        if search.came_to(ACTION)
        for event in search.people
        if event.text("of") == "candidate-acted-on"
    }
    people = [event for search in record.found for event in search.people if event.seq in of]
    return people_tables(
        people,
        "people matched whose match led to action",
        prefix="acted-on",
        column=lambda event: of[event.seq],
        expected=any(one.came_to(ACTION) for one in record.found),
    )


NOTES: Final = (
    "Searches are those asked for in the period under the profile md-2-501, with all that came of them.",
)
MD_510: Final = ReportKind(
    name="md-510",
    title="Maryland: yearly report on the use of facial recognition technology",
    authority="Md. Code, Criminal Procedure 2-510 (SB 182 of 2024), checked against the text",
    due="1 February",
    needs_openings=True,
    make=md_510,
)
