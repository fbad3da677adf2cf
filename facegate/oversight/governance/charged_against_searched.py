"""The offense that a search was made for against the offense somebody was charged with, by officer.

A search for a robbery that ends, again and again, in a charge of trespassing may be bad luck; of one officer
far oftener than of his colleagues it looks like an offense stated to open the gate. The table does not say
why: charges are reduced by prosecutors for many reasons.

An officer is a number, given in the order in which officers first searched: the same in every report made
from one log, and no id. Whoever knows when an officer made the first search of a log knows his number.

Not for the public. Of which searches a charge was recorded, and for what class and by which agency these
were made, is on the public part of the log: these sums of few searches would give masked counts away.

The class searched for is that of the log. Of a charge the log holds a code, sealed: its class is read from
the catalogue of offenses, whose digest the report prints. Another catalogue can give another report.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from fractions import Fraction
from math import comb
from typing import TYPE_CHECKING, Final

from facegate.oversight.governance.attempts import attempts
from facegate.oversight.governance.searches import NOT_STATED
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.policy.offenses import OffenseCatalogue

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

CHARGE: Final = "charge"
PEOPLE: Final = "searches with a charge"
LEVEL: Final = Fraction(1, 100)
"""Chance at which an officer is named as standing out, divided by the number of officers tested."""


@dataclass(slots=True)
class _Officer:
    """What is counted of one officer."""

    agency: str
    charged: int = 0
    otherwise: int = 0
    pairs: Counter[str] = field(default_factory=Counter)


def charged_against_searched(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Table classes of offenses searched for against those charged, and officers whose charges differ."""
    every = attempts(tuple(events))
    numbers = _numbers(every)
    catalogue = OffenseCatalogue.load()
    classes = {one.code: one.public_class for one in catalogue}
    officers: dict[int, _Officer] = {}
    unknown = 0
    for one in every:
        if one.refused or not period.holds(one.intent.time):
            continue
        who = numbers.get(_who(one))
        if who is None:
            unknown += 1
            continue
        _count(officers.setdefault(who, _Officer(one.intent.text("agency"))), one, classes)
    tables = (_pairs(officers), _officers(officers, unknown), _standing_out(officers))
    by = f"Classes of charges are those of the offense catalogue with SHA-256 {catalogue.digest}."
    return CHARGED_AGAINST_SEARCHED.report(period, log, tables, (*NOTES, by))


def _who(one: Attempt) -> tuple[str, str]:
    return one.intent.text("agency"), one.intent.sealed.get("requester", "")


def _numbers(every: Sequence[Attempt]) -> dict[tuple[str, str], int]:
    """Give officers numbers from 1, in the order in which they first searched."""
    seen = dict.fromkeys(_who(one) for one in every if _who(one)[1])
    return {who: place for place, who in enumerate(seen, start=1)}


def _count(mine: _Officer, one: Attempt, classes: Mapping[str, str]) -> None:
    held_for = [step for step in one.of_kind("outcome") if step.text("what") == CHARGE]
    if not held_for:
        return
    searched = one.intent.text("offense_class") or NOT_STATED
    held = {classes.get(step.sealed.get("offense_charged", ""), NOT_STATED) for step in held_for}
    mine.charged += 1
    mine.otherwise += searched not in held
    mine.pairs[f"{searched}: charged with {' and '.join(sorted(held))}"] += 1


def _pairs(officers: Mapping[int, _Officer]) -> Table:
    total: Counter[str] = Counter()
    for one in officers.values():
        total.update(one.pairs)
    title = "Offense searched for, and offense charged"
    return _table("classes", title, "searched for", sorted(total.items()))


def _officers(officers: Mapping[int, _Officer], unknown: int) -> Table:
    rows = []
    for who, one in sorted(officers.items()):
        name = f"officer {who} of {one.agency}"
        rows += [
            (f"{name}, same class", one.charged - one.otherwise),
            (f"{name}, another class", one.otherwise),
        ]
    note = f"Searches whose officer can no longer be read, in no table here: {unknown}."
    return _table("officers", "The same, by officer", "charged with", rows, note)


def _table(name: str, title: str, by: str, rows: Sequence[tuple[str, int]], *notes: str) -> Table:
    """Lay out one column that adds up to all searches with a charge."""
    last = ("total", sum(count for _, count in rows))
    return Table(name, title, (by, PEOPLE), (*rows, last), notes)


def _standing_out(officers: Mapping[int, _Officer]) -> Table:
    """Name officers whose charges differ more often than chance would have it; without a count."""
    charged = sum(one.charged for one in officers.values())
    otherwise = sum(one.otherwise for one in officers.values())
    tested = {who: one for who, one in sorted(officers.items()) if one.charged}
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (who, one.agency)
        for who, one in tested.items()
        if chance_of_more(one.otherwise, one.charged, otherwise, charged) < LEVEL / len(tested)
    )
    notes = (
        (
            f"Tested: {len(tested)} officers with a charge recorded. Named: those whose searches led to "
            "charges of another class so often that, were charges dealt among them without regard to who "
            f"searched, the chance were below {LEVEL} over {len(tested)} (Fisher's exact test, one-sided)."
        ),
    )
    return Table("standing-out", "Officers who stand out", ("officer (a number)", "agency"), rows, notes)


def chance_of_more(hits: int, draws: int, all_hits: int, everything: int) -> Fraction:
    """Give the chance of as many hits or more, drawing without putting back.

    Parameters
    ----------
    hits, draws : int
        Of one officer: charges of another class, and all charges.
    all_hits, everything : int
        The same of all officers.

    Returns
    -------
    Fraction
        Exact, in (0, 1].

    Examples
    --------
    >>> chance_of_more(2, 2, 2, 4), chance_of_more(0, 3, 5, 9)
    (Fraction(1, 6), Fraction(1, 1))
    """
    counts = range(hits, min(draws, all_hits) + 1)
    ways = sum(comb(all_hits, one) * comb(everything - all_hits, draws - one) for one in counts)
    return Fraction(ways, comb(everything, draws))


NOTES: Final = (
    "A search without a recorded charge says nothing here: either nobody was charged, or nobody recorded it.",
    "Charges are reduced and added for many reasons; who stands out is asked, not judged.",
)
CHARGED_AGAINST_SEARCHED: Final = ReportKind(
    name="charged-against-searched",
    title="Offense searched for against offense charged",
    authority="practice: a stated offense opens the gate and nobody checks it later; no statute asks for it",
    due="yearly",
    needs_openings=True,
    make=charged_against_searched,
    publishable=False,
)
