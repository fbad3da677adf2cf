"""Groups: "not recorded" is one, they add up, and contradicting labels are refused."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_population import drawn, templates_of

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.subgroups import population_of, with_label_sources

PEOPLE = [
    ("a", "White", "F"), ("a", "White", "F"), ("b", "not recorded", "F"), ("c", "Black", "not recorded"),
    ("d", "not recorded", "not recorded"),
]  # fmt: skip


def test_what_is_not_recorded_is_a_group_with_a_name_and_stands_last() -> None:
    names = population_of(templates_of(PEOPLE, np.zeros((5, 2)))).names
    assert names == (
        "Black, sex not recorded", "White F", "F, race not recorded", "race and sex not recorded",
    )  # fmt: skip


def test_a_failure_to_enroll_stays_in_its_group_and_is_not_compared() -> None:
    population = population_of(templates_of(PEOPLE, np.zeros((5, 2)), failures=frozenset({0, 4})))
    counts = {group.name: group for group in population.groups}
    white, nobody = counts["White F"], counts["race and sex not recorded"]
    assert (white.people, white.people_enrolled, white.photos, white.failures) == (1, 1, 2, 1)
    assert (nobody.people, nobody.people_enrolled, nobody.photos, nobody.failures) == (1, 0, 1, 1)
    assert population.photos_of_person.tolist() == [1, 1, 1]


@given(st.integers(0, 1000))
@settings(deadline=None, max_examples=20)
def test_groups_add_up_to_the_total(seed: int) -> None:
    templates = drawn(seed)
    population = population_of(templates)
    assert sum(group.photos for group in population.groups) == len(templates)
    assert sum(group.people for group in population.groups) == templates.n_subjects
    assert sum(group.failures for group in population.groups) == 3
    assert population.photos_of_person.sum() == len(templates.enrolled)
    assert sum(sum(group.label_sources.values()) for group in population.groups) == templates.n_subjects


def test_groups_can_be_made_by_one_label() -> None:
    population = population_of(templates_of(PEOPLE, np.zeros((5, 2))), by=("sex",))
    assert population.names == ("F", "sex not recorded")


def test_label_sources_are_counted_by_people() -> None:
    sources = ["human", "human", "classifier", "human", "not recorded"]
    groups = population_of(templates_of(PEOPLE, np.zeros((5, 2)), sources=sources), by=("sex",)).groups
    assert groups[0].label_sources == {"classifier": 1, "human": 1}


def test_a_person_with_two_races_is_refused_without_naming_them() -> None:
    people = [("Jane Doe", "White", "F"), ("Jane Doe", "Black", "F"), ("b", "White", "F")]
    with pytest.raises(InputError, match="1 people are in more than one group") as caught:
        population_of(templates_of(people, np.zeros((3, 2))))
    assert "Jane" not in str(caught.value)


def test_an_unknown_label_is_refused_with_the_known_ones() -> None:
    with pytest.raises(InputError, match="race, sex, age_class; got height"):
        population_of(drawn(1), by=("height",))
    with pytest.raises(InputError, match="got no label"):
        population_of(drawn(1), by=())


def test_no_photos_are_refused() -> None:
    with pytest.raises(MeasurementError, match="needs photos, got none"):
        population_of(templates_of([], np.zeros((0, 2))))


def test_a_label_source_that_does_not_occur_is_refused_with_those_that_do() -> None:
    with pytest.raises(MeasurementError, match="no label comes from self-report; label sources here: human"):
        with_label_sources(drawn(1), ("self-report",))
