"""The figures of one year of misuse: counts that must add up, and changes computed from stated counts only.

- opened = confirmed + cleared + pending. Where a source does not state the cleared, they are at most what is
  left, and that is what is printed.
- outcomes + cases without a stated outcome = confirmed; the shortfall is printed.
- A percentage is computed from two counts. A percentage that only a source states is printed as stated, with
  the whole numbers it could come from, if there are any; a count is never worked back from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.oversight.misuse.words import OUTCOMES

if TYPE_CHECKING:
    from collections.abc import Mapping

HUNDRED = Decimal(100)
PERCENTAGE = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class YearFigures:
    """One year's counts of cases, of one agency or of all.

    Parameters
    ----------
    year : int
        The year in which the cases were opened.
    opened, confirmed, pending : int
        Cases opened in the year; those of them found to be misuse, and those undecided.
    cleared : int or None
        Those found to be none; None if the source does not say.
    outcomes : mapping of str to int
        Confirmed cases by what came of them, of `OUTCOMES`; one outcome a case.
    published : bool
        They are what a source published: an outcome that it does not list is not known to be zero.

    Raises
    ------
    InputError
        If a count is negative, a word is no outcome, or they cannot add up.
    """

    year: int
    opened: int
    confirmed: int
    pending: int
    cleared: int | None
    outcomes: Mapping[str, int] = field(default_factory=dict)
    published: bool = False

    def __post_init__(self) -> None:
        self._demand_counts()
        left = self.opened - self.confirmed - self.pending
        if left < 0 or (self.cleared is not None and self.cleared != left):
            cleared = "not stated" if self.cleared is None else self.cleared
            msg = (
                f"the cases of {self.year} do not add up: opened {self.opened}, wanted the sum of confirmed "
                f"{self.confirmed}, cleared {cleared} and pending {self.pending}"
            )
            raise InputError(msg)
        if self.outcome_gap < 0:
            msg = (
                f"the outcomes of {self.year} add up to {self.n_outcomes}, more than the {self.confirmed} "
                "confirmed cases; one outcome a case is counted, the gravest"
            )
            raise InputError(msg)

    @property
    def most_cleared(self) -> int:
        """Cases that are neither confirmed nor pending: cleared, or at most so many."""
        return self.opened - self.confirmed - self.pending

    @property
    def n_outcomes(self) -> int:
        """Confirmed cases with a stated outcome."""
        return sum(self.outcomes.values())

    @property
    def outcome_gap(self) -> int:
        """Confirmed cases without a stated outcome."""
        return self.confirmed - self.n_outcomes

    def _demand_counts(self) -> None:
        counts = [self.opened, self.confirmed, self.pending, self.cleared or 0, *self.outcomes.values()]
        if any(isinstance(one, bool) or one < 0 for one in counts):
            msg = f"the figures of {self.year} are whole numbers from 0, got {min(counts)}"
            raise InputError(msg)
        if unknown := sorted(self.outcomes.keys() - OUTCOMES.keys()):
            msg = f"there is no outcome {unknown[0]!r}; there are {', '.join(OUTCOMES)}"
            raise InputError(msg)


@dataclass(frozen=True, slots=True)
class Change:
    """How a count of a year stands against that of an earlier one.

    Parameters
    ----------
    of : str
        What is counted, in words.
    year, count : int
        The year and its count.
    base_year : int
        The year it is compared with.
    base_count : int or None
        That year's count; None if nobody stated it.
    stated : str
        The percentage a source states, such as ``14.5``; empty if none does.
    """

    of: str
    year: int
    count: int
    base_year: int
    base_count: int | None
    stated: str = ""

    def sentence(self) -> str:
        """Say what can be said, and nothing else."""
        head = f"{self.of}, {self.year} on {self.base_year}"
        if self.base_count == 0:
            return f"{head}: {self.count} on 0; there is no percentage of 0."
        if self.base_count is not None:
            change = signed(percent(self.count, self.base_count, 1))
            return f"{head}: {change} % ({self.count} on {self.base_count})."
        if not self.stated:
            return f"{head}: not recorded, {self.base_year} has no count."
        return f"{head}: {signed(self.stated)} % as stated by the source. {self._possible()}"

    def _possible(self) -> str:
        """Say which whole counts of the base year give the stated percentage."""
        fitting = whole_counts(self.count, self.stated)
        none = f"The source gives no count for {self.base_year}"
        if len(fitting) == 1:
            exactly = " exactly" if is_exact(self.count, fitting[0], self.stated) else ""
            return f"{none}; {fitting[0]} gives it{exactly}, no other whole count does."
        if fitting:
            span = f"each from {fitting[0]} to {fitting[-1]} gives it"
            return f"{none}; {span}, so none is known."
        below, above = neighbors(self.count, self.stated)
        return (
            f"{none}, and no whole count gives it: {below} gives {percent(self.count, below, 1)}, "
            f"{above} gives {percent(self.count, above, 1)}. None is made up."
        )


def percent(count: int, base: int, places: int) -> Decimal:
    """Compute a change in percent of a base, above 0, rounded half up to some decimal places.

    Examples
    --------
    >>> percent(117, 78, 1), percent(117, 102, 1), percent(117, 103, 1)
    (Decimal('50.0'), Decimal('14.7'), Decimal('13.6'))
    """
    exact = HUNDRED * (count - base) / Decimal(base)
    return exact.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)


def whole_counts(count: int, stated: str) -> tuple[int, ...]:
    """List the whole base counts from which a stated percentage follows, at the places it is stated with.

    Examples
    --------
    >>> whole_counts(117, "50"), whole_counts(117, "14.5")
    ((78,), ())
    """
    wanted, places = stated_percent(stated)
    below, above = neighbors(count, stated)
    return tuple(_around(below, above, count, wanted, places))


def neighbors(count: int, stated: str) -> tuple[int, int]:
    """Give the two whole base counts around the one that a stated percentage would need, both above 0.

    Examples
    --------
    >>> neighbors(117, "14.5")
    (102, 103)
    """
    wanted, _ = stated_percent(stated)
    below = max(1, int(count / (1 + wanted / HUNDRED)))
    return below, below + 1


def is_exact(count: int, base: int, stated: str) -> bool:
    """Tell whether a base count gives a percentage without rounding."""
    wanted, _ = stated_percent(stated)
    return HUNDRED * (count - base) == wanted * base


def stated_percent(stated: str) -> tuple[Decimal, int]:
    """Read a percentage as a source states it: its value, and how many decimal places it has.

    Raises
    ------
    InputError
        If it is no number above -100, written with at most 9 digits before the point and 6 after it.
    """
    if not PERCENTAGE.fullmatch(stated):  # 1e-400000 is a number to Decimal, and too small to compute with
        msg = f"a stated change is a number such as 14.5, got {stated[:40]!r}"
        raise InputError(msg)
    value = Decimal(stated)
    if value <= -HUNDRED:
        msg = f"a stated change is a number above -100, got {stated!r}"
        raise InputError(msg)
    return value, max(0, -int(value.as_tuple().exponent))


def signed(number: Decimal | str) -> str:
    """Write a change with its sign."""
    text = str(number)
    return text if text.startswith("-") else f"+{text}"


def _around(below: int, above: int, count: int, wanted: Decimal, places: int) -> list[int]:
    """Walk away from the needed base on both sides while its percentage still rounds to what is wanted."""
    found = []
    for start, step in ((below, -1), (above, 1)):
        base = start
        while base > 0 and percent(count, base, places) == wanted:
            found.append(base)
            base += step
    return sorted(found)
