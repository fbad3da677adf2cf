"""Bounds held against runs: holds, broken, or unknown, which counts as broken.

- Fails closed. A rate that was not measured, a group that is missing on one side and a
  ratio that is not defined break their bound: a build must not pass because nobody looked.
- None seen is no proof. 0 false matches among three people hold no bound of 1 in 1,000: where a
  rate has too few people or events and the limit is smaller than anything the data can
  tell from zero, the answer is "unknown".
- ``worst`` is the highest among the groups whose data can speak to the limit, as in the
  run's own table; ``*`` asks of every group, the small ones included.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.evaluation.result import at_named
from facegate.evaluation.side_by_side.bounds import EACH, WORST, Bound
from facegate.evaluation.side_by_side.differences import Change, Known, change
from facegate.evaluation.side_by_side.runs import (
    SideOfRun,
    Which,
    failures_of,
    groups_of,
    rates_of,
)
from facegate.evaluation.subgroups import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.evaluation.group_rates import Summary
    from facegate.evaluation.result import BenchmarkResult

SEARCH_RATES = ("fpir", "fnir", "sel")
MAX_MIN = "fmrmaxmin"


class Verdict(StrEnum):
    """What became of a bound."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Judged:
    """One bound for one group.

    Parameters
    ----------
    bound : Bound
        As asked.
    group : str
        The group it was held against, by its full name.
    where : str
        Threshold, and gallery where searches are meant, in words.
    verdict : Verdict
        Unknown counts as broken.
    value : float or None
        The number held against the limit; None if there is none.
    low, high : float or None
        Range of the rate, the difference or the ratio.
    why : str
        Why it is unknown, in words; empty otherwise.
    """

    bound: Bound
    group: str
    where: str
    verdict: Verdict
    value: float | None
    low: float | None
    high: float | None
    why: str

    @property
    def stops(self) -> bool:
        """Whether a build must stop."""
        return self.verdict is not Verdict.HOLDS


@dataclass(frozen=True, slots=True)
class _Number:
    """A number with its range; why there is none, and why there are too few to trust it."""

    value: float | None
    low: float | None
    high: float | None
    missing: str = ""
    silent: str = ""


def judge(bound: Bound, second: SideOfRun, first: SideOfRun | None = None) -> tuple[Judged, ...]:
    """Hold one bound against one run, or against two.

    Parameters
    ----------
    bound : Bound
        What is asked.
    second : SideOfRun
        The run under test (B); its threshold may be empty if the bound names one, or needs none.
    first : SideOfRun, optional
        The run it is compared with (A).

    Returns
    -------
    tuple of Judged
        One; with ``*`` one for each group.

    Raises
    ------
    InputError
        If a group or threshold is unknown (the message lists those there are), or two runs
        are asked about and only one is given.
    """
    if bound.side != "b" and first is None:
        msg = f"the bound {str(bound)!r} asks of two runs, got one; leave out {bound.side!r}, or use compare"
        raise InputError(msg)
    sides = {"b": _at(second, bound)}
    if first is not None and bound.side != "b":
        sides["a"] = _at(first, bound)
    if bound.side == "a":
        del sides["b"]
    if bound.part == "max_min":
        return (_judged_summary(bound, next(iter(sides.values()))),)
    rates = {name: _rates(side, bound) for name, side in sides.items()}
    where = _where(bound, sides)
    numbers = {group: _number(bound, group, rates) for group in _groups(bound, sides)}
    if bound.group == WORST and not bound.literal:
        return (_worst(bound, numbers, where),)
    return tuple(_judged(bound, group, where, number) for group, number in numbers.items())


