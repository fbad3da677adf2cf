"""Where a line is drawn: the thresholds that a protocol asks for, by a rate or by a value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.decision import Metric, Threshold
from facegate.errors import InputError

if TYPE_CHECKING:
    from facegate.evaluation.toml_keys import Keys

VALUES = ("score", "distance", "cosine")
RATES = ("fmr", "matched_fmr", "fpir")
NATIVE_OF = {"distance": Metric.EUCLIDEAN, "cosine": Metric.COSINE}


@dataclass(frozen=True, slots=True)
class Edge:
    """A line, by a target rate or by a value.

    Parameters
    ----------
    kind : str
        ``fmr`` (of everybody, or of one group), ``matched_fmr`` (mean over groups of the
        FMR inside each), ``fpir``, ``score``, ``distance`` or ``cosine``.
    value : float
        The target rate, or the value on that scale.
    group : str
        With ``fmr``: the group whose own FMR is meant; empty for everybody.
    """

    kind: str
    value: float
    group: str = ""

    @property
    def by_rate(self) -> bool:
        """A threshold must be found that keeps a rate; else the value is given."""
        return self.kind in RATES

    @property
    def name(self) -> str:
        """Short name, such as ``fmr-1e-3``, ``fmr-1e-3-white-m`` or ``distance-0.6``."""
        value = short(self.value) if self.by_rate else f"{self.value:g}"
        group = "".join(letter if letter.isalnum() else "-" for letter in self.group.lower())
        return "-".join(part for part in (self.kind.replace("_", "-"), value, group) if part)

    def threshold(self, metric: Metric) -> Threshold:
        """Make the threshold of a given value, on the similarity scale of a metric.

        Raises
        ------
        InputError
            If the value is of another metric.
        """
        if self.kind == "score":
            return Threshold(self.value, metric)
        if NATIVE_OF.get(self.kind) is not metric:
            msg = f"{self.name} does not fit scores of metric {metric}: give a {metric.native_name}"
            raise InputError(msg)
        return Threshold.from_native(self.value, metric)


def short(rate: float) -> str:
    """Write a rate as people say it.

    Examples
    --------
    >>> short(0.001), short(3e-5), short(0.0025)
    ('1e-3', '3e-5', '2.5e-3')
    """
    mantissa, exponent = f"{rate:e}".split("e")
    return f"{float(mantissa):g}e{int(exponent)}"


def value_edge(keys: Keys) -> Edge:
    """Take an edge given by its value.

    Raises
    ------
    InputError
        If there is not exactly one value.
    """
    return _one_of(keys, VALUES)


def threshold_edge(keys: Keys) -> Edge:
    """Take the edge of a ``[[threshold]]``: one rate or one value, ``fmr`` with a group if wanted.

    Raises
    ------
    InputError
        If there is not exactly one, or a rate is none.
    """
    group = keys.text("group", "") if keys.has("group") else ""
    edge = _one_of(keys, (*RATES, *VALUES), beside=("group",))
    if group and edge.kind != "fmr":
        keys.refuse("group", f"goes with fmr (the group's own), not with {edge.kind}")
    if edge.by_rate and not 0 < edge.value < 1:
        keys.refuse(edge.kind, f"is {edge.value:g}, wanted a rate above 0 and below 1")
    return Edge(edge.kind, edge.value, group)


def _one_of(keys: Keys, kinds: tuple[str, ...], beside: tuple[str, ...] = ()) -> Edge:
    keys.only((*kinds, *beside))
    given = [name for name in keys.names if name not in beside]
    if len(given) != 1:
        keys.refuse("", f"wants exactly one of {', '.join(kinds)}, got {len(given)}")
    return Edge(given[0], keys.number(given[0]))
