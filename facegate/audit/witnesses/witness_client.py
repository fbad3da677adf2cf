"""Asking witnesses to cosign: the log's side of C2SP tlog-witness.

- A cosignature counts only if it verifies under the key that the policy names, whatever the answer says.
- A witness that has seen more records than the log holds, or a checkpoint signed by the log that is no
  beginning of it, stops everything (`RolledBack`, `ForkFound`): this is what witnesses are for. One that
  lies about a size can stop publishing in the same way, until it is taken out of the policy. That is seen
  by everybody; a log that went back would not be.
- A witness that does not answer, or refuses, is named with its reason; the others are asked all the same.

References
----------
C2SP tlog-witness, "add-checkpoint".
"""

from __future__ import annotations

import re
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPException
from typing import TYPE_CHECKING

from facegate.audit.log_tree import read_tree
from facegate.audit.published.published_source import WebSource, is_web_address
from facegate.audit.signed.notes import LARGEST_NOTE, Note, parse_signature_lines
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.signed.signing import verified_signatures
from facegate.audit.storage import read_checkpoint
from facegate.audit.witnesses.witness import CONFLICT, OK, UNPROCESSABLE, Request
from facegate.audit.witnesses.witness_store import origin_hash
from facegate.errors import AuditError, ForkFound, InputError, RolledBack, VerificationError

if TYPE_CHECKING:
    from collections.abc import Sequence
    from http.client import HTTPMessage
    from pathlib import Path
    from typing import IO

    from facegate.audit.merkle import MerkleTree
    from facegate.audit.signed.notes import Signature, VerifierKey
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.witnesses.quorum import Witness, WitnessPolicy

TIMEOUT_SECONDS = 10.0
MOST_AT_ONCE = 8  # witnesses asked side by side
LONGEST_REASON = 200  # characters of a witness's sentence that are passed on

_SIZE = re.compile(rb"(0|[1-9][0-9]{0,15})\n")


@dataclass(frozen=True, slots=True)
class Cosigned:
    """What came of asking.

    Parameters
    ----------
    signed : SignedCheckpoint
        With every cosignature that was got.
    missing : tuple of (str, str)
        Witnesses that did not cosign, as the policy names them, and why.
    """

    signed: SignedCheckpoint
    missing: tuple[tuple[str, str], ...]


def cosign(
    log: Path,
    signed: SignedCheckpoint,
    policy: WitnessPolicy,
    *,
    log_keys: Sequence[VerifierKey],
    known: SignedCheckpoint | None = None,
    timeout: float = TIMEOUT_SECONDS,
) -> Cosigned:
    """Ask every witness of a policy that has an address.

    Parameters
    ----------
    log : Path
        The log's folder; it may have grown since ``signed``.
    signed : SignedCheckpoint
        Signed by the log.
    policy : WitnessPolicy
        Witnesses with their addresses. Whether enough of them cosigned says `WitnessPolicy.demand`.
    log_keys : sequence of VerifierKey
        The log's own keys, to know its signature on what a witness shows.
    known : SignedCheckpoint, optional
        The checkpoint cosigned before: a witness that did is asked from its size on.
    timeout : float
        Seconds for each request.

    Returns
    -------
    Cosigned
        The checkpoint with all cosignatures, and who is missing.

    Raises
    ------
    VerificationError
        If ``signed`` is no state of this log.
    RolledBack
        If a witness has seen more records than the log holds.
    ForkFound
        If a witness shows a checkpoint of another history, signed by this log.
    """
    _, tree = read_tree(log)
    _demand_state_of(tree, signed, log)

    def ask(witness: Witness) -> tuple[Signature, ...] | str:
        if not witness.url:
            return "has no address in the policy"
        seen = known is not None and known.note.by(witness.key)
        try:
            return ask_witness(
                witness.url,
                key=witness.key,
                signed=signed,
                tree=tree,
                log_keys=log_keys,
                old_size=known.checkpoint.size if known is not None and seen else 0,
                timeout=timeout,
            )
        except RolledBack:
            if read_checkpoint(log).size == tree.size:
                raise
            return "has seen records that were added meanwhile: ask again"
        except ForkFound:
            raise
        except (AuditError, InputError) as error:
            return str(error)

    with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
        answers = list(zip(policy.witnesses, pool.map(ask, policy.witnesses), strict=True))
    got = [one for _, answer in answers if not isinstance(answer, str) for one in answer]
    missing = tuple((witness.name, answer) for witness, answer in answers if isinstance(answer, str))
    return Cosigned(signed.with_signatures(got), missing)


def ask_witness(
    url: str,
    *,
    key: VerifierKey,
    signed: SignedCheckpoint,
    tree: MerkleTree,
    log_keys: Sequence[VerifierKey],
    old_size: int = 0,
    timeout: float = TIMEOUT_SECONDS,
) -> tuple[Signature, ...]:
    """Ask one witness for its cosignature.

    Parameters
    ----------
    url : str
        Its submission prefix: http or https, what stands before ``/add-checkpoint``.
    key : VerifierKey
        Its key.
    signed : SignedCheckpoint
        What it shall cosign.
    tree : MerkleTree
        Over the log's records, at least those of ``signed``.
    log_keys : sequence of VerifierKey
        The log's own keys.
    old_size : int
        What it is believed to have seen last, at most the size of ``signed``; if it says otherwise, it is
        asked once more from the size that it names.
    timeout : float
        Seconds for each request.

    Returns
    -------
    tuple of Signature
        Its cosignatures, verified; at least one.

    Raises
    ------
    InputError
        If the address is none.
    AuditError
        If it cannot be reached, answers nonsense, or refuses.
    RolledBack, ForkFound
        As `cosign`.
    """
    address = _address(url)
    status, answer = _submit(address, old_size, signed, tree, timeout)
    if status == CONFLICT:
        named = _named_size(answer)
        _demand_not_ahead(named, signed, tree)
        status, answer = _submit(address, named, signed, tree, timeout)
    if status == OK:
        return _cosignatures(answer, signed, key)
    if status in {CONFLICT, UNPROCESSABLE}:
        _demand_same_history(address, signed, tree, log_keys, timeout)
    msg = f"answers {status}: {_sentence(answer)}"
    raise AuditError(msg)


