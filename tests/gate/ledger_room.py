"""A ledger of one small book of notes, for the tests of the ledger itself."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

from facegate.audit.log import AuditLog
from facegate.gate.ledger.ledger import Ledger, stamp

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.ledger.place import Place

ORIGIN = "facegate.example/ledger"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class NoteBook:
    """Keeps what every note says."""

    tables = "CREATE TABLE IF NOT EXISTS note (seq INTEGER PRIMARY KEY, said TEXT, sealed TEXT, at TEXT);"
    kinds = frozenset({"note"})

    def enter(self, connection: Index, event: Event) -> None:
        row = (event.seq, event.text("said"), event.text("secret"), stamp(event.time))
        connection.execute("INSERT INTO note VALUES (?, ?, ?, ?)", row)


class Strict(NoteBook):
    """Another set of books: its ledger is another index."""


class Breaking(NoteBook):
    """Fails on one record."""

    def enter(self, connection: Index, event: Event) -> None:
        super().enter(connection, event)
        if event.text("said") == "break":
            connection.execute("INSERT INTO no_such_table VALUES (1)")


@contextmanager
def opened(
    folder: Path, book: NoteBook | None = None, start: int = 0, place: Place | None = None
) -> Iterator[Ledger]:
    numbers = count(start)
    with (
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(
            place or folder / "ledger.db",
            log,
            [book or NoteBook()],
            random_bytes=lambda n: next(numbers).to_bytes(n),
        ) as ledger,
    ):
        yield ledger


def note(ledger: Ledger, said: str, *, beside: bool = False) -> int:
    return ledger.record(
        "note", at=NOW, public={"said": said}, sealed={"secret": f"not {said}"}, beside=beside
    )


def said(ledger: Ledger) -> list[tuple[str, str]]:
    return [(row["said"], row["sealed"]) for row in ledger.rows("SELECT * FROM note ORDER BY seq")]
