"""Drawing people anew, and shuffling their labels: what no formula for one rate can tell.

- Subject bootstrap: n people are drawn from n with replacement, and whoever is drawn w
  times weighs w. A pair of people weighs w_i w_j; copies of one person are not compared
  with each other. For ratios, summaries and thresholds, which rest on several cells that
  share people. Conservative for a single rate at small counts.
- Permutation: people swap group labels, and keep their photos and scores. What a summary
  shows then is what it shows when groups are alike in everything but name.
- People are numbered in the order of their subject ids (`population_of` does so), and one
  person's draw depends on the number alone: the order of the input rows changes nothing.
- A draw in which a group had nobody to compare gives NaN. It stays in its place: leaving it
  out would call the rest more certain than they are.

References
----------
B. Efron and R. J. Tibshirani, "An introduction to the bootstrap" (1993), sections 13.3 and
15; for pairs that share people: evaluation by weights over people as in Fogliato, Patil and
Perona, arXiv 2306.01198.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from facegate.errors import MeasurementError
from facegate.evaluation.weighted_tail import Tail, lowest_allowed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.random import Generator
    from numpy.typing import ArrayLike

    from facegate.decision import Scores
    from facegate.evaluation.thresholds import Policy
    from facegate.evaluation.trials import Counts, People, Trials

Floats: TypeAlias = NDArray[np.float64]

NUMBERS_AT_ONCE = 4_000_000
"""Weights held in memory at a time (32 MB); changes speed and nothing else."""
MOST_DRAWS_AT_ONCE = 64


@dataclass(frozen=True, slots=True)
class Draws:
    """Rates of groups over many draws.

    Parameters
    ----------
    fmr, fnmr : ndarray of shape (n_draws, n_groups), float64
        False match rate of two people of the group, and false non-match rate; NaN where
        the draw compared nobody.
    overall : ndarray of shape (n_draws,), float64
        False match rate of all comparisons, across groups too.
    """

    fmr: Floats
    fnmr: Floats
    overall: Floats


def bootstrap(  # noqa: PLR0917  one population's arrays, in one order for both ways of resampling
    first: People,
    second: People,
    false_matches: Counts,
    group_of_person: People,
    n_groups: int,
    trials: Trials,
    misses: Counts,
    mated_trials: Counts,
    *,
    draws: int,
    rng: Generator,
) -> Draws:
    """Draw people with replacement, and compute every group's rates again.

    Parameters
    ----------
    first, second : ndarray of shape (n_pairs,), int64
        Pairs of people with a false match, numbered over the whole population; each once.
    false_matches : ndarray of shape (n_pairs,), int64
        False matches between the two.
    group_of_person : ndarray of shape (n_people,), int64
        Group of each person.
    n_groups : int
        How many groups there are.
    trials : Trials
        Who was compared with whom.
    misses, mated_trials : ndarray of shape (n_people,), int64
        Mated comparisons of each person that did not match, and all of them.
    draws : int
        How often, at least 1.
    rng : Generator
        Source of randomness.

    Returns
    -------
    Draws
        FMR* = sum w_i w_j e_ij / sum w_i w_j m_ij over pairs i < j, and
        FNMR* = sum w_i misses_i / sum w_i K_i.

    Raises
    ------
    MeasurementError
        If there is nobody to draw, or no draw is asked for.
    """
    n_people = group_of_person.size
    _require(n_people, draws)
    within, across = _matrices(first, second, false_matches, group_of_person)
    of_group = _members(group_of_person, n_groups)
    found = _nothing_yet(draws, n_groups)
    for rows, weights in _batches(n_people, draws, rng):
        matched = of_group @ (weights * (within @ weights))
        everywhere = matched.sum(axis=0) + (weights * (across @ weights)).sum(axis=0)
        missed, tried = of_group @ (weights * misses[:, None]), of_group @ (weights * mated_trials[:, None])
        for place, draw in enumerate(range(rows.start, rows.stop)):
            compared = trials.weighted(group_of_person, n_groups, weights[:, place])
            found.fmr[draw] = _share(matched[:, place], np.diag(compared))
            found.overall[draw] = _share(everywhere[place], np.triu(compared).sum())
        found.fnmr[rows] = _share(missed, tried).T
    return found


def shuffled(  # noqa: PLR0917  one population's arrays, in one order for both ways of resampling
    first: People,
    second: People,
    false_matches: Counts,
    group_of_person: People,
    n_groups: int,
    trials: Trials,
    misses: Counts,
    mated_trials: Counts,
    *,
    taking_part: NDArray[np.bool_],
    draws: int,
    rng: Generator,
) -> Draws:
    """Shuffle the group labels of people, and compute every group's rates again.

    Parameters
    ----------
    first, second, false_matches, group_of_person, n_groups, trials, misses, mated_trials
        As for `bootstrap`.
    taking_part : ndarray of shape (n_people,), bool
        People whose labels are shuffled among them: all labels recorded. The others keep
        theirs, and the rates of groups they make up do not move.
    draws : int
        How often, at least 1.
    rng : Generator
        Source of randomness.

    Returns
    -------
    Draws
        The distribution when all groups are alike. Groups keep their number of people;
        photos, scores and mated pairs stay with the person. ``overall`` is the same in
        every draw.

    Raises
    ------
    MeasurementError
        If there is nobody, or no draw is asked for.
    """
    n_people = group_of_person.size
    _require(n_people, draws)
    everyone, labels = np.ones(n_people), group_of_person[taking_part]
    compared = trials.weighted(group_of_person, n_groups, everyone)
    found = _nothing_yet(draws, n_groups)
    found.overall[:] = _share(false_matches.sum(), np.triu(compared).sum())
    group = group_of_person.copy()
    for draw in range(draws):
        group[taking_part] = rng.permutation(labels)
        of_first = group[first]
        inside = of_first == group[second]
        matched = np.bincount(of_first[inside], false_matches[inside], n_groups)
        compared = trials.weighted(group, n_groups, everyone)
        found.fmr[draw] = _share(matched, np.diag(compared))
        found.fnmr[draw] = _share(
            np.bincount(group, misses, n_groups), np.bincount(group, mated_trials, n_groups)
        )
    return found


def bootstrap_threshold(
    policy: Policy,
    scores: Scores,
    first: People,
    second: People,
    *,
    group_of_person: People,
    n_groups: int,
    trials: Trials,
    target: float,
    draws: int,
    rng: Generator,
) -> Floats:
    """Draw people with replacement, and set the threshold on each draw in the same way.

    Parameters
    ----------
    policy : Policy
        Whose rate sets it.
    scores : ndarray of shape (n,), float64
        Every non-mated score at or above the floor, in any order.
    first, second : ndarray of shape (n,), int64
        The two people of each.
    group_of_person : ndarray of shape (n_people,), int64
        Group of each person.
    n_groups : int
        How many groups there are.
    trials : Trials
        Who was compared with whom.
    target : float
        Rate to stay at or below, above 0 and at most 1.
    draws : int
        How often, at least 1.
    rng : Generator
        Source of randomness.

    Returns
    -------
    ndarray of shape (draws,), float64
        The smallest score of the draw at which its rate is at most the target, or the next
        number above its largest. ``-inf`` where it lies below the floor, and NaN where a
        cell of the policy had nobody to compare.

    Raises
    ------
    MeasurementError
        If there is nobody to draw, no draw is asked for, or the target is not a rate.
    """
    _require(group_of_person.size, draws)
    if not 0 < target <= 1:
        msg = f"a target false match rate must be above 0 and at most 1, got {target}"
        raise MeasurementError(msg)
    tail = Tail.of(policy, scores, first, second, group_of_person)
    counts = trials.weighted(group_of_person, n_groups, np.ones(group_of_person.size))
    everything_kept = tail.scores.size == round(float(policy.comparisons(counts).sum()))
    found = np.empty(draws)
    for rows, weights in _batches(group_of_person.size, draws, rng):
        compared = np.stack(
            [
                policy.comparisons(trials.weighted(group_of_person, n_groups, weights[:, place]))
                for place in range(weights.shape[1])
            ],
            axis=1,
        )
        found[rows] = lowest_allowed(tail, weights, compared, target, everything_kept=everything_kept)
    return found


def threshold_interval(draws: Floats, *, level: float = 0.95) -> tuple[float | None, float | None]:
    """Find the percentile interval of a threshold from `bootstrap_threshold`.

    Parameters
    ----------
    draws : ndarray of shape (n_draws,), float64
        Thresholds; ``-inf`` is below the floor.
    level : float
        Two-sided confidence, 0 to 1.

    Returns
    -------
    low, high : float or None
        Observed thresholds, without interpolation. An end is None where it lies below the
        floor; both are None where any draw had nobody to compare, since such a draw
        could have been anything.

    Examples
    --------
    >>> threshold_interval(np.append(np.full(10, -np.inf), np.linspace(0, 1, 90)))
    (None, 0.9775280898876404)
    """
    if draws.size == 0 or np.isnan(draws).any():
        return None, None
    ordered = np.sort(draws)
    # The outward order statistic: with few draws the interval is too wide and not too narrow.
    reach = int(np.floor((1 - level) / 2 * draws.size))
    ends = (float(ordered[reach]), float(ordered[draws.size - 1 - reach]))
    low, high = [end if np.isfinite(end) else None for end in ends]
    return low, high


def people_drawn(n_people: int, rng: Generator) -> Counts:
    """Draw as many people as there are, with replacement, and count how often each was drawn.

    Returns
    -------
    ndarray of shape (n_people,), int64
        Multinomial; adds up to ``n_people``.
    """
    return np.bincount(rng.integers(0, n_people, n_people), minlength=n_people)


def _matrices(
    first: People, second: People, false_matches: Counts, group: People
) -> tuple[csr_array, csr_array]:
    """Lay false matches out as e_ij, i < j: inside groups, and across them."""
    shape = (group.size, group.size)
    inside = group[first] == group[second]

    def matrix(chosen: NDArray[np.bool_]) -> csr_array:
        amounts = false_matches[chosen].astype(np.float64)
        return csr_array((amounts, (first[chosen], second[chosen])), shape=shape)

    return matrix(inside), matrix(~inside)


def _members(group: People, n_groups: int) -> csr_array:
    """Lay groups out as rows with a 1 for each member."""
    return csr_array((np.ones(group.size), (group, np.arange(group.size))), shape=(n_groups, group.size))


def _batches(n_people: int, draws: int, rng: Generator) -> Iterator[tuple[slice, Floats]]:
    """Draw weights, a bounded number at a time: places of the draws, (n_people, n_some) weights."""
    size = max(1, min(MOST_DRAWS_AT_ONCE, NUMBERS_AT_ONCE // n_people))
    for start in range(0, draws, size):
        stop = min(start + size, draws)
        weights = np.empty((n_people, stop - start))
        for place in range(stop - start):
            weights[:, place] = people_drawn(n_people, rng)
        yield slice(start, stop), weights


def _nothing_yet(draws: int, n_groups: int) -> Draws:
    return Draws(np.empty((draws, n_groups)), np.empty((draws, n_groups)), np.empty(draws))


def _share(events: ArrayLike, trials: ArrayLike) -> Floats:
    """Divide; NaN where there are no trials."""
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = np.asarray(events, dtype=np.float64) / np.asarray(trials, dtype=np.float64)
    return np.where(np.asarray(trials) > 0, shares, np.nan)


def _require(n_people: int, draws: int) -> None:
    if n_people < 1 or draws < 1:
        msg = f"resampling needs people and draws, got {n_people} people and {draws} draws"
        raise MeasurementError(msg)
