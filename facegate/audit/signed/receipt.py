"""Receipts: one file that shows, offline, that a record is in the log (C2SP tlog-proof).

::

    c2sp.org/tlog-proof@v1
    index 5
    vBoGQ7EuTS18d5GPROD095+Dhm2eyewuqo9AkOW9UEI=     the leaf's sibling first
    ...

    facegate.example/test                            the signed checkpoint, verbatim
    8
    XcnaeacGWamtVZy3Ad7ZoqudgjqtL0lgz+Nw7/RgQyg=

    — facegate.example/test HiEy+tRlX5RiOB6MrFlvY+6p8WGCc3UB...

- A receipt proves nothing by itself: it is checked against the record and the reader's own keys.
- It stays valid for ever: a log that grows is no longer the log that was signed, but it begins with it.
- ``extra`` is anybody's: no signature covers it.

References
----------
C2SP tlog-proof, "Format"; RFC 6962 section 2.1.1.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.merkle import leaf_hash
from facegate.audit.proofs import verify_inclusion
from facegate.audit.signed.base64_text import decode_base64, decode_hash, encode_base64
from facegate.audit.signed.notes import LARGEST_NOTE
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.witness_policy import WitnessPolicy

SUFFIX = ".tlog-proof"
FIRST_LINE = "c2sp.org/tlog-proof@v1"
MOST_HASHES = 64  # a tree of 2**64 leaves
LARGEST_EXTRA = 65_536  # bytes
LARGEST_RECEIPT = LARGEST_NOTE + 2 * LARGEST_EXTRA  # bytes

_INDEX = re.compile(r"index (0|[1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a ``.tlog-proof`` file holds; nothing of it is checked before `verify_receipt`.

    Parameters
    ----------
    index : int
        Place of the record in the log, from 0.
    proof : tuple of bytes
        Inclusion proof, 32 bytes a hash, the leaf's sibling first.
    checkpoint : bytes
        The signed checkpoint.
    extra : bytes, optional
        Anything; no signature covers it.
    """

    index: int
    proof: tuple[bytes, ...]
    checkpoint: bytes
    extra: bytes | None = None

    def encode(self) -> bytes:
        """Write the file."""
        extra = () if self.extra is None else (f"extra {encode_base64(self.extra)}",)
        hashes = (encode_base64(one) for one in self.proof)
        lines = (FIRST_LINE, *extra, f"index {self.index}", *hashes, "", "")
        return "\n".join(lines).encode() + self.checkpoint


def parse_receipt(data: bytes) -> Receipt:
    """Read a receipt strictly; no signature and no hash is checked.

    Parameters
    ----------
    data : bytes
        A ``.tlog-proof`` file.

    Returns
    -------
    Receipt
        What it holds.

    Raises
    ------
    VerificationError
        If it is anything but such a file; one reason each.
    """
    if len(data) > LARGEST_RECEIPT:
        msg = f"receipt: {len(data):,} bytes, at most {LARGEST_RECEIPT:,}"
        raise VerificationError(msg)
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        msg = "receipt: wanted a blank line between the proof and the checkpoint"
        raise VerificationError(msg)
    lines = _text(head).split("\n")
    if lines[0] != FIRST_LINE:
        msg = f"receipt: the first line is {lines[0][:40]!r}, wanted {FIRST_LINE!r}"
        raise VerificationError(msg)
    extra, lines = _extra(lines[1:])
    return Receipt(_index(lines), _proof(lines[1:]), checkpoint, extra)


def verify_receipt(
    receipt: Receipt,
    entry: bytes,
    *,
    keys: Iterable[VerifierKey],
    policy: WitnessPolicy | None = None,
    now: datetime | None = None,
) -> SignedCheckpoint:
    """Check that a record is in the log, by the log's word and, with a policy, by that of witnesses.

    Parameters
    ----------
    receipt : Receipt
        What was handed over with the record.
    entry : bytes
        The record's bytes.
    keys : iterable of VerifierKey
        The log's keys, from the reader's own settings.
    policy : WitnessPolicy, optional
        Whose cosignatures are needed; without one nobody but the log vouches.
    now : datetime, optional
        To refuse cosignatures from the future. How old they are does not matter: a receipt stays valid.

    Returns
    -------
    SignedCheckpoint
        The state of the log that holds the record, and who signed it.

    Raises
    ------
    VerificationError
        If the record is not in the log at that place, the log did not sign, a signature by a known key
        does not hold, or the policy's quorum is not met.
    """
    signed = open_checkpoint(receipt.checkpoint, keys=keys)
    if policy is not None:
        policy.demand(signed, now=now)
    _demand_included(receipt, entry, signed)
    return signed


def _demand_included(receipt: Receipt, entry: bytes, signed: SignedCheckpoint) -> None:
    size = signed.checkpoint.size
    try:
        verify_inclusion(
            leaf_hash(entry),
            index=receipt.index,
            size=size,
            proof=receipt.proof,
            root=signed.checkpoint.root,
        )
    except VerificationError as error:
        msg = f"this record is not number {receipt.index} of the {size} records that were signed: {error}"
        raise VerificationError(msg) from error


def _text(head: bytes) -> str:
    try:
        return head.decode("ascii")
    except UnicodeDecodeError as error:
        msg = "receipt: a byte outside ASCII before the checkpoint"
        raise VerificationError(msg) from error


def _extra(lines: list[str]) -> tuple[bytes | None, list[str]]:
    if not (lines and lines[0].startswith("extra ")):
        return None, lines
    extra = decode_base64(lines[0].removeprefix("extra "), what="receipt: the extra line")
    if len(extra) > LARGEST_EXTRA:
        msg = f"receipt: {len(extra):,} bytes of extra data, at most {LARGEST_EXTRA:,}"
        raise VerificationError(msg)
    return extra, lines[1:]


def _index(lines: list[str]) -> int:
    found = _INDEX.fullmatch(lines[0]) if lines else None
    if found is None:
        shown = repr(lines[0][:40]) if lines else "missing"
        msg = f"receipt: the index line is {shown}, wanted 'index' and a number without leading zeros"
        raise VerificationError(msg)
    return int(found[1])


def _proof(lines: list[str]) -> tuple[bytes, ...]:
    if len(lines) > MOST_HASHES:
        msg = f"receipt: {len(lines)} hashes, at most {MOST_HASHES}"
        raise VerificationError(msg)
    return tuple(decode_hash(line, what=f"receipt: hash {at}") for at, line in enumerate(lines))
