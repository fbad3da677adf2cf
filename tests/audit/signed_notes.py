"""What the tests of signed formats share: the golden checkpoint, its keys, and keys made from a name."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.signed.mldsa44 import private_from_seed
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint, sign_checkpoint
from facegate.audit.signed.signing import Ed25519Cosigner, Ed25519Signer, MLDSACosigner

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import timedelta

    from facegate.audit.merkle import MerkleTree

ORIGIN = "facegate.example/test"
AT = datetime.fromtimestamp(1_700_000_000, tz=UTC)
ROOT = base64.b64decode("XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=")
CHECKPOINT = Checkpoint(ORIGIN, 8, ROOT)
LOG = Ed25519Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(bytes(range(32))))
WITNESS = Ed25519Cosigner("witness.example/w1", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))
LOG_VKEY = "facegate.example/test+1e2132fa+AQOhB7/zzhC+HXDdGOdLwJln5NYwm6UNXx3chmQSVTG4"
WITNESS_VKEY = "witness.example/w1+20324abe+BCmsuuFBvMrwsi4alNNNC8c2HlJtC/4SyJeUvJMilm3X"
GOLDEN = (
    "facegate.example/test\n"
    "8\n"
    "XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=\n"
    "\n"
    "— facegate.example/test "
    "HiEy+tRlX5RiOB6MrFlvY+6p8WGCc3UB+KXkdGcXxvZlXzmIXw57Lk2vwybDKkKMe860CpSFRapuXwlWvK06n1F+Ugw=\n"
    "— witness.example/w1 "
    "IDJKvgAAAABlU/EAbspggMmSQzzfn3ojsid3cATY2BWmfDzMByM9B5ZEYG4io4gLUhdhLQyz3QCItVa2C5AirrwOtUIws7lk7Mb/Aw==\n"
).encode()


def log_key(origin: str = ORIGIN, number: int = 0) -> Ed25519Signer:
    """Make a log's key that is the same at every run."""
    return Ed25519Signer(origin, Ed25519PrivateKey.from_private_bytes(_seed(origin, number)))


def cosigner(name: str, number: int = 0) -> Ed25519Cosigner:
    """Make a witness's key that is the same at every run."""
    return Ed25519Cosigner(name, Ed25519PrivateKey.from_private_bytes(_seed(name, number)))


def quantum_cosigner(name: str) -> MLDSACosigner:
    """Make a post-quantum key that is the same at every run."""
    return MLDSACosigner(name, private_from_seed(_seed(name, 0)))


def signed_tree(
    tree: MerkleTree,
    size: int | None = None,
    *,
    witnesses: Sequence[Ed25519Cosigner] = (),
    ago: timedelta | None = None,
) -> SignedCheckpoint:
    """Sign a checkpoint over the first leaves of a tree, by `LOG` and witnesses."""
    at = AT if ago is None else AT - ago
    size = tree.size if size is None else size
    signed = sign_checkpoint(Checkpoint(ORIGIN, size, tree.root(size)), [LOG], at=at)
    return signed.with_signatures([one.sign(signed.note.text, at=at) for one in witnesses])


def _seed(name: str, number: int) -> bytes:
    return hashlib.sha256(f"{name} {number}".encode()).digest()
