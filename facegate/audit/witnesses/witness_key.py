"""The key of a witness in two files: the secret, and the line that logs and readers need.

::

    witness.pem        Ed25519, PKCS 8, mode 600; made once, never overwritten
    witness.pem.pub    its verifier key: witness.example/w1+20324abe+BCmsuuFB...
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.audit.keys.log_keys import create_private, read_private
from facegate.audit.signed.notes import VerifierKey, demand_key_name
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.durable import replace_bytes
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

LARGEST_LINE = 10_000  # bytes


def create_witness_key(path: Path, name: str, *, random_bytes: Callable[[int], bytes]) -> Ed25519Cosigner:
    """Make a witness's key and write both files.

    Parameters
    ----------
    path : Path
        The private key; the public one lies beside it, with ``.pub`` behind its name.
    name : str
        Of the witness, such as ``witness.example/w1``.
    random_bytes : callable
        Source of secret bytes, such as `secrets.token_bytes`.

    Returns
    -------
    Ed25519Cosigner
        The key.

    Raises
    ------
    InputError
        If one of the files exists, or the name has another form; nothing is written.
    StorageError
        If the disk refuses.
    """
    demand_key_name(name)
    public = public_path(path)
    if public.exists():
        msg = f"{public} exists already; a key is never overwritten"
        raise InputError(msg)
    cosigner = Ed25519Cosigner(name, create_private(path, name, random_bytes=random_bytes).private)
    replace_bytes(public, f"{cosigner.key.line()}\n".encode())
    return cosigner


def read_witness_key(path: Path) -> Ed25519Cosigner:
    """Read what `create_witness_key` wrote.

    Raises
    ------
    InputError
        If a file is missing or unusable, others can read the private one, or they do not belong together.
    """
    public = _public(public_path(path))
    cosigner = Ed25519Cosigner(public.name, read_private(path, public.name).private)
    if cosigner.key != public:
        msg = f"{public_path(path)} is not the public key of {path}"
        raise InputError(msg)
    return cosigner


def public_path(path: Path) -> Path:
    """Where the public key of a private key file lies."""
    return path.with_name(f"{path.name}.pub")


def _public(path: Path) -> VerifierKey:
    try:
        with path.open("rb") as file:
            line = file.read(LARGEST_LINE).decode()
    except OSError as error:
        msg = f"cannot read the witness's public key {path}: {error.strerror}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        msg = f"{path} is no verifier key: not UTF-8"
        raise InputError(msg) from error
    return VerifierKey.from_line(line)
