"""The planted rates against what is drawn.

Two photos of strangers are independent pairs only if the pairs share nobody; such counts are
exactly binomial, and the test asks for the central 1 - 1e-6 of that binomial at fixed seeds.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from facegate.datasets.populations import cosine_population, demo_population
from facegate.datasets.synthetic import PlantedGroup, SyntheticPopulation
from facegate.decision import Metric, Threshold, Vectors, comparison_scores, matches
from facegate.errors import InputError
from facegate.templates import EmbedderInfo, TemplateSet

GOLDEN = [1.3091753, 0.2172479, 0.0, -0.1076203, -0.0598351, -0.0497281]
AT = Threshold.from_native(0.6, Metric.EUCLIDEAN)
BASE = SyntheticPopulation(
    name="test",
    groups=(PlantedGroup("Group A", "M", 3_000, 0.01), PlantedGroup("Group B", "F", 3_000, 0.08)),
    photos_per_subject=2,
    planted_at=AT,
    common=0.85,
    photo_likeness=0.5,
    dimension=64,
    seed=20,
    radius=1.42,
)


def small(**changes: Any) -> SyntheticPopulation:  # noqa: ANN401  any field of the recipe
    """Make `BASE` with a few subjects, and with other numbers where given."""
    groups = tuple(replace(group, n_subjects=7) for group in BASE.groups)
    everything: dict[str, Any] = {"groups": groups, **changes}
    return replace(BASE, **everything)


@pytest.fixture(scope="module")
def drawn() -> TemplateSet:
    return BASE.draw()


def require_binomial(hits: int, trials: int, chance: float) -> None:
    low, high = (float(binom.ppf(share, trials, chance)) for share in (5e-7, 1 - 5e-7))
    assert low <= hits <= high, f"{hits} of {trials}, wanted {low:.0f} to {high:.0f}"


def vectors_of(drawn: TemplateSet, group: int, photo: int) -> Vectors:
    size = BASE.groups[0].n_subjects
    return drawn.vectors.reshape(2, size, 2, BASE.dimension)[group, :, photo]


@pytest.mark.parametrize("distance", [0.55, 0.6, 0.65])
@pytest.mark.parametrize("photo", [0, 1])
@pytest.mark.parametrize("group", [0, 1])
def test_disjoint_strangers_of_one_group_match_at_the_closed_form_rate(
    drawn: TemplateSet, group: int, photo: int, distance: float
) -> None:
    at = Threshold.from_native(distance, Metric.EUCLIDEAN)
    people = vectors_of(drawn, group, photo)
    hits = matches(comparison_scores(people[0::2], people[1::2], Metric.EUCLIDEAN), at)
    require_binomial(int(hits.sum()), len(hits), BASE.false_match_rate(group, group, at))


@pytest.mark.parametrize("distance", [0.65, 0.7])
def test_disjoint_strangers_of_two_groups_match_at_the_closed_form_rate(
    drawn: TemplateSet, distance: float
) -> None:
    at = Threshold.from_native(distance, Metric.EUCLIDEAN)
    scores = comparison_scores(vectors_of(drawn, 0, 0), vectors_of(drawn, 1, 1), Metric.EUCLIDEAN)
    require_binomial(int(matches(scores, at).sum()), len(scores), BASE.false_match_rate(0, 1, at))


@pytest.mark.parametrize("distance", [0.5, 0.55, 0.6])
@pytest.mark.parametrize("group", [0, 1])
def test_two_photos_of_a_person_miss_at_the_closed_form_rate(
    drawn: TemplateSet, group: int, distance: float
) -> None:
    at = Threshold.from_native(distance, Metric.EUCLIDEAN)
    first, second = vectors_of(drawn, group, 0), vectors_of(drawn, group, 1)
    misses = ~matches(comparison_scores(first, second, Metric.EUCLIDEAN), at)
    require_binomial(int(misses.sum()), len(misses), BASE.false_non_match_rate(at, group))


def test_all_pairs_of_people_match_at_the_overall_rate(drawn: TemplateSet) -> None:
    """Pairs that share a person are still uncorrelated here, so the spread is that of independent pairs."""
    vectors = drawn.vectors[0::2].astype(np.float64)
    dots = vectors @ vectors.T
    scores = 1 - np.sqrt(np.maximum(2 * 1.42**2 - 2 * dots[np.triu_indices(len(vectors), 1)], 0))
    expected = len(scores) * BASE.overall_false_match_rate(AT)
    assert abs(int(matches(scores, AT).sum()) - expected) < 5 * expected**0.5


def test_the_planted_rates_hold_exactly_at_the_planted_threshold() -> None:
    for position, group in enumerate(BASE.groups):
        assert BASE.false_match_rate(position, position, AT) == pytest.approx(
            group.false_match_rate, rel=1e-9
        )


@pytest.mark.parametrize("population", [demo_population(400, 1), cosine_population(400, 1)])
def test_cosine_and_distance_are_two_readings_of_one_population(population: SyntheticPopulation) -> None:
    drawn = population.draw()
    lengths = np.linalg.norm(drawn.vectors, axis=1)
    assert lengths == pytest.approx(np.full(len(lengths), population.radius), rel=1e-5)
    first, second = drawn.vectors[0], drawn.vectors[-1]
    cosine = float(first.astype(float) @ second.astype(float)) / population.radius**2
    (distance,) = 1 - comparison_scores(first, second, Metric.EUCLIDEAN)
    assert distance == pytest.approx(population.radius * (2 - 2 * cosine) ** 0.5, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.0, 3.0), st.floats(0.0, 3.0))
def test_rates_are_symmetric_in_the_groups_and_monotone_in_the_threshold(one: float, other: float) -> None:
    strict, lax = (Threshold.from_native(value, Metric.EUCLIDEAN) for value in sorted((one, other)))
    assert BASE.false_match_rate(0, 1, strict) == BASE.false_match_rate(1, 0, strict)
    assert 0 <= BASE.false_match_rate(0, 1, strict) <= BASE.false_match_rate(0, 1, lax) <= 1
    assert 1 >= BASE.false_non_match_rate(strict) >= BASE.false_non_match_rate(lax) >= 0


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 40), st.integers(1, 4))
def test_vectors_and_ids_do_not_depend_on_the_size_of_the_parts(rows: int, photos: int) -> None:
    population = small(photos_per_subject=photos)
    whole = population.draw()
    parts = list(population.draw_parts(rows))
    assert max(map(len, parts)) <= rows
    assert np.array_equal(np.concatenate([part.vectors for part in parts]), whole.vectors)
    assert [one for part in parts for one in part.template_id] == list(whole.template_id)


def test_parts_that_cross_the_blocks_of_the_generator_are_the_same_too(drawn: TemplateSet) -> None:
    parts = list(BASE.draw_parts(3_333))
    assert np.array_equal(np.concatenate([part.vectors for part in parts]), drawn.vectors)


def test_the_same_seed_gives_the_same_people_and_another_seed_others() -> None:
    again, other = small().draw(), small(seed=21).draw()
    assert np.array_equal(small().draw().vectors, again.vectors)
    assert not np.isclose(again.vectors[:, 3:], other.vectors[:, 3:]).all(axis=1).any()


def test_a_block_never_repeats_the_people_of_another(drawn: TemplateSet) -> None:
    assert len(np.unique(drawn.vectors[:, 3], return_counts=False)) > 0.999 * len(drawn)


def test_the_first_vector_of_a_recipe_is_the_one_it_has_always_been() -> None:
    """Golden: a change here changes every number ever measured on a synthetic population."""
    assert small().draw().vectors[0, :6] == pytest.approx(GOLDEN, abs=1e-6)


def test_everything_about_a_draw_says_synthetic() -> None:
    drawn = small().draw()
    assert drawn.origin.synthetic
    assert drawn.origin.dataset == "SYNTHETIC test (seed 20)"
    assert list(drawn.template_id[:3]) == [
        "synthetic-0000001/0",
        "synthetic-0000001/1",
        "synthetic-0000002/0",
    ]
    assert set(drawn.label_source) == {"synthetic"}
    assert drawn.embedder.name == "synthetic"


def test_labels_follow_the_groups_and_their_sizes() -> None:
    drawn = small(photos_per_subject=1).draw()
    assert list(drawn.race) == ["Group A"] * 7 + ["Group B"] * 7
    assert list(drawn.sex) == ["M"] * 7 + ["F"] * 7


def test_two_draws_of_one_recipe_can_be_compared_and_other_recipes_cannot() -> None:
    assert small().embedder == small(seed=9, photos_per_subject=1).embedder
    assert small().embedder != small(radius=1.43).embedder
    assert small().origin.dataset_digest != small(seed=9).origin.dataset_digest


def test_it_can_be_drawn_in_the_space_of_a_real_embedder() -> None:
    real = EmbedderInfo("real", "ab" * 32, 64, Metric.EUCLIDEAN)
    assert small().draw(real).embedder == real
    assert small().draw(real).origin.synthetic


@pytest.mark.parametrize(
    "real", [EmbedderInfo("r", "ab", 128, Metric.EUCLIDEAN), EmbedderInfo("r", "ab", 64, Metric.COSINE)]
)
def test_a_space_of_another_shape_is_refused(real: EmbedderInfo) -> None:
    with pytest.raises(InputError, match=r"embedder r makes .* the population has 64 compared by euclidean"):
        small().draw(real)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"groups": ()}, "groups must be there"),
        ({"groups": BASE.groups[:1] * 2}, "groups must be there and have different labels"),
        ({"groups": (PlantedGroup("A", "M", 0, 0.1),)}, "at least 1 subject"),
        ({"groups": (PlantedGroup("A", "man", 1, 0.1),)}, "sex must be F, M or not recorded"),
        ({"groups": (PlantedGroup("A", "M", 1, 1.0),)}, r"planted rates must lie in \(0, 1\)"),
        ({"groups": (PlantedGroup("A", "M", 1, 1e-9),)}, "cannot plant a false match rate of 1e-09"),
        ({"photos_per_subject": 0}, "at least 1 photo"),
        ({"common": 1.0}, "common must lie in"),
        ({"photo_likeness": float("nan")}, "photo_likeness must lie in"),
        ({"seed": -1}, "the seed must not be negative"),
        ({"radius": 0.0}, "the radius must be a positive number"),
        ({"planted_at": Threshold(0.9, Metric.COSINE)}, "compared by cosine have radius 1"),
        ({"dimension": 5}, "dimension must leave 3"),
    ],
)
def test_a_recipe_no_vectors_can_follow_is_refused(changes: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        small(**changes)


def test_a_threshold_of_another_metric_is_refused() -> None:
    with pytest.raises(InputError, match="the threshold is for cosine scores, the population has euclidean"):
        BASE.false_match_rate(0, 0, Threshold(0.6, Metric.COSINE))


def test_one_person_has_no_strangers_and_so_no_overall_rate() -> None:
    alone = small(groups=(PlantedGroup("A", "M", 1, 0.1),))
    with pytest.raises(InputError, match="one person has no strangers"):
        alone.overall_false_match_rate(AT)


def test_a_part_without_rows_is_refused() -> None:
    with pytest.raises(InputError, match="at least 1 row, got 0"):
        small().draw_parts(0)


def test_a_negative_distance_is_never_reached() -> None:
    assert BASE.false_match_rate(0, 0, Threshold(1.5, Metric.EUCLIDEAN)) == 0
    assert BASE.false_non_match_rate(Threshold(1.5, Metric.EUCLIDEAN)) == 1
