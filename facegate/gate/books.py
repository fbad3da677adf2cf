"""Every book of the ledger, and the one way to open it together with its log."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.keys.log_keys import LAST_SIGNED, demand_goes_on
from facegate.audit.log import AuditLog
from facegate.audit.signed.notes import parse_note
from facegate.durable import replace_bytes
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.ledger.postgres_place import PostgresPlace
from facegate.gate.ledger.sqlite_place import SqlitePlace
from facegate.gate.ledger.texts import PolicyTextBook
from facegate.gate.limits.recorded import LimitsBook
from facegate.gate.limits.searches import Searches
from facegate.gate.permits import PermitBook
from facegate.gate.registers.register_books import REGISTER_BOOKS
from facegate.gate.review.book import ReviewBook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.gate.home import Home
    from facegate.gate.ledger.event import Book
    from facegate.gate.ledger.place import Place

BOOKS: tuple[Book, ...] = (
    PolicyTextBook(),
    PermitBook(),
    LimitsBook(),
    Searches(),
    *REGISTER_BOOKS,
    ReviewBook(),
)


IN_FILE = "sqlite:"  # the service's own database in a file: then the index is in its file as well


def index_of(home: Home) -> Place:
    """Tell where an agency's index lives: in its folder, or in the database that was set.

    Raises
    ------
    InputError
        If the setting cannot be read.
    """
    url = home.database
    if not url or url.startswith(IN_FILE):
        return SqlitePlace(home.ledger)
    return PostgresPlace.at(home.ledger, url)


@contextmanager
def open_ledger(home: Home) -> Iterator[Ledger]:
    """Open log and ledger of an agency's folder, for one writer.

    Parameters
    ----------
    home : Home
        The folder; log and ledger are made on first use.

    Yields
    ------
    Ledger
        Caught up with the log.

    Raises
    ------
    InputError
        If the setting of the database cannot be read.
    RolledBack
        If the log holds less than was signed or cosigned: an old backup was put back.
    ForkFound
        If what was signed or cosigned is no beginning of it.
    AuditError
        If either cannot be used, or another writer has the log.
    """
    with (
        AuditLog.open(home.log, origin=home.origin) as log,
        _not_behind(home, log),
        Ledger.open(index_of(home), log, BOOKS, random_bytes=secrets.token_bytes) as ledger,
    ):
        yield ledger


@contextmanager
def _not_behind(home: Home, log: AuditLog) -> Iterator[None]:
    """Refuse a log that was put back to an earlier state; remember its state outside of its folder."""
    for path in (home.log_seen, home.keys / LAST_SIGNED, home.cosigned):
        if path.exists():
            earlier = parse_checkpoint(_text_of(path.read_bytes()))
            demand_goes_on(log.checkpoint, log.root_at, earlier, f"the checkpoint in {path}")
    try:
        yield
    finally:
        if not home.log_seen.exists() or home.log_seen.read_bytes() != log.checkpoint_text:
            replace_bytes(home.log_seen, log.checkpoint_text)


def _text_of(data: bytes) -> bytes:
    """Give the text of a checkpoint, signed or not."""
    return parse_note(data).text if b"\n\n" in data else data
