"""Who is compared: people and groups as numbers, with the counts a table needs.

- A group is one combination of recorded labels, such as race and sex. "Not recorded" is a
  value like any other, so the groups always add up to the total.
- A failure to enroll stays in its group's counts: it is a demographic effect too.
- A label travels with its source; a run can be restricted to some sources.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import InputError, MeasurementError
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.trials import Counts
    from facegate.templates import TemplateSet

Positions: TypeAlias = NDArray[np.int64]
LABELS = ("race", "sex", "age_class")
DEFAULT_LABELS = ("race", "sex")
EVERYBODY = "everybody"
"""Name of the row in which no group is told apart."""


@dataclass(frozen=True, slots=True)
class GroupCounts:
    """What one group brings to the comparison.

    Parameters
    ----------
    name : str
        Such as ``Black F`` or ``race not recorded, F``.
    people : int
        Different people, those without any template included.
    people_enrolled : int
        People with at least one template: those who are compared.
    photos, failures : int
        Photos tried, and those that gave no template (failures to enroll).
    label_sources : dict of str to int
        Where the labels come from, and for how many people.
    """

    name: str
    people: int
    people_enrolled: int
    photos: int
    failures: int
    label_sources: dict[str, int]


@dataclass(frozen=True, slots=True)
class Population:
    """People and groups of a set of templates, as positions.

    Parameters
    ----------
    groups : tuple of GroupCounts
        In the order of their names, "not recorded" last; failures included.
    person_of_template, group_of_template : ndarray of shape (n_enrolled,), int64
        Positions among people and groups, for the enrolled rows in their order.
    group_of_person : ndarray of shape (n_people_enrolled,), int64
        Group of each enrolled person.
    photos_of_person : ndarray of shape (n_people_enrolled,), int64
        Templates of each enrolled person, at least 1.
    labels : tuple of str
        Labels that make a group, such as ``race`` and ``sex``.
    values : tuple of tuple of str
        The value of each label, for each group.
    people_named : bool
        Off where comparisons name nobody: then each has people of its own, who stand for no
        real person and are not counted.
    """

    groups: tuple[GroupCounts, ...]
    person_of_template: Positions
    group_of_template: Positions
    group_of_person: Positions
    photos_of_person: Counts
    labels: tuple[str, ...] = ()
    values: tuple[tuple[str, ...], ...] = ()
    people_named: bool = True

    @property
    def recorded(self) -> tuple[bool, ...]:
        """For each group, whether all its labels are recorded."""
        return tuple(NOT_RECORDED not in values for values in self.values)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the groups, in order."""
        return tuple(group.name for group in self.groups)

    def people_of(self, group: int) -> Positions:
        """Positions of the enrolled people of one group."""
        return np.flatnonzero(self.group_of_person == group).astype(np.int64)


def group_name(labels: Sequence[str], values: Sequence[str]) -> str:
    """Name a group by its recorded values, and say which labels are missing.

    Examples
    --------
    >>> group_name(("race", "sex"), ("Black", "F"))
    'Black F'
    >>> group_name(("race", "sex"), ("not recorded", "F"))
    'F, race not recorded'
    >>> group_name(("race", "sex"), ("not recorded", "not recorded"))
    'race and sex not recorded'
    """
    known = " ".join(value for value in values if value != NOT_RECORDED)
    missing = " and ".join(
        label.replace("_class", "")
        for label, value in zip(labels, values, strict=True)
        if value == NOT_RECORDED
    )
    unrecorded = f"{missing} not recorded" if missing else ""
    return ", ".join(part for part in (known, unrecorded) if part)


def population_of(templates: TemplateSet, *, by: Sequence[str] = DEFAULT_LABELS) -> Population:
    """Sort the people of a template set into groups.

    Parameters
    ----------
    templates : TemplateSet
        All rows, failures to enroll included.
    by : sequence of str
        Labels that make a group, from ``race``, ``sex``, ``age_class``.

    Returns
    -------
    Population
        Independent of the order of the rows, but for the positions of templates.

    Raises
    ------
    InputError
        If a label is unknown, or one person carries two values of it.
    MeasurementError
        If there are no photos at all.
    """
    if len(templates) == 0:
        msg = "a population needs photos, got none: nothing can be measured"
        raise MeasurementError(msg)
    group_of_row, values = _groups_of_rows(templates, by)
    _require_one_group_a_person(templates, group_of_row)
    enrolled = templates.failure == ""
    _, person = np.unique(templates.subject_id[enrolled].astype(str), return_inverse=True)
    group_of_template = group_of_row[enrolled]
    n_people = int(person.max()) + 1 if person.size else 0
    group_of_person = np.zeros(n_people, dtype=np.int64)
    group_of_person[person] = group_of_template
    return Population(
        groups=tuple(
            _counts(templates, group_of_row == g, group_name(by, one)) for g, one in enumerate(values)
        ),
        person_of_template=person.astype(np.int64),
        group_of_template=group_of_template,
        group_of_person=group_of_person,
        photos_of_person=np.bincount(person, minlength=n_people).astype(np.int64),
        labels=tuple(by),
        values=tuple(values),
    )


def with_label_sources(templates: TemplateSet, sources: Sequence[str]) -> NDArray[np.bool_]:
    """Mark the rows whose label comes from one of these sources.

    Parameters
    ----------
    templates : TemplateSet
        All rows.
    sources : sequence of str
        Such as ``("human",)``.

    Returns
    -------
    ndarray of shape (n,), bool

    Raises
    ------
    MeasurementError
        If no row has such a source; the message names those that occur.
    """
    mask = np.isin(templates.label_source.astype(str), list(sources))
    if not mask.any():
        found = ", ".join(sorted(set(templates.label_source)))
        msg = f"no label comes from {' or '.join(sources)}; label sources here: {found}"
        raise MeasurementError(msg)
    return np.asarray(mask)


def _groups_of_rows(templates: TemplateSet, by: Sequence[str]) -> tuple[Positions, list[tuple[str, ...]]]:
    """Give each row the position of its group, and each group its label values."""
    unknown = [label for label in by if label not in LABELS]
    if unknown or not by:
        msg = f"groups are made by {', '.join(LABELS)}; got {', '.join(unknown) or 'no label'}"
        raise InputError(msg)
    rows = list(zip(*(getattr(templates, label) for label in by), strict=True))
    combinations = sorted(set(rows), key=lambda values: [(v == NOT_RECORDED, v) for v in values])
    position = {values: place for place, values in enumerate(combinations)}
    group_of_row = np.fromiter((position[values] for values in rows), dtype=np.int64, count=len(rows))
    return group_of_row, [tuple(str(value) for value in values) for values in combinations]


def _require_one_group_a_person(templates: TemplateSet, group_of_row: Positions) -> None:
    """Refuse contradicting labels: such a person would be a stranger to themselves."""
    pairs = set(zip(templates.subject_id, group_of_row.tolist(), strict=True))
    doubled = len(pairs) - templates.n_subjects
    if doubled:
        msg = f"labels contradict each other: {doubled} people are in more than one group, wanted one each"
        raise InputError(msg)


def _counts(templates: TemplateSet, rows: NDArray[np.bool_], name: str) -> GroupCounts:
    subjects, failed = templates.subject_id[rows], templates.failure[rows] != ""
    sources = dict(zip(subjects, templates.label_source[rows], strict=True))
    return GroupCounts(
        name=name,
        people=len(set(subjects)),
        people_enrolled=len(set(subjects[~failed])),
        photos=len(subjects),
        failures=int(np.count_nonzero(failed)),
        label_sources=dict(sorted(Counter(sources.values()).items())),
    )
