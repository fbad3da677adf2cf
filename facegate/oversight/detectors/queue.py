"""The review queue: all detections, those of one search merged, the weightiest first.

Weights are put together as if they were independent reasons, 1 - (1 - a)(1 - b)...: two weak reasons for one
search make a stronger one, and no number of them makes certainty. Of one detector only its weightiest reason
in an item counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.oversight.detectors.what_for import (
    no_case,
    nothing_followed,
    passed_on,
    seldom_followed,
    unrelated_offenses,
)
from facegate.oversight.detectors.when import idle_case, off_shift
from facegate.oversight.detectors.who import close_person, colleague, same_person, self_search

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.oversight.detectors.circumstances import Known
    from facegate.oversight.detectors.detection import Detection
    from facegate.oversight.detectors.seen import Logged

DETECTORS = (
    self_search,
    close_person,
    colleague,
    same_person,
    off_shift,
    idle_case,
    no_case,
    unrelated_offenses,
    passed_on,
    nothing_followed,
    seldom_followed,
)
NAMES = (
    "self",
    "close",
    "colleague",
    "same person",
    "off shift",
    "idle case",
    "no case",
    "unrelated offense",
    "passed on",
    "nothing followed",
    "seldom followed",
)
"""What each of them calls itself in a detection, in the same order."""
CUT = 0.5  # an item that weighs less is not queued


@dataclass(frozen=True, slots=True)
class Item:
    """One thing for a person to look at.

    Parameters
    ----------
    agency, officer : str
        Whose searches.
    searches : tuple of str
        Their ids, in the order of the log.
    score : float
        0 to 1: orders the queue; no probability.
    detections : tuple of Detection
        Why, the weightiest first.
    """

    agency: str
    officer: str
    searches: tuple[str, ...]
    score: float
    detections: tuple[Detection, ...]

    @property
    def misuse_class(self) -> str:
        """The class a case would be opened with: that of the weightiest reason."""
        return self.detections[0].misuse_class


def detect(logged: Logged, known: Known) -> tuple[Detection, ...]:
    """Run every detector.

    Parameters
    ----------
    logged : Logged
        What the log says.
    known : Known
        What the agency states of its officers.

    Returns
    -------
    tuple of Detection
        In no particular order.
    """
    return tuple(one for detector in DETECTORS for one in detector(logged, known))


def review_queue(logged: Logged, known: Known, *, cut: float = CUT) -> tuple[Item, ...]:
    """Make the review queue.

    Parameters
    ----------
    logged : Logged
        What the log says.
    known : Known
        What the agency states of its officers.
    cut : float
        Items below it are left out, 0 to 1.

    Returns
    -------
    tuple of Item
        The weightiest first.
    """
    order = {one.search_id: place for place, one in enumerate(logged.searches)}
    items = [_item(group, order) for group in _groups(detect(logged, known))]
    kept = [item for item in items if item.score >= cut]
    return tuple(sorted(kept, key=lambda one: (-one.score, order[one.searches[0]], one.officer)))


def _groups(detections: Sequence[Detection]) -> Iterable[list[Detection]]:
    """Put together the detections that share a search; one about a whole officer stays alone."""
    lead: dict[str, str] = {}

    def root(search: str) -> str:
        while lead.setdefault(search, search) != search:
            lead[search] = lead[lead[search]]  # shorter next time
            search = lead[search]
        return search

    for one in detections:
        if not one.whole_officer:
            first = root(one.searches[0])
            for other in one.searches[1:]:
                lead[root(other)] = first
    groups: dict[str, list[Detection]] = {}
    for one in detections:
        key = f"officer {one.agency} {one.officer}" if one.whole_officer else root(one.searches[0])
        groups.setdefault(key, []).append(one)
    return groups.values()


def _item(group: list[Detection], order: dict[str, int]) -> Item:
    weights: dict[str, float] = {}
    for one in group:
        weights[one.detector] = max(one.score, weights.get(one.detector, 0.0))
    doubt = 1.0
    for weight in weights.values():
        doubt *= 1 - weight
    searches = sorted({search for one in group for search in one.searches}, key=order.__getitem__)
    reasons = sorted(group, key=lambda one: (-one.score, one.detector, order[one.searches[0]]))
    return Item(group[0].agency, group[0].officer, tuple(searches), 1 - doubt, tuple(reasons))
