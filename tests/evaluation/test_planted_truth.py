"""The planted truth of synthetic populations: every kind of rate holds it as often as its interval says.

Closed forms: an FMR between two groups and an FNMR are planted. A search sees gallery entries that
are independent of each other and of the probe, so FPIR_g = 1 - prod_h (1 - FMR_gh)^N_h and
SEL_g = sum_h N_h FMR_gh are exact here (on real faces they are not). No limit cuts the lists, so
FNIR is FNMR.
"""

from __future__ import annotations

import math
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_run import small_run

from facegate.datasets.populations import demo_population
from facegate.decision import Metric, Threshold
from facegate.evaluation.identification.plan import IdentificationPlan
from facegate.evaluation.protocol import AllPairsProtocol, Resampling, parse_protocol

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.datasets.synthetic import SyntheticPopulation
    from facegate.evaluation.identification.result import Identification
    from facegate.evaluation.result import Measurement

DISTANCE = 0.6
PEOPLE = 240
NO_LIMIT = 1000
LEAST_COVERAGE = 0.92
"""Wanted of the intervals; a share counted in n populations may fall short by two standard errors."""
Row = tuple[str, str, float, float, float, float]
"""Kind of rate, whose, and planted truth, estimate, low and high."""


def protocol(plan: IdentificationPlan | None) -> AllPairsProtocol:
    made = parse_protocol(
        'kind = "all-pairs"\nname = "planted"\ntitle = "t"\ndata.dataset = "drawn"\n'
        f"floor.distance = {DISTANCE}\n[[threshold]]\ndistance = {DISTANCE}\n",
        name="planted.toml",
    )
    assert isinstance(made, AllPairsProtocol)
    return replace(made, resampling=Resampling(0, 0, 1), identification=plan)


def planted_fmr(planted: SyntheticPopulation) -> np.ndarray:
    """Give the planted FMR of each pair of groups."""
    edge, places = Threshold.from_native(DISTANCE, Metric.EUCLIDEAN), range(len(planted.groups))
    return np.array([[planted.false_match_rate(g, h, edge) for h in places] for g in places])


def planted_towards_all(planted: SyntheticPopulation) -> np.ndarray:
    """Give the FMR of a person of each group with anybody else: cells weighed by their comparisons."""
    people = np.array([group.n_subjects for group in planted.groups], dtype=float)
    met = np.outer(people, people)
    np.fill_diagonal(met, people * (people - 1) / 2)
    rates: np.ndarray = (planted_fmr(planted) * met).sum(axis=1) / met.sum(axis=1)
    return rates


def names_of(planted: SyntheticPopulation) -> list[str]:
    return [f"{group.race} {group.sex}" for group in planted.groups]


def compared(planted: SyntheticPopulation, found: Measurement) -> Iterator[Row]:
    """Set what comparisons gave beside what was planted."""
    names, fmr, at = names_of(planted), planted_fmr(planted), found.at[0]
    edge = Threshold.from_native(DISTANCE, Metric.EUCLIDEAN)
    towards = dict(zip(names, planted_towards_all(planted), strict=True))
    assert at.overall.fmr
    yield "FMR", "everybody", planted.overall_false_match_rate(edge), *ends(at.overall.fmr)
    assert at.overall.fnmr
    yield "FNMR", "everybody", planted.false_non_match_rate(edge), *ends(at.overall.fnmr)
    for pair in at.pairs:
        assert pair.fmr
        g, h = names.index(pair.first), names.index(pair.second)
        kind = "FMR" if g == h else "FMR between groups"
        yield kind, f"{pair.first} - {pair.second}", fmr[g, h], *ends(pair.fmr)
    for rates in at.groups:
        assert rates.against_everybody
        assert rates.fnmr
        yield "FMR against everybody", rates.group, towards[rates.group], *ends(rates.against_everybody)
        truth = planted.false_non_match_rate(edge, names.index(rates.group))
        yield "FNMR", rates.group, truth, *ends(rates.fnmr)


