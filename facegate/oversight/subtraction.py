"""What a reader can work out about hidden counts from the counts that are printed.

The reader knows every printed count, every sum there is among the counts, and what a hidden cell can be:

- ``SMALL`` prints as "<5": it is 1, 2, 3 or 4;
- ``WITHHELD`` prints as "withheld": it is 0 or at least 5, else it were small;
- ``LEFT_OUT`` is not printed at all: it is anything from 0 up, and not looked after any further.

A hidden count is worked out if it is the only one that these allow. The search for another one is a small
integer program (HiGHS, through SciPy); what it finds is checked again in whole numbers before it counts, so
an error of the solver can hide too much and never too little.

Not covered:

- a reader who knows one of the people;
- one who compares reports made at two sizes of the log: what was recorded or erased between is their
  difference;
- one who runs the rule of masking himself and keeps only the counts that it would print so. Tried on tables
  drawn by chance (counts 0 to 12, at least one of them small), he told no small count in 300 rows of five,
  300 tables of two by two and 65 of two by three; a withheld one, which is 0 or at least 5, in 25, 2 and 1
  of them. This was measured, not proved. Were the smallest count withheld, he told a small one in 38 rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import lil_array

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Key: TypeAlias = tuple[str, ...]

SMALLEST_SHOWN: Final = 5  # a count from 1 up to below this one is small
ROOM: Final = 20  # how far above the largest count a hidden one is looked for


class Mark(StrEnum):
    """How one cell prints."""

    SHOWN = "shown"
    SMALL = "small"
    WITHHELD = "withheld"
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Sum:
    """One sum among counts that every reader knows.

    Parameters
    ----------
    total : Key
        The cell that holds it.
    parts : tuple of Key
        The cells that add up to it.
    """

    total: Key
    parts: tuple[Key, ...]

    @property
    def cells(self) -> tuple[Key, ...]:
        """The total and its parts."""
        return (self.total, *self.parts)


def alone(sums: Sequence[Sum], marks: Mapping[Key, Mark]) -> frozenset[Key]:
    """Find the hidden cells that stand alone in a sum: what is left of it is their count.

    Quick, and by itself no proof of safety: `recovered` is that.
    """
    found = set()
    for one in sums:
        hidden = [key for key in one.cells if marks[key] is not Mark.SHOWN]
        if len(hidden) == 1 and marks[hidden[0]] is not Mark.LEFT_OUT:
            found.add(hidden[0])
    return frozenset(found)


def recovered(
    counts: Mapping[Key, int],
    sums: Sequence[Sum],
    marks: Mapping[Key, Mark],
    *,
    known_safe: Iterable[Key] = (),
) -> frozenset[Key]:
    """Find the hidden cells whose count a reader can work out.

    Parameters
    ----------
    counts : mapping of Key to int
        The true count of every cell, 0 or more.
    sums : sequence of Sum
        Every sum among them.
    marks : mapping of Key to Mark
        How each cell prints.
    known_safe : iterable of Key
        Hidden cells for which another count was found before; hiding more cells never makes one unsafe.

    Returns
    -------
    frozenset of Key
        Cells printed as small or withheld that only one count fits.
    """
    lone = alone(sums, marks)
    safe = set(known_safe)
    found: set[Key] = set()
    for part in _connected(sums, marks):
        wanted = [
            key for key in part if key not in safe and key not in lone and marks[key] is not Mark.LEFT_OUT
        ]
        if wanted:
            found.update(_only_one(_Program(part, counts, sums, marks), wanted))
    return lone | found


def _only_one(program: _Program, wanted: list[Key]) -> list[Key]:
    """Give those of the wanted cells that only one count fits."""
    left = set(wanted)
    for sign in (1.0, -1.0):  # two far corners of what is possible tell of most cells at once
        if (other := program.solve(sign=sign, toward=left)) is not None:
            left -= program.differing(other)
    found = []
    for key in sorted(left):
        if key not in left:
            continue
        if (other := program.another(key)) is None:
            found.append(key)
        else:
            left -= program.differing(other)
    return found


def _connected(sums: Sequence[Sum], marks: Mapping[Key, Mark]) -> list[list[Key]]:
    """Split the hidden cells into parts that share no sum: each is a problem of its own."""
    leader = {key: key for key, mark in marks.items() if mark is not Mark.SHOWN}

    def find(key: Key) -> Key:
        while leader[key] != key:
            leader[key] = leader[leader[key]]
            key = leader[key]
        return key

    for one in sums:
        hidden = [key for key in one.cells if key in leader]
        for key in hidden[1:]:
            leader[find(key)] = find(hidden[0])
    parts: dict[Key, list[Key]] = defaultdict(list)
    for key in sorted(leader):
        parts[find(key)].append(key)
    return list(parts.values())


class _Program:
    """The whole numbers that the hidden cells of one connected part may be, as bounds and equations.

    A withheld cell has a switch beside it, 0 or 1: with it "0 or at least 5" is written in two inequalities.
    """

    def __init__(
        self, part: list[Key], counts: Mapping[Key, int], sums: Sequence[Sum], marks: Mapping[Key, Mark]
    ) -> None:
        inside = set(part)
        self._hidden = part
        self._counts, self._marks = counts, marks
        self._sums = [one for one in sums if not inside.isdisjoint(one.cells)]
        most = max((counts[key] for one in self._sums for key in one.cells), default=0) + ROOM
        small = [marks[key] is Mark.SMALL for key in part]
        gapped = [number for number, key in enumerate(part) if marks[key] is Mark.WITHHELD]
        self._width = len(part) + len(gapped)
        self._lower = np.array([*(1.0 if one else 0.0 for one in small), *(0.0 for _ in gapped)])
        tops = (SMALLEST_SHOWN - 1.0 if one else float(most) for one in small)
        self._upper = np.array([*tops, *(1.0 for _ in gapped)])
        self._constraints = [*self._equations(), *self._gaps(gapped, float(most))]

    def differing(self, other: Mapping[Key, int]) -> set[Key]:
        """Give the cells that hold another count there than they do in truth."""
        return {key for key, value in other.items() if value != self._counts[key]}

    def another(self, key: Key) -> dict[Key, int] | None:
        """Give counts for all hidden cells that fit everything printed, with another one for this cell."""
        at = self._hidden.index(key)
        truth = self._counts[key]
        for low, high in ((self._lower[at], truth - 1.0), (truth + 1.0, self._upper[at])):
            if low <= high and (found := self.solve(held=(at, low, high))) is not None:
                return found
        return None

    def solve(
        self,
        *,
        held: tuple[int, float, float] | None = None,
        sign: float = 0.0,
        toward: Collection[Key] = (),
    ) -> dict[Key, int] | None:
        """Look for whole numbers that fit; one cell held within other bounds, or some pushed apart."""
        lower, upper = self._lower.copy(), self._upper.copy()
        if held is not None:
            lower[held[0]], upper[held[0]] = held[1], held[2]
        goal = np.zeros(self._width)
        for number, key in enumerate(self._hidden):
            if key in toward:
                goal[number] = sign * (1 + number % 7) * (-1) ** number  # any uneven push will do
        done = milp(
            goal,
            integrality=np.ones(self._width, dtype=np.int64),
            bounds=Bounds(lower, upper),
            constraints=self._constraints,
        )
        if done.x is None:
            return None
        found = dict(zip(self._hidden, map(round, done.x), strict=False))  # the switches come after
        return found if self._fits(found) else None

    def _equations(self) -> list[LinearConstraint]:
        """Write the sums: hidden cells on the left, printed ones on the right."""
        column = {key: number for number, key in enumerate(self._hidden)}
        if not self._sums:
            return []
        left = lil_array((len(self._sums), self._width))
        right = np.zeros(len(self._sums))
        for row, one in enumerate(self._sums):
            for sign, key in ((1, one.total), *((-1, part) for part in one.parts)):
                if key in column:
                    left[row, column[key]] = sign
                else:
                    right[row] -= sign * self._counts[key]
        return [LinearConstraint(left.tocsr(), right, right)]

    def _gaps(self, gapped: list[int], most: float) -> list[LinearConstraint]:
        """Write "0 or at least 5": count >= 5 switch, and count <= most * switch."""
        if not gapped:
            return []
        left = lil_array((2 * len(gapped), self._width))
        for row, number in enumerate(gapped):
            switch = len(self._hidden) + row
            left[2 * row, number], left[2 * row, switch] = 1.0, -float(SMALLEST_SHOWN)
            left[2 * row + 1, number], left[2 * row + 1, switch] = 1.0, -most
        lows = np.array([0.0, -np.inf] * len(gapped))
        highs = np.array([np.inf, 0.0] * len(gapped))
        return [LinearConstraint(left.tocsr(), lows, highs)]

    def _fits(self, found: Mapping[Key, int]) -> bool:
        """Check in whole numbers what the solver found with floating-point ones."""

        def value(key: Key) -> int:
            return found.get(key, self._counts[key])

        sums_hold = all(value(one.total) == sum(map(value, one.parts)) for one in self._sums)
        return sums_hold and all(can_be(self._marks[key], held) for key, held in found.items())


def can_be(mark: Mark, value: int) -> bool:
    """Tell whether a cell that prints so can hold this count."""
    if mark is Mark.SMALL:
        return 1 <= value < SMALLEST_SHOWN
    if mark is Mark.WITHHELD:
        return value == 0 or value >= SMALLEST_SHOWN
    return value >= 0
