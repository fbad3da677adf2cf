"""What independence would make of an FMR in a large gallery: a model, never a measurement.

- FPIR = 1 - (1 - FMR)^N holds if all comparisons of a search are independent and everybody
  is alike. They are not: a few people collect the false positives, so real searches return
  somebody less often than the model says (0.325 against 0.630 in simulation at N = 10,000).
- SEL = N FMR holds in expectation whatever the dependence, while no limit cuts the list.
- Public data cannot measure a license-office gallery; the model is drawn as a model.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from facegate.errors import MeasurementError
from facegate.evaluation.identification.result import ModelPoint

if TYPE_CHECKING:
    from collections.abc import Sequence

LARGEST = 27_000_000
"""People in the largest gallery that the model speaks of."""

STEPS = tuple(step * 10**power for power in range(1, 8) for step in (1, 2, 5))
MODEL_SIZES = (*(size for size in STEPS if 50 <= size < LARGEST), LARGEST)  # noqa: PLR2004  as growth begins


def model_points(
    *, threshold: str, group: str, fmr: float, sizes: Sequence[int] = MODEL_SIZES
) -> tuple[ModelPoint, ...]:
    """Extend a false match rate to galleries of any size, as if comparisons were independent.

    Parameters
    ----------
    threshold, group : str
        Names, carried over.
    fmr : float
        False match rate of a person of the group against everybody, per comparison, 0 to 1.
        Where no false match was seen, hand in an upper bound: 0 would be drawn as never.
    sizes : sequence of int
        People in the gallery, N, at least 1 each.

    Returns
    -------
    tuple of ModelPoint
        FPIR = 1 - (1 - FMR)^N and SEL = N FMR, one a size, in their order.

    Raises
    ------
    MeasurementError
        If the FMR is not a rate, or a size is below 1.

    Examples
    --------
    >>> print(f"{model_points(threshold='t', group='g', fmr=1e-5, sizes=[1000])[0].fpir:.7f}")
    0.0099502
    """
    if not 0 <= fmr <= 1:
        msg = f"the model needs a false match rate from 0 to 1, got {fmr}"
        raise MeasurementError(msg)
    if any(size < 1 for size in sizes):
        msg = f"the model needs galleries of 1 person or more, got {min(sizes)}"
        raise MeasurementError(msg)
    return tuple(ModelPoint(threshold, group, size, _fpir(fmr, size), size * fmr) for size in sizes)


def _fpir(fmr: float, size: int) -> float:
    """Compute 1 - (1 - FMR)^N without losing a small FMR to rounding."""
    return 1.0 if fmr == 1 else -math.expm1(size * math.log1p(-fmr))
