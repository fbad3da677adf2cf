"""A planned year as the records the gate would have written.

Intents and results are written by the gate's own code into a recorder that only keeps them; the other records
have the fields that registers and reviews write, which a test holds against them.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, cast

from facegate.audit.entry import INTENT, REFUSED, RESULT
from facegate.gate.attempt import Attempt, record_intent, record_result
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.ledger import stamped
from facegate.gate.limits.marks import ProbeMarks
from facegate.gate.registers.late import LATE, NO, TO_ENTER, YES
from facegate.gate.reply import GallerySeen
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.oversight.synthetic_year.people import CLERK, EXAMINER, GALLERY, on_shift, subject
from facegate.policy.engine import PolicyDecision
from facegate.policy.facts import AgencyFacts, Facts
from facegate.records import Candidate, CandidateList, SubjectId
from facegate.request import SELF, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from random import Random

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.oversight.synthetic_year.people import Officer, People
    from facegate.oversight.synthetic_year.plan import Plan, PlannedCase, PlannedLate, PlannedSearch

DIGEST = hashlib.sha256(b"facegate/synthetic-year").hexdigest()
THRESHOLD = 0.55
SEEN = GallerySeen(DIGEST, GALLERY, synthetic=True)
POLICE = AgencyFacts(known=True, agency_class="police")
FACTS = Facts(agency=POLICE, beneficiary=POLICE)
DECIDED = PolicyDecision(
    permitted=True,
    failed=(),
    profile="co-dmv-2019",
    policy_digest=DIGEST,
    schema_digest=DIGEST,
    catalogue_digest=DIGEST,
    request_digest=DIGEST,
    question="",
)
RELIED_ON: Mapping[str, JSONValue] = {
    "embedder_digest": DIGEST,
    "threshold": repr(THRESHOLD),
    "certificate": "synthetic",
    "fmr_at_most": "",
    "fpir_at_most": "",
    "bound_fmr": "",
    "bound_fpir": "",
}


class Written:
    """Keeps records until all are there, then puts them in the order of their times."""

    def __init__(self) -> None:
        self._records: list[tuple[datetime, int, str, dict[str, JSONValue], Mapping[str, str]]] = []

    def record(
        self,
        kind: str,
        *,
        at: datetime,
        public: Mapping[str, JSONValue],
        sealed: Mapping[str, str],
        beside: bool = False,
    ) -> int:
        """Keep one record, as the ledger takes it; its place is not known yet, and there is no index."""
        del beside
        self._records.append((at, len(self._records), kind, stamped(kind, at, public), sealed))
        return 0

    def events(self) -> tuple[Event, ...]:
        """Give every record as an event; results name the place of their intent."""
        intents: dict[object, int] = {}
        found = []
        for seq, (at, _, kind, public, sealed) in enumerate(sorted(self._records, key=lambda one: one[:2])):
            if kind == INTENT:
                intents[public["search_id"]] = seq
            elif kind == RESULT:
                public["intent"] = intents[public["search_id"]]
            found.append(Event(seq, kind, at, public, sealed))
        return tuple(found)


def write_plan(random: Random, people: People, plan: Plan) -> tuple[tuple[Event, ...], dict[str, int]]:
    """Write a plan as records.

    Parameters
    ----------
    random : Random
        Source of what comes of each search.
    people : People
        Who reviews.
    plan : Plan
        What is planned.

    Returns
    -------
    events : tuple of Event
        In the order of their times.
    planted : dict of str to int
        Ids of the searches that are misuse, and the number of the misuse they belong to.
    """
    out = Written()
    planted: dict[str, int] = {}
    for case in plan.cases:
        _write_case(out, case)
    for late in plan.late:
        _write_late(out, late)
    for search in plan.searches:
        search_id = _write_search(random, people, out, search)
        if search.misuse >= 0:
            planted[search_id] = search.misuse
    return out.events(), planted


def _write_case(out: Written, case: PlannedCase) -> None:
    public = {"agency": case.agency}
    number = {"case_number": case.number}
    opened = {**number, "registered_by": CLERK, "offense_code": case.offense}
    day = case.opened.date().isoformat()
    out.record("case", at=case.opened, public=public, sealed={**opened, "opened_on": day})
    if case.paper:
        sealed = {**number, "filed_by": case.lead.officer, "court": "District Court", "number": "1"}
        out.record("paper", at=case.paper, public=public, sealed=sealed)
    if case.amended:
        sealed = {**number, "offense_code": case.amended_to, "amended_by": CLERK, "reason": "as found"}
        out.record("case-amended", at=case.amended, public=public, sealed=sealed)
    if case.closed:
        out.record("case-closed", at=case.closed, public=public, sealed={**number, "closed_by": CLERK})


def _write_late(out: Written, late: PlannedLate) -> None:
    made = late.made
    public: dict[str, JSONValue] = {
        "agency": late.officer.agency,
        "way": "telephone",
        "purpose": "criminal_investigation",
        "searched_on": made.date().isoformat(),
        "hours_late": (late.entered - made) // timedelta(hours=1),
        "in_time": YES if late.entered - made <= TO_ENTER else NO,
    }
    sealed = {
        "case_number": late.case.number,
        "searched_by": late.officer.officer,
        "searched_at": made.isoformat(),
        "entered_by": CLERK,
        "found": "not_known",
        "reason": "the line was down",
    }
    out.record(LATE, at=late.entered, public=public, sealed=sealed)


def _write_search(random: Random, people: People, out: Written, search: PlannedSearch) -> str:
    """Write one search and all that came of it."""
    case = search.case
    search_id = new_search_id(search.at, random.randbytes(RANDOM_BYTES))
    late_offense = case.amended is not None and search.at > case.amended
    attempt = Attempt(
        search_id=search_id,
        at=search.at,
        request=replace(
            REQUEST,
            case_number=case.number,
            offense_code=case.amended_to if late_offense else case.offense,
            requester=search.officer.officer,
            agency=search.officer.agency,
        ),
        permit_id="",
        probe=b"",
        gallery=SEEN,
    )
    ledger = cast("Ledger", out)
    marks = ProbeMarks(hashlib.sha256(search_id.encode()).hexdigest())
    record_intent(
        ledger, attempt, DECIDED, facts=FACTS, policy_texts=(), marks=marks, flags=(), relied_on=RELIED_ON
    )
    found = bool(search.target) and random.random() < search.p_found
    listed = _listed(random, search.target if found else "")
    at = search.at + timedelta(seconds=2)
    record_result(ledger, attempt, 0, at=at, outcome="searched", found=listed)
    if listed.candidates:
        _write_review(random, people, out, search, search_id, found=found, n=len(listed.candidates))
    else:
        _step(out, "review-closed", search_id, at, {"outcome": "nil", "n_agreed": 0}, None)
    return search_id


def _listed(random: Random, target: str) -> CandidateList:
    """Make a candidate list: the person, if he was found, nearly always first, and strangers alike to him."""
    n_strangers = random.choices((0, 1, 2, 3, 4), (40, 25, 18, 10, 7))[0]
    if not target and random.random() < 0.5:  # noqa: PLR2004  half of those not found show nobody
        n_strangers = 0
    scores = {
        subject(random.randrange(GALLERY)): round(THRESHOLD + random.expovariate(40), 6)
        for _ in range(n_strangers)
    }
    if target:
        scores[target] = round(max(THRESHOLD, random.gauss(0.72, 0.06)), 6)
    ranked = sorted(scores.items(), key=lambda one: (-one[1], one[0]))
    candidates = tuple(Candidate(SubjectId(who), score) for who, score in ranked)
    return CandidateList(candidates=candidates, n_at_or_above=len(candidates))


def _write_review(
    random: Random,
    people: People,
    out: Written,
    search: PlannedSearch,
    search_id: str,
    *,
    found: bool,
    n: int,
) -> None:
    """Write two findings, the release, and the evidence that followed."""
    at = search.at
    for reviewer in _reviewers(random, people, search):
        at = _next_moment(random, reviewer, at)
        by = {"by": reviewer.officer, "by_agency": reviewer.agency}
        _step(out, "review-opened", search_id, at, {}, by)
        words = json.dumps(["agree" if found and rank == 0 else "disagree" for rank in range(n)])
        at += timedelta(minutes=random.randint(2, 30))
        _step(out, "finding", search_id, at, {"n_candidates": n}, {**by, "findings": words})
    n_agreed = int(found)
    counts: dict[str, JSONValue] = {"n_agreed": n_agreed, "n_differ": 0, "n_nobody": n - n_agreed}
    _step(out, "review-closed", search_id, at, {"outcome": "reviewed", **counts}, None)
    at += timedelta(hours=random.randint(1, 8))
    examiner = {"by": EXAMINER, "by_agency": search.officer.agency}
    if search.passed_on:
        public: dict[str, JSONValue] = {"search_id": search_id, "decision": REFUSED, "rule": "RV-AGENCY"}
        out.record("release", at=at, public=public, sealed=examiner)
    if not found or random.random() < 0.1:  # noqa: PLR2004  one in ten is never fetched
        return
    released: dict[str, JSONValue] = {"mark": "a" * 16, "n_leads": 1, "n_withheld": n - 1}
    to = {"recipient": search.officer.officer, "recipient_agency": search.officer.agency, "candidates": "[]"}
    _step(out, "release", search_id, at, released, {**examiner, **to})
    if random.random() < search.p_followed:
        at = on_shift(random, search.officer, at.date() + timedelta(days=random.randint(1, 20)))
        by = {"by": search.officer.officer, "by_agency": search.officer.agency}
        evidence: dict[str, JSONValue] = {"rank": 1, "evidence": "document", "day": at.date().isoformat()}
        _step(out, "corroboration", search_id, at, evidence, {**by, "reference": "exhibit 1"})


def _reviewers(random: Random, people: People, search: PlannedSearch) -> list[Officer]:
    others = [one for one in people.officers[search.officer.agency] if one is not search.officer]
    soon = [one for one in others if one.works(search.at + timedelta(hours=1))]
    return random.sample(soon if len(soon) > 1 else others, 2)


def _next_moment(random: Random, officer: Officer, after: datetime) -> datetime:
    """Find a moment after another at which somebody is at work."""
    at = after
    while True:  # he works again within three days
        at += timedelta(minutes=random.randint(30, 90))
        if officer.works(at):
            return at


def _step(  # noqa: PLR0917  what a step of a review is written from, in its order
    out: Written,
    kind: str,
    search_id: str,
    at: datetime,
    public: Mapping[str, JSONValue],
    sealed: Mapping[str, str] | None,
) -> None:
    whole: dict[str, JSONValue] = {"search_id": search_id, "decision": "allowed", **public}
    out.record(kind, at=at, public=whole, sealed=sealed or {})


REQUEST = SearchRequest(
    profile=DECIDED.profile,
    incident_number="",
    offense_level="1",
    fact_narrative="Made up.",
    suspicion="reasonable",
    purpose="criminal_investigation",
    duty_statement="Made up",
    probe_role="suspect",
    operator=EXAMINER,
    approver="supervisor",
    on_behalf_of=SELF,
    source_address="10.0.0.1",
    channel="desk",
    setting="public",
    gallery="dl",
    candidate_limit=20,
)
