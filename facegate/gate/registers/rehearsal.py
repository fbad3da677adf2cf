"""A rehearsal: registering functions run against a copy of the registers, and nothing is recorded.

A file of many statements must be right as a whole before its first record is written, and each statement may
rest on those before it (an officer on his agency). So all of them are run here first, by the very functions
that would record them; what they would have recorded is then recorded, in that order.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, Self

from facegate.gate.ledger.event import Event
from facegate.gate.registers.conditions_book import ConditionsBook
from facegate.gate.registers.papers import PapersBook
from facegate.gate.registers.people_book import PeopleBook
from facegate.gate.registers.sharing import SharingBook
from facegate.gate.registers.standing import StandingBook, stands

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.event import Book
    from facegate.gate.registers.demands import Recorder

BOOKS: tuple[Book, ...] = (PeopleBook(), ConditionsBook(), SharingBook(), PapersBook(), StandingBook())
"""The books that a setup file writes to: small tables, whatever the number of searches and cases."""

TABLES = (
    "people_agencies",
    "people_officers",
    "people_blocks",
    "people_keepers",
    "conditions_galleries",
    "conditions_authority",
    "conditions_policies",
    "conditions_audits",
    "conditions_audit_terms",
    "conditions_notices",
    "conditions_activations",
    "sharing_rows",
    "papers_forms",
    "standing_last",
)


@dataclass(frozen=True, slots=True)
class Planned:
    """One record that is still to be written."""

    kind: str
    public: Mapping[str, JSONValue]
    sealed: Mapping[str, str]


class Rehearsal:
    """A copy of the registers in memory that takes records like the ledger. Use it as a context manager.

    Parameters
    ----------
    ledger : Recorder
        What is copied; it is only read.
    """

    def __init__(self, ledger: Recorder) -> None:
        self.planned: list[Planned] = []
        self.n_unchanged = 0
        self._connection = sqlite3.connect(":memory:", isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for book in BOOKS:
            self._connection.executescript(book.tables)
        for table in TABLES:
            for row in ledger.rows(f"SELECT * FROM {table}"):  # noqa: S608  names from the list above
                marks = ", ".join("?" * len(row))
                self._connection.execute(f"INSERT INTO {table} VALUES ({marks})", tuple(row))  # noqa: S608  likewise
        self._next = 1 << 40  # beyond every position that was copied

    def record(
        self, kind: str, *, at: datetime, public: Mapping[str, JSONValue], sealed: Mapping[str, str]
    ) -> int:
        """Plan a record, unless the last one about its subject says the same; -1 then."""
        if stands(self, kind, public, sealed):
            self.n_unchanged += 1
            return -1
        self.planned.append(Planned(kind, public, sealed))
        self._next += 1
        event = Event(self._next, kind, at.astimezone(UTC), public, sealed)
        for book in BOOKS:
            if kind in book.kinds:
                book.enter(self._connection, event)
        return self._next

    def rows(self, query: str, *values: str | float | bytes | None) -> list[Any]:
        """Ask the copy for rows."""
        return self._connection.execute(query, values).fetchall()

    def value(self, query: str, *values: str | float | bytes | None) -> Any:  # noqa: ANN401  what a column holds
        """Ask the copy for one value; None if there is no row."""
        rows = self.rows(query, *values)
        return rows[0][0] if rows else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()
