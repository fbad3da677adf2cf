"""Eight writers and eight readers on one log at once: not one bad proof, record, opening or receipt.

After Tessera's "hammer": whoever saw two states must always get a proof that one goes on from the other, and
each record must always be found where its writer was told that it stands.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logbook import ORIGIN, SEALED, entries_of, intent, record_key
from sabotage import openings_fit

from facegate.audit.checkpoint import Checkpoint, parse_checkpoint
from facegate.audit.log import AuditLog, Record
from facegate.audit.merkle import leaf_hash
from facegate.audit.proofs import verify_consistency, verify_inclusion
from facegate.audit.published.publish import publish
from facegate.audit.published.published import verify_published
from facegate.audit.reading import read_records
from facegate.audit.signed.receipt import Receipt, parse_receipt, verify_receipt
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Signer
from facegate.audit.storage import read_entries
from facegate.audit.verify import verify_log

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

WRITERS = READERS = 8
MOST_TOGETHER = 20
SIGNER = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
KEYS = (SIGNER.key,)
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
NO_SKEW = 24 * 3600.0  # threads date their records as they like: that is not what is tested


class Hammer:
    """One log, and what the threads have seen of it."""

    def __init__(self, folder: Path, log: AuditLog, seconds: float) -> None:
        self.folder = folder
        self.log = log
        self.until = time.monotonic() + seconds
        self.states = [log.checkpoint]
        self.told: dict[int, str] = {}  # place -> search id, as the writer was told
        self.done: dict[str, int] = {}
        self._turn = threading.Lock()
        self._numbers = count()

    def repeat(self, step: Callable[[random.Random], None], seed: int) -> None:
        """Take one step again and again, and count it."""
        dice = random.Random(seed)  # noqa: S311  what to do next, no secret
        while time.monotonic() < self.until:
            step(dice)
            with self._turn:
                self.done[step.__name__] = self.done.get(step.__name__, 0) + 1
                self.states.append(self.log.checkpoint)

    def write(self, dice: random.Random) -> None:
        """Append one record or several, now and then erase some, and demand a receipt of one."""
        numbers = [next(self._numbers) for _ in range(dice.choice((1, 1, dice.randrange(2, MOST_TOGETHER))))]
        records = [Record(intent(one), SEALED, record_key(one)) for one in numbers]
        places = self.log.append_many(records)
        with self._turn:
            self.told |= {at: f"search-{one}" for at, one in zip(places, numbers, strict=True)}
        if dice.random() < 0.1:
            public = {"time": "2026-11-22T03:59:00.00Z", "basis": "court-order"}
            self.log.erase([dice.choice(places)], Record(public, {}, record_key(-1 - places[0])))
        self._receive(dice.choice(places))

    def _receive(self, at: int) -> None:
        state = self.log.checkpoint
        signed = sign_checkpoint(state, [SIGNER], at=AT).encode()
        made = Receipt(at, tuple(self.log.proof(at, state.size)), signed).encode()
        [entry] = [one for one, _ in zip(read_entries(self.folder, start=at), "1", strict=False)]
        verify_receipt(parse_receipt(made), entry, keys=KEYS)

    def prove(self, dice: random.Random) -> None:
        """Hold two states against each other, and a record against the newer."""
        old, new = sorted((self._state(dice), self._state(dice)), key=lambda one: one.size)
        proof = self.log.consistency_proof(old.size, new.size)
        verify_consistency(
            old_size=old.size, new_size=new.size, old_root=old.root, new_root=new.root, proof=proof
        )
        assert self.log.root_at(old.size) == old.root
        if new.size:
            at = dice.randrange(new.size)
            proof = self.log.proof(at, new.size)
            verify_inclusion(self.log.leaf(at), index=at, size=new.size, proof=proof, root=new.root)

    def read(self, dice: random.Random) -> None:
        """Read the newest records back, through the log and beside it: bytes, place, openings."""
        start = max(0, self.log.size - dice.randrange(1, 60))
        leaves = [leaf_hash(entry) for entry in read_entries(self.folder, start=start)]
        assert leaves == [self.log.leaf(at) for at in range(start, start + len(leaves))]
        pairs = self.log.read(start) if dice.random() < 0.8 else read_records(self.folder, start=start)
        for at, (entry, opening) in enumerate(pairs, start=start):
            assert entry.seq == at
            assert self.told.get(at) in {None, entry.public.get("search_id")}
            assert opening is None or opening.values.keys() == entry.sealed.keys()

    def publish(self, _: random.Random) -> None:
        """Bring the published folder up to date."""
        signed = sign_checkpoint(self.log.checkpoint, [SIGNER], at=AT).encode()
        publish(self.folder, self.folder.with_name("out"), signed)

    def read_published(self, _: random.Random) -> None:
        """Verify all that is published, and hold it against a state seen before."""
        out = self.folder.with_name("out")
        if not (out / "checkpoint").exists():
            return
        kept = (out / "checkpoint").read_bytes()
        shown = verify_published(out, keys=KEYS, kept=kept, max_skew_seconds=NO_SKEW)
        assert self.log.root_at(shown.log.size).hex() == shown.log.root

    def _state(self, dice: random.Random) -> Checkpoint:
        with self._turn:
            return dice.choice(self.states)


@contextmanager
def often_switched() -> Iterator[None]:
    """Let threads take turns fifty times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 50)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def hammer(folder: Path, seconds: float) -> Hammer:
    """Let everybody loose; whatever one of them finds wrong is raised."""
    with AuditLog.open(folder, origin=ORIGIN) as log:
        one = Hammer(folder, log, seconds)
        steps = (
            [one.write] * WRITERS + [one.prove, one.read] * (READERS // 2) + [one.publish, one.read_published]
        )
        with often_switched(), ThreadPoolExecutor(len(steps)) as threads:
            for running in [threads.submit(one.repeat, step, seed) for seed, step in enumerate(steps)]:
                running.result()
        text = log.checkpoint_text
    verified = verify_log(folder, trusted=text, max_skew_seconds=NO_SKEW)
    assert verified.size == parse_checkpoint(text).size == len(entries_of(folder))
    assert len(one.told) + verified.n_by_kind.get("erasure", 0) == verified.size
    assert openings_fit(folder)
    return one


def test_eight_writers_and_eight_readers_see_not_one_bad_proof(tmp_path: Path) -> None:
    done = hammer(tmp_path / "log", seconds=3).done
    assert set(done) == {"write", "prove", "read", "publish", "read_published"}
    assert done["write"] > 20
    assert done["prove"] > 20


@pytest.mark.slow
def test_eight_writers_and_eight_readers_for_minutes_see_not_one_bad_proof(tmp_path: Path) -> None:
    done = hammer(tmp_path / "log", seconds=180).done
    assert min(done["write"], done["prove"]) > 1_000
