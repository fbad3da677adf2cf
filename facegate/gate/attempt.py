"""One attempt: what it is about, read once, and the two records it leaves."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.entry import INTENT, REFUSED, RESULT
from facegate.evaluation.certificates.check import NO_BOUNDS
from facegate.gate.ledger.ledger import writable
from facegate.policy.forms import GALLERY, ORI, of_form
from facegate.records import CandidateList
from facegate.request import CHANNELS, PURPOSES, SELF, Action

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.evaluation.certificates.check import Bounds
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.counting import Counted, LimitFacts
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.gate.reply import CertificateSeen, GallerySeen
    from facegate.policy.engine import PolicyDecision
    from facegate.policy.facts import Facts
    from facegate.records import Candidate, FailedRule, SearchId
    from facegate.request import SearchRequest

WITHHELD = "withheld"

NOBODY_FOUND = CandidateList(candidates=(), n_at_or_above=0)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What one attempt is about, read once: intent, token and reply speak of the same thing.

    Parameters
    ----------
    search_id : SearchId
        UUIDv7.
    at : datetime
        When it came in.
    request : SearchRequest
        What was stated.
    permit_id : str
        The permit named; may be anything.
    probe : bytes
        What was sent; perhaps no photo.
    gallery : GallerySeen
        What would be searched.
    overlays : tuple of str
        Overlays in force over the profile asked for.
    original_digest : str
        SHA-256 of the file the probe was written anew from; empty where it is what was sent.
    """

    search_id: SearchId
    at: datetime
    request: SearchRequest
    permit_id: str
    probe: bytes
    gallery: GallerySeen
    overlays: tuple[str, ...] = ()
    original_digest: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """How the law answered an attempt, and on what. It holds until anything else is recorded.

    Parameters
    ----------
    attempt : Attempt
        Who asked what.
    log_size : int
        Records on the log when it was asked.
    counted : Counted
        What caps say whatever the probe is like.
    limits : LimitFacts
        What they say of this probe.
    facts : Facts
        What the law was told.
    decided : PolicyDecision
        What it said.
    """

    attempt: Attempt
    log_size: int
    counted: Counted
    limits: LimitFacts
    facts: Facts
    decided: PolicyDecision


def record_intent(
    ledger: Ledger,
    attempt: Attempt,
    decided: PolicyDecision,
    *,
    facts: Facts,
    policy_texts: tuple[str, ...],
    marks: ProbeMarks,
    flags: tuple[str, ...],
    relied_on: Mapping[str, JSONValue],
    limits_digest: str = "",
    offense_class: str = "",
) -> int:
    """Record what was asked and how the law decided, before anything is done about it.

    Returns
    -------
    int
        Position in the log.
    """
    request = attempt.request
    public: dict[str, JSONValue] = {
        "search_id": attempt.search_id,
        "action": of_list(request.action, set(Action)),
        # Public and open to anybody's typing: only what has its form, or stands on its list, is copied.
        "agency": of_form(request.agency, ORI) or "",
        "agency_class": facts.agency.agency_class,
        "beneficiary": of_form(_beneficiary(request), ORI) or "",
        "beneficiary_class": facts.beneficiary.agency_class,
        "purpose": of_list(request.purpose, PURPOSES),
        "channel": of_list(request.channel, CHANNELS),
        "offense_class": offense_class,
        "gallery": of_form(request.gallery, GALLERY) or "",
        "profile": decided.profile,
        "policy_digest": decided.policy_digest,
        "policy_texts": " ".join(policy_texts),
        "schema_digest": decided.schema_digest,
        "catalogue_digest": decided.catalogue_digest,
        "decision": "allowed" if decided.permitted else REFUSED,
        "alarm": decided.alarm or "",
        "rules": [rule.rule_id for rule in decided.failed],
        "flags": list(flags),
        "limits_digest": limits_digest,
        "gallery_digest": attempt.gallery.digest,
        **relied_on,
    }
    # The request digest is sealed too: a bare hash over a case number and an officer id is
    # guessed in seconds from the public part.
    sealed = {
        "question": decided.question,
        "request_digest": decided.request_digest,
        "case_number": writable(request.case_number),
        "incident_number": writable(request.incident_number),
        "requester": writable(request.requester),
        "approver": writable(request.approver),
        "operator": writable(request.operator),
        "agency_stated": writable(request.agency),
        "permit_id": writable(attempt.permit_id),
        "offense_code": writable(request.offense_code),
        "offense_nibrs": writable(request.offense_nibrs),
        "offense_level": writable(request.offense_level),
        "felony": str(request.felony).lower(),
        "charge_citation": writable(request.charge_citation),
        "fact_narrative": writable(request.fact_narrative),
        "duty_statement": writable(request.duty_statement),
        "source_address": writable(request.source_address),
        "exigency_at": writable(request.exigency.at) if request.exigency else "",
        **marks.packed(),
    }
    if attempt.original_digest:
        sealed["original_digest"] = writable(attempt.original_digest)
    return ledger.record(INTENT, at=attempt.at, public=public, sealed=sealed, beside=True)


def record_result(
    ledger: Ledger,
    attempt: Attempt,
    intent: int,
    *,
    at: datetime,
    outcome: str,
    found: CandidateList = NOBODY_FOUND,
    omitted: tuple[Candidate, ...] = (),
    failed: tuple[FailedRule, ...] = (),
) -> int:
    """Record what came of an intent; exact scores and subjects are sealed, and whom the list left out."""
    public: dict[str, JSONValue] = {
        "search_id": attempt.search_id,
        "intent": intent,
        "outcome": outcome,
        # Of a withheld list not even the length: whether somebody was found is what is withheld.
        "n_candidates": 0 if outcome == WITHHELD else len(found.candidates),
        "n_at_or_above": 0 if outcome == WITHHELD else found.n_at_or_above,
        "rules": [rule.rule_id for rule in failed],
    }
    sealed = {
        name: json.dumps([[one.subject_id, repr(one.score)] for one in some])
        for name, some in (
            ("candidates", found.candidates),
            ("approached", found.approached),
            ("omitted", omitted),  # in every result: that the field is there must tell nothing
        )
    }
    return ledger.record(RESULT, at=at, public=public, sealed=sealed, beside=True)


def relied_on(
    seen: CertificateSeen | None, *, embedder_digest: str, bounds: Bounds = NO_BOUNDS
) -> dict[str, JSONValue]:
    """Say which measurement an attempt relies on, and how much error is accepted: the log holds no floats."""
    asked = {"bound_fmr": _decimal(bounds.fmr), "bound_fpir": _decimal(bounds.fpir)}
    names = ("threshold", "certificate", "fmr_at_most", "fpir_at_most")
    if seen is None:
        return {"embedder_digest": embedder_digest, **dict.fromkeys(names, ""), **asked}
    return {
        "embedder_digest": embedder_digest,
        "threshold": repr(seen.score),
        "certificate": seen.serial,
        "fmr_at_most": repr(seen.overall.fmr_at_most),
        "fpir_at_most": _decimal(seen.overall.fpir_at_most),
        **asked,
    }


def _decimal(rate: float | None) -> str:
    return "" if rate is None else repr(rate)


def of_list(word: str | None, words: frozenset[str] | set[Action]) -> str:
    """Give a word of a closed list as it may be published; empty for anything else."""
    return str(word) if word is not None and word in words else ""


def _beneficiary(request: SearchRequest) -> str | None:
    return request.agency if request.on_behalf_of == SELF else request.on_behalf_of
