"""Two finished runs side by side: every rate that both have, and what makes them hard to compare.

- A rate is found by what it is, whose it is and, for searches, in which gallery. Only the
  same is held against the same: FPIR in galleries of another mix or size is another rate.
- Two runs may differ in anything; each difference that changes what a number means is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from facegate.errors import InputError
from facegate.evaluation.result import at_named
from facegate.evaluation.side_by_side.differences import (
    Change,
    Known,
    change,
    failures_to_enroll,
    known_mean,
    known_rate,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold, UsedThreshold
    from facegate.evaluation.identification.result import SearchRates
    from facegate.evaluation.result import BenchmarkResult

RATES = ("fmr", "fnmr", "fpir", "fnir", "sel", "fte")
"""False match, false non-match, false positive and false negative identification, selectivity,
failure to enroll; the last depends on no threshold."""


class Which(NamedTuple):
    """Which rate of a run.

    Parameters
    ----------
    rate : str
        One of `RATES`.
    group : str
        Name of the group, or ``everybody``.
    mix : str
        Gallery searched; empty for rates of comparisons.
    gallery_size : int
        N; 0 for rates of comparisons.
    limit : int
        L, for FNIR only; 0 for all others, which no list length changes, or SEL which the
        same run always cuts alike.
    """

    rate: str
    group: str
    mix: str = ""
    gallery_size: int = 0
    limit: int = 0


@dataclass(frozen=True, slots=True)
class SideOfRun:
    """One run at one threshold.

    Parameters
    ----------
    name : str
        How the reader calls it, such as the run's folder.
    result : BenchmarkResult
        The whole run.
    threshold : str
        Name of one of its thresholds.
    """

    name: str
    result: BenchmarkResult
    threshold: str

    @property
    def at(self) -> AtThreshold:
        """What was found at the threshold."""
        return at_named(self.result, self.threshold)

    @property
    def used(self) -> UsedThreshold:
        """The threshold itself."""
        return self.at.threshold


@dataclass(frozen=True, slots=True)
class Contrast:
    """One rate in both runs."""

    which: Which
    first: Known | None
    second: Known | None
    change: Change


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Two runs compared.

    Parameters
    ----------
    first, second : SideOfRun
        A and B; changes are B against A.
    contrasts : tuple of Contrast
        Rate by rate, everybody first, then the groups in A's order.
    only_first, only_second : tuple of str
        Groups that the other run lacks: not compared.
    warnings : tuple of str
        What differs besides the systems, each in one sentence.
    same_data : bool
        Same photos and labels: the ranges are then wider than need be.
    """

    first: SideOfRun
    second: SideOfRun
    contrasts: tuple[Contrast, ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]
    warnings: tuple[str, ...]
    same_data: bool


def rates_of(side: SideOfRun) -> dict[Which, Known | None]:
    """Collect every rate of a run at one threshold.

    Returns
    -------
    dict of Which to Known or None
        None where the run has no such comparisons or searches.
    """
    at = side.at
    found: dict[Which, Known | None] = {}
    for rates in (at.overall, *at.groups):
        found[Which("fmr", rates.group)] = known_rate(rates.fmr)
        found[Which("fnmr", rates.group)] = known_rate(rates.fnmr)
    for search in _searches(side):
        place = (search.group, search.mix, search.gallery_size)
        found[Which("fpir", *place)] = known_rate(search.fpir)
        found[Which("fnir", *place, search.limit)] = known_rate(search.fnir)
        found[Which("sel", *place)] = known_mean(search.sel)
    return {**found, **failures_of(side.result)}


def failures_of(result: BenchmarkResult) -> dict[Which, Known | None]:
    """Collect the failures to enroll, which depend on no threshold."""
    return {
        Which("fte", counts.name): failures_to_enroll(counts)
        for counts in (result.main.total, *result.main.groups)
    }


def groups_of(result: BenchmarkResult) -> tuple[str, ...]:
    """Name the groups of a run, in its order."""
    return tuple(counts.name for counts in result.main.groups)


def common_threshold(first: BenchmarkResult, second: BenchmarkResult) -> str:
    """Find the first threshold of A that B has under the same name.

    Raises
    ------
    InputError
        If there is none; the message lists what each has.
    """
    ours, theirs = ([at.threshold.name for at in result.main.at] for result in (first, second))
    shared = [name for name in ours if name in theirs]
    if not shared:
        msg = (
            f"the runs have no threshold of the same name: A has {', '.join(ours)}; "
            f"B has {', '.join(theirs)}. Name one of each with --threshold-a and --threshold-b"
        )
        raise InputError(msg)
    return shared[0]


