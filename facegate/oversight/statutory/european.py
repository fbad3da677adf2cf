"""Regulation (EU) 2024/1689, Art. 26(10): uses of post-remote identification, without operational data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.oversight.statutory.searches import Search, by_hand_note, by_public, read_record

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def eu_26_10(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count uses by agency, by class of offense and by database."""
    record = read_record(events, period)
    tables = tuple(
        _by(record.found, field, name, title)
        for field, name, title in (
            ("agency", "agencies", "Uses by agency"),
            ("offense_class", "offenses", "Uses by class of offense"),
            ("purpose", "purposes", "Uses by purpose"),
            ("gallery", "databases", "Uses by reference database"),
        )
    )
    return EU_26_10.report(period, log, tables, (*NOTES, by_hand_note(record)))


def _by(asked: Sequence[Search], field: str, name: str, title: str) -> Table:
    rows: list[tuple[Cell, ...]] = [(word, *_counts(mine)) for word, mine in by_public(asked, field).items()]
    columns = (
        field.replace("_", " "),
        "asked for",
        "refused",
        "uses",
        "lists withheld",
        "uses that gave candidates",
    )
    return Table(name, title, columns, (*rows, ("all", *_counts(asked))))


def _counts(asked: Sequence[Search]) -> tuple[int, ...]:
    return (
        len(asked),
        sum(one.intent.text("decision") != "allowed" for one in asked),
        sum(one.ran for one in asked),
        sum(one.withheld for one in asked),
        sum(one.n_candidates > 0 for one in asked if one.ran),
    )


NOTES: Final = (
    (
        "A use is a comparison of a photo with a gallery that was made. Without operational data: no "
        "case, no person, no time of a single use."
    ),
    (
        "Uses refused afterwards by the authorizing authority, and data deleted for it, are not recorded "
        "in this log."
    ),
)
EU_26_10: Final = ReportKind(
    name="eu-26-10",
    title="European Union: yearly report on uses of post-remote biometric identification",
    authority="Regulation (EU) 2024/1689, Art. 26(10), not checked against the text (second-hand)",
    due="yearly, to the market surveillance and data protection authorities",
    needs_openings=False,
    make=eu_26_10,
)
