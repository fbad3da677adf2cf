"""The registers as they stood at some moment: the books of the gate, entered again from the log into memory.

So a report asks the very functions that the gate asks, and there is no second reading of the same records.
"""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, time
from typing import TYPE_CHECKING, Any, Final, NoReturn, Self

from facegate.gate.registers.conditions_book import ConditionsBook
from facegate.gate.registers.people_book import PeopleBook
from facegate.gate.registers.sharing import SharingBook

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.gate.ledger.event import Book, Event
    from facegate.oversight.report import Period

BOOKS: Final[tuple[Book, ...]] = (PeopleBook(), ConditionsBook(), SharingBook())


def as_of(events: Sequence[Event], period: Period) -> datetime:
    """Give the moment a report speaks of: the end of its period, or the last record if that is earlier.

    A report on the running year does not look into the future: nobody is unused for 90 days by December.
    """
    end = datetime.combine(period.end, time(), tzinfo=UTC)
    return min(end, max((event.time for event in events), default=end))


class RegistersThen:
    """The registers at one moment, to be asked like the ledger. Use it as a context manager.

    Parameters
    ----------
    events : sequence of Event
        Of the whole log.
    until : datetime
        What was recorded up to then counts.
    books : sequence of Book
        Which registers.
    """

    def __init__(self, events: Sequence[Event], until: datetime, *, books: Sequence[Book] = BOOKS) -> None:
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for book in books:
            self._connection.executescript(book.tables)
        for event in events:
            for book in books:
                if event.time <= until and event.kind in book.kinds:
                    book.enter(self._connection, event)

    def rows(self, query: str, *values: str | float | bytes | None) -> list[Any]:
        """Ask for rows."""
        return self._connection.execute(query, values).fetchall()

    def value(self, query: str, *values: str | float | bytes | None) -> Any:  # noqa: ANN401  what a column holds
        """Ask for one value; None if there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def record(self, kind: str, **_: object) -> NoReturn:
        """Refuse: the past takes no records.

        Raises
        ------
        RuntimeError
            Always.
        """
        msg = f"a report records nothing, got {kind}"
        raise RuntimeError(msg)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
