"""Export of a lead as an exhibit: only with independent evidence beside it and the defense told.

The sheet carries what a court must know: that the candidate is a lead and no ground of its own, what both
reviewers found, the evidence that is independent, and every search of the case, those that found nobody or
somebody else included.

References
----------
HB 1654 (as read in the Colorado report): not the sole basis for probable cause. Williams v. City of
Detroit, settlement of 2024 (read in a summary): searches that gave no suspect, or others, are disclosed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.gate.reply import LIST_NOTICE
from facegate.gate.review.corroboration import corroborations
from facegate.gate.review.disclosure import disclosures
from facegate.gate.review.rules import Step, taken
from facegate.gate.review.showing import SAYS
from facegate.gate.review.state import Reviewed, Stage, of_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.review.disclosure import Disclosure
    from facegate.gate.review.registry import Person, Registry

NOT_SOLE_BASIS = "A candidate of a face search is not, and cannot be, the sole basis for probable cause."


@dataclass(frozen=True, slots=True)
class Exhibit:
    """An exhibit as it is handed over.

    Parameters
    ----------
    record : int
        Where the export stands in the log.
    copy : int
        Which copy it is, from 1.
    digest : str
        SHA-256 of the text; the log holds it.
    text : str
        The sheet.
    """

    record: int
    copy: int
    digest: str
    text: str


def export(
    ledger: Ledger, registry: Registry, search_id: str, *, rank: int, by: Person, at: datetime
) -> Exhibit:
    """Export one corroborated lead as an exhibit; every copy is a record, durable before it is given.

    Parameters
    ----------
    ledger : Ledger
        Where it is recorded.
    registry : Registry
        Who is registered.
    search_id : str
        Which search.
    rank : int
        Which candidate of its list, from 1.
    by : Person
        Who exports: of the agency that asked, or of the one it asked for.
    at : datetime
        When, with its zone.

    Returns
    -------
    Exhibit
        The sheet and its record.

    Raises
    ------
    InputError
        If there is no such search.
    PolicyRefusal
        If it is no released lead, was proved wrong, has no independent evidence, the defense is not told of
        every search of the case, or this person may not; recorded.
    """
    step = Step.begin(ledger, "exhibit", search_id, by=by, at=at)
    search = step.search
    step.demand_officer(registry)
    step.demand_own_agency()
    step.demand_released_lead(rank)
    step.demand_not_corrected(rank)
    if not corroborations(ledger, search_id, rank):
        say = "no independent evidence is recorded for this candidate, so it is no exhibit"
        step.refuse("RV-NOT-CORROBORATED", say)
    if not search.case_number or any(len(one.opinions) != search.n_candidates for one in search.findings):
        step.refuse("RV-ERASED", "the case or a finding of this search was erased from the sealed part")
    case = of_case(ledger, search.agency, search.case_number)
    told = disclosures(ledger, search)
    if not told:
        say = "disclosure to the defense is neither recorded nor scheduled"
        step.refuse("RV-NOT-DISCLOSED", say)
    if told[-1].n_searches < len(case):
        n_later = len(case) - told[-1].n_searches
        step.refuse(
            "RV-NOT-DISCLOSED", f"the disclosure does not cover {n_later} later search(es) of the case"
        )
    copy = taken(ledger, search_id, "exhibit", rank) + 1
    text = "\n".join(_sheet(ledger, search, rank, case=case, told=told, copy=copy)) + "\n"
    digest = hashlib.sha256(text.encode()).hexdigest()
    record = step.record({"rank": rank, "copy": copy, "n_searches": len(case), "sheet_digest": digest})
    return Exhibit(record, copy, digest, text)


def _sheet(
    ledger: Ledger,
    search: Reviewed,
    rank: int,
    *,
    case: tuple[Reviewed, ...],
    told: tuple[Disclosure, ...],
    copy: int,
) -> Iterator[str]:
    """Write the sheet: the two sentences first, every search of the case last."""
    yield f"EXHIBIT: candidate {rank} of face search {search.search_id}, copy {copy}"
    yield ""
    yield NOT_SOLE_BASIS
    yield LIST_NOTICE
    yield ""
    yield f"Agency {search.agency}, case {search.case_number}, law applied {search.profile}."
    yield f"Searched {search.searched_at}; released {search.releases[0].at}."
    band, reference = _released(search, rank)
    yield f"Candidate {rank} of {search.n_candidates}: score band {band}, reference {reference}."
    for number, one in enumerate(search.findings, start=1):
        yield f"Reviewer {number} ({one.at}): {one.opinions[rank - 1]}."
    yield f"Together: {search.verdict(rank)}."
    yield ""
    yield "Independent evidence:"
    for kind, named, day in corroborations(ledger, search.search_id, rank):
        yield f"- {day}  {kind.replace('_', ' ')}, {named}"
    yield "Disclosure to the defense:"
    for notice in told:
        yield f"- {notice.day}  {notice.state}, {notice.reference}; {notice.n_searches} search(es)"
    yield ""
    yield f"Every face search of this case on the log ({len(case)}):"
    for made in case:
        yield f"- {made.asked_at}  {made.search_id}  {came_of(made)}"


def came_of(search: Reviewed) -> str:
    """Say in a few words what came of one search."""
    if search.stage is Stage.NOT_SEARCHED:
        return search.outcome or "no result recorded"
    if search.stage is Stage.NOBODY_FOUND:
        return "nobody found"
    ranks = range(1, search.n_candidates + 1)
    leads = "" if search.stage is Stage.WAITING else f", {_leads(search, ranks)}"
    return f"{search.n_candidates} candidate(s), {SAYS[search.stage]}{leads}"


def _leads(search: Reviewed, ranks: range) -> str:
    words = [search.verdict(rank) for rank in ranks]
    return ", ".join(f"{words.count(one)} {one}" for one in dict.fromkeys(words))


def _released(search: Reviewed, rank: int) -> tuple[str, str]:
    """Give band and reference as they were released."""
    for one in search.releases:
        for line_rank, band, reference, _ in one.lines:
            if line_rank == rank and reference:
                return band, reference
    msg = "the release of this candidate cannot be read any more: it was erased from the sealed part"
    raise InputError(msg)
