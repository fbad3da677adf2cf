"""Who is enrolled and who is searched for: dealt at random, by group, from a seed.

- One template a person is enrolled, so N counts people, never photos.
- People are dealt inside each group, so every group is on both sides where it has two people.
- The same people are searched for in every gallery: two galleries differ in who is enrolled.
- Nothing depends on the order of the rows: people count by their id, photos by theirs. Nor does
  who is dealt depend on what groups are called.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.identification.plan import AS_THE_DATA, EQUAL_GROUPS
from facegate.evaluation.identification.result import GalleryMix

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.evaluation.identification.plan import IdentificationPlan
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.templates import TemplateSet

FEWEST_PEOPLE = 4
ENOUGH_PEOPLE = 30
"""People of a group that make it part of "equal groups", where two groups have so many: a
smaller group would hold every other one down to its size."""

PEOPLE_FOR_RECALL = 200
"""People of a group whose searches are compared with exact ones: each costs a comparison with
the whole gallery in float64, and 200 show a loss of a few percent."""


@dataclass(frozen=True, slots=True)
class Probes:
    """Templates to search with.

    Parameters
    ----------
    row : ndarray of shape (n,), int64
        Positions among the enrolled templates.
    person : ndarray of shape (n,), int64
        Whose they are.
    """

    row: Positions
    person: Positions


@dataclass(frozen=True, slots=True)
class Deal:
    """Everybody's part.

    Parameters
    ----------
    members : tuple of ndarray of int64
        For each group its people who may be enrolled, in random order.
    entry : ndarray of shape (n_people,), int64
        The template that each person has in a gallery.
    second : ndarray of shape (n_people,), int64
        Another template of the same person; -1 where there is none.
    ticket : ndarray of shape (n_people,), int64
        A random rank for each person: their order in every gallery.
    strangers : Probes
        Searches for people who are in no gallery.
    people_per_group : int
        Most people of one group who are searched for.
    """

    members: tuple[Positions, ...]
    entry: Positions
    second: Positions
    ticket: Positions
    strangers: Probes
    people_per_group: int

    def mates(self, people: Positions) -> Probes:
        """Choose the searches for people of a gallery who have another photo."""
        inside = np.zeros(self.entry.size, dtype=bool)
        inside[people] = True
        chosen = [
            group[inside[group] & (self.second[group] >= 0)][: self.people_per_group]
            for group in self.members
        ]
        person = np.sort(np.concatenate(chosen))
        return Probes(self.second[person], person)

    def one_each(self, people: Positions, group_of_person: Positions) -> Probes:
        """Choose one search a person, mated or not, for a bounded random part of each group."""
        mates = self.mates(people)
        person, first = np.unique(self.strangers.person, return_index=True)
        row = np.concatenate((self.strangers.row[first], mates.row))
        person = np.concatenate((person, mates.person))
        order = np.lexsort((self.ticket[person], group_of_person[person]))
        group = group_of_person[person[order]]
        place = np.arange(order.size) - np.searchsorted(group, group)  # inside the group
        kept = order[place < PEOPLE_FOR_RECALL]
        return Probes(row[kept], person[kept])


@dataclass(frozen=True, slots=True)
class DrawnGallery:
    """A gallery to be built.

    Parameters
    ----------
    mix : GalleryMix
        What the result says of it.
    people : ndarray of shape (N,), int64
        Who is in it, in random order: the first n are a random sub-gallery of size n.
    """

    mix: GalleryMix
    people: Positions


def deal(templates: TemplateSet, population: Population, plan: IdentificationPlan) -> Deal:
    """Deal people into those who may be enrolled and those who never are.

    Parameters
    ----------
    templates : TemplateSet
        Enrolled rows only, in the population's order.
    population : Population
        Whose they are.
    plan : IdentificationPlan
        Shares, bounds and seed.

    Raises
    ------
    MeasurementError
        If there are fewer than 4 people with a template.
    """
    n_people = population.group_of_person.size
    if n_people < FEWEST_PEOPLE:
        msg = f"searches need at least {FEWEST_PEOPLE} people with a template, got {n_people}"
        raise MeasurementError(msg)
    rng = np.random.default_rng(plan.seed)
    photos, begins = _shuffled_photos(templates, population, rng)
    several = population.photos_of_person > 1
    second = np.full(n_people, -1, dtype=np.int64)
    second[several] = photos[begins[several] + 1]
    shuffled = rng.permutation(n_people)  # once for everybody: group by group, the groups' order would count
    members, others = [], []
    for group in range(len(population.groups)):
        people = shuffled[population.group_of_person[shuffled] == group]
        cut = _n_enrolled(people.size, plan.enroll)
        members.append(people[:cut])
        others.append(people[cut:][: plan.people_per_group])
    return Deal(
        members=tuple(members),
        entry=photos[begins],
        second=second,
        ticket=rng.permutation(n_people).astype(np.int64),
        strangers=_first_photos(photos, population, np.concatenate(others), plan.photos_per_person),
        people_per_group=plan.people_per_group,
    )


def draw_galleries(dealt: Deal, population: Population, plan: IdentificationPlan) -> tuple[DrawnGallery, ...]:
    """Draw every gallery that is searched, the operational one first.

    Returns
    -------
    tuple of DrawnGallery
        "As the data", "equal groups" (or, where that would be the same gallery, one group
        alone), and the plan's own mixes. With a single group there is only one gallery.

    Raises
    ------
    InputError
        If a mix names a group that nobody is in.
    MeasurementError
        If a mix cannot be drawn because a group with a share has nobody to enroll.
    """
    available = {
        name: members.size
        for name, members in zip(population.names, dealt.members, strict=True)
        if members.size
    }
    mixes = [GalleryMix(AS_THE_DATA, "everybody who may be enrolled", operational=False, people=available)]
    mixes += _counterfactual(available)
    known = [population.names[group] for group in np.unique(population.group_of_person)]
    for mix in plan.mixes:
        people = _with_shares(mix.name, mix.shares, available, known)
        how = "the largest gallery with " + ", ".join(
            f"{share:.3g} {name}" for name, share in mix.shares.items() if share
        )
        mixes.append(GalleryMix(mix.name, how, mix.operational, people))
    mixes.sort(key=lambda mix: not mix.operational)  # stable: the others keep their order
    return tuple(DrawnGallery(mix, _drawn(dealt, population, mix.people)) for mix in mixes)


def describe(dealt: Deal, plan: IdentificationPlan) -> str:
    """Say in words which photo is enrolled and which is searched with."""
    n_members = sum(members.size for members in dealt.members)
    n_strangers = np.unique(dealt.strangers.person).size
    return (
        f"People were dealt at random inside each group (seed {plan.seed}): {n_members:,} may be enrolled, "
        f"the others never are. Each person enrolled has one photo in the gallery, drawn at random, so N "
        f"counts people. Mated searches use another photo of an enrolled person, one search a person. "
        f"Non-mated searches use up to {plan.photos_per_person} photos of each of {n_strangers:,} people "
        f"who are not enrolled ({dealt.strangers.row.size:,} searches), and are counted as clustered by "
        f"person. At most {plan.people_per_group:,} people of a group are searched for, of each kind. "
        f"Photos without a template take no part. Candidates tied with the mate count as ahead of it. "
        f"Ranges allow for other people being searched for, not for another gallery; recall of indexes is "
        f"that of the first gallery, one search a person and at most {PEOPLE_FOR_RECALL} people of a group."
    )


def _shuffled_photos(
    templates: TemplateSet, population: Population, rng: np.random.Generator
) -> tuple[Positions, Positions]:
    """List templates person by person, each person's in random order, and where each person begins."""
    person = population.person_of_template
    canonical = np.lexsort((templates.template_id.astype(str), person))  # whatever the order of the rows
    tickets = rng.random(canonical.size)
    photos = canonical[np.lexsort((tickets, person[canonical]))].astype(np.int64)
    return photos, np.cumsum(population.photos_of_person) - population.photos_of_person


