"""One round of watching a published log: it must show what it showed before, and may show more.

In this order:

1. the checkpoint's signature. What is validly signed is kept for good before it is judged: two heads that
   contradict each other stay found in every later round, whatever is shown then;
2. two heads of one size, or a smaller one than was ever seen, end the round; a smaller one that is no
   beginning of what was verified is a fork, not a rollback;
3. every new entry, leaf and tile, from where the last round ended (or all of them), to the signed root;
4. the roots at the sizes of all checkpoints that were kept: the new head must contain each;
5. the chain of keys, and that the key in force signed (see `published_keys`);
6. what was verified is kept. Only then, all of it in one sentence: times that run backward or ahead and
   results that do not fit, cosignatures, intents without a result. Times and results are told in every later
   round, until a person removes the file ``complaints``: their records are not read again.

One checkpoint is read at the start and everything is held against it, so a log that grows meanwhile gives no
false alarm. Whatever is found is saved: the checkpoint shown, the one kept, and the file that is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.entry import INTENT
from facegate.audit.keys.key_chain import KEY, key_periods
from facegate.audit.merkle import EMPTY_ROOT
from facegate.audit.pairing import Pairing
from facegate.audit.published.published_blame import hashes_of, served_leaves
from facegate.audit.published.published_keys import demand_in_force, keys_of
from facegate.audit.published.published_walk import PublishedWalk
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import Tile
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.verify import MAX_SKEW_SECONDS, entry_at
from facegate.audit.watching.changed import what_changed
from facegate.audit.watching.monitor_evidence import FINDING, KEPT, SHOWN, contradiction, files_around
from facegate.audit.watching.monitor_state import Progressed
from facegate.audit.witnesses.quorum import OLDEST_COSIGNATURE
from facegate.errors import ForkFound, ResultMissing, RolledBack, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.entry import Entry
    from facegate.audit.published.published_log import PublishedLog
    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.watching.monitor_state import MonitorState
    from facegate.audit.witnesses.witness_policy import WitnessPolicy

    Progress = Callable[[int, int], None]

MAX_OPEN_SECONDS = 60.0
NAMED = 20  # overdue intents in a sentence; the evidence lists all


@dataclass(frozen=True, slots=True)
class Round:
    """A round that found nothing.

    Parameters
    ----------
    head : Checkpoint
        What the log shows.
    n_new : int
        Records that were not there in the round before.
    n_checkpoints : int
        Checkpoints kept, all of them contained in the head.
    witnesses : tuple of str
        Who cosigned, of those the policy names; empty without a policy.
    open_intents : tuple of int
        Intents without a result whose time is not up yet.
    """

    head: Checkpoint
    n_new: int
    n_checkpoints: int
    witnesses: tuple[str, ...]
    open_intents: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Rules:
    """What a monitor asks of a log.

    Parameters
    ----------
    keys : sequence of VerifierKey
        Of the log; one valid signature is needed.
    policy : WitnessPolicy or None
        Whose cosignatures are needed, none older than 24 hours.
    max_open_seconds : float
        How long an intent may be without a result.
    max_skew_seconds : float
        How far a record may be dated before an earlier one, or after now.
    full : bool
        Read every record and tile again, not only the new ones.
    """

    keys: Sequence[VerifierKey]
    policy: WitnessPolicy | None = None
    max_open_seconds: float = MAX_OPEN_SECONDS
    max_skew_seconds: float = MAX_SKEW_SECONDS
    full: bool = False


def monitor_round(
    log: PublishedLog, state: MonitorState, rules: Rules, *, now: datetime, progress: Progress | None = None
) -> Round:
    """Look once at a published log.

    Parameters
    ----------
    log : PublishedLog
        What is watched.
    state : MonitorState
        What is remembered.
    rules : Rules
        What is asked.
    now : datetime
        The time, with its zone.
    progress : callable, optional
        Called with (records verified, records in all).

    Returns
    -------
    Round
        If nothing was found.

    Raises
    ------
    ForkFound, RolledBack, EntryReplaced, EntryDropped, EntryReordered, ResultMissing
        What was found, most serious first; the evidence is saved, the sentence says where.
    VerificationError
        Any other finding: a missing or truncated file, a bad signature, a key that is not in force, times
        that run backward or ahead, too few or stale cosignatures.
    AuditError
        If the log or the monitor's own folder cannot be read, or another round is under way.
    """
    with state.held():
        watch = _Watch(log, state, rules, now, state.progressed(), progress)
        try:
            return watch.look()
        except VerificationError as error:
            place = watch.save_evidence(error)
            msg = f"{error}; evidence: {place}"
            raise type(error)(msg) from error


@dataclass(slots=True)
class _Watch:
    """One round under way."""

    log: PublishedLog
    state: MonitorState
    rules: Rules
    now: datetime
    before: Progressed
    progress: Progress | None
    note: bytes = b""  # the checkpoint as shown
    contradicted: Checkpoint | None = None  # the kept one that it does not fit
    walk: PublishedWalk | None = None
    leaves: bytearray = field(default_factory=bytearray)
    times: dict[int, datetime] = field(default_factory=dict)  # of open intents
    named: list[Entry] = field(default_factory=list)  # records that name keys

    def look(self) -> Round:
        """Take the steps; the first finding is raised."""
        self.note = self.log.checkpoint_bytes()
        keys = keys_of(self.log, self.note, self.rules.keys, named=self.before.named, start=self._size)
        signed = open_checkpoint(self.note, keys=keys)
        heads = self._demand_heads(signed)
        start = 0 if self.rules.full else self._size
        pairing = self._verify(signed.checkpoint, heads, start)
        periods = key_periods(self.named, origin=signed.checkpoint.origin)
        demand_in_force(signed.note, periods, self.rules.keys)
        open_intents = self._keep(signed.checkpoint, pairing, start)
        witnesses = self._demand_the_rest(signed, open_intents)
        seen = {(one.size, one.root) for one in (*heads, signed.checkpoint)}
        n_new = signed.checkpoint.size - self._size
        return Round(signed.checkpoint, n_new, len(seen), witnesses, tuple(sorted(open_intents)))

    @property
    def _size(self) -> int:
        return self.before.head.size if self.before.head else 0

    def _demand_heads(self, signed: SignedCheckpoint) -> list[Checkpoint]:
        """Keep the head shown, and hold it against all kept before, as far as that goes without records."""
        head, heads = signed.checkpoint, self.state.heads()
        for kept in heads:
            if kept.origin != head.origin:
                self.contradicted = kept
                msg = f"the log is {head.origin}, this monitor watches {kept.origin}"
                raise VerificationError(msg)
        self.state.keep_head(head, self.note)  # before it is judged: a contradiction is never forgotten
        for kept in heads:
            self.contradicted = kept
            if kept.size == head.size and kept.root != head.root:
                raise ForkFound(contradiction(kept, head, head.root))
        self._demand_beginnings(head, heads)
        if heads and heads[-1].size > head.size:
            self.contradicted = heads[-1]
            msg = f"the log was rolled back: it shows {head.size} records and showed {heads[-1].size} before"
            raise RolledBack(msg)
        return heads

    def _demand_beginnings(self, head: Checkpoint, heads: list[Checkpoint]) -> None:
        """Hold what was verified against the heads that are no longer than it, the one shown among them."""
        verified = self.before.head or Checkpoint(head.origin, 0, EMPTY_ROOT)
        within = [one for one in (*heads, head) if one.size <= verified.size]
        roots = self.state.roots({one.size for one in within}, whole=verified)
        for one in within:
            self.contradicted = verified if one is head else one
            if roots[one.size] != one.root:
                raise ForkFound(contradiction(one, verified, roots[one.size]))
        self.contradicted = None

    def _verify(self, head: Checkpoint, heads: list[Checkpoint], start: int) -> Pairing:
        """Verify every record from ``start`` on, and that the head contains all heads kept."""
        pairing = Pairing(max_skew_seconds=self.rules.max_skew_seconds, now=self.now)
        if start:
            self.named = list(self.before.named)
            opened = {seq: search for seq, (search, _) in self.before.open_intents.items()}
            self.times.update({seq: time for seq, (_, time) in self.before.open_intents.items()})
            pairing.resume(start, latest=self.before.latest, open_intents=opened)
        kept = [one for one in heads if start <= one.size]
        self.walk = PublishedWalk(
            self.log,
            lambda seq, data, leaf: self._take(entry_at(seq, data), leaf, pairing),
            self.state.leaves(start),
            watched={one.size for one in kept},
        )
        try:
            self.walk.advance(head, self.progress)
        except VerificationError as error:
            if fork := self._fork(head):
                raise fork from error
            raise
        for one in kept:
            if self.walk.roots[one.size] != one.root:
                self.contradicted = one
                raise self._fork(head) or ForkFound(contradiction(one, head, self.walk.roots[one.size]))
        return pairing

    def _take(self, entry: Entry, leaf: bytes, pairing: Pairing) -> None:
        pairing.take(entry)
        self.leaves += leaf
        if entry.kind == KEY:
            self.named.append(entry)
        if entry.kind == INTENT:
            self.times[entry.seq] = min(entry.time, self.now)  # dated ahead, it would never fall due
        elif not pairing.is_open(entry.intent):  # a result that does not fit leaves its intent open
            self.times.pop(entry.intent, None)

    def _fork(self, head: Checkpoint) -> ForkFound | None:
        """Tell a history that was rewritten and signed from files that were changed after signing."""
        before = self.before.head
        if before is None:
            return None
        stack, root = TileStack(), b""
        for leaf in served_leaves(self.log, head.size):
            stack.take(leaf)
            root = stack.root() if stack.size == before.size else root
        if stack.size != head.size or stack.root() != head.root:
            return None
        changed = what_changed(self._kept_leaves, lambda: served_leaves(self.log, head.size))
        if changed is None:
            return None
        self.contradicted = before
        return ForkFound(f"{contradiction(before, head, root)}; {changed}")

    def _kept_leaves(self) -> Iterator[bytes]:
        for run in self.state.leaves(self._size):
            yield from hashes_of(run)

    def _keep(self, head: Checkpoint, pairing: Pairing, start: int) -> dict[int, datetime]:
        """Remember what was found, then how far this round got; give the open intents with their times."""
        if pairing.complaint:
            self.state.keep_complaint(pairing.complaint)
        opened = {seq: (search, self.times[seq]) for seq, search in pairing.open_searches.items()}
        self.state.keep(
            Progressed(head, pairing.latest, opened, tuple(self.named)), bytes(self.leaves), start=start
        )
        return {seq: time for seq, (_, time) in opened.items()}

    def _demand_the_rest(
        self, signed: SignedCheckpoint, open_intents: Mapping[int, datetime]
    ) -> tuple[str, ...]:
        """Find what hides nothing else: all of it is told together; give who cosigned."""
        found: list[VerificationError] = [VerificationError(one) for one in self.state.complaints()]
        witnesses: tuple[str, ...] = ()
        try:
            witnesses = self._demand_witnesses(signed)
        except VerificationError as error:
            found.append(error)
        try:
            self._demand_results(open_intents)
        except VerificationError as error:
            found.append(error)
        if found:
            raise type(found[0])("; and ".join(map(str, found)))
        return witnesses

    def _demand_witnesses(self, signed: SignedCheckpoint) -> tuple[str, ...]:
        if self.rules.policy is None:
            return ()
        return self.rules.policy.demand(signed, now=self.now, oldest=OLDEST_COSIGNATURE)

    def _demand_results(self, open_intents: Mapping[int, datetime]) -> None:
        """Find the intents whose time is up."""
        limit = timedelta(seconds=self.rules.max_open_seconds)
        overdue = sorted(seq for seq, time in open_intents.items() if self.now - time > limit)
        if not overdue:
            return
        named = ", ".join(map(str, overdue[:NAMED]))
        more = f" and {len(overdue) - NAMED} more" if len(overdue) > NAMED else ""
        msg = (
            f"no result {self.rules.max_open_seconds:g} s after the intent: {len(overdue)} in all, record "
            f"{named}{more}; a search broke off, or its result was withheld"
        )
        raise ResultMissing(msg)

    def save_evidence(self, finding: VerificationError) -> Path:
        """Save what shows the finding."""
        story = (self.now.isoformat(), self.log.name, f"exit code {finding.exit_code}", str(finding))
        files = {FINDING: "".join(f"{line}\n" for line in story).encode()}
        if self.note:
            files[SHOWN] = self.note
        kept = self.contradicted or self.before.head
        if kept is not None and (note := self.state.head_note(kept)) is not None:
            files[KEPT] = note
        if self.walk is not None:
            files |= files_around(self.log, self.walk.at)
            files |= self._expected(self.walk.at)
        return self.state.save_evidence(f"{self.now:%Y%m%dT%H%M%SZ}", files)

    def _expected(self, at: Tile) -> dict[str, bytes]:
        """Give the leaf hashes that this monitor kept for a tile or bundle, if any."""
        if at.level > 0 or at.start >= self._size:
            return {}
        runs = islice(self.state.leaves(self._size), at.index, at.index + 1)
        return {f"expected/{Tile(0, at.index).path}": run for run in runs}
