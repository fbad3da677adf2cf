"""Rates of groups by hand: events, trials and an interval."""

from __future__ import annotations

from facegate.evaluation.group_rates import GroupRates
from facegate.evaluation.intervals import clopper_pearson
from facegate.evaluation.rates import Estimate, Rate


def estimate(events: int, trials: int, *, people: int = 100, units: int | None = None) -> Estimate:
    """Make an estimate with the interval of independent trials."""
    ends = clopper_pearson(Rate(events, trials))
    return Estimate(
        events=events,
        trials=trials,
        people=people,
        estimate=events / trials,
        low=ends.low,
        high=ends.high,
        effective_trials=float(trials),
        disjoint_units=people // 2 if units is None else units,
        method="by hand",
    )


def group(name: str, fmr: Estimate | None, fnmr: Estimate | None = None) -> GroupRates:
    """Make the rates of one group."""
    return GroupRates(
        group=name,
        fmr=fmr,
        if_none_seen=None,
        against_everybody=None,
        people_pair_rate=None,
        concentration=None,
        fnmr=fnmr,
    )
