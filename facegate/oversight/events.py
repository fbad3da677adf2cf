"""What every report starts from: the records of the log, in order, as events.

A report is a pure function of these. It reads no clock, no register, no file of its own: the same records
give the same bytes, for any year, on any machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.reading import read_public, read_records
from facegate.gate.ledger.event import Event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def read_events(log: Path, *, opened: bool = True, size: int | None = None) -> Iterator[Event]:
    """Read the records of a log as events.

    Parameters
    ----------
    log : Path
        The log's folder.
    opened : bool
        Open sealed fields where their opening was not erased. Without it ``sealed`` is empty everywhere,
        as it is for the public.
    size : int, optional
        How many records, from the first; all that are acknowledged if left out.

    Yields
    ------
    Event
        One record; ``sealed`` is empty where it was erased.

    Raises
    ------
    AuditError
        If the log cannot be read.
    VerificationError
        If a record is missing or is none.
    """
    read = read_records(log) if opened else read_public(log)
    for entry, opening in read:
        if size is not None and entry.seq >= size:
            return
        sealed = {} if opening is None else opening.values
        yield Event(entry.seq, entry.kind, entry.time, entry.public, sealed)
