"""How well a review queue finds planted misuse: recall, precision, reviews for each true finding.

- A planted misuse is found if an item of the queue holds one of its searches.
- An item is true if it holds a search of a planted misuse of its officer.
- Several years add up; intervals are exact binomial ones (Clopper and Pearson).
  They hold for years made like these, and say nothing of misuse that nobody imagined.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.errors import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.oversight.detectors.queue import Item
    from facegate.oversight.synthetic_year.year import SyntheticYear


@dataclass(frozen=True, slots=True)
class Score:
    """What a queue found.

    Parameters
    ----------
    planted, found : dict of str to int
        Misuses by class, and those found.
    items, true_items : dict of str to int
        Items of the queue by what weighs most in them, and the true ones.
    """

    planted: dict[str, int] = field(default_factory=dict)
    found: dict[str, int] = field(default_factory=dict)
    items: dict[str, int] = field(default_factory=dict)
    true_items: dict[str, int] = field(default_factory=dict)

    @property
    def n_planted(self) -> int:
        """All planted misuses."""
        return sum(self.planted.values())

    @property
    def n_found(self) -> int:
        """Those found."""
        return sum(self.found.values())

    @property
    def n_items(self) -> int:
        """Reviews that the queue asks for."""
        return sum(self.items.values())

    @property
    def n_true(self) -> int:
        """Items that are about misuse."""
        return sum(self.true_items.values())

    @property
    def recall(self) -> float:
        """Found over planted, 0 to 1.

        Raises
        ------
        MeasurementError
            If nothing was planted.
        """
        return _ratio(self.n_found, self.n_planted, "planted misuse")

    @property
    def precision(self) -> float:
        """True items over items, 0 to 1.

        Raises
        ------
        MeasurementError
            If the queue is empty.
        """
        return _ratio(self.n_true, self.n_items, "items in the queue")

    @property
    def reviews_a_finding(self) -> float:
        """Items for each misuse found, from above 0.

        Raises
        ------
        MeasurementError
            If nothing was found.
        """
        return _ratio(self.n_items, self.n_found, "misuse found")


def score_queue(year: SyntheticYear, queue: Iterable[Item]) -> Score:
    """Hold a queue against the truth.

    Parameters
    ----------
    year : SyntheticYear
        With what was planted.
    queue : iterable of Item
        What a reviewer would look at.

    Returns
    -------
    Score
        Of this year.
    """
    truth = {one.number: one for one in year.planted}
    hit: set[int] = set()
    score = Score()
    for item in queue:
        detector = item.detections[0].detector
        mine = {
            year.searches[search]
            for search in item.searches
            if search in year.searches
            and (truth[year.searches[search]].agency, truth[year.searches[search]].officer)
            == (item.agency, item.officer)
        }
        hit |= mine
        score.items[detector] = score.items.get(detector, 0) + 1
        score.true_items[detector] = score.true_items.get(detector, 0) + bool(mine)
    for one in year.planted:
        score.planted[one.misuse_class] = score.planted.get(one.misuse_class, 0) + 1
        score.found[one.misuse_class] = score.found.get(one.misuse_class, 0) + (one.number in hit)
    return score


def add_up(scores: Iterable[Score]) -> Score:
    """Add scores of several years."""
    total = Score()
    for one in scores:
        for mine, theirs in (
            (total.planted, one.planted),
            (total.found, one.found),
            (total.items, one.items),
            (total.true_items, one.true_items),
        ):
            for name, count in theirs.items():
                mine[name] = mine.get(name, 0) + count
    return total


def _ratio(part: int, whole: int, what: str) -> float:
    if whole == 0:
        msg = f"a rate over {what} needs at least one, got 0"
        raise MeasurementError(msg)
    return part / whole
