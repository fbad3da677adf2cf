"""Verify a published log: the signatures, every entry, every tile of every level, and the root.

In this order, and the first failure is named:

1. the log's signature over the checkpoint, then the cosignatures that the policy asks for;
2. every entry against its leaf, canonical form, position; every tile rebuilt and compared; the root;
3. the checkpoint that the verifier kept from earlier, if any, against the history shown now;
4. results against intents, and times;
5. the changes of keys, each signed by the key before, and the key in force: it must be who signed.

Works on a folder, a copy of one on a stick, or an http(s) address; trusts whoever serves it with nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.keys.key_chain import KEY, key_periods
from facegate.audit.pairing import Pairing
from facegate.audit.published.published_keys import demand_in_force, keys_of
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.published.published_walk import PublishedWalk
from facegate.audit.signed.notes import parse_note
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.verify import MAX_SKEW_SECONDS, VerifiedLog, entry_at, verified_log
from facegate.errors import ForkFound, InputError, RolledBack, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

    from facegate.audit.checkpoint import Checkpoint
    from facegate.audit.entry import Entry
    from facegate.audit.published.published_source import Source
    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.witness_policy import WitnessPolicy

    Progress = Callable[[int, int], None]

__all__ = ["PublishedLog", "VerifiedPublished", "kept_checkpoint", "verify_published"]


@dataclass(frozen=True, slots=True)
class VerifiedPublished:
    """A published log that holds.

    Parameters
    ----------
    log : VerifiedLog
        Name, size, root, records by kind, and intents without a result.
    signed : SignedCheckpoint
        What the log signed.
    witnesses : tuple of str
        Names of the witnesses that count; empty if no policy was asked.
    """

    log: VerifiedLog
    signed: SignedCheckpoint
    witnesses: tuple[str, ...]


def verify_published(
    source: PublishedLog | Source | Path | str,
    *,
    keys: Sequence[VerifierKey],
    policy: WitnessPolicy | None = None,
    kept: bytes | None = None,
    now: datetime | None = None,
    oldest: timedelta | None = None,
    max_skew_seconds: float = MAX_SKEW_SECONDS,
    progress: Progress | None = None,
) -> VerifiedPublished:
    """Verify every record and every file of a published log.

    Parameters
    ----------
    source : PublishedLog, Source, Path or str
        Folder or http(s) address.
    keys : sequence of VerifierKey
        Keys of the log, from the verifier's own settings. One valid signature is needed: by one of them, or
        by one that the log's records lead to from them (see `key_chain`). If the records name keys, it is
        the one in force that must have signed, or the one before it by rotation.
    policy : WitnessPolicy, optional
        Whose cosignatures are needed.
    kept : bytes, optional
        An earlier checkpoint of this log that the verifier kept: signed, or its three lines.
    now : datetime, optional
        The time, with its zone, to judge the age of cosignatures by.
    oldest : timedelta, optional
        Cosignatures made longer before ``now`` do not count.
    max_skew_seconds : float
        How far a record may be dated before an earlier one, in seconds.
    progress : callable, optional
        Called with (records verified, records in all).

    Returns
    -------
    VerifiedPublished
        What stands in a log that holds.

    Raises
    ------
    VerificationError
        If it does not hold; the sentence names the first bad record or file.
    AuditError
        If there is no published log, or it cannot be read.
    InputError
        If ``kept`` is no checkpoint.
    """
    log = source if isinstance(source, PublishedLog) else PublishedLog(source)
    earlier = None if kept is None else kept_checkpoint(kept)
    shown = log.checkpoint_bytes()
    signed = open_checkpoint(shown, keys=keys_of(log, shown, keys))
    witnesses = policy.demand(signed, now=now, oldest=oldest) if policy else ()
    pairing = Pairing(max_skew_seconds=max_skew_seconds)
    named: list[Entry] = []

    def take(seq: int, data: bytes, _: bytes) -> None:
        entry = entry_at(seq, data)
        pairing.take(entry)
        if entry.kind == KEY:
            named.append(entry)

    walk = PublishedWalk(log, take, watched=() if earlier is None else (earlier.size,))
    if earlier is not None:
        _demand_newer(signed.checkpoint, earlier)
    walk.advance(signed.checkpoint, progress)
    if earlier is not None:
        _demand_beginning(walk.roots[earlier.size], earlier)
    if pairing.complaint:
        raise VerificationError(pairing.complaint)
    demand_in_force(signed.note, key_periods(named, origin=signed.checkpoint.origin), keys)
    return VerifiedPublished(verified_log(signed.checkpoint, pairing), signed, witnesses)


def kept_checkpoint(data: bytes) -> Checkpoint:
    """Read a checkpoint that a verifier kept, signed or as three lines; its signatures are not checked.

    Raises
    ------
    InputError
        If it is neither.
    """
    try:
        return parse_checkpoint(parse_note(data).text if b"\n\n" in data else data)
    except VerificationError as error:
        msg = f"the checkpoint you kept cannot be read: {error}"
        raise InputError(msg) from error


def _demand_newer(shown: Checkpoint, kept: Checkpoint) -> None:
    """Hold the checkpoint shown now against the one that was shown before."""
    if shown.origin != kept.origin:
        msg = f"the checkpoint is of the log {shown.origin}, the one you kept is of {kept.origin}"
        raise VerificationError(msg)
    if shown.size < kept.size:
        msg = (
            f"record {shown.size} is missing: the log shows {shown.size} records, the checkpoint you kept "
            f"covers {kept.size}; records were removed or an old copy was put back"
        )
        raise RolledBack(msg)
    if shown.size == kept.size and shown.root != kept.root:
        msg = (
            f"two checkpoints of {shown.size} records contradict each other: the log shows root "
            f"{shown.root.hex()}, the one you kept says {kept.root.hex()}"
        )
        raise ForkFound(msg)


def _demand_beginning(root: bytes, kept: Checkpoint) -> None:
    """Hold the root that the records lead to at the kept size against the kept one."""
    if root != kept.root:
        msg = (
            f"the history was rewritten: the first {kept.size} records have root {root.hex()}, the "
            f"checkpoint you kept says {kept.root.hex()}"
        )
        raise ForkFound(msg)
