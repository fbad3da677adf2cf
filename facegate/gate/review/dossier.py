"""A dossier: listed fields of the record of somebody who was released as a lead. An action of its own.

The order is the safety:

1. the request goes to the law as action ``dossier``, and is held to the search it rests on: released to this
   agency, in this case, a lead that was not proved wrong;
2. what was asked, and how that was decided, is durable before any record is read;
3. a refusal ends here;
4. exactly the fields asked for are read; a source that gives any other, or leaves one out, ends the release:
   nothing is joined to a face that the law's list does not name (no birthplace beside a struck-out number);
5. every image carries the mark of this copy; one that cannot carry it does not leave;
6. the release, with the mark, the list of its fields and, sealed, the recipient and a digest of what the
   fields held, is durable first. How many dossiers the case has had is sealed, too.

Not protected here: a source that writes a foreign fact into the text of a listed field.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from facegate.audit.entry import REFUSED
from facegate.errors import InputError, PolicyRefusal
from facegate.gate.ledger.ledger import writable
from facegate.gate.ledger.texts import record_texts
from facegate.gate.reply import NOTICE
from facegate.gate.review.dossier_copy import Handout, dossiers_released, mark_of_copy
from facegate.gate.review.rules import is_corrected
from facegate.gate.review.state import Reviewed, find
from facegate.policy.engine import CHECKED, GATE_RULE
from facegate.policy.forms import ORI, record_fields
from facegate.records import FailedRule
from facegate.request import PURPOSES, SELF, Action

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.dossier_copy import RecordSource
    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.policy.facts import Facts
    from facegate.records import SearchId
    from facegate.request import SearchRequest


@dataclass(frozen=True, slots=True)
class Dossier:
    """What leaves: the fields listed, and nothing else.

    Parameters
    ----------
    search_id : SearchId
        The search it rests on.
    rank : int
        Which candidate.
    fields : tuple of (str, str)
        Name and content, in alphabetical order of the names; images carry the mark.
    mark : str
        The recipient's mark; it stays on every copy.
    n_in_case : int
        Which dossier of its case it is, from 1.
    asked, record : int
        Where request and release stand in the log.
    notice : str
        The lead-only sentence.
    """

    search_id: SearchId
    rank: int
    fields: tuple[tuple[str, str], ...]
    mark: str
    n_in_case: int
    asked: int
    record: int
    notice: str = NOTICE

    def to_json(self) -> dict[str, Any]:
        """Give the dossier as plain JSON values."""
        return {**asdict(self), "fields": dict(self.fields)}


class DossierRefusal(PolicyRefusal):
    """The law, or the search it rests on, does not allow this dossier.

    Parameters
    ----------
    message : str
        One sentence.
    failed : tuple of FailedRule
        Every rule that failed.
    record : int
        Where the refusal stands in the log.
    """

    def __init__(self, message: str, *, failed: tuple[FailedRule, ...], record: int) -> None:
        super().__init__(message)
        self.failed = failed
        self.record = record


def ask_dossier(
    ledger: Ledger,
    engine: PolicyEngine,
    source: RecordSource,
    request: SearchRequest,
    facts: Facts,
    *,
    search_id: str,
    rank: int,
    key: bytes,
    at: datetime,
    overlays: tuple[str, ...] = (),
    permit: str = "",
) -> Dossier:
    """Ask for listed fields of the record of one released lead.

    Parameters
    ----------
    ledger : Ledger
        Where every attempt is recorded.
    engine : PolicyEngine
        The law.
    source : RecordSource
        Who keeps the records; asked only after the request is durable.
    request : SearchRequest
        What the requester states: action ``dossier``, with its ``dossier_fields``.
    facts : Facts
        What registers and counters know of it.
    search_id : str
        The search it rests on.
    rank : int
        Which candidate of its list, from 1.
    key : bytes
        32 secret bytes behind marks.
    at : datetime
        When, with its zone.
    overlays : tuple of str
        Laid over the profile by whoever runs the gate.
    permit : str
        The permit named; whether it holds stands in the facts. A dossier that is allowed uses it up.

    Returns
    -------
    Dossier
        The fields asked for.

    Raises
    ------
    InputError
        If there is no such search, or the request is for another action.
    DossierRefusal
        If a rule fails; recorded, and no record was read.
    PolicyRefusal
        If the source gave other fields than those asked for, or an image that cannot carry a mark;
        recorded, and nothing leaves.
    """
    _demand_dossier(request)
    search = find(ledger, search_id, at=at)
    decided = engine.decide(request, facts, at, overlays=overlays)  # 1
    failed = (*decided.failed, *_objections(ledger, search, request, rank))
    n_before = dossiers_released(ledger, search)
    asked = _record_asked(
        ledger,
        search,
        request,
        facts,
        decided,
        n_before=n_before,
        failed=failed,
        rank=rank,
        at=at,
        permit=permit,
        policy_texts=record_texts(ledger, engine, decided.profile if decided.policy_digest else "", at),
    )  # 2
    if failed:  # 3
        names = ", ".join(rule.rule_id for rule in failed)
        law = decided.profile or "no profile"
        msg = f"the dossier is refused under {law} by {names} (record {asked} of the log)"
        raise DossierRefusal(msg, failed=failed, record=asked)
    handout = Handout(ledger, search, rank, asked, at)
    mark = mark_of_copy(key, handout, request)
    values = handout.read(source, record_fields(request.dossier_fields) or ())  # 4
    values = handout.marked(values, mark)  # 5
    sealed = {
        "recipient": writable(request.requester),
        "recipient_agency": writable(request.agency),
        "n_in_case": str(n_before + 1),
    }
    record = handout.record_release(values, mark, sealed)  # 6
    return Dossier(search.search_id, rank, values, mark, n_before + 1, asked, record)


def may_dossier(
    ledger: Ledger,
    engine: PolicyEngine,
    request: SearchRequest,
    facts: Facts,
    *,
    search_id: str,
    rank: int,
    at: datetime,
    overlays: tuple[str, ...] = (),
) -> tuple[FailedRule, ...]:
    """Say what keeps a dossier from being allowed; nothing is recorded and no record is read.

    Parameters
    ----------
    ledger, engine, request, facts, search_id, rank, at, overlays
        As for `ask_dossier`.

    Returns
    -------
    tuple of FailedRule
        None of them: it would be allowed.

    Raises
    ------
    InputError
        If there is no such search, or the request is for another action.
    """
    _demand_dossier(request)
    search = find(ledger, search_id, at=at)
    decided = engine.decide(request, facts, at, overlays=overlays)
    return (*decided.failed, *_objections(ledger, search, request, rank))


def what_is_approved(request: SearchRequest, *, search_id: str, rank: int) -> str:
    """Name what a permit for a dossier binds beyond the request: which candidate, and which fields.

    Without it an approval of one person's name would open everything about the next one on the list.

    Examples
    --------
    >>> from facegate.request import SearchRequest
    >>> request = SearchRequest(profile="co-dmv-2019", dossier_fields=("photo", "name"))
    >>> what_is_approved(request, search_id="01a2", rank=1)
    'search 01a2, candidate 1, fields name photo'
    """
    return f"search {search_id}, candidate {rank}, fields {' '.join(sorted(request.dossier_fields))}"


def _demand_dossier(request: SearchRequest) -> None:
    if request.action != Action.DOSSIER:
        msg = f"a dossier is asked for with action {Action.DOSSIER}, nothing else"
        raise InputError(msg)


def _objections(
    ledger: Ledger, search: Reviewed, request: SearchRequest, rank: int
) -> tuple[FailedRule, ...]:
    """Hold the request to the search it rests on; every objection is named."""
    received = [one for one in search.releases if one.agency == request.agency]
    is_lead = any(line[0] == rank and line[2] for one in received for line in one.lines)
    found = {
        "RV-FIELDS": (
            record_fields(request.dossier_fields) is None,
            "No field is asked for, or one that is not on the list of fields.",
        ),
        "RV-CASE": (
            not search.case_number or request.case_number != search.case_number,
            "The search was made in another case, or its case was erased.",
        ),
        "RV-NOT-RELEASED": (not received, "The candidate list was not released to this agency."),
        "RV-NOT-A-LEAD": (
            bool(received) and not is_lead,
            "The candidate was not released as a lead.",
        ),
        "RV-PROVED-WRONG": (
            is_corrected(ledger, search.search_id, rank),
            "The candidate was proved wrong: he is a lead no longer.",
        ),
        "RV-ERASED": (
            len(search.candidates.candidates) != search.n_candidates,
            "The candidates of this search were erased from the sealed part.",
        ),
    }
    return tuple(FailedRule(rule, say, GATE_RULE, CHECKED) for rule, (failed, say) in found.items() if failed)


def _record_asked(
    ledger: Ledger,
    search: Reviewed,
    request: SearchRequest,
    facts: Facts,
    decided: PolicyDecision,
    *,
    n_before: int,
    failed: tuple[FailedRule, ...],
    rank: int,
    at: datetime,
    permit: str,
    policy_texts: tuple[str, ...],
) -> int:
    """Record what was asked and how it was decided, before any record is read.

    Public and open to anybody's typing: only what has its form, or stands on a closed list, is copied.
    """
    agency, beneficiary = request.agency or "", request.on_behalf_of or ""
    public: dict[str, JSONValue] = {
        "search_id": search.search_id,
        "rank": rank,
        "stage": "asked",
        "action": str(Action.DOSSIER),
        "agency": agency if ORI.fullmatch(agency) else "",
        "agency_class": facts.agency.agency_class,
        "beneficiary": beneficiary if beneficiary == SELF or ORI.fullmatch(beneficiary) else "",
        "beneficiary_class": facts.beneficiary.agency_class,
        "requester_role": facts.requester.role,
        "operator_role": facts.operator.role,
        "operator_unit": facts.operator.unit,
        "purpose": request.purpose if request.purpose in PURPOSES else "",
        "fields": list(record_fields(request.dossier_fields) or ()),
        "profile": decided.profile,
        "policy_digest": decided.policy_digest,
        "policy_texts": " ".join(policy_texts),
        "schema_digest": decided.schema_digest,
        "catalogue_digest": decided.catalogue_digest,
        "law_rules": [rule.rule_id for rule in decided.failed],
        "decision": REFUSED if failed else "allowed",
        "rule": failed[0].rule_id if failed else "",
        "rules": [rule.rule_id for rule in failed],
        "alarm": decided.alarm or "",
    }
    sealed = {
        "by": writable(request.requester),
        "by_agency": writable(request.agency),
        "operator": writable(request.operator),
        "approver": writable(request.approver),
        "case_number": writable(request.case_number),
        "permit_id": writable(permit),
        "n_dossiers_before": str(n_before),
        "request_digest": decided.request_digest,
        "question": decided.question,
    }
    return ledger.record("dossier", at=at, public=public, sealed=sealed)
