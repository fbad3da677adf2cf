"""Where an index lives: what the ledger asks of SQLite's file and of PostgreSQL's schema alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from facegate.gate.ledger.event import Index

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager


class OpenIndex(Index, Protocol):
    """An index, open for its one writer.

    What goes wrong is an OSError, a sqlite3.Error or an `AuditError`; nothing else.
    """

    @property
    def lost(self) -> bool:
        """Whether it must be opened again: its server went away. A file is never lost."""

    def executescript(self, tables: str, /) -> object:
        """Make tables."""

    def begin(self) -> None:
        """Begin to write: all of it will be there, or nothing."""

    def commit(self) -> None:
        """Keep what was written since the beginning."""

    def rollback(self) -> None:
        """Forget what was written since the beginning, or end a reading; nothing if it is lost."""

    def committed(self) -> None:
        """See to what a commit leaves to be done."""

    def close(self) -> None:
        """Close it; a closed one is closed again without complaint."""


class Tables(Protocol):
    """An index as it lies there, to be compared; one state of it, whatever is written meanwhile."""

    @property
    def names(self) -> set[str]:
        """Its tables."""

    def rows(self, name: str) -> Iterator[tuple[object, ...]]:
        """Read a table in an order of its content: absent values first, texts by their bytes."""

    def kept(self, row: tuple[object, ...]) -> tuple[object, ...]:
        """Tell how it keeps a row: not every character can be stored everywhere."""


class Place(Protocol):
    """The place of one index."""

    @property
    def name(self) -> str:
        """File or schema."""

    @property
    def whole_name(self) -> str:
        """What to call it in a sentence to its operator: a server is named, too."""

    def there(self) -> OpenIndex | None:
        """Open what is there; None if that is no index of whatever log and form."""

    def empty(self) -> OpenIndex:
        """Destroy what is there, and open it without any table."""

    def discard(self) -> None:
        """Destroy what is there."""

    def looked_at(self) -> AbstractContextManager[Tables | None]:
        """Read what is there, while another process may write; None if there is nothing."""
