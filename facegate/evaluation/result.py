"""A whole run: every number that a table, a report, a comparison or a certificate may quote."""

from dataclasses import dataclass
from typing import Self

from facegate.errors import InputError
from facegate.evaluation.group_rates import AtThreshold
from facegate.evaluation.identification.result import Identification
from facegate.evaluation.json_form import from_json, to_json
from facegate.evaluation.provenance import InputSummary, Provenance
from facegate.evaluation.subgroups import GroupCounts

FORMAT = "facegate-benchmark/2"


@dataclass(frozen=True, slots=True)
class DetCurve:
    """Both error rates over thresholds (detection error trade-off), for one group.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    scores : tuple of float
        Thresholds, rising.
    fmr, fnmr : tuple of float
        At each threshold; per comparison.
    """

    group: str
    scores: tuple[float, ...]
    fmr: tuple[float, ...]
    fnmr: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Distribution:
    """How scores of one group are spread.

    Parameters
    ----------
    group : str
        Name of the group (pairs inside it), or ``everybody``.
    edges : tuple of float
        n + 1 rising edges of the bins, on the score scale; the outer bins hold what lies
        beyond too.
    non_mated, mated : tuple of int
        n counts of comparisons.
    """

    group: str
    edges: tuple[float, ...]
    non_mated: tuple[int, ...]
    mated: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Measurement:
    """One population measured at all thresholds.

    Parameters
    ----------
    about : str
        Who was included, in words.
    total : GroupCounts
        Everybody.
    groups : tuple of GroupCounts
        They add up to the total.
    non_mated, mated : int
        Comparisons of two different people, and of one person with themselves.
    at : tuple of AtThreshold
        In the order of the protocol.
    det : tuple of DetCurve
        Everybody first; only groups with both kinds of comparison.
    distributions : tuple of Distribution
        Everybody first.
    """

    about: str
    total: GroupCounts
    groups: tuple[GroupCounts, ...]
    non_mated: int
    mated: int
    at: tuple[AtThreshold, ...]
    det: tuple[DetCurve, ...]
    distributions: tuple[Distribution, ...]


@dataclass(frozen=True, slots=True)
class Method:
    """How the numbers were made.

    Parameters
    ----------
    labels : tuple of str
        Labels that make a group.
    reference : str or None
        Group that ratios are taken against; None for the one with most people.
    floor : float
        Score at and above which every non-mated pair was kept exactly.
    level : float
        Of every interval.
    bootstrap_draws, permutation_draws : int
        People drawn anew, and labels shuffled, so many times.
    seed : int
        Of both.
    operational_gallery : int or None
        People in the gallery that the result shall speak about, as the protocol says.
    """

    labels: tuple[str, ...]
    reference: str | None
    floor: float
    level: float
    bootstrap_draws: int
    permutation_draws: int
    seed: int
    operational_gallery: int | None


@dataclass(frozen=True, slots=True)
class BenchmarkResult:
    """A whole run.

    Parameters
    ----------
    name, title, question : str
        Of the protocol.
    notes : tuple of str
        What the data cannot show, as the protocol states it.
    provenance : Provenance
        What was measured, on what, with what.
    input : InputSummary
        What was given, and what checking it found.
    method : Method
        How the numbers were made.
    main : Measurement
        Everybody.
    sensitivity : tuple of Measurement
        The same thresholds on parts of the people: labeled by humans only, without the
        highest non-mated pairs, without what a reviewer excluded.
    identification : Identification or None
        Searches; None where the input has no templates to search with.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    provenance: Provenance
    input: InputSummary
    method: Method
    main: Measurement
    sensitivity: tuple[Measurement, ...]
    identification: Identification | None

    def to_json(self) -> str:
        """Write as JSON text; the same result, the same text."""
        return to_json(self, form=FORMAT)

    @classmethod
    def from_json(cls, text: str, *, name: str) -> Self:
        """Read what `to_json` wrote; ``name`` is for messages.

        Raises
        ------
        InputError
            If the text is not a result of this format.
        """
        return from_json(text, cls, form=FORMAT, name=name)


def at_named(result: BenchmarkResult, name: str) -> AtThreshold:
    """Find the rates at one threshold by its name.

    Raises
    ------
    InputError
        If no threshold has this name; the message lists the names.
    """
    for at in result.main.at:
        if at.threshold.name == name:
            return at
    names = ", ".join(at.threshold.name for at in result.main.at)
    msg = f"the result has no threshold {name[:40]!r}; it has {names}"
    raise InputError(msg)
