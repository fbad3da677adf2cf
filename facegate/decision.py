"""The one match rule, and how a comparison score is made from two vectors.

- A comparison score is a similarity: higher is more alike. Dimensionless.
- ``score >= threshold`` is a match, everywhere; the equal case matches (the rule of
  bob.measure and scikit-learn, and the conservative one for whoever is searched).
- Each embedder declares its metric. For Euclidean vectors the score is ``1 - distance``;
  dlib's usual distance 0.6 is therefore the score 0.4. Reports show both.
- Scores that decide are computed in float64, so that counts do not depend on the
  kernel, the tile size or the number of threads.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import InputError

Scores: TypeAlias = NDArray[np.float64]
Vectors: TypeAlias = NDArray[np.float32]


class Metric(StrEnum):
    """How two vectors of one embedder are compared."""

    EUCLIDEAN = "euclidean"
    """``score = 1 - |a - b|``, in (-inf, 1]; the native value is the distance."""

    COSINE = "cosine"
    """``score = a . b`` of unit-length vectors, in [-1, 1]; the native value is the score."""

    SIMILARITY = "similarity"
    """A score made elsewhere, on a scale of its own; no vectors are compared by it."""

    def native(self, score: float) -> float:
        """Return the number this metric's users know: the distance, or the cosine itself.

        Examples
        --------
        >>> Metric.EUCLIDEAN.native(0.4)
        0.6
        """
        return 1.0 - score if self is Metric.EUCLIDEAN else score

    @property
    def native_name(self) -> str:
        """Name of the native value, for tables."""
        return NATIVE_NAMES[self]


NATIVE_NAMES = {Metric.EUCLIDEAN: "distance", Metric.COSINE: "cosine", Metric.SIMILARITY: "score"}
VECTOR_METRICS = (Metric.EUCLIDEAN, Metric.COSINE)
"""Metrics by which vectors are compared."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """A decision threshold on the score scale of one metric.

    Parameters
    ----------
    score : float
        Comparisons at or above this similarity are matches. Must be finite.
    metric : Metric
        The metric whose scores it cuts.

    Raises
    ------
    InputError
        If the score is not a finite number.
    """

    score: float
    metric: Metric

    def __post_init__(self) -> None:
        if not math.isfinite(self.score):
            msg = f"a threshold must be a finite number, got {self.score}"
            raise InputError(msg)

    @classmethod
    def from_native(cls, value: float, metric: Metric) -> Threshold:
        """Make a threshold from a distance (Euclidean) or a cosine.

        Examples
        --------
        >>> Threshold.from_native(0.6, Metric.EUCLIDEAN).score
        0.4
        """
        return cls(metric.native(value), metric)  # 1 - x is its own inverse

    @property
    def native(self) -> float:
        """The same threshold as a distance or a cosine."""
        return self.metric.native(self.score)


def matches(scores: Scores, threshold: Threshold) -> NDArray[np.bool_]:
    """Decide which comparisons match: at or above the threshold.

    Parameters
    ----------
    scores : ndarray of float64, any shape
        Similarity scores, higher is more alike.
    threshold : Threshold
        On the same scale as the scores.

    Returns
    -------
    ndarray of bool, same shape
        True where the comparison is a match. NaN is never a match.

    Examples
    --------
    >>> matches(np.array([0.39, 0.4, 0.41]), Threshold(0.4, Metric.EUCLIDEAN))
    array([False,  True,  True])
    """
    return np.asarray(scores >= threshold.score)


def comparison_scores(probes: Vectors, references: Vectors, metric: Metric) -> Scores:
    """Compare row i of one array with row i of the other, in float64.

    Parameters
    ----------
    probes, references : ndarray of shape (n, d) or (d,), float32
        Vectors of the same embedder; one of the two may be a single vector.
    metric : Metric
        The embedder's metric; cosine expects unit-length vectors.

    Returns
    -------
    ndarray of shape (n,), float64
        Similarity scores, higher is more alike.

    Raises
    ------
    InputError
        If the metric is not one of vectors.
    """
    if metric not in VECTOR_METRICS:
        msg = f"vectors are compared by {' or '.join(VECTOR_METRICS)}, got {metric}"
        raise InputError(msg)
    first = np.atleast_2d(probes).astype(np.float64)
    second = np.atleast_2d(references).astype(np.float64)
    if metric is Metric.COSINE:
        return np.asarray(np.einsum("ij,ij->i", *np.broadcast_arrays(first, second)))
    difference = first - second
    return np.asarray(1.0 - np.sqrt(np.einsum("ij,ij->i", difference, difference)))
