"""A matrix of scores made elsewhere, with lists that say whose its rows and columns are.

- Square with one list: every pair stands there twice. The two are two comparisons, unless
  the matrix is said to be symmetric; then it must be, and each pair counts once.
- Rectangular with two lists: every row with every column. A template that is in both lists
  is one template if templates are named; a cell of a template with itself is left out.
- An npy file is mapped and read block by block, so it may be larger than memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.arrays import open_matrix
from facegate.evaluation.inputs.crossed import Crossed, Without
from facegate.evaluation.inputs.grid import Sides, Walker, score_range
from facegate.evaluation.inputs.histogram import ScoreCounter, edges_for
from facegate.evaluation.inputs.material import (
    ScoreMaterial,
    comparisons_of,
    digests_of,
    named_population,
)
from facegate.evaluation.inputs.memory import available_memory
from facegate.evaluation.inputs.people import (
    PeopleList,
    names_of_groups,
    read_people,
    require_one_group_a_person,
)
from facegate.evaluation.inputs.tables import TableFile
from facegate.evaluation.provenance import Finding, InputSummary
from facegate.evaluation.trials import AllPairs, ListedPairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facegate.evaluation.edges import Edge
    from facegate.evaluation.inputs.grid import Walk
    from facegate.evaluation.inputs.spec import MatrixSpec
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.evaluation.trials import Trials
    from facegate.templates import Labels


def load_matrix(
    spec: MatrixSpec,
    base: Path,
    *,
    floor: Edge,
    by: Sequence[str] = (),
    memory: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ScoreMaterial:
    """Read, check and sort a matrix.

    Parameters
    ----------
    spec : MatrixSpec
        Which files, which columns of the lists, which way scores run.
    base : Path
        Folder that file names are relative to.
    floor : Edge
        Non-mated pairs at or above it are kept: a ``score`` or ``cosine`` of similarities,
        a ``distance`` of distances.
    by : sequence of str
        Labels that make a group, of those with a column; empty for all of them.
    memory : int or None
        Bytes that may be taken; None to ask the machine.
    on_progress : callable, optional
        Called with cells visited and cells to visit.

    Returns
    -------
    ScoreMaterial
        Rates do not depend on the order of rows and columns.

    Raises
    ------
    InputError
        If a file is missing or damaged, the lists do not fit the matrix or contradict each
        other, a score is missing or infinite, or memory would not suffice.
    """
    available = available_memory() if memory is None else memory
    lists = [read_people(base / one, spec.people, delimiter=spec.delimiter) for one in _lists(spec)]
    matrix = open_matrix(base / spec.file, key=spec.key, delimiter=spec.delimiter, memory=available)
    rows, columns = lists[0], lists[-1]
    if matrix.shape != (len(rows), len(columns)):
        wanted = f"{len(rows)} x {len(columns)} as its lists say"
        msg = f"{spec.file} is {matrix.shape[0]} x {matrix.shape[1]}, wanted {wanted}"
        raise InputError(msg)
    labels = tuple(by) or spec.people.labels or ("group",)
    population, template_ids, subject_ids, places = _people(lists, labels, spec)
    sides = Sides(places[0], places[-1], population.person_of_template)
    edge = floor.threshold(spec.metric)
    counter = ScoreCounter(population, edges_for(edge, *score_range(matrix, spec.metric)))
    walker = Walker(matrix, sides, spec.file, spec.symmetric, edge, spec.nan, counter)
    found = walker.walk(on_progress)
    if not found.n_used:
        msg = f"{spec.file} has no cell of two different templates that is left to measure"
        raise InputError(msg)
    first, second, score = (np.concatenate(column) for column in zip(*found.kept, strict=True))
    comparisons = comparisons_of(
        first,
        second,
        score,
        population=population,
        trials=_trials(population, places, found, symmetric=spec.symmetric),
        floor=edge,
        histograms=counter.histograms(),
    )
    files = [TableFile(base / one) for one in (spec.file, *_lists(spec))]
    return ScoreMaterial(
        population=population,
        comparisons=comparisons,
        summary=InputSummary(
            kind="matrix",
            files=digests_of(files),
            rows=int(matrix.size),
            people=population.group_of_person.size,
            people_named=True,
            groups=len(population.groups),
            similarity=spec.metric is not Metric.EUCLIDEAN,
            findings=_findings(found, places, spec),
        ),
        metric=spec.metric,
        model=spec.model,
        model_digest=spec.model_digest,
        template_ids=template_ids,
        subject_ids=subject_ids,
    )


def _lists(spec: MatrixSpec) -> list[str]:
    return [spec.rows, spec.columns] if spec.columns else [spec.rows]


def _people(
    lists: Sequence[PeopleList], by: Sequence[str], spec: MatrixSpec
) -> tuple[Population, Labels, Labels, list[Positions]]:
    """Give numbers to the templates and people of all lists, and to each row and column."""
    ids = np.concatenate([_ids(people, side) for people, side in zip(lists, ("row", "column"), strict=False)])
    subjects = np.concatenate([people.columns["subject"] for people in lists])
    groups = [values for people in lists for values in people.groups(by)]
    require_one_group_a_person(subjects, groups)
    template_ids, one, place = np.unique(ids.astype(str), return_index=True, return_inverse=True)
    if (subjects[one][place] != subjects).any():
        n_bad = int(np.unique(ids[subjects[one][place] != subjects].astype(str)).size)
        msg = f"the lists contradict each other: {n_bad} templates are of another person in each of them"
        raise InputError(msg)
    names = names_of_groups(by, set(groups))
    rank = {values: position for position, values in enumerate(names)}
    people, first, person = np.unique(subjects.astype(str), return_index=True, return_inverse=True)
    population = named_population(
        tuple(names.values()),
        person_of_template=person[one].astype(np.int64),
        group_of_person=np.array([rank[groups[row]] for row in first.tolist()], dtype=np.int64),
        label_source=spec.label_source,
    )
    ends = np.cumsum([len(one_list) for one_list in lists])[:-1]
    places = [part.astype(np.int64) for part in np.split(place, ends)]
    return population, template_ids.astype(object), people[person[one]].astype(object), places


def _ids(people: PeopleList, side: str) -> Labels:
    """Take the names of the templates, or name them by their row or column."""
    if "template" in people.columns:
        return people.columns["template"]
    return np.array([f"{side} {place}" for place in range(1, len(people) + 1)], dtype=object)


def _trials(population: Population, places: Sequence[Positions], found: Walk, *, symmetric: bool) -> Trials:
    """Count who was compared how often, less what was left out."""
    person, n_people = population.person_of_template, population.group_of_person.size
    rows, columns = (np.bincount(person[one], minlength=n_people) for one in (places[0], places[-1]))
    whole: Trials = AllPairs.everybody(population) if symmetric else Crossed(rows, columns)
    first, second = (np.concatenate(side) for side in zip(*found.left_out, strict=True))
    if not first.size:
        return whole
    return Without(whole, ListedPairs.of_rows(person[first], person[second], n_people))


def _findings(found: Walk, places: Sequence[Positions], spec: MatrixSpec) -> tuple[Finding, ...]:
    """Say what was looked for and found; whatever else could be wrong has stopped the run."""
    in_both = np.intersect1d(places[0], places[-1]).size
    both_orders = in_both * (in_both - 1) // 2
    once = "kept: one comparison each, as both agree"
    equal = found.n_used if found.lowest == found.highest else 0
    return (
        Finding("templates compared with themselves", found.n_self, "left out"),
        Finding("scores that are not numbers", found.n_missing, _how(found, spec)),
        Finding("scores that are infinite", 0, "the run stops"),
        Finding("templates named twice in one list", 0, _templates(spec)),
        Finding("people in more than one group", 0, "the run stops"),
        Finding("templates of more than one person", 0, _templates(spec)),
        Finding(
            "pairs in both orders", both_orders, once if spec.symmetric else "kept: two comparisons each"
        ),
        Finding("scores that are all equal, so that no threshold tells pairs apart", equal, "kept"),
        Finding("distances blurred by rounding; give them in a larger unit", found.blurred, "kept"),
    )


def _how(found: Walk, spec: MatrixSpec) -> str:
    return "left out" if found.n_missing or spec.nan != "stop" else "the run stops"


def _templates(spec: MatrixSpec) -> str:
    return "the run stops" if spec.people.template else "cannot be checked: the input names no templates"
