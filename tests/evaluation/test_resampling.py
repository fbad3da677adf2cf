"""People drawn anew and labels shuffled, against lists that are resampled person by person."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import MeasurementError
from facegate.evaluation import resampling, weighted_tail
from facegate.evaluation.resampling import (
    Draws,
    bootstrap,
    bootstrap_threshold,
    people_drawn,
    shuffled,
    threshold_interval,
)
from facegate.evaluation.thresholds import Policy
from facegate.evaluation.trials import AllPairs, ListedPairs, Trials


@dataclass(frozen=True)
class Crowd:
    """A small population with everything that resampling takes."""

    group: np.ndarray
    n_groups: int
    trials: Trials
    first: np.ndarray
    second: np.ndarray
    matches: np.ndarray
    misses: np.ndarray
    mated: np.ndarray

    def bootstrap(self, draws: int, seed: int) -> Draws:
        rng = np.random.default_rng(seed)
        return bootstrap(*self.arguments, draws=draws, rng=rng)

    def shuffled(self, draws: int, seed: int, taking_part: np.ndarray | None = None) -> Draws:
        everybody = np.ones(self.group.size, dtype=bool)
        part = everybody if taking_part is None else taking_part
        return shuffled(*self.arguments, taking_part=part, draws=draws, rng=np.random.default_rng(seed))

    @property
    def arguments(
        self,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, int, Trials, np.ndarray, np.ndarray]:
        return (
            self.first,
            self.second,
            self.matches,
            self.group,
            self.n_groups,
            self.trials,
            self.misses,
            self.mated,
        )


def crowd(seed: int, *, n_people: int = 9, n_groups: int = 3, listed: bool = False) -> Crowd:
    """Draw a crowd with one to three photos each; or comparisons as a file would list them."""
    rng = np.random.default_rng(seed)
    photos = rng.integers(1, 4, n_people)
    trials: Trials = AllPairs(photos, np.zeros(n_people, dtype=np.int64))
    if listed:
        pairs = np.array([pair for pair in combinations(range(n_people), 2) if rng.random() < 0.6])
        rows = np.repeat(pairs, rng.integers(1, 4, len(pairs)), axis=0)
        trials = ListedPairs.of_rows(rows[:, 0], rows[:, 1], n_people)
    every = np.array(list(combinations(range(n_people), 2)))
    most = trials.of(every[:, 0], every[:, 1])
    matched = rng.binomial(most, 0.4)
    pairs = every[matched > 0]
    mated = photos * (photos - 1) // 2
    return Crowd(
        rng.integers(0, n_groups, n_people),
        n_groups,
        trials,
        pairs[:, 0],
        pairs[:, 1],
        matched[matched > 0],
        rng.binomial(mated, 0.5),
        mated,
    )


def slow_rates(some: Crowd, people: list[int], group: np.ndarray) -> tuple[list[float], list[float], float]:
    """Rates of a list of people in which some stand several times; copies are not strangers."""
    found = {(i, j): k for i, j, k in zip(some.first, some.second, some.matches, strict=True)}
    counts = np.zeros((some.n_groups + 1, 2))
    for a, b in combinations(sorted(people), 2):
        if a == b:
            continue
        event = (found.get((a, b), 0), some.trials.of(np.array([a]), np.array([b]))[0])
        counts[-1] += event
        if group[a] == group[b]:
            counts[group[a]] += event
    fnmr = []
    for g in range(some.n_groups):
        own = [p for p in people if group[p] == g]
        tried = sum(some.mated[p] for p in own)
        fnmr.append(sum(some.misses[p] for p in own) / tried if tried else np.nan)
    fmr = [k / m if m else np.nan for k, m in counts.tolist()]
    return fmr[:-1], fnmr, fmr[-1]


@given(st.integers(0, 10_000), st.booleans())
@settings(deadline=None, max_examples=40)
def test_the_bootstrap_equals_people_repeated_in_a_list(seed: int, listed: bool) -> None:  # noqa: FBT001  drawn by Hypothesis
    some, rng = crowd(seed, listed=listed), np.random.default_rng(seed)
    found = some.bootstrap(4, seed)
    for draw in range(4):
        people = np.repeat(np.arange(9), people_drawn(9, rng)).tolist()
        fmr, fnmr, overall = slow_rates(some, people, some.group)
        np.testing.assert_allclose(found.fmr[draw], fmr, rtol=1e-12)
        np.testing.assert_allclose(found.fnmr[draw], fnmr, rtol=1e-12)
        np.testing.assert_allclose(found.overall[draw], overall, rtol=1e-12)


@given(st.integers(0, 10_000), st.booleans())
@settings(deadline=None, max_examples=40)
def test_shuffling_equals_counting_again_under_the_shuffled_labels(seed: int, listed: bool) -> None:  # noqa: FBT001  drawn by Hypothesis
    some, rng = crowd(seed, listed=listed), np.random.default_rng(seed)
    part = np.arange(9) % 4 != 0
    found = some.shuffled(4, seed, part)
    for draw in range(4):
        group = some.group.copy()
        group[part] = rng.permutation(some.group[part])
        fmr, fnmr, overall = slow_rates(some, list(range(9)), group)
        np.testing.assert_allclose(found.fmr[draw], fmr, rtol=1e-12)
        np.testing.assert_allclose(found.fnmr[draw], fnmr, rtol=1e-12)
        np.testing.assert_allclose(found.overall[draw], overall, rtol=1e-12)


def test_the_same_seed_gives_the_same_draws_whatever_is_held_in_memory(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    some = crowd(3)
    whole = some.bootstrap(20, 5)
    monkeypatch.setattr(resampling, "NUMBERS_AT_ONCE", 30)
    pieces = some.bootstrap(20, 5)
    np.testing.assert_array_equal(whole.fmr, pieces.fmr)
    np.testing.assert_array_equal(whole.fnmr, pieces.fnmr)


def test_the_order_and_direction_of_pairs_do_not_matter() -> None:
    some = crowd(4)
    back = Crowd(
        some.group,
        some.n_groups,
        some.trials,
        some.second[::-1],
        some.first[::-1],
        some.matches[::-1],
        some.misses,
        some.mated,
    )
    for one, other in [
        (some.bootstrap(9, 1), back.bootstrap(9, 1)),
        (some.shuffled(9, 1), back.shuffled(9, 1)),
    ]:
        np.testing.assert_array_equal(one.fmr, other.fmr)
        np.testing.assert_array_equal(one.overall, other.overall)


def test_a_draw_that_compared_nobody_is_unknown_and_stays_in_its_place() -> None:
    # Two people in group 0: whenever one of them is not drawn, the group has no strangers.
    group = np.array([0, 0, 1, 1, 1, 1])
    one = np.ones(6, dtype=np.int64)
    nothing = np.empty(0, dtype=np.int64)
    found = bootstrap(
        nothing,
        nothing,
        nothing,
        group,
        2,
        AllPairs(one, 0 * one),
        0 * one,
        0 * one,
        draws=200,
        rng=np.random.default_rng(1),
    )
    assert found.fmr.shape == (200, 2)
    assert 60 < np.isnan(found.fmr[:, 0]).sum() < 140
    assert set(found.fmr[~np.isnan(found.fmr[:, 0]), 0]) == {0.0}
    assert np.isnan(found.fnmr).all()


def test_people_who_take_no_part_keep_their_label_and_their_groups_rate() -> None:
    some = crowd(7, n_people=30)
    found = some.shuffled(10, 1, some.group != 2)
    assert len(set(found.fmr[:, 2])) == 1
    assert len(set(found.fnmr[:, 2])) == 1
    assert len(set(found.fmr[:, 0])) > 1
    assert len(set(found.overall)) == 1


def test_nobody_and_no_draw_are_refused() -> None:
    with pytest.raises(MeasurementError, match="got 9 people and 0 draws"):
        crowd(1).bootstrap(0, 1)
    with pytest.raises(MeasurementError, match="got 9 people and 0 draws"):
        crowd(1).shuffled(0, 1)
    none = np.empty(0, dtype=np.int64)
    nobody = Crowd(none, 1, AllPairs(none, none), none, none, none, none, none)
    with pytest.raises(MeasurementError, match="got 0 people and 5 draws"):
        nobody.bootstrap(5, 1)


GROUP = np.repeat([0, 1], 4)
PAIRS = np.array(list(combinations(range(8), 2))).T
EIGHT = AllPairs(np.ones(8, dtype=np.int64), np.zeros(8, dtype=np.int64))


def thresholds(policy: Policy, scores: np.ndarray, target: float, floor: float, draws: int = 6) -> np.ndarray:
    """Bootstrap a threshold over eight people, one photo each."""
    kept = scores >= floor
    return bootstrap_threshold(
        policy,
        scores[kept],
        PAIRS[0][kept],
        PAIRS[1][kept],
        group_of_person=GROUP,
        n_groups=2,
        trials=EIGHT,
        target=target,
        draws=draws,
        rng=np.random.default_rng(2),
    )


def drawn_scores(policy: Policy, scores: np.ndarray, times: np.ndarray) -> list[list[float]]:
    """Repeat every comparison of the policy's cells as often as its two people were drawn together."""
    cells: list[list[float]] = [[] for _ in range(max(1, len(policy.groups)))]
    for score, a, b in zip(scores.tolist(), *PAIRS.tolist(), strict=True):
        for place, wanted in enumerate(policy.groups or (None,)):
            if wanted is None or GROUP[a] == GROUP[b] == wanted:
                cells[place] += [score] * int(times[a] * times[b])
    return cells


