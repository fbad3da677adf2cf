"""A certificate on disk: signed, and readable in one way only.

::

    {"format": "facegate-certificate/1", "certificate": {...}, "signature": "<base64>"}

- Signed (Ed25519) is the format name, a newline, and the certificate in RFC 8785 form: a
  signature made for anything else is none here.
- The file is refused unless its bytes are exactly those that writing it again gives: no key
  twice, no unknown field, no space added, nothing behind the end.
- Before the signature has been checked against a *trusted* key, no field is believed.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import CertificateError, InputError
from facegate.evaluation.certificates.certificate import FORMAT, Certificate
from facegate.evaluation.json_form import from_json, to_json

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facegate.evaluation.certificates.keys import Issuer, IssuerKey

LARGEST_FILE = 4_000_000  # bytes; hundreds of groups need a tenth of it
SIGNATURE_BYTES = 64


@dataclass(frozen=True, slots=True)
class SignedCertificate:
    """A certificate and the signature over it.

    Parameters
    ----------
    certificate : Certificate
        What is vouched for.
    signature : str
        64 bytes in base64.
    """

    certificate: Certificate
    signature: str

    def text(self) -> str:
        """Write as the one text that is read again."""
        return to_json(self, form=FORMAT)


def sign(certificate: Certificate, key: IssuerKey) -> SignedCertificate:
    """Sign a certificate.

    Raises
    ------
    CertificateError
        If it names another issuer than this key's, or nobody could read it again.
    """
    if (certificate.issuer, certificate.issuer_key) != (key.issuer.name, key.issuer.key_id):
        msg = f"the certificate names issuer {certificate.issuer}, the key is {key.issuer.name}'s"
        raise CertificateError(msg)
    signature = key.sign(signed_bytes(certificate))
    signed = SignedCertificate(certificate, base64.b64encode(signature).decode())
    parse_certificate(signed.text().encode(), name="the certificate")  # the reader's checks, before it leaves
    return signed


def signed_bytes(certificate: Certificate) -> bytes:
    """Give what the signature is made over: the format's name first, so that it holds for nothing else."""
    return f"{FORMAT}\n".encode() + certificate.canonical()


def parse_certificate(data: bytes, *, name: str) -> SignedCertificate:
    """Read the form of a certificate file. The content is not to be believed yet.

    Parameters
    ----------
    data : bytes
        The whole file.
    name : str
        Of the file, for messages.

    Raises
    ------
    CertificateError
        If it is not exactly as `SignedCertificate.text` writes it.
    """
    if len(data) > LARGEST_FILE:
        msg = f"{name} is no certificate: {len(data):,} bytes, at most {LARGEST_FILE:,}"
        raise CertificateError(msg)
    try:
        text = data.decode()
        signed = from_json(text, SignedCertificate, form=FORMAT, name=name)
        again = signed.text()
    except (InputError, ValueError, RecursionError) as error:  # ValueError: bad UTF-8, NaN, huge numbers
        msg = f"{name} is no certificate: {error}"
        raise CertificateError(msg) from error
    if again != text:
        msg = f"{name} is no certificate: the same content is written differently, so the file was changed"
        raise CertificateError(msg)
    return signed


def open_certificate(data: bytes, trusted: Mapping[str, Issuer], *, name: str) -> Certificate:
    """Read a certificate file and check who signed it.

    Parameters
    ----------
    data : bytes
        The whole file.
    trusted : mapping of str to Issuer
        Issuers believed here, by key id.
    name : str
        Of the file, for messages.

    Returns
    -------
    Certificate
        As its issuer signed it; whether it holds here and today is another question.

    Raises
    ------
    CertificateError
        If the form, the issuer or the signature is wrong.
    """
    signed = parse_certificate(data, name=name)
    certificate = signed.certificate
    issuer = trusted.get(certificate.issuer_key)
    if issuer is None or issuer.name != certificate.issuer:
        issued_by = f"{certificate.issuer[:64]} (key {certificate.issuer_key[:32]})"
        msg = f"{name} was issued by {issued_by}, whom this installation does not trust"
        raise CertificateError(msg)
    signature = _signature(signed.signature, name)
    try:
        message = signed_bytes(certificate)
    except InputError as error:  # a number or text that has no canonical form was never signed
        msg = f"{name} is no certificate: {error}"
        raise CertificateError(msg) from error
    if not issuer.signed(message, signature):
        msg = (
            f"{name} does not bear the signature of {issuer.name}: it was changed after signing, or is forged"
        )
        raise CertificateError(msg)
    return certificate


def read_bytes(path: Path) -> bytes:
    """Read a certificate file, up to the size one can have.

    Raises
    ------
    CertificateError
        If it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_FILE + 1)
    except OSError as error:
        msg = f"cannot read the certificate {path}: {error.strerror}"
        raise CertificateError(msg) from error


def _signature(text: str, name: str) -> bytes:
    try:
        signature = base64.b64decode(text, validate=True)
    except ValueError as error:  # binascii.Error, or text outside ASCII
        msg = f"{name} is no certificate: the signature is not base64"
        raise CertificateError(msg) from error
    # Base64 has spare bits at the end: compare, or two texts would mean one signature.
    if len(signature) != SIGNATURE_BYTES or base64.b64encode(signature).decode() != text:
        msg = f"{name} is no certificate: the signature is not {SIGNATURE_BYTES} bytes in canonical base64"
        raise CertificateError(msg)
    return signature
