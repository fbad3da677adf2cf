"""Counting who is in a set: by sex, race and label source, and by age."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facegate.datasets.dataset import Dataset


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many a group has.

    Parameters
    ----------
    race, sex, label_source : str
        The group; "not recorded" is one.
    n_people, n_people_several, n_photos : int
        People, those of them with two or more photos, and photos.
    """

    race: str
    sex: str
    label_source: str
    n_people: int
    n_people_several: int
    n_photos: int


def group_counts(dataset: Dataset) -> tuple[GroupCount, ...]:
    """Count people and photos by race, sex and label source.

    Parameters
    ----------
    dataset : Dataset
        Labeled photos.

    Returns
    -------
    tuple of GroupCount
        Sorted by label source, race, sex. Photos add up to all photos of the set.
    """
    photos: dict[tuple[str, str, str], Counter[str]] = defaultdict(Counter)
    for photo in dataset.photos:
        who = photo.demographics
        photos[who.label_source, who.race, who.sex][photo.subject_id] += 1
    return tuple(
        GroupCount(
            race=race,
            sex=sex,
            label_source=source,
            n_people=len(people),
            n_people_several=sum(count > 1 for count in people.values()),
            n_photos=people.total(),
        )
        for (source, race, sex), people in sorted(photos.items())
    )


def age_counts(dataset: Dataset) -> tuple[tuple[str, int], ...]:
    """Count photos by age class, in the classes' alphabetical order, "under 18" first."""
    counts = Counter(photo.demographics.age_class for photo in dataset.photos)
    return tuple(sorted(counts.items(), key=lambda item: (item[0] != "under 18", item[0])))


def markdown_counts(dataset: Dataset) -> str:
    """Write the counts as two Markdown tables: what ``datasets.md`` shows, and a test compares."""
    groups = group_counts(dataset)
    several = sum(group.n_people_several for group in groups)
    lines = [
        f"{len(dataset.photos):,} photos, {dataset.n_subjects:,} people, {several:,} with two or more.",
        "",
        "| label source | race | sex | people | with two or more photos | photos |",
        "|---|---|---|---:|---:|---:|",
        *(
            f"| {group.label_source} | {group.race} | {group.sex} | {group.n_people:,} "
            f"| {group.n_people_several:,} | {group.n_photos:,} |"
            for group in groups
        ),
        "",
        "| age class | photos |",
        "|---|---:|",
        *(f"| {_cell(age)} | {count:,} |" for age, count in age_counts(dataset)),
    ]
    return "\n".join(lines) + "\n"


def _cell(text: str) -> str:
    """Escape the bar that would end a cell."""
    return text.replace("|", "\\|")
