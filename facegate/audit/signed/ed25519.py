"""Checking one Ed25519 signature, more strictly than the library does.

The library refuses a signature whose S is not below the group order (RFC 8032 section 5.1.7), which keeps
third parties from making a second signature out of the first. It takes keys of small order, though: with
such a key one signature can be made to fit any text, by anybody. They are refused here.

References
----------
RFC 8032 sections 5.1.3, 5.1.7 and 7.1; Chalkias, Garillot, Nikolaenko 2020, "Taming the many EdDSAs".
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from facegate.errors import VerificationError

_PRIME = 2**255 - 19
_ORDER_EIGHT = (
    0x05FC536D880238B13933C6D305ACDFD5F098EFF289F4C345B027B2C28F95E826,
    0x7A03AC9277FDC74EC6CC392CFA53202A0F67100D760B3CBA4FD84D3D706A17C7,
)
# y of each point whose order divides 8; 0 and 1 have a second spelling, p and p + 1.
_SMALL_ORDER = frozenset((0, 1, _PRIME - 1, _PRIME, _PRIME + 1, *_ORDER_EIGHT))
_WITHOUT_SIGN = 2**255 - 1


def verify_ed25519(public: bytes, signature: bytes, message: bytes, *, what: str) -> None:
    """Check that a key signed exactly this message.

    Parameters
    ----------
    public : bytes
        32 bytes (RFC 8032).
    signature : bytes
        64 bytes.
    message : bytes
        What shall have been signed.
    what : str
        Whose signature it is, for the message.

    Raises
    ------
    VerificationError
        If it is not, or the key is one for which anybody can sign.
    """
    if int.from_bytes(public, "little") & _WITHOUT_SIGN in _SMALL_ORDER:
        msg = f"{what}: the key is of small order, anybody can sign for it"
        raise VerificationError(msg)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError) as error:
        msg = f"{what} does not hold: text, signature or key was changed"
        raise VerificationError(msg) from error
