"""Agreement with other packages where they are right, and their known bugs, none of them shared.

bob.measure cannot be installed beside numpy 2; its definitions are written here, and the
values its version 6.1.1 gives are constants.
"""

from __future__ import annotations

import math
from dataclasses import FrozenInstanceError
from typing import TYPE_CHECKING

import numpy as np
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate
from pyeer.eer_stats import calculate_roc, get_fmr_op
from sklearn.metrics import det_curve, roc_curve
from small_rates import estimate, group

from facegate.decision import Metric, Threshold
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.differentials import APPENDIX_MEASURES, FMR_MEASURES, log_spread, max_over_min
from facegate.evaluation.group_summaries import appendix, summaries
from facegate.evaluation.identification.rates import rate_of_searches
from facegate.evaluation.intervals import clopper_pearson
from facegate.evaluation.rates import Rate, false_match_rate, false_non_match_rate
from facegate.evaluation.resampling import Draws, bootstrap_threshold
from facegate.evaluation.thresholds import Policy, threshold_at_fmr
from facegate.evaluation.trials import AllPairs
from facegate.evaluation.variance import PeoplePairs, fmr_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

RNG = np.random.default_rng(11)
# Scores in hundredths: many ties, which is where definitions part.
NON_MATED = np.round(RNG.normal(0.2, 0.15, 400), 2)
MATED = np.round(RNG.normal(0.6, 0.2, 150), 2)
LABELS = np.concatenate((np.zeros(NON_MATED.size), np.ones(MATED.size)))
SCORES = np.concatenate((NON_MATED, MATED))
FLOOR = Threshold(-1.0, Metric.COSINE)


def at(score: float) -> Threshold:
    return Threshold(float(score), Metric.COSINE)


def ours(score: float) -> tuple[float, float]:
    return false_match_rate(NON_MATED, at(score)).value, false_non_match_rate(MATED, at(score)).value


def chosen(scores: NDArray[np.float64], target: float) -> float:
    return threshold_at_fmr(scores, comparisons=scores.size, floor=FLOOR, target=target).threshold.score


# --- Agreement ---


def test_rates_agree_with_scikit_learns_roc_curve_at_every_threshold() -> None:
    false_positive, true_positive, thresholds = roc_curve(LABELS, SCORES, drop_intermediate=False)
    for x, y, score in zip(false_positive[1:], true_positive[1:], thresholds[1:], strict=True):
        assert ours(score) == pytest.approx((x, 1 - y), abs=1e-12)


def test_rates_agree_with_scikit_learns_det_curve_at_every_threshold() -> None:
    for x, y, score in zip(*det_curve(LABELS, SCORES), strict=True):
        if math.isfinite(score):
            assert ours(score) == pytest.approx((x, y), abs=1e-12)


def test_rates_agree_with_pyeer_at_every_threshold() -> None:
    thresholds, fmr, fnmr = calculate_roc(MATED, NON_MATED)
    assert len(thresholds) > 50
    for score, x, y in zip(thresholds, fmr, fnmr, strict=True):
        assert ours(score) == pytest.approx((x, y), abs=1e-12)


def test_rates_by_group_agree_with_fairlearn_where_every_group_has_non_mated_pairs() -> None:
    groups = np.array(["a", "b", "c"])[RNG.integers(0, 3, SCORES.size)]
    frame = MetricFrame(
        metrics=false_positive_rate,
        y_true=LABELS.astype(int),
        y_pred=(SCORES >= 0.4).astype(int),
        sensitive_features=groups,
    )
    for name in "abc":
        inside = NON_MATED[groups[: NON_MATED.size] == name]
        assert frame.by_group[name] == pytest.approx(false_match_rate(inside, at(0.4)).value)


def bob_farfrr(
    negatives: NDArray[np.float64], positives: NDArray[np.float64], threshold: float
) -> tuple[float, float]:
    """Both rates as bob.measure defines them: a score equal to the threshold is accepted."""
    accepted = sum(1 for score in negatives if score >= threshold)
    rejected = sum(1 for score in positives if score < threshold)
    return accepted / len(negatives), rejected / len(positives)


@pytest.mark.parametrize("score", [0.0, 0.25, 0.4, 0.41, 0.9])
def test_rates_agree_with_bobs_definition(score: float) -> None:
    assert ours(score) == pytest.approx(bob_farfrr(NON_MATED, MATED, score))


@pytest.mark.parametrize(("target", "score"), [(0.25, 0.9), (0.5, 0.9), (0.1, math.nextafter(0.9, 1))])
def test_thresholds_agree_with_those_of_bobs_far_threshold(target: float, score: float) -> None:
    assert chosen(np.array([0.9, 0.8, 0.8, 0.7]), target) == score


