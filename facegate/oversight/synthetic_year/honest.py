"""Honest work, with everything in it that looks like misuse and is none.

Plain cases; cold cases that one officer takes up alone after months; fugitives who are searched for again and
again; series, one suspect over several cases of one officer; colleagues' relatives who really are suspects;
officers who really are suspects, in an internal inquiry; shifts swapped, prolonged, and people called out at
night; searches made by hand and entered afterwards; lists with a stranger at the top, who may be anybody's
brother.
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from facegate.oversight.synthetic_year.people import DAYS, FIRST_DAY, GALLERY, on_shift, subject
from facegate.oversight.synthetic_year.plan import Plan, PlannedCase, PlannedLate, PlannedSearch

if TYPE_CHECKING:
    from datetime import date
    from random import Random

    from facegate.oversight.synthetic_year.people import Officer, People

OFFENSES = ("0901", "0912", "1201", "1204", "1301", "1314", "2202", "2305", "2404", "2605")
MOST_IN_CASE = 10  # the gate's own cap
SHARES = {"plain": 0.87, "cold": 0.06, "fugitive": 0.04, "series": 0.03}
LATE_SHARE = 250  # one search in so many is made by hand besides
RELATIVES, INQUIRIES = 130, 1000  # one honest case in so many


def plan_honest(random: Random, people: People, *, n_searches: int) -> Plan:
    """Plan honest work until there are so many searches.

    Parameters
    ----------
    random : Random
        Source of everything that varies.
    people : People
        Who works.
    n_searches : int
        How many.

    Returns
    -------
    Plan
        Cases, searches, and searches entered afterwards besides.
    """
    plan = Plan()
    while len(plan.searches) < n_searches:
        kind = random.choices(tuple(SHARES), tuple(SHARES.values()))[0]
        lead, second = _pair(random, people)
        _KINDS[kind](random, people, plan, lead, second)
        if random.random() < 1 / INQUIRIES:
            _inquiry(random, people, plan, lead, second)
    del plan.searches[n_searches:]
    for one in random.sample(plan.searches, n_searches // LATE_SHARE):
        made = on_shift(random, one.officer, one.at.date())
        plan.late.append(
            PlannedLate(made, made + timedelta(hours=random.randint(1, 40)), one.officer, one.case)
        )
    for case in plan.cases:
        _live_on(random, case)
    return plan


def new_case(random: Random, plan: Plan, *, lead: Officer, second: Officer, day: date) -> PlannedCase:
    """Register a case on a day, at a clerk's hour."""
    opened = datetime.combine(day, time(8), tzinfo=UTC) + timedelta(minutes=random.randrange(480))
    number = f"{day:%y}-{len(plan.cases):06}"
    case = PlannedCase(lead.agency, number, random.choice(OFFENSES), opened, lead, second, last=opened)
    plan.cases.append(case)
    return case


def some_day(random: Random) -> date:
    """Draw a day of the year."""
    return FIRST_DAY + timedelta(days=random.randrange(DAYS))


def within_year(at: datetime) -> datetime:
    """Move what would lie after the year into its last days, and what lies before it into the first."""
    end = datetime.combine(FIRST_DAY + timedelta(days=DAYS), time(), tzinfo=UTC)
    start = datetime.combine(FIRST_DAY, time(), tzinfo=UTC)
    while at >= end:
        at -= timedelta(days=7)  # the same hour of the same weekday: his shift stays his shift
    while at < start:
        at += timedelta(days=7)
    return at


def add_search(plan: Plan, search: PlannedSearch) -> None:
    """Add a search, and say that something happened in its case."""
    plan.searches.append(search)
    search.case.last = max(search.case.last, search.at)


def _plain(random: Random, people: People, plan: Plan, lead: Officer, second: Officer) -> None:
    case = new_case(random, plan, lead=lead, second=second, day=some_day(random))
    suspects = [_suspect(random, people, lead) for _ in range(random.randint(1, 3))]
    _search_often(
        random, plan, case, suspects, n=min(MOST_IN_CASE, 1 + int(random.expovariate(1 / 2.2))), days=6.0
    )


