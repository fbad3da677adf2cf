"""Who is enrolled and who is searched for."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_population import drawn, templates_of

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.identification.deal import (
    PEOPLE_FOR_RECALL,
    Deal,
    DrawnGallery,
    deal,
    draw_galleries,
)
from facegate.evaluation.identification.plan import IdentificationPlan, MixPlan
from facegate.evaluation.subgroups import Population, population_of

if TYPE_CHECKING:
    from facegate.templates import TemplateSet


def people_of(counts: dict[str, int], *, photos: int = 2) -> TemplateSet:
    """Make groups "X F", ... of so many people."""
    rows = [
        (f"{name}{person}", name.split()[0], name.split()[1])
        for name, size in counts.items()
        for person in range(size)
        for _ in range(photos)
    ]
    return templates_of(rows, np.zeros((len(rows), 2)))


def dealt(
    templates: TemplateSet, plan: IdentificationPlan
) -> tuple[Population, Deal, tuple[DrawnGallery, ...]]:
    population = population_of(templates)
    found = deal(templates.enrolled, population, plan)
    return population, found, draw_galleries(found, population, plan)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**32), st.sampled_from([0.2, 0.5, 0.8]))
def test_nobody_is_enrolled_and_searched_for_as_a_stranger(seed: int, enroll: float) -> None:
    templates = drawn(3, n_people=40)
    _, found, galleries = dealt(templates, IdentificationPlan(enroll=enroll, seed=seed))
    for gallery in galleries:
        assert not set(gallery.people.tolist()) & set(found.strangers.person.tolist())
        assert set(found.mates(gallery.people).person.tolist()) <= set(gallery.people.tolist())


def test_a_mate_is_searched_for_with_another_photo_of_the_same_person() -> None:
    templates = drawn(4, n_people=40)
    population, found, galleries = dealt(templates, IdentificationPlan())
    probes = found.mates(galleries[0].people)
    assert probes.row.size
    assert (population.person_of_template[probes.row] == probes.person).all()
    assert (population.person_of_template[found.entry[probes.person]] == probes.person).all()
    assert (found.entry[probes.person] != probes.row).all()


def test_each_person_has_one_template_in_the_gallery() -> None:
    population, found, galleries = dealt(drawn(5, n_people=40), IdentificationPlan())
    owners = population.person_of_template[found.entry[galleries[0].people]]
    assert np.unique(owners).size == galleries[0].mix.size == galleries[0].people.size


def test_everybody_is_enrolled_or_searched_for_and_groups_are_split_alike() -> None:
    population, found, galleries = dealt(people_of({"X F": 10, "Y M": 20}), IdentificationPlan(enroll=0.3))
    assert galleries[0].mix.people == {"X F": 3, "Y M": 6}
    assert np.unique(found.strangers.person).size == population.group_of_person.size - 9


def test_a_group_of_two_is_on_both_sides() -> None:
    _, found, galleries = dealt(people_of({"X F": 2, "Y M": 20}), IdentificationPlan(enroll=0.05))
    assert galleries[0].mix.people["X F"] == 1
    assert {"X F", "Y M"} == set(galleries[0].mix.people)
    assert found.strangers.person.size == 2 * (1 + 19)


def test_a_group_of_one_is_on_one_side_only() -> None:
    templates = people_of({"X F": 1, "Y M": 20})
    _, enrolled, _ = dealt(templates, IdentificationPlan(enroll=0.5))
    _, searched, _ = dealt(templates, IdentificationPlan(enroll=0.4))
    assert [one.members[0].size for one in (enrolled, searched)] == [1, 0]


def test_bounds_on_photos_and_people_are_kept() -> None:
    plan = IdentificationPlan(photos_per_person=3, people_per_group=4)
    population, found, galleries = dealt(people_of({"X F": 20, "Y M": 20}, photos=5), plan)
    assert set(Counter(found.strangers.person.tolist()).values()) == {3}
    for probes in (found.strangers, found.mates(galleries[0].people)):
        people = np.unique(probes.person)
        assert np.bincount(population.group_of_person[people]).tolist() == [4, 4]


def test_recall_takes_one_search_a_person_and_a_bounded_part_of_each_group() -> None:
    population, found, galleries = dealt(people_of({"X F": 450, "Y M": 20}, photos=2), IdentificationPlan())
    probes = found.one_each(galleries[0].people, population.group_of_person)
    assert np.unique(probes.person).size == probes.person.size
    assert np.bincount(population.group_of_person[probes.person]).tolist() == [PEOPLE_FOR_RECALL, 20]
    assert (population.person_of_template[probes.row] == probes.person).all()
    assert not np.isin(probes.row, found.entry[galleries[0].people]).any()


def test_equal_groups_leave_out_small_ones_by_name() -> None:
    _, _, galleries = dealt(people_of({"X F": 80, "Y M": 100, "Z M": 10}), IdentificationPlan())
    equal = galleries[1].mix
    assert (equal.name, equal.people) == ("equal groups", {"X F": 40, "Y M": 40})
    assert "fewer than 30 people to enroll: Z M" in equal.how


def test_equal_groups_of_small_data_keep_every_group() -> None:
    _, _, galleries = dealt(people_of({"X F": 6, "Y M": 100}), IdentificationPlan())
    assert galleries[1].mix.people == {"X F": 3, "Y M": 3}


def test_data_with_equal_groups_get_another_counterfactual() -> None:
    _, _, galleries = dealt(people_of({"X F": 6, "Y M": 6}), IdentificationPlan())
    assert [one.mix.name for one in galleries] == ["as the data", "only X F"]
    assert galleries[1].mix.people == {"X F": 3}


def test_a_single_group_has_no_counterfactual() -> None:
    _, _, galleries = dealt(people_of({"X F": 6}), IdentificationPlan())
    assert [one.mix.name for one in galleries] == ["as the data"]


def test_the_operational_mix_comes_first() -> None:
    mixes = (MixPlan("other", {"X F": 1.0}), MixPlan("ours", {"Y M": 1.0}, operational=True))
    _, _, galleries = dealt(people_of({"X F": 6, "Y M": 10}), IdentificationPlan(mixes=mixes))
    assert [one.mix.name for one in galleries] == ["ours", "as the data", "equal groups", "other"]
    assert [one.mix.operational for one in galleries] == [True, False, False, False]


@pytest.mark.parametrize(
    ("shares", "people"),
    [
        ({"X F": 0.6, "Y M": 0.4}, {"X F": 15, "Y M": 10}),
        ({"X F": 0.3, "Y M": 0.7}, {"X F": 11, "Y M": 24}),  # 36 would need 25.2 of 25 men
        ({"X F": 0.5, "Y M": 0.5}, {"X F": 15, "Y M": 15}),
        ({"Y M": 1.0, "X F": 0.0}, {"Y M": 25}),
    ],
)
def test_a_mix_is_the_largest_gallery_with_its_shares(
    shares: dict[str, float], people: dict[str, int]
) -> None:
    plan = IdentificationPlan(mixes=(MixPlan("m", shares, operational=True),))
    _, _, galleries = dealt(people_of({"X F": 30, "Y M": 50}), plan)
    assert galleries[0].mix.people == people


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 100), st.integers(2, 60), st.integers(2, 60))
def test_shares_are_met_within_one_person(percent: int, n_women: int, n_men: int) -> None:
    shares = {"X F": percent / 100, "Y M": 1 - percent / 100}
    plan = IdentificationPlan(mixes=(MixPlan("m", shares, operational=True),))
    _, _, galleries = dealt(people_of({"X F": n_women, "Y M": n_men}, photos=1), plan)
    drawn_mix, whole = galleries[0].mix, galleries[1].mix
    for name, share in shares.items():
        assert abs(drawn_mix.people.get(name, 0) - share * drawn_mix.size) <= 1
        assert drawn_mix.people.get(name, 0) <= whole.people[name]


def test_a_mix_that_names_an_unknown_group_is_refused_with_the_known_ones() -> None:
    plan = IdentificationPlan(mixes=(MixPlan("ours", {"X X": 1.0}),))
    with pytest.raises(InputError, match="'ours' names the group 'X X'; groups here are X F; Y M"):
        dealt(people_of({"X F": 6, "Y M": 10}), plan)


def test_a_mix_with_a_group_that_has_nobody_to_enroll_is_refused() -> None:
    plan = IdentificationPlan(enroll=0.3, mixes=(MixPlan("ours", {"X F": 0.5, "Y M": 0.5}),))
    with pytest.raises(MeasurementError, match="'ours' cannot be drawn: 'X F' has nobody to enroll"):
        dealt(people_of({"X F": 1, "Y M": 10}), plan)


def test_three_people_are_too_few() -> None:
    with pytest.raises(MeasurementError, match="at least 4 people with a template, got 3"):
        dealt(people_of({"X F": 3}), IdentificationPlan())


def test_the_same_seed_deals_the_same_and_another_seed_does_not() -> None:
    templates = people_of({"X F": 30, "Y M": 50})
    first, again, other = (
        dealt(templates, IdentificationPlan(seed=seed))[2][0].people.tolist() for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other


def test_what_groups_are_called_changes_nobodys_part() -> None:
    templates = drawn(3, n_people=60)
    renamed = replace(
        templates, race=np.where(templates.race == "White", "Aaa", templates.race).astype(object)
    )
    _, one, galleries = dealt(templates, IdentificationPlan(seed=4))
    _, other, same = dealt(renamed, IdentificationPlan(seed=4))
    assert population_of(templates).names != population_of(renamed).names
    assert other.strangers.row.tolist() == one.strangers.row.tolist()
    assert (other.entry.tolist(), other.second.tolist()) == (one.entry.tolist(), one.second.tolist())
    assert same[0].people.tolist() == galleries[0].people.tolist()