def _submit(
    address: str, old_size: int, signed: SignedCheckpoint, tree: MerkleTree, timeout: float
) -> tuple[int, bytes]:
    """Send one request; give status and body of the answer."""
    proof = tuple(tree.consistency_proof(old_size, signed.checkpoint.size))
    body = Request(old_size, proof, signed.encode()).encode()
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    request = urllib.request.Request(  # noqa: S310  `_address` lets http and https through, nothing else
        f"{address}/add-checkpoint", data=body, headers=headers, method="POST"
    )
    try:
        with _opener.open(request, timeout=timeout) as answer:
            return answer.status, _limited(answer.read(LARGEST_NOTE + 1))
    except urllib.error.HTTPError as error:
        with error:
            return error.code, _limited(error.read(LARGEST_NOTE + 1))
    except (OSError, HTTPException, ValueError) as error:  # ValueError: redirected to nonsense
        why = str(getattr(error, "reason", error)) or type(error).__name__
        msg = f"cannot be reached at {address}: {why}"
        raise AuditError(msg) from error


def _limited(answer: bytes) -> bytes:
    if len(answer) > LARGEST_NOTE:
        msg = f"answers with more than {LARGEST_NOTE:,} bytes"
        raise AuditError(msg)
    return answer


def _named_size(answer: bytes) -> int:
    found = _SIZE.fullmatch(answer)
    if found is None:
        msg = f"answers 409 without a size: {_sentence(answer)}"
        raise AuditError(msg)
    return int(found[1])


def _demand_not_ahead(named: int, signed: SignedCheckpoint, tree: MerkleTree) -> None:
    """Compare the size that a witness saw with ours."""
    if named > tree.size:
        msg = (
            f"a witness has seen {named} records of {signed.checkpoint.origin}, the log holds {tree.size}: "
            "an old backup was put back, or records were removed"
        )
        raise RolledBack(msg)
    if named > signed.checkpoint.size:
        msg = f"has cosigned a newer state already, of {named} records"
        raise AuditError(msg)


def _demand_same_history(
    address: str,
    signed: SignedCheckpoint,
    tree: MerkleTree,
    log_keys: Sequence[VerifierKey],
    timeout: float,
) -> None:
    """Ask a witness that refused what it did see: only the log's own signature on that proves a fork."""
    origin = signed.checkpoint.origin
    try:
        shown = WebSource(address, timeout_seconds=timeout).read(
            f"{origin_hash(origin)}/checkpoint", most=LARGEST_NOTE
        )
        seen = open_checkpoint(shown or b"", keys=log_keys).checkpoint
    except AuditError:  # it shows nothing that could be held against anybody
        return
    if seen.origin == origin:
        _demand_not_ahead(seen.size, signed, tree)
        if tree.root(seen.size) != seen.root:
            msg = (
                f"a witness at {address} shows a checkpoint of {seen.size} records that this log signed, "
                f"and the log's first {seen.size} records are others: two histories were signed"
            )
            raise ForkFound(msg)


def _cosignatures(answer: bytes, signed: SignedCheckpoint, key: VerifierKey) -> tuple[Signature, ...]:
    """Take what is by the witness and holds; lines by other keys are passed over."""
    note = Note(signed.note.text, parse_signature_lines(answer))
    found = tuple(signature for _, signature in verified_signatures(note, (key,)))
    if not found:
        msg = f"answers without a cosignature by {key.name}"
        raise AuditError(msg)
    return found


def _demand_state_of(tree: MerkleTree, signed: SignedCheckpoint, log: Path) -> None:
    checkpoint = signed.checkpoint
    if checkpoint.size > tree.size or tree.root(checkpoint.size) != checkpoint.root:
        msg = f"the signed checkpoint of {checkpoint.size} records is no state of the log {log}"
        raise VerificationError(msg)


def _address(url: str) -> str:
    if not is_web_address(url):
        msg = f"{url!r} is no address of a witness, wanted one such as https://witness.example"
        raise InputError(msg)
    return url.rstrip("/")


def _sentence(answer: bytes) -> str:
    """Pass on what a witness says, without power over the terminal."""
    text = answer.decode(errors="replace").strip()[:LONGEST_REASON]
    return "".join(char if char.isprintable() else "?" for char in text) or "nothing"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: a witness stands where the policy says, or does not answer."""

    def redirect_request(  # noqa: PLR0917  the library's own method
        self,
        req: urllib.request.Request,  # noqa: ARG002  the library's own names
        fp: IO[bytes],  # noqa: ARG002
        code: int,  # noqa: ARG002
        msg: str,  # noqa: ARG002
        headers: HTTPMessage,  # noqa: ARG002
        newurl: str,  # noqa: ARG002
    ) -> urllib.request.Request | None:
        return None


_opener = urllib.request.build_opener(_NoRedirect)
