"""The columns of NIST's demographic table, for any groups made of race, sex and age.

- The table is that of the FRTE demographics page (usnistgov/frvt,
  ``html/frvt_demographics.html``, 2024-09-20): 5 regions of birth x 5 age groups x 2 sexes,
  two people of one cell compared with each other. Where NIST has regions, we have races.
- Its Gini is the ordinary one (`gini_raw`), though the page describes twice that.
- A ratio of races, sexes or ages divides geometric means over the *other* labels. Only
  combinations that both sides have enter, so that a missing cell does not tilt the ratio.
- The values depend on the number of cells and on the threshold: never compare them with
  NIST's own where cells and threshold are not like NIST's.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from facegate.errors import MeasurementError
from facegate.evaluation.comparable_groups import (
    FEWEST_GROUPS,
    comparable,
    reference_position,
    why_undefined,
)
from facegate.evaluation.differentials import (
    Zeros,
    geometric_mean,
    gini_raw,
    log_spread,
    max_over_arithmetic_mean,
    max_over_geometric_mean,
    max_over_min,
)
from facegate.evaluation.group_rates import NistColumn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from facegate.evaluation.differentials import Rates
    from facegate.evaluation.group_rates import GroupRates
    from facegate.evaluation.rates import Estimate

    Cells = Sequence[tuple[Mapping[str, str], GroupRates]]

RACE, SEX, AGE = "race", "sex", "age_class"
NIST_OLD, NIST_YOUNG = 65, (20, 35)
"""First year of NIST's oldest class, and both ends of the one it is divided by."""


def nist_columns(
    overall: GroupRates,
    groups: Sequence[GroupRates],
    values: Sequence[Mapping[str, str]],
    *,
    reference: str | None,
) -> tuple[NistColumn, ...]:
    """Compute NIST's columns: FMR, its ratios between races, sexes and ages, then FNMR.

    Parameters
    ----------
    overall : GroupRates
        Everybody.
    groups : sequence of GroupRates
        The cells. Those with a label not recorded or too few people are left out.
    values : sequence of mapping of str to str
        For each group the value of each label it is made by, from ``race``, ``sex`` and
        ``age_class``: ``{"race": "Black", "sex": "F"}``.
    reference : str or None
        Name of the group whose race the others are divided by (NIST: E. Europe); None for
        the group with most people.

    Returns
    -------
    tuple of NistColumn
        Named as NIST names them; a column that cannot be computed says why. Empty where
        fewer than two cells take part.

    Raises
    ------
    MeasurementError
        If there is not one mapping for each group.
    InputError
        If there is no group of the reference's name.
    """
    if len(values) != len(groups):
        msg = f"NIST's columns need the labels of each group, got {len(values)} for {len(groups)} groups"
        raise MeasurementError(msg)
    cells = [(one, rates) for one, rates in zip(values, groups, strict=True) if comparable(rates)]
    if len(cells) < FEWEST_GROUPS:
        return ()
    base = reference_position(groups, reference)
    return (
        _plain("FNMR Overall", overall.fnmr, "mated comparisons"),
        *_over_cells("FMR", {rates.group: rates.fmr for _, rates in cells}, "comparisons"),
        *_races(cells, None if base is None else values[base].get(RACE)),
        _sexes(cells),
        _ages(cells),
        *_over_cells("FNMR", {rates.group: rates.fnmr for _, rates in cells}, "mated comparisons"),
    )


def _over_cells(rate: str, cells: Mapping[str, Estimate | None], what: str) -> Iterator[NistColumn]:
    """Compute the columns that run over all cells; NIST's FNMR table also has the difference."""
    measures: list[tuple[str, Zeros, Callable[[Rates], Rates]]] = [
        ("Min", Zeros.NONE, lambda x: x.min(axis=1)),
        ("Max", Zeros.NONE, lambda x: x.max(axis=1)),
        ("Max/Min", Zeros.ANY, max_over_min),
        ("Max-Min", Zeros.NONE, lambda x: np.ptp(x, axis=1)),
        ("Max/Mean", Zeros.ALL, max_over_arithmetic_mean),
        ("Max/GeoMean", Zeros.ANY, max_over_geometric_mean),
        ("Vary GeoMean", Zeros.ANY, log_spread),
        ("Vary Gini", Zeros.ALL, gini_raw),
    ]
    for name, zeros, compute in measures:
        if (rate, name) == ("FMR", "Max-Min"):
            continue
        undefined = why_undefined(cells, zeros, what)
        row = np.array([[one.estimate for one in cells.values() if one is not None]])
        yield NistColumn(f"{rate} {name}", None if undefined else float(compute(row)[0]), undefined)


