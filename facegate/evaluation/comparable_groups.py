"""Which groups take part in a comparison of groups, which one the others are divided by, and why not.

In it are groups with all labels recorded and at least `FEWEST_UNITS` pairs of people that
share nobody. The others keep their own rows in the table of rates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError, MeasurementError
from facegate.evaluation.differentials import Zeros
from facegate.evaluation.rates import FEWEST_UNITS, Estimate
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.evaluation.differentials import Rates
    from facegate.evaluation.group_rates import GroupRates
    from facegate.evaluation.resampling import Draws

FEWEST_GROUPS = 2
NAMED_GROUPS = 3


def comparable(rates: GroupRates) -> bool:
    """Tell whether a group takes part: all labels recorded and people enough for a rate of its own."""
    if NOT_RECORDED in rates.group or rates.fmr is None:
        return False
    return rates.fmr.disjoint_units >= FEWEST_UNITS


def reference_position(groups: Sequence[GroupRates], reference: str | None) -> int | None:
    """Find the reference group: by name, or the one with most people; None where none has enough.

    Where nobody is named it is the one with most comparisons.

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
    sizes = [(one.fmr.people, one.fmr.trials) if one.fmr and comparable(one) else (0, 0) for one in groups]
    return sizes.index(max(sizes)) if any(sum(size) for size in sizes) else None


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


def columns_of(draws: Draws | None, chosen: list[int], n_groups: int) -> tuple[Rates, Rates] | None:
    """Take the columns of some groups out of draws: FMR and FNMR; None where nothing was drawn.

    Raises
    ------
    MeasurementError
        If the draws are not of these groups.
    """
    if draws is None:
        return None
    if draws.fmr.shape[1] != n_groups or draws.fnmr.shape[1] != n_groups:
        msg = (
            f"draws need one column for each of the {n_groups} groups, "
            f"got {draws.fmr.shape[1]} for FMR and {draws.fnmr.shape[1]} for FNMR"
        )
        raise MeasurementError(msg)
    return draws.fmr[:, chosen], draws.fnmr[:, chosen]
