"""Scores made elsewhere, pair by pair: a black box can be measured without its model.

Where rows name the people they join, every interval allows for people who are compared
often. Where they do not, each row is taken to join people of its own. That makes ranges too
narrow, and the summary says so (``people_named``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.checks import check_rows
from facegate.evaluation.inputs.histogram import histograms_of
from facegate.evaluation.inputs.material import (
    ScoreMaterial,
    anonymous_population,
    comparisons_of,
    digests_of,
    named_population,
)
from facegate.evaluation.inputs.memory import available_memory, require_memory
from facegate.evaluation.inputs.rows import read_rows, score_files
from facegate.evaluation.provenance import Finding, InputSummary
from facegate.evaluation.trials import ListedPairs

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Scores, Threshold
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.edges import Edge
    from facegate.evaluation.inputs.rows import Flags, ScoreRows
    from facegate.evaluation.inputs.spec import ScoresSpec
    from facegate.evaluation.subgroups import Population, Positions
    from facegate.templates import Labels

BYTES_OF_A_NAMED_ROW = 250
BYTES_OF_AN_ANONYMOUS_ROW = 300


def load_scores(
    spec: ScoresSpec,
    base: Path,
    *,
    floor: Edge,
    by: Sequence[str] = (),
    memory: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> ScoreMaterial:
    """Read, check and sort scores.

    Parameters
    ----------
    spec : ScoresSpec
        Which files, which columns, which way scores run.
    base : Path
        Folder that file names are relative to.
    floor : Edge
        Non-mated pairs at or above it are kept: a ``score`` or ``cosine`` of similarities,
        a ``distance`` of distances.
    by : sequence of str
        Labels that make a group, where labels have columns; empty for all of them.
    memory : int or None
        Bytes that may be taken; None to ask the machine.
    on_progress : callable, optional
        Called with rows read and rows to read (an estimate).

    Returns
    -------
    ScoreMaterial
        The same whatever the order of rows and files.

    Raises
    ------
    InputError
        If a file is missing, empty or damaged (the line is named), a check stops the run,
        or memory would not suffice.
    """
    edge = floor.threshold(spec.metric)
    files = score_files(spec, base)
    n_about = sum(file.rows_about() for file in files)
    a_row = BYTES_OF_A_NAMED_ROW if spec.people_named else BYTES_OF_AN_ANONYMOUS_ROW
    available = available_memory() if memory is None else memory
    require_memory(n_about * a_row, f"{n_about:,} scores", available=available)
    try:
        rows = read_rows(spec, base, by=by, on_progress=on_progress)
        keep, findings = check_rows(rows, nan=spec.nan, duplicates=spec.duplicates)
        return _material(rows, keep, findings, spec, edge)
    except MemoryError as error:
        msg = f"memory ran out over about {n_about:,} scores; use a machine with more, or give fewer rows"
        raise InputError(msg) from error


def _material(
    rows: ScoreRows, keep: Flags, findings: tuple[Finding, ...], spec: ScoresSpec, floor: Threshold
) -> ScoreMaterial:
    build = _named if rows.people else _anonymous
    population, comparisons, template_ids, subject_ids = build(rows, keep, spec, floor)
    return ScoreMaterial(
        population=population,
        comparisons=comparisons,
        summary=InputSummary(
            kind="scores",
            files=digests_of(rows.files),
            rows=len(rows),
            people=len(rows.people),
            people_named=bool(rows.people),
            groups=len(rows.group_values),
            similarity=spec.metric is not Metric.EUCLIDEAN,
            findings=(*findings, *_of_groups(population, rows, keep)),
        ),
        metric=spec.metric,
        model=spec.model,
        model_digest=spec.model_digest,
        template_ids=template_ids,
        subject_ids=subject_ids,
    )


def _named(
    rows: ScoreRows, keep: Flags, spec: ScoresSpec, floor: Threshold
) -> tuple[Population, Comparisons, Labels, Labels]:
    """Give people and templates numbers in the order of their names, and sort the rows by them."""
    people, rank = _in_order(rows.people)
    person = rank[rows.person[:, keep]]
    group_of_person = np.zeros(people.size, dtype=np.int64)
    group_of_person[rank[rows.person]] = rows.group
    if rows.templates:
        template_ids, place = _in_order(rows.templates)
        template = place[rows.template[:, keep]]
        person_of_template = np.zeros(template_ids.size, dtype=np.int64)
        person_of_template[place[rows.template]] = rank[rows.person]
    else:
        template_ids, template, person_of_template = people, person, np.arange(people.size, dtype=np.int64)
    population = named_population(
        rows.group_names,
        person_of_template=person_of_template,
        group_of_person=group_of_person,
        label_source=spec.label_source,
    )
    others = person[0] != person[1]
    score = rows.score[keep]
    comparisons = comparisons_of(
        template[0],
        template[1],
        score,
        population=population,
        trials=ListedPairs.of_rows(person[0][others], person[1][others], people.size),
        floor=floor,
        histograms=histograms_of(template[0], template[1], score, population=population, floor=floor),
    )
    return population, comparisons, template_ids, people[person_of_template]


def _anonymous(
    rows: ScoreRows, keep: Flags, _: ScoresSpec, floor: Threshold
) -> tuple[Population, Comparisons, None, None]:
    """Give each non-mated row two people of its own, and each mated row one."""
    low, high, mated, score = _sorted_rows(rows, keep)
    n_others, n_mated = int(np.count_nonzero(~mated)), int(np.count_nonzero(mated))
    one = np.arange(0, 2 * n_others, 2, dtype=np.int64)
    own = np.arange(2 * n_others, 2 * n_others + n_mated, dtype=np.int64)
    group_of_person = np.empty(2 * n_others + n_mated, dtype=np.int64)
    group_of_person[one], group_of_person[one + 1] = low[:n_others], high[:n_others]
    group_of_person[own] = low[n_others:]
    population = anonymous_population(rows.group_names, group_of_person)
    first, second = np.concatenate((one, own)), np.concatenate((one + 1, own))
    comparisons = comparisons_of(
        first,
        second,
        score,
        population=population,
        trials=ListedPairs(one, one + 1, np.ones_like(one), group_of_person.size),
        floor=floor,
        histograms=histograms_of(first, second, score, population=population, floor=floor),
    )
    return population, comparisons, None, None


def _sorted_rows(rows: ScoreRows, keep: Flags) -> tuple[NDArray[np.int32], NDArray[np.int32], Flags, Scores]:
    """Sort rows by what they say, mated ones last, so that their order in the file says nothing."""
    low, high = rows.group[:, keep].min(axis=0), rows.group[:, keep].max(axis=0)
    mated, score = rows.mated[keep], rows.score[keep]
    order = np.lexsort((score, high, low, mated))
    return low[order], high[order], mated[order], score[order]


def _in_order(names: Sequence[str]) -> tuple[Labels, Positions]:
    """Sort names, and tell where each of them went."""
    as_met = np.array(names, dtype=object)
    order = np.argsort(as_met, kind="stable")
    rank = np.empty(order.size, dtype=np.int64)
    rank[order] = np.arange(order.size)
    return as_met[order], rank


def _of_groups(population: Population, rows: ScoreRows, keep: Flags) -> tuple[Finding, ...]:
    """Count groups of which the rows cannot speak."""
    n_groups = len(rows.group_values)
    inside = rows.group[0][keep & ~rows.mated]
    within = np.bincount(inside[inside == rows.group[1][keep & ~rows.mated]], minlength=n_groups)
    mated = np.bincount(rows.group[0][keep & rows.mated], minlength=n_groups)
    single = sum(group.people == 1 for group in population.groups)
    return (
        Finding(
            "groups without a non-mated pair inside the group", int((within == 0).sum()), "kept: unknown"
        ),
        Finding("groups without a mated pair", int((mated == 0).sum()), "kept: unknown"),
        Finding("groups of one person", single, "kept: unknown"),
    )
