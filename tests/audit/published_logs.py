"""What the tests of the published log share: a history, its log, the log's key, and the log published."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from logbook import forge

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.commitments import commit
from facegate.audit.entry import encode_entry
from facegate.audit.published.publish import publish
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Signer
from facegate.audit.storage import read_checkpoint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.audit.canonical import JSONValue

ORIGIN = "facegate.example/test"
BEGUN = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
AT = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LOG_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
OTHER_KEY = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33))))
COMMITMENT = commit("case_number", "24-001234", bytes(32))


@cache
def record(seq: int, story: str = "") -> bytes:
    """Make a record of a history in which intents and results take turns, a second apart."""
    time = f"{(BEGUN + timedelta(seconds=seq)).isoformat(timespec='milliseconds')[:22]}Z"
    search: dict[str, JSONValue] = {"time": time, "search_id": f"search-{seq // 2}{story}"}
    if seq % 2:
        answer: dict[str, JSONValue] = {"kind": "result", "intent": seq - 1, "outcome": "searched"}
        return encode_entry(seq, {**search, **answer}, {})
    return encode_entry(seq, {**search, "kind": "intent"}, {"case_number": COMMITMENT})


def history(n_records: int) -> list[bytes]:
    """Give the first records of the one true history."""
    return [record(seq) for seq in range(n_records)]


def signed(text: bytes, signer: Ed25519Signer = LOG_KEY) -> bytes:
    """Sign the three lines of a checkpoint."""
    return sign_checkpoint(parse_checkpoint(text), [signer], at=AT).encode()


def write_log(folder: Path, entries: Sequence[bytes]) -> bytes:
    """Write a log whose leaves and checkpoint fit the records; give the signed checkpoint."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    return signed(forge(folder, entries))


def publish_log(log: Path, out: Path) -> bytes:
    """Publish all of a log; give the signed checkpoint."""
    note = signed(read_checkpoint(log).text())
    publish(log, out, note)
    return note


def published(folder: Path, entries: Sequence[bytes]) -> Path:
    """Write a history as a log and publish it; give the published folder."""
    write_log(folder / "log", entries)
    publish_log(folder / "log", folder / "out")
    return folder / "out"


def content_of(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