def searched(planted: SyntheticPopulation, found: Identification) -> Iterator[Row]:
    """Set what searches of each gallery gave beside what was planted."""
    names, fmr = names_of(planted), planted_fmr(planted)
    edge = Threshold.from_native(DISTANCE, Metric.EUCLIDEAN)
    galleries = {
        mix.name: np.array([mix.people.get(name, 0) for name in names], dtype=float) for mix in found.mixes
    }
    for one in found.searches:
        if one.group not in names:
            continue
        g, people = names.index(one.group), galleries[one.mix]
        assert one.fpir
        assert one.sel
        yield "FPIR", f"{one.group}, {one.mix}", 1 - float(np.prod((1 - fmr[g]) ** people)), *ends(one.fpir)
        yield (
            "SEL", f"{one.group}, {one.mix}", float(fmr[g] @ people), one.sel.mean, one.sel.low, one.sel.high
        )  # fmt: skip
        if one.fnir:
            yield "FNIR", f"{one.group}, {one.mix}", planted.false_non_match_rate(edge, g), *ends(one.fnir)


def ends(rate: object) -> tuple[float, float, float]:
    return rate.estimate, rate.low, rate.high  # type: ignore[attr-defined]


def all_rows(seed: int, *, searches: bool) -> list[Row]:
    """Draw one population, measure it as a run does, and list every rate with its truth."""
    planted = demo_population(PEOPLE, seed)
    plan = IdentificationPlan(limit=NO_LIMIT, seed=seed) if searches else None
    result = small_run(planted.draw(), protocol(plan))
    rows = list(compared(planted, result.main))
    return rows + (list(searched(planted, result.identification)) if result.identification else [])


def coverage(rows: list[Row]) -> dict[tuple[str, str], float]:
    """Give the share of intervals that hold the truth, for each kind of rate and whose it is."""
    held: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for kind, whose, truth, _, low, high in rows:
        held[kind, whose].append(low <= truth <= high)
    return {key: float(np.mean(each)) for key, each in held.items()}


def bias(rows: list[Row]) -> dict[tuple[str, str], float]:
    """Give the mean error of each rate, in standard errors of that mean; only of rates that vary."""
    off: dict[tuple[str, str], list[float]] = defaultdict(list)
    for kind, whose, truth, estimate, _, _ in rows:
        off[kind, whose].append(estimate - truth)
    return {
        key: float(np.mean(each) / (np.std(each) / np.sqrt(len(each))))
        for key, each in off.items()
        if np.std(each) > 1e-9
    }


def test_one_population_holds_the_truth_in_all_but_a_few_of_its_rates() -> None:
    rows = all_rows(7, searches=True)
    missed = [row for row in rows if not row[4] <= row[2] <= row[5]]
    assert {row[0] for row in rows} == {
        "FMR", "FMR between groups", "FMR against everybody", "FNMR", "FPIR", "SEL", "FNIR"
    }  # fmt: skip
    assert len(rows) == 2 + 10 + 8 + 2 * 4 * 3 - 3  # the gallery of one group has no other group's mates
    assert len(missed) <= 0.08 * len(rows), missed


def test_the_intervals_are_narrow_enough_to_tell_the_planted_groups_apart() -> None:
    rows = {(row[0], row[1]): row for row in all_rows(7, searches=False)}
    best, worst = rows["FMR", "Group A M - Group A M"], rows["FMR", "Group B F - Group B F"]
    assert best[5] < worst[4]
    assert worst[2] == pytest.approx(0.05)


def short_of_it(rows: list[Row], populations: int) -> dict[tuple[str, str], float]:
    """Find the rates whose coverage is below what luck in so many populations explains."""
    least = LEAST_COVERAGE - 2 * math.sqrt(LEAST_COVERAGE * (1 - LEAST_COVERAGE) / populations)
    return {key: share for key, share in coverage(rows).items() if share < least}


@pytest.mark.slow
def test_rates_of_comparisons_hold_the_planted_truth_as_often_as_they_say() -> None:
    rows = [row for seed in range(300) for row in all_rows(seed, searches=False)]
    assert short_of_it(rows, 300) == {}
    assert {key: off for key, off in bias(rows).items() if abs(off) > 4} == {}


@pytest.mark.slow
def test_rates_of_searches_hold_the_planted_truth_as_often_as_they_say() -> None:
    rows = [row for seed in range(120) for row in all_rows(1000 + seed, searches=True)]
    assert short_of_it(rows, 120) == {}
    assert np.mean(list(coverage(rows).values())) >= LEAST_COVERAGE
    assert {key: off for key, off in bias(rows).items() if abs(off) > 4} == {}
