"""Differences and ratios of two rates, with their ranges."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hand_made_runs import a_run, counts, estimate
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq

from facegate.errors import InputError
from facegate.evaluation.identification.result import MeanPerSearch
from facegate.evaluation.intervals import wilson
from facegate.evaluation.side_by_side.differences import (
    Direction,
    Known,
    change,
    failures_to_enroll,
    known_mean,
    known_rate,
)
from facegate.evaluation.side_by_side.runs import SideOfRun, common_threshold, compare_runs


def known(events: int, trials: int) -> Known:
    ends = wilson(events / trials, trials)
    return Known(events / trials, ends.low, ends.high, events, trials, enough=events > 2, smallest=3 / trials)


@st.composite
def rates(draw: st.DrawFn) -> Known:
    trials = draw(st.integers(1, 10_000))
    return known(draw(st.integers(0, trials)), trials)


@pytest.mark.parametrize(
    ("second", "first", "low", "high"),
    [
        # Newcombe 1998, method 10
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((10, 10), (0, 10), 0.6075, 1.0000),
    ],
)
def test_the_difference_has_newcombes_range(
    second: tuple[int, int], first: tuple[int, int], low: float, high: float
) -> None:
    found = change(known(*first), known(*second))
    assert (found.difference_low, found.difference_high) == pytest.approx((low, high), abs=6e-5)


@given(rates(), rates())
@settings(max_examples=200, deadline=None)
def test_the_ratio_excludes_one_exactly_where_the_difference_excludes_zero(a: Known, b: Known) -> None:
    found = change(a, b)
    higher = found.ratio_low is not None and found.ratio_low > 1 + 1e-12
    lower = found.ratio_high is not None and found.ratio_high < 1 - 1e-12
    near = min(abs(found.difference_low or 0), abs(found.difference_high or 0)) < 1e-9
    assert near or (higher, lower) == (
        found.direction is Direction.HIGHER, found.direction is Direction.LOWER,
    )  # fmt: skip


@given(rates(), rates())
@settings(max_examples=200, deadline=None)
def test_ranges_hold_their_value_and_turn_round_with_the_runs(a: Known, b: Known) -> None:
    there, back = change(a, b), change(b, a)
    assert there.difference is not None
    assert back.difference_low is not None
    assert there.difference_high is not None
    assert there.difference_high == pytest.approx(-back.difference_low, abs=1e-12)
    assert back.difference_low <= -there.difference + 1e-12
    if there.ratio is not None and there.ratio_low is not None:
        assert there.ratio_low <= there.ratio * (1 + 1e-9)
        assert there.ratio_high is None or there.ratio_high >= there.ratio * (1 - 1e-9)


@pytest.mark.parametrize(
    ("first", "second"), [((30, 900), (55, 800)), ((4, 900), (11, 700)), ((3, 20), (2, 9))]
)
def test_the_ends_of_the_ratio_are_where_the_difference_touches_zero(
    first: tuple[int, int], second: tuple[int, int]
) -> None:
    a, b = known(*first), known(*second)

    def lower(r: float) -> float:
        return b.value - r * a.value - math.hypot(b.value - b.low, r * (a.high - a.value))

    def upper(r: float) -> float:
        return b.value - r * a.value + math.hypot(b.high - b.value, r * (a.value - a.low))

    found = change(a, b)
    assert found.ratio_low == pytest.approx(brentq(lower, 0, 1e4))
    assert found.ratio_high == pytest.approx(brentq(upper, 0, 1e4))


def test_ranges_of_independent_runs_cover_their_truth() -> None:
    rng = np.random.default_rng(7)
    truth = (0.02, 0.05)
    held = [0, 0]
    for _ in range(1_000):
        found = change(*(known(int(rng.binomial(1_500, p)), 1_500) for p in truth))
        held[0] += (found.difference_low or 0) <= 0.03 <= (found.difference_high or 0)
        held[1] += (found.ratio_low or 0) <= 2.5 <= (found.ratio_high or math.inf)
    assert min(held) >= 930
    assert max(held) <= 975


def test_an_unknown_rate_leaves_everything_unknown_and_says_where() -> None:
    found = change(None, known(3, 10))
    assert (found.difference, found.ratio, found.direction) == (None, None, Direction.UNKNOWN)
    assert found.undefined == "unknown in A"
    assert change(None, None).undefined == "unknown in A and B"


def test_none_in_the_first_run_has_only_a_least_ratio() -> None:
    found = change(known(0, 1_000), known(50, 1_000))
    assert (found.ratio, found.ratio_high, found.direction) == (None, None, Direction.HIGHER)
    assert found.ratio_low is not None
    assert found.ratio_low > 1
    assert found.undefined == "no ratio, only a least one: none in 1,000 in A"


def test_none_in_both_runs_has_a_difference_and_no_ratio() -> None:
    found = change(known(0, 1_000), known(0, 500))
    assert (found.difference, found.ratio, found.ratio_low, found.ratio_high) == (0, None, None, None)
    assert found.undefined == "no ratio: none in 1,000 in A and none in 500 in B"


def test_a_rate_outside_its_range_is_refused() -> None:
    with pytest.raises(InputError, match="a rate must lie inside its range"):
        Known(0.5, 0.6, 0.7, 1, 2, enough=True, smallest=0.1)
    with pytest.raises(InputError, match="finite"):
        Known(0.5, 0.4, math.inf, 1, 2, enough=True, smallest=0.1)


def test_few_people_cannot_see_small_rates_however_often_they_are_compared() -> None:
    found = known_rate(estimate(0, 100_000, people=6))
    assert found is not None
    assert (found.enough, found.smallest) == (False, 1.0)


def test_photos_of_one_person_that_fail_count_as_one_person() -> None:
    clustered = failures_to_enroll(counts("x", people=50, photos=5_000, failures=500))
    single = failures_to_enroll(counts("x", people=5_000, photos=5_000, failures=500))
    assert clustered is not None
    assert single is not None
    assert clustered.value == single.value == 0.1
    assert clustered.high - clustered.low > 5 * (single.high - single.low)
    assert failures_to_enroll(counts("x", people=0, photos=0, failures=0)) is None


def test_a_mean_per_search_may_be_above_one() -> None:
    found = known_mean(MeanPerSearch(total=900, searches=300, people=100, mean=3.0, low=2.0, high=5.0))
    assert found is not None
    assert (found.value, found.enough) == (3.0, True)
    assert known_mean(None) is None


def test_two_runs_are_compared_rate_by_rate_and_group_by_group() -> None:
    a, b = a_run(), a_run(black_f=estimate(400, 10_000))
    compared = compare_runs(SideOfRun("a", a, "distance-0.6"), SideOfRun("b", b, "distance-0.6"))
    found = {(one.which.rate, one.which.group): one.change for one in compared.contrasts}
    assert found["fmr", "Black F"].ratio == 2
    assert found["fmr", "White M"].direction is Direction.UNDECIDED
    assert found["fnmr", "F, race not recorded"].undefined == "unknown in A and B"
    assert found["fte", "everybody"].difference == 0
    assert (compared.same_data, compared.warnings) == (True, ())


def test_other_data_models_and_protocols_are_told() -> None:
    a, b = a_run(), a_run(dataset="other", dataset_digest="f" * 64)
    origin = replace(b.provenance, embedder_digest="0" * 64, protocol_digest="1" * 64)
    b = replace(b, provenance=origin, method=replace(b.method, labels=("sex",)))
    said = " ".join(compare_runs(SideOfRun("a", a, "distance-0.6"), SideOfRun("b", b, "fmr-1e-3")).warnings)
    for what in ("Other data", "Other models", "Other protocols", "Groups are made by race x sex in A"):
        assert what in said
    assert "The thresholds were set in different ways" in said


def test_runs_without_a_common_group_cannot_be_compared() -> None:
    b = a_run()
    b = replace(b, main=replace(b.main, groups=(counts("Martian"),)))
    with pytest.raises(InputError, match=r"no group in common.*A has Black F.*B has Martian"):
        compare_runs(SideOfRun("a", a_run(), "distance-0.6"), SideOfRun("b", b, "distance-0.6"))


def test_a_synthetic_run_is_not_compared_with_a_real_one() -> None:
    with pytest.raises(InputError, match="run B is SYNTHETIC"):
        compare_runs(
            SideOfRun("a", a_run(), "distance-0.6"), SideOfRun("b", a_run(synthetic=True), "distance-0.6")
        )


def test_the_first_common_threshold_is_taken_or_all_are_listed() -> None:
    a = a_run()
    assert common_threshold(a, a) == "distance-0.6"
    later = replace(a.main.at[1], threshold=replace(a.main.at[1].threshold, name="fmr-1e-4"))
    b = replace(a, main=replace(a.main, at=(later,)))
    with pytest.raises(InputError, match=r"A has distance-0.6, fmr-1e-3; B has fmr-1e-4"):
        common_threshold(a, b)
