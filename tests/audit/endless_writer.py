"""Appends, singly and together, and erases until it is killed; says after each what is now durable."""

from __future__ import annotations

import random
import time
from pathlib import Path

from killed import Teller
from logbook import ORIGIN, SEALED, intent, record_key, result

from facegate.audit.log import AuditLog, Record

SECONDS = 2.0  # so long one lives whom nobody kills
MOST_TOGETHER = 30


def begin(folder: str, said: str, seed: str) -> None:
    """Write to the log in a folder; lines are ``record AT NUMBER`` and ``erased AT SEQ SEQ ...``."""
    dice = random.Random(int(seed))  # noqa: S311  what to write next, no secret
    out, number, until = Teller(said), 100_000 * int(seed), time.monotonic() + SECONDS
    with AuditLog.open(Path(folder), origin=ORIGIN) as log:
        out.tell("open")
        while time.monotonic() < until:
            draw = dice.random()
            if draw < 0.2 and log.size:
                seqs = sorted({dice.randrange(log.size) for _ in range(3)})
                at = log.erase(seqs, _erasure(number))
                out.tell(f"erased {at} {' '.join(map(str, seqs))}")
                number += 1
                continue
            n_pairs = 1 if draw < 0.6 else dice.randrange(1, MOST_TOGETHER)
            pairs = _pairs(log.size, number, n_pairs)
            written = log.append_many(pairs[:1] if draw < 0.4 else pairs)
            out.tell(*(f"record {at} {number + nth // 2}" for nth, at in enumerate(written)))
            number += n_pairs


def _pairs(first: int, number: int, n_pairs: int) -> list[Record]:
    """Make intents, each with its result right behind it."""
    records = []
    for nth in range(n_pairs):
        records.append(Record(intent(number + nth), SEALED, record_key(number + nth)))
        answer = result(number + nth, of=first + 2 * nth)
        records.append(Record(answer, {"candidates": "[]"}, record_key(-number - nth)))
    return records


def _erasure(number: int) -> Record:
    public = {"time": "2026-11-22T03:59:00.00Z", "basis": "court-order"}
    return Record(public, {"order": "26-17"}, record_key(number))
