"""Rates of many groups in one number: the field's measures, as pure functions of rates.

- A measure sees rates and nothing else; who is in it, how sure one may be of it and what
  chance alone would give is `group_summaries`.
- No pseudo-counts. Where a rate of 0 makes a ratio meaningless the answer is NaN here and
  "undefined" with its reason there; groups that are all alike give the ideal value.
- A group that compared nobody (NaN) makes the whole measure NaN. Leaving it out, as a
  quantile that skips NaN does, calls a measure more certain than it is.

Notation: x_g the FMR and y_g the FNMR of group g, n groups, GM the geometric mean.

References
----------
NIST FRTE demographics page (usnistgov/frvt, ``html/frvt_demographics.html``, 2024-09-20);
T. de Freitas Pereira and S. Marcel, "Fairness in biometrics: a figure of merit to assess
biometric verification systems", doi 10.1109/TBIOM.2021.3102862 (FDR); J. J. Howard et al.,
"Evaluating proposed fairness models for face recognition algorithms", arXiv 2203.05051
(GARBE). FDR and IR are known from public code and documentation, not from the papers' text.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Callable

Rates: TypeAlias = NDArray[np.float64]

NIST = "NIST FRTE demographics page"
ALPHA = 0.5


class Zeros(Enum):
    """Which rates of 0 leave a measure without a value."""

    NONE = "none"
    ANY = "of any group"
    ALL = "of every group"


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of one error rate over groups.

    Parameters
    ----------
    name, formula, source : str
        Such as ``FMR max / min``; how it is computed; where it comes from.
    ideal : float
        Its value when all groups are alike.
    caution : str
        Its weakness, to be printed beside it.
    zeros : Zeros
        Which rates of 0 leave it undefined.
    compute : callable
        Takes rates of shape (n_draws, n_groups), 0 to 1, and returns (n_draws,); NaN where
        undefined.
    """

    name: str
    formula: str
    source: str
    ideal: float
    caution: str
    zeros: Zeros
    compute: Callable[[Rates], Rates]


@dataclass(frozen=True, slots=True)
class TwoErrorMeasure:
    """A measure that weighs false matches against false non-matches.

    Parameters
    ----------
    name, formula, source, ideal, caution, zeros
        As in `Measure`; ``zeros`` holds for each of the two rates.
    compute : callable
        Takes FMR and FNMR of shape (n_draws, n_groups) and alpha, the weight of the FMR
        term, between 0 and 1; returns (n_draws,), NaN where undefined.
    """

    name: str
    formula: str
    source: str
    ideal: float
    caution: str
    zeros: Zeros
    compute: Callable[[Rates, Rates, float], Rates]


def max_over_min(x: Rates) -> Rates:
    """Highest rate over lowest rate, 1 or more; NaN if the lowest is 0.

    Examples
    --------
    >>> max_over_min(np.array([[1e-4, 8e-4], [0.0, 8e-4]]))
    array([ 8., nan])
    """
    return _over(x.max(axis=1), x.min(axis=1))


def max_over_geometric_mean(x: Rates) -> Rates:
    """Highest rate over the geometric mean, 1 or more; NaN if any rate is 0."""
    return _over(x.max(axis=1), geometric_mean(x))


def max_over_arithmetic_mean(x: Rates) -> Rates:
    """Highest rate over the arithmetic mean, 1 to n; NaN if all rates are 0."""
    return _over(x.max(axis=1), x.mean(axis=1))


def log_spread(x: Rates) -> Rates:
    """Mean of |log10(x / GM)|: 0.3 is a factor of 2 from the middle; NaN if any rate is 0."""
    logs = np.log10(_no_zeros(x))
    return np.asarray(np.abs(logs - logs.mean(axis=1, keepdims=True)).mean(axis=1))


def gini_raw(x: Rates) -> Rates:
    """Gini coefficient, sum_ij |x_i - x_j| / (2 n^2 mean), 0 to 1 - 1/n; NaN if all rates are 0.

    Half of what is called the relative mean difference.

    Examples
    --------
    >>> gini_raw(np.array([[0.2, 0.2], [0.0, 0.2], [0.0, 0.0]]))
    array([0. , 0.5, nan])
    """
    n = x.shape[1]
    # One group at a time: |x_i - x_i| is exactly 0, so equal groups give exactly 0.
    apart = sum((np.abs(x - x[:, [g]]).sum(axis=1) for g in range(n)), np.zeros(x.shape[0]))
    return _over(apart, 2 * n * x.sum(axis=1))


def gini_corrected(x: Rates) -> Rates:
    """Gini coefficient for few groups, n / (n - 1) times `gini_raw`, 0 to 1; NaN if all rates are 0."""
    return np.asarray(gini_raw(x) * (x.shape[1] / max(x.shape[1] - 1, 1)))


