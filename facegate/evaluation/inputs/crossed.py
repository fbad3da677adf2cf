"""Who is compared how often where every row of a matrix meets every column, in closed form.

A matrix of a million scores and more must not be listed pair by pair. Notation of the
comments: a_i rows and b_i columns of person i, so m_ij = a_i b_j + a_j b_i. A square matrix
of one list, both orders counted, has a = b.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from facegate.evaluation.trials import CellTrials

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from facegate.evaluation.trials import Counts, ListedPairs, People, Trials, Weights


@dataclass(frozen=True, slots=True)
class Crossed:
    """Every row compared with every column.

    Parameters
    ----------
    rows, columns : ndarray of shape (n_people,), int64
        Rows and columns of each person, a_i and b_i.
    """

    rows: Counts
    columns: Counts

    @property
    def n_people(self) -> int:
        """People in the population, those never compared included."""
        return self.rows.size

    def within(self, people: People) -> CellTrials:
        """Count among these people: (sum a)(sum b) - sum a b."""
        a, b = self.rows[people], self.columns[people]
        total_a, total_b, both = int(a.sum()), int(b.sum()), a * b
        crossed = float(both.sum())
        only_a, only_b, either = _kinds(a, b)
        n = only_a + only_b + either
        return CellTrials(
            total=total_a * total_b - int(both.sum()),
            first=a * (total_b - b) + b * (total_a - a),
            second=None,
            sum_squares=_sum_squares(a) * _sum_squares(b) + crossed**2 - 2 * _sum_squares(both),
            # all pairs, less two of whom each has only rows, or each only columns
            pairs_of_people=_pairs(n) - _pairs(only_a) - _pairs(only_b),
            disjoint_units=min(n // 2, n - max(only_a, only_b)),
        )

    def between(self, first: People, second: People) -> CellTrials:
        """Count between two sets: a of one with b of the other, both ways."""
        (a, b), (c, d) = [(self.rows[one], self.columns[one]) for one in (first, second)]
        kinds, others = _kinds(a, b), _kinds(c, d)
        n, m = sum(kinds), sum(others)
        strangers = kinds[0] * others[0] + kinds[1] * others[1]
        # Koenig: the largest matching leaves out the largest set in which nobody meets
        apart = max(n, m, kinds[0] + others[0], kinds[1] + others[1])
        return CellTrials(
            total=int(a.sum()) * int(d.sum()) + int(b.sum()) * int(c.sum()),
            first=a * d.sum() + b * c.sum(),
            second=c * b.sum() + d * a.sum(),
            sum_squares=_sum_squares(a) * _sum_squares(d)
            + _sum_squares(b) * _sum_squares(c)
            + 2 * float((a * b).sum()) * float((c * d).sum()),
            pairs_of_people=n * m - strangers,
            disjoint_units=n + m - apart,
        )

    def of(self, first: People, second: People) -> Counts:
        """Count between two people: a_i b_j + a_j b_i."""
        return self.rows[first] * self.columns[second] + self.rows[second] * self.columns[first]

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij by pair of groups, in closed form."""
        a, b = weights * self.rows, weights * self.columns
        sum_a, sum_b = np.bincount(group, a, n_groups), np.bincount(group, b, n_groups)
        square = np.outer(sum_a, sum_b) + np.outer(sum_b, sum_a)
        np.fill_diagonal(square, sum_a * sum_b - np.bincount(group, a * b, n_groups))
        return np.asarray(square)

    def within_folds(self, fold: People) -> Folded:
        """Keep the comparisons inside each fold."""
        return Folded(self, fold)


