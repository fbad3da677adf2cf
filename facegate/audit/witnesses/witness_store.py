"""The memory of a witness: what it cosigned last, on the disk before it answers.

::

    STATE/<hex SHA-256 of the origin>/checkpoint            the newest one cosigned, a signed note
    STATE/<hex SHA-256 of the origin>/evidence/fork-8-<hash>.refused    signed by the log, not cosigned
    STATE/<hex SHA-256 of the origin>/evidence/fork-8-<hash>.seen       what it contradicts
    STATE/<hex SHA-256 of the origin>/evidence/unproven-9-<hash>.*      signed by the log, sent without proof

- One request is decided and stored before the next is looked at. If two were checked at once, the one with
  the smaller tree could be stored last, and the witness would have gone back.
- A kill before the file is replaced leaves the older state; after it, a newer one whose cosignature nobody
  got. Then the client is told that size, asks again, and gets it.
- A witness that loses its state starts at nothing, and would cosign a second history: keep it on a disk that
  is not put back from backups.

- Of forks the first 1,000 of a log are kept. Of checkpoints without proof the newest 16: anybody who has one
  that was published can send it so, and by sending more than that make older ones give way.

References
----------
C2SP tlog-witness, "add-checkpoint" (the race of two requests).
"""

from __future__ import annotations

import hashlib
import os
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Self

from facegate.audit.checkpoint import parse_checkpoint
from facegate.audit.signed.notes import LARGEST_NOTE, parse_note
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
from facegate.audit.signed.signing import verified_signatures
from facegate.audit.witnesses.witness import FORK, WitnessState, answer_add_checkpoint
from facegate.durable import replace_bytes, taken
from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.signed.notes import VerifierKey
    from facegate.audit.signed.signing import Signer
    from facegate.audit.witnesses.witness import Answer

CHECKPOINT = "checkpoint"
EVIDENCE = "evidence"
MOST_FORKS = 1_000  # the first ones: the log itself could sign without end
MOST_UNPROVEN = 16  # the newest ones: whoever holds a published checkpoint can make one with a wrong proof


def origin_hash(origin: str) -> str:
    """Name a log's folder: SHA-256 of its origin, 64 hexadecimal digits.

    Examples
    --------
    >>> origin_hash("facegate.example/test")[:16]
    '2cff7414980dd6ae'
    """
    return hashlib.sha256(origin.encode()).hexdigest()


