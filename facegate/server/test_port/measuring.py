"""One test measured: what was compared with what, at the threshold that serves; by group, with intervals.

The run is the benchmark's own (`facegate.evaluation.run`), so a group too small is unknown here too.
Galleries that it searches are made from the tester's own people, in a folder that goes with the test.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Final

from facegate.errors import MeasurementError
from facegate.evaluation.certificates.canonical_form import canonical_bytes
from facegate.evaluation.comparisons import compare_all
from facegate.evaluation.edges import Edge
from facegate.evaluation.identification.plan import IdentificationPlan
from facegate.evaluation.material import Material, scores_material
from facegate.evaluation.protocol import AllPairsProtocol, DataSource, Resampling
from facegate.evaluation.run import run_benchmark
from facegate.evaluation.subgroups import group_name, population_of
from facegate.server.test_port.given import Kind
from facegate.server.test_port.labels import GROUP

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from facegate.evaluation.inputs.material import ScoreMaterial
    from facegate.evaluation.provenance import InputSummary
    from facegate.evaluation.result import BenchmarkResult
    from facegate.evaluation.subgroups import Population
    from facegate.server.test_port.system import System
    from facegate.templates import TemplateSet

FEWEST_TO_SEARCH: Final = 4  # people with a template: some enrolled, some strangers
COMMAND: Final = "POST /v1/tests"
TITLE: Final = "Independent test of the comparison that serves here"
QUESTION: Final = "Who of the tester's own people is wrongly matched, or missed, at the threshold in force?"


def floor_of(system: System) -> Edge:
    """Give the line from which pairs of strangers are kept: the threshold that serves."""
    return Edge("score", system.threshold.score)


def protocol_for(
    kind: Kind, by: tuple[str, ...], system: System, *, searches: bool, notes: tuple[str, ...] = ()
) -> AllPairsProtocol:
    """Lay down what is asked: all with all, at the one threshold that serves.

    Parameters
    ----------
    kind : Kind
        What was uploaded.
    by : tuple of str
        What makes a group.
    system : System
        Brings the threshold.
    searches : bool
        Whether galleries of the tester's people are searched too.
    notes : tuple of str
        Further words on what the data cannot show.

    Returns
    -------
    AllPairsProtocol
        Its digest is the SHA-256 (hex) of its own fields in RFC 8785 form.
    """
    edge = floor_of(system)
    asked = AllPairsProtocol(
        name="test-port",
        title=TITLE,
        question=QUESTION,
        notes=(*_notes(kind, system), *notes),
        digest="",
        data=DataSource(dataset=f"{kind} of a tester"),
        by=by,
        reference=None,
        label_sources=(),
        without_top_pairs=0,
        floor=edge,
        thresholds=(edge,),
        folds=0,
        resampling=Resampling(),
        identification=IdentificationPlan(seed=1) if searches else None,
        operational_gallery=None,
    )
    return replace(asked, digest=hashlib.sha256(canonical_bytes(asdict(asked))).hexdigest())


def _notes(kind: Kind, system: System) -> tuple[str, ...]:
    source = {
        Kind.PHOTOS: "Photos and labels are the tester's: nobody here checked whom they show.",
        Kind.VECTORS: "The vectors are the tester's: that this embedder made them is the tester's word.",
        Kind.SCORES: "The scores are the tester's: that this embedder made them is the tester's word.",
    }[kind]
    return (
        f"Threshold of certificate {system.certificate}, in force when the test was asked for.",
        source,
        "The enrolled gallery took no part: searches were made in galleries of the tester's own people.",
    )


def population_by(templates: TemplateSet, by: tuple[str, ...]) -> Population:
    """Sort people into groups; a ready-made group is carried in the templates' column ``race``.

    Raises
    ------
    InputError
        If one person is in two groups.
    """
    if by != (GROUP,):
        return population_of(templates, by=by)
    found = population_of(templates, by=("race",))
    named = tuple(
        replace(group, name=group_name(by, values))
        for group, values in zip(found.groups, found.values, strict=True)
    )
    return replace(found, groups=named, labels=by)


def compared(
    templates: TemplateSet,
    summary: InputSummary,
    by: tuple[str, ...],
    system: System,
    *,
    on_progress: Callable[[int, int], None],
) -> Material:
    """Compare every template of the test with every other, and with nothing else.

    Raises
    ------
    InputError
        If one person is in two groups.
    MeasurementError
        If no photo gave a template, or a comparison is out of range.
    """
    population = population_by(templates, by)
    enrolled = templates.enrolled
    if not len(enrolled):
        msg = f"none of the {len(templates):,} photos gave a template: nothing can be compared"
        raise MeasurementError(msg)
    comparisons = compare_all(
        enrolled.vectors,
        population,
        metric=system.threshold.metric,
        floor=system.threshold.score,
        threads=1,  # searches that officers wait for go on meanwhile
        on_progress=on_progress,
    )
    return Material(
        embedder=templates.embedder,
        origin=templates.origin,
        summary=summary,
        population=population,
        comparisons=comparisons,
        templates=templates,
        template_ids=enrolled.template_id,
        subject_ids=enrolled.subject_id,
        parts=(),
    )


def measured(
    material: Material | ScoreMaterial,
    kind: Kind,
    by: tuple[str, ...],
    system: System,
    *,
    measured_on: str,
    folder: Path,
) -> BenchmarkResult:
    """Measure at the threshold that serves; searches too, where there are people enough.

    Parameters
    ----------
    material : Material or ScoreMaterial
        What was compared, or the tester's scores.
    kind : Kind
        What was uploaded.
    by : tuple of str
        What makes a group.
    system : System
        What is tested.
    measured_on : str
        Date, ISO 8601.
    folder : Path
        Where galleries of the tester's people are made and deleted again.

    Returns
    -------
    BenchmarkResult
        Without searches where they cannot be measured, and then a note says why.

    Raises
    ------
    MeasurementError
        If a rate cannot be computed.
    """

    def run(*, searches: bool, notes: tuple[str, ...] = ()) -> BenchmarkResult:
        asked = protocol_for(kind, by, system, searches=searches, notes=notes)
        start = material if isinstance(material, Material) else scores_material(material, asked)
        return run_benchmark(start, asked, command=COMMAND, measured_on=measured_on, folder=folder)

    if not isinstance(material, Material):
        return run(searches=False)
    people = material.population.group_of_person.size
    if people < FEWEST_TO_SEARCH:
        note = f"No search was made: {people} people with a template, at least {FEWEST_TO_SEARCH} are needed."
        return run(searches=False, notes=(note,))
    try:
        return run(searches=True)
    except MeasurementError as error:
        return run(searches=False, notes=(f"No search could be measured: {error}.",))
