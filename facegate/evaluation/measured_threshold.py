"""A threshold with the false match rate that was measured at it.

The benchmark writes it, the gate will not search without it: a candidate list is shown
only beside the rate at which strangers reach the same list.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from facegate.decision import Metric, Threshold
from facegate.durable import replace_bytes
from facegate.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

FORMAT = "facegate-threshold/1"


@dataclass(frozen=True, slots=True)
class MeasuredThreshold:
    """One threshold, what it was set by, and what was measured at it.

    Parameters
    ----------
    embedder_digest : str
        Holds for templates of this embedder only.
    score : float
        The threshold on the similarity scale.
    metric : Metric
        Metric of the score.
    basis : str
        How it was set, in words: ``overall FMR at most 1e-4``.
    dataset : str
        Data the rate was measured on; says SYNTHETIC where it was.
    synthetic : bool
        No real face was involved in the measurement.
    false_matches, comparisons, people : int
        Non-mated comparisons at or above the threshold, all of them, and the different
        people in them.
    fmr, low, high : float
        False match rate per comparison of two different people, and its 95 % interval.
    method : str
        How the interval was made.
    """

    embedder_digest: str
    score: float
    metric: Metric
    basis: str
    dataset: str
    synthetic: bool
    false_matches: int
    comparisons: int
    people: int
    fmr: float
    low: float
    high: float
    method: str

    @property
    def threshold(self) -> Threshold:
        """The threshold as the match rule takes it."""
        return Threshold(self.score, self.metric)

    def write(self, path: Path) -> None:
        """Write as JSON, whole or not at all."""
        text = json.dumps({"format": FORMAT, **asdict(self)}, indent=2)
        replace_bytes(path, (text + "\n").encode())

    @classmethod
    def read(cls, path: Path) -> MeasuredThreshold:
        """Read what `write` wrote.

        Raises
        ------
        InputError
            If the file is missing or is not a measured threshold.
        """
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            if about.pop("format") != FORMAT:
                msg = f"{path} is not a measured threshold: wanted format {FORMAT}"
                raise InputError(msg)
            return cls(**{**about, "metric": Metric(about["metric"])})
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            msg = f"cannot read a measured threshold from {path}: {error}"
            raise InputError(msg) from error
