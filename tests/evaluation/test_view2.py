"""The ten-fold protocol: strict reading of pairs, thresholds from other folds, failures as non-matches."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_population import templates_of

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.protocol import Variant
from facegate.evaluation.view2 import Pair, best_threshold, measure_view2, parse_pairs, photos_of

if TYPE_CHECKING:
    from facegate.evaluation.view2_result import View2Measurement
    from facegate.templates import TemplateSet

TEXT = "2\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\nBob\t1\t2\nBob\t2\tAnn\t2\n"
PLAIN = Variant("plain", fallback=True, jitter=0)


def photos(vectors: list[float], *, failures: frozenset[int] = frozenset()) -> TemplateSet:
    """Make templates of Ann 1, Ann 2, Bob 1 and Bob 2 on a line."""
    people = [("Ann", "x", "F")] * 2 + [("Bob", "x", "M")] * 2
    made = templates_of(people, np.array(vectors)[:, None], failures=failures)
    made.template_id[:] = ["Ann_0001", "Ann_0002", "Bob_0001", "Bob_0002"]
    return made


def measured(templates: TemplateSet) -> View2Measurement:
    return measure_view2(templates, parse_pairs(TEXT, name="pairs.txt"), PLAIN)


def test_pairs_are_read_with_fold_photos_and_whether_they_are_mated() -> None:
    assert parse_pairs(TEXT, name="pairs.txt") == (
        Pair(0, "Ann_0001", "Ann_0002", mated=True),
        Pair(0, "Ann_0001", "Bob_0001", mated=False),
        Pair(1, "Bob_0001", "Bob_0002", mated=True),
        Pair(1, "Bob_0002", "Ann_0002", mated=False),
    )
    assert len(photos_of(parse_pairs(TEXT, name="pairs.txt"))) == 4


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "pairs.txt line 1: wanted the number of folds"),
        ("0\t1\n", "line 1: wanted at least one fold"),
        (TEXT.replace("2\t1\n", "3\t1\n", 1), "has 4 pairs, its first line says 6"),
        (TEXT.replace("Bob\t1\t2", "Bob\t1"), "line 4: wanted a person and two photo numbers"),
        (
            TEXT.replace("Ann\t1\tBob\t1", "Ann\t1\tBob\tx"),
            "line 3: wanted a person and a photo number, twice",
        ),
    ],
)
def test_a_broken_pairs_file_is_told_by_line(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_pairs(text, name="pairs.txt")


def test_well_separated_people_are_decided_rightly_on_folds_the_threshold_never_saw() -> None:
    found = measured(photos([0.0, 0.125, 5.0, 5.125]))
    assert (found.correct_share, found.standard_deviation, found.failures) == (1.0, 0.0, 0)
    assert [fold.native for fold in found.folds] == [0.125, 0.125]


def test_the_threshold_of_a_fold_is_chosen_on_the_other() -> None:
    found = measured(photos([0.0, 0.125, 5.0, 5.5]))  # Ann's fold would choose 0.125, Bob's 0.5
    assert [fold.native for fold in found.folds] == [0.5, 0.125]
    assert [fold.false_non_matches for fold in found.folds] == [0, 1]


def test_a_failure_is_a_non_match_that_is_wrong_only_for_one_person() -> None:
    found = measured(photos([0.0, 0.125, 5.0, 5.125], failures=frozenset({1})))
    mated_lost, strangers_lost = found.folds
    assert (mated_lost.correct, mated_lost.mated_pairs_with_failure, mated_lost.false_non_matches) == (
        1,
        1,
        1,
    )
    assert (strangers_lost.pairs_with_failure, strangers_lost.mated_pairs_with_failure) == (1, 0)
    assert strangers_lost.false_matches == 0
    assert (found.photos, found.failures) == (4, 1)
    assert mated_lost.correct_without_failures == 1


@given(st.lists(st.tuples(st.integers(0, 9), st.booleans()), min_size=1, max_size=25))
@settings(deadline=None)
def test_no_other_threshold_decides_more_pairs_rightly(pairs: list[tuple[int, bool]]) -> None:
    scores, mated = np.array([float(score) for score, _ in pairs]), np.array([same for _, same in pairs])

    def right(threshold: float) -> int:
        return int(((scores >= threshold) == mated).sum())

    best = best_threshold(scores, mated)
    assert right(best) == max(right(score) for score in [*range(10), 99.0])
    assert all(right(score) < right(best) for score in scores if score > best)


def test_no_template_at_all_leaves_no_threshold() -> None:
    with pytest.raises(MeasurementError, match="at least one pair with two templates, got 0"):
        best_threshold(np.array([np.nan, np.nan]), np.array([True, False]))


def test_one_fold_alone_is_refused() -> None:
    pairs = parse_pairs("1\t1\nAnn\t1\t2\nAnn\t1\tBob\t1\n", name="pairs.txt")
    with pytest.raises(MeasurementError, match="at least 2 folds are wanted, got 1"):
        measure_view2(photos([0.0, 0.125, 5.0, 5.125]), pairs, PLAIN)


def test_a_photo_that_is_not_in_the_templates_is_refused_with_counts() -> None:
    part = photos([0.0, 0.125, 5.0, 5.125]).select(np.array([0, 1, 2]))
    with pytest.raises(MeasurementError, match="need 4 photos; the templates lack 1 of them"):
        measured(part)


def test_folds_of_the_pairs_are_in_order() -> None:
    folds = [pair.fold for pair in parse_pairs(TEXT, name="pairs.txt")]
    assert all(one <= other for one, other in pairwise(folds))
