"""ML-DSA-44 (FIPS 204), where the installed cryptography package has it.

It is the option for a log that shall hold against quantum computers. Ed25519 never comes this way.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm

from facegate.errors import AuditError, VerificationError

if TYPE_CHECKING:
    from types import ModuleType

    from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

SEED_BYTES = 32


def private_from_seed(seed: bytes) -> MLDSA44PrivateKey:
    """Make the private key of a seed of 32 secret random bytes.

    Raises
    ------
    AuditError
        If the installed cryptography package has no ML-DSA-44.
    """
    try:
        private: MLDSA44PrivateKey = _library().MLDSA44PrivateKey.from_seed_bytes(seed)
    except UnsupportedAlgorithm as error:
        raise _missing() from error
    return private


def verify_mldsa44(public: bytes, signature: bytes, message: bytes, *, what: str) -> None:
    """Check that a key signed exactly this message, with an empty context.

    Parameters
    ----------
    public : bytes
        1,312 bytes.
    signature : bytes
        2,420 bytes.
    message : bytes
        What shall have been signed.
    what : str
        Whose signature it is, for the message.

    Raises
    ------
    VerificationError
        If it is not.
    AuditError
        If the installed cryptography package has no ML-DSA-44: it cannot be known.
    """
    try:
        _library().MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except UnsupportedAlgorithm as error:
        raise _missing() from error
    except (InvalidSignature, ValueError) as error:
        msg = f"{what} does not hold: text, signature or key was changed"
        raise VerificationError(msg) from error


def _library() -> ModuleType:
    """Import at the call: older versions of the package, which are enough for all else, lack it."""
    try:
        return importlib.import_module("cryptography.hazmat.primitives.asymmetric.mldsa")
    except ImportError as error:
        raise _missing() from error


def _missing() -> AuditError:
    msg = "ML-DSA-44 is missing from the installed package cryptography: install a newer one, such as 50"
    return AuditError(msg)
