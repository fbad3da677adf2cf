r"""What a witness answers to a new checkpoint: cosign it, or say why not (C2SP tlog-witness).

::

    old 5                                           the size the witness saw last
    NRLg5bCVLJrDFTNmVeSWkbClcESqoTwBFLW2c3sVcIQ=    consistency proof, at most 63 lines
                                                    a blank line, and the signed checkpoint
    facegate.example/test
    8
    ...

======  ===================================================================================
200     cosigned: signature lines
400     not a request, or ``old`` is larger than the checkpoint
403     signed by no known key of the log, or a known key's signature does not hold
404     the witness does not know the log
409     ``old`` is not the size last cosigned; the body says which is
422     the proof does not hold, or the same size has another root
======  ===================================================================================

- A decision, and nothing else: state in, answer and next state out. No file, no clock, no network.
- Whoever calls this must check and store as one step and have the next state on the disk *before* it
  answers, or two requests can roll the witness back: see `facegate.audit.witnesses.witness_store`.
- A checkpoint that the log signed and that contradicts what it signed before is handed out as evidence.

References
----------
C2SP tlog-witness, "add-checkpoint"; RFC 6962 section 2.1.2.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.merkle import EMPTY_ROOT
from facegate.audit.proofs import verify_consistency
from facegate.audit.signed.base64_text import decode_hash, encode_base64
from facegate.audit.signed.notes import LARGEST_NOTE, Note, parse_note
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
from facegate.audit.signed.signing import verified_signatures
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signing import Signer

MOST_PROOF_LINES = 63
LARGEST_REQUEST = LARGEST_NOTE + 8_192  # bytes: 63 hashes take 2,835

OK: Final = 200
BAD_REQUEST: Final = 400
FORBIDDEN: Final = 403
NOT_FOUND: Final = 404
CONFLICT: Final = 409
UNPROCESSABLE: Final = 422

PLAIN = "text/plain; charset=utf-8"
TREE_SIZE = "text/x.tlog.size"

FORK = "fork"  # two roots for one size: proof of two histories by itself
UNPROVEN = "unproven"  # signed, and no proof that it follows: perhaps only a bad request

_OLD = re.compile(r"old (0|[1-9][0-9]{0,15})", re.ASCII)


@dataclass(frozen=True, slots=True)
class Request:
    """A request, read; nothing of it is checked.

    Parameters
    ----------
    old_size : int
        What the client believes the witness saw last.
    proof : tuple of bytes
        Consistency proof, 32 bytes a hash.
    checkpoint : bytes
        The signed checkpoint.
    """

    old_size: int
    proof: tuple[bytes, ...]
    checkpoint: bytes

    def encode(self) -> bytes:
        """Write the body of the request."""
        lines = (f"old {self.old_size}", *(encode_base64(one) for one in self.proof), "", "")
        return "\n".join(lines).encode() + self.checkpoint


@dataclass(frozen=True, slots=True)
class WitnessState:
    """What a witness remembers: of each log the newest checkpoint it cosigned.

    Parameters
    ----------
    latest : mapping of str to SignedCheckpoint
        By origin, with the log's signatures and the witness's own.
    """

    latest: Mapping[str, SignedCheckpoint]

    def size(self, origin: str) -> int:
        """Size last cosigned of a log; 0 if it was never."""
        seen = self.latest.get(origin)
        return 0 if seen is None else seen.checkpoint.size


@dataclass(frozen=True, slots=True)
class Evidence:
    """A checkpoint that a log signed and the witness did not cosign.

    Parameters
    ----------
    kind : str
        `FORK` or `UNPROVEN`.
    refused : SignedCheckpoint
        With the signatures by the log's known keys, and no other.
    """

    kind: str
    refused: SignedCheckpoint


@dataclass(frozen=True, slots=True)
class Answer:
    """What to answer, once the new state is on the disk.

    Parameters
    ----------
    status : int
        HTTP status.
    body : bytes
        Signature lines for 200, a size for 409, else one sentence.
    content_type : str
        Of the body.
    state : WitnessState
        The next state; the one that was given unless the status is 200.
    cosigned : SignedCheckpoint, optional
        What is new in the state.
    evidence : Evidence, optional
        What to keep although it was refused.
    """

    status: int
    body: bytes
    content_type: str
    state: WitnessState
    cosigned: SignedCheckpoint | None = None
    evidence: Evidence | None = None


def answer_add_checkpoint(
    state: WitnessState,
    request: bytes,
    *,
    logs: Mapping[str, Sequence[VerifierKey]],
    cosigners: Sequence[Signer],
    at: datetime,
) -> Answer:
    """Decide about one request.

    Parameters
    ----------
    state : WitnessState
        What the witness remembers now.
    request : bytes
        Body of the request.
    logs : mapping of str to sequence of VerifierKey
        Known keys by the origin of their log.
    cosigners : sequence of Signer
        The witness's keys, for cosignatures.
    at : datetime
        The time, later than 1970-01-01: 0 would say "no statement about a time".

    Returns
    -------
    Answer
        For every request, however bad, one of the statuses above.

    Raises
    ------
    InputError
        If the time cannot stand in a cosignature.
    """
    if at.timestamp() < 1:
        msg = f"a witness cannot cosign at {at}: the clock is wrong"
        raise InputError(msg)
    try:
        asked = parse_request(request)
        note = parse_note(asked.checkpoint)
        checkpoint = parse_checkpoint(note.text)
    except VerificationError as error:
        return _refusal(state, BAD_REQUEST, str(error))
    keys = logs.get(checkpoint.origin)
    if keys is None:
        return _refusal(state, NOT_FOUND, f"no log {checkpoint.origin} is known here")
    try:
        by_log = verified_signatures(note, keys)
    except VerificationError as error:
        return _refusal(state, FORBIDDEN, str(error))
    if not by_log:
        return _refusal(state, FORBIDDEN, f"not signed by a known key of {checkpoint.origin}")
    # Only what was checked is kept: others may hang any number of lines on a checkpoint.
    signed = SignedCheckpoint(checkpoint, Note(note.text, tuple(signature for _, signature in by_log)))
    return _decide(state, asked, signed, cosigners=cosigners, at=at)


def parse_request(data: bytes) -> Request:
    """Read the body of a request strictly.

    Raises
    ------
    VerificationError
        If it is no request; one reason each.
    """
    if len(data) > LARGEST_REQUEST:
        msg = f"request: {len(data):,} bytes, at most {LARGEST_REQUEST:,}"
        raise VerificationError(msg)
    head, blank, checkpoint = data.partition(b"\n\n")
    if not blank:
        msg = "request: wanted a blank line before the checkpoint"
        raise VerificationError(msg)
    try:
        first, *proof = head.decode("ascii").split("\n")
    except UnicodeDecodeError as error:
        msg = "request: a byte outside ASCII before the checkpoint"
        raise VerificationError(msg) from error
    old = _OLD.fullmatch(first)
    if old is None:
        msg = f"request: the first line is {first[:40]!r}, wanted 'old' and a size without leading zeros"
        raise VerificationError(msg)
    if len(proof) > MOST_PROOF_LINES:
        msg = f"request: {len(proof)} proof lines, at most {MOST_PROOF_LINES}"
        raise VerificationError(msg)
    hashes = tuple(decode_hash(line, what=f"request: hash {at}") for at, line in enumerate(proof))
    return Request(int(old[1]), hashes, checkpoint)


def _decide(
    state: WitnessState,
    asked: Request,
    signed: SignedCheckpoint,
    *,
    cosigners: Sequence[Signer],
    at: datetime,
) -> Answer:
    """Compare a checkpoint that its log did sign with what was seen before."""
    checkpoint = signed.checkpoint
    seen = state.latest.get(checkpoint.origin)
    last_size = state.size(checkpoint.origin)
    last_root = EMPTY_ROOT if seen is None else seen.checkpoint.root
    # Kept whatever ``old`` says: two roots for one size are a fork even in a request that is stale.
    forked = checkpoint.size == last_size and checkpoint.root != last_root
    evidence = Evidence(FORK, signed) if forked else None
    if asked.old_size > checkpoint.size:
        msg = f"old size {asked.old_size} is larger than the checkpoint's, {checkpoint.size}"
        return _refusal(state, BAD_REQUEST, msg, evidence)
    if asked.old_size != last_size:
        return Answer(CONFLICT, f"{last_size}\n".encode(), TREE_SIZE, state, evidence=evidence)
    try:
        _demand_follows(asked, signed, last_root)
    except VerificationError as error:
        if last_size and not forked:  # nothing contradicts a witness that has seen nothing
            evidence = Evidence(UNPROVEN, signed)
        return _refusal(state, UNPROCESSABLE, str(error), evidence)
    return _cosigned(state, signed, cosigners=cosigners, at=at)


def _demand_follows(asked: Request, signed: SignedCheckpoint, last_root: bytes) -> None:
    verify_consistency(
        old_size=asked.old_size,
        new_size=signed.checkpoint.size,
        old_root=last_root,
        new_root=signed.checkpoint.root,
        proof=asked.proof,
    )


def _cosigned(
    state: WitnessState, signed: SignedCheckpoint, *, cosigners: Sequence[Signer], at: datetime
) -> Answer:
    ours = tuple(cosigner.sign(signed.note.text, at=at) for cosigner in cosigners)
    newest = signed.with_signatures(ours)
    grown = WitnessState({**state.latest, signed.checkpoint.origin: newest})
    return Answer(OK, b"".join(one.line() for one in ours), PLAIN, grown, cosigned=newest)


def _refusal(state: WitnessState, status: int, reason: str, evidence: Evidence | None = None) -> Answer:
    return Answer(status, f"{reason}\n".encode(), PLAIN, state, evidence=evidence)