def find_group(asked: str, result: BenchmarkResult, *, literal: bool = False) -> str:
    """Find the group that is meant.

    Parameters
    ----------
    asked : str
        A name, or its labels in any order with commas between; upper and lower case alike.
    result : BenchmarkResult
        Where to look.
    literal : bool
        Take the name as it stands.

    Returns
    -------
    str
        The group's full name.

    Raises
    ------
    InputError
        If none or more than one is meant; the message lists the groups.
    """
    known = groups_of(result)
    if asked in known:
        return asked
    if not literal and asked.casefold() == EVERYBODY:
        return EVERYBODY
    fitting = [] if literal else [group for group in known if _words(group) == _words(asked)]
    if len(fitting) == 1:
        return fitting[0]
    problem = "more than one group fits" if fitting else "there is no group"
    msg = f"{problem} {asked[:60]!r}; the run has {', '.join((EVERYBODY, *known))}"
    raise InputError(msg)


def _at(side: SideOfRun, bound: Bound) -> SideOfRun:
    """Read the run at the threshold that the bound names, and make sure it has one."""
    if bound.rate == "fte":
        return side
    if not (name := bound.threshold or side.threshold):
        names = ", ".join(at.threshold.name for at in side.result.main.at)
        msg = f"the bound {str(bound)!r} names no threshold; add @ and one of {names}"
        raise InputError(msg)
    at_named(side.result, name)  # says which names there are
    return replace(side, threshold=name)


def _groups(bound: Bound, sides: Mapping[str, SideOfRun]) -> tuple[str, ...]:
    """Name the groups that a bound asks of; with ``*`` those of either run."""
    if not bound.literal and bound.group in (EACH, WORST):
        return tuple(dict.fromkeys(group for side in sides.values() for group in groups_of(side.result)))
    (found, *others) = (
        find_group(bound.group, side.result, literal=bound.literal) for side in sides.values()
    )
    if others and others[0] != found:
        msg = f"{bound.group[:60]!r} is {found} in one run and {others[0]} in the other"
        raise InputError(msg)
    return (found,)


def _rates(side: SideOfRun, bound: Bound) -> dict[Which, Known | None]:
    """Collect a run's rates of the kind asked, searches in the operational gallery only."""
    if bound.rate == "fte":
        return failures_of(side.result)
    found = {which: known for which, known in rates_of(side).items() if which.rate == bound.rate}
    if bound.rate not in SEARCH_RATES or side.result.identification is None:
        return found
    mix = side.result.identification.mixes[0]
    return {
        which: known
        for which, known in found.items()
        if (which.mix, which.gallery_size) == (mix.name, mix.size)
    }


def _where(bound: Bound, sides: Mapping[str, SideOfRun]) -> str:
    """Say at which threshold, and in which gallery."""
    if bound.rate == "fte":
        return "any threshold"
    names = list(dict.fromkeys(side.threshold for side in sides.values()))
    where = " and ".join(names)
    found = next(iter(sides.values())).result.identification
    if bound.rate in SEARCH_RATES and found is not None:
        where += f", gallery {found.mixes[0].name}, N = {found.mixes[0].size:,}"
    return where


def _number(bound: Bound, group: str, rates: Mapping[str, Mapping[Which, Known | None]]) -> _Number:
    """Find the number of one group that the bound is about."""
    found = {name: _of_group(table, group) for name, table in rates.items()}
    if bound.side in ("diff", "ratio"):
        return _changed(bound, found["a"], found["b"])
    known = next(iter(found.values()))[1]
    if known is None:
        return _Number(None, None, None, missing=_missing(bound))
    value = _part(bound, known.value, known.low, known.high)
    return _Number(value, known.low, known.high, silent=_silent(bound, [known]))


def _of_group(table: Mapping[Which, Known | None], group: str) -> tuple[Which | None, Known | None]:
    return next(((which, known) for which, known in table.items() if which.group == group), (None, None))