@pytest.mark.parametrize("target", [0.5, 0.1, 0.05, 0.01, 0.003])
def test_a_threshold_keeps_its_target_by_bobs_definition_and_the_next_lower_score_does_not(
    target: float,
) -> None:
    score = chosen(NON_MATED, target)
    lower = max(one for one in NON_MATED if one < score)
    assert bob_farfrr(NON_MATED, MATED, score)[0] <= target < bob_farfrr(NON_MATED, MATED, lower)[0]


def test_clopper_pearson_agrees_with_bob_to_every_digit_it_prints() -> None:
    assert clopper_pearson(Rate(0, 1000)).high == pytest.approx(0.003682083896865671, rel=1e-12)
    exact = clopper_pearson(Rate(30, 1_000_000))
    assert exact.low == pytest.approx(2.02409626685541e-05, rel=1e-12)
    assert exact.high == pytest.approx(4.28265907266867e-05, rel=1e-12)


# --- 1. BFW, metrics.py ---


def test_the_false_match_rate_is_not_one_minus_the_true_match_rate_as_in_bfw() -> None:
    fmr, fnmr = ours(0.4)
    bfw = 1 - np.mean(MATED >= 0.4)
    assert bfw == pytest.approx(fnmr)
    assert abs(fmr - bfw) > 0.05


def test_the_denominator_of_the_false_match_rate_is_all_non_mated_pairs_unlike_bfws() -> None:
    rejected, missed = np.count_nonzero(NON_MATED < 0.4), np.count_nonzero(MATED < 0.4)
    bfw = rejected / (rejected + missed)
    assert false_match_rate(NON_MATED, at(0.4)).trials == NON_MATED.size
    assert abs(ours(0.4)[0] - bfw) > 0.5


def test_false_matches_are_not_counted_among_true_ones_as_in_bfw() -> None:
    assert false_match_rate(NON_MATED, at(0.4)).events == np.count_nonzero(NON_MATED >= 0.4)
    assert false_match_rate(NON_MATED, at(0.4)).events != np.count_nonzero(MATED >= 0.4)


def test_counts_of_one_rate_are_not_shared_with_another_as_in_bfw() -> None:
    one, other = Rate(1, 4), Rate(3, 5)
    assert (one.events, other.events) == (1, 3)
    with pytest.raises(FrozenInstanceError):
        setattr(one, "events", 2)  # noqa: B010  plain assignment is refused by the type checker already


# --- 2. BFW, generate_tar_at_far_table.py ---


def test_a_target_rate_is_never_used_as_a_score_as_in_bfws_table() -> None:
    target = 0.01
    as_a_score = float(np.mean(target <= NON_MATED))
    assert as_a_score > 0.5
    assert ours(chosen(NON_MATED, target))[0] <= target


# --- 3. pyeer, get_fmr_op ---


def test_pyeer_takes_the_nearest_rate_and_exceeds_the_target_where_we_stay_below() -> None:
    impostors = np.array([0.9, 0.8, 0.8, 0.7])
    _, fmr, fnmr = calculate_roc(np.array([0.95, 0.6]), impostors)
    index, _ = get_fmr_op(fmr, fnmr, 0.2)
    assert fmr[index] == 0.25
    assert false_match_rate(impostors, at(chosen(impostors, 0.2))).value <= 0.2


# --- 4. bob.measure ---


def test_a_score_equal_to_the_threshold_counts_the_same_way_in_every_rate_unlike_bobs() -> None:
    # recognition_rate keeps scores above the threshold, detection_identification_rate those at it too.
    mate = np.array([0.5])
    assert [float(np.mean(mate > 0.5)), float(np.mean(mate >= 0.5))] == [0.0, 1.0]
    assert false_non_match_rate(mate, at(0.5)).value == 0.0
    assert false_match_rate(mate, at(0.5)).value == 1.0


def test_a_threshold_that_is_no_number_is_refused_and_gives_no_rate_of_one_as_in_bob() -> None:
    with pytest.raises(InputError, match="a threshold must be a finite number, got nan"):
        at(math.nan)


# --- 5. cimat ---


def test_what_cannot_be_measured_is_raised_and_not_only_built_as_in_cimat() -> None:
    with pytest.raises(MeasurementError, match="unknown, not zero"):
        Rate(0, 0)
    with pytest.raises(MeasurementError, match="needs at least one non-mated comparison"):
        false_match_rate(np.empty(0), at(0.5))


def test_nothing_seen_counts_people_and_not_pairs_as_in_cimat() -> None:
    everybody, none = np.arange(100), np.empty(0, dtype=np.int64)
    cell = AllPairs(np.ones(100, dtype=np.int64), np.zeros(100, dtype=np.int64)).within(everybody)
    found = fmr_of(PeoplePairs(none, none, none, none), cell)
    assert found is not None
    assert found.trials == 4950
    assert found.effective_trials == 50
    assert found.high == pytest.approx(3 / 50)


