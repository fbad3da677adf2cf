"""Measures of differences between groups, with how sure one may be of them and what chance would give.

- In them are groups with all labels recorded and at least `FEWEST_UNITS` pairs of people
  that share nobody. The others keep their own rows in the table of rates.
- Beside each value stands its null: the same measure with people's labels shuffled. Fifty
  truly equal groups with thirty false matches each show a max / min of 2.3 by chance alone.
- Undefined draws are never dropped in silence: too many of them and there is no interval and
  no null; an undefined shuffle counts as one at least as extreme as the data.
- Shuffled labels take away too what people of one group have in common. Where strangers of one
  group match more often than any two people, the shuffles have fewer false matches than the
  data: chance then looks larger than it is, never smaller.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.differentials import ALPHA, Zeros, max_over_min
from facegate.evaluation.group_rates import GroupRates, GroupRatio, Null, Summary
from facegate.evaluation.rates import FEWEST_UNITS, Estimate
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from facegate.evaluation.differentials import Measure, Rates, TwoErrorMeasure
    from facegate.evaluation.resampling import Draws

    Compute = Callable[[Rates, Rates], Rates]

LOW, HIGH = 0.025, 0.975
NULL_HIGH = 0.95
MOST_UNDEFINED = 0.05
"""Share of draws that may be undefined before there is no interval, and of shuffles before no null."""
FEWEST_GROUPS = 2
NAMED_GROUPS = 3
BEYOND = " The interval misses the value: drawing people anew adds differences of chance to those measured."
SLACK = 1e-12
"""Rounding of a sum over groups; a shuffle that changes nothing must count as equal."""


def comparable(rates: GroupRates) -> bool:
    """Tell whether a group takes part: all labels recorded and people enough for a rate of its own."""
    if NOT_RECORDED in rates.group or rates.fmr is None:
        return False
    return rates.fmr.disjoint_units >= FEWEST_UNITS


def summaries(
    measures: Sequence[Measure],
    groups: Sequence[GroupRates],
    draws: Draws | None,
    null: Draws | None,
) -> tuple[Summary, ...]:
    """Summarize the groups' FMR by each measure.

    Parameters
    ----------
    measures : sequence of Measure
        Such as `FMR_MEASURES`.
    groups : sequence of GroupRates
        All groups, in the order of the columns of ``draws`` and ``null``.
    draws : Draws or None
        Subject bootstrap; None for no interval.
    null : Draws or None
        The same with people's labels shuffled; None for no null.

    Returns
    -------
    tuple of Summary
        In the order of the measures.

    Raises
    ------
    MeasurementError
        If draws do not have one column a group.
    """
    table = _Table.of(groups, draws, null)
    return tuple(table.summary(one, one.formula, _fmr_only(one), both=False) for one in measures)


def _fmr_only(measure: Measure) -> Compute:
    return lambda fmr, _fnmr: measure.compute(fmr)


def appendix(
    measures: Sequence[TwoErrorMeasure],
    groups: Sequence[GroupRates],
    draws: Draws | None,
    null: Draws | None,
    *,
    alpha: float = ALPHA,
) -> tuple[Summary, ...]:
    """Summarize both rates of the groups by each measure, for comparison with papers.

    Parameters
    ----------
    measures : sequence of TwoErrorMeasure
        Such as `APPENDIX_MEASURES`.
    groups, draws, null
        As for `summaries`.
    alpha : float
        Weight of the FMR term, between 0 and 1; printed in the formula.

    Raises
    ------
    InputError
        If alpha is not between 0 and 1.
    MeasurementError
        If draws do not have one column a group.
    """
    if not 0 < alpha < 1:
        msg = f"alpha, the weight of the FMR term, must be between 0 and 1, got {alpha}"
        raise InputError(msg)
    table = _Table.of(groups, draws, null)
    return tuple(
        table.summary(one, f"{one.formula}, alpha = {alpha:g}", _weighing(one, alpha), both=True)
        for one in measures
    )


def _weighing(measure: TwoErrorMeasure, alpha: float) -> Compute:
    return lambda fmr, fnmr: measure.compute(fmr, fnmr, alpha)


@dataclass(frozen=True, slots=True)
class _Table:
    """Groups that take part, and their columns of the draws."""

    groups: tuple[GroupRates, ...]
    draws: tuple[Rates, Rates] | None
    null: tuple[Rates, Rates] | None

    @classmethod
    def of(cls, groups: Sequence[GroupRates], draws: Draws | None, null: Draws | None) -> _Table:
        chosen = [place for place, one in enumerate(groups) if comparable(one)]
        columns = [_columns(one, chosen, len(groups)) for one in (draws, null)]
        return cls(tuple(groups[place] for place in chosen), *columns)

    def summary(
        self, measure: Measure | TwoErrorMeasure, formula: str, compute: Compute, *, both: bool
    ) -> Summary:
        """Compute a measure on the data, on people drawn anew, and on shuffled labels."""
        undefined = self._why_undefined(measure, both=both)
        value = None if undefined else float(compute(*self._rates(both=both))[0])
        low = high = null = None
        caution = measure.caution
        if value is not None and self.draws is not None:
            low, high, doubt = _interval(compute(*self.draws))
            caution += doubt
            if low is not None and high is not None and not low <= value <= high:
                caution += BEYOND
        if value is not None and self.null is not None:
            null = null_of(compute(*self.null), value, measure.ideal)
            caution += "" if null else _no_null(compute(*self.null))
        return Summary(
            name=measure.name,
            formula=formula,
            source=measure.source,
            ideal=measure.ideal,
            groups=tuple(one.group for one in self.groups),
            value=value,
            undefined=undefined,
            low=low,
            high=high,
            null=null,
            caution=caution,
        )

    def _rates(self, *, both: bool) -> tuple[Rates, Rates]:
        """Put the measured rates in one row; FNMR is read by measures of both errors only."""
        x = np.array([[_value(one.fmr) for one in self.groups]])
        y = np.array([[_value(one.fnmr) for one in self.groups]]) if both else np.empty_like(x)
        return x, y

    def _why_undefined(self, measure: Measure | TwoErrorMeasure, *, both: bool) -> str:
        """Say why there is no value; empty if there is one."""
        if len(self.groups) < FEWEST_GROUPS:
            wanted = f"{FEWEST_GROUPS} groups with all labels recorded and {2 * FEWEST_UNITS} people or more"
            return f"needs {wanted}, here are {len(self.groups)}"
        reason = why_undefined({one.group: one.fmr for one in self.groups}, measure.zeros, "comparisons")
        if not reason and both:
            reason = why_undefined(
                {one.group: one.fnmr for one in self.groups}, measure.zeros, "mated comparisons"
            )
        if reason and measure.compute is max_over_min:
            reason += _at_least(self.groups)
        return reason


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
        _columns(one, [], len(groups))
    base = reference_position(groups, reference)
    if base is None:
        return ()
    return tuple(
        _ratio(groups, place, base, draws, null)
        for place, one in enumerate(groups)
        if place != base and NOT_RECORDED not in one.group
    )


def reference_position(groups: Sequence[GroupRates], reference: str | None) -> int | None:
    """Find the reference group: by name, or the one with most people; None where none has people enough.

    Raises
    ------
    InputError
        If there is no group of this name; the message lists the groups.
    """
    names = [one.group for one in groups]
    if reference is not None and reference not in names:
        msg = f"there is no reference group {reference[:60]!r}; the groups are: {'; '.join(names)}"
        raise InputError(msg)
    if reference is not None:
        return names.index(reference)
    people = [one.fmr.people if one.fmr and comparable(one) else 0 for one in groups]
    return people.index(max(people)) if any(people) else None


def null_of(shuffles: Rates, value: float, ideal: float) -> Null | None:
    """Set a value beside what shuffled labels give; None where too many shuffles give nothing.

    Parameters
    ----------
    shuffles : ndarray of shape (n_draws,), float64
        The measure with people's labels shuffled; NaN where undefined.
    value, ideal : float
        The measure of the data, and its value when all groups are alike.

    Returns
    -------
    Null or None
        ``high`` is the end far from the ideal: 95 % of the shuffles lie closer to it. An
        undefined shuffle counts as infinitely far, for every number here; left out, chance
        would look smaller than it is. None where that leaves ``high`` without a value.
    """
    defined = shuffles[np.isfinite(shuffles)]
    if defined.size == 0 or shuffles.size - defined.size > MOST_UNDEFINED * shuffles.size:
        return None
    sign = -1.0 if np.all(defined <= ideal) and value <= ideal else 1.0
    away = np.where(np.isfinite(shuffles), np.abs(shuffles - ideal), np.inf)
    extreme = int(np.count_nonzero(away >= abs(value - ideal) - SLACK * max(1.0, abs(value))))
    middle, far = _far(away, 0.5), _far(away, NULL_HIGH)
    return Null(
        median=ideal + sign * middle,
        high=ideal + sign * far,
        p_value=(extreme + 1) / (shuffles.size + 1),
        draws=shuffles.size,
        defined=defined.size,
    )


def _far(away: Rates, share: float) -> float:
    """Find a quantile of distances of which some may be infinite, but not those it lies between."""
    ordered = np.sort(away)
    place = share * (ordered.size - 1)
    below, above = ordered[math.floor(place)], ordered[math.ceil(place)]
    above = above if np.isfinite(above) else below
    return float(below + (place - math.floor(place)) * (above - below))


def _no_null(shuffles: Rates) -> str:
    """Say why chance alone has no number."""
    lost = int(np.count_nonzero(~np.isfinite(shuffles)))
    return f" No null: undefined in {lost:,} of {shuffles.size:,} shuffles of the labels."


def _interval(values: Rates) -> tuple[float | None, float | None, str]:
    """Find the 95 % interval over draws, and what must be said of it."""
    defined = values[np.isfinite(values)]
    lost = values.size - defined.size
    if lost == 0 and values.size:
        low, high = np.quantile(values, (LOW, HIGH))
        return float(low), float(high), ""
    if values.size == 0 or lost > MOST_UNDEFINED * values.size:
        return None, None, f" No interval: undefined in {lost:,} of {values.size:,} bootstrap draws."
    low, high = np.quantile(defined, (LOW, HIGH))
    doubt = f" Undefined in {lost:,} of {values.size:,} bootstrap draws, which the interval leaves out."
    return float(low), float(high), doubt


def _columns(draws: Draws | None, chosen: list[int], n_groups: int) -> tuple[Rates, Rates] | None:
    if draws is None:
        return None
    if draws.fmr.shape[1] != n_groups or draws.fnmr.shape[1] != n_groups:
        msg = (
            f"draws need one column for each of the {n_groups} groups, "
            f"got {draws.fmr.shape[1]} for FMR and {draws.fnmr.shape[1]} for FNMR"
        )
        raise MeasurementError(msg)
    return draws.fmr[:, chosen], draws.fnmr[:, chosen]


def _value(rate: Estimate | None) -> float:
    return math.nan if rate is None else rate.estimate


def why_undefined(rates: Mapping[str, Estimate | None], zeros: Zeros, what: str) -> str:
    """Name the groups whose rate leaves a measure undefined.

    Parameters
    ----------
    rates : mapping of str to Estimate or None
        Rate of each group that takes part.
    zeros : Zeros
        Which rates of 0 the measure cannot bear.
    what : str
        What the rates are out of.

    Returns
    -------
    str
        Such as ``White F: 0 of 2,358,289 comparisons``; empty where there is a value.
    """
    unknown = [group for group, rate in rates.items() if rate is None]
    if unknown:
        return _listed([f"{group}: no {what}" for group in unknown])
    none_seen = [
        f"{group}: {nothing_of(rate, what)}" for group, rate in rates.items() if rate and not rate.events
    ]
    broken = zeros is Zeros.ANY or (zeros is Zeros.ALL and len(none_seen) == len(rates))
    return _listed(none_seen) if none_seen and broken else ""


def nothing_of(rate: Estimate, what: str = "comparisons") -> str:
    """Say that nothing was seen in how many: ``0 of 2,358,289 comparisons``."""
    return f"{rate.events} of {rate.trials:,} {what}"


def _listed(reasons: list[str]) -> str:
    more = len(reasons) - NAMED_GROUPS
    rest = f"; and {more} more {'group' if more == 1 else 'groups'}" if more > 0 else ""
    return "; ".join(reasons[:NAMED_GROUPS]) + rest


def _at_least(groups: Sequence[GroupRates]) -> str:
    """Bound max / min from below by the intervals' ends, where that says anything."""
    known = [(one.group, one.fmr) for one in groups if one.fmr is not None]
    worst, above = max(known, key=lambda pair: pair[1].low)
    best, below = min((pair for pair in known if not pair[1].events), key=lambda pair: pair[1].high)
    if above.low <= below.high:
        return ""
    bound = above.low / below.high
    return f"; >= {bound:.3g}, the lower end of {worst} over the upper end of {best}"


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
