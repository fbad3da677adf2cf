"""Measures of differences between groups: golden numbers, laws, and rates of 0."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.evaluation.differentials import (
    APPENDIX_MEASURES,
    FMR_MEASURES,
    Measure,
    TwoErrorMeasure,
    Zeros,
    garbe,
    geometric_mean,
    gini_corrected,
    gini_raw,
    inequity_rate,
    max_over_arithmetic_mean,
    max_over_min,
)

each_measure = pytest.mark.parametrize("measure", FMR_MEASURES, ids=lambda one: one.name)
each_two_error_measure = pytest.mark.parametrize("measure", APPENDIX_MEASURES, ids=lambda one: one.name)
rates = st.lists(st.floats(1e-6, 1e-2), min_size=2, max_size=8)


def of(measure: Measure, x: list[float]) -> float:
    return float(measure.compute(np.array([x]))[0])


@each_measure
@given(x=rates, factor=st.floats(1e-3, 100))
@settings(deadline=None, max_examples=40)
def test_a_measure_of_one_rate_does_not_change_when_every_rate_does(
    measure: Measure, x: list[float], factor: float
) -> None:
    assert of(measure, [factor * one for one in x]) == pytest.approx(of(measure, x), rel=1e-9, abs=1e-9)


@each_measure
@given(x=rates, data=st.data())
@settings(deadline=None, max_examples=40)
def test_the_order_of_groups_does_not_matter(measure: Measure, x: list[float], data: st.DataObject) -> None:
    assert of(measure, data.draw(st.permutations(x))) == pytest.approx(of(measure, x), rel=1e-9, abs=1e-12)


@each_measure
@given(x=rates)
@settings(deadline=None, max_examples=40)
def test_no_measure_is_better_than_its_ideal(measure: Measure, x: list[float]) -> None:
    assert of(measure, x) >= measure.ideal - 1e-12


@each_measure
def test_groups_that_are_alike_give_the_ideal_value(measure: Measure) -> None:
    assert of(measure, [3e-4] * 7) == pytest.approx(measure.ideal, abs=1e-12)


@each_two_error_measure
def test_groups_alike_in_both_rates_give_the_ideal_value(measure: TwoErrorMeasure) -> None:
    alike = np.full((1, 5), 3e-4)
    assert measure.compute(alike, 100 * alike, 0.5)[0] == measure.ideal


@given(st.lists(st.floats(0, 1, allow_subnormal=False), min_size=2, max_size=8).filter(any))
@settings(deadline=None, max_examples=100)
def test_gini_stays_in_its_bounds_and_equals_its_definition(x: list[float]) -> None:
    n, mean = len(x), sum(x) / len(x)
    slow = sum(abs(a - b) for a, b in product(x, x)) / (2 * n * n * mean)
    raw, corrected = gini_raw(np.array([x]))[0], gini_corrected(np.array([x]))[0]
    assert raw == pytest.approx(slow, rel=1e-9, abs=1e-9)
    assert -1e-12 <= raw <= 1 - 1 / n + 1e-9
    assert corrected <= 1 + 1e-9


def test_one_group_with_all_errors_has_a_corrected_gini_of_one() -> None:
    assert gini_corrected(np.array([[0.0, 0.0, 0.0, 0.3]]))[0] == pytest.approx(1)


def test_the_ratio_to_the_arithmetic_mean_cannot_exceed_the_number_of_groups() -> None:
    assert max_over_arithmetic_mean(np.array([[0.0, 0.0, 0.0, 0.3]]))[0] == pytest.approx(4)


@each_measure
def test_a_rate_of_zero_breaks_a_measure_as_it_declares(measure: Measure) -> None:
    found = measure.compute(np.array([[0.0, 1e-4, 2e-4], [0.0, 0.0, 0.0]]))
    assert math.isnan(found[0]) == (measure.zeros is Zeros.ANY)
    assert math.isnan(found[1])


@each_two_error_measure
def test_a_rate_of_zero_breaks_a_measure_of_both_rates_as_it_declares(measure: TwoErrorMeasure) -> None:
    one_zero, none = np.array([[0.0, 1e-4]]), np.array([[0.0, 0.0]])
    plain = np.array([[0.1, 0.2]])
    for x, y in ((one_zero, plain), (plain, one_zero)):
        assert np.isnan(measure.compute(x, y, 0.5)[0]) == (measure.zeros is Zeros.ANY)
    for x, y in ((none, plain), (plain, none)):
        assert np.isnan(measure.compute(x, y, 0.5)[0]) == (measure.zeros is not Zeros.NONE)


@each_measure
def test_a_group_that_compared_nobody_makes_the_measure_unknown(measure: Measure) -> None:
    assert np.isnan(measure.compute(np.array([[np.nan, 1e-4, 2e-4]]))[0])


@each_two_error_measure
def test_a_group_without_mated_pairs_makes_a_measure_of_both_rates_unknown(measure: TwoErrorMeasure) -> None:
    assert np.isnan(measure.compute(np.array([[1e-4, 2e-4]]), np.array([[np.nan, 0.1]]), 0.5)[0])


@each_measure
def test_every_draw_is_computed_on_its_own(measure: Measure) -> None:
    x = np.random.default_rng(1).uniform(1e-5, 1e-3, (20, 6))
    one_by_one = [of(measure, row.tolist()) for row in x]
    np.testing.assert_allclose(measure.compute(x), one_by_one, rtol=1e-12)


def test_the_geometric_mean_is_the_root_of_the_product() -> None:
    assert geometric_mean(np.array([[1e-4, 2e-4, 4e-4, 8e-4]]))[0] == pytest.approx((64e-16) ** 0.25)


def test_alpha_weighs_the_false_matches() -> None:
    x, y = np.array([[1e-4, 8e-4]]), np.array([[0.1, 0.1]])
    assert inequity_rate(x, y, 0.25)[0] == pytest.approx(8**0.25)
    assert garbe(x, y, 0.25)[0] == pytest.approx(0.25 * gini_corrected(x)[0])


def test_ratios_of_chance_alone_are_those_of_the_null_table() -> None:
    # 50 truly equal groups, Poisson counts of mean 30: median max/min 2.32, 95 % 3.00, median Gini 0.103.
    counts = np.random.default_rng(2).poisson(30, (20_000, 50)).astype(float)
    assert np.median(max_over_min(counts)) == pytest.approx(2.32, abs=0.02)
    assert np.quantile(max_over_min(counts), 0.95) == pytest.approx(3.0, abs=0.05)
    assert np.median(gini_corrected(counts)) == pytest.approx(0.103, abs=0.001)
