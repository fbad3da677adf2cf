"""One benchmark run: templates and a protocol in, a result out.

Pure: the date is an argument, nothing is random, and the same templates give the same
result bit for bit, whatever their order.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from facegate.evaluation.comparisons import compare_all, restricted
from facegate.evaluation.measuring import measure, require_above_floor
from facegate.evaluation.protocol import short
from facegate.evaluation.result import BenchmarkResult, Provenance, UsedThreshold
from facegate.evaluation.subgroups import population_of, with_label_sources
from facegate.evaluation.thresholds import threshold_at_fmr
from facegate.evaluation.view2 import measure_view2
from facegate.evaluation.view2_result import View2Result
from facegate.templates import tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facegate.decision import Metric
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.protocol import AllPairsProtocol, Edge, View2Protocol
    from facegate.evaluation.result import Measurement
    from facegate.evaluation.view2 import Pair
    from facegate.templates import TemplateSet

LIBRARIES = ("numpy", "scipy")


def run_benchmark(
    templates: TemplateSet,
    protocol: AllPairsProtocol,
    *,
    measured_on: str,
    on_progress: Callable[[int, int], None] | None = None,
) -> BenchmarkResult:
    """Compare everybody with everybody and measure by group at every threshold.

    Parameters
    ----------
    templates : TemplateSet
        All rows, failures to enroll included.
    protocol : AllPairsProtocol
        What to measure.
    measured_on : str
        Date for the record, ISO 8601.
    on_progress : callable, optional
        Called with comparisons done and to do.

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    InputError
        If a threshold does not fit the templates' metric, or labels contradict each other.
    MeasurementError
        If a rate or threshold asked for cannot be computed from these templates.
    """
    metric = templates.embedder.metric
    floor = protocol.floor.threshold(metric)
    for edge in protocol.thresholds:  # before the work, not after
        if edge.kind != "fmr":
            require_above_floor(edge.name, edge.threshold(metric), floor)
    population = population_of(templates, by=protocol.by)
    comparisons = compare_all(
        templates.enrolled.vectors,
        population,
        metric=metric,
        floor=floor.score,
        on_progress=on_progress,
    )
    thresholds = [used_threshold(edge, comparisons, metric) for edge in protocol.thresholds]
    return BenchmarkResult(
        name=protocol.name,
        title=protocol.title,
        question=protocol.question,
        notes=protocol.notes,
        provenance=provenance_of(
            templates,
            protocol_digest=protocol.digest,
            measured_on=measured_on,
            seed=protocol.synthetic.seed if protocol.synthetic else None,
        ),
        floor=comparisons.floor.score,
        main=measure(population, comparisons, thresholds, about="everybody"),
        sensitivity=tuple(
            _only(sources, templates, protocol, comparisons, thresholds) for sources in protocol.sensitivity
        ),
    )


def used_threshold(edge: Edge, comparisons: Comparisons, metric: Metric) -> UsedThreshold:
    """Turn a line of the protocol into a threshold, measuring where it asks for a rate.

    Raises
    ------
    InputError
        If the value is of another metric than the templates.
    MeasurementError
        If a target rate has no threshold above the floor.
    """
    if edge.kind != "fmr":
        threshold = edge.threshold(metric)
        basis = f"{edge.kind} {edge.value:g}, given"
        return UsedThreshold(edge.name, threshold.score, threshold.native, basis, None, False, False)  # noqa: FBT003  fields in order
    chosen = threshold_at_fmr(
        comparisons.tail.scores,
        comparisons=comparisons.n_non_mated,
        floor=comparisons.floor,
        target=edge.value,
    )
    extra = ", unsupported: rarer than one in all comparisons" if chosen.unsupported else ""
    return UsedThreshold(
        name=edge.name,
        score=chosen.threshold.score,
        native=chosen.threshold.native,
        basis=f"overall FMR at most {short(edge.value)}, set on the same people (in-sample){extra}",
        target_fmr=edge.value,
        in_sample=True,
        unsupported=chosen.unsupported,
    )


def provenance_of(
    templates: TemplateSet, *, protocol_digest: str, measured_on: str, seed: int | None = None
) -> Provenance:
    """Say what was measured, on what, with what, and when."""
    versions = {"facegate": tool_version(), "python": platform.python_version()}
    return Provenance(
        dataset=templates.origin.dataset,
        dataset_digest=templates.origin.dataset_digest,
        synthetic=templates.origin.synthetic,
        embedder=templates.embedder.name,
        embedder_digest=templates.embedder.digest,
        metric=templates.embedder.metric,
        protocol_digest=protocol_digest,
        measured_on=measured_on,
        seed=seed,
        versions=versions | {library: version(library) for library in LIBRARIES},
    )


def run_view2(
    templates: Sequence[TemplateSet],
    protocol: View2Protocol,
    pairs: tuple[Pair, ...],
    *,
    measured_on: str,
) -> View2Result:
    """Run the LFW ten-fold protocol on each variant.

    Parameters
    ----------
    templates : sequence of TemplateSet
        One for each variant of the protocol, in its order.
    protocol : View2Protocol
        What to measure.
    pairs : tuple of Pair
        The official pairs.
    measured_on : str
        Date for the record, ISO 8601.

    Returns
    -------
    View2Result
    """
    return View2Result(
        name=protocol.name,
        title=protocol.title,
        question=protocol.question,
        notes=protocol.notes,
        provenance=provenance_of(templates[0], protocol_digest=protocol.digest, measured_on=measured_on),
        variants=tuple(
            measure_view2(made, pairs, variant)
            for made, variant in zip(templates, protocol.variants, strict=True)
        ),
    )


def _only(
    sources: tuple[str, ...],
    templates: TemplateSet,
    protocol: AllPairsProtocol,
    comparisons: Comparisons,
    thresholds: Sequence[UsedThreshold],
) -> Measurement:
    """Measure again, at the same thresholds, only people whose label has one of these sources."""
    rows = with_label_sources(templates, sources)
    population = population_of(templates.select(rows), by=protocol.by)
    kept = restricted(comparisons, rows[templates.failure == ""], population)
    return measure(population, kept, thresholds, about=f"only people labeled by: {', '.join(sources)}")
