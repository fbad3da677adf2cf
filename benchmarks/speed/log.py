"""What does the log cost? Appending, proving, checking and publishing at a million records.

Run ``python benchmarks/speed/log.py``: about half an hour on 2 cores that have nothing else to do, and some
8 GB in the temporary folder. ``--entries`` makes it smaller; ``--quick`` is 20,000 records. Prints a table,
each figure beside its limit, and writes nothing else. What is measured:

- **tree in memory**: leaf hash and append, records a second; beside it pymerkle's tree in memory in the same
  run, where it is installed. Once it is a million leaves: proofs, and verifying them.
- **the disk**: one write and flush of 1 kB, and one commit of 1 kB by SQLite as the log asks for it
  (write-ahead log, ``synchronous=FULL``), in the same folder. A durable append makes one of each: their sum
  is the floor under it.
- **durable appends**: one by one, and 256 together; every record has 11 sealed fields and some 1.5 kB.
- **the whole log**: opening it for writing, verifying it, rebuilding root and leaves from the entries,
  opening every commitment, publishing it as tiles, and rebuilding those.
- **memory**: highest of each part, each in a process of its own.

The log is SYNTHETIC: nobody was searched for.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from itertools import count, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.audit.log import LARGEST_BATCH, AuditLog, Record
from facegate.audit.log_tree import read_tree
from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.proofs import verify_consistency, verify_inclusion
from facegate.audit.published.publish import publish
from facegate.audit.signed.receipt import Receipt, verify_receipt
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Signer
from facegate.audit.storage import read_checkpoint, read_entries
from facegate.audit.verify import verify_log
from facegate.audit.watching.fsck import check_openings, check_published, check_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.audit.canonical import JSONValue

ORIGIN = "speed.example/log"
ENTRIES = 1_000_000
QUICK = 20_000
BEGUN = datetime(2025, 11, 22, tzinfo=UTC)
DIGEST = "ab" * 32
SEALED_FIELDS = 11
QUESTION_BYTES = 3_000
SINGLES = 1_000
PROOFS = 2_000
RECEIPTS = 500
KILOBYTE = 1_024
MEGABYTE = 1e6
PHASES = (
    "tree",
    "disk",
    "single",
    "batched",
    "opened",
    "proofs",
    "verified",
    "rebuilt",
    "openings",
    "published",
)
LIMITS = {
    "tree in memory, appends a second": 200_000.0,
    "single durable append, median ms": 1.0,
    "256 together, durable records a second": 1_000.0,
    "inclusion proof, median ms": 1.0,
    "consistency proof, median ms": 1.0,
    "inclusion proof verified, median ms": 1.0,
    "consistency proof verified, median ms": 1.0,
    "receipt verified, median ms": 1.0,
    "log verified, s": 60.0,
    "fsck: root and leaves rebuilt, s": 60.0,
    "fsck: every commitment opened, s": 60.0,
    "fsck: every tile rebuilt, s": 60.0,
}
AT_LEAST = frozenset({"tree in memory, appends a second", "256 together, durable records a second"})
MOST_MEMORY = 500.0  # MB, of every part


def main() -> None:
    """Run every part in a process of its own, and print what came of it."""
    options = _options()
    if options.phase:
        print(json.dumps(_measured(options.phase, options.folder, options.entries)))
        return
    with tempfile.TemporaryDirectory(prefix="log-speed-", dir=options.folder) as folder:
        say(f"{options.entries:,} records of {SEALED_FIELDS} sealed fields, in {folder}")
        highest: dict[str, float] = {}
        for phase in PHASES:
            found = _in_own_process(phase, Path(folder), options.entries)
            highest[phase] = found.pop("memory")
            for name, value in found.items():
                _print_row(name, value)
        for phase, used in highest.items():
            _print_row(f"highest memory of: {phase}, MB", used, MOST_MEMORY)
    say(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="What does the log cost?")
    parser.add_argument("--entries", type=int, default=ENTRIES, help="records of the log")
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} records")
    parser.add_argument("--folder", type=Path, help="where to make it, on the disk that is meant")
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.entries = QUICK if options.quick else max(LARGEST_BATCH, options.entries)
    return options


def _in_own_process(phase: str, folder: Path, entries: int) -> dict[str, float]:
    command = [sys.executable, __file__, "--phase", phase, "--folder", str(folder), "--entries", str(entries)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)  # noqa: S603  this file itself
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _measured(phase: str, folder: Path, entries: int) -> dict[str, float]:
    """Measure one part, and the memory it took."""
    parts: dict[str, Callable[[Path, int], dict[str, float]]] = {
        "tree": _tree, "disk": _disk, "single": _single, "batched": _batched, "opened": _opened,
        "proofs": _proofs, "verified": _verified, "rebuilt": _rebuilt, "openings": _openings,
        "published": _published,
    }  # fmt: skip
    found = parts[phase](folder, entries)
    return {**found, "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * KILOBYTE / MEGABYTE}


def _tree(_: Path, entries: int) -> dict[str, float]:
    """Append in memory, ours and the peer in turns, the faster of three turns each."""
    record = DIGEST.encode() * 24
    ours, peers = [], []
    for _turn in range(3):
        tree = MerkleTree()
        started = time.perf_counter()
        for seq in range(entries):
            tree.append(leaf_hash(record + seq.to_bytes(8, "big")))
        ours.append(entries / (time.perf_counter() - started))
        if (append := _peer()) is not None:
            n_peer = min(entries, 100_000)
            started = time.perf_counter()
            for seq in range(n_peer):
                append(record + seq.to_bytes(8, "big"))
            peers.append(n_peer / (time.perf_counter() - started))
    found = {"tree in memory, appends a second": max(ours)}
    if peers:
        found["pymerkle in memory, appends a second"] = max(peers)
    return found


def _peer() -> Callable[[bytes], object] | None:
    """Give the append of the peer's tree; it is there only for tests."""
    try:
        peer = import_module("pymerkle")
    except ImportError:
        return None
    append: Callable[[bytes], object] = peer.InmemoryTree(algorithm="sha256").append_entry
    return append


