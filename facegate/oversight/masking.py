"""Which cells of public tables about people must be hidden, so that none can be worked out by subtraction.

1. A count of 1 to 4 is hidden and prints as "<5". A count of 0 prints as 0: silence and zero differ.
2. In every sum with a small count one more cell is withheld, needed or not. While a hidden count can still be
   worked out (`facegate.oversight.subtraction`), one more cell of its sums is withheld.
3. Which cell is withheld rests on which counts are small, never on a count itself: parts before totals, then
   those in most sums with a hidden cell, then by a hash. Were it the smallest count, a reader who runs these
   lines himself would learn from the choice what the others are not, and often what the small one is.
4. A table in which nothing is left to withhold, and which still gives a count away, is collapsed: nothing
   of it is printed but what is public knowledge, its totals. So is every table at once where more than
   `MOST_HIDDEN` cells would be hidden together: there is little left to print, and much to search.

Totals are never altered. All sums are looked at together: row and column, agency and state, quarter and year.
Cells that are published already (a year, when its quarters are masked) stay as they are, and what comes later
is fitted to them. Nothing is drawn by chance: a report made again hides the same.

References
----------
The rule of 1 to 4 and its test are those of the project's own reports; no statute read asks for it.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.oversight.subtraction import SMALLEST_SHOWN, Mark, Sum, alone, recovered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.oversight.subtraction import Key


MOST_HIDDEN = 100  # cells over all tables together; the integer program beyond takes minutes


def masking_plan(
    counts: Mapping[Key, int],
    sums: Sequence[Sum],
    *,
    sheets: Mapping[Key, str],
    published: Mapping[Key, Mark] | None = None,
    name: str = "",
) -> dict[Key, Mark]:
    """Decide how every cell prints, so that no hidden count can be worked out.

    Parameters
    ----------
    counts : mapping of Key to int
        The true count of every cell, 0 or more.
    sums : sequence of Sum
        Every sum among them, over all tables and periods together.
    sheets : mapping of Key to str
        The table each cell stands in: what is collapsed as a whole if nothing else helps.
    published : mapping of Key to Mark, optional
        Cells that have been published or are known anyway, and how; these are not hidden any further.
    name : str
        Of the report: it goes into the hash by which cells are withheld.

    Returns
    -------
    dict of Key to Mark
        How each cell prints.

    Raises
    ------
    InputError
        If a count is negative or a sum does not hold: then the tables are no tables.
    RuntimeError
        If what was published before gives a count away by itself.

    Examples
    --------
    >>> counts = {("a",): 3, ("b",): 7, ("c",): 9, ("total",): 19}
    >>> row = Sum(("total",), (("a",), ("b",), ("c",)))
    >>> plan = masking_plan(counts, [row], sheets=dict.fromkeys(counts, "one table"))
    >>> [str(plan[key]) for key in counts]
    ['small', 'withheld', 'shown', 'shown']
    """
    _demand_sums(counts, sums)
    plan = _Plan(counts, sums, sheets, dict(published or {}), name)
    plan.close_small()
    plan.collapse_crowded()
    safe: frozenset[Key] = frozenset()
    while True:
        while lone := alone(sums, plan.marks):
            plan.hide_beside(min(lone))
        given_away = recovered(counts, sums, plan.marks, known_safe=safe)
        if not given_away:
            return plan.marks
        safe = plan.hidden - given_away
        for key in sorted(given_away):
            if not plan.hide_beside(key):
                break  # a table collapsed: the others may be safe by now


class _Plan:
    """The marks so far."""

    def __init__(
        self,
        counts: Mapping[Key, int],
        sums: Sequence[Sum],
        sheets: Mapping[Key, str],
        published: dict[Key, Mark],
        name: str,
    ) -> None:
        self.marks = {key: published.get(key, _first_mark(count)) for key, count in counts.items()}
        self._sums = sums
        self._sheets = sheets
        self._name = name
        self._published = published
        self._totals = frozenset(one.total for one in sums)
        self._sums_of: dict[Key, list[Sum]] = {key: [] for key in counts}
        for one in sums:
            for key in one.cells:
                self._sums_of[key].append(one)

    @property
    def hidden(self) -> frozenset[Key]:
        """Cells whose count does not print."""
        return frozenset(key for key, mark in self.marks.items() if mark is not Mark.SHOWN)

    def _is_hidden(self, key: Key) -> bool:
        return self.marks[key] is not Mark.SHOWN

    def close_small(self) -> None:
        """Withhold a cell in every sum with a small count, so that it tells nothing that one was."""
        for one in self._sums:
            marks = {self.marks[key] for key in one.cells}
            if Mark.SMALL in marks and Mark.WITHHELD not in marks:
                self.marks.update(dict.fromkeys(self._first(one.cells), Mark.WITHHELD))

    def collapse_crowded(self) -> None:
        """Collapse the tables at once where too many cells are hidden for the search to end in seconds."""
        if len(self.hidden) <= MOST_HIDDEN:
            return
        crowded = {self._sheets[key] for key in self.hidden if key not in self._published}
        for cell, sheet in self._sheets.items():
            if sheet in crowded and cell not in self._published:
                self.marks[cell] = Mark.LEFT_OUT

    def hide_beside(self, key: Key) -> bool:
        """Hide one more cell in each sum in which this one is the only hidden one; else one further off.

        False if there was none left to hide, and a whole table was collapsed instead.
        """
        alone = [one for one in self._sums_of[key] if sum(map(self._is_hidden, one.cells)) == 1]
        nearest = [found for one in alone for found in self._first(one.cells)]
        if nearest:
            self.marks.update(dict.fromkeys(nearest, Mark.WITHHELD))
            return True
        reached = self._first(self._reach(key))
        if not reached:
            self._collapse(key)
            return False
        self.marks.update(dict.fromkeys(reached, Mark.WITHHELD))
        return True

    def _first(self, cells: Sequence[Key]) -> list[Key]:
        """Choose the cell that is withheld next, as a list of one; of none if all are hidden or published."""
        free = [key for key in cells if self.marks[key] is Mark.SHOWN and key not in self._published]
        return [min(free, key=self._place)] if free else []

    def _place(self, key: Key) -> tuple[bool, int, bytes, Key]:
        """Give a cell's place in the order of withholding, in which no count may have a say."""
        n_closed = sum(any(map(self._is_hidden, one.cells)) for one in self._sums_of[key])
        digest = hashlib.sha256("\0".join((self._name, *key)).encode()).digest()
        return (key in self._totals, -n_closed, digest, key)

    def _reach(self, key: Key) -> list[Key]:
        """List the cells of every sum that hidden cells link to this one."""
        seen, waiting = {key}, [key]
        reached: dict[Key, None] = {}
        while waiting:
            for one in self._sums_of[waiting.pop()]:
                reached.update(dict.fromkeys(one.cells))
                new = [cell for cell in one.cells if self._is_hidden(cell) and cell not in seen]
                seen.update(new)
                waiting += new
        return list(reached)

    def _collapse(self, key: Key) -> None:
        """Print nothing of a table but what is published of it: the cell's own, or one that tells of it."""
        own = [self._sheets[key]] if key not in self._published else []
        near = sorted({self._sheets[cell] for cell in self._reach(key)})
        for sheet in (*own, *near):
            left = [
                cell
                for cell, where in self._sheets.items()
                if where == sheet and cell not in self._published and self.marks[cell] is not Mark.LEFT_OUT
            ]
            if left:
                self.marks.update(dict.fromkeys(left, Mark.LEFT_OUT))
                return
        msg = "what was published before gives a small count away by itself: it was not masked as it should"
        raise RuntimeError(msg)


def _first_mark(count: int) -> Mark:
    return Mark.SMALL if 1 <= count < SMALLEST_SHOWN else Mark.SHOWN


def _demand_sums(counts: Mapping[Key, int], sums: Sequence[Sum]) -> None:
    if negative := sorted(key for key, count in counts.items() if count < 0):
        msg = f"a count to be masked is 0 or more, got {counts[negative[0]]} in {' / '.join(negative[0])}"
        raise InputError(msg)
    for one in sums:
        parts = sum(counts[key] for key in one.parts)
        if parts != counts[one.total]:
            msg = (
                f"the parts of {' / '.join(one.total)} add up to {parts}, its total says {counts[one.total]}"
            )
            raise InputError(msg)
