"""What the tests of the log share: plain records, a small log, and a forger's tools."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.commitments import commit
from facegate.audit.entry import encode_entry
from facegate.audit.frames import frame
from facegate.audit.log import AuditLog
from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.storage import CHECKPOINT, ENTRIES, LEAVES, read_entries

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

ORIGIN = "facegate.example/test"
SEALED = {"case_number": "24-001234", "requester": "8841"}


def record_key(number: int) -> bytes:
    """32 bytes that differ from number to number."""
    return hashlib.sha256(f"record key {number}".encode()).digest()


def intent(number: int, **more: JSONValue) -> dict[str, JSONValue]:
    """Public part of an intent; ``number`` sets its search id and its minute."""
    time = f"2026-11-22T03:{number % 60:02d}:00.00Z"
    return {"kind": "intent", "time": time, "search_id": f"search-{number}", **more}


def result(number: int, of: int, **more: JSONValue) -> dict[str, JSONValue]:
    """Public part of the result of the intent at index ``of``."""
    return {**intent(number), "kind": "result", "intent": of, "outcome": "searched", **more}


def append_intents(log: AuditLog, *numbers: int) -> list[int]:
    """Append one intent for each number."""
    return [log.append(intent(n), SEALED, record_key=record_key(n)) for n in numbers]


def make_log(folder: Path, n_records: int) -> bytes:
    """Make a log of that many records: intents and their results in turn. Give its checkpoint."""
    with AuditLog.open(folder, origin=ORIGIN) as log:
        for at in range(n_records):
            search = at // 2
            if at % 2:
                log.append(result(search, at - 1), {"candidates": "[]"}, record_key=record_key(at))
            else:
                log.append(intent(search), SEALED, record_key=record_key(at))
        return log.checkpoint_text


def forge(folder: Path, entries: Sequence[bytes]) -> bytes:
    """Write a whole history by hand: entries, fitting leaves, fitting checkpoint. Give the checkpoint."""
    leaves = b"".join(leaf_hash(entry) for entry in entries)
    text = Checkpoint(ORIGIN, len(entries), MerkleTree(leaves).root()).text()
    folder.mkdir(exist_ok=True)
    (folder / ENTRIES).write_bytes(b"".join(frame(entry) for entry in entries))
    (folder / LEAVES).write_bytes(leaves)
    (folder / CHECKPOINT).write_bytes(text)
    return text


def forge_entries(folder: Path, entries: Sequence[bytes]) -> None:
    """Replace the entries alone; leaves and checkpoint stay."""
    (folder / ENTRIES).write_bytes(b"".join(frame(entry) for entry in entries))


def forged(seq: int, public: Mapping[str, JSONValue]) -> bytes:
    """Make a record that is well formed in itself."""
    return encode_entry(seq, public, {"case_number": commit("case_number", "forged", bytes(32))})


def entries_of(folder: Path) -> list[bytes]:
    """Every acknowledged record."""
    return list(read_entries(folder))
