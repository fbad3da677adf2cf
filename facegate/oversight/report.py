"""What a report is: tables of counts over a stated stretch of a stated log, and the words around them.

- A count is a whole number. What was not measured or not recorded is `None` and prints as "not recorded":
  it is never a zero. A count that is hidden because too few people stand behind it is `MASKED`.
- A report names the log it was made from (origin, size, root). Made again from the same records it is the
  same, byte for byte.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import TYPE_CHECKING, Final, TypeAlias

from facegate.errors import InputError

if TYPE_CHECKING:
    from facegate.oversight.sources import LogState

MASKED: Final = "<5"  # a count of 1 to 4 in a table about people
WITHHELD: Final = "withheld"  # one more cell of it, without which such a count could be worked out

Cell: TypeAlias = "str | int | None"


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of days in UTC.

    Parameters
    ----------
    start, end : date
        The first day, and the first day that no longer belongs to it.

    Raises
    ------
    InputError
        If it ends before it starts.
    """

    start: date
    end: date

    def __post_init__(self) -> None:
        if self.end <= self.start:
            msg = f"a period ends after it starts, got {self.start} to {self.end}"
            raise InputError(msg)

    @classmethod
    def year(cls, year: int) -> Period:
        """Give a calendar year."""
        return cls(date(year, 1, 1), date(year + 1, 1, 1))

    def holds(self, moment: datetime) -> bool:
        """Whether a moment with its zone lies in it."""
        return _midnight(self.start) <= moment < _midnight(self.end)

    @classmethod
    def quarter(cls, year: int, number: int) -> Period:
        """Give a quarter of a calendar year, 1 to 4."""
        if number == 4:  # noqa: PLR2004  the one that ends with the year
            return cls(date(year, 10, 1), date(year + 1, 1, 1))
        return cls(date(year, 3 * number - 2, 1), date(year, 3 * number + 1, 1))

    def over(self, moment: datetime) -> bool:
        """Whether it has ended by a moment with its zone."""
        return moment >= _midnight(self.end)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts by something.

    Parameters
    ----------
    name : str
        Short and stable, for machines: ``searches-by-agency``.
    title : str
        What is counted, in words a reader can quote.
    columns : tuple of str
        Headings, the first one of what the rows are by.
    rows : tuple of tuple of Cell
        One cell a column.
    notes : tuple of str
        What a reader must know to read it right: gaps, readings, what is masked.
    people : str
        What is counted, if it is people few enough to be told apart: then small counts are masked in a
        public report. Every column after the first holds counts, the last row is their total, and a last
        column called ``total`` is that of the row. Tables that count the same people share their totals.
        Empty for a table that anybody may see as it is.
    """

    name: str
    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    people: str = ""

    def __post_init__(self) -> None:
        if uneven := [row for row in self.rows if len(row) != len(self.columns)]:
            msg = f"table {self.name}: a row of {len(uneven[0])} cells under {len(self.columns)} columns"
            raise RuntimeError(msg)


@dataclass(frozen=True, slots=True)
class Report:
    """One report.

    Parameters
    ----------
    name : str
        Such as ``md-510``.
    title : str
        Its heading.
    authority : str
        The statute, policy or practice that asks for it, and whether that was checked against the text.
    due : str
        When it is due, in words.
    period : Period
        What it is about.
    log : LogState
        What it was made from.
    needs_openings : bool
        Whether sealed fields were read for it. If not, anybody with the public part of the log can make it
        again.
    tables : tuple of Table
        The counts.
    notes : tuple of str
        What holds for all of it.
    public : bool
        Whether small counts about people are masked.
    """

    name: str
    title: str
    authority: str
    due: str
    period: Period
    log: LogState
    needs_openings: bool
    tables: tuple[Table, ...]
    notes: tuple[str, ...] = ()
    public: bool = False


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
