"""Which reports stand on the public site, for which years, and how to point at one number of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT
from facegate.oversight.masked_report import public_report
from facegate.oversight.registry import report_kind
from facegate.oversight.report import Period

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Report
    from facegate.oversight.report_kind import ReportKind
    from facegate.oversight.site.source import SiteSource

SEARCHES: Final = "searches"
IMMIGRATION: Final = "nlets-disclosure"
YIELD: Final = "hit-rate"
AUDITS: Final = "audit-calendar"
MISUSE: Final = "clets-misuse"
NAMES: Final = (
    SEARCHES,
    IMMIGRATION,
    "sharing-matrix",
    YIELD,
    "access-census",
    AUDITS,
    MISUSE,
    "policy-changes",
    "witness-quorum",
    "home-against-benefit",
    "training",
    "retention",
)
"""Of interest to anybody, and safe to repeat: none counts the people who were searched for. The reports that
statutes ask for are filed with whoever asks for them, once a year: a site that is made again every week would
publish them at many sizes of the log, and their small counts could be told from the differences."""
EVERY_ROW: Final = "*"


@dataclass(frozen=True, slots=True)
class MadeReport:
    """One report of one year.

    Parameters
    ----------
    year : int
        Which.
    report : Report
        For the public.
    """

    year: int
    report: Report

    @property
    def stem(self) -> str:
        """Name of its files, without their endings."""
        return stem(self.report.name, self.year)


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, and where in which report it stands: so that a page can be held against the file.

    Parameters
    ----------
    value : Cell
        The number; None is "not recorded".
    source : str
        ``searches-2026/outcomes/refused/attempts``; the sum of all rows that start so, of all with ``*``.
    """

    value: Cell
    source: str


def stem(name: str, year: int) -> str:
    """Name the files of a report of a year."""
    return f"{name}-{year}"


def report_kinds() -> tuple[ReportKind, ...]:
    """Give the kinds of reports on the site, in their order."""
    return tuple(map(report_kind, NAMES))


def attempts_by_year(events: Sequence[Event]) -> Mapping[int, int]:
    """Count requests to search in each year from the log's first record to its last, zeros included."""
    if not events:
        return {}
    years = [one.time.year for one in events]
    counts = dict.fromkeys(range(min(years), max(years) + 1), 0)
    for one in events:
        counts[one.time.year] += one.kind == INTENT
    return counts


def default_years(events: Sequence[Event], at: datetime) -> tuple[int, ...]:
    """Give the current year, and the one before if the log was there; the newest first."""
    first = min((one.time.year for one in events), default=at.year)
    return tuple(year for year in (at.year, at.year - 1) if year == at.year or year >= first)


def make_reports(
    source: SiteSource, years: Sequence[int], progress: Callable[[int, int], None] | None = None
) -> dict[str, MadeReport]:
    """Make every report of the site, by the name of its files.

    Parameters
    ----------
    source : SiteSource
        The log.
    years : sequence of int
        Calendar years, the newest first.
    progress : callable, optional
        Called with (reports made, reports in all).

    Returns
    -------
    dict of str to MadeReport
        Year by year.
    """
    kinds = report_kinds()
    made: dict[str, MadeReport] = {}
    for year in years:
        for kind in kinds:
            report = public_report(kind, lambda: source.events, Period.year(year), source.log)
            made[stem(kind.name, year)] = MadeReport(year, report)
            if progress:
                progress(len(made), len(kinds) * len(years))
    return made


def figure(made: Mapping[str, MadeReport], where: str, table: str, row: str, column: str) -> Figure:
    """Take one number out of a report.

    Parameters
    ----------
    made : mapping of str to MadeReport
        By the name of its files.
    where : str
        That name.
    table, row, column : str
        Name of the table, first cell of the rows (`EVERY_ROW` for all), heading of the column.

    Raises
    ------
    RuntimeError
        If the report has no such table or column: the page would state something nobody counted.
    """
    found = [one for one in made[where].report.tables if one.name == table and column in one.columns]
    if not found:
        msg = f"report {where} has no table {table} with a column {column}"
        raise RuntimeError(msg)
    at = found[0].columns.index(column)
    cells = [one[at] for one in found[0].rows if row in {EVERY_ROW, one[0]}]
    return Figure(_sum(cells), f"{where}/{table}/{row}/{column}")


def _sum(cells: Sequence[Cell]) -> Cell:
    """Add counts; a text stands alone, and what is not recorded makes the sum so."""
    whole = [one for one in cells if isinstance(one, int)]
    if len(whole) == len(cells):
        return sum(whole)
    return cells[0] if len(cells) == 1 else None
