"""What a benchmark found: every number that a table, a report or the gate may quote.

- Rates are `Estimate` records; where nothing could be compared there is None, which prints
  as "unknown".
- Nothing about the machine is in it: no path, no user, no clock of its own.
"""

from dataclasses import dataclass
from typing import Self

from facegate.decision import Metric
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.intervals import ZeroCountBounds
from facegate.evaluation.json_form import from_json, to_json
from facegate.evaluation.measured_threshold import MeasuredThreshold
from facegate.evaluation.rates import Estimate
from facegate.evaluation.subgroups import GroupCounts

FORMAT = "facegate-benchmark/1"


@dataclass(frozen=True, slots=True)
class Provenance:
    """What was measured, on what, with what.

    Parameters
    ----------
    dataset, dataset_digest : str
        Name, and SHA-256 (hex) over the photos and labels, or over recipe and seed.
    synthetic : bool
        No face was involved: the vectors were drawn.
    embedder, embedder_digest : str
        Name, and SHA-256 (hex) over weights and settings.
    metric : Metric
        How templates were compared.
    protocol_digest : str
        SHA-256 (hex) of the protocol's text.
    measured_on : str
        Date, ISO 8601, as the caller gave it.
    seed : int or None
        Of everything random; None if nothing was.
    versions : dict of str to str
        Tool and libraries.
    """

    dataset: str
    dataset_digest: str
    synthetic: bool
    embedder: str
    embedder_digest: str
    metric: Metric
    protocol_digest: str
    measured_on: str
    seed: int | None
    versions: dict[str, str]


@dataclass(frozen=True, slots=True)
class UsedThreshold:
    """A threshold of the table, and where it comes from.

    Parameters
    ----------
    name : str
        Short name to ask for it by, such as ``fmr-1e-3`` or ``distance-0.6``.
    score, native : float
        On the similarity scale, and as the metric's users know it.
    basis : str
        How it was set, in words.
    target_fmr : float or None
        The overall FMR it was set for.
    in_sample : bool
        Set and measured on the same people, so its own rate flatters it.
    unsupported : bool
        The target is rarer than one false match in all comparisons: an extrapolation.
    """

    name: str
    score: float
    native: float
    basis: str
    target_fmr: float | None
    in_sample: bool
    unsupported: bool


@dataclass(frozen=True, slots=True)
class Concentration:
    """How few people carry the false matches.

    Parameters
    ----------
    top_person : float
        Share of false matches that the single most involved person takes part in, 0 to 1.
    top_people : float
        Share that involves any of the most involved 1 % of people, 0 to 1.
    n_top_people : int
        How many people 1 % are here, at least 1.
    """

    top_person: float
    top_people: float
    n_top_people: int


@dataclass(frozen=True, slots=True)
class GroupRates:
    """Both error rates of one group, or of everybody, at one threshold.

    Parameters
    ----------
    group : str
        Name of the group, or ``everybody``.
    fmr : Estimate or None
        False match rate of two different people of the group; None if there are no two.
    if_none_seen : ZeroCountBounds or None
        Both bounds that would hold had no false match been seen.
    people_pair_rate : float or None
        The FMR with weight 1 for each pair of *people*, however many photos they have.
    concentration : Concentration or None
        None where no false match was seen.
    fnmr : Estimate or None
        False non-match rate of two photos of one person; failures to enroll left out.
        None if nobody has two templates.
    """

    group: str
    fmr: Estimate | None
    if_none_seen: ZeroCountBounds | None
    people_pair_rate: float | None
    concentration: Concentration | None
    fnmr: Estimate | None


@dataclass(frozen=True, slots=True)
class PairRate:
    """False match rate of a person of one group with a person of another (or the same)."""

    first: str
    second: str
    fmr: Estimate | None


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """All rates at one threshold.

    Parameters
    ----------
    threshold : UsedThreshold
        Where the line is drawn.
    overall : GroupRates
        Everybody with everybody, pairs across groups included.
    groups : tuple of GroupRates
        People of one group with each other (demographically matched strangers).
    pairs : tuple of PairRate
        Every pair of groups, a group with itself included, each pair once.
    worst_group : str or None
        Group with the highest FMR among those whose FMR the data can speak to.
    """

    threshold: UsedThreshold
    overall: GroupRates
    groups: tuple[GroupRates, ...]
    pairs: tuple[PairRate, ...]
    worst_group: str | None


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
    """

    about: str
    total: GroupCounts
    groups: tuple[GroupCounts, ...]
    non_mated: int
    mated: int
    at: tuple[AtThreshold, ...]


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
    floor : float
        Score at and above which every non-mated pair was kept exactly.
    main : Measurement
        Everybody.
    sensitivity : tuple of Measurement
        The same thresholds on parts of the people, such as those labeled by humans.
    """

    name: str
    title: str
    question: str
    notes: tuple[str, ...]
    provenance: Provenance
    floor: float
    main: Measurement
    sensitivity: tuple[Measurement, ...]

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


def measured_threshold(result: BenchmarkResult, name: str) -> MeasuredThreshold:
    """Take one threshold of a result with its overall FMR, for the gate.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.
    name : str
        The threshold's name, as the table shows it.

    Returns
    -------
    MeasuredThreshold
        Bound to the embedder that was measured.

    Raises
    ------
    InputError
        If no threshold has this name; the message lists the names.
    MeasurementError
        If no two different people were compared.
    """
    at = at_named(result, name)
    used, fmr = at.threshold, at.overall.fmr
    if fmr is None:
        msg = f"threshold {name} has no measured false match rate: no two different people were compared"
        raise MeasurementError(msg)
    return MeasuredThreshold(
        embedder_digest=result.provenance.embedder_digest,
        score=used.score,
        metric=result.provenance.metric,
        basis=used.basis,
        dataset=result.provenance.dataset,
        synthetic=result.provenance.synthetic,
        false_matches=fmr.events,
        comparisons=fmr.trials,
        people=fmr.people,
        fmr=fmr.estimate,
        low=fmr.low,
        high=fmr.high,
        method=fmr.method,
    )