class WitnessStore:
    """State of one witness. Made by `WitnessStore.open`; may be shared by threads.

    Parameters
    ----------
    folder : Path
        Where the state is kept.
    logs : mapping of str to sequence of VerifierKey
        Known keys by the origin of their log.
    cosigners : sequence of Signer
        The witness's keys.
    state : WitnessState
        What the folder holds.
    """

    def __init__(
        self,
        folder: Path,
        logs: Mapping[str, Sequence[VerifierKey]],
        cosigners: Sequence[Signer],
        state: WitnessState,
    ) -> None:
        self._folder = folder
        self._logs = logs
        self._cosigners = cosigners
        self._state = state
        self._turn = threading.Lock()

    @classmethod
    @contextmanager
    def open(
        cls, folder: Path, *, logs: Mapping[str, Sequence[VerifierKey]], cosigners: Sequence[Signer]
    ) -> Iterator[Self]:
        """Read the state and hold it against every other process.

        Yields
        ------
        WitnessStore
            Ready to answer.

        Raises
        ------
        AuditError
            If another process holds it, or the disk refuses.
        VerificationError
            If what is stored is not what this witness or the log signed.
        """
        try:
            folder.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
        except OSError as error:
            msg = f"the witness's state {folder} cannot be used: {error.strerror or error}"
            raise AuditError(msg) from error
        try:
            if not taken(descriptor):
                msg = f"the witness's state {folder} is in use by another process: one at a time"
                raise AuditError(msg)
            yield cls(folder, logs, cosigners, _read_state(folder, logs, cosigners))
        finally:
            os.close(descriptor)

    def answer(self, request: bytes, *, at: datetime) -> Answer:
        """Decide about a request, store what follows from it, and only then give the answer.

        Parameters
        ----------
        request : bytes
            Body of an ``add-checkpoint`` request.
        at : datetime
            Now, with its zone.

        Returns
        -------
        Answer
            See `facegate.audit.witnesses.witness.answer_add_checkpoint`.

        Raises
        ------
        StorageError
            If the disk refuses: nothing may be answered but that.
        """
        with self._turn:  # check and store are one step
            answer = answer_add_checkpoint(
                self._state, request, logs=self._logs, cosigners=self._cosigners, at=at
            )
            if answer.cosigned is not None:
                replace_bytes(self._path(answer.cosigned), answer.cosigned.encode())
            if answer.evidence is not None:
                self._keep(answer.evidence.kind, answer.evidence.refused)
            self._state = answer.state  # after the disk: what was not stored was not seen
            return answer

    def size(self, origin: str) -> int:
        """Give the records of a log at its newest cosigned checkpoint; 0 if none was cosigned."""
        return self._state.size(origin)

    def latest(self, hashed: str) -> bytes | None:
        """Give the newest cosigned checkpoint of a log.

        Parameters
        ----------
        hashed : str
            `origin_hash` of its origin.

        Returns
        -------
        bytes or None
            A signed note; None if the log is not known, or nothing of it was cosigned.
        """
        for origin, seen in self._state.latest.items():
            if origin_hash(origin) == hashed:
                return seen.encode()
        return None

    def _path(self, signed: SignedCheckpoint) -> Path:
        return self._folder / origin_hash(signed.checkpoint.origin) / CHECKPOINT

    def _keep(self, kind: str, refused: SignedCheckpoint) -> None:
        """Keep a refused checkpoint and what it contradicts; once, however often it is sent."""
        folder = self._path(refused).with_name(EVIDENCE)
        text_hash = hashlib.sha256(refused.note.text).hexdigest()
        path = folder / f"{kind}-{refused.checkpoint.size}-{text_hash}.refused"
        if path.exists() or not _made_room(folder, kind):
            return
        seen = self._state.latest.get(refused.checkpoint.origin)
        if seen is not None:
            replace_bytes(path.with_suffix(".seen"), seen.encode())
        replace_bytes(path, refused.encode())


def _made_room(folder: Path, kind: str) -> bool:
    """Say whether one more piece of evidence may be kept; each kind has room of its own.

    A fork is proof by the log's own signatures, and no other evidence takes its place. A checkpoint that came
    without proof may be the log's fault or the sender's, and a stranger can send as many as the log
    published: the oldest give way.
    """
    kept = list(folder.glob(f"{kind}-*.refused"))
    if kind == FORK:
        return len(kept) < MOST_FORKS
    try:
        kept.sort(key=lambda path: path.stat().st_mtime_ns)
        for path in kept[: max(len(kept) + 1 - MOST_UNPROVEN, 0)]:
            path.unlink()
            path.with_suffix(".seen").unlink(missing_ok=True)
    except OSError:  # the answer is the same: a refusal needs no evidence
        return False
    return True


def _read_state(
    folder: Path, logs: Mapping[str, Sequence[VerifierKey]], cosigners: Sequence[Signer]
) -> WitnessState:
    own = tuple(cosigner.key for cosigner in cosigners)
    latest = {}
    for origin, keys in logs.items():
        path = folder / origin_hash(origin) / CHECKPOINT
        if path.exists():
            latest[origin] = _read_seen(path, origin, (*keys, *own))
    return WitnessState(latest)


def _read_seen(path: Path, origin: str, keys: Sequence[VerifierKey]) -> SignedCheckpoint:
    """Read one stored checkpoint; a state that somebody edited must not pass for what was seen."""
    try:
        with path.open("rb") as file:
            note = parse_note(file.read(LARGEST_NOTE + 1))
        checkpoint = parse_checkpoint(note.text)
        signed_by = verified_signatures(note, keys)
    except OSError as error:
        msg = f"the witness's state {path} cannot be read: {error.strerror or error}"
        raise AuditError(msg) from error
    except VerificationError as error:
        msg = f"the witness's state {path} does not hold: {error}"
        raise VerificationError(msg) from error
    if checkpoint.origin != origin or not signed_by:
        msg = (
            f"the witness's state {path} is not a checkpoint of {origin} that this witness or the log signed"
        )
        raise VerificationError(msg)
    return SignedCheckpoint(checkpoint, note)
