"""The matching ladder against a loop over all pairs of people."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from reference import dyadic_variance

from facegate.errors import MeasurementError
from facegate.evaluation.ladder import matching_ladder
from facegate.evaluation.trials import AllPairs, ListedPairs, Trials
from facegate.evaluation.variance import PeoplePairs

Pair = tuple[int, int, int, int]


@st.composite
def worlds(draw: st.DrawFn) -> tuple[dict[str, np.ndarray], list[Pair], Trials]:
    """Draw labels (some not recorded), and false matches and comparisons of every pair of people."""
    n = draw(st.integers(3, 10))
    labels = {
        name: np.array([draw(st.integers(-1, 1)) for _ in range(n)], dtype=np.int64)
        for name in ("sex", "race", "age_class")
        if draw(st.booleans())
    }
    photos = np.array([draw(st.integers(1, 3)) for _ in range(n)], dtype=np.int64)
    times = {(i, j): int(photos[i] * photos[j]) for i, j in combinations(range(n), 2)}
    trials: Trials = AllPairs(photos, np.zeros_like(photos))
    if draw(st.booleans()):
        times = {pair: draw(st.integers(0, 3)) for pair in times}
        rows = np.array([pair for pair, m in times.items() for _ in range(m)], dtype=np.int64).reshape(-1, 2)
        trials = ListedPairs.of_rows(rows[:, 0], rows[:, 1], n)
    compared = [(i, j, draw(st.integers(0, m)), m) for (i, j), m in times.items() if m]
    return labels, compared, trials


def matched(compared: list[Pair]) -> PeoplePairs:
    found = np.array([pair for pair in compared if pair[2]], dtype=np.int64).reshape(-1, 4)
    return PeoplePairs(*found.T)


@given(worlds())
@settings(deadline=None, max_examples=150)
def test_every_rung_is_what_a_loop_over_pairs_of_people_counts(
    world: tuple[dict[str, np.ndarray], list[Pair], Trials],
) -> None:
    labels, compared, trials = world
    for rung in matching_ladder(labels, matched(compared), trials):
        alike = [
            (str(i), str(j), e, m)
            for i, j, e, m in compared
            if all(labels[one][i] == labels[one][j] >= 0 for one in rung.same)
        ]
        if not alike:
            assert rung.fmr is None
            continue
        events, total = sum(e for *_, e, _ in alike), sum(m for *_, m in alike)
        assert rung.fmr is not None
        assert (rung.fmr.events, rung.fmr.trials) == (events, total)
        assert rung.fmr.people == len({one for pair in alike for one in pair[:2]})
        p, variance = events / total, dyadic_variance(alike)
        if 0 < events < total:
            effective = min(total, p * (1 - p) / variance) if variance else total
            effective = min(effective, rung.fmr.disjoint_units)  # fewer than 15 units here, always
            assert rung.fmr.effective_trials == pytest.approx(effective, rel=1e-9)


def codes(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


@pytest.mark.parametrize(
    ("present", "rungs"),
    [
        ((), [()]),
        (("sex",), [(), ("sex",)]),
        (("age_class",), [(), ("age_class",)]),
        (("race", "sex"), [(), ("sex",), ("race",), ("sex", "race")]),
        (
            ("age_class", "race", "sex"),
            [(), ("sex",), ("race",), ("sex", "race"), ("sex", "race", "age_class")],
        ),
    ],
)
def test_the_rungs_are_those_of_the_labels_there_are(
    present: tuple[str, ...], rungs: list[tuple[str, ...]]
) -> None:
    labels = {one: codes(0, 0, 1) for one in present}
    trials = AllPairs(codes(1, 1, 1), codes(0, 0, 0))
    assert [rung.same for rung in matching_ladder(labels, matched([]), trials)] == rungs


def test_people_with_a_label_not_recorded_are_alike_to_nobody() -> None:
    trials = AllPairs(codes(1, 1, 1, 1), codes(0, 0, 0, 0))
    found = matching_ladder({"sex": codes(-1, -1, 0, 0)}, matched([(0, 1, 1, 1)]), trials)
    rates = [(rung.fmr.events, rung.fmr.trials) for rung in found if rung.fmr]
    assert rates == [(1, 6), (0, 1)]


def test_nobody_alike_leaves_a_rung_unknown() -> None:
    trials = AllPairs(codes(1, 1), codes(0, 0))
    assert matching_ladder({"sex": codes(0, 1)}, matched([]), trials)[-1].fmr is None


def test_labels_of_another_number_of_people_are_refused() -> None:
    trials = AllPairs(codes(1, 1), codes(0, 0))
    with pytest.raises(MeasurementError, match=r"sex of 2 people, got an array of \(3,\)"):
        matching_ladder({"sex": codes(0, 1, 1)}, matched([]), trials)
