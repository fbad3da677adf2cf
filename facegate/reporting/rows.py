"""Rows of named values: what a table is made of before it is a file, a page or a screen.

Every column name carries its unit; what is not known is an empty field, never 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from facegate.evaluation.identification.result import MeanPerSearch
    from facegate.evaluation.rates import Estimate

Value: TypeAlias = str | int | float | bool | None
Row: TypeAlias = dict[str, Value]


def estimate_columns(
    rate: str, events: str, trials: str, found: Estimate | None, *, unit: str = "comparison"
) -> Row:
    """Spread an estimate over columns; empty where it is unknown.

    Parameters
    ----------
    rate, events, trials : str
        Names that the columns begin with, or are: ``fmr``, ``false_matches``,
        ``non_mated_comparisons``.
    found : Estimate or None
        None gives the same columns, empty.
    unit : str
        What a trial is: ``comparison`` or ``search``.

    Returns
    -------
    dict
        Nine columns in a fixed order.
    """
    plural = "searches" if unit == "search" else f"{unit}s"
    return {
        events: found.events if found else None,
        trials: found.trials if found else None,
        f"{rate}_people": found.people if found else None,
        f"{rate}_per_{unit}": found.estimate if found else None,
        f"{rate}_low_95": found.low if found else None,
        f"{rate}_high_95": found.high if found else None,
        f"{rate}_effective_{plural}": found.effective_trials if found else None,
        f"{rate}_disjoint_units": found.disjoint_units if found else None,
        f"{rate}_method": found.method if found else None,
    }


def selectivity_columns(found: MeanPerSearch | None) -> Row:
    """Spread a mean number of people per search over columns; empty where it is unknown."""
    return {
        "wrong_people_returned": found.total if found else None,
        "sel_searches": found.searches if found else None,
        "sel_people_searched_for": found.people if found else None,
        "sel_people_per_search": found.mean if found else None,
        "sel_low_95": found.low if found else None,
        "sel_high_95": found.high if found else None,
    }
