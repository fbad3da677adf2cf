"""Who was compared with whom, and how often: the denominators of every false match rate.

- `AllPairs`: every photo with every photo of another person, in closed form; or, with
  folds, only with people of the same fold.
- `ListedPairs`: the comparisons that a file lists, counted by the two people they join.

Both answer the same questions, so rates, intervals and resampling are written once.

Notation of the comments: m_ij comparisons between people i and j, c_i photos of person i.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from facegate.errors import MeasurementError
from facegate.evaluation.listed_kernel import add_up, compiled, pick_disjoint

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.evaluation.subgroups import Population

Counts: TypeAlias = NDArray[np.int64]
People: TypeAlias = NDArray[np.int64]
Weights: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CellTrials:
    """Comparisons of different people in one cell: all that a rate and its variance need of them.

    Parameters
    ----------
    total : int
        All comparisons, M.
    first : ndarray of shape (n_first,), int64
        Comparisons that each person takes part in, m_i; people on the first side.
    second : ndarray of shape (n_second,), int64, or None
        The same for the second side of two groups that share nobody. None where both
        sides are the same people.
    sum_squares : float
        Sum of m_ij^2 over pairs of people.
    pairs_of_people : int
        Pairs of people with at least one comparison.
    disjoint_units : int
        Pairs of people that can be picked so that no person is picked twice; a lower bound.
    """

    total: int
    first: Counts
    second: Counts | None
    sum_squares: float
    pairs_of_people: int
    disjoint_units: int

    @property
    def people(self) -> int:
        """People who take part in any comparison."""
        sides = [self.first] if self.second is None else [self.first, self.second]
        return sum(int(np.count_nonzero(side)) for side in sides)


class Trials(Protocol):
    """Comparisons made between the people of one population; positions are theirs."""

    @property
    def n_people(self) -> int:
        """People in the population, those never compared included."""

    def within(self, people: People) -> CellTrials:
        """Count among these people; `CellTrials.first` follows ``people``."""

    def between(self, first: People, second: People) -> CellTrials:
        """Count between two sets that share nobody; sides follow the arguments."""

    def of(self, first: People, second: People) -> Counts:
        """Count between person ``first[k]`` and person ``second[k]``, for each k."""

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij over pairs i < j, by pair of groups.

        Parameters
        ----------
        group : ndarray of shape (n_people,), int64
            Group of each person; any labeling, so a permuted one too.
        n_groups : int
            How many groups there are.
        weights : ndarray of shape (n_people,), float64
            Weight of each person, at least 0; all 1 gives the plain counts.

        Returns
        -------
        ndarray of shape (n_groups, n_groups), float64
            Symmetric; the diagonal holds the pairs inside a group, each once.
        """

    def within_folds(self, fold: People) -> Trials:
        """Keep the comparisons of people of the same fold; ``fold`` is from 0, one a person."""