def _disk(folder: Path, _: int) -> dict[str, float]:
    """Time the two flushes that a durable append cannot do without."""
    descriptor = os.open(folder / "bare", os.O_RDWR | os.O_CREAT)
    places = count()

    def bare() -> None:
        os.pwrite(descriptor, bytes(KILOBYTE), next(places) * KILOBYTE)
        os.fsync(descriptor)

    flushes = _times(bare, SINGLES)
    os.close(descriptor)
    with closing(sqlite3.connect(folder / "bare.db", isolation_level=None)) as connection:
        connection.executescript(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA wal_autocheckpoint = 0;"
            "CREATE TABLE rows (seq INTEGER PRIMARY KEY, box BLOB NOT NULL);"
        )
        commits = _times(
            lambda: connection.execute("INSERT INTO rows (box) VALUES (?)", (bytes(KILOBYTE),)), SINGLES
        )
    return {
        **_row("bare write and flush of 1 kB", flushes),
        **_row("bare SQLite commit of 1 kB", commits),
        "sum of both medians, ms": statistics.median(flushes) + statistics.median(commits),
    }


def _single(folder: Path, _: int) -> dict[str, float]:
    """Append one by one to a log of its own."""
    with AuditLog.open(folder / "singles" / "log", origin=ORIGIN) as log:
        records = _records(random.Random(1))  # noqa: S311  made-up records

        def append() -> None:
            one = next(records)
            log.append(one.public, one.sealed, record_key=one.record_key)

        return _row("single durable append", _times(append, SINGLES))


def _batched(folder: Path, entries: int) -> dict[str, float]:
    """Append 256 together until the log is as long as wanted: the log that all else is measured on."""
    records, appending = _records(random.Random(2)), 0.0  # noqa: S311  made-up records
    begun = time.perf_counter()
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        if log.size >= entries:
            return {}  # made by an earlier run
        entries_missing = entries - log.size
        while log.size < entries:
            batch = list(islice(records, min(LARGEST_BATCH, entries - log.size)))
            started = time.perf_counter()
            log.append_many(batch)
            appending += time.perf_counter() - started
    size = (folder / "log" / "entries").stat().st_size
    return {
        "256 together, durable records a second": entries_missing / appending,
        "the log made, s": time.perf_counter() - begun,
        "a record as it stands in the log, bytes": size / entries,
    }


def _opened(folder: Path, _: int) -> dict[str, float]:
    return {"log opened for writing, s": _once(lambda: AuditLog.open(folder / "log", origin=ORIGIN).close())}


def _proofs(folder: Path, entries: int) -> dict[str, float]:
    """Prove and verify, at places and states drawn at random."""
    dice = random.Random(3)  # noqa: S311  places to be proven
    checkpoint, tree = read_tree(folder / "log")
    places = [dice.randrange(entries) for _ in range(PROOFS)]
    states = [(dice.randrange(1, entries), entries) for _ in range(PROOFS)]
    shown = [tree.inclusion_proof(at) for at in places]
    followed = [tree.consistency_proof(old, new) for old, new in states]
    roots = [tree.root(old) for old, _ in states]
    asked, wanted = iter(places), iter(states)
    checked = iter(zip(places, shown, strict=True))
    compared = iter(zip(states, followed, roots, strict=True))

    def included() -> None:
        at, proof = next(checked)
        verify_inclusion(tree.leaf(at), index=at, size=entries, proof=proof, root=checkpoint.root)

    def consistent() -> None:
        (old, new), proof, root = next(compared)
        verify_consistency(old_size=old, new_size=new, old_root=root, new_root=checkpoint.root, proof=proof)

    return {
        **_row("inclusion proof", _times(lambda: tree.inclusion_proof(next(asked)), PROOFS)),
        **_row("consistency proof", _times(lambda: tree.consistency_proof(*next(wanted)), PROOFS)),
        **_row("inclusion proof verified", _times(included, PROOFS)),
        **_row("consistency proof verified", _times(consistent, PROOFS)),
        **_row("receipt verified", _receipt_times(folder / "log", tree)),
    }


