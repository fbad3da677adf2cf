"""facegate's own rules in plain Python, and the forms of fields: written from their descriptions.

Shares with the package only the list of codes that exist and the closed lists of words.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

from asked import CODES

from facegate.policy.offenses import OffenseCatalogue
from facegate.request import CHANNELS, PROBE_ROLES, PROBE_SOURCES, PURPOSES, SETTINGS

if TYPE_CHECKING:
    from asked import Asked

    from facegate.request import SearchRequest

NEVER = {"3602", "3603", "3609", "3610", "1401", "1402", "1403", "1404", "1499"}
NOT_OFFENSES = {"0913", "1701", "1702"}
IMMIGRATION = {"0301", "0302", "0303", "0399", "8003", "8004", "8005"}
NIBRS_IMMIGRATION = {"30A", "30B", "30C", "30D", "49C"}
NIBRS = set(OffenseCatalogue.load().nibrs)
SEE_MIS = {
    *("2007", "2506", "2507", "2509", "2510", "3613", "4901", "4902", "4903"),
    *("5005", "5011", "5012", "5015", "5099", "7099", "7199", "7299", "7399"),
}
DIGITS = set("0123456789")
CAPITALS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
SMALL = set("abcdefghijklmnopqrstuvwxyz")
PLAIN = DIGITS | CAPITALS | SMALL
PRINTABLE = {chr(code) for code in range(32, 127)}


def stated(text: str | None) -> bool:
    return text is not None and text.strip() != ""


def case_number_ok(text: str | None) -> bool:
    return (
        text is not None
        and 1 <= len(text) <= 64
        and set(text) <= PLAIN | set("-/.")
        and bool(set(text) & DIGITS)
        and text[0] in PLAIN
        and text[-1] in PLAIN
    )


def citation_ok(text: str | None) -> bool:
    return (
        text is not None
        and 1 <= len(text) <= 200
        and set(text) <= PRINTABLE | {"\u00a7"}
        and bool(set(text) & DIGITS)
        and text == text.strip()
    )


def officer_ok(text: str | None) -> bool:
    if not text:
        return False
    return len(text) <= 32 and text[0] in PLAIN and set(text) <= PLAIN | set("._-")


def ori_ok(text: str | None) -> bool:
    return (
        text is not None
        and len(text) == 9
        and set(text[:2]) <= CAPITALS
        and set(text[2:]) <= CAPITALS | DIGITS
    )


def word_ok(text: str | None) -> bool:
    """Hold to the form of a level or of a gallery's name."""
    word = text or ""
    return 1 <= len(word) <= 32 and set(word) <= SMALL | DIGITS | {"-"} and word[0] != "-"


def digest_ok(text: str | None) -> bool:
    return text is not None and len(text) == 64 and set(text) <= DIGITS | set("abcdef")


def plain_text_ok(text: str | None) -> bool:
    return text is not None and 1 <= len(text) <= 100 and set(text) <= PRINTABLE and text == text.strip()


def code_of(request: SearchRequest) -> str | None:
    """Give the offense code if there is such a one."""
    return request.offense_code if request.offense_code in CODES else None


def section_of(request: SearchRequest) -> str | None:
    """Give the statute section as rules compare it."""
    return (
        " ".join((request.charge_citation or "").split()).upper()
        if citation_ok(request.charge_citation)
        else None
    )


def paper_kind(asked: Asked) -> str | None:
    """Give the kind of the judicial paper that is complete and in force; None if there is none."""
    paper = asked.request.instrument
    if not asked.facts.gate.paper_on_file or paper is None or paper.kind not in {"warrant", "order"}:
        return None
    try:
        issued, expires = date.fromisoformat(paper.issued), date.fromisoformat(paper.expires)
    except ValueError:
        return None
    complete = plain_text_ok(paper.court) and plain_text_ok(paper.number)
    return paper.kind if complete and issued <= asked.now.astimezone(UTC).date() <= expires else None


def emergency(asked: Asked) -> datetime | None:
    """Give when an emergency was declared by another officer in good standing, within 48 hours; else None."""
    stated_one, declarer = asked.request.exigency, asked.facts.declarer
    if stated_one is None or not stated(stated_one.basis) or not officer_ok(stated_one.declared_by):
        return None
    if stated_one.declared_by.lower() == (asked.request.requester or "").lower() or not (
        declarer.known and declarer.active
    ):
        return None
    try:
        at = datetime.fromisoformat(stated_one.at)
    except ValueError:
        return None
    if at.tzinfo is None or not asked.now - timedelta(hours=48) <= at <= asked.now:
        return None
    return at


def suspicion(asked: Asked) -> int:
    """Give the standard of suspicion stated: -1 if none of the list."""
    return {"none": 0, "reasonable": 1, "probable_cause": 2}.get(asked.request.suspicion or "", -1)


def approved(asked: Asked) -> bool:
    """Tell whether a registered supervisor or coordinator other than the requester approved."""
    one, who = asked.facts.approver, asked.request.approver
    named = officer_ok(who) and (who or "").lower() != (asked.request.requester or "").lower()
    if who == asked.request.operator:
        one = asked.facts.operator  # one id, one person: the first description counts
    return named and one.known and one.active and one.role in {"supervisor", "coordinator"}


def operator_stated(asked: Asked) -> bool:
    """Tell whether whoever runs the comparison is named usably."""
    who = asked.request.requester if asked.request.operator == "self" else asked.request.operator
    return officer_ok(who)


