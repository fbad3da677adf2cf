"""A log's Ed25519 key in a PKCS#11 token: it signs there, and never leaves.

``HOME/keys/log.token.toml`` says where it is; the PIN comes from ``FACEGATE_TOKEN_PIN``::

    module = "/usr/lib/softhsm/libsofthsm2.so"
    token = "facegate"
    key = "log"

References
----------
PKCS #11 Specification version 3.1, mechanisms CKM_EC_EDWARDS_KEY_PAIR_GEN and CKM_EDDSA.
"""

from __future__ import annotations

import importlib
import tomllib
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.signed.notes import ED25519, Signature, VerifierKey
from facegate.durable import replace_bytes
from facegate.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

TOKEN_FILE = "log.token.toml"  # noqa: S105  a file's name
PUBLIC_BYTES = 32
_FIELDS = {"module", "token", "key"}
_ED25519_OID = "1.3.101.112"  # RFC 8410


@dataclass(frozen=True, slots=True)
class TokenPlace:
    """Where a key in a token is.

    Parameters
    ----------
    module : str
        Path of the token's PKCS#11 library.
    token, key : str
        Labels of the token, and of the key pair in it.
    """

    module: str
    token: str
    key: str


@dataclass(frozen=True, slots=True)
class TokenSigner:
    """Signs notes with a key in a token, kind 0x01. Each signature opens a session of its own.

    Parameters
    ----------
    name : str
        The log's origin.
    place : TokenPlace
        Where the key is.
    pin : str
        The token user's.
    public : bytes
        The public half, 32 bytes.
    """

    name: str
    place: TokenPlace
    pin: str
    public: bytes

    @property
    def key(self) -> VerifierKey:
        """What others need to check its signatures."""
        return VerifierKey(self.name, ED25519, self.public)

    def __repr__(self) -> str:
        """Name the key only: the PIN must not reach a message or a trace."""
        return f"TokenSigner({self.name!r}, {self.place!r})"

    def sign(self, text: bytes, *, at: datetime) -> Signature:  # noqa: ARG002  the kind carries no time
        """Sign the text in the token.

        Raises
        ------
        AuditError
            If the token cannot be reached.
        """
        with _session(self.place, self.pin) as session:
            pkcs11 = _library()
            private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=self.place.key)
            signed = private.sign(text, mechanism=pkcs11.Mechanism.EDDSA)
        return Signature(self.name, self.key.key_id, bytes(signed))


def make_token_key(place: TokenPlace, origin: str, pin: str) -> TokenSigner:
    """Make a key pair in a token, where there is none of that label yet.

    Raises
    ------
    InputError
        If there is one.
    AuditError
        If the token cannot be reached, or knows no Ed25519.
    """
    with _session(place, pin) as session:
        pkcs11 = _library()
        if list(session.get_objects({pkcs11.Attribute.LABEL: place.key})):
            msg = f"the token {place.token} has a key {place.key} already; a log's key is never overwritten"
            raise InputError(msg)
        named = importlib.import_module("pkcs11.util.ec").encode_named_curve_parameters(_ED25519_OID)
        curve = session.create_domain_parameters(
            pkcs11.KeyType.EC_EDWARDS, {pkcs11.Attribute.EC_PARAMS: named}, local=True
        )
        mechanism = pkcs11.Mechanism.EC_EDWARDS_KEY_PAIR_GEN
        curve.generate_keypair(mechanism=mechanism, store=True, label=place.key)
    return _signer(place, origin, pin)


def write_token_file(folder: Path, place: TokenPlace) -> None:
    """Note where the key is.

    Raises
    ------
    InputError
        If a label or path holds a quotation mark, a backslash or a control character.
    StorageError
        If the disk refuses.
    """
    for value in (place.module, place.token, place.key):
        if not value.isprintable() or set('"\\') & set(value):
            msg = f"{value[:40]!r} cannot be the name of a token, key or module"
            raise InputError(msg)
    lines = [f'module = "{place.module}"', f'token = "{place.token}"', f'key = "{place.key}"', ""]
    replace_bytes(folder / TOKEN_FILE, "\n".join(lines).encode())


def read_token(path: Path, origin: str, pin: str | None) -> TokenSigner:
    """Read where the key is, and ask the token for its public half.

    Raises
    ------
    InputError
        If the file is not as it should be, or there is no PIN.
    AuditError
        If the token cannot be reached or has no such key.
    """
    if not pin:
        msg = (
            f"the log's key is in a token ({path}); its PIN is asked of FACEGATE_TOKEN_PIN, which is not set"
        )
        raise InputError(msg)
    try:
        held = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"cannot read {path}: {error}"
        raise InputError(msg) from error
    if held.keys() != _FIELDS or not all(isinstance(one, str) and one for one in held.values()):
        msg = (
            f"{path} names {', '.join(sorted(held)) or 'nothing'}; wanted module, token and key, each a text"
        )
        raise InputError(msg)
    return _signer(TokenPlace(**held), origin, pin)


def _signer(place: TokenPlace, origin: str, pin: str) -> TokenSigner:
    with _session(place, pin) as session:
        pkcs11 = _library()
        key = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=place.key)
        point = bytes(key[pkcs11.Attribute.EC_POINT])
    # The point is a DER octet string, two bytes of head before it; some tokens leave the head out.
    return TokenSigner(origin, place, pin, point[-PUBLIC_BYTES:])


@contextmanager
def _session(place: TokenPlace, pin: str) -> Iterator[Any]:
    """Open the token for one task."""
    pkcs11 = _library()
    errors = importlib.import_module("pkcs11.exceptions")
    try:
        token = pkcs11.lib(place.module).get_token(token_label=place.token)
        with token.open(user_pin=pin, rw=True) as session:
            yield session
    except (errors.PKCS11Error, RuntimeError, OSError) as error:
        reason = str(error) or type(error).__name__
        msg = f"the key {place.key} in the token {place.token} cannot be used: {reason}"
        raise AuditError(msg) from error


def _library() -> Any:  # noqa: ANN401  a module without types
    """Import at the call: only whoever keeps a key in a token needs the package."""
    try:
        return importlib.import_module("pkcs11")
    except ImportError as error:
        msg = "a key in a token needs the package python-pkcs11: pip install 'facegate[pkcs11]'"
        raise InputError(msg) from error
