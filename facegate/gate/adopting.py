"""Put a certificate in force: checked against the agency's gallery first, whole or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.durable import replace_bytes
from facegate.errors import CertificateError, FacegateError
from facegate.evaluation.certificates.check import Use, objections
from facegate.evaluation.certificates.file import open_certificate
from facegate.gallery.manifest import FILE_NAME, Manifest
from facegate.gate.in_force import read_bounds, trusted_issuers

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.evaluation.certificates.keys import Issuer
    from facegate.gate.home import Home


def put_in_force(data: bytes, home: Home, *, issuer: Issuer | None, now: datetime, name: str) -> Certificate:
    """Check a certificate against an agency's folder, and put it there.

    Parameters
    ----------
    data : bytes
        The certificate file.
    home : Home
        The agency's folder; its gallery may be missing yet.
    issuer : Issuer or None
        To be trusted from now on; None for those trusted already.
    now : datetime
        The moment, with its zone.
    name : str
        Of the file, for messages.

    Returns
    -------
    Certificate
        Now in force.

    Raises
    ------
    CertificateError
        If it does not hold; whatever was in force before still is.
    """
    trusted = trusted_issuers(home) if issuer is None else {issuer.key_id: issuer}
    held = open_certificate(data, trusted, name=name)
    if wrong := objections(held, _use(home, held, now), bounds=read_bounds(home)):
        msg = f"{name} was not adopted. {' '.join(wrong)}"
        raise CertificateError(msg)
    _write(data, home, issuer)
    return held


def _write(data: bytes, home: Home, issuer: Issuer | None) -> None:
    """Trust first, certificate second: a failure between leaves the earlier one in force."""
    if issuer is None:
        replace_bytes(home.certificate, data)
        return
    path = home.issuers / f"{issuer.key_id}.pub"
    new = not path.exists()
    replace_bytes(path, issuer.line().encode())
    try:
        replace_bytes(home.certificate, data)
    except FacegateError:
        if new:
            path.unlink(missing_ok=True)
        raise


def _use(home: Home, held: Certificate, now: datetime) -> Use:
    """Say what the gallery asks of a certificate; one that is not made yet asks for nothing."""
    if not (home.gallery / FILE_NAME).exists():
        return Use(held.embedder_digest, now, gallery_size=0, gallery_synthetic=True)
    gallery = Manifest.read(home.gallery)
    synthetic = any(origin.synthetic for origin in gallery.origins)
    return Use(gallery.embedder.digest, now, gallery.n_subjects, synthetic)