def _receipt_times(log: Path, tree: MerkleTree) -> list[float]:
    """Verify receipts of the log's first records, each with its signature."""
    signer = _signer()
    checkpoint = sign_checkpoint(read_checkpoint(log), [signer], at=BEGUN).encode()
    entries = islice(read_entries(log), RECEIPTS)
    made = ((Receipt(at, tuple(tree.inclusion_proof(at)), checkpoint), one) for at, one in enumerate(entries))
    ready, keys = iter(list(made)), (signer.key,)
    return _times(lambda: verify_receipt(*next(ready), keys=keys), min(RECEIPTS, tree.size))


def _verified(folder: Path, _: int) -> dict[str, float]:
    return {"log verified, s": _once(lambda: verify_log(folder / "log"))}


def _rebuilt(folder: Path, _: int) -> dict[str, float]:
    return {"fsck: root and leaves rebuilt, s": _once(lambda: _hold(*check_tree(folder / "log")))}


def _openings(folder: Path, _: int) -> dict[str, float]:
    return {"fsck: every commitment opened, s": _once(lambda: _hold(check_openings(folder / "log")))}


def _published(folder: Path, _: int) -> dict[str, float]:
    """Publish the log, and rebuild what was published."""
    log, out = folder / "log", folder / "out"
    note = sign_checkpoint(read_checkpoint(log), [_signer()], at=BEGUN).encode()
    return {
        "log published as tiles, s": _once(lambda: publish(log, out, note)),
        "fsck: every tile rebuilt, s": _once(lambda: _hold(check_published(log, out))),
    }


def _hold(*findings: Any) -> None:  # noqa: ANN401  of fsck
    """Stop if anything was found not to hold: its cost would mean nothing."""
    for one in findings:
        if not one.holds:
            sys.exit(f"{one.about}: {one.said}")


def _signer() -> Ed25519Signer:
    return Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))


def _records(dice: random.Random) -> Iterator[Record]:
    """Draw searches: an intent and its result in turns, as long as those of a gate."""
    for seq in count():
        at = BEGUN + timedelta(seconds=30 * seq)
        public: dict[str, JSONValue] = {
            "kind": "result" if seq % 2 else "intent",
            "time": f"{at.isoformat(timespec='milliseconds')[:22]}Z",
            "search_id": hashlib.sha256(str(seq // 2).encode()).hexdigest()[:36],
            "agency": f"CO{dice.randrange(500):07d}", "agency_class": "police", "gallery": "dl",
            "action": "imageComparison", "purpose": "criminal_investigation", "channel": "desk",
            "profile": "co-dmv-2019", "policy_digest": DIGEST, "decision": "allowed", "rules": [],
        }  # fmt: skip
        if seq % 2:
            public |= {"intent": seq - 1, "outcome": "searched", "n_candidates": 3}
        sealed = {f"field_{number}": f"{dice.randrange(10**9)}" for number in range(SEALED_FIELDS - 1)}
        yield Record(public, {**sealed, "question": "q" * QUESTION_BYTES}, dice.randbytes(32))


def _once(step: Callable[[], object]) -> float:
    started = time.perf_counter()
    step()
    return time.perf_counter() - started


def _times(step: Callable[[], object], times: int) -> list[float]:
    """Time one step again and again, in milliseconds; the first tenth fills caches."""
    return [_once(step) * 1e3 for _ in range(times)][times // 10 :]


def _row(name: str, taken: list[float]) -> dict[str, float]:
    return {
        f"{name}, median ms": statistics.median(taken),
        f"{name}, p99 ms": statistics.quantiles(taken, n=100)[98],
    }


def _print_row(name: str, value: float, most: float | None = None) -> None:
    """Print one figure beside its limit."""
    limit = LIMITS.get(name) if most is None else most
    shown = f"{value:,.0f}" if value >= KILOBYTE else f"{value:.3g}"
    if limit is None:
        say(f"{name:<46} {shown:>12}")
        return
    at_least = name in AT_LEAST
    met = value >= limit if at_least else value <= limit
    say(
        f"{name:<46} {shown:>12}   {'at least' if at_least else 'at most'} {limit:,.0f}: "
        f"{'met' if met else 'NOT met'}"
    )


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


if __name__ == "__main__":
    main()