def _changed(
    bound: Bound, first: tuple[Which | None, Known | None], second: tuple[Which | None, Known | None]
) -> _Number:
    """Find the difference or the ratio of one group."""
    if first[0] is not None and second[0] is not None and first[0] != second[0]:
        return _Number(None, None, None, missing="the two runs searched galleries of another mix or size")
    a, b = first[1], second[1]
    made = change(a, b)
    if a is None or b is None:
        return _Number(None, None, None, missing=f"{made.undefined}: {_missing(bound)}")
    value, low, high = _ends(bound, made)
    return _Number(_part(bound, value, low, high), low, high, made.undefined, _silent(bound, [a, b]))


def _ends(bound: Bound, made: Change) -> tuple[float | None, float | None, float | None]:
    if bound.side == "ratio":
        return made.ratio, made.ratio_low, made.ratio_high
    return made.difference, made.difference_low, made.difference_high


def _part(bound: Bound, value: float | None, low: float | None, high: float | None) -> float | None:
    return {"low": low, "high": high}.get(bound.part, value)


def _silent(bound: Bound, known: list[Known]) -> str:
    """Say why the data cannot have seen a rate at the limit; empty if they can.

    An end of a range is no claim about the rate, so it needs no support.
    """
    least = 0.0 if bound.side == "ratio" else abs(bound.limit)
    few = [one for one in known if not one.enough and least < one.smallest]
    if bound.part or not few:
        return ""
    return (
        f"{few[0].events:,} in {few[0].trials:,} is too little to tell: these data cannot see rates below "
        f"{few[0].smallest:.2g}"
    )


def _judged(bound: Bound, group: str, where: str, number: _Number) -> Judged:
    """Decide. What is broken is broken, however few show it; what holds must be known to."""
    verdict, why = Verdict.UNKNOWN, number.missing or "the number is not defined"
    if number.value is not None and bound.broken_by(number.value):
        verdict, why = Verdict.BROKEN, ""
    elif number.value is not None and number.silent and not _holds_at_worst(bound, number):
        why = number.silent
    elif number.value is not None:
        verdict, why = Verdict.HOLDS, ""
    return Judged(bound, group, where, verdict, number.value, number.low, number.high, why)


def _holds_at_worst(bound: Bound, number: _Number) -> bool:
    """Say whether even the unfavorable end of the range keeps the bound."""
    end = number.high if bound.comparator in (">", ">=") else number.low
    return end is not None and not bound.broken_by(end)


def _worst(bound: Bound, numbers: Mapping[str, _Number], where: str) -> Judged:
    """Judge the group with the highest number among those the data can speak of."""
    said = {
        group: number.value
        for group, number in numbers.items()
        if number.value is not None and (not number.silent or _holds_at_worst(bound, number))
    }
    if not said:
        why = "no group has people and events enough for a number of its own"
        return _judged(bound, WORST, where, _Number(None, None, None, missing=why))
    group = max(said, key=said.__getitem__)
    return _judged(bound, group, where, numbers[group])


def _judged_summary(bound: Bound, side: SideOfRun) -> Judged:
    """Judge the highest FMR of a group over the lowest."""
    found = _max_min(side)
    if found is None:
        number = _Number(None, None, None, missing="the run has no summary FMR max / min")
    else:
        value = _part(bound, found.value, found.low, found.high)
        number = _Number(value, found.low, found.high, missing=found.undefined)
    return _judged(bound, "all groups", side.threshold, number)


def _max_min(side: SideOfRun) -> Summary | None:
    def letters(name: str) -> str:
        return "".join(letter for letter in name.casefold() if letter.isalpha())

    return next((one for one in side.at.summaries if letters(one.name) == MAX_MIN), None)


def _missing(bound: Bound) -> str:
    """Say why a rate is not there."""
    return {
        "fmr": "no two different people to compare",
        "fnmr": "nobody with two templates",
        "fte": "no photos are counted",
    }.get(bound.rate, "no such searches were made")


def _words(name: str) -> list[str]:
    """Split a name into its words, in an order of their own."""
    return sorted(name.replace(",", " ").casefold().split())
