"""A made-up year: honest work, planted misuse, and the records of both."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.oversight.synthetic_year.honest import plan_honest
from facegate.oversight.synthetic_year.people import make_people
from facegate.oversight.synthetic_year.planted import plan_misuse
from facegate.oversight.synthetic_year.writing import write_plan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.gate.ledger.event import Event
    from facegate.oversight.detectors.circumstances import Known
    from facegate.oversight.synthetic_year.planted import Planted

SEARCHES, MISUSES, AGENCIES, OFFICERS = 20_000, 117, 8, 15
MOST_SEARCHES_EACH = 7  # a planted misuse takes fewer on average
FEWEST_OFFICERS = 3  # one searches, two review


@dataclass(frozen=True, slots=True)
class SyntheticYear:
    """One made-up year.

    Parameters
    ----------
    events : tuple of Event
        The log, in order, opened.
    known : Known
        What the agencies state of their officers.
    planted : tuple of Planted
        The misuse in it.
    searches : mapping of str to int
        Ids of the searches that are misuse, and the number of the misuse.
    n_searches : int
        All searches through the gate.
    """

    events: tuple[Event, ...]
    known: Known
    planted: tuple[Planted, ...]
    searches: Mapping[str, int]
    n_searches: int


def make_year(
    seed: int,
    *,
    n_searches: int = SEARCHES,
    n_misuses: int = MISUSES,
    n_agencies: int = AGENCIES,
    n_officers: int = OFFICERS,
) -> SyntheticYear:
    """Make a year; the same seed makes the same one, byte for byte.

    Parameters
    ----------
    seed : int
        Of everything that varies.
    n_searches : int
        Searches through the gate, honest and not; those entered afterwards come on top.
    n_misuses : int
        How many misuses are planted.
    n_agencies, n_officers : int
        Agencies, and officers of each.

    Returns
    -------
    SyntheticYear
        Records and truth.

    Raises
    ------
    InputError
        If there are too few searches for the misuse, or too few officers to review one another.
    """
    enough = n_searches >= MOST_SEARCHES_EACH * n_misuses
    if not enough or n_misuses < 0 or n_agencies < 1 or n_officers < FEWEST_OFFICERS:
        msg = (
            f"a made-up year needs {MOST_SEARCHES_EACH} searches a misuse and {FEWEST_OFFICERS} officers an "
            f"agency, got {n_searches} searches, {n_misuses} misuses, {n_agencies} agencies of {n_officers}"
        )
        raise InputError(msg)
    random = Random(seed)  # noqa: S311  no secret: the same year shall come out again
    people = make_people(random, n_agencies=n_agencies, n_officers=n_officers)
    plan = plan_honest(random, people, n_searches=n_searches)
    planted = plan_misuse(random, people, plan, n_misuses=n_misuses)
    n_added = len(plan.searches) - n_searches
    del plan.searches[:n_added]  # as much honest work less: the sum stays
    events, searches = write_plan(random, people, plan)
    return SyntheticYear(events, people.known, planted, searches, len(plan.searches))
