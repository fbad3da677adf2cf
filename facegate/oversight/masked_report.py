"""A report as the public sees it: in tables about people, small counts are masked.

- How many people there are in all is no secret: the public part of the log holds one record for each. Of how
  many of them the words were erased is none either: an erasure names the records. So the bottom row and the
  row of the erased are never masked, and the reader is taken to know them.
- A report whose rows name sealed things (a case, an officer, a judge) is not made for the public at all.
- Such a report is about a calendar year or a quarter of one, nothing else: two stretches that overlap could
  be subtracted from each other. The year is masked by itself; its four quarters together, fitted to what
  the year shows. Both are made once the year is over, so that they stand on the same counts.

Not covered: two reports on the same stretch made at two sizes of the log. What was recorded between them is
their difference.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.oversight.masking import masking_plan
from facegate.oversight.report import MASKED, WITHHELD, Period
from facegate.oversight.subtraction import Mark, Sum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Report, Table
    from facegate.oversight.report_kind import ReportKind
    from facegate.oversight.sources import LogState
    from facegate.oversight.subtraction import Key

TOTAL: Final = "total"
ERASED: Final = "(erased)"
QUARTERS: Final = (1, 2, 3, 4)
THIS, YEAR = "this period", "its year"
_WORDS: Final = {Mark.SMALL: MASKED, Mark.WITHHELD: WITHHELD}
COLLAPSED: Final = (
    "So few people stand behind this table that any part of it would give a count of 1 to 4 away: nothing is "
    "printed but the totals and how many were erased, which are public knowledge."
)
NOTE: Final = (
    '"<5" is a count of 1 to 4. "withheld" is a count without which one of these could be worked out by '
    "subtraction, or might be. The bottom row and the row of the erased are public knowledge and not "
    "masked. No total is altered, and 0 is 0."
)


def public_report(
    kind: ReportKind, read: Callable[[], Iterable[Event]], period: Period, log: LogState
) -> Report:
    """Make a report for publication.

    Parameters
    ----------
    kind : ReportKind
        Which.
    read : callable
        Gives the events anew each time: a quarter about people is read six times, its year among them.
    period : Period
        Any, if no table is about people; else a calendar year or a quarter of one, and the year is over.
    log : LogState
        What the events come from.

    Returns
    -------
    Report
        With small counts about people masked.

    Raises
    ------
    InputError
        If the report is not for the public; or a table is about people and the period is no calendar year or
        quarter, or the latest record of the log is of that year still.
    """
    demand_publishable(kind)
    made = kind.make(read(), period, log)
    if not any(table.people for table in made.tables):
        return replace(made, public=True)
    year = Period.year(period.start.year)
    quarters = [Period.quarter(period.start.year, number) for number in QUARTERS]
    if period not in {year, *quarters}:
        msg = (
            f"{kind.name} counts people: for the public it is made for a calendar year or a quarter of one, "
            f"got {period.start} to {period.end}; stretches that overlap can be subtracted from each other"
        )
        raise InputError(msg)
    _demand_over(kind, read(), year)
    if period == year:
        return _masked(made, _year_plan(kind.name, made.tables))
    whole = kind.make(read(), year, log).tables
    parts = [kind.make(read(), quarter, log).tables for quarter in quarters]
    return _masked(made, _quarter_plan(kind.name, whole, parts, quarters.index(period) + 1))


def demand_publishable(kind: ReportKind) -> None:
    """Refuse a kind of report that names sealed things.

    Raises
    ------
    InputError
        If it is one.
    """
    if not kind.publishable:
        msg = (
            f"the report {kind.name} is not for the public: it tells of single cases, officers or judges "
            "what the log keeps sealed, and masking of counts does not hide it"
        )
        raise InputError(msg)


def _demand_over(kind: ReportKind, events: Iterable[Event], year: Period) -> None:
    latest = max((event.time for event in events), default=None)
    if latest is None or not year.over(latest):
        msg = (
            f"{kind.name} counts people: for the public it is made once the year {year.start.year} is over, "
            f"and the latest record of this log is of {'no day' if latest is None else latest.date()}"
        )
        raise InputError(msg)


@dataclass(slots=True)
class _System:
    """All cells of some periods together, with their sums and what is known of them beforehand."""

    name: str
    counts: dict[Key, int] = field(default_factory=dict)
    sums: list[Sum] = field(default_factory=list)
    sheets: dict[Key, str] = field(default_factory=dict)
    published: dict[Key, Mark] = field(default_factory=dict)

    def add(self, tables: Sequence[Table], period: str) -> list[Key]:
        """Add the tables of one period; give their cells."""
        own: list[Key] = []
        for table in (one for one in tables if one.people):
            held = dict(_cells(table, period))
            own += held
            self.counts |= held
            self.sheets |= dict.fromkeys(held, f"{period}/{table.name}")
            self.sums += _sums(table, period)
            self.published |= dict.fromkeys(_known(table, period), Mark.SHOWN)
        return own

    def plan(self) -> dict[Key, Mark]:
        """Decide how each cell prints."""
        return masking_plan(
            self.counts, self.sums, sheets=self.sheets, published=self.published, name=self.name
        )


def _year_plan(name: str, tables: Sequence[Table]) -> dict[Key, Mark]:
    system = _System(name)
    system.add(tables, YEAR)  # called as it is beside its quarters: it must be masked the same
    return {(THIS, *key[1:]): mark for key, mark in system.plan().items()}


def _quarter_plan(
    report: str, year: Sequence[Table], quarters: Sequence[Sequence[Table]], number: int
) -> dict[Key, Mark]:
    """Plan all four quarters beside their year, whose masks stand; give those of one."""
    system = _System(report)
    whole = system.add(year, YEAR)
    system.published |= system.plan()
    names = [f"quarter {one}" for one in QUARTERS]  # the same for all four: one plan, told in four parts
    for tables, name in zip(quarters, names, strict=True):
        system.add(tables, name)
    for key in whole:
        parts = [part for name in names if (part := (name, *key[1:])) in system.counts]
        if parts:
            system.sums.append(Sum(key, tuple(parts)))
        if system.counts[key] == 0 and system.published[key] is Mark.SHOWN:
            system.published |= dict.fromkeys(parts, Mark.SHOWN)  # a year without any has no quarter with one
    name = f"quarter {number}"
    return {(THIS, *key[1:]): mark for key, mark in system.plan().items() if key[0] == name}


def _cells(table: Table, period: str) -> Iterator[tuple[Key, int]]:
    for row in table.rows:
        for column, cell in zip(table.columns[1:], row[1:], strict=True):
            if isinstance(cell, int):
                yield _key(table, period, str(row[0]), column), cell


def _known(table: Table, period: str) -> Iterator[Key]:
    """Give the cells that the public part of the log tells: the bottom row, and that of the erased."""
    for row in table.rows:
        if row is not table.rows[-1] and row[0] != ERASED:
            continue
        for column, cell in zip(table.columns[1:], row[1:], strict=True):
            if isinstance(cell, int):
                yield _key(table, period, str(row[0]), column)


def _key(table: Table, period: str, row: str, column: str) -> Key:
    """Name a cell; the bottom row is one and the same in all tables that count the same people."""
    shared = row == table.rows[-1][0]
    return (period, f"of {table.people}" if shared else table.name, TOTAL if shared else row, column)


def _sums(table: Table, period: str) -> Iterator[Sum]:
    held = dict(_cells(table, period))
    words = [str(row[0]) for row in table.rows]
    columns = table.columns[1:]
    for column in columns:
        keys = [_key(table, period, word, column) for word in words]
        if len(keys) > 1 and all(key in held for key in keys):
            yield Sum(keys[-1], tuple(keys[:-1]))
    if columns[-1] == TOTAL and len(columns) > 1:
        for word in words:
            keys = [_key(table, period, word, column) for column in columns]
            if all(key in held for key in keys):
                yield Sum(keys[-1], tuple(keys[:-1]))


def _masked(report: Report, plan: Mapping[Key, Mark]) -> Report:
    tables = tuple(_masked_table(one, plan) if one.people else one for one in report.tables)
    return replace(report, tables=tables, public=True)


def _masked_table(table: Table, plan: Mapping[Key, Mark]) -> Table:
    """Put the marks into a table; of one that collapsed nothing but its bottom row is left."""
    rows = []
    for row in table.rows:
        marks = [plan.get(_key(table, THIS, str(row[0]), column)) for column in table.columns[1:]]
        if Mark.LEFT_OUT not in marks:
            printed = (_printed(cell, mark) for cell, mark in zip(row[1:], marks, strict=True))
            rows.append((row[0], *printed))
    collapsed = len(rows) < len(table.rows)
    return replace(table, rows=tuple(rows), notes=(*table.notes, COLLAPSED if collapsed else NOTE))


def _printed(cell: Cell, mark: Mark | None) -> Cell:
    return cell if mark is None else _WORDS.get(mark, cell)
