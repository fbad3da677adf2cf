"""The first page's tables: each number is one of a report, with its place there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.oversight.site.published_reports import (
    EVERY_ROW,
    IMMIGRATION,
    SEARCHES,
    YIELD,
    figure,
    stem,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from facegate.oversight.site.published_reports import Figure, MadeReport

BY_CLASS: Final = "searches-by-agency-class"
LEADS: Final = "candidates released as leads"
SHOWN: Final = "shown-without-a-lead"
SHARE: Final = "share of people ever enrolled"
RULES: Final = "refusals-by-rule"
NEVER_LED: Final = "people ever shown, and never released as a lead"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a table of the first page: what, in plain words, and its numbers."""

    what: str
    figures: tuple[Figure, ...]
    explained: str = ""


def headlines(made: Mapping[str, MadeReport], years: Sequence[int]) -> tuple[Line, ...]:
    """Give what was asked and what came of it, a column a year."""
    return tuple(
        Line(what, tuple(figure(made, stem(report, year), *place) for year in years))
        for what, report, place in _HEADLINES
    )


def public_headlines(
    made: Mapping[str, MadeReport], years: Sequence[int], *, leads: tuple[Figure, ...]
) -> tuple[Line, ...]:
    """Give the lines that need nothing sealed, and the leads as they were counted elsewhere.

    Parameters
    ----------
    made : mapping of str to MadeReport
        The reports on searches, by the name of their files.
    years : sequence of int
        Which.
    leads : tuple of Figure
        Candidates released as leads, a number a year.
    """
    lines = [
        Line(what, tuple(figure(made, stem(report, year), *place) for year in years))
        for what, report, place in _HEADLINES
        if report == SEARCHES
    ]
    what = next(what for what, report, _ in _HEADLINES if report == YIELD)
    last = next(at for at, one in enumerate(lines) if one.what == _SHOWN) + 1
    return (*lines[:last], Line(what, leads), *lines[last:])


def immigration(made: Mapping[str, MadeReport], year: int) -> tuple[Line, ...]:
    """Give one year's requests about immigration, zeros included, and what was disclosed."""
    where = stem(IMMIGRATION, year)
    table = next(one for one in made[where].report.tables if one.name == "immigration")
    asked = dict.fromkeys(str(row[0]) for row in table.rows)
    return tuple(
        Line(what, tuple(figure(made, where, "immigration", what, column) for column in IMMIGRATION_COLUMNS))
        for what in asked
    )


def refusals(
    made: Mapping[str, MadeReport], years: Sequence[int], said: Mapping[str, str]
) -> tuple[Line, ...]:
    """Give how often each rule refused, a column a year, with what the rule says.

    Parameters
    ----------
    made : mapping of str to MadeReport
        By the name of its files.
    years : sequence of int
        Which.
    said : mapping of str to str
        Plain sentence of each rule that is known.
    """
    counted = {
        year: next(one for one in made[stem(SEARCHES, year)].report.tables if one.name == RULES)
        for year in years
    }
    rules = sorted({str(row[0]) for table in counted.values() for row in table.rows})
    return tuple(
        Line(
            rule,
            tuple(figure(made, stem(SEARCHES, year), RULES, rule, "attempts") for year in years),
            said.get(rule, "Its text is not on this site."),
        )
        for rule in rules
    )


IMMIGRATION_COLUMNS: Final = (
    "image requests",
    "image requests refused",
    "lists released",
    "record requests",
    "records released",
)
_SHOWN: Final = "people shown in all lists (“candidates”)"
_HEADLINES: Final = (
    ("requests to search", SEARCHES, (BY_CLASS, EVERY_ROW, "attempts")),
    ("refused, because a rule was not met", SEARCHES, (BY_CLASS, EVERY_ROW, "refused")),
    ("searches made", SEARCHES, (BY_CLASS, EVERY_ROW, "searches made")),
    ("searches whose list was withheld as a whole", SEARCHES, (BY_CLASS, EVERY_ROW, "lists withheld")),
    ("searches that showed at least one person", SEARCHES, (BY_CLASS, EVERY_ROW, "lists with candidates")),
    (_SHOWN, SEARCHES, (BY_CLASS, EVERY_ROW, "candidates shown")),
    ("of these released to investigators as a lead", YIELD, ("yield", LEADS, "count")),
    ("leads with independent evidence", YIELD, ("yield", "leads with independent evidence", "count")),
    ("leads proved wrong", YIELD, ("yield", "leads proved wrong", "count")),
    ("searches with a lead confirmed", YIELD, ("yield", "searches with a lead confirmed", "count")),
    ("searches by hand, entered afterwards", SEARCHES, ("late-share", EVERY_ROW, "by hand, entered later")),
    ("people ever shown and never a lead, since the log began", YIELD, (SHOWN, NEVER_LED, "count")),
    ("the same, as a share of the people ever enrolled", YIELD, (SHOWN, NEVER_LED, SHARE)),
)