def slow_threshold(cells: list[list[float]], target: float) -> float:
    """Try every candidate."""
    if not all(cells):
        return float("nan")
    every = sorted({score for cell in cells for score in cell})
    for candidate in every:
        if np.mean([np.mean(np.array(cell) >= candidate) for cell in cells]) <= target * (1 + 1e-12):
            return candidate
    return float(np.nextafter(every[-1], np.inf))


@given(
    st.sampled_from([Policy.overall(), Policy.matched_mean([0, 1]), Policy.reference(1)]),
    st.lists(st.integers(0, 9), min_size=28, max_size=28),
    st.floats(0.01, 0.9),
    st.sampled_from([0, 3, 6]),
)
@settings(deadline=None, max_examples=60)
def test_a_bootstrapped_threshold_equals_setting_it_on_the_repeated_list(
    policy: Policy, steps: list[int], target: float, floor: int
) -> None:
    scores, rng = np.array(steps, dtype=float), np.random.default_rng(2)
    for found in thresholds(policy, scores, target, floor).tolist():
        cells = drawn_scores(policy, scores, people_drawn(8, rng))
        expected = slow_threshold(cells, target)
        if np.isneginf(found):  # everything drawn at the floor or above is allowed, and more is hidden
            assert expected <= min((s for cell in cells for s in cell if s >= floor), default=np.inf)
            assert min(scores) < floor
        else:
            np.testing.assert_equal(found, expected)