def compare_runs(first: SideOfRun, second: SideOfRun) -> SideBySide:
    """Hold two runs against each other.

    Parameters
    ----------
    first, second : SideOfRun
        A and B. They may be one run at two thresholds.

    Returns
    -------
    SideBySide
        Every rate that both have a place for, unknown ones included.

    Raises
    ------
    InputError
        If they have no group in common, one is synthetic and the other is not, or a
        threshold has another name.
    """
    ours, theirs = groups_of(first.result), groups_of(second.result)
    if not set(ours) & set(theirs):
        msg = (
            f"the runs have no group in common, so there is nothing to compare: A has {_some(ours)}; "
            f"B has {_some(theirs)}"
        )
        raise InputError(msg)
    if first.result.provenance.synthetic != second.result.provenance.synthetic:
        drawn = "A" if first.result.provenance.synthetic else "B"
        msg = f"run {drawn} is SYNTHETIC, the other is of real faces: their rates say nothing of each other"
        raise InputError(msg)
    a, b = rates_of(first), rates_of(second)
    shared = [which for which in a if which in b]
    shared.sort(key=lambda which: RATES.index(which.rate))
    return SideBySide(
        first,
        second,
        tuple(Contrast(which, a[which], b[which], change(a[which], b[which])) for which in shared),
        tuple(group for group in ours if group not in theirs),
        tuple(group for group in theirs if group not in ours),
        tuple(_warnings(first, second)),
        first.result.provenance.dataset_digest == second.result.provenance.dataset_digest,
    )


def _searches(side: SideOfRun) -> list[SearchRates]:
    """Give the searches at the side's threshold, at the full size of each gallery."""
    found = side.result.identification
    return [] if found is None else [rates for rates in found.searches if rates.threshold == side.threshold]


def _warnings(first: SideOfRun, second: SideOfRun) -> Iterator[str]:
    """Say what differs, in the order in which it should worry."""
    a, b = first.result.provenance, second.result.provenance
    if a.dataset_digest != b.dataset_digest:
        yield (
            f"Other data: A is of {a.dataset} ({a.dataset_digest[:12]}), B of {b.dataset} "
            f"({b.dataset_digest[:12]}). A difference may come from people and photos, not from the system."
        )
    if a.embedder_digest != b.embedder_digest:
        yield (
            f"Other models: A is {_model(a.embedder, a.embedder_digest)}, B is "
            f"{_model(b.embedder, b.embedder_digest)}. If one system was meant to stay the same, it did not."
        )
    if not a.embedder_digest and not b.embedder_digest:
        yield "Both runs had scores only: nobody can tell which model made them, nor whether it is one model."
    yield from _other_groups(first, second)
    if a.protocol_digest != b.protocol_digest:
        yield (
            f"Other protocols ({a.protocol_digest[:12]} and {b.protocol_digest[:12]}): people, thresholds or "
            "photos may have been chosen in another way."
        )
    yield from _other_thresholds(first, second)
    yield from _nameless(first, second)


def _other_groups(first: SideOfRun, second: SideOfRun) -> Iterator[str]:
    a, b = first.result, second.result
    if a.method.labels != b.method.labels:
        yield (
            f"Groups are made by {' x '.join(a.method.labels)} in A, by {' x '.join(b.method.labels)} in B: "
            "groups of one name need not hold people chosen alike."
        )
    if only := [group for group in groups_of(a) if group not in groups_of(b)]:
        yield f"Only A has these groups, which are not compared: {_some(only)}."
    if only := [group for group in groups_of(b) if group not in groups_of(a)]:
        yield f"Only B has these groups, which are not compared: {_some(only)}."


def _other_thresholds(first: SideOfRun, second: SideOfRun) -> Iterator[str]:
    a, b = first.used, second.used
    if (a.policy, a.target, a.name) != (b.policy, b.target, b.name):
        yield (
            f"The thresholds were set in different ways ({a.name}: {a.basis}; {b.name}: {b.basis}). "
            "Fewer false matches may have been bought with more misses: read both rates."
        )
    for side, used in (("A", a), ("B", b)):
        if used.in_sample:
            yield f"The threshold of {side} was set on the people measured: its overall rate is no finding."
        if used.unsupported:
            yield f"The threshold of {side} aims at a rate too rare for its data: an extrapolation."


def _nameless(first: SideOfRun, second: SideOfRun) -> Iterator[str]:
    for name, side in (("A", first), ("B", second)):
        if not side.result.input.people_named:
            yield f"The comparisons of {name} name no people: its ranges are too narrow, and these here too."


def _model(name: str, digest: str) -> str:
    return f"{name} ({digest[:12]})" if digest else f"{name} (no digest: scores only)"


def _some(groups: tuple[str, ...] | list[str]) -> str:
    """Name the first groups, and how many more there are."""
    most = 8
    more = f" and {len(groups) - most} more" if len(groups) > most else ""
    return ", ".join(groups[:most]) + more if groups else "none"
