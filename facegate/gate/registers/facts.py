"""What the registers know of one request at one time: the facts a law decides on.

Nothing is true by default: what is not registered, not filed, not of its form or erased is not in order. The
facts of permits, probes, certificates and caps are no register's, stay false here and are filled by the gate.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.registers.activation import notice_of_law, policy_activated
from facegate.gate.registers.audits import audit_current
from facegate.gate.registers.case_pattern import fits
from facegate.gate.registers.cases import case_pattern, find_case
from facegate.gate.registers.clock import clock_forward
from facegate.gate.registers.conditions import authority_on_file, policy_published
from facegate.gate.registers.notices import is_over
from facegate.gate.registers.papers import exigency_settled, paper_on_file, release_form_on_file
from facegate.gate.registers.people_known import agency_facts, officer_facts, operator_facts
from facegate.gate.registers.sharing import shared_with
from facegate.policy.facts import NOBODY, Facts, GateFacts
from facegate.policy.forms import CASE_NUMBER, DIGEST, GALLERY, ORI, of_form
from facegate.request import PURPOSES, SELF

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from facegate.gate.registers.cases import Case
    from facegate.gate.registers.demands import Recorder
    from facegate.policy.facts import AgencyFacts
    from facegate.request import SearchRequest


def look_up(
    ledger: Recorder,
    request: SearchRequest,
    now: datetime,
    *,
    policy_digest: str,
    published_policy: bytes | None,
    overlays: Iterable[str] = (),
) -> Facts:
    """Look a request up in every register.

    Parameters
    ----------
    ledger : Recorder
        The registers.
    request : SearchRequest
        As stated; what is not of its form is looked up nowhere.
    now : datetime
        Time of the request, with its zone.
    policy_digest : str
        SHA-256 of the law in force for it, overlays included.
    published_policy : bytes or None
        The usage policy in the agency's folder, None if there is none.
    overlays : iterable of str
        Overlays the law is asked under; an activation holds for exactly these.

    Returns
    -------
    Facts
        Requester, approver and declarer are looked up at the requesting agency; whoever runs the comparison
        as `facegate.gate.registers.people_book.operator_home` says.
    """
    ori = of_form(request.agency, ORI)
    benefits = ori if request.on_behalf_of == SELF else of_form(request.on_behalf_of, ORI)
    agency = agency_facts(ledger, ori, now)
    beneficiary = agency if benefits == ori else agency_facts(ledger, benefits, now)
    requester = officer_facts(ledger, request.requester, ori, now)
    operator = requester if _runs_it_himself(request) else operator_facts(
        ledger, request.operator, agency=ori, gallery=of_form(request.gallery, GALLERY), now=now
    )  # fmt: skip
    declared_by = request.exigency.declared_by if request.exigency else None
    gate = GateFacts(
        **_case(ledger, request, ori),
        same_state=_same_state(ledger, request, ori),
        shared=_shared(ledger, request, {ori: agency, benefits: beneficiary}, now),
        release_form_on_file=release_form_on_file(ledger, ori, of_form(request.release_form, DIGEST)),
        paper_on_file=paper_on_file(
            ledger,
            ori,
            of_form(request.case_number, CASE_NUMBER),
            request.instrument,
            requester=request.requester,
        ),
        authority_on_file=authority_on_file(ledger, of_form(request.gallery, GALLERY)),
        usage_policy_published=policy_published(ledger, published_policy),
        audit_current=audit_current(ledger, now),
        notice_over=is_over(notice_of_law(ledger, request.profile, overlays, policy_digest, now), now),
        policy_activated=policy_activated(ledger, request.profile, overlays, policy_digest, now),
        exigency_settled=ori is not None and exigency_settled(ledger, ori, now),
        clock_forward=clock_forward(ledger, now),
    )
    return Facts(
        requester=requester,
        operator=operator,
        approver=officer_facts(ledger, request.approver, ori, now),
        declarer=officer_facts(ledger, declared_by, ori, now) if declared_by else NOBODY,
        agency=agency,
        beneficiary=beneficiary,
        gate=gate,
    )


def _runs_it_himself(request: SearchRequest) -> bool:
    return request.operator == SELF or (
        request.operator is not None and request.operator == request.requester
    )


def _case(ledger: Recorder, request: SearchRequest, ori: str | None) -> dict[str, bool]:
    number = of_form(request.case_number, CASE_NUMBER)
    found = find_case(ledger, ori, number) if ori and number else None
    case = found if found and found.is_open else None
    return {
        "case_registered": case is not None,
        "case_by_another": case is not None and _stated_by_another(case.registered_by, case, request),
        "offense_fits_case": case is not None
        and request.offense_code == case.offense_code
        and _stated_by_another(case.offense_by, case, request),
        "case_number_fits": number is not None and fits(number, case_pattern(ledger, ori)),
    }


def _stated_by_another(officer: str, case: Case, request: SearchRequest) -> bool:
    """Tell whether somebody other than the requester stated it, or confirmed the case as it stands."""
    return _another(officer, request) or _another(case.confirmed_by, request)


def _another(officer: str, request: SearchRequest) -> bool:
    """Tell whether somebody other than the requester did it; nobody knows that of one who was erased."""
    return bool(officer and request.requester) and officer.lower() != (request.requester or "").lower()


def _same_state(ledger: Recorder, request: SearchRequest, ori: str | None) -> bool:
    query = (
        "SELECT 1 FROM conditions_galleries JOIN people_agencies USING (state) "
        "WHERE gallery = ? AND ori = ? AND state <> 'US'"
    )
    return bool(ledger.value(query, of_form(request.gallery, GALLERY), ori))


def _shared(
    ledger: Recorder, request: SearchRequest, parties: dict[str | None, AgencyFacts], now: datetime
) -> bool:
    """Tell whether the gallery is shared, for what is asked, with the agency and the one it acts for."""
    gallery = of_form(request.gallery, GALLERY)
    if gallery is None or None in parties or request.purpose not in PURPOSES:
        return False
    return all(
        facts.known
        and shared_with(
            ledger,
            gallery=gallery,
            ori=ori or "",
            agency_class=facts.agency_class,
            action=request.action,
            purpose=request.purpose,
            now=now,
        )
        for ori, facts in parties.items()
    )
