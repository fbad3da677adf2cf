"""The keys a log signs its checkpoints with, and the memory that keeps it from contradicting itself.

::

    HOME/keys/log.pem            Ed25519, PKCS 8, mode 600; or, in its place,
    HOME/keys/log.token.toml     where a PKCS#11 token holds it
    HOME/keys/log-ml-dsa.pem     ML-DSA-44 beside it, if wanted
    HOME/keys/log-previous.pem   the key before: signs too, until it is retired
    HOME/keys/log.vkey           the public keys, a line each: give them to everybody who checks
    HOME/keys/log-signed         the last checkpoint that was signed

- A key is made once and never overwritten. One that others on the machine can read is refused.
- Whatever is signed is written to ``log-signed`` first. A checkpoint that is smaller than the last one, or
  that the last one is no beginning of, is not signed: a log folder that was put back from an old backup
  says so (`RolledBack`), and the key never vouches for two histories.
- Whoever puts back an old copy of the keys' folder as well is found by witnesses and monitors only.

References
----------
C2SP signed-note, tlog-checkpoint ("a log MUST NOT sign inconsistent checkpoints"); transparency logs,
section 5 of the project's own design.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from facegate.audit.checkpoint import Checkpoint, demand_origin, parse_checkpoint
from facegate.audit.keys.token_key import TOKEN_FILE, make_token_key, read_token, write_token_file
from facegate.audit.log_tree import read_tree
from facegate.audit.signed.mldsa44 import SEED_BYTES, private_from_seed
from facegate.audit.signed.notes import ED25519, VerifierKey, parse_note
from facegate.audit.signed.signed_checkpoint import sign_checkpoint
from facegate.audit.signed.signing import Ed25519Signer, MLDSACosigner
from facegate.durable import create_secret, replace_bytes
from facegate.errors import ForkFound, InputError, RolledBack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.keys.token_key import TokenPlace
    from facegate.audit.merkle import MerkleTree
    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
    from facegate.audit.signed.signing import Signer

LOG_KEY = "log.pem"
POST_QUANTUM_KEY = "log-ml-dsa.pem"
PREVIOUS_KEY = "log-previous.pem"
PUBLIC_KEYS = "log.vkey"
LAST_SIGNED = "log-signed"
KEY_BYTES = 32
OTHERS_MAY_READ = 0o077
LARGEST_KEY_FILE = 10_000  # bytes


@dataclass(frozen=True, slots=True)
class LogKeys:
    """Keys of one log, ready to sign.

    Parameters
    ----------
    folder : Path
        Where they lie.
    origin : str
        Name of the log they sign for.
    signers : tuple of Signer
        The Ed25519 key in force first.
    """

    folder: Path
    origin: str
    signers: tuple[Signer, ...]

    @property
    def vkeys(self) -> tuple[VerifierKey, ...]:
        """What others need to check the signatures; the key in force first."""
        return tuple(one.key for one in self.signers)

    @classmethod
    def create(
        cls,
        folder: Path,
        origin: str,
        *,
        random_bytes: Callable[[int], bytes],
        post_quantum: bool = False,
    ) -> Self:
        """Make the keys of a log that has none.

        Parameters
        ----------
        folder : Path
            ``HOME/keys``.
        origin : str
            Name of the log; also that of its keys.
        random_bytes : callable
            Source of secret bytes, such as `secrets.token_bytes`.
        post_quantum : bool
            Make an ML-DSA-44 key beside the Ed25519 one.

        Raises
        ------
        InputError
            If there are keys already, or the name has another form; nothing is overwritten.
        StorageError
            If the disk refuses.
        AuditError
            If ML-DSA-44 is wanted and the installed cryptography package lacks it.
        """
        demand_origin(origin)
        demand_no_keys(folder)
        seed = folder / POST_QUANTUM_KEY
        if seed.exists() and not post_quantum:
            msg = f"{seed} lies there from an init that was cut off: say --ml-dsa again, or remove it"
            raise InputError(msg)
        if post_quantum:
            private_from_seed(bytes(SEED_BYTES))  # or say that it is missing, before anything is made
        if post_quantum and not seed.exists():
            create_secret(seed, random_bytes(SEED_BYTES).hex().encode() + b"\n")
        # A private key without its public half was left by an init that was cut off: nobody knows it yet.
        if (folder / LOG_KEY).exists():
            signer = read_private(folder / LOG_KEY, origin)
        else:
            signer = create_private(folder / LOG_KEY, origin, random_bytes=random_bytes)
        signers = (signer, *_post_quantum(folder, origin))
        write_public(folder, signers)
        return cls(folder, origin, signers)

    @classmethod
    def read(cls, folder: Path, *, pin: str | None = None) -> Self | None:
        """Read the keys of a log; None if none were made.

        Parameters
        ----------
        folder : Path
            ``HOME/keys``.
        pin : str, optional
            Of the token, if the key is in one.

        Raises
        ------
        InputError
            If one is unusable, can be read by others, or is not the one that ``log.vkey`` names.
        AuditError
            If a token cannot be reached.
        """
        public = read_public_keys(folder)
        if not public:
            return None
        path, origin = folder / PUBLIC_KEYS, public[0].name
        signers = cls.private_of(folder, origin, pin=pin)
        # `retire` takes the key before out of the public ones first: then it signs no more.
        signers = tuple(one for one in signers if one.key in public or one is not _retired(signers))
        if {one.key for one in signers} != set(public):
            msg = (
                f"{path} names other keys than those that lie beside it; if a change of keys was cut off, "
                "`facegate keys rotate` finishes it"
            )
            raise InputError(msg)
        return cls(folder, origin, signers)

    @staticmethod
    def private_of(folder: Path, origin: str, *, pin: str | None = None) -> tuple[Signer, ...]:
        """Read the private keys that lie in a folder, the key in force first; raises as `read` does."""
        current = _current(folder, origin, pin)
        # A rotation killed between its two steps leaves one key under both names.
        before = tuple(one for one in _previous(folder, origin) if one.key != current.key)
        return (current, *before, *_post_quantum(folder, origin))

    def last_signed(self) -> Checkpoint | None:
        """Give the last checkpoint that was signed with these keys; None if none was.

        Raises
        ------
        VerificationError
            If the file is no signed checkpoint.
        """
        path = self.folder / LAST_SIGNED
        return parse_checkpoint(parse_note(path.read_bytes()).text) if path.exists() else None

    def sign(
        self, checkpoint: Checkpoint, root_at: Callable[[int], bytes], *, at: datetime
    ) -> SignedCheckpoint:
        """Sign a state of the log, unless it contradicts what was signed before.

        Parameters
        ----------
        checkpoint : Checkpoint
            The state; all of it durable.
        root_at : callable
            Root of the same log over its first records, 32 bytes.
        at : datetime
            Now, with its zone.

        Raises
        ------
        RolledBack
            If it is smaller than what was signed before.
        ForkFound
            If what was signed before is no beginning of it.
        StorageError
            If the disk refuses: nothing was signed.
        """
        with _alone(self.folder):
            return self._sign(checkpoint, root_at, at)

    def sign_newest(self, log: Path, *, at: datetime) -> tuple[SignedCheckpoint, MerkleTree]:
        """Sign the newest state of a log that another process may be appending to.

        Parameters
        ----------
        log : Path
            The writer's folder.
        at : datetime
            Now, with its zone.

        Returns
        -------
        SignedCheckpoint
            The state.
        MerkleTree
            Over exactly its records.

        Raises
        ------
        AuditError, VerificationError, StorageError
            As `sign` and `read_tree` do.
        """
        with _alone(self.folder):  # read inside: of two who sign, the second must not have read first
            checkpoint, tree = read_tree(log)
            return self._sign(checkpoint, tree.root, at), tree

    def _sign(
        self, checkpoint: Checkpoint, root_at: Callable[[int], bytes], at: datetime
    ) -> SignedCheckpoint:
        if (last := self.last_signed()) is not None:
            demand_goes_on(checkpoint, root_at, last, f"the checkpoint in {self.folder / LAST_SIGNED}")
        signed = sign_checkpoint(checkpoint, self.signers, at=at)
        # Before it can be given away: what was signed and forgotten could be contradicted.
        replace_bytes(self.folder / LAST_SIGNED, signed.encode())
        return signed


def read_public_keys(folder: Path) -> tuple[VerifierKey, ...]:
    """Read the public keys that lie in a folder, the one in force first; none if none were made.

    Raises
    ------
    InputError
        If the file is there and is not a line for each of some keys.
    """
    path = folder / PUBLIC_KEYS
    if not path.exists():
        return ()
    public = tuple(VerifierKey.from_line(line) for line in _text(path).splitlines())
    if not public:
        msg = f"{path} names no key"
        raise InputError(msg)
    return public


def create_in_token(folder: Path, origin: str, place: TokenPlace, pin: str) -> LogKeys:
    """Make a log's key in a token, and note where it is.

    Raises
    ------
    InputError
        If there are keys already, in the folder or under that label.
    StorageError, AuditError
        If the disk or the token refuses.
    """
    demand_origin(origin)
    demand_no_keys(folder)
    begun = (folder / TOKEN_FILE).exists()
    write_token_file(folder, place)
    try:
        signer = make_token_key(place, origin, pin)
    except InputError:
        if not begun:  # the label is somebody else's
            (folder / TOKEN_FILE).unlink()
            raise
        signer = read_token(folder / TOKEN_FILE, origin, pin)
    write_public(folder, (signer,))
    return LogKeys(folder, origin, (signer,))


def write_public(folder: Path, signers: tuple[Signer, ...]) -> None:
    """Write the public keys, a line each, the one in force first."""
    replace_bytes(folder / PUBLIC_KEYS, "".join(f"{one.key.line()}\n" for one in signers).encode())


def read_private(path: Path, origin: str) -> Ed25519Signer:
    """Read an Ed25519 private key that only its owner can read.

    Raises
    ------
    InputError
        If it is another kind of file, or others can read it.
    """
    content = _secret(path)
    try:
        private = load_pem_private_key(content, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        msg = f"{path} is not a private key without a password in PEM form"
        raise InputError(msg) from error
    if not isinstance(private, Ed25519PrivateKey):
        msg = f"{path} is not an Ed25519 key"
        raise InputError(msg)
    return Ed25519Signer(origin, private)


def create_private(path: Path, origin: str, *, random_bytes: Callable[[int], bytes]) -> Ed25519Signer:
    """Make an Ed25519 private key, mode 600, where there is none.

    Raises
    ------
    InputError
        If the file exists.
    StorageError
        If the disk refuses.
    """
    private = Ed25519PrivateKey.from_private_bytes(random_bytes(KEY_BYTES))
    create_secret(path, private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return Ed25519Signer(origin, private)


def demand_goes_on(
    checkpoint: Checkpoint, root_at: Callable[[int], bytes], earlier: Checkpoint, what: str
) -> None:
    """Refuse a state of a log that an earlier state is no beginning of.

    Parameters
    ----------
    checkpoint : Checkpoint
        The state now.
    root_at : callable
        Root of the same log over its first records, 32 bytes.
    earlier : Checkpoint
        What was signed, published or cosigned.
    what : str
        Where that stands, for the message.

    Raises
    ------
    RolledBack
        If the log is smaller now.
    ForkFound
        If its beginning is another one.
    """
    if earlier.origin != checkpoint.origin:
        msg = f"{what} is of the log {earlier.origin}, this log is {checkpoint.origin}"
        raise ForkFound(msg)
    if checkpoint.size < earlier.size:
        msg = (
            f"the log holds {checkpoint.size} records, {what} covers {earlier.size}: an old backup was put "
            "back, or records were removed; nothing may be searched or signed until the newer log is back"
        )
        raise RolledBack(msg)
    if root_at(earlier.size) != earlier.root:
        msg = f"the first {earlier.size} records of the log are not those that {what} covers: two histories"
        raise ForkFound(msg)


def demand_no_keys(folder: Path) -> None:
    """Refuse to make keys where there are some that others may know.

    Raises
    ------
    InputError
        If there are.
    """
    path = folder / PUBLIC_KEYS
    if path.exists():
        msg = f"{path} exists already; a log's key is never overwritten, it is rotated"
        raise InputError(msg)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process sign at a time: what it reads, checks and remembers belongs together."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _retired(signers: tuple[Signer, ...]) -> Signer | None:
    """Give the key before the one in force, if it lies there."""
    return signers[1] if len(signers) > 1 and signers[1].key.kind == ED25519 else None


def _current(folder: Path, origin: str, pin: str | None) -> Signer:
    if (folder / TOKEN_FILE).exists():
        return read_token(folder / TOKEN_FILE, origin, pin)
    return read_private(folder / LOG_KEY, origin)


def _previous(folder: Path, origin: str) -> tuple[Signer, ...]:
    path = folder / PREVIOUS_KEY
    return (read_private(path, origin),) if path.exists() else ()


def _post_quantum(folder: Path, origin: str) -> tuple[Signer, ...]:
    path = folder / POST_QUANTUM_KEY
    if not path.exists():
        return ()
    try:
        seed = bytes.fromhex(_secret(path).decode("ascii"))
    except ValueError as error:
        msg = f"{path} is not the seed of an ML-DSA-44 key"
        raise InputError(msg) from error
    if len(seed) != SEED_BYTES:
        msg = f"{path} holds a seed of {len(seed)} bytes, wanted {SEED_BYTES}"
        raise InputError(msg)
    return (MLDSACosigner(origin, private_from_seed(seed)),)


def _secret(path: Path) -> bytes:
    content = _text(path).encode()
    if path.stat().st_mode & OTHERS_MAY_READ:
        msg = f"the key {path} can be read by others on this machine: chmod 600 it, and rotate it"
        raise InputError(msg)
    return content


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_KEY_FILE + 1)
    except OSError as error:
        msg = f"cannot read the key {path}: {error.strerror}"
        raise InputError(msg) from error
    if len(content) > LARGEST_KEY_FILE or not content.isascii():
        msg = f"{path} is no key: wanted at most {LARGEST_KEY_FILE:,} bytes of ASCII"
        raise InputError(msg)
    return content.decode()