def operates(asked: Asked) -> bool:
    """Tell whether an officer in good standing is named who runs the comparison."""
    same = asked.request.operator in {"self", asked.request.requester}
    one = asked.facts.requester if same else asked.facts.operator
    return operator_stated(asked) and one.known and one.active


def gate_twin(asked: Asked, allows: frozenset[str] = frozenset()) -> set[str]:
    """Decide which of facegate's own rules a question fails; periods are left to the caller."""
    request, facts = asked.request, asked.facts
    gate = facts.gate
    code = code_of(request)
    case_ok = case_number_ok(request.case_number)
    warrant = paper_kind(asked) == "warrant"
    self_serving = request.on_behalf_of in {"self", request.agency}
    benefits_ok = ori_ok(request.agency if request.on_behalf_of == "self" else request.on_behalf_of)
    beneficiary = facts.agency if self_serving else facts.beneficiary
    limit = request.candidate_limit
    broken = {
        "FG-AUTHORITY": not gate.authority_on_file,
        "FG-NOTICE": not gate.notice_over,
        "FG-USAGE-POLICY": not gate.usage_policy_published,
        "FG-AUDIT": not gate.audit_current,
        "FG-DOOR": not gate.right_door,
        "FG-ACTIVATED": not gate.policy_activated,
        "FG-CERTIFICATE": not gate.certificate_holds,
        "FG-EMBEDDER": not gate.embedder_fits,
        "FG-CLOCK": not gate.clock_forward,
        "FG-REQUESTER": not officer_ok(request.requester),
        "FG-OFFICER": officer_ok(request.requester)
        and not (facts.requester.known and facts.requester.active),
        "FG-TRAINED": facts.requester.known and not facts.requester.trained,
        "FG-AGENCY": not ori_ok(request.agency),
        "FG-AGENCY-KNOWN": ori_ok(request.agency) and not facts.agency.known,
        "FG-AGENCY-BLOCKED": facts.agency.blocked,
        "FG-ON-BEHALF": not (benefits_ok and beneficiary.known and not beneficiary.blocked),
        "FG-SHARING": not gate.shared,
        "FG-CROSS-STATE": request.action == "imageComparison" and not gate.same_state,
        "FG-SOURCE-ADDRESS": not plain_text_ok(request.source_address),
        "FG-OPERATOR": not operates(asked),
        "FG-APPROVER": not approved(asked),
        "FG-CASE-NUMBER": not stated(request.case_number),
        "FG-CASE-FORM": stated(request.case_number) and not case_ok,
        "FG-CASE-PATTERN": case_ok and not gate.case_number_fits,
        "FG-CASE-REGISTER": case_ok and not gate.case_registered,
        "FG-CASE-OWN": gate.case_registered and not gate.case_by_another,
        "FG-CASE-OFFENSE": gate.case_registered and not gate.offense_fits_case,
        "FG-PERMIT": not gate.permit_holds,
        "FG-EXIGENCY-DUE": not gate.exigency_settled,
        "FG-PURPOSE": request.purpose not in PURPOSES or not stated(request.duty_statement),
        "FG-PROBE-ROLE": request.probe_role not in PROBE_ROLES,
        "FG-OFFENSE-CODE": not stated(request.offense_code),
        "FG-OFFENSE-KNOWN": stated(request.offense_code) and code is None,
        "FG-NIBRS": request.offense_nibrs not in NIBRS,
        "FG-NEVER": code in NEVER,
        "FG-NOT-OFFENSE": code in NOT_OFFENSES,
        "FG-IMMIGRATION": (code in IMMIGRATION or request.offense_nibrs in NIBRS_IMMIGRATION) and not warrant,
        "FG-IMMIGRATION-AGENCY": (
            facts.agency.agency_class == "immigration"
            or (benefits_ok and beneficiary.agency_class == "immigration")
            or request.purpose == "immigration_enforcement"
        )
        and not warrant,
        "FG-WIDE-HEADING": code is not None
        and (code[2:] == "99" or code in SEE_MIS)
        and not citation_ok(request.charge_citation),
        "FG-OFFENSE-LEVEL": not stated(request.offense_level),
        "FG-CHANNEL": request.channel not in CHANNELS or request.channel not in {"desk", *allows},
        "FG-SETTING": request.setting not in SETTINGS or request.setting in {"school"} - allows,
        "FG-PROBE-SOURCE": request.probe_source not in PROBE_SOURCES
        or request.probe_source in {"social_media"} - allows,
        "FG-SKETCH": request.sketch is None or (request.sketch and "sketch" not in allows),
        "FG-EDITED": request.probe_edited is None or (request.probe_edited and "edited" not in allows),
        "FG-FIRST-AMENDMENT": request.first_amendment is None
        or (request.first_amendment and "first_amendment" not in allows),
        "FG-PHOTO": not gate.probe_is_photo,
        "FG-GALLERY": not word_ok(request.gallery),
        "FG-CANDIDATES": limit is None or not 1 <= limit <= 50,
        "FG-CAP-CASE": not gate.within_case_cap,
        "FG-CAP-OFFICER": not gate.within_officer_cap,
        "FG-CAP-AGENCY": not gate.within_agency_cap,
        "FG-CAP-SUBJECT": not gate.within_subject_cap,
        "FG-GALLERY-BUDGET": not gate.within_gallery_budget,
        "FG-BREAKER": not gate.breaker_closed,
        "FG-VARIANTS": not gate.variants_cleared,
    }
    return {rule for rule, is_broken in broken.items() if is_broken}
