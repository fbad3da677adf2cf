"""Who may ask what of whose gallery, for what: every row in a sentence, with how often it was used."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT, REFUSED
from facegate.gate.registers.sharing import sharing_matrix
from facegate.oversight.governance.attempts import galleries_searched
from facegate.oversight.governance.nlets_disclosure import NOT_REGISTERED
from facegate.oversight.governance.registers_then import RegistersThen, as_of
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.gate.registers.sharing import SharingRow
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def sharing_report(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print the matrix as it stood at the end of the period, and what of it was used in the period."""
    every = tuple(events)
    with RegistersThen(every, as_of(every, period)) as then:
        matrix = sharing_matrix(then)
    uses = _uses(every, period)
    galleries = galleries_searched(every)
    ruled = _ruled(matrix, uses, galleries)
    covered = {one.seq for mine in ruled.values() for one in mine}
    rows = tuple((*_cells(row), *_counts(mine)) for row, mine in ruled.items())
    sentences = tuple((row.sentence, *_counts(mine)) for row, mine in ruled.items())
    elsewhere = [one for one in uses if one.seq not in covered]
    columns = ("gallery", "state", "shared with", "action", "purpose", "shared", "one way")
    counts = ("requests", "refused", "allowed")
    tables = (
        Table("in-plain-words", "What is shared with whom", ("the rule", *counts), sentences),
        Table("sharing-matrix", "The same, row by row", (*columns, *counts), rows),
        Table(
            "by-owner-state",
            "Requests by state of the gallery",
            ("state", *counts),
            _states(ruled, elsewhere),
        ),
        Table("under-no-row", "Requests that no row covers", counts, (_counts(elsewhere),), (NO_ROW,)),
    )
    return SHARING_MATRIX.report(period, log, tables, NOTES)


def _uses(events: Sequence[Event], period: Period) -> list[Event]:
    """List requests: intents, and requests for records with the gallery of the search they rest on."""
    return [
        one
        for one in events
        if period.holds(one.time)
        and (one.kind == INTENT or (one.kind == "dossier" and one.text("stage") == "asked"))
    ]


def _ruled(
    matrix: Sequence[SharingRow], uses: Sequence[Event], galleries: Mapping[str, str]
) -> dict[SharingRow, list[Event]]:
    """List the requests each row decided on: those of its agency, or of its class without a row of their own.

    Each request is looked up once: a matrix has hundreds of rows and a log hundreds of thousands of requests.
    """
    ruled: dict[SharingRow, list[Event]] = {row: [] for row in matrix}
    rows = {(one.gallery, one.action, one.purpose, one.party): one for one in matrix}
    for one in uses:
        gallery = galleries.get(one.text("search_id"), "")
        subject = (gallery, one.text("action"), one.text("purpose"))
        own = rows.get((*subject, f"ori:{one.text('agency')}"))
        row = own or rows.get((*subject, f"class:{one.text('agency_class')}"))
        if row is not None:
            ruled[row].append(one)
    return ruled


def _cells(row: SharingRow) -> tuple[Cell, ...]:
    foreign = row.party_state not in {"", row.state}
    one_way = "yes" if foreign and row.shared and not row.returned else "no"
    shared = "yes" if row.shared else "no"
    return row.gallery, row.state, row.party, row.action, row.purpose, shared, one_way


def _counts(mine: Sequence[Event]) -> tuple[Cell, ...]:
    refused = sum(one.text("decision") == REFUSED for one in mine)
    return len(mine), refused, len(mine) - refused


def _states(ruled: dict[SharingRow, list[Event]], elsewhere: Sequence[Event]) -> tuple[tuple[Cell, ...], ...]:
    states: dict[str, dict[int, Event]] = {}
    for row, mine in ruled.items():
        states.setdefault(row.state, {}).update({one.seq: one for one in mine})
    rows = [(state, *_counts(list(mine.values()))) for state, mine in sorted(states.items())]
    return (*rows, (NOT_REGISTERED, *_counts(elsewhere)))


NO_ROW: Final = (
    "Such requests are refused; a row that was taken back since the request leaves them here, too."
)
NOTES: Final = (
    (
        "The matrix is that of the end of the period; requests are counted to the row that would decide on "
        "them then. Whoever searches for another agency must be shared with, and so must the other: only the "
        "row of the agency that asked is counted."
    ),
    "What an agency does with a list it was given, and to whom it passes it on, is not in the log.",
)
SHARING_MATRIX: Final = ReportKind(
    name="sharing-matrix",
    title="Sharing matrix: who may ask what of whose gallery, and did",
    authority="practice: few officials know which Nlets queries their state permits (letter of 12 November "
    "2025, checked)",
    due="yearly, and on change",
    needs_openings=False,
    make=sharing_report,
)
