"""What is said beyond plain rates: differences between groups with their null, checks, held-out rates.

All of it follows from the counts at a threshold; nothing here changes a rate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.decision import Threshold
from facegate.errors import MeasurementError
from facegate.evaluation.checks import requirement_checks
from facegate.evaluation.counting import count_at
from facegate.evaluation.differentials import APPENDIX_MEASURES, FMR_MEASURES
from facegate.evaluation.group_ratios import group_ratios
from facegate.evaluation.group_summaries import appendix, summaries
from facegate.evaluation.held_out import held_out
from facegate.evaluation.ladder import UNKNOWN, matching_ladder
from facegate.evaluation.nist_columns import nist_columns
from facegate.evaluation.resampling import bootstrap, bootstrap_threshold, shuffled, threshold_interval
from facegate.evaluation.setting import policy_of
from facegate.evaluation.subgroups import LABELS as LABEL_NAMES
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.counting import Counted
    from facegate.evaluation.edges import Edge
    from facegate.evaluation.group_rates import AtThreshold, HeldOut
    from facegate.evaluation.identification.result import Identification
    from facegate.evaluation.material import Material
    from facegate.evaluation.protocol import AllPairsProtocol, Resampling
    from facegate.evaluation.resampling import Draws
    from facegate.evaluation.result import Measurement
    from facegate.evaluation.setting import Ends
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.thresholds import Policy
    from facegate.evaluation.trials import People

PEOPLE, LABELS, THRESHOLDS = 1, 2, 3
"""Each kind of drawing has its own stream, so that asking for one does not change another. None
is 0: numpy's streams [seed, 0] and [seed] are the same, and folds and searches are dealt by [seed]."""


def threshold_ends(
    policy: Policy, target: float, population: Population, comparisons: Comparisons, resampling: Resampling
) -> Ends:
    """Find 95 % of the thresholds that people drawn anew would set; None where it is not known."""
    if resampling.bootstrap == 0:
        return None, None
    person, tail = population.person_of_template, comparisons.tail
    draws = bootstrap_threshold(
        policy,
        tail.scores,
        person[tail.first],
        person[tail.second],
        group_of_person=population.group_of_person,
        n_groups=len(population.groups),
        trials=comparisons.trials,
        target=target,
        draws=resampling.bootstrap,
        rng=np.random.default_rng([resampling.seed, THRESHOLDS]),
    )
    return threshold_interval(draws)


def concluded(
    plain: Measurement, material: Material, protocol: AllPairsProtocol, searches: Identification | None
) -> Measurement:
    """Add to plain rates what is said beyond them.

    Parameters
    ----------
    plain : Measurement
        Rates of everybody at every threshold, in the protocol's order.
    material : Material
        What they were counted from.
    protocol : AllPairsProtocol
        Reference group, folds, draws.
    searches : Identification or None
        What searches found, for the requirements that are about searches.

    Returns
    -------
    Measurement
        The same rates, with ladder, summaries, ratios, columns, checks and held-out rates.

    Raises
    ------
    MeasurementError
        If folds leave nobody to compare.
    """
    added = [
        _concluded_at(at, edge, material, protocol, searches)
        for at, edge in zip(plain.at, protocol.thresholds, strict=True)
    ]
    return replace(plain, at=tuple(added))


def _concluded_at(
    at: AtThreshold,
    edge: Edge,
    material: Material,
    protocol: AllPairsProtocol,
    searches: Identification | None,
) -> AtThreshold:
    """Add to the rates at one threshold."""
    population = material.population
    counted = count_at(population, material.comparisons, Threshold(at.threshold.score, material.metric))
    draws, null = _draws(counted, protocol.resampling)
    first = searches.mixes[0].name if searches else ""
    of_first = [
        one
        for one in (searches.searches if searches else ())
        if (one.mix, one.threshold) == (first, at.threshold.name)
    ]
    values = [dict(zip(population.labels, one, strict=True)) for one in population.values]
    by_nist = set(population.labels) <= set(LABEL_NAMES) and len(values) == len(at.groups)
    return replace(
        at,
        ladder=matching_ladder(_codes(population), counted.pairs, counted.trials),
        summaries=summaries(FMR_MEASURES, at.groups, draws, null),
        appendix=appendix(APPENDIX_MEASURES, at.groups, draws, null),
        ratios=group_ratios(at.groups, protocol.reference, draws, null),
        nist=nist_columns(at.overall, at.groups, values, reference=protocol.reference) if by_nist else (),
        checks=requirement_checks(
            at.groups, overall=at.overall, searches=of_first, operational=protocol.operational_gallery
        ),
        held_out=_held_out(edge, material, protocol),
    )


def _draws(counted: Counted, resampling: Resampling) -> tuple[Draws | None, Draws | None]:
    """Draw people anew, and shuffle their labels; None where not asked for or not possible."""
    population, pairs = counted.population, counted.pairs
    n_groups, group = len(population.groups), population.group_of_person
    if group.size == 0:
        return None, None
    same = (pairs.first, pairs.second, pairs.false_matches, group, n_groups, counted.trials)
    drawn = relabeled = None
    if resampling.bootstrap:
        drawn = bootstrap(
            *same,
            counted.misses,
            counted.mated,
            draws=resampling.bootstrap,
            rng=np.random.default_rng([resampling.seed, PEOPLE]),
        )
    if resampling.permutations:
        recorded = np.array(population.recorded or [True] * n_groups)
        relabeled = shuffled(
            *same,
            counted.misses,
            counted.mated,
            taking_part=recorded[group],
            draws=resampling.permutations,
            rng=np.random.default_rng([resampling.seed, LABELS]),
        )
    return drawn, relabeled


def _codes(population: Population) -> dict[str, People]:
    """Give each person the code of each label's value; -1 where it is not recorded."""
    codes = {}
    for place, label in enumerate(population.labels):
        if label not in LABEL_NAMES:
            continue
        values = np.array([one[place] for one in population.values])
        code = np.unique(values, return_inverse=True)[1].astype(np.int64)
        code[values == NOT_RECORDED] = UNKNOWN
        codes[label] = code[population.group_of_person]
    return codes


def _held_out(edge: Edge, material: Material, protocol: AllPairsProtocol) -> HeldOut | None:
    """Measure a threshold on people who did not set it, where the protocol asks for folds."""
    if protocol.folds == 0 or edge.kind not in ("fmr", "matched_fmr"):
        return None
    try:
        return held_out(
            material.population,
            material.comparisons,
            policy_of(edge, material.population),
            target=edge.value,
            folds=protocol.folds,
            seed=protocol.resampling.seed,
        )
    except MeasurementError as error:
        msg = f"[calibration] folds = {protocol.folds} cannot be had for threshold {edge.name}: {error}"
        raise MeasurementError(msg) from error
