"""FPIR, SEL and FNIR of hand-countable searches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_population import templates_of

from facegate.decision import Metric
from facegate.evaluation.identification.rates import (
    Mates,
    mates_in,
    mean_per_search,
    rate_of_searches,
    search_rates,
)
from facegate.evaluation.identification.result import MeanPerSearch, SearchRates
from facegate.evaluation.identification.search import Searched
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from facegate.evaluation.rates import Estimate

EVERYBODY = np.ones(3, dtype=bool)


@dataclass(frozen=True)
class Line:
    name: str
    score: float


def searched(person: list[int], candidates: list[tuple[int, int, float]]) -> Searched:
    """Write searches down: whom each was for, and (search, place, score) of each candidate."""
    columns = list(zip(*candidates, strict=True)) or [(), (), ()]
    return Searched(
        np.array(person, dtype=np.int64),
        np.array(columns[0], dtype=np.int64),
        np.array(columns[1], dtype=np.int64),
        np.array(columns[2], dtype=np.float64),
    )


def rates(
    strangers: Searched, mates: Mates | None = None, *, score: float = 0.5, limit: int = 10
) -> dict[str, SearchRates]:
    """Rates of two women (people 0 and 1) and a man (2) in a gallery of 20, by group."""
    people = [("a", "X", "F"), ("b", "X", "F"), ("c", "X", "M")]
    population = population_of(templates_of(people, np.zeros((3, 2))))
    nothing = np.empty(0, dtype=np.int64)
    found = search_rates(
        mix="m",
        size=20,
        thresholds=[Line("t", score)],
        metric=Metric.COSINE,
        limit=limit,
        population=population,
        strangers=strangers,
        mates=mates or Mates(nothing, np.empty(0), nothing),
    )
    return {one.group: one for one in found}


def fraction(rate: Estimate | None) -> tuple[int, int]:
    assert rate is not None
    return rate.events, rate.trials


THREE = searched([0, 0, 1], [(0, 3, 0.9), (0, 4, 0.5), (1, 3, 0.4)])


def test_a_search_is_one_false_positive_however_many_it_returns() -> None:
    assert fraction(rates(THREE)["everybody"].fpir) == (1, 3)


def test_a_candidate_at_the_threshold_is_returned() -> None:
    sel = rates(THREE)["everybody"].sel
    assert sel is not None
    assert (sel.total, sel.searches, sel.people, sel.mean) == (2, 3, 2, 2 / 3)


def test_the_limit_cuts_selectivity_and_never_fpir() -> None:
    short = rates(THREE, limit=1)["everybody"]
    assert short.sel is not None
    assert short.sel.total == 1
    assert short.fpir == rates(THREE)["everybody"].fpir


def test_a_group_without_searches_has_no_rate_and_not_zero() -> None:
    man = rates(THREE)["X M"]
    assert (man.fpir, man.sel, man.fnir, man.fnir_rank_one) == (None, None, None, None)


def test_groups_add_up_to_everybody() -> None:
    found = rates(searched([0, 1, 2, 2], [(0, 1, 0.9), (2, 1, 0.7), (3, 1, 0.1)]))
    parts = [fraction(found[name].fpir) for name in ("X F", "X M")]
    assert tuple(map(sum, zip(*parts, strict=True))) == fraction(found["everybody"].fpir)


def test_a_tie_with_the_mate_counts_as_ahead_of_it() -> None:
    mates = mates_in(searched([0], [(0, 7, 0.8), (0, 2, 0.8), (0, 3, 0.7)]), np.array([2, -1, -1]))
    assert mates.ahead.tolist() == [1]
    assert fraction(rates(searched([], []), mates)["everybody"].fnir_rank_one) == (1, 1)
    assert fraction(rates(searched([], []), mates)["everybody"].fnir) == (0, 1)


def test_a_mate_outside_the_limit_is_missed() -> None:
    mates = mates_in(searched([1], [(0, 7, 0.9), (0, 6, 0.8), (0, 2, 0.7)]), np.array([-1, 2, -1]))
    assert fraction(rates(searched([], []), mates, limit=2)["everybody"].fnir) == (1, 1)
    assert fraction(rates(searched([], []), mates, limit=3)["everybody"].fnir) == (0, 1)


def test_a_mate_below_the_threshold_is_missed_even_in_first_place() -> None:
    mates = mates_in(searched([1, 2], [(0, 2, 0.45)]), np.array([-1, 2, 5]))
    found = rates(searched([], []), mates)["everybody"]
    assert fraction(found.fnir) == (2, 2)
    assert fraction(rates(searched([], []), mates, score=0.45)["everybody"].fnir) == (1, 2)


def test_a_rate_is_clustered_by_the_person_searched_for() -> None:
    person = np.array([0] * 20 + [1] * 20 + [2] * 20)
    found = rate_of_searches(person, person == 0, EVERYBODY)
    assert found is not None
    assert (found.events, found.trials, found.people) == (20, 60, 3)
    assert found.effective_trials <= 3  # three people, however many photos of each


def mean(person: list[int], returned: list[int], *, most: int = 100) -> MeanPerSearch:
    found = mean_per_search(np.array(person), np.array(returned), EVERYBODY, most=most)
    assert found is not None
    return found


def test_the_interval_of_a_mean_is_that_of_a_ratio_of_sums_over_people() -> None:
    found = mean([0, 0, 1, 2], [2, 1, 0, 1])
    residuals = np.array([3 - 2 * 1.0, 0 - 1.0, 1 - 1.0])  # mean 1 a search, over 2, 1 and 1 searches
    deviation = np.sqrt((residuals**2).sum() * 3 / 2) / 4
    quantile = 4.302652729911275  # Student's t, 2 degrees of freedom: tables
    assert found.mean == 1.0
    assert found.high == pytest.approx(1.0 + quantile * deviation)
    assert found.low == 0.0  # clamped


def test_nobody_returned_is_bounded_by_three_over_the_people() -> None:
    zero = mean_per_search(np.arange(30), np.zeros(30, dtype=np.int64), np.ones(30, dtype=bool), most=9)
    assert zero == MeanPerSearch(0, 30, 30, 0.0, 0.0, 0.1)


def test_people_who_all_agree_are_no_proof_of_no_spread() -> None:
    found = mean_per_search(np.arange(30), np.full(30, 4), np.ones(30, dtype=bool), most=9)
    assert found is not None
    assert (found.low, found.high) == pytest.approx((3.6, 4.5))


def test_one_person_alone_gives_no_more_than_the_ends_of_the_scale() -> None:
    found = mean([1, 1], [3, 5], most=20)
    assert (found.mean, found.low, found.high) == (4.0, 0.0, 20.0)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 6)), min_size=1, max_size=20))
def test_an_interval_holds_its_mean_and_stays_on_the_scale(rows: list[tuple[int, int]]) -> None:
    found = mean([person for person, _ in rows], [count for _, count in rows], most=6)
    assert 0 <= found.low <= found.mean <= found.high <= 6
