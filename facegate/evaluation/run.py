"""One benchmark run: material and a protocol in, a result out.

The date is an argument, everything random has a seed, and the same material gives the same
result bit for bit, whatever the order of its rows.
"""

from __future__ import annotations

import platform
from importlib.metadata import version
from typing import TYPE_CHECKING

from facegate.evaluation.conclusions import concluded, threshold_ends
from facegate.evaluation.counting import require_above_floor
from facegate.evaluation.identification.measuring import measure_identification, strongest_non_mates
from facegate.evaluation.identification.threshold import threshold_at_fpir
from facegate.evaluation.intervals import LEVEL
from facegate.evaluation.measuring import measure
from facegate.evaluation.provenance import Provenance
from facegate.evaluation.result import BenchmarkResult, Method
from facegate.evaluation.setting import FPIR, chosen_threshold, given_threshold, position_of, set_threshold
from facegate.evaluation.view2 import measure_view2
from facegate.evaluation.view2_result import View2Result
from facegate.templates import tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from facegate.decision import Metric
    from facegate.evaluation.edges import Edge
    from facegate.evaluation.group_rates import UsedThreshold
    from facegate.evaluation.identification.result import Identification
    from facegate.evaluation.material import Material
    from facegate.evaluation.protocol import AllPairsProtocol, View2Protocol
    from facegate.evaluation.result import Measurement
    from facegate.evaluation.setting import Ends
    from facegate.evaluation.thresholds import Policy
    from facegate.evaluation.view2 import Pair
    from facegate.templates import EmbedderInfo, Origin, TemplateSet

LIBRARIES = ("numpy", "scipy", "numba", "faiss-cpu")


def run_benchmark(
    material: Material,
    protocol: AllPairsProtocol,
    *,
    command: str,
    measured_on: str,
    folder: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> BenchmarkResult:
    """Measure by group at every threshold, and search if the protocol asks for it.

    Parameters
    ----------
    material : Material
        Who was compared and what that found.
    protocol : AllPairsProtocol
        What to measure.
    command : str
        Command line for the record, without folders.
    measured_on : str
        Date for the record, ISO 8601.
    folder : Path
        An existing folder in which galleries are built, searched and deleted again.
    on_progress : callable, optional
        Called with searches done and to do.

    Returns
    -------
    BenchmarkResult

    Raises
    ------
    InputError
        If a threshold does not fit the material's metric, or names a group that is not there.
    MeasurementError
        If a rate or threshold asked for cannot be computed from this material.
    """
    require_usable(protocol, material.metric)
    for group in (protocol.reference, *(edge.group for edge in protocol.thresholds)):
        if group:
            position_of(group, material.population)
    thresholds = [_threshold(edge, material, protocol, folder) for edge in protocol.thresholds]
    plain = measure(material.population, material.comparisons, thresholds, about="everybody")
    searches = _searches(material, protocol, plain, folder, on_progress)
    return BenchmarkResult(
        name=protocol.name,
        title=protocol.title,
        question=protocol.question,
        notes=protocol.notes,
        provenance=provenance_of(
            material.embedder,
            material.origin,
            protocol_digest=protocol.digest,
            command=command,
            measured_on=measured_on,
            seed=protocol.data.synthetic.seed if protocol.data.synthetic else None,
        ),
        input=material.summary,
        method=_method(material, protocol),
        main=concluded(plain, material, protocol, searches),
        sensitivity=tuple(
            measure(part.population, part.comparisons, thresholds, about=part.about, brief=True)
            for part in material.parts
        ),
        identification=searches,
    )


def require_usable(protocol: AllPairsProtocol, metric: Metric) -> None:
    """Refuse a protocol whose thresholds cannot be had: before the work, not after.

    Raises
    ------
    InputError
        If a given threshold is of another metric.
    MeasurementError
        If it lies below the floor.
    """
    floor = protocol.floor.threshold(metric)
    for edge in protocol.thresholds:
        if not edge.by_rate:
            require_above_floor(edge.name, edge.threshold(metric), floor)


def _threshold(edge: Edge, material: Material, protocol: AllPairsProtocol, folder: Path) -> UsedThreshold:
    """Take a given threshold, or set one by the rate that the protocol asks for."""
    if not edge.by_rate:
        return given_threshold(edge, material.metric)
    if edge.kind == "fpir" and material.templates is not None and protocol.identification is not None:
        floor = material.comparisons.floor
        strongest = strongest_non_mates(
            material.templates, material.population, protocol.identification, floor=floor, folder=folder
        )
        chosen = threshold_at_fpir(strongest, floor=floor, target=edge.value)
        return chosen_threshold(edge, chosen, FPIR, low=None, high=None)

    def ends(policy: Policy, target: float) -> Ends:
        return threshold_ends(policy, target, material.population, material.comparisons, protocol.resampling)

    return set_threshold(edge, material.population, material.comparisons, ends=ends)


def _searches(
    material: Material,
    protocol: AllPairsProtocol,
    plain: Measurement,
    folder: Path,
    on_progress: Callable[[int, int], None] | None,
) -> Identification | None:
    """Search galleries, if the protocol asks for it."""
    if protocol.identification is None or material.templates is None:
        return None
    rates = {
        (at.threshold.name, rates.group): (fmr.estimate if fmr.events else fmr.high)
        for at in plain.at
        for rates in (at.overall, *at.groups)
        if (fmr := rates.against_everybody) is not None and (fmr.supported or rates is at.overall)
    }
    return measure_identification(
        material.templates,
        material.population,
        [at.threshold for at in plain.at],
        protocol.identification,
        folder=folder,
        fmr_by_group=rates,
        on_progress=on_progress,
    )


def _method(material: Material, protocol: AllPairsProtocol) -> Method:
    return Method(
        labels=material.population.labels,
        reference=protocol.reference,
        floor=material.comparisons.floor.score,
        level=LEVEL,
        bootstrap_draws=protocol.resampling.bootstrap,
        permutation_draws=protocol.resampling.permutations,
        seed=protocol.resampling.seed,
        operational_gallery=protocol.operational_gallery,
    )


def provenance_of(
    embedder: EmbedderInfo,
    origin: Origin,
    *,
    protocol_digest: str,
    command: str,
    measured_on: str,
    seed: int | None = None,
) -> Provenance:
    """Say what was measured, on what, with what, and when."""
    versions = {"facegate": tool_version(), "python": platform.python_version()}
    return Provenance(
        dataset=origin.dataset,
        dataset_digest=origin.dataset_digest,
        synthetic=origin.synthetic,
        embedder=embedder.name,
        embedder_digest=embedder.digest,
        metric=embedder.metric,
        protocol_digest=protocol_digest,
        command=command,
        measured_on=measured_on,
        seed=seed,
        versions=versions | {library: version(library) for library in LIBRARIES},
    )


def run_view2(
    templates: Sequence[TemplateSet],
    protocol: View2Protocol,
    pairs: tuple[Pair, ...],
    *,
    command: str,
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
    command : str
        Command line for the record, without folders.
    measured_on : str
        Date for the record, ISO 8601.

    Returns
    -------
    View2Result
    """
    first = templates[0]
    return View2Result(
        name=protocol.name,
        title=protocol.title,
        question=protocol.question,
        notes=protocol.notes,
        provenance=provenance_of(
            first.embedder,
            first.origin,
            protocol_digest=protocol.digest,
            command=command,
            measured_on=measured_on,
        ),
        variants=tuple(
            measure_view2(made, pairs, variant)
            for made, variant in zip(templates, protocol.variants, strict=True)
        ),
    )