def geometric_mean(x: Rates) -> Rates:
    """Geometric mean over groups; NaN if any rate is 0 (it would reward a tiny minimum without end)."""
    return np.asarray(np.exp(np.log(_no_zeros(x)).mean(axis=1)))


def fairness_discrepancy_rate(x: Rates, y: Rates, alpha: float) -> Rates:
    """FDR: 1 - (alpha A + (1 - alpha) B), A and B the largest differences of FMR and FNMR."""
    return np.asarray(1 - (alpha * np.ptp(x, axis=1) + (1 - alpha) * np.ptp(y, axis=1)))


def inequity_rate(x: Rates, y: Rates, alpha: float) -> Rates:
    """IR: (max x / min x)^alpha (max y / min y)^(1 - alpha); NaN if any rate is 0."""
    return np.asarray(max_over_min(x) ** alpha * max_over_min(y) ** (1 - alpha))


def garbe(x: Rates, y: Rates, alpha: float) -> Rates:
    """GARBE: alpha G(x) + (1 - alpha) G(y), G the corrected Gini; 0 where all groups are alike."""
    return np.asarray(alpha * gini_corrected(x) + (1 - alpha) * gini_corrected(y))


def _over(above: Rates, below: Rates) -> Rates:
    """Divide; NaN where there is nothing to divide by."""
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0))


def _no_zeros(x: Rates) -> Rates:
    """Mark rates of 0 as NaN, which a logarithm passes on without a warning."""
    return np.where(x > 0, x, np.nan)


FMR_MEASURES = (
    Measure(
        "FMR max / min",
        "max x / min x",
        f"{NIST}, FMR Max/Min",
        1.0,
        "Rests on two groups only, grows with the number of groups, and explodes where the best group has "
        "few errors.",
        Zeros.ANY,
        max_over_min,
    ),
    Measure(
        "FMR max / geometric mean",
        "max x / GM(x)",
        f"{NIST}, FMR Max/GeoMean",
        1.0,
        "A single tiny rate lowers the mean and raises the measure.",
        Zeros.ANY,
        max_over_geometric_mean,
    ),
    Measure(
        "FMR max / arithmetic mean",
        "max x / mean x",
        f"{NIST}, FMR Max/Mean",
        1.0,
        "Cannot exceed the number of groups, so it says little where one group stands far out.",
        Zeros.ALL,
        max_over_arithmetic_mean,
    ),
    Measure(
        "FMR log spread",
        "mean of |log10(x / GM)|",
        f"{NIST}, FMR Vary GeoMean",
        0.0,
        "Does not tell which group is worst; one bad group among many barely moves it.",
        Zeros.ANY,
        log_spread,
    ),
    Measure(
        "FMR Gini, raw",
        "sum_ij |x_i - x_j| / (2 n^2 mean x)",
        f"{NIST}, FMR Vary Gini",
        0.0,
        "Too high where errors are few; does not tell which group is worst; one bad group among many barely "
        "moves it.",
        Zeros.ALL,
        gini_raw,
    ),
    Measure(
        "FMR Gini, corrected",
        "n / (n - 1) times the raw Gini",
        "G of GARBE, arXiv 2203.05051",
        0.0,
        "Too high where errors are few; does not tell which group is worst; one bad group among many barely "
        "moves it.",
        Zeros.ALL,
        gini_corrected,
    ),
)
"""Measures of the FMR, in the order of the report."""

APPENDIX_MEASURES = (
    TwoErrorMeasure(
        "FDR (fairness discrepancy rate)",
        "1 - (alpha max|x_i - x_j| + (1 - alpha) max|y_i - y_j|)",
        "doi 10.1109/TBIOM.2021.3102862, as in the documentation of bob.bio.demographics",
        1.0,
        "Takes absolute differences, so at small FMRs the FMR term vanishes: ten times every FMR barely "
        "moves it.",
        Zeros.NONE,
        fairness_discrepancy_rate,
    ),
    TwoErrorMeasure(
        "IR (inequity rate)",
        "(max x / min x)^alpha (max y / min y)^(1 - alpha)",
        "public code of FALCON (WACV 2025)",
        1.0,
        "Rests on two groups only for each rate, grows with the number of groups, and explodes where the "
        "best group has few errors.",
        Zeros.ANY,
        inequity_rate,
    ),
    TwoErrorMeasure(
        "GARBE",
        "alpha G(x) + (1 - alpha) G(y), G the corrected Gini",
        "arXiv 2203.05051",
        0.0,
        "Too high where errors are few, does not tell which group is worst, and adds two rates that do not "
        "mean the same harm.",
        Zeros.ALL,
        garbe,
    ),
)
"""Measures that weigh both errors, for comparison with papers."""