@dataclass(frozen=True, slots=True)
class Folded:
    """Comparisons of people of the same fold only.

    Parameters
    ----------
    whole : Crossed
        All comparisons.
    fold : ndarray of shape (n_people,), int64
        Fold of each person, from 0.
    """

    whole: Crossed
    fold: People

    @property
    def n_people(self) -> int:
        """People in the population, those never compared included."""
        return self.whole.n_people

    def within(self, people: People) -> CellTrials:
        """Count among these people, fold by fold."""
        first = np.zeros(people.size, dtype=np.int64)
        parts = []
        for one in self._folds():
            inside = self.fold[people] == one
            part = self.whole.within(people[inside])
            first[inside] = part.first
            parts.append(part)
        return _added(parts, first, None)

    def between(self, first: People, second: People) -> CellTrials:
        """Count between two sets, fold by fold."""
        on_first, on_second = (np.zeros(people.size, dtype=np.int64) for people in (first, second))
        parts = []
        for one in self._folds():
            inside, across = self.fold[first] == one, self.fold[second] == one
            part = self.whole.between(first[inside], second[across])
            on_first[inside] = part.first
            on_second[across] = 0 if part.second is None else part.second
            parts.append(part)
        return _added(parts, on_first, on_second)

    def of(self, first: People, second: People) -> Counts:
        """Count between two people; 0 across folds."""
        return np.where(self.fold[first] == self.fold[second], self.whole.of(first, second), 0)

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij by pair of groups, fold by fold."""
        square = np.zeros((n_groups, n_groups))
        for one in self._folds():
            square += self.whole.weighted(group, n_groups, weights * (self.fold == one))
        return square

    def within_folds(self, fold: People) -> Folded:
        """Keep the comparisons inside each fold; folds that there were already are cut further."""
        return Folded(self.whole, self.fold * (int(fold.max(initial=0)) + 1) + fold)

    def _folds(self) -> list[int]:
        return [int(one) for one in np.unique(self.fold)]


@dataclass(frozen=True, slots=True)
class Without:
    """Comparisons less some that were left out.

    Parameters
    ----------
    whole : Trials
        All comparisons.
    left_out : ListedPairs
        Those to take away; none between two people oftener than they were compared.
    """

    whole: Trials
    left_out: ListedPairs

    @property
    def n_people(self) -> int:
        """People in the population, those never compared included."""
        return self.left_out.n_people

    def within(self, people: People) -> CellTrials:
        """Count among these people."""
        inside = np.zeros(self.left_out.n_people, dtype=np.bool_)
        inside[people] = True
        chosen = inside[self.left_out.first] & inside[self.left_out.second]
        return self._less(self.whole.within(people), self.left_out.within(people), chosen)

    def between(self, first: People, second: People) -> CellTrials:
        """Count between two sets."""
        side = np.zeros(self.left_out.n_people, dtype=np.int8)
        side[first], side[second] = 1, 2
        chosen = side[self.left_out.first] * side[self.left_out.second] == 2  # noqa: PLR2004  one of each side
        whole, out = self.whole.between(first, second), self.left_out.between(first, second)
        return self._less(whole, out, chosen)

    def of(self, first: People, second: People) -> Counts:
        """Count between two people."""
        return self.whole.of(first, second) - self.left_out.of(first, second)

    def weighted(self, group: People, n_groups: int, weights: Weights) -> NDArray[np.float64]:
        """Sum w_i w_j m_ij by pair of groups."""
        whole = self.whole.weighted(group, n_groups, weights)
        return np.asarray(whole - self.left_out.weighted(group, n_groups, weights))

    def within_folds(self, fold: People) -> Without:
        """Keep the comparisons inside each fold."""
        return Without(self.whole.within_folds(fold), self.left_out.within_folds(fold))

    def _less(self, whole: CellTrials, out: CellTrials, chosen: NDArray[np.bool_]) -> CellTrials:
        """Take away, pair of people by pair of people: sum (m - r)^2 = sum m^2 - 2 m r + r^2."""
        one, other = self.left_out.first[chosen], self.left_out.second[chosen]
        times, compared = self.left_out.times[chosen], self.whole.of(one, other)
        emptied = int(np.count_nonzero(times == compared))
        second = None if whole.second is None or out.second is None else whole.second - out.second
        return CellTrials(
            total=whole.total - out.total,
            first=whole.first - out.first,
            second=second,
            sum_squares=whole.sum_squares + out.sum_squares - 2 * float((times * compared).sum()),
            pairs_of_people=whole.pairs_of_people - emptied,
            disjoint_units=max(0, whole.disjoint_units - emptied),  # each is in at most one of the units
        )


def _added(parts: list[CellTrials], first: Counts, second: Counts | None) -> CellTrials:
    """Add up folds that share nobody."""
    return CellTrials(
        total=sum(part.total for part in parts),
        first=first,
        second=second,
        sum_squares=sum(part.sum_squares for part in parts),
        pairs_of_people=sum(part.pairs_of_people for part in parts),
        disjoint_units=sum(part.disjoint_units for part in parts),
    )


def _sum_squares(values: Counts) -> float:
    return float((values.astype(np.float64) ** 2).sum())


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


def _kinds(a: Counts, b: Counts) -> tuple[int, int, int]:
    """Count people with rows only, with columns only, and with both."""
    return (
        int(np.count_nonzero((a > 0) & (b == 0))),
        int(np.count_nonzero((a == 0) & (b > 0))),
        int(np.count_nonzero((a > 0) & (b > 0))),
    )