def _first_photos(photos: Positions, population: Population, people: Positions, most: int) -> Probes:
    """Take up to ``most`` photos of each person."""
    person = population.person_of_template[photos]
    begins = np.cumsum(population.photos_of_person) - population.photos_of_person
    place = np.arange(photos.size) - begins[person]
    chosen = np.isin(person, people) & (place < most)
    return Probes(photos[chosen], person[chosen])


def _n_enrolled(n_people: int, share: float) -> int:
    """Round a share of a group; a group of two or more is on both sides."""
    rounded = math.floor(share * n_people + 0.5)
    return min(max(rounded, 1), n_people - 1) if n_people > 1 else rounded


def _counterfactual(available: Mapping[str, int]) -> list[GalleryMix]:
    """Make a gallery with another mix than the data's; none where there is only one group."""
    if len(available) < 2:  # noqa: PLR2004  a mix needs two
        return []
    large = [name for name, size in available.items() if size >= ENOUGH_PEOPLE]
    chosen = large if len(large) > 1 else list(available)
    each = min(available[name] for name in chosen)
    people = dict.fromkeys(chosen, each)
    if people == dict(available):  # the data's own groups are equal: search one group alone instead
        name = chosen[0]
        return [GalleryMix(f"only {name}", "the first group alone", operational=False, people={name: each})]
    left_out = [name for name in available if name not in people]
    how = f"{each:,} people of each of {len(chosen)} groups"
    if left_out:
        how += f"; left out, with fewer than {ENOUGH_PEOPLE} people to enroll: {'; '.join(left_out)}"
    return [GalleryMix(EQUAL_GROUPS, how, operational=False, people=people)]


def _with_shares(
    mix: str, shares: Mapping[str, float], available: Mapping[str, int], known: list[str]
) -> dict[str, int]:
    """Count the people of the largest gallery with these shares (largest remainders)."""
    unknown = [name for name in shares if name not in known]
    if unknown:
        msg = f"gallery mix {mix!r} names the group {unknown[0]!r}; groups here are {'; '.join(known)}"
        raise InputError(msg)
    wanted = {name: Fraction(repr(float(share))) for name, share in shares.items() if share > 0}
    short = [name for name in wanted if name not in available]
    if short:
        msg = f"gallery mix {mix!r} cannot be drawn: {short[0]!r} has nobody to enroll"
        raise MeasurementError(msg)
    size = min(math.floor(available[name] / share) for name, share in wanted.items())
    people = {name: math.floor(size * share) for name, share in wanted.items()}
    by_remainder = sorted(wanted, key=lambda name: (people[name] - size * wanted[name], name))
    for name in by_remainder[: max(0, size - sum(people.values()))]:
        people[name] += 1  # within what is available: size * share is, and that is whole
    return {name: count for name, count in people.items() if count}


def _drawn(dealt: Deal, population: Population, people: Mapping[str, int]) -> Positions:
    """Take the first people of each group, and put them in the order of their tickets."""
    chosen = np.concatenate(
        [dealt.members[population.names.index(name)][:count] for name, count in people.items()]
    )
    return chosen[np.argsort(dealt.ticket[chosen])]
