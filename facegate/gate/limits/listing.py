"""What the caps say once the gallery has answered, and before anything is shown.

Whom a search will find is not known before it is made. Two things are asked then:

- Who was shown, or nearly shown, too often is *left out* of the agency's lists, as if he scored below the
  threshold, until a supervisor clears him. Whoever is next moves up, and every count is made without him: a
  gap, or a list one short of its limit, would tell. Nobody is told in public; who was left out, and with what
  score, is sealed in the result as ``omitted``, formed as ``candidates``, for the supervisor and for the
  defense. To withhold the list instead would answer "he is near", once for each officer who colludes
  (attack 4 of ``benchmarks/attacks.py``).
- A list that would show the agency more different people than its share of the gallery is *withheld* as a
  whole: that tells of the agency's year, not of any one person. Officer, case and near-duplicates of the
  probe wait for a supervisor.

The price is paid by an honest officer: a person whom the agency was shown ten times this year may be whom he
looks for, and his list does not say so. Hence ``facegate limits show`` lists every such search by case.

Not protected: a subject beyond the 32 that a search reports apart from its list is not left out of
``n_at_or_above``; whoever asks again for a person known to be near learns, once, that the count is full; and
a clearance, of which kind and agency are public, tells that somebody was left out of something.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.limits.caps import gallery_share, over_share, subjects_over
from facegate.gate.limits.searches import BUDGET_RULE, DAY, seconds
from facegate.policy.engine import CHECKED, GATE_RULE
from facegate.records import CandidateList, FailedRule

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.records import Candidate
    from facegate.request import SearchRequest

OVER_BUDGET = (
    "The list is withheld: with it the agency would have been shown more different people than its share "
    "of the gallery. The officer, the case and this probe wait for a supervisor."
)


@dataclass(frozen=True, slots=True)
class Listing:
    """What may be told of a search.

    Parameters
    ----------
    listed : CandidateList
        The list without whoever was left out.
    omitted : tuple of Candidate
        At or above the threshold, but left out; to be sealed in the result, and told to no officer.
    withheld : tuple of FailedRule
        Empty if `listed` may be shown. Otherwise nobody of it: record the result as ``withheld``, with these
        rules.
    """

    listed: CandidateList
    omitted: tuple[Candidate, ...] = ()
    withheld: tuple[FailedRule, ...] = ()


def after_search(  # noqa: PLR0917  the order in which the gate has them at hand
    ledger: Ledger,
    limits: Limits,
    request: SearchRequest,
    found: CandidateList,
    now: datetime,
    gallery_size: int,
) -> Listing:
    """Say what of a candidate list may be shown, once the gallery has answered.

    Parameters
    ----------
    ledger : Ledger
        With the book of searches.
    limits : Limits
        Caps in force.
    request : SearchRequest
        What was asked.
    found : CandidateList
        What the gallery answered, with whom the probe came within `Limits.approach_margin` of. An answer
        tells of those, too: that they are not on the list.
    now : datetime
        The time of the request.
    gallery_size : int
        Subjects enrolled.
    """
    agency, since = request.agency or "", seconds(now) - limits.window_days * DAY
    asked_about = [one.subject_id for one in (*found.candidates, *found.approached)]
    listed, omitted = left_out(found, subjects_over(ledger, limits, asked_about, agency, since))
    shown = [one.subject_id for one in listed.candidates]
    if not shown:
        return Listing(listed, omitted)
    share = gallery_share(ledger, limits, agency, since, gallery_size=gallery_size)
    if over_share(ledger, shown, agency, since, share=share):
        failed = FailedRule(BUDGET_RULE, OVER_BUDGET, GATE_RULE, CHECKED)
        return Listing(listed, omitted, (failed,))
    return Listing(listed, omitted)


def left_out(found: CandidateList, over: Collection[str]) -> tuple[CandidateList, tuple[Candidate, ...]]:
    """Make the list as it would be, had some people scored far below the threshold.

    Parameters
    ----------
    found : CandidateList
        What the gallery answered.
    over : collection of str
        Who is left out. Below the threshold he is in no list anyway: that a probe came near him tells
        nothing any more, whatever the answer, and is not counted.

    Returns
    -------
    listed : CandidateList
        As long as before if there was anybody to move up.
    omitted : tuple of Candidate
        Those at or above the threshold, the best first.
    """
    if not over:
        return found, ()
    ranked = (*found.candidates, *found.approached)
    n_above = min(found.n_at_or_above, len(ranked))  # those cut off by the limit come first among the rest
    omitted = tuple(one for one in ranked[:n_above] if one.subject_id in over)
    kept = tuple(one for one in ranked if one.subject_id not in over)
    n_listed = min(len(found.candidates), n_above - len(omitted))
    listed = CandidateList(
        candidates=kept[:n_listed],
        n_at_or_above=found.n_at_or_above - len(omitted),
        approached=kept[n_listed:],
    )
    return listed, omitted
