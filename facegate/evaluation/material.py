"""What a run starts from: who was compared, what comparing them found, and parts to look at again.

A part repeats the measurement at the same thresholds on fewer people or photos: those
labeled by humans, those without the highest non-mated pairs, those a reviewer left in.
Its result stands beside the main one and never replaces it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError
from facegate.evaluation.comparisons import compare_all, restricted
from facegate.evaluation.provenance import Finding, InputSummary
from facegate.evaluation.subgroups import population_of, with_label_sources
from facegate.templates import EmbedderInfo, Origin, tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.decision import Metric
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.inputs.material import ScoreMaterial
    from facegate.evaluation.protocol import AllPairsProtocol
    from facegate.evaluation.subgroups import Population
    from facegate.templates import Labels, TemplateSet


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the people or photos, measured again.

    Parameters
    ----------
    about : str
        Who was included, in words.
    population : Population
        They.
    comparisons : Comparisons
        What comparing them alone found.
    """

    about: str
    population: Population
    comparisons: Comparisons


@dataclass(frozen=True, slots=True)
class Material:
    """What a run starts from.

    Parameters
    ----------
    embedder : EmbedderInfo
        What made the templates or scores; its digest is empty where nobody can say.
    origin : Origin
        The data.
    summary : InputSummary
        What was given and checked.
    population : Population
        Everybody.
    comparisons : Comparisons
        What comparing them found.
    templates : TemplateSet or None
        Enrolled rows in the population's order, with failures; None where only scores exist.
    template_ids, subject_ids : ndarray of shape (n_templates,), str objects, or None
        Names of the compared templates and of their people, in the population's order; None
        where scores name nobody.
    parts : tuple of Part
        To be measured again.
    """

    embedder: EmbedderInfo
    origin: Origin
    summary: InputSummary
    population: Population
    comparisons: Comparisons
    templates: TemplateSet | None
    template_ids: Labels | None
    subject_ids: Labels | None
    parts: tuple[Part, ...]

    @property
    def about(self) -> str:
        """What the material depends on, beside the protocol."""
        return about_data(self.embedder, self.origin)

    @property
    def metric(self) -> Metric:
        """How scores are written."""
        return self.embedder.metric

    def with_part(self, part: Part) -> Material:
        """Add a part to be measured again."""
        return replace(self, parts=(*self.parts, part))


def about_data(embedder: EmbedderInfo, origin: Origin) -> str:
    """Tell material apart from any other: digests of the data and of what made the templates."""
    return f"{origin.dataset_digest} {embedder.digest}"


def labeled_part(
    sources: Sequence[str], templates: TemplateSet, by: Sequence[str], comparisons: Comparisons
) -> Part:
    """Keep people whose label has one of these sources.

    Raises
    ------
    MeasurementError
        If no row has such a source.
    """
    rows = with_label_sources(templates, sources)
    return part_of(rows, templates, by, comparisons, about=f"only people labeled by: {', '.join(sources)}")


def without_top_pairs(
    n_pairs: int, templates: TemplateSet, by: Sequence[str], comparisons: Comparisons
) -> Part:
    """Leave out both photos of the highest non-mated pairs: one person under two names, most likely.

    Ties at the last place are cut by the templates' ids, so the order of rows does not matter.
    """
    tail, enrolled = comparisons.tail, np.flatnonzero(templates.failure == "")
    rank = np.unique(templates.template_id[enrolled].astype(str), return_inverse=True)[1]
    low, high = np.sort(np.stack((rank[tail.first], rank[tail.second])), axis=0)
    top = np.lexsort((high, low, -tail.scores))[:n_pairs]
    rows = np.ones(len(templates), dtype=bool)
    rows[enrolled[np.union1d(tail.first[top], tail.second[top])]] = False
    dropped = int(np.count_nonzero(~rows))
    about = f"without the {dropped:,} photos of the {top.size:,} highest non-mated pairs"
    return part_of(rows, templates, by, comparisons, about=about)


