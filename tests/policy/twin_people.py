"""Who stands behind the ids of a question, in plain Python: one id is one person, described once."""

from __future__ import annotations

from typing import TYPE_CHECKING

from twin_gate import officer_ok, operator_stated, ori_ok

from facegate.policy.facts import NOBODY

if TYPE_CHECKING:
    from asked import Asked

    from facegate.policy.facts import AgencyFacts, OfficerFacts


def operator_of(asked: Asked) -> OfficerFacts:
    """Give what is known of whoever runs the comparison; nobody if none is named usably."""
    if not operator_stated(asked):
        return NOBODY
    same = asked.request.operator in {"self", asked.request.requester}
    return asked.facts.requester if same else asked.facts.operator


def approver_of(asked: Asked) -> OfficerFacts:
    """Give what is known of whoever approves; the requester himself counts as nobody."""
    who = asked.request.approver
    if not officer_ok(who) or who == asked.request.requester:
        return NOBODY
    return asked.facts.operator if who == asked.request.operator else asked.facts.approver


def beneficiary_of(asked: Asked) -> AgencyFacts | None:
    """Give what is known of the agency that benefits; None if none is named usably."""
    request = asked.request
    if not ori_ok(request.agency if request.on_behalf_of == "self" else request.on_behalf_of):
        return None
    same = request.on_behalf_of in {"self", request.agency}
    return asked.facts.agency if same else asked.facts.beneficiary


def examined(asked: Asked) -> bool:
    """Tell whether a trained examiner in good standing runs the comparison."""
    who = operator_of(asked)
    return who.known and who.active and who.trained and who.role == "examiner"
