"""What a rate would mean in a year: people wrongly returned, for a gallery and a number of searches stated.

- Where galleries were searched, the mean number of wrong people per search (selectivity) is taken from them:
  from the very size asked for if it was searched, else from the largest, times the ratio of the sizes. In a
  gallery mixed alike every person enrolled adds the same, so that is right on average at any size.
- Where none was searched, the rate of a person of the group with anybody is multiplied by the people
  enrolled: right on average as well, whether or not comparisons are independent.
- The share of *searches* that return anybody grows in no such way, and is not worked out here:
  1 - (1 - FMR)^N takes comparisons to be independent, which they are not.

One return is one wrong person in one list: somebody whom ten searches return counts ten times.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.evaluation.result import at_named
from facegate.evaluation.side_by_side.differences import Known, known_mean, known_rate

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import GroupRates
    from facegate.evaluation.identification.result import GrowthPoint, Identification, MeanPerSearch
    from facegate.evaluation.result import BenchmarkResult

MOST: Final = 10**12
"""Most people or searches that are multiplied."""


class Basis(StrEnum):
    """What a number of wrong returns was worked out from."""

    SEARCHED = "searches of a gallery of exactly this size"
    SCALED = "searches of a gallery of another size"
    COMPARED = "comparisons of two people; no gallery was searched for this group"
    UNKNOWN = "nothing that was measured"


@dataclass(frozen=True, slots=True)
class WrongReturns:
    """Wrong returns a year, expected for searches for people of one group who are not enrolled.

    Parameters
    ----------
    group : str
        Group of the person searched for, or ``everybody``.
    expected, low, high : float or None
        A year, with its 95 % range; None where nothing was measured.
    enough : bool
        Whether there were people and events enough to speak of a number; where not, only the upper end
        counts.
    basis : Basis
        What it was worked out from.
    measured_size : int
        People enrolled in the gallery that was searched; 0 where none was.
    """

    group: str
    expected: float | None
    low: float | None
    high: float | None
    enough: bool
    basis: Basis
    measured_size: int


def wrong_returns(
    result: BenchmarkResult, threshold: str, *, gallery: int, searches: int
) -> tuple[WrongReturns, ...]:
    """Work out the wrong returns of a year from a run, everybody first.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.
    threshold : str
        Name of one of its thresholds.
    gallery, searches : int
        People enrolled, and searches a year; 1 to 10^12 each.

    Raises
    ------
    InputError
        If the run has no such threshold, or a number is out of range.
    """
    demand_numbers(gallery, searches)
    at = at_named(result, threshold)
    found = result.identification
    mix = (
        next((one.name for one in sorted(found.mixes, key=lambda one: not one.operational)), "")
        if found
        else ""
    )
    growth = [one for one in found.growth if (one.mix, one.threshold) == (mix, threshold)] if found else []
    return tuple(_of_group(rates, growth, gallery, searches) for rates in (at.overall, *at.groups))


def returns_of_searches(
    group: str, measured: MeanPerSearch | None, measured_size: int, *, gallery: int, searches: int
) -> WrongReturns:
    """Work out the wrong returns of a year from one mean per search.

    Parameters
    ----------
    group : str
        Group of the person searched for, or ``everybody``.
    measured : MeanPerSearch or None
        Wrong people returned per search, on average.
    measured_size : int
        People enrolled in the gallery that was searched, at least 1.
    gallery, searches : int
        People enrolled, and searches a year; 1 to 10^12 each.

    Raises
    ------
    InputError
        If a number is out of range.
    """
    demand_numbers(gallery, searches)
    known = known_mean(measured)
    if known is None:
        return WrongReturns(group, None, None, None, enough=False, basis=Basis.UNKNOWN, measured_size=0)
    basis = Basis.SEARCHED if gallery == measured_size else Basis.SCALED
    return _times(group, known, gallery / measured_size * searches, basis, measured_size)


def demand_numbers(gallery: int, searches: int) -> None:
    """Refuse numbers that no agency has.

    Raises
    ------
    InputError
        If one is out of range.
    """
    for what, number in (("people enrolled", gallery), ("searches a year", searches)):
        if not 1 <= number <= MOST:
            msg = f"{what}: got {number:,}, wanted a whole number from 1 to {MOST:,}"
            raise InputError(msg)


def _growth(found: Identification | None, threshold: str) -> list[GrowthPoint]:
    """Give what was searched at a threshold in the gallery that is like the one in use, or the first."""
    if found is None or not found.mixes:
        return []
    mix = min(found.mixes, key=lambda one: not one.operational).name
    return [one for one in found.growth if (one.mix, one.threshold) == (mix, threshold)]


def _of_group(rates: GroupRates, growth: list[GrowthPoint], gallery: int, searches: int) -> WrongReturns:
    point = _point(growth, rates.group, gallery)
    if point is not None:
        size = point.gallery_size
        return returns_of_searches(rates.group, point.sel, size, gallery=gallery, searches=searches)
    known = known_rate(rates.against_everybody or (rates.fmr if rates.group == "everybody" else None))
    if known is None:
        return WrongReturns(rates.group, None, None, None, enough=False, basis=Basis.UNKNOWN, measured_size=0)
    return _times(rates.group, known, gallery * searches, Basis.COMPARED, 0)


def _point(growth: list[GrowthPoint], group: str, gallery: int) -> GrowthPoint | None:
    """Choose the size asked for if it was searched, else the largest: it rests on the most candidates."""
    found: Iterator[GrowthPoint] = (one for one in growth if one.group == group and one.sel is not None)
    return max(found, key=lambda one: (one.gallery_size == gallery, one.gallery_size), default=None)


def _times(group: str, known: Known, factor: float, basis: Basis, size: int) -> WrongReturns:
    return WrongReturns(
        group, known.value * factor, known.low * factor, known.high * factor,
        enough=known.enough, basis=basis, measured_size=size,
    )  # fmt: skip