@dataclass(frozen=True, slots=True)
class AllPairs:
    """Every photo compared with every photo of another person of the same fold.

    Parameters
    ----------
    photos : ndarray of shape (n_people,), int64
        Templates of each person, c_i.
    fold : ndarray of shape (n_people,), int64
        Fold of each person, from 0; all 0 if everybody is compared with everybody.
    """

    photos: Counts
    fold: People

    @classmethod
    def everybody(cls, population: Population) -> AllPairs:
        """Compare everybody with everybody."""
        return cls(population.photos_of_person, np.zeros_like(population.photos_of_person))

    @property
    def n_people(self) -> int:
        """People in the population, those never compared included."""
        return self.photos.size

    def within(self, people: People) -> CellTrials:
        """Count among these people: per fold, ((sum c)^2 - sum c^2) / 2."""
        photos, fold = self.photos[people], self.fold[people]
        folds = int(self.fold.max(initial=0)) + 1
        sums, squares = _by(fold, photos, folds), _by(fold, photos**2, folds)
        people_in = np.bincount(fold, minlength=folds)
        return CellTrials(
            total=int((sums**2 - squares).sum()) // 2,
            first=photos * (sums[fold] - photos),
            second=None,
            sum_squares=float((squares.astype(float) ** 2 - _by(fold, photos**4, folds)).sum()) / 2,
            pairs_of_people=int((people_in * (people_in - 1)).sum()) // 2,
            disjoint_units=int((people_in // 2).sum()),
        )

    def between(self, first: People, second: People) -> CellTrials:
        """Count between two sets: per fold, the product of their photos."""
        folds = int(self.fold.max(initial=0)) + 1
        (a, fold_a), (b, fold_b) = [(self.photos[one], self.fold[one]) for one in (first, second)]
        sum_a, sum_b = _by(fold_a, a, folds), _by(fold_b, b, folds)
        n_a, n_b = np.bincount(fold_a, minlength=folds), np.bincount(fold_b, minlength=folds)
        squares = _by(fold_a, a**2, folds).astype(float) * _by(fold_b, b**2, folds)
        return CellTrials(
            total=int((sum_a * sum_b).sum()),
            first=a * sum_b[fold_a],
            second=b * sum_a[fold_b],
            sum_squares=float(squares.sum()),
            pairs_of_people=int((n_a * n_b).sum()),
            disjoint_units=int(np.minimum(n_a, n_b).sum()),
        )

    def of(self, first: People, second: People) -> Counts:
        """Count between two people: the product of their photos, in one fold."""
        same_fold = self.fold[first] == self.fold[second]
        return np.asarray(self.photos[first] * self.photos[second] * same_fold)

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij by pair of groups, in closed form."""
        folds = int(self.fold.max(initial=0)) + 1
        cell, mass = self.fold * n_groups + group, weights * self.photos
        sums = np.bincount(cell, mass, folds * n_groups).reshape(folds, n_groups)
        own = np.bincount(group, mass**2, n_groups)
        counts = sums.T @ sums
        np.fill_diagonal(counts, (np.diag(counts) - own) / 2)
        return np.asarray(counts)

    def within_folds(self, fold: People) -> AllPairs:
        """Keep the comparisons inside each fold; folds that there were already are cut further."""
        return AllPairs(self.photos, self.fold * (int(fold.max(initial=0)) + 1) + fold)


@dataclass(frozen=True, slots=True)
class ListedPairs:
    """Comparisons as a file lists them.

    Parameters
    ----------
    first, second : ndarray of shape (n_pairs,), int64
        The two people of each pair, ``first < second``, each pair once, sorted by both.
    times : ndarray of shape (n_pairs,), int64
        Comparisons between the two, at least 1.
    n_people : int
        People in the population, those without a listed pair included.
    """

    first: People
    second: People
    times: Counts
    n_people: int

    @classmethod
    def of_rows(cls, first: People, second: People, n_people: int) -> ListedPairs:
        """Count rows, in any order and either direction, by the two people they join."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys, times = np.unique(low * n_people + high, return_counts=True)
        n = max(n_people, 1)
        return cls(keys // n, keys % n, times.astype(np.int64), n_people)

    def within(self, people: People) -> CellTrials:
        """Count the listed comparisons among these people."""
        inside = np.zeros(self.n_people, dtype=bool)
        inside[people] = True
        chosen = inside[self.first] & inside[self.second]
        first, second, times = self.first[chosen], self.second[chosen], self.times[chosen]
        involved = _by(first, times, self.n_people) + _by(second, times, self.n_people)
        return _listed(first, second, times, involved[people], None)

    def between(self, first: People, second: People) -> CellTrials:
        """Count the listed comparisons between two sets, whichever side stands first."""
        side = np.zeros(self.n_people, dtype=np.int8)
        side[first], side[second] = 1, 2
        chosen = side[self.first] + side[self.second] == 3  # noqa: PLR2004  one of each side; nobody is in both
        chosen &= side[self.first] != 0
        chosen &= side[self.second] != 0
        one, other, times = self.first[chosen], self.second[chosen], self.times[chosen]
        involved = _by(one, times, self.n_people) + _by(other, times, self.n_people)
        return _listed(one, other, times, involved[first], involved[second])

    def of(self, first: People, second: People) -> Counts:
        """Look up the comparisons between two people; 0 where none is listed."""
        low, high = np.minimum(first, second), np.maximum(first, second)
        keys, wanted = self.first * self.n_people + self.second, low * self.n_people + high
        place = np.minimum(np.searchsorted(keys, wanted), max(keys.size - 1, 0))
        if keys.size == 0:
            return np.zeros_like(wanted)
        return np.where(keys[place] == wanted, self.times[place], 0)

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij by pair of groups, over the list."""
        weights = np.asarray(weights, dtype=np.float64)
        square = compiled(add_up)(self.first, self.second, self.times, group, n_groups, weights)
        return np.asarray(square + square.T - np.diag(np.diag(square)))

    def within_folds(self, fold: People) -> ListedPairs:
        """Keep the listed comparisons inside each fold."""
        chosen = fold[self.first] == fold[self.second]
        return ListedPairs(self.first[chosen], self.second[chosen], self.times[chosen], self.n_people)


def counts_by_group(trials: Trials, population: Population) -> Counts:
    """Count the comparisons of different people in each pair of groups.

    Returns
    -------
    ndarray of shape (n_groups, n_groups), int64
        Symmetric; the diagonal holds the pairs inside a group.
    """
    everyone = np.ones(population.group_of_person.size)
    counts = trials.weighted(population.group_of_person, len(population.groups), everyone)
    return np.rint(counts).astype(np.int64)  # whole numbers below 2^53 are exact in float64


def touching(trials: Trials, people: People, n_people: int) -> CellTrials:
    """Count the comparisons that these people take part in, with each other or with anybody else.

    Returns
    -------
    CellTrials
        ``first`` runs over all ``n_people``; ``second`` is None. ``disjoint_units`` is the
        better of the two lower bounds, inside and across.
    """
    others = np.setdiff1d(np.arange(n_people), people)
    inside, across = trials.within(people), trials.between(people, others)
    first = np.zeros(n_people, dtype=np.int64)
    first[people] = inside.first + across.first
    first[others] = 0 if across.second is None else across.second
    return CellTrials(
        total=inside.total + across.total,
        first=first,
        second=None,
        sum_squares=inside.sum_squares + across.sum_squares,
        pairs_of_people=inside.pairs_of_people + across.pairs_of_people,
        disjoint_units=max(inside.disjoint_units, across.disjoint_units),
    )


def together(cells: Sequence[CellTrials]) -> CellTrials:
    """Add up cells that share nobody, each of people with each other.

    Parameters
    ----------
    cells : sequence of CellTrials
        From `Trials.within`; may be empty.

    Returns
    -------
    CellTrials
        ``first`` runs over the people of the first cell, then of the second, and so on.

    Raises
    ------
    MeasurementError
        If a cell lies between two groups: its sides would not add up.
    """
    if any(cell.second is not None for cell in cells):
        msg = "only comparisons inside groups can be added up, got those between two groups"
        raise MeasurementError(msg)
    return CellTrials(
        total=sum(cell.total for cell in cells),
        first=np.concatenate([np.empty(0, dtype=np.int64), *(cell.first for cell in cells)]),
        second=None,
        sum_squares=sum(cell.sum_squares for cell in cells),
        pairs_of_people=sum(cell.pairs_of_people for cell in cells),
        disjoint_units=sum(cell.disjoint_units for cell in cells),
    )


def _by(place: People, amounts: Counts, size: int) -> Counts:
    """Add amounts up by place, in whole numbers."""
    sums = np.zeros(size, dtype=np.int64)
    np.add.at(sums, place, amounts)
    return sums


def _listed(
    first: People, second: People, times: Counts, on_first: Counts, on_second: Counts | None
) -> CellTrials:
    return CellTrials(
        total=int(times.sum()),
        first=on_first,
        second=on_second,
        sum_squares=float((times.astype(float) ** 2).sum()),
        pairs_of_people=times.size,
        disjoint_units=_disjoint(first, second),
    )


def _disjoint(first: People, second: People) -> int:
    """Pick pairs that share nobody, greedily: at least half of the most that can be picked."""
    if not first.size:
        return 0
    return int(compiled(pick_disjoint)(first, second, int(max(first.max(), second.max())) + 1))