def _cold(random: Random, people: People, plan: Plan, lead: Officer, second: Officer) -> None:
    """Open a case, and let one officer search alone after months."""
    case = new_case(
        random, plan, lead=lead, second=second, day=FIRST_DAY + timedelta(days=random.randrange(180))
    )
    for _ in range(random.randint(1, 2)):
        day = case.opened.date() + timedelta(days=random.randint(60, 180))
        at = within_year(on_shift(random, lead, day))
        add_search(plan, PlannedSearch(at, lead, case, _suspect(random, people, lead), p_followed=0.35))


def _fugitive(random: Random, people: People, plan: Plan, lead: Officer, second: Officer) -> None:
    """Search for one person again and again; a third of the fugitives are never found."""
    case = new_case(random, plan, lead=lead, second=second, day=some_day(random))
    who, followed = [_suspect(random, people, lead)], 0.3 if random.random() < 2 / 3 else 0.0
    _search_often(random, plan, case, who, n=random.randint(4, 8), days=35.0, p_followed=followed)


def _series(random: Random, people: People, plan: Plan, lead: Officer, second: Officer) -> None:
    """Search for one suspect in several cases of one officer."""
    day, who = some_day(random), [_suspect(random, people, lead)]
    for _ in range(random.randint(2, 4)):
        case = new_case(random, plan, lead=lead, second=second, day=day)
        _search_often(random, plan, case, who, n=random.randint(1, 2), days=4.0, p_followed=0.5)
        day = min(day + timedelta(days=random.randint(2, 20)), FIRST_DAY + timedelta(days=DAYS - 1))


def _inquiry(random: Random, people: People, plan: Plan, lead: Officer, second: Officer) -> None:
    """Search, honestly, for an officer who is suspected of something."""
    case = new_case(random, plan, lead=lead, second=second, day=some_day(random))
    other = random.choice([one for one in people.officers[lead.agency] if one is not lead])
    _search_often(random, plan, case, [other.subject], n=random.randint(1, 2), days=5.0)


_KINDS = {"plain": _plain, "cold": _cold, "fugitive": _fugitive, "series": _series}


def _search_often(
    random: Random,
    plan: Plan,
    case: PlannedCase,
    suspects: list[str],
    *,
    n: int,
    days: float,
    p_followed: float = 0.45,
) -> None:
    for _ in range(n):
        who = case.lead if random.random() < 0.75 else case.second  # noqa: PLR2004  three in four
        day = case.opened.date() + timedelta(days=int(random.expovariate(1 / days)))
        at = within_year(on_shift(random, who, day))
        at = max(at, case.opened + timedelta(minutes=5))
        add_search(plan, PlannedSearch(at, who, case, random.choice(suspects), p_followed=p_followed))


def _suspect(random: Random, people: People, lead: Officer) -> str:
    """Draw a suspect: anybody, now and then a colleague's relative, never the officer's own."""
    if random.random() < 1 / RELATIVES:
        return random.choice(random.choice(people.officers[lead.agency]).kin)
    return subject(random.randrange(GALLERY))


def _pair(random: Random, people: People) -> tuple[Officer, Officer]:
    lead, second = random.sample(random.choice(list(people.officers.values())), 2)
    return lead, second


def _live_on(random: Random, case: PlannedCase) -> None:
    """Let a case go on: warrants, another charge, its end."""
    span = case.last - case.opened
    if random.random() < 0.15:  # noqa: PLR2004
        case.paper = case.opened + span * random.random()
    if random.random() < 0.04:  # noqa: PLR2004
        case.amended, case.amended_to = case.opened + span * random.random(), random.choice(OFFENSES)
    if random.random() < 0.6:  # noqa: PLR2004
        case.closed = case.last + timedelta(days=random.randint(5, 60))