def test_thresholds_do_not_depend_on_how_many_scores_are_read_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = np.random.default_rng(5).integers(0, 9, 28).astype(float)
    whole = thresholds(Policy.overall(), scores, 0.3, 0, draws=40)
    monkeypatch.setattr(weighted_tail, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(resampling, "NUMBERS_AT_ONCE", 50)
    np.testing.assert_array_equal(whole, thresholds(Policy.overall(), scores, 0.3, 0, draws=40))


def test_a_threshold_below_the_floor_in_some_draws_has_no_lower_end() -> None:
    found = thresholds(Policy.overall(), np.linspace(0, 1, 28), 0.2, 0.79, draws=200)
    assert np.isneginf(found).any()
    low, high = threshold_interval(found)
    assert low is None
    assert high is not None


def test_an_interval_is_unknown_when_any_draw_was() -> None:
    assert threshold_interval(np.r_[np.linspace(0, 1, 99), np.nan]) == (None, None)
    assert threshold_interval(np.empty(0)) == (None, None)


def test_an_interval_leaves_out_at_most_its_share_at_each_end() -> None:
    assert threshold_interval(np.arange(1000.0)[::-1]) == (25.0, 974.0)
    assert threshold_interval(np.arange(10.0)) == (0.0, 9.0)


def test_a_target_that_is_no_rate_is_refused() -> None:
    with pytest.raises(MeasurementError, match="above 0 and at most 1, got 0"):
        thresholds(Policy.overall(), np.linspace(0, 1, 28), 0, 0)


@pytest.mark.parametrize(
    ("n_groups", "mean_count", "median", "high"),
    [(4, 10, 1.89, 3.75), (4, 30, 1.44, 2.00), (8, 30, 1.68, 2.26)],
)
def test_shuffling_people_among_alike_groups_reproduces_the_poisson_null(
    n_groups: int, mean_count: int, median: float, high: float
) -> None:
    """Few false matches among many people fall on groups as Poisson counts do.

    The medians and 95 % quantiles of max/min are those of 20,000 Poisson draws.
    """
    rng = np.random.default_rng(9)
    n_matches = mean_count * n_groups**2  # one in n_groups squared falls inside a given group
    n_people = 30 * n_matches
    pairs, group = rng.permutation(n_people)[: 2 * n_matches].reshape(2, -1), np.arange(n_people) % n_groups
    some = found_among(pairs, np.ones(n_matches, dtype=bool), group)
    ratio = max_over_min(some.shuffled(1000, 1).fmr)
    assert np.median(ratio) == pytest.approx(median, rel=0.03)
    assert np.quantile(ratio, 0.95) == pytest.approx(high, rel=0.05)


def lambs(
    rng: np.random.Generator, group: np.ndarray, shift: np.ndarray, sd: float
) -> tuple[np.ndarray, np.ndarray]:
    """Score everybody with everybody of their group: both people's effects, noise, and the group's shift."""
    effect, first, second = rng.normal(0, sd, group.size), [], []
    for g in np.unique(group):
        i, j = np.triu_indices(int((group == g).sum()), k=1)
        members = np.flatnonzero(group == g)
        first.append(members[i])
        second.append(members[j])
    a, b = np.concatenate(first), np.concatenate(second)
    return np.stack((a, b)), effect[a] + effect[b] + rng.normal(0, 1, a.size) + shift[group[a]]


def quantile(rate: float, sd: float) -> float:
    """Score that pairs of people exceed at this rate."""
    return float(np.sqrt(1 + 2 * sd**2)) * NormalDist().inv_cdf(1 - rate)


def found_among(pairs: np.ndarray, matched: np.ndarray, group: np.ndarray) -> Crowd:
    """Make a crowd of people with one photo each from the pairs that matched."""
    none, (first, second) = np.zeros_like(group), pairs[:, matched]
    trials = AllPairs(none + 1, none)
    return Crowd(group, int(group.max()) + 1, trials, first, second, np.ones_like(first), none, none)


def max_over_min(fmr: np.ndarray) -> np.ndarray:
    return np.asarray(fmr.max(axis=-1) / fmr.min(axis=-1))


@pytest.mark.slow
def test_bootstrap_ranges_of_a_ratio_and_of_max_over_min_hold_the_planted_truth() -> None:
    rates, sd = np.array([0.001, 0.002, 0.004, 0.01]), 0.4
    group, shift = np.repeat(np.arange(4), 300), np.array([-quantile(rate, sd) for rate in rates])
    rng, held = np.random.default_rng(11), np.zeros((300, 2), dtype=bool)
    for place in range(300):
        pairs, scores = lambs(rng, group, shift, sd)
        draws = found_among(pairs, scores >= 0, group).bootstrap(400, place).fmr
        for one, (values, truth) in enumerate(
            [(draws[:, 2] / draws[:, 1], 2.0), (max_over_min(draws), 10.0)]
        ):
            low, high = np.quantile(values, [0.025, 0.975])
            held[place, one] = low <= truth <= high
    assert (held.mean(axis=0) >= 0.90).all(), held.mean(axis=0)


@pytest.mark.slow
@pytest.mark.parametrize(("sd", "target"), [(0.0, 1e-3), (0.4, 1e-3), (0.4, 3e-3), (0.8, 1e-3)])
def test_bootstrap_ranges_of_a_threshold_hold_the_planted_truth(sd: float, target: float) -> None:
    group, rng, held = np.zeros(400, dtype=np.int64), np.random.default_rng(12), []
    trials = AllPairs(group + 1, group)
    for _ in range(300):
        (first, second), scores = lambs(rng, group, np.zeros(1), sd)
        tail = scores >= quantile(8 * target, sd)
        found = bootstrap_threshold(
            Policy.overall(),
            scores[tail],
            first[tail],
            second[tail],
            group_of_person=group,
            n_groups=1,
            trials=trials,
            target=target,
            draws=300,
            rng=rng,
        )
        low, high = threshold_interval(found)
        held.append(low is not None and high is not None and low <= quantile(target, sd) <= high)
    assert np.mean(held) >= 0.90, np.mean(held)


@pytest.mark.slow
@pytest.mark.parametrize("sd", [0.0, 0.4, 0.8])
def test_the_null_is_rejected_about_as_often_as_it_says_when_groups_are_alike(sd: float) -> None:
    group, rng, p_values = np.repeat(np.arange(4), 100), np.random.default_rng(13), []
    pairs = np.array(list(combinations(range(400), 2))).T
    for place in range(400):
        effect = rng.normal(0, sd, 400)
        scores = effect[pairs[0]] + effect[pairs[1]] + rng.normal(0, 1, pairs.shape[1])
        some = found_among(pairs, scores >= quantile(0.01, sd), group)
        inside = group[some.first] == group[some.second]
        seen = max_over_min(np.bincount(group[some.first[inside]], minlength=4))
        null = max_over_min(some.shuffled(199, place).fmr * (100 * 99 / 2))
        p_values.append((1 + np.sum(null >= seen - 1e-9)) / 200)
    p = np.array(p_values)
    assert np.mean(p <= 0.05) <= 0.08, np.mean(p <= 0.05)
    assert np.mean(p <= 0.5) == pytest.approx(0.5, abs=0.1)
