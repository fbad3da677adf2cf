"""Setting the thresholds that a protocol asks for: by a rate of these data, or as given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.evaluation.edges import short
from facegate.evaluation.group_rates import UsedThreshold
from facegate.evaluation.rates import FEWEST_UNITS
from facegate.evaluation.thresholds import Policy, threshold_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.decision import Metric
    from facegate.evaluation.comparisons import Comparisons
    from facegate.evaluation.edges import Edge
    from facegate.evaluation.identification.threshold import ThresholdAtFpir
    from facegate.evaluation.subgroups import Population
    from facegate.evaluation.thresholds import ChosenThreshold

GIVEN, FPIR = "given", "fpir"
Ends = tuple[float | None, float | None]


def policy_of(edge: Edge, population: Population) -> Policy:
    """Find whose rate an edge is about.

    Parameters
    ----------
    edge : Edge
        Of kind ``fmr`` or ``matched_fmr``.
    population : Population
        Whose groups it may name.

    Raises
    ------
    InputError
        If it names a group that is not there; the message lists the groups.
    MeasurementError
        If no group has people enough for a mean over groups.
    """
    if edge.kind == "matched_fmr":
        return Policy.matched_mean(countable_groups(population))
    if not edge.group:
        return Policy.overall()
    return Policy.reference(position_of(edge.group, population))


def position_of(group: str, population: Population) -> int:
    """Find a group by its name.

    Raises
    ------
    InputError
        If it is not there; the message lists the groups.
    """
    if group not in population.names:
        msg = f"there is no group {group[:60]!r}; the groups are: {'; '.join(population.names)}"
        raise InputError(msg)
    return population.names.index(group)


def countable_groups(population: Population) -> list[int]:
    """List groups whose labels are all recorded and that have people enough for a rate of their own."""
    recorded = population.recorded or (True,) * len(population.groups)
    return [
        place
        for place, known in enumerate(recorded)
        if known and population.people_of(place).size >= 2 * FEWEST_UNITS
    ]


def given_threshold(edge: Edge, metric: Metric) -> UsedThreshold:
    """Take a threshold as the protocol gives it.

    Raises
    ------
    InputError
        If the value is of another metric.
    """
    threshold = edge.threshold(metric)
    return UsedThreshold(
        name=edge.name,
        score=threshold.score,
        native=threshold.native,
        policy=GIVEN,
        basis=f"{edge.kind} {edge.value:g}, given",
        target=None,
        low=None,
        high=None,
        in_sample=False,
        unsupported=False,
    )


def set_threshold(
    edge: Edge,
    population: Population,
    comparisons: Comparisons,
    *,
    ends: Callable[[Policy, float], Ends],
) -> UsedThreshold:
    """Set a threshold by a false match rate of these comparisons: at most the target.

    Parameters
    ----------
    edge : Edge
        Of kind ``fmr`` or ``matched_fmr``.
    population : Population
        Who was compared.
    comparisons : Comparisons
        What comparing them found.
    ends : callable
        Gives 95 % of the thresholds that people drawn anew would have set, for a policy and
        a target; None where it is not known.

    Raises
    ------
    InputError
        If the edge names a group that is not there.
    MeasurementError
        If the target has no threshold above the floor.
    """
    policy = policy_of(edge, population)
    person, tail = population.person_of_template, comparisons.tail
    chosen = threshold_by(
        policy,
        tail.scores,
        person[tail.first],
        person[tail.second],
        group_of_person=population.group_of_person,
        n_groups=len(population.groups),
        trials=comparisons.trials,
        floor=comparisons.floor,
        target=edge.value,
    )
    low, high = ends(policy, edge.value)
    return chosen_threshold(edge, chosen, policy.name, low=low, high=high)


def chosen_threshold(
    edge: Edge,
    chosen: ChosenThreshold | ThresholdAtFpir,
    policy: str,
    *,
    low: float | None,
    high: float | None,
) -> UsedThreshold:
    """Write down a threshold that was set by a rate."""
    whose = {
        "fmr": f"FMR of {edge.group}" if edge.group else "overall FMR",
        "matched_fmr": "mean over groups of the FMR inside each group",
        "fpir": "FPIR of the first gallery searched",
    }[edge.kind]
    extra = ", unsupported: rarer than one in all there are" if chosen.unsupported else ""
    return UsedThreshold(
        name=edge.name,
        score=chosen.threshold.score,
        native=chosen.threshold.native,
        policy=policy,
        basis=f"{whose} at most {short(edge.value)}, set on the same people (in-sample){extra}",
        target=edge.value,
        low=low,
        high=high,
        in_sample=True,
        unsupported=chosen.unsupported,
    )
