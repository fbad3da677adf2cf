"""What is tested: the embedder that serves, at the threshold of the certificate in force."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from facegate.errors import CertificateError
from facegate.evaluation.certificates.check import out_of_date
from facegate.gate.in_force import NONE_ADOPTED

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.decision import Threshold
    from facegate.faces.embedder import Embedder
    from facegate.gate.in_force import InForce


@dataclass(frozen=True, slots=True)
class System:
    """The comparison that serves; the gallery is no part of it.

    Parameters
    ----------
    embedder : Embedder
        The gate's own.
    threshold : Threshold
        Of the certificate in force.
    certificate : str
        Its serial.
    """

    embedder: Embedder
    threshold: Threshold
    certificate: str

    def to_json(self) -> dict[str, JSONValue]:
        """Say what was tested; numbers as text, as the log keeps no floats."""
        return {
            "embedder": self.embedder.info.name,
            "embedder_digest": self.embedder.info.digest,
            "threshold_score": repr(self.threshold.score),
            "threshold_native": f"{self.threshold.metric.native_name} {self.threshold.native:g}",
            "certificate": self.certificate,
        }


def system_in_force(embedder: Embedder, in_force: InForce, at: datetime) -> System:
    """Take embedder and threshold as they serve now.

    Parameters
    ----------
    embedder : Embedder
        The gate's.
    in_force : InForce
        The certificate in force, or why there is none.
    at : datetime
        Now, with its zone.

    Raises
    ------
    CertificateError
        If nothing is in force for this embedder today: then nothing is searched here, and there is no
        threshold to test. Bounds and the gallery's size are not asked: they say whether the gate may open,
        not how two faces are compared.
    """
    certificate = in_force.certificate
    if certificate is None:
        raise CertificateError(in_force.why_none or NONE_ADOPTED)
    if wrong := out_of_date(certificate, at.astimezone(UTC).date()):
        raise CertificateError(" ".join(wrong))
    if certificate.embedder_digest != embedder.info.digest:
        msg = (
            f"The certificate in force is for model {certificate.embedder} "
            f"({certificate.embedder_digest[:12]}), "
            f"the one that serves is {embedder.info.name} ({embedder.info.digest[:12]})."
        )
        raise CertificateError(msg)
    return System(embedder, certificate.decides, certificate.serial)
