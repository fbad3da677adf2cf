"""How far two rates lie apart: difference and ratio, each with a range made of the two rates' ranges.

- Difference: method of variance estimates recovery (MOVER; Newcombe's method 10 where the
  ranges are Wilson's). Ratio: MOVER-R. Both need nothing but the two rates with their ends,
  so they hold for any interval, one that counts people included.
- They treat the two rates as independent. Two runs on the same people seldom are: who looks
  like somebody else to one system often does to the other. Such rates rise and fall
  together, the difference varies less than is assumed, and the range is wider than need be:
  a difference that is found is real, one that is not found may still be there.
- The two agree: the difference excludes 0 exactly where the ratio excludes 1.
- Unknown stays unknown. No event in the first run has no ratio, only a least one.

References
----------
R. G. Newcombe, "Interval estimation for the difference between independent proportions",
Statistics in Medicine 17 (1998); G. Y. Zou and A. Donner, Statistics in Medicine 27 (2008), for any
interval; A. Donner and G. Y. Zou, "Closed-form confidence intervals for functions of the normal
mean and standard deviation", Statistical Methods in Medical Research 21 (2012), for the ratio.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.evaluation.intervals import Spread, estimate_with_variance
from facegate.evaluation.rates import FEWEST_UNITS, RULE_OF_THREE, Estimate, Rate

if TYPE_CHECKING:
    from facegate.evaluation.identification.result import MeanPerSearch
    from facegate.evaluation.subgroups import GroupCounts


class Direction(StrEnum):
    """What two ranges allow to say of the second rate."""

    HIGHER = "higher"
    LOWER = "lower"
    UNDECIDED = "cannot be told apart"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Known:
    """A rate, or a mean per search, as far as a comparison needs it.

    Parameters
    ----------
    value, low, high : float
        The number and the ends of its 95 % range, ``0 <= low <= value <= high``.
    events, trials : int
        Behind it.
    enough : bool
        Whether there are people and events enough to speak of a rate.
    smallest : float
        Smallest value that the data can tell from zero.

    Raises
    ------
    InputError
        If the numbers are not in this order, or not finite.
    """

    value: float
    low: float
    high: float
    events: int
    trials: int
    enough: bool
    smallest: float

    def __post_init__(self) -> None:
        ordered = 0 <= self.low <= self.value <= self.high
        if not ordered or not math.isfinite(self.high):
            msg = (
                f"a rate must lie inside its range and be finite, got {self.value:g} "
                f"in {self.low:g} to {self.high:g}"
            )
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Change:
    """The second rate against the first.

    Parameters
    ----------
    difference, difference_low, difference_high : float or None
        Second minus first, with its 95 % range; None if either rate is unknown.
    ratio : float or None
        Second over first; None if either is unknown or the first is 0.
    ratio_low, ratio_high : float or None
        95 % range; None where that end is open or nothing can be said.
    direction : Direction
        Whether the range of the difference lies on one side of 0.
    undefined : str
        Why a number is missing, in words; empty if none is.
    """

    difference: float | None
    difference_low: float | None
    difference_high: float | None
    ratio: float | None
    ratio_low: float | None
    ratio_high: float | None
    direction: Direction
    undefined: str


def known_rate(found: Estimate | None) -> Known | None:
    """Take a rate with its interval; None stays None."""
    if found is None:
        return None
    smallest = found.smallest_rate
    if found.disjoint_units < FEWEST_UNITS:
        # too few people: their spread is guessed, so its effective number counts for nothing
        smallest = max(smallest, min(1.0, RULE_OF_THREE / found.disjoint_units))
    # an exact end may miss its rate by a rounding error
    low, high = min(found.low, found.estimate), max(found.high, found.estimate)
    return Known(found.estimate, low, high, found.events, found.trials, found.supported, smallest)


def known_mean(found: MeanPerSearch | None) -> Known | None:
    """Take a mean number of people per search with its interval; None stays None."""
    if found is None:
        return None
    smallest = RULE_OF_THREE / found.people
    enough = found.people >= 2 * FEWEST_UNITS and found.total >= RULE_OF_THREE
    low, high = min(found.low, found.mean), max(found.high, found.mean)
    return Known(found.mean, low, high, found.total, found.searches, enough, smallest)


def failures_to_enroll(counts: GroupCounts) -> Known | None:
    """Make the rate of photos that gave no template, with a range that counts people.

    The photos of one person are taken to fail or succeed together: the widest that clustering
    could make the range.

    Parameters
    ----------
    counts : GroupCounts
        Of one group, or of everybody.

    Returns
    -------
    Known or None
        Per photo; None without photos.
    """
    if counts.photos < 1 or counts.people < 1:
        return None
    rate = Rate(counts.failures, counts.photos)
    spread = Spread(rate.value * (1 - rate.value) / counts.people, math.inf)
    return known_rate(
        estimate_with_variance(
            rate,
            spread=spread,
            people=counts.people,
            disjoint_units=counts.people,
            method="people as clusters",
        )
    )


def change(first: Known | None, second: Known | None) -> Change:
    """Compare the second rate with the first.

    Parameters
    ----------
    first, second : Known or None
        Rates of the same kind; None where there is none.

    Returns
    -------
    Change
        Undefined parts are None, and said in words.

    Examples
    --------
    56 of 70 against 48 of 80 with Wilson's ranges, the first row of Newcombe's table II:

    >>> a = Known(48 / 80, 0.4904547, 0.7003817, 48, 80, True, 0.0375)
    >>> b = Known(56 / 70, 0.6918336, 0.8769526, 56, 70, True, 0.0429)
    >>> found = change(a, b)
    >>> print(f"{found.difference:.4f} {found.difference_low:.4f} {found.difference_high:.4f}")
    0.2000 0.0524 0.3339
    """
    if first is None or second is None:
        sides = " and ".join(name for name, side in (("A", first), ("B", second)) if side is None)
        why = f"unknown in {sides}"
        return Change(None, None, None, None, None, None, Direction.UNKNOWN, why)
    low, high = _difference_ends(first, second)
    ratio_low, ratio_high = _ratio_ends(first, second)
    return Change(
        difference=second.value - first.value,
        difference_low=low,
        difference_high=high,
        ratio=second.value / first.value if first.value > 0 else None,
        ratio_low=ratio_low,
        ratio_high=ratio_high,
        direction=_direction(low, high),
        undefined=_undefined(first, second),
    )


def _difference_ends(first: Known, second: Known) -> tuple[float, float]:
    """Recover the variance near each end from the two ranges (MOVER)."""
    difference = second.value - first.value
    below = math.hypot(second.value - second.low, first.high - first.value)
    above = math.hypot(second.high - second.value, first.value - first.low)
    return difference - below, difference + above


def _ratio_ends(first: Known, second: Known) -> tuple[float | None, float | None]:
    """Find the ratios r at which the range of ``second - r first`` just touches 0 (MOVER-R).

    Both ends solve a quadratic; the form below needs no case for a leading term of 0 and
    subtracts no large numbers.
    """
    product = first.value * second.value
    first_far = first.high * (
        2 * first.value - first.high
    )  # may be negative: the range of a rare event is skew
    first_near = first.low * (2 * first.value - first.low)
    second_near = second.low * (2 * second.value - second.low)
    second_far = second.high * (2 * second.value - second.high)
    below = product + math.sqrt(max(0.0, product**2 - second_near * first_far))
    above = product + math.sqrt(max(0.0, product**2 - first_near * second_far))
    low = second_near / below if below > 0 else None
    high = above / first_near if first_near > 0 else None
    return low, high


def _direction(low: float, high: float) -> Direction:
    if low > 0:
        return Direction.HIGHER
    return Direction.LOWER if high < 0 else Direction.UNDECIDED


def _undefined(first: Known, second: Known) -> str:
    """Say why the ratio, or its upper end, is missing."""
    if first.value == 0 and second.value == 0:
        return f"no ratio: none in {first.trials:,} in A and none in {second.trials:,} in B"
    if first.value == 0:
        return f"no ratio, only a least one: none in {first.trials:,} in A"
    if first.low == 0:
        return "the ratio has no upper end: the range in A reaches down to 0"
    return ""
