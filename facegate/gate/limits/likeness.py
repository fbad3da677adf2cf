"""Which past searches a probe is like, and what follows from it: of what it is a variant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.limits.near import past_probes, rows_of
from facegate.gate.limits.searches import (
    DAY,
    IN_ANOTHER_CASE,
    VARIANT_IN_AGENCY,
    VARIANT_IN_CASE,
    VARIANT_OF_OFFICER,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.gate.ledger.event import Row
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.gate.limits.near import Nearness


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks, in which case, when.

    Parameters
    ----------
    agency, officer, case_number : str
        As stated.
    at, since : int
        Now, and the start of the window: seconds since 1970.
    """

    agency: str
    officer: str
    case_number: str
    at: int
    since: int

    @property
    def day(self) -> int:
        """UTC day, counted since 1970."""
        return self.at // DAY


@dataclass(frozen=True, slots=True)
class Like:
    """Past searches that a probe is like.

    Parameters
    ----------
    own : sequence of Row
        The agency's own within the window: columns of ``limits_search``.
    group : sequence of Row
        Those, and whom they are like in turn.
    everywhere : sequence of Row
        Anybody's, at any time.
    """

    own: Sequence[Row] = ()
    group: Sequence[Row] = ()
    everywhere: Sequence[Row] = ()


def like_of(ledger: Ledger, nearness: Nearness, who: Who, marks: ProbeMarks | None, *, enough: int) -> Like:
    """Read the past searches that the probe is like; chains of small steps until there are ``enough``."""
    if marks is None:
        return Like()
    past = past_probes(ledger, nearness)
    near = past.near(ledger, marks, who.agency, since=who.since, enough=enough)
    read = {row["seq"]: row for row in rows_of(ledger, near.own | near.group | near.everywhere)}
    return Like(*([read[seq] for seq in some] for some in (near.own, near.group, near.everywhere)))


def flags_of(who: Who, like: Like) -> tuple[str, ...]:
    """Say of what the probe is a variant, and whether it was asked in another case."""
    today = [row for row in like.own if row["at"] // DAY == who.day]
    case = (who.agency, who.case_number)
    found = {
        VARIANT_IN_CASE: any(row["case_number"] == who.case_number for row in like.own),
        VARIANT_OF_OFFICER: any(row["officer"] == who.officer for row in today),
        VARIANT_IN_AGENCY: bool(today),
        IN_ANOTHER_CASE: any((row["agency"], row["case_number"]) != case for row in like.everywhere),
    }
    return tuple(flag for flag, is_so in found.items() if is_so)
