"""Summaries with interval and null: who is in them, what is undefined and why, nothing dropped in silence."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_rates import estimate, group

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.differentials import APPENDIX_MEASURES, FMR_MEASURES
from facegate.evaluation.group_ratios import group_ratios
from facegate.evaluation.group_summaries import appendix, null_of, summaries
from facegate.evaluation.resampling import Draws

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import GroupRates, Summary

FOUR = [
    group(name, estimate(events, 1_000_000), estimate(missed, 1000))
    for name, events, missed in (("A", 100, 10), ("B", 200, 20), ("C", 400, 30), ("D", 800, 40))
]
NONE_SEEN = group("White F", estimate(0, 2_358_289), estimate(10, 1000))


def draws(fmr: np.ndarray, fnmr: np.ndarray | None = None) -> Draws:
    return Draws(fmr, np.full(fmr.shape, 0.01) if fnmr is None else fnmr, fmr.mean(axis=1))


def drawn(n_groups: int = 4, n_draws: int = 200) -> Draws:
    return draws(np.random.default_rng(1).uniform(1e-4, 2e-4, (n_draws, n_groups)))


def max_min(groups: list[GroupRates], boot: Draws | None = None, null: Draws | None = None) -> Summary:
    return summaries(FMR_MEASURES, groups, boot, null)[0]


def test_values_are_those_of_the_rates() -> None:
    found = {one.name: one.value for one in summaries(FMR_MEASURES, FOUR, None, None)}
    assert found["FMR max / min"] == pytest.approx(8)
    assert found["FMR Gini, corrected"] == pytest.approx(0.5111111, abs=1e-7)
    assert {one.name.split(" ")[0]: one.value for one in appendix(APPENDIX_MEASURES, FOUR, None, None)} == {
        "FDR": pytest.approx(0.98465),
        "IR": pytest.approx(5.6568542),
        "GARBE": pytest.approx(0.4222222, abs=1e-7),
    }


def test_the_weight_is_printed_with_the_formula() -> None:
    assert all(
        one.formula.endswith("alpha = 0.25")
        for one in appendix(APPENDIX_MEASURES, FOUR, None, None, alpha=0.25)
    )


@pytest.mark.parametrize("alpha", [0.0, 1.0, -1.0, float("nan")])
def test_a_weight_that_leaves_out_one_error_is_refused(alpha: float) -> None:
    with pytest.raises(InputError, match="alpha, the weight of the FMR term, must be between 0 and 1"):
        appendix(APPENDIX_MEASURES, FOUR, None, None, alpha=alpha)


def test_a_group_without_false_matches_leaves_ratios_undefined_and_says_which() -> None:
    found = max_min([*FOUR, NONE_SEEN])
    assert found.value is None
    assert found.undefined.startswith("White F: 0 of 2,358,289 comparisons")


def test_where_the_lowest_rate_is_zero_the_intervals_bound_the_ratio() -> None:
    highest, lowest = FOUR[3].fmr, NONE_SEEN.fmr
    assert highest
    assert lowest
    bound = highest.low / lowest.high
    assert (
        f">= {bound:.3g}, the lower end of D over the upper end of White F"
        in max_min([*FOUR, NONE_SEEN]).undefined
    )


def test_a_bound_below_one_is_not_stated() -> None:
    assert ">=" not in max_min([group("A", estimate(1, 1000)), group("B", estimate(0, 1000))]).undefined


def test_gini_bears_a_zero_and_not_only_zeros() -> None:
    gini = summaries(FMR_MEASURES, [*FOUR, NONE_SEEN], None, None)[-1]
    assert gini.value is not None
    nothing = summaries(FMR_MEASURES, [NONE_SEEN, group("B", estimate(0, 10))], None, None)[-1]
    assert nothing.undefined == "White F: 0 of 2,358,289 comparisons; B: 0 of 10 comparisons"


def test_alike_groups_have_a_garbe_of_zero_and_not_none() -> None:
    alike = [group(name, estimate(5, 1000), estimate(7, 100)) for name in "ABC"]
    garbe = appendix(APPENDIX_MEASURES, alike, None, None)[-1]
    assert (garbe.value, garbe.undefined) == (0.0, "")


def test_missing_mated_comparisons_are_named_in_the_appendix_alone() -> None:
    groups = [FOUR[0], group("B", estimate(5, 1000))]
    assert max_min(groups).undefined == ""
    assert appendix(APPENDIX_MEASURES, groups, None, None)[0].undefined == "B: no mated comparisons"


def test_many_groups_without_events_are_counted_not_listed() -> None:
    groups = [FOUR[0], *(group(f"G{k}", estimate(0, 50)) for k in range(5))]
    assert summaries(FMR_MEASURES, groups, None, None)[1].undefined.endswith("; and 2 more groups")


def test_small_groups_and_labels_not_recorded_are_left_out() -> None:
    small = group("E", estimate(9, 10, people=20))
    unknown = group("F, race not recorded", estimate(9, 10))
    found = max_min([*FOUR, small, unknown, group("H", None)], drawn(7), drawn(7))
    assert found.groups == ("A", "B", "C", "D")
    assert found.value == pytest.approx(8)


def test_one_group_alone_has_nothing_to_be_compared_with() -> None:
    found = max_min(FOUR[:1], drawn(1), drawn(1))
    assert found.value is None
    assert found.undefined == "needs 2 groups with all labels recorded and 30 people or more, here are 1"
    assert (found.low, found.null) == (None, None)


def test_the_interval_holds_95_percent_of_the_draws() -> None:
    boot = drawn()
    found = max_min(FOUR, boot)
    ratios = boot.fmr.max(axis=1) / boot.fmr.min(axis=1)
    assert [found.low, found.high] == pytest.approx(np.quantile(ratios, [0.025, 0.975]).tolist())


def test_an_interval_that_misses_the_value_says_why() -> None:
    # Percentiles of a measure that cannot fall below its ideal are drawn away from it.
    assert "The interval misses the value" in max_min(FOUR[:1] * 4, drawn()).caution
    assert "misses" not in max_min(FOUR, draws(np.array([[1e-4, 8e-4, 1e-4, 1e-4]] * 9))).caution


def test_columns_of_groups_left_out_do_not_enter_the_draws() -> None:
    boot = draws(np.column_stack([np.full((50, 2), 2e-4), np.full(50, 1e-4), np.full(50, 0.9)]))
    groups = [*FOUR[:3], group("sex not recorded", estimate(9, 10))]
    assert max_min(groups, boot).high == pytest.approx(2)


def test_more_than_one_draw_in_twenty_without_a_value_leaves_no_interval_and_says_so() -> None:
    fmr = np.full((100, 4), 1e-4)
    fmr[:6, 0] = np.nan
    found = max_min(FOUR, draws(fmr))
    assert (found.low, found.high) == (None, None)
    assert found.caution.endswith("No interval: undefined in 6 of 100 bootstrap draws.")


def test_a_few_draws_without_a_value_are_stated_beside_the_interval() -> None:
    fmr = np.full((100, 4), 1e-4)
    fmr[:5, 0] = 0
    found = max_min(FOUR, draws(fmr))
    assert found.low == pytest.approx(1)
    assert "Undefined in 5 of 100 bootstrap draws" in found.caution


def test_the_null_counts_shuffles_at_least_as_far_from_the_ideal() -> None:
    shuffles = np.array([1.0, 2.0, 3.0, 4.0])
    found = null_of(shuffles, 3.0, 1.0)
    assert found is not None
    assert found.p_value == pytest.approx(3 / 5)
    assert (found.median, found.draws, found.defined) == (2.5, 4, 4)


def test_an_undefined_shuffle_counts_as_extreme() -> None:
    shuffles = np.append(np.linspace(1, 2, 39), np.nan)
    found = null_of(shuffles, 8.0, 1.0)
    assert found is not None
    assert found.p_value == pytest.approx(2 / 41)
    assert (found.defined, found.draws) == (39, 40)


def test_an_undefined_shuffle_pushes_the_null_outward_and_is_not_left_out() -> None:
    shuffles = np.append(np.linspace(1, 2, 39), np.nan)
    found = null_of(shuffles, 8.0, 1.0)
    assert found is not None
    assert found.median == pytest.approx(np.sort(shuffles)[19:21].mean())
    assert found.high > np.quantile(shuffles[:39], 0.95)


def test_more_than_one_shuffle_in_twenty_without_a_value_leaves_no_null_and_says_so() -> None:
    fmr = np.full((100, 4), 1e-4)
    fmr[:6, 0] = 0
    found = max_min(FOUR, None, draws(fmr))
    assert found.null is None
    assert found.caution.endswith("No null: undefined in 6 of 100 shuffles of the labels.")


def test_a_shuffle_that_changes_nothing_counts_as_equal_despite_rounding() -> None:
    found = null_of(np.array([0.3 - 1e-16]), 0.1 + 0.2, 0.0)
    assert found is not None
    assert found.p_value == 1.0


def test_the_far_end_of_a_measure_that_is_ideal_at_one_and_falls_lies_below() -> None:
    found = null_of(np.linspace(0.9, 1.0, 101), 0.95, 1.0)
    assert found is not None
    assert found.high == pytest.approx(0.905)


def test_no_defined_shuffle_leaves_no_null_and_says_so() -> None:
    found = max_min(FOUR, None, draws(np.zeros((20, 4))))
    assert found.null is None
    assert found.caution.endswith("No null: undefined in 20 of 20 shuffles of the labels.")


def test_draws_of_other_groups_are_refused() -> None:
    with pytest.raises(MeasurementError, match="one column for each of the 4 groups, got 3 for FMR"):
        max_min(FOUR, drawn(3))
    with pytest.raises(MeasurementError, match="one column for each of the 4 groups"):
        group_ratios(FOUR, None, None, drawn(3))


def test_ratios_are_taken_against_the_group_with_most_people() -> None:
    large = group("Z", estimate(100, 1_000_000, people=1000))
    found = group_ratios([*FOUR, large], None, None, None)
    assert [(one.group, one.reference) for one in found] == [(name, "Z") for name in "ABCD"]
    assert [one.value for one in found] == pytest.approx([1, 2, 4, 8])


def test_an_unknown_reference_group_is_named_with_those_there_are() -> None:
    with pytest.raises(InputError, match="no reference group 'Q'; the groups are: A; B; C; D"):
        group_ratios(FOUR, "Q", None, None)


def test_a_reference_with_too_few_people_leaves_every_ratio_undefined() -> None:
    small = group("E", estimate(9, 10, people=20))
    found = group_ratios([FOUR[0], small], "E", None, None)
    assert [(one.value, one.undefined) for one in found] == [
        (None, "E: too few people, 10 pairs that share nobody where 15 are wanted")
    ]


def test_no_group_with_people_enough_gives_no_ratio() -> None:
    assert group_ratios([group("race not recorded", estimate(5, 10))], None, None, None) == ()


def test_a_ratio_over_nothing_is_undefined_with_a_bound_on_the_side_that_holds() -> None:
    over_zero = group_ratios([FOUR[3], NONE_SEEN], "White F", drawn(2), drawn(2))[0]
    assert (over_zero.value, over_zero.high) == (None, None)
    assert over_zero.undefined == "White F: 0 of 2,358,289 comparisons"
    assert FOUR[3].fmr
    assert NONE_SEEN.fmr
    assert over_zero.low == pytest.approx(FOUR[3].fmr.low / NONE_SEEN.fmr.high)
    zero_over = group_ratios([FOUR[3], NONE_SEEN], "D", None, None)[0]
    assert (zero_over.value, zero_over.low) == (None, None)
    assert zero_over.high == pytest.approx(NONE_SEEN.fmr.high / FOUR[3].fmr.low)


def test_a_draw_without_a_ratio_is_the_worst_for_either_end() -> None:
    fmr = np.column_stack([np.full(100, 2e-4), np.full(100, 1e-4)])
    fmr[:3] = np.nan
    found = group_ratios(FOUR[:2], "B", draws(fmr), draws(fmr))[0]
    assert (found.low, found.high) == (0.0, None)
    assert found.by_chance == pytest.approx(2)


def test_chance_is_measured_either_way_from_one() -> None:
    fmr = np.column_stack([np.full(100, 1e-4), np.full(100, 3e-4)])
    assert group_ratios(FOUR[:2], "B", None, draws(fmr))[0].by_chance == pytest.approx(3)
