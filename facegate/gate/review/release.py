"""Release of a reviewed candidate list to one person, under a mark of his own.

- Only after two findings by two different people. Asked for earlier, the refusal is a record.
- What leaves: rank, band, case-bound reference, both findings, the error rates, the lead-only sentence.
- A candidate nobody agrees with is not released as a lead: his reference is withheld, and the list says so.
- Each recipient has a mark of his own, an HMAC over search and recipient. It stands on the list and in the
  log: a list that turns up elsewhere names the copy, and only the holder of the key can say beforehand what
  mark anybody would get.

Not protected here: a recipient who copies the list without its mark.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from facegate.gate.reply import LIST_NOTICE, CertificateSeen
from facegate.gate.review.copy_marks import mark_of
from facegate.gate.review.findings import close_review
from facegate.gate.review.rules import Step, is_corrected
from facegate.gate.review.showing import SAYS, candidates_shown, demand_readable, same_officer
from facegate.gate.review.state import REVIEWERS, Opinion, Stage, Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.registry import Person, Registry
    from facegate.gate.review.state import Reviewed
    from facegate.records import SearchId

RELEASES = frozenset({"examiner", "supervisor", "coordinator"})
"""Roles that hand a list out; the investigator receives it."""

WITHHELD = "Not released as a lead: neither reviewer agrees."
PROVED_WRONG = "Not released as a lead: proved wrong since."


@dataclass(frozen=True, slots=True)
class ReleasedCandidate:
    """One line of a released list.

    Parameters
    ----------
    rank : int
        1 is the most alike.
    band : str
        Score band.
    subject_ref : str
        Stands for the subject in this case only; empty where withheld.
    verdict : Verdict
        What the two findings come to.
    findings : tuple of Opinion
        Of both reviewers, in the order they were recorded.
    say : str
        Why it is not released as a lead; empty for one that is.
    """

    rank: int
    band: str
    subject_ref: str
    verdict: Verdict
    findings: tuple[Opinion, ...]
    say: str


@dataclass(frozen=True, slots=True)
class ReleasedList:
    """A candidate list as one person receives it.

    Parameters
    ----------
    search_id : SearchId
        Which search.
    mark : str
        This recipient's mark; it stays on every copy.
    record : int
        Where the release stands in the log.
    candidates : tuple of ReleasedCandidate
        Best first; those withheld keep their line.
    n_leads : int
        How many are leads. None is an answer, too.
    n_at_or_above : int
        Before the list was cut.
    certificate : CertificateSeen
        Error rates, by group.
    relied_on : str
        Serial of the certificate the search relied on, if another is in force now; else empty.
    notice : str
        The lead-only sentence.
    """

    search_id: SearchId
    mark: str
    record: int
    candidates: tuple[ReleasedCandidate, ...]
    n_leads: int
    n_at_or_above: int
    certificate: CertificateSeen
    relied_on: str
    notice: str = LIST_NOTICE

    def to_json(self) -> dict[str, Any]:
        """Give the list as plain JSON values."""
        return asdict(self)


def release(
    ledger: Ledger,
    registry: Registry,
    search_id: str,
    *,
    by: Person,
    recipient: Person,
    certificate: CertificateSeen | None,
    key: bytes,
    at: datetime,
) -> ReleasedList:
    """Release a reviewed candidate list to one person; the record is durable before anything is given.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered.
    search_id : str
        Which search.
    by : Person
        Who releases: an examiner, supervisor or coordinator, never the recipient.
    recipient : Person
        Who receives: of the agency that asked, or of the one it asked for.
    certificate : CertificateSeen or None
        The error rates in force; without them nothing is released.
    key : bytes
        32 secret bytes behind subject references and marks.
    at : datetime
        When, with its zone.

    Returns
    -------
    ReleasedList
        What the recipient may see.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If it is too early, or these people may not, or this recipient has it; recorded.
    """
    step = Step.begin(ledger, "release", search_id, by=by, at=at)
    search = step.search
    _demand_people(step, registry, search, by=by, recipient=recipient)
    _demand_reviewed(step, search)
    demand_readable(step, search)
    _demand_findings(step, search)
    if certificate is None:
        step.refuse("RV-RATES", "no error rates are in force, and no candidate list leaves without them")
    mark = recipient_mark(key, search_id, recipient)
    if any(one.mark == mark for one in search.releases):
        step.refuse("RV-TWICE", "this person has received the list; his copy carries his mark")
    close_review(ledger, search_id, at=at)
    lines = _lines(ledger, search, key)
    n_leads = sum(not one.say for one in lines)
    record = step.record(
        {"mark": mark, "n_leads": n_leads, "n_withheld": len(lines) - n_leads},
        {
            "recipient": recipient.officer,
            "recipient_agency": recipient.agency,
            "candidates": json.dumps([[one.rank, one.band, one.subject_ref, one.verdict] for one in lines]),
        },
    )
    relied_on = "" if search.certificate == certificate.serial else search.certificate
    found = search.n_at_or_above
    return ReleasedList(search.search_id, mark, record, lines, n_leads, found, certificate, relied_on)


def recipient_mark(key: bytes, search_id: str, recipient: Person) -> str:
    """Make the mark of one recipient's copy of one list.

    Parameters
    ----------
    key : bytes
        32 secret bytes; without them a mark cannot be foretold, nor traced to a name by trying names.
    search_id : str
        Which search.
    recipient : Person
        Who receives it.

    Returns
    -------
    str
        16 characters: 80 bits, base 32, lower case.
    """
    return mark_of(key, "facegate/mark/v1", search_id, recipient.agency, recipient.officer.casefold())


def _demand_people(
    step: Step, registry: Registry, search: Reviewed, *, by: Person, recipient: Person
) -> None:
    known = step.demand_officer(registry)
    if known.role not in RELEASES:
        step.refuse("RV-ROLE", f"a list is released by an {', a '.join(sorted(RELEASES))}, nobody else")
    if by.agency != search.agency and known.agency_class == "immigration":
        step.refuse("RV-IMMIGRATION", "nobody of an immigration agency releases another agency's list")
    step.demand_officer(registry, recipient)
    step.demand_own_agency(recipient)
    if same_officer(by.officer, recipient.officer):
        step.refuse("RV-TO-HIMSELF", "nobody releases a list to himself")


def _demand_reviewed(step: Step, search: Reviewed) -> None:
    """Demand two findings; before that a list is nobody's."""
    if search.stage is Stage.WAITING:
        n_missing = REVIEWERS - len(search.findings)
        step.refuse("RV-TOO-EARLY", f"the list waits for {n_missing} of {REVIEWERS} reviewers")
    if search.stage not in {Stage.REVIEWED, Stage.RELEASED}:
        step.refuse("RV-NOTHING-TO-RELEASE", f"nothing to release: {SAYS[search.stage]}")


def _demand_findings(step: Step, search: Reviewed) -> None:
    """Demand what both reviewers said, of two different people, not erased."""
    if any(len(one.opinions) != search.n_candidates or not one.reviewer for one in search.findings):
        step.refuse("RV-ERASED", "a finding of this search was erased from the sealed part")
    if same_officer(search.findings[0].reviewer, search.findings[1].reviewer):
        step.refuse("RV-ONE-REVIEWER", "both findings on the log are by one person")


def _lines(ledger: Ledger, search: Reviewed, key: bytes) -> tuple[ReleasedCandidate, ...]:
    lines = []
    for one in candidates_shown(search, key):
        verdict = search.verdict(one.rank)
        say = WITHHELD if verdict is Verdict.NOT_A_LEAD else ""
        if not say and is_corrected(ledger, search.search_id, one.rank):
            say = PROVED_WRONG
        words = tuple(finding.opinions[one.rank - 1] for finding in search.findings)
        lines.append(
            ReleasedCandidate(one.rank, one.band, "" if say else one.subject_ref, verdict, words, say)
        )
    return tuple(lines)
