"""Each group's FMR over that of the reference group, with its range and what chance alone would show.

A draw without a ratio counts as the worst for either end: none is dropped in silence.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.evaluation.comparable_groups import columns_of, comparable, nothing_of, reference_position
from facegate.evaluation.group_rates import GroupRates, GroupRatio
from facegate.evaluation.rates import FEWEST_UNITS, Estimate
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.differentials import Rates
    from facegate.evaluation.resampling import Draws

LOW, HIGH = 0.025, 0.975
NULL_HIGH = 0.95


def group_ratios(
    groups: Sequence[GroupRates],
    reference: str | None,
    draws: Draws | None,
    null: Draws | None,
) -> tuple[GroupRatio, ...]:
    """Divide the FMR of each group by that of the reference group.

    Parameters
    ----------
    groups : sequence of GroupRates
        All groups, in the order of the columns of ``draws`` and ``null``.
    reference : str or None
        Name of the reference group; None for the one with most people among those with all
        labels recorded.
    draws, null : Draws or None
        Subject bootstrap, and labels shuffled.

    Returns
    -------
    tuple of GroupRatio
        One for each other group with all labels recorded; empty where no group can be the
        reference. A draw without a ratio counts as the worst for either end: an end that is
        not finite, or rests on such draws, is None.

    Raises
    ------
    InputError
        If there is no group of the reference's name.
    MeasurementError
        If draws do not have one column a group.
    """
    for one in (draws, null):
        columns_of(one, [], len(groups))
    base = reference_position(groups, reference)
    if base is None:
        return ()
    return tuple(
        _ratio(groups, place, base, draws, null)
        for place, one in enumerate(groups)
        if place != base and NOT_RECORDED not in one.group
    )


def _ratio(
    groups: Sequence[GroupRates], place: int, base: int, draws: Draws | None, null: Draws | None
) -> GroupRatio:
    one, other = groups[place], groups[base]
    empty = GroupRatio(one.group, other.group, None, "", None, None, None)
    for rates in (other, one):
        if rates.fmr is None:
            return replace(empty, undefined=f"{rates.group}: no comparisons")
        if not comparable(rates):
            return replace(empty, undefined=f"{rates.group}: {_too_few(rates)}")
    x, y = one.fmr, other.fmr
    if x is None or y is None or not x.events or not y.events:
        return _bounded(empty, x, y)
    low, high = (None, None) if draws is None else _ratio_ends(draws.fmr[:, place], draws.fmr[:, base])
    chance = None if null is None else _by_chance(null.fmr[:, place], null.fmr[:, base])
    return replace(empty, value=x.estimate / y.estimate, low=low, high=high, by_chance=chance)


def _too_few(rates: GroupRates) -> str:
    if NOT_RECORDED in rates.group or rates.fmr is None:
        return "labels not recorded"
    return (
        f"too few people, {rates.fmr.disjoint_units} pairs that share nobody where {FEWEST_UNITS} are wanted"
    )


def _bounded(empty: GroupRatio, x: Estimate | None, y: Estimate | None) -> GroupRatio:
    """Bound a ratio of which one side saw nothing by the one end of the intervals that holds."""
    rates = {empty.reference: y, empty.group: x}
    reasons = [f"{name}: {nothing_of(rate)}" for name, rate in rates.items() if rate and not rate.events]
    empty = replace(empty, undefined="; ".join(reasons))
    if x is None or y is None or (not x.events and not y.events):
        return empty
    if not y.events:
        return replace(empty, low=x.low / y.high)
    return replace(empty, high=x.high / y.low if y.low > 0 else None)


def _ratio_ends(above: Rates, below: Rates) -> tuple[float | None, float | None]:
    """Find the ends over draws; a draw without a ratio counts as the worst for either end."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = above / below
    low = _order_statistic(np.where(np.isnan(ratios), 0.0, ratios), LOW)
    high = _order_statistic(np.where(np.isnan(ratios), np.inf, ratios), HIGH)
    return low, high


def _by_chance(above: Rates, below: Rates) -> float | None:
    """Find how far from 1, either way, 95 % of the shuffles stay; one without a ratio is infinitely far."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.fmax(above / below, below / above)
    return _order_statistic(np.where(np.isnan(ratios), np.inf, ratios), NULL_HIGH)


def _order_statistic(values: Rates, share: float) -> float | None:
    """Take an observed value, the outward one: infinite values cannot be interpolated."""
    if values.size == 0:
        return None
    place = share * (values.size - 1)
    found = np.sort(values)[math.floor(place) if share < NULL_HIGH / 2 else math.ceil(place)]
    return float(found) if np.isfinite(found) else None