def part_of(
    rows: NDArray[np.bool_],
    templates: TemplateSet,
    by: Sequence[str],
    comparisons: Comparisons,
    *,
    about: str,
) -> Part:
    """Keep some rows, failures to enroll included.

    Parameters
    ----------
    rows : ndarray of shape (n,), bool
        Rows of ``templates`` to keep.
    templates : TemplateSet
        All rows.
    by : sequence of str
        Labels that make a group.
    comparisons : Comparisons
        Of all enrolled rows.
    about : str
        Who is included, in words.

    Raises
    ------
    InputError
        If nothing is kept.
    """
    if not rows.any():
        msg = f"nothing is left to measure: {about}"
        raise InputError(msg)
    population = population_of(templates.select(rows), by=by)
    kept = restricted(comparisons, rows[templates.failure == ""], population)
    return Part(about, population, kept)


def template_material(
    templates: TemplateSet,
    summary: InputSummary,
    protocol: AllPairsProtocol,
    *,
    resume: Path | None = None,
    threads: int | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Material:
    """Compare all templates with each other, and make the parts that the protocol asks for.

    Parameters
    ----------
    templates : TemplateSet
        All rows, failures to enroll included.
    summary : InputSummary
        What was given and checked.
    protocol : AllPairsProtocol
        Groups, floor and parts.
    resume : Path, optional
        Folder in which a killed comparison goes on.
    threads : int, optional
        Cores to use, all by default.
    on_progress : callable, optional
        Called with comparisons done and to do.

    Returns
    -------
    Material

    Raises
    ------
    InputError
        If labels contradict each other.
    MeasurementError
        If the floor would keep too many pairs.
    """
    metric = templates.embedder.metric
    population = population_of(templates, by=protocol.by)
    comparisons = compare_all(
        templates.enrolled.vectors,
        population,
        metric=metric,
        floor=protocol.floor.threshold(metric).score,
        threads=threads,
        resume=resume,
        on_progress=on_progress,
    )
    parts = [labeled_part(sources, templates, protocol.by, comparisons) for sources in protocol.label_sources]
    if protocol.without_top_pairs:
        parts.append(without_top_pairs(protocol.without_top_pairs, templates, protocol.by, comparisons))
    return Material(
        embedder=templates.embedder,
        origin=templates.origin,
        summary=summary,
        population=population,
        comparisons=comparisons,
        templates=templates,
        template_ids=templates.enrolled.template_id,
        subject_ids=templates.enrolled.subject_id,
        parts=tuple(parts),
    )


def templates_summary(kind: str, templates: TemplateSet, population: Population) -> InputSummary:
    """Summarize photos, drawn vectors or a template file: what failed is counted, not dropped."""
    failures = len(templates) - len(templates.enrolled)
    digests = [digest for digest in templates.photo_digest.astype(str) if digest]
    return InputSummary(
        kind=kind,
        files={},
        rows=len(templates),
        people=templates.n_subjects,
        people_named=True,
        groups=len(population.groups),
        similarity=True,
        findings=(
            Finding(
                "photos that gave no template (failures to enroll)",
                failures,
                "counted by group; not compared",
            ),
            Finding("photos whose very bytes occur more than once", len(digests) - len(set(digests)), "kept"),
        ),
    )


def scores_material(made: ScoreMaterial, protocol: AllPairsProtocol) -> Material:
    """Take scores made elsewhere as material; there are no templates to search with.

    Raises
    ------
    InputError
        If the protocol asks for a part that needs templates.
    """
    if protocol.without_top_pairs or protocol.identification:
        what = "groups.without_top_pairs" if protocol.without_top_pairs else "[identification]"
        msg = f"{what} needs templates; protocol {protocol.name} gives scores"
        raise InputError(msg)
    return Material(
        embedder=EmbedderInfo(made.model or "not named", made.model_digest, 0, made.metric),
        origin=Origin(
            " + ".join(made.summary.files), made.digest, synthetic=False, tool_version=tool_version()
        ),
        summary=made.summary,
        population=made.population,
        comparisons=made.comparisons,
        templates=None,
        template_ids=made.template_ids,
        subject_ids=made.subject_ids,
        parts=(),
    )
