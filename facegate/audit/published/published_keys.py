"""From the keys that a verifier knows to the one that signs a published log now, and whether it may.

- Before anything is verified the log's own records may lead from a known key to the one that signed. What is
  read for that is bounded: nothing tells yet how long an honest log would be.
- When all is verified, the records say which key is in force. It must have signed, or the one before it if
  that was changed by rotation. One that leaked vouches for nothing after the record that says so.
- A log that names no key has none in force: then the known keys alone count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.keys.key_chain import KEY, key_periods, keys_after
from facegate.audit.signed.notes import VerifierKey, parse_note
from facegate.audit.signed.signing import verified_signatures
from facegate.audit.verify import entry_at
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.entry import Entry
    from facegate.audit.keys.key_chain import KeyPeriod
    from facegate.audit.published.published_log import PublishedLog
    from facegate.audit.signed.notes import Note

MOST_RECORDS = 1 << 20  # read unverified in search of a key: 4,096 bundles
MOST_BYTES = 1 << 30
MOST_KEYS = 1_000

_NAMES_KEY = f'"kind":"{KEY}"'.encode()  # most records do not: reading those is not worth it
_NOT_IN_FORCE = "the checkpoint is not signed by a known key of the log that is in force"


def keys_of(
    log: PublishedLog,
    shown: bytes,
    keys: Sequence[VerifierKey],
    *,
    named: Sequence[Entry] = (),
    start: int = 0,
) -> tuple[VerifierKey, ...]:
    """Follow the log's records from the keys a verifier knows to the one that signs now.

    Parameters
    ----------
    log : PublishedLog
        Where the records are.
    shown : bytes
        Its checkpoint; nothing of it is believed yet.
    keys : sequence of VerifierKey
        The verifier's own.
    named : sequence of Entry
        Records that name keys, verified before.
    start : int
        Records that were verified before; those after them may be read.

    Returns
    -------
    tuple of VerifierKey
        Keys to check the signatures with: the verifier's own and those that the records lead to from them,
        less those that leaked as far as ``named`` tells. Records are read only if none of these signed, at
        most 1,048,576 of 1 GiB together, and no further than to one that names a key that did. What is read
        is not verified: only the signatures on it count. Whether the key is in force says `demand_in_force`.

    Raises
    ------
    VerificationError
        If the chain is broken, leads over a key that leaked, or no key that signed is found.
    """
    note = parse_note(shown)
    checkpoint = parse_checkpoint(note.text)
    origin = str(named[0].public["origin"]) if named else checkpoint.origin
    periods = key_periods(named, origin=origin)
    leaked = {period.key for period in periods if period.leaked}
    known = keys_after(periods, keys)
    usable = tuple(key for key in known if key not in leaked)
    if any(note.by(key) for key in usable):
        return usable
    for period in periods:
        if period.leaked and note.by(period.key):
            msg = (
                f"{_NOT_IN_FORCE}: record {period.until} says that the key {_short(period.key)} leaked, "
                "and it vouches for nothing since"
            )
            raise VerificationError(msg)
    more = tuple(_named_until_signed(log, note, checkpoint, min(start, checkpoint.size)))
    return keys_after(key_periods((*named, *more), origin=origin), keys)


def demand_in_force(note: Note, periods: Sequence[KeyPeriod], keys: Sequence[VerifierKey]) -> None:
    """Demand that a checkpoint is signed by the key that its own records put in force.

    Parameters
    ----------
    note : Note
        The checkpoint.
    periods : sequence of KeyPeriod
        The keys that all of its records name, verified.
    keys : sequence of VerifierKey
        The verifier's own.

    Raises
    ------
    VerificationError
        If the records name keys, and neither the one in force signed nor the one before it, where that was
        changed by rotation; or if the verifier's keys do not lead there.
    """
    if not periods:
        return
    trusted = keys_after(tuple(periods), keys)
    for period in reversed(periods[-2:]):
        beside = tuple(one for one in period.beside if one in keys)
        vouched = period.key in trusted or verified_signatures(note, beside)
        if not period.leaked and vouched and verified_signatures(note, (period.key,)):
            return
    msg = (
        f"{_NOT_IN_FORCE}: record {periods[-1].since} names {_short(periods[-1].key)}, and one that "
        "leaked, or that no record names, vouches for nothing"
    )
    raise VerificationError(msg)


def _named_until_signed(log: PublishedLog, note: Note, checkpoint: Checkpoint, start: int) -> Iterator[Entry]:
    """Read unverified records that name keys, up to one whose key signed the note."""
    n_bytes = n_keys = 0
    try:
        read = log.entries(start, checkpoint.size, size=checkpoint.size)
        for seq, data in enumerate(read, start=start):
            n_bytes += len(data)
            _demand_within(seq + 1 - start, n_bytes, n_keys)
            if _NAMES_KEY not in data or (entry := entry_at(seq, data)).kind != KEY:
                continue
            n_keys += 1
            yield entry
            if note.by(VerifierKey.from_line(str(entry.public.get("key")))):
                return
    except (InputError, VerificationError) as error:
        msg = (
            f"the checkpoint of {checkpoint.origin} is not signed by a known key of that log, and its "
            f"records lead to none that signed: {error}"
        )
        raise VerificationError(msg) from error


def _demand_within(n_records: int, n_bytes: int, n_keys: int) -> None:
    """End the search where an honest log would hardly go on: whoever serves it could feed it without end."""
    if n_records > MOST_RECORDS or n_bytes > MOST_BYTES or n_keys > MOST_KEYS:
        msg = (
            f"no more than {MOST_RECORDS} records, {MOST_BYTES} bytes or {MOST_KEYS} changes of keys are "
            "searched; ask the log's keeper for the key in force"
        )
        raise VerificationError(msg)


def _short(key: VerifierKey) -> str:
    return f"{key.name}+{key.key_id.hex()}"