def test_a_bootstrapped_threshold_is_at_most_and_not_nearest_as_in_cimat() -> None:
    # All pairs score 0.5, so the rate at 0.5 is 1 and above it 0: nearest to 0.6 is 1, at most is 0.
    first, second = (side.astype(np.int64) for side in np.triu_indices(6, k=1))
    found = bootstrap_threshold(
        Policy.overall(),
        np.full(first.size, 0.5),
        first,
        second,
        group_of_person=np.zeros(6, dtype=np.int64),
        n_groups=1,
        trials=AllPairs(np.ones(6, dtype=np.int64), np.zeros(6, dtype=np.int64)),
        target=0.6,
        draws=50,
        rng=np.random.default_rng(1),
    )
    assert found.tolist() == [math.nextafter(0.5, 1)] * 50


# --- 6. FALCON's code, GARBE ---


def test_groups_all_alike_have_a_garbe_of_zero_and_not_none_as_in_falcon() -> None:
    alike = [group(name, estimate(5, 1000), estimate(7, 100)) for name in "ABC"]
    assert appendix(APPENDIX_MEASURES, alike, None, None)[-1].value == 0.0


# --- 7. bt4vt, reliability bias ---


def test_a_rate_of_zero_is_not_taken_for_the_average_one_as_in_bt4vt() -> None:
    rates = np.array([[0.0, 1e-4, 2e-4]])
    middle = rates.mean()
    bt4vt = np.mean([abs(math.log(x / middle)) if x else 0.0 for x in rates[0]])
    assert bt4vt < np.mean([abs(math.log(x / middle)) for x in (1e-9, 1e-4, 2e-4)])
    assert np.isnan(log_spread(rates)[0])


# --- 8. The IJB-A evaluator, decision_error_tradeoff ---


def test_false_positive_identification_is_a_share_of_searches_and_not_of_comparisons() -> None:
    candidates = np.array([[0.9, 0.8, 0.1], [0.2, 0.1, 0.3], [0.6, 0.2, 0.1], [0.1, 0.1, 0.1]])
    of_comparisons = np.mean(candidates >= 0.5)
    anybody = np.asarray((candidates >= 0.5).any(axis=1))
    found = rate_of_searches(np.arange(4), anybody, np.ones(4, dtype=bool))
    assert of_comparisons == 0.25
    assert found is not None
    assert (found.events, found.trials, found.estimate) == (2, 4, 0.5)


# --- 9. fairlearn ---


def test_fairlearn_calls_a_group_without_non_mated_pairs_zero_where_we_know_nothing() -> None:
    frame = MetricFrame(
        metrics=false_positive_rate, y_true=[0, 0, 1], y_pred=[1, 0, 1], sensitive_features=["a", "a", "b"]
    )
    assert frame.by_group["b"] == 0.0
    alone = AllPairs(np.ones(1, dtype=np.int64), np.zeros(1, dtype=np.int64)).within(np.arange(1))
    none = np.empty(0, dtype=np.int64)
    assert fmr_of(PeoplePairs(none, none, none, none), alone) is None


def test_fairlearn_drops_draws_without_a_group_where_we_refuse_an_interval() -> None:
    # Group c has one row: about 37 in 100 draws do not hold it.
    labels, groups = np.zeros(41, dtype=int), np.array(["a"] * 20 + ["b"] * 20 + ["c"])
    frame = MetricFrame(
        metrics={"fpr": false_positive_rate},
        y_true=labels,
        y_pred=np.array([0, 1] * 20 + [1]),
        sensitive_features=groups,
        n_boot=50,
        ci_quantiles=[0.025, 0.975],
        random_state=1,
    )
    assert [ends.loc["c", "fpr"] for ends in frame.by_group_ci] == [1.0, 1.0]
    fmr = np.full((50, 3), 1e-3)
    fmr[:18, 2] = np.nan
    three = [group(name, estimate(5, 1000)) for name in "abc"]
    found = summaries(FMR_MEASURES, three, Draws(fmr, fmr, fmr[:, 0]), None)[0]
    assert (found.low, found.high) == (None, None)
    assert "undefined in 18 of 50 bootstrap draws" in found.caution


def test_fairlearns_ratio_is_lowest_over_highest_where_ours_is_highest_over_lowest() -> None:
    frame = MetricFrame(
        metrics=false_positive_rate,
        y_true=[0] * 8,
        y_pred=[1, 0, 0, 0, 1, 1, 0, 0],
        sensitive_features=["a"] * 4 + ["b"] * 4,
    )
    assert frame.ratio() == 0.5
    assert max_over_min(np.array([frame.by_group.to_numpy(dtype=float)]))[0] == 2.0