def _races(cells: Cells, reference: str | None) -> Iterator[NistColumn]:
    """Divide each race by the reference race."""
    races = _values(cells, RACE)
    if reference is None or not races:
        yield NistColumn("FMR Ratio of races", None, "race is not among the labels that make groups")
        return
    for race in races:
        if race != reference:
            yield _ratio(f"FMR Ratio {race} {reference}", cells, RACE, race, reference)


def _sexes(cells: Cells) -> NistColumn:
    name = "FMR Ratio Female Male"
    if not _values(cells, SEX):
        return NistColumn(name, None, "sex is not among the labels that make groups")
    return _ratio(name, cells, SEX, "F", "M")


def _ages(cells: Cells) -> NistColumn:
    """Divide the oldest class by the youngest, or by NIST's (20-35] where both of NIST's are there."""
    name, classes = "FMR Ratio Old Young", _values(cells, AGE)
    if not classes:
        return NistColumn(name, None, "age is not among the labels that make groups")
    bounds = {one: _bounds(one) for one in classes}
    ordered = sorted((first, last, one) for one, (first, last) in bounds.items() if first is not None)
    if len(ordered) < len(classes):
        odd = next(one for one, (first, _) in bounds.items() if first is None)
        return NistColumn(name, None, f"age class {odd[:40]!r} is not a range of years")
    if len(ordered) < FEWEST_GROUPS:
        return NistColumn(name, None, f"only one age class takes part, {classes[0]}")
    first, _, old = ordered[-1]
    young = next((one for *ends, one in ordered if tuple(ends) == NIST_YOUNG and first == NIST_OLD), None)
    young = young or ordered[0][2]
    return _ratio(f"{name} ({old} / {young})", cells, AGE, old, young)


def _ratio(name: str, cells: Cells, label: str, above: str, below: str) -> NistColumn:
    """Divide two values' geometric means over the combinations of other labels that both have."""
    sides = [
        {_others(values, label): rates for values, rates in cells if values[label] == one}
        for one in (above, below)
    ]
    common = sides[0].keys() & sides[1].keys()
    if not common:
        missing = " or ".join(one for one, side in zip((above, below), sides, strict=True) if not side)
        unlike = "no group of the one is like a group of the other"
        why = f"no group of {missing} has people enough" if missing else unlike
        return NistColumn(name, None, why)
    chosen = [[side[one] for one in sorted(common)] for side in sides]
    undefined = why_undefined(
        {rates.group: rates.fmr for side in chosen for rates in side}, Zeros.ANY, "comparisons"
    )
    if undefined:
        return NistColumn(name, None, undefined)
    means = geometric_mean(np.array([[one.fmr.estimate for one in side if one.fmr] for side in chosen]))
    return NistColumn(name, float(means[0] / means[1]), "")


def _others(values: Mapping[str, str], label: str) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, value) for name, value in values.items() if name != label))


def _values(cells: Cells, label: str) -> list[str]:
    """List the values of a label in the order of the groups; none where groups are not made by it."""
    return list(dict.fromkeys(values[label] for values, _ in cells if label in values))


def _bounds(age_class: str) -> tuple[int | None, int]:
    """Read an age class: ``(20-35]``, ``26-35``, ``65+``, ``over 65`` or ``under 18``, in years.

    Examples
    --------
    >>> _bounds("(20-35]"), _bounds("over 65"), _bounds("under 18"), _bounds("adult")
    ((20, 35), (65, 999), (0, 18), (None, 0))
    """
    years = [int(one) for one in re.findall(r"\d+", age_class)]
    if not years:
        return None, 0
    if age_class.startswith(("under", "<")):
        return 0, years[0]
    return years[0], years[1] if len(years) > 1 else 999


def _plain(name: str, rate: Estimate | None, what: str) -> NistColumn:
    return NistColumn(name, None if rate is None else rate.estimate, "" if rate else f"no {what}")
