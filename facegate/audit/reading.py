"""Reading a log beside its writer: every acknowledged record, with what opens its sealed fields.

Nothing is locked and nothing is checked but the frames and the openings' own commitments; whether the records
are the ones once written says `verify_log`.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from facegate.audit.entry import parse_entry
from facegate.audit.sealing.erasure import Erased
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.storage import SEALED, read_entries
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.audit.entry import Entry
    from facegate.audit.sealing.sealed import Opening


def read_records(folder: Path, *, start: int = 0) -> Iterator[tuple[Entry, Opening | None]]:
    """Read acknowledged records in order.

    Parameters
    ----------
    folder : Path
        The log, with its sealed part.
    start : int
        The first record wanted.

    Yields
    ------
    Entry
        One record.
    Opening or None
        None where it was erased.

    Raises
    ------
    AuditError
        If the log or its sealed part cannot be read.
    VerificationError
        If a record is not there or is none, or its opening is another than the log committed to.
    """
    erased = erased_in(folder)
    with closing(SealedStore(folder / SEALED)) as sealed:
        for seq, data in enumerate(read_entries(folder, start=start), start=start):
            entry = parse_entry(data)
            try:
                opening = sealed.opened(seq, entry.sealed, erased)
            except VerificationError:
                erased = erased_in(folder)  # a writer may have erased something since this reading began
                opening = sealed.opened(seq, entry.sealed, erased)
            yield entry, opening


def erased_in(folder: Path) -> Erased:
    """Read which records the erasures of a log name.

    Raises
    ------
    AuditError
        If the log cannot be read.
    VerificationError
        If a record is not there, or an erasure has not its form.
    """
    return Erased.of(read_entries(folder))


def read_public(folder: Path, *, start: int = 0) -> Iterator[tuple[Entry, Opening | None]]:
    """Read acknowledged records in order, without anything that opens a sealed field.

    The same as `read_records` for a reader who has, or should have, only the public part.
    """
    for data in read_entries(folder, start=start):
        yield parse_entry(data), None
