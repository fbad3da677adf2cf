"""Numbers computed once, elsewhere, that every change of the code must reproduce."""

from __future__ import annotations

import math

import numpy as np
import pytest
from small_rates import estimate, group

from facegate.decision import Metric, Threshold
from facegate.evaluation.differentials import (
    APPENDIX_MEASURES,
    FMR_MEASURES,
    fairness_discrepancy_rate,
    garbe,
    geometric_mean,
    gini_corrected,
    gini_raw,
    inequity_rate,
    max_over_geometric_mean,
    max_over_min,
)
from facegate.evaluation.group_summaries import appendix, summaries
from facegate.evaluation.identification.model import model_points
from facegate.evaluation.intervals import clopper_pearson, clopper_pearson_upper, wilson
from facegate.evaluation.rates import RULE_OF_THREE, Rate, false_match_rate
from facegate.evaluation.thresholds import threshold_at_fmr
from facegate.evaluation.trials import AllPairs
from facegate.evaluation.variance import PeoplePairs, clustered_spread, dyadic_spread, fmr_of

X = np.array([[1e-4, 2e-4, 4e-4, 8e-4]])
Y = np.array([[0.01, 0.02, 0.03, 0.04]])


def test_measures_of_the_false_match_rate() -> None:
    found = [float(one.compute(X)[0]) for one in FMR_MEASURES]
    assert found == pytest.approx([8, 2.8284271, 2.1333333, 0.3010300, 0.3833333, 0.5111111], abs=1e-7)
    assert geometric_mean(X)[0] == pytest.approx(2.8284271e-4)


def test_the_relative_mean_difference_is_twice_the_raw_gini() -> None:
    apart = np.abs(X.T - X).mean() / X.mean()
    assert apart == pytest.approx(0.7666667, abs=1e-7)
    assert 2 * gini_raw(X)[0] == pytest.approx(apart)


def test_the_gini_of_the_false_non_match_rate() -> None:
    assert gini_corrected(Y)[0] == pytest.approx(0.3333333, abs=1e-7)


def test_measures_of_both_rates() -> None:
    found = [float(one.compute(X, Y, 0.5)[0]) for one in APPENDIX_MEASURES]
    assert found == pytest.approx([0.98465, 5.6568542, 0.4222222], abs=1e-7)


def test_ten_times_every_false_match_rate_barely_moves_the_discrepancy_rate_and_nothing_else() -> None:
    assert fairness_discrepancy_rate(10 * X, Y, 0.5)[0] == pytest.approx(0.98150)
    for measure in (inequity_rate, garbe):
        assert measure(10 * X, Y, 0.5)[0] == pytest.approx(measure(X, Y, 0.5)[0])
    for ratio in (max_over_min, max_over_geometric_mean):
        assert ratio(10 * X)[0] == pytest.approx(ratio(X)[0])


def test_the_same_numbers_come_out_of_counts_of_groups() -> None:
    groups = [
        group(f"g{k}", estimate(round(x * 1e6), 1_000_000), estimate(round(y * 1e3), 1000))
        for k, (x, y) in enumerate(zip(X[0], Y[0], strict=True))
    ]
    found = [one.value for one in (*summaries(FMR_MEASURES, groups, None, None),)]
    assert found == pytest.approx([8, 2.8284271, 2.1333333, 0.3010300, 0.3833333, 0.5111111], abs=1e-7)
    both = [one.value for one in appendix(APPENDIX_MEASURES, groups, None, None)]
    assert both == pytest.approx([0.98465, 5.6568542, 0.4222222], abs=1e-7)


def test_ratios_of_the_published_bfw_deviations() -> None:
    # Robinson et al. 2020, FPR under one threshold meant for 1e-3, as signed deviations of eight groups.
    rates = 1 + np.array([[-0.26, 0.14, -0.28, 0.30, -0.46, -0.16, 0.53, 0.83]])
    found = max_over_min(rates)[0], max_over_geometric_mean(rates)[0], gini_corrected(rates)[0]
    assert found == pytest.approx((3.389, 1.829, 0.249), abs=5e-4)


# (events, trials, Wilson, Clopper-Pearson, one-sided upper); bob.measure 6.1.1 has the same Clopper-Pearson
INTERVALS = [
    (0, 1_000, (0, 0.00382676), (0, 0.00368208), 0.00299125),
    (0, 10_000, (0, 0.000383998), (0, 0.00036882), 0.000299528),
    (3, 10_000, (0.000102032, 0.000881736), (6.18715e-05, 0.000876475), 0.000775181),
    (30, 1_000_000, (2.10152e-05, 4.2826e-05), (2.0241e-05, 4.28266e-05), 4.06903e-05),
    (30, 300_000, (7.00512e-05, 1.42751e-04), (6.74706e-05, 1.42753e-04), 1.35633e-04),
]


@pytest.mark.parametrize(("events", "trials", "expected", "_exact", "_upper"), INTERVALS)
def test_wilson_gives_the_known_ends(
    events: int, trials: int, expected: tuple[float, float], _exact: object, _upper: object
) -> None:
    found = wilson(events / trials, trials)
    assert (found.low, found.high) == pytest.approx(expected, rel=5e-6)


