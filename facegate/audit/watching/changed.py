"""What happened to a record that is not the one it was: replaced, dropped, moved, or a copy cut short.

Two rows of leaf hashes tell of the same history: the true one (leaves that fit a signed root, or that a
monitor kept), and the one found. The first place where they part names the record; whether each of the two
hashes there stands somewhere else in the other row says what happened. Pure, but for reading the rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import EntryDropped, EntryReordered, EntryReplaced, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Row = Callable[[], Iterable[bytes]]

SHOWN = 16  # hexadecimal digits of a hash in a sentence


def what_changed(true: Row, found: Row, *, start: int = 0) -> VerificationError | None:
    """Compare two rows of leaf hashes.

    Parameters
    ----------
    true : callable
        Begins the row of leaf hashes as it must be, 32 bytes each. May be called several times.
    found : callable
        The same for the row that was found. May be longer: what comes after is no concern of this.
    start : int
        Position in the log of the first hash of both rows.

    Returns
    -------
    VerificationError or None
        `EntryReplaced`, `EntryDropped` or `EntryReordered`, naming the first record; None if every record
        of the true row stands in its place.

    Examples
    --------
    >>> print(what_changed(lambda: [b"a", b"b", b"c"], lambda: [b"a", b"c"]))
    record 1 was dropped: in its place stands record 2
    """
    at, wanted, got = _first_apart(true, found)
    if wanted is None:
        return None
    seq = start + at
    if got is None:
        return EntryDropped(f"record {seq} was dropped: the log found ends before it")
    stands, moved = _place(got, true, start), _place(wanted, found, start)
    if stands is not None and moved is not None:
        return EntryReordered(
            f"the records were reordered: record {seq} stands at {moved}, in its place record {stands}"
        )
    if stands is not None:
        return EntryDropped(f"record {seq} was dropped: in its place stands record {stands}")
    if moved is not None:
        return EntryReplaced(f"a record was put in at {seq}: the true record {seq} stands at {moved}")
    return EntryReplaced(
        f"record {seq} was replaced: it hashes to {got.hex()[:SHOWN]}, wanted {wanted.hex()[:SHOWN]}"
    )


def _first_apart(true: Row, found: Row) -> tuple[int, bytes | None, bytes | None]:
    """First place where the rows differ, with the hash of each there; None for a row that has ended."""
    there = iter(found())
    seq = -1
    for seq, wanted in enumerate(true()):
        got = next(there, None)
        if got != wanted:
            return seq, wanted, got
    return seq + 1, None, None


def _place(one: bytes, row: Row, start: int) -> int | None:
    """First place of a hash in a row."""
    return next((at for at, hashed in enumerate(row(), start=start) if hashed == one), None)
