"""Erasing what opens records, so that it is either on the log and done, or neither.

Order of one erasure; a kill after any step is settled when the log is opened next:

1. ``erasing`` in the log's folder names the records and the place of the entry to come, flushed;
2. an entry of kind ``erasure`` is appended: from here on it is on record, and will be carried out;
3. the keys of the records are destroyed, then their rows (see `sealed`);
4. ``erasing`` is removed.

Entries, leaves and proofs stay: that there was a record, when, and by which rules it was decided, can be
shown as before. Only what it hid is gone.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Self

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.audit.entry import parse_entry
from facegate.durable import fsync_path, replace_bytes
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.audit.entry import Entry

ERASURE = "erasure"
RECORDS = "records"  # public field of an erasure: a list of [first, last]
NAMES_ERASURE = b'"kind":"erasure"'  # in the bytes of each such entry, and of few others
PENDING = "erasing"
MOST_RANGES = 2_000  # an entry holds 65,535 bytes


def ranges_of(seqs: Iterable[int]) -> list[list[int]]:
    """Write places as ranges, first and last included.

    Examples
    --------
    >>> ranges_of([7, 3, 4, 5, 7])
    [[3, 5], [7, 7]]
    """
    ranges: list[list[int]] = []
    for seq in sorted(set(seqs)):
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1][1] = seq
        else:
            ranges.append([seq, seq])
    return ranges


def erased_by(entry: Entry) -> list[range]:
    """Give the records that an entry of kind ``erasure`` says were erased; none for any other entry.

    Raises
    ------
    VerificationError
        If it does not say so in the form it must have, or names records that come after it.
    """
    if entry.kind != ERASURE:
        return []
    return _ranges(entry.public.get(RECORDS), f"record {entry.seq}", before=entry.seq)


class Erased:
    """The records of a log that its erasures name: what may have no opening, and must have none.

    Parameters
    ----------
    runs : iterable of range
        In any order; they may overlap.
    """

    def __init__(self, runs: Iterable[range] = ()) -> None:
        self._starts: list[int] = []
        self._ends: list[int] = []
        for one in sorted(runs, key=lambda run: run.start):
            if self._ends and one.start <= self._ends[-1]:
                self._ends[-1] = max(self._ends[-1], one.stop)
            else:
                self._starts.append(one.start)
                self._ends.append(one.stop)

    @classmethod
    def of(cls, entries: Iterable[bytes]) -> Self:
        """Read the erasures among some records, given as bytes.

        Raises
        ------
        VerificationError
            If one is not in the form of an erasure.
        """
        named = (parse_entry(one) for one in entries if NAMES_ERASURE in one)
        return cls(run for entry in named for run in erased_by(entry))

    def __contains__(self, seq: object) -> bool:
        at = bisect_right(self._starts, seq) - 1 if isinstance(seq, int) else -1
        return at >= 0 and isinstance(seq, int) and seq < self._ends[at]

    def __iter__(self) -> Iterator[int]:
        for run in self.runs():
            yield from run

    def runs(self) -> list[range]:
        """Give the records as ranges that do not touch each other."""
        return [range(*pair) for pair in zip(self._starts, self._ends, strict=True)]


def demand_erasable(seqs: Sequence[int], size: int) -> None:
    """Refuse an erasure of nothing, of too many places at once, or of records that are not there.

    Raises
    ------
    InputError
        If it is one.
    """
    ranges = ranges_of(seqs)
    if not 1 <= len(ranges) <= MOST_RANGES:
        msg = f"an erasure names 1 to {MOST_RANGES:,} runs of records, got {len(ranges):,}"
        raise InputError(msg)
    if ranges[0][0] < 0 or ranges[-1][1] >= size:
        msg = f"an erasure of records {ranges[0][0]} to {ranges[-1][1]}: the log holds 0 to {size - 1}"
        raise InputError(msg)


def announce(folder: Path, at: int, seqs: Sequence[int]) -> None:
    """Take step 1: write what is about to be erased, and where it will stand on the log; flushed."""
    replace_bytes(folder / PENDING, canonical_json({"at": at, RECORDS: ranges_of(seqs)}))


def announced(folder: Path) -> tuple[int, list[range]] | None:
    """Give what an erasure that was cut off left: the place of its entry, and the records; None if none was.

    Raises
    ------
    VerificationError
        If the file is no such announcement.
    """
    path = folder / PENDING
    if not path.exists():
        return None
    held = parse_canonical(path.read_bytes())
    at = held.get("at") if isinstance(held, dict) else None
    if not isinstance(held, dict) or not isinstance(at, int):
        msg = f"{PENDING} in the log's folder was not written by an erasure"
        raise VerificationError(msg)
    return at, _ranges(held.get(RECORDS), PENDING, before=at)


def withdraw(folder: Path) -> None:
    """Take step 4: forget the announcement."""
    (folder / PENDING).unlink(missing_ok=True)
    fsync_path(folder)


def public_part(public: Mapping[str, JSONValue], seqs: Sequence[int]) -> dict[str, JSONValue]:
    """Complete the public fields of an erasure's entry."""
    return {**public, "kind": ERASURE, RECORDS: ranges_of(seqs)}


def _ranges(value: JSONValue, name: str, *, before: int) -> list[range]:
    if not isinstance(value, list) or not value:
        msg = f"{name} names no records to erase"
        raise VerificationError(msg)
    ranges = []
    for pair in value:
        whole = isinstance(pair, list) and len(pair) == 2 and all(type(one) is int for one in pair)  # noqa: PLR2004  first and last
        if not whole or not 0 <= pair[0] <= pair[1] < before:
            msg = f"{name} names records to erase that are none before it: {str(pair)[:40]}"
            raise VerificationError(msg)
        ranges.append(range(pair[0], pair[1] + 1))
    return ranges