@pytest.mark.parametrize(("events", "trials", "_wilson", "expected", "upper"), INTERVALS)
def test_clopper_pearson_gives_the_known_ends(
    events: int, trials: int, _wilson: object, expected: tuple[float, float], upper: float
) -> None:
    found = clopper_pearson(Rate(events, trials))
    assert (found.low, found.high) == pytest.approx(expected, rel=5e-6)
    assert clopper_pearson_upper(Rate(events, trials)) == pytest.approx(upper, rel=5e-6)


def test_the_rule_of_three_is_a_little_cautious() -> None:
    assert pytest.approx(2.9957, abs=5e-5) == -math.log(0.05)
    assert -math.log(0.05) < RULE_OF_THREE


def pairs(*found: tuple[int, int]) -> PeoplePairs:
    first, second = np.array(found, dtype=np.int64).T
    once = np.ones(len(found), dtype=np.int64)
    return PeoplePairs(first, second, once, once)


def everybody(n_people: int) -> AllPairs:
    return AllPairs(np.ones(n_people, dtype=np.int64), np.zeros(n_people, dtype=np.int64))


def test_the_dyadic_variance_of_four_people_with_two_false_matches() -> None:
    cell, matched = everybody(4).within(np.arange(4)), pairs((0, 1), (0, 2))
    # Unclamped it is 0.0185185: the negative covariance of the two pairs is dropped.
    assert dyadic_spread(matched, cell).variance == pytest.approx(0.0370370, abs=1e-7)
    effective = (1 / 3) * (2 / 3) / dyadic_spread(matched, cell).variance
    assert effective == pytest.approx(6)
    golden = wilson(1 / 3, effective)
    assert (golden.low, golden.high) == pytest.approx((0.0967714, 0.7000067), abs=1e-7)


def test_so_few_people_are_not_taken_for_more_trials_than_pairs_that_share_nobody() -> None:
    found = fmr_of(pairs((0, 1), (0, 2)), everybody(4).within(np.arange(4)))
    assert found is not None
    assert (found.estimate, found.effective_trials) == (1 / 3, 2)
    golden = wilson(1 / 3, 6)
    assert found.low < golden.low < golden.high < found.high


def test_the_dyadic_variance_between_two_and_three_people() -> None:
    cell = everybody(5).between(np.array([0, 1]), np.array([2, 3, 4]))
    found = dyadic_spread(pairs((0, 0), (0, 1), (0, 2)), cell)
    assert found.variance == pytest.approx(0.0833333, abs=1e-7)
    assert found.variance == pytest.approx(2 * 0.5 * 0.5 / 6)


def test_the_variance_of_misses_clustered_by_person() -> None:
    misses, trials = np.array([2, 0, 1]), np.array([2, 3, 5])
    assert clustered_spread(misses, trials).variance == pytest.approx(0.0302)
    effective = 0.3 * 0.7 / clustered_spread(misses, trials).variance
    assert effective == pytest.approx(6.9536424)
    golden = wilson(0.3, effective)
    assert (golden.low, golden.high) == pytest.approx((0.0886918, 0.6536490), abs=1e-7)


IMPOSTORS = np.array([0.9, 0.8, 0.8, 0.7])


@pytest.mark.parametrize(("target", "score"), [(0.25, 0.9), (0.5, 0.9), (0.1, float(np.nextafter(0.9, 1)))])
def test_thresholds_for_a_target_rate(target: float, score: float) -> None:
    floor = Threshold(0.0, Metric.COSINE)
    assert threshold_at_fmr(IMPOSTORS, comparisons=4, floor=floor, target=target).threshold.score == score


@pytest.mark.parametrize(("score", "rate"), [(0.9, 0.25), (0.8, 0.75)])
def test_rates_at_thresholds_that_are_scores(score: float, rate: float) -> None:
    assert false_match_rate(IMPOSTORS, Threshold(score, Metric.COSINE)).value == rate


@pytest.mark.parametrize(
    ("fmr", "size", "fpir"),
    [
        (1e-5, 10**3, 0.0099502),
        (1e-5, 10**4, 0.095163),
        (1e-5, 10**5, 0.63212),
        (1e-5, 10**6, 0.99995),
        (1e-6, 10**6, 0.63212),
        (1e-6, 10**7, 0.99995),
        (1e-7, 10**6, 0.095163),
        (1e-7, 10**7, 0.63212),
    ],
)
def test_the_model_of_independent_comparisons(fmr: float, size: int, fpir: float) -> None:
    (point,) = model_points(threshold="t", group="g", fmr=fmr, sizes=[size])
    assert point.fpir == pytest.approx(fpir, rel=1e-5)
    assert point.sel == pytest.approx(fmr * size)


def test_a_license_office_gallery_needs_a_rate_nobody_can_measure() -> None:
    (point,) = model_points(threshold="t", group="g", fmr=1e-10, sizes=[10**7])
    assert point.fpir == pytest.approx(1e-3, rel=1e-3)
