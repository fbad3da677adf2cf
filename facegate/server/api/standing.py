"""``/v1/certificate``, ``/v1/docket``, ``/v1/audits``: how the agency stands."""

from dataclasses import asdict
from datetime import date
from typing import Literal

from fastapi import APIRouter, Response

from facegate.evaluation.certificates.certificate import Certificate
from facegate.gate.reply import certificate_seen
from facegate.server.acts import standing as acts
from facegate.server.api.accepting import JSON
from facegate.server.api.replies import Reply
from facegate.server.asking import CallerOf, ServiceOf

router = APIRouter(prefix="/v1", tags=["standing"])


class RatesReply(Reply):
    """How often people of one group are wrongly matched or returned, as certified; null was not measured."""

    group: str
    people: int
    fmr: float | None
    fmr_at_most: float
    fpir: float | None
    fpir_at_most: float | None


class CertifiedReply(Reply):
    """A certificate: whose rates, at which threshold, measured on what."""

    serial: str
    issuer: str
    issued_on: str
    valid_until: str
    embedder: str
    embedder_digest: str
    dataset: str
    synthetic: bool
    score: float
    native: float
    native_name: str
    basis: str
    in_sample: bool
    gallery_size: int | None
    overall: RatesReply
    groups: list[RatesReply]
    notes: list[str]


class CertificateReply(Reply):
    """The certificate in force; without one, or with an objection, every search is refused."""

    holds: bool
    objections: list[str]
    certificate: CertifiedReply | None


class DueReply(Reply):
    """One thing that is owed about a search."""

    what: str
    search_id: str
    due: date
    overdue: bool
    say: str


class DocketReply(Reply):
    """What is owed of reviews, notices of correction and disclosures, the longest overdue first."""

    due: list[DueReply]
    n_overdue: int


class AuditReply(Reply):
    """One audit as it was filed."""

    record: int
    period_end: str
    filed_on: str
    auditor: str
    next_due: str
    findings_open: int


class AuditsReply(Reply):
    """The calendar of audits; ``next_due`` is null if none was ever filed."""

    every_days: int
    next_due: str | None
    state: Literal["current", "overdue", "never audited"]
    audits: list[AuditReply]


@router.get("/certificate")
def get_certificate(service: ServiceOf, caller: CallerOf) -> CertificateReply:
    """Give the certificate in force, and whether it holds for this gallery today. For anybody."""
    found = acts.certificate_in_force(service, caller)
    held = found.certificate
    return CertificateReply(
        holds=not found.objections,
        objections=list(found.objections),
        certificate=None if held is None else _certified(held),
    )


@router.get(
    "/certificate/file",
    response_class=Response,
    responses={200: {"content": {JSON: {"schema": {"type": "object"}}}}},
)
def get_certificate_file(service: ServiceOf, caller: CallerOf) -> Response:
    """Give the certificate in force as the signed file that the issuer's key checks. For anybody."""
    held = 'attachment; filename="certificate.json"'
    return Response(
        acts.certificate_file(service, caller), media_type=JSON, headers={"Content-Disposition": held}
    )


@router.get("/docket")
def get_docket(service: ServiceOf, caller: CallerOf) -> DocketReply:
    """List what is owed about searches that are the caller's to see: reviews, notices, disclosures."""
    found = acts.read_docket(service, caller)
    return DocketReply(
        due=[DueReply.model_validate(one) for one in found], n_overdue=sum(one.overdue for one in found)
    )


@router.get("/audits")
def get_audits(service: ServiceOf, caller: CallerOf) -> AuditsReply:
    """Give the calendar of audits: which were filed, and when the next is due. For anybody."""
    found = acts.audit_calendar(service, caller)
    return AuditsReply.model_validate(
        {
            "every_days": found.every_days,
            "next_due": found.next_due or None,
            "state": found.state,
            "audits": [AuditReply.model_validate(one) for one in found.audits],
        }
    )


def _certified(held: Certificate) -> CertifiedReply:
    seen = certificate_seen(held)
    shown = {} if seen is None else asdict(seen)
    own = {"embedder": held.embedder, "embedder_digest": held.embedder_digest, "notes": list(held.notes)}
    return CertifiedReply.model_validate({**shown, **own})
