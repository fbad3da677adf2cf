"""What was found at one threshold: rates of groups and of pairs of groups, and what sums them up.

Rates are `Estimate` records; where nothing could be compared there is None, which prints
as "unknown".
"""

from dataclasses import dataclass

from facegate.evaluation.intervals import ZeroCountBounds
from facegate.evaluation.rates import Estimate


@dataclass(frozen=True, slots=True)
class UsedThreshold:
    """A threshold of the table, and where it comes from.

    Parameters
    ----------
    name : str
        Short name to ask for it by, such as ``fmr-1e-3`` or ``distance-0.6``.
    score, native : float
        On the similarity scale, and as the metric's users know it.
    policy : str
        ``overall``, ``matched-mean``, ``reference-group``, ``fpir`` or ``given``.
    basis : str
        How it was set, in words.
    target : float or None
        The rate it was set for.
    low, high : float or None
        95 % of thresholds set in the same way on people drawn anew (subject bootstrap),
        on the score scale; None for a given value.
    in_sample : bool
        Set and measured on the same people: there its rate cannot exceed the target.
    unsupported : bool
        The target is rarer than one false match in all comparisons: an extrapolation.
    """

    name: str
    score: float
    native: float
    policy: str
    basis: str
    target: float | None
    low: float | None
    high: float | None
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
    curve : tuple of float
        Share of false matches that involve any of the most involved 0, 5, 10, ... 100 % of
        people: 21 numbers from 0 to 1.
    """

    top_person: float
    top_people: float
    n_top_people: int
    curve: tuple[float, ...]


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
    against_everybody : Estimate or None
        False match rate of a person of the group with anybody else, as the data mix them.
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
    against_everybody: Estimate | None
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
class Rung:
    """One step of the matching ladder: strangers alike in these labels.

    Parameters
    ----------
    same : tuple of str
        Labels in which both people agree, such as ``("sex", "race")``; empty for any two
        people. Only people for whom all these labels are recorded.
    fmr : Estimate or None
        False match rate of such pairs.
    """

    same: tuple[str, ...]
    fmr: Estimate | None


@dataclass(frozen=True, slots=True)
class Null:
    """What a summary shows when all groups are alike: people's labels shuffled.

    A shuffled group holds people of all groups, who are easier to tell apart than people of
    one: it has fewer false matches than a real group, so its summaries stray further by
    chance, and the null is rather too wide than too narrow.

    Parameters
    ----------
    median, high : float
        Median and 95 % quantile over the shuffles; an undefined one counts as infinitely far.
    p_value : float
        Share of shuffles at least as far from the ideal as the data, (k + 1) / (n + 1).
    draws, defined : int
        Shuffles made, and those in which the summary is defined.
    """

    median: float
    high: float
    p_value: float
    draws: int
    defined: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Rates of many groups in one number, never to be read alone.

    Parameters
    ----------
    name, formula, source : str
        Such as ``FMR max / min``; how it is computed, with any weight; where it comes from.
    ideal : float
        Its value when all groups are alike.
    groups : tuple of str
        Groups in it: all labels recorded and 30 people or more. The others are left out.
    value : float or None
        None where it is undefined.
    undefined : str
        Why there is no value; empty where there is one.
    low, high : float or None
        95 % interval of the subject bootstrap.
    null : Null or None
        Its distribution with people's labels shuffled.
    caution : str
        Its weakness, to be printed beside it.
    """

    name: str
    formula: str
    source: str
    ideal: float
    groups: tuple[str, ...]
    value: float | None
    undefined: str
    low: float | None
    high: float | None
    null: Null | None
    caution: str


@dataclass(frozen=True, slots=True)
class GroupRatio:
    """The FMR of one group over that of the reference group.

    Parameters
    ----------
    group, reference : str
        Names of the two.
    value : float or None
        None where it is undefined.
    undefined : str
        Why, such as ``White F: 0 of 2,358 comparisons``.
    low, high : float or None
        95 % interval of the subject bootstrap, or one end of the ratio of interval bounds.
    by_chance : float or None
        95 % quantile of the ratio (or its inverse, whichever is larger) with people's
        labels shuffled.
    """

    group: str
    reference: str
    value: float | None
    undefined: str
    low: float | None
    high: float | None
    by_chance: float | None


@dataclass(frozen=True, slots=True)
class NistColumn:
    """One column of NIST's demographic table (FRTE page), computed from these groups."""

    name: str
    value: float | None
    undefined: str


@dataclass(frozen=True, slots=True)
class Check:
    """One requirement held against one group.

    Parameters
    ----------
    standard : str
        Such as ``NIST SP 800-63A-4``.
    requirement : str
        Such as ``FMR at most 1 in 10,000``.
    limit : float
        The rate it demands; an upper limit.
    group : str
        Group, or ``every group`` for the conclusion.
    rate : Estimate or None
        What was measured.
    verdict : str
        ``pass``, ``fail`` or ``insufficient data``.
    why : str
        In one sentence, with the interval's end that decided.
    """

    standard: str
    requirement: str
    limit: float
    group: str
    rate: Estimate | None
    verdict: str
    why: str


@dataclass(frozen=True, slots=True)
class GroupHeldOut:
    """FMR of one group at thresholds set on other people."""

    group: str
    fmr: Estimate | None


@dataclass(frozen=True, slots=True)
class HeldOut:
    """The threshold set on some people and measured on others, fold by fold.

    Parameters
    ----------
    folds, seed : int
        People are dealt into so many folds; each fold is measured at the threshold that
        all other people set.
    lowest, highest : float
        Of the folds' thresholds, on the score scale.
    unsupported_folds : int
        Folds whose target was rarer than one in their calibration comparisons.
    overall : Estimate or None
        FMR over all folds, pairs inside a fold only.
    groups : tuple of GroupHeldOut
        The same for each group.
    """

    folds: int
    seed: int
    lowest: float
    highest: float
    unsupported_folds: int
    overall: Estimate | None
    groups: tuple[GroupHeldOut, ...]


@dataclass(frozen=True, slots=True)
class AtThreshold:
    """All that was found at one threshold.

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
        Group with the highest FMR among those whose FMR the data can speak to; all its labels recorded.
    ladder : tuple of Rung
        From any two people to people alike in every label.
    summaries, appendix : tuple of Summary
        Of the groups' rates; the appendix holds those that weigh both errors.
    ratios : tuple of GroupRatio
        Each group against the reference group; empty where none is supported.
    nist : tuple of NistColumn
        NIST's columns; empty where the groups have too few labels for any.
    checks : tuple of Check
        Requirements of standards and statutes.
    held_out : HeldOut or None
        None where the threshold was given, or no folds were asked for.
    """

    threshold: UsedThreshold
    overall: GroupRates
    groups: tuple[GroupRates, ...]
    pairs: tuple[PairRate, ...]
    worst_group: str | None
    ladder: tuple[Rung, ...]
    summaries: tuple[Summary, ...]
    appendix: tuple[Summary, ...]
    ratios: tuple[GroupRatio, ...]
    nist: tuple[NistColumn, ...]
    checks: tuple[Check, ...]
    held_out: HeldOut | None
