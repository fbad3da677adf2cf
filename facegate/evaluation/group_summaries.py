"""Measures of differences between groups, with how sure one may be of them and what chance would give.

- In them are the groups that `comparable_groups` lets take part.
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
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import InputError
from facegate.evaluation.comparable_groups import FEWEST_GROUPS, columns_of, comparable, why_undefined
from facegate.evaluation.differentials import ALPHA, max_over_min
from facegate.evaluation.group_rates import GroupRates, Null, Summary
from facegate.evaluation.rates import FEWEST_UNITS, Estimate

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from facegate.evaluation.differentials import Measure, Rates, TwoErrorMeasure
    from facegate.evaluation.resampling import Draws

    Compute = Callable[[Rates, Rates], Rates]

LOW, HIGH = 0.025, 0.975
NULL_HIGH = 0.95
MOST_UNDEFINED = 0.05
"""Share of draws that may be undefined before there is no interval, and of shuffles before no null."""
BEYOND = " The interval misses the value: drawing people anew adds differences of chance to those measured."
SLACK = 1e-12
"""Rounding of a sum over groups; a shuffle that changes nothing must count as equal."""


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
        columns = [columns_of(one, chosen, len(groups)) for one in (draws, null)]
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


def _value(rate: Estimate | None) -> float:
    return math.nan if rate is None else rate.estimate


def _at_least(groups: Sequence[GroupRates]) -> str:
    """Bound max / min from below by the intervals' ends, where that says anything."""
    known = [(one.group, one.fmr) for one in groups if one.fmr is not None]
    worst, above = max(known, key=lambda pair: pair[1].low)
    best, below = min((pair for pair in known if not pair[1].events), key=lambda pair: pair[1].high)
    if above.low <= below.high:
        return ""
    bound = above.low / below.high
    return f"; >= {bound:.3g}, the lower end of {worst} over the upper end of {best}"
