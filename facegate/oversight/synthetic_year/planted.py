"""Planted misuse: what its authors imagined, after the accounts of gate.md row F7, and no more than that.

Each is one officer's doing and may take several searches. Noise works against the detectors: most are made on
shift under a case that lives, some of the people are stated in no file, some lists find nobody, some misuse
cannot be told from work at all (``curiosity`` on shift in one's own case). Somebody who knows the detectors
would do better.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.oversight.synthetic_year.honest import add_search, new_case, some_day, within_year
from facegate.oversight.synthetic_year.people import DAYS, FIRST_DAY, GALLERY, off_duty, on_shift, subject
from facegate.oversight.synthetic_year.plan import PlannedSearch

if TYPE_CHECKING:
    from datetime import date, datetime
    from random import Random

    from facegate.oversight.synthetic_year.people import Officer, People
    from facegate.oversight.synthetic_year.plan import Plan, PlannedCase

MIXTURE = {
    "self_search": 12,
    "family_or_partner": 25,
    "colleague": 15,
    "stalking": 27,
    "curiosity": 14,
    "no_case": 14,
    "false_beneficiary": 10,
}
"""How many of each class among 117."""
FOUND = 0.85  # a misuser has a good photo
FOLLOWED = 0.03  # and now and then something is recorded as if it were evidence
IDLE_FOR = timedelta(days=60)


@dataclass(frozen=True, slots=True)
class Planted:
    """One planted misuse: its number, its class, and whose it is."""

    number: int
    misuse_class: str
    agency: str
    officer: str


def plan_misuse(random: Random, people: People, plan: Plan, *, n_misuses: int) -> tuple[Planted, ...]:
    """Put misuse into a plan of honest work.

    Parameters
    ----------
    random : Random
        Source of everything that varies.
    people : People
        Of whom somebody does it.
    plan : Plan
        Honest work; the searches are added to it.
    n_misuses : int
        How many, in the mixture of `MIXTURE`.

    Returns
    -------
    tuple of Planted
        What was planted: the truth to measure against.
    """
    planting = _Planting(random, people, plan)
    for number, misuse_class in enumerate(_classes(n_misuses)):
        planting.plant(number, misuse_class)
    return tuple(planting.planted)


def _classes(n: int) -> list[str]:
    """Spread the mixture over n, each class by its share, the largest remainders first."""
    total = sum(MIXTURE.values())
    shares = {name: count * n / total for name, count in MIXTURE.items()}
    counts = {name: int(share) for name, share in shares.items()}
    rest = sorted(shares, key=lambda name: counts[name] - shares[name])
    for name in rest[: n - sum(counts.values())]:
        counts[name] += 1
    return [name for name, count in counts.items() for _ in range(count)]


class _Planting:
    """Plants one misuse after the other."""

    def __init__(self, random: Random, people: People, plan: Plan) -> None:
        self.random, self.people, self.plan = random, people, plan
        self.planted: list[Planted] = []
        self._everybody = people.everybody
        self._own: dict[tuple[str, str], list[PlannedCase]] = {}
        self._of_agency: dict[str, list[PlannedCase]] = {}
        for case in plan.cases:
            self._own.setdefault((case.agency, case.lead.officer), []).append(case)
            self._of_agency.setdefault(case.agency, []).append(case)

    def plant(self, number: int, misuse_class: str) -> None:
        """Plant one."""
        who = self.random.choice(self._everybody)
        getattr(self, f"_{misuse_class}")(who, number)
        self.planted.append(Planted(number, misuse_class, who.agency, who.officer))

    def _self_search(self, who: Officer, number: int) -> None:
        for _ in range(self.random.randint(1, 2)):
            self._search(who, number, who.subject, p_off=0.3, p_idle=0.3)

    def _family_or_partner(self, who: Officer, number: int) -> None:
        target = self.random.choice(who.kin + who.partners[:1])
        for _ in range(self.random.randint(1, 3)):
            self._search(who, number, target, p_off=0.35, p_idle=0.3)

    def _colleague(self, who: Officer, number: int) -> None:
        others = [one for one in self.people.officers[who.agency] if one is not who]
        target = self.random.choice(others).subject
        for _ in range(self.random.randint(1, 3)):
            self._search(who, number, target, p_off=0.3, p_idle=0.3)

    def _stalking(self, who: Officer, number: int) -> None:
        """Search a former partner over months, whom the file seldom states, under own cases."""
        target, day = self.random.choice(who.partners), some_day(self.random)
        for _ in range(self.random.randint(3, 8)):
            self._search(who, number, target, p_off=0.35, p_idle=0.25, day=day)
            day = min(day + timedelta(days=self.random.randint(2, 30)), FIRST_DAY + timedelta(days=DAYS - 8))

    def _curiosity(self, who: Officer, number: int) -> None:
        """Search somebody of no interest to the police; four in fourteen look exactly like work."""
        target = subject(self.random.randrange(GALLERY))
        plain = self.random.random() < 4 / 14
        for _ in range(self.random.randint(1, 2)):
            self._search(who, number, target, p_off=0.0 if plain else 0.65, p_idle=0.0 if plain else 0.5)

    def _no_case(self, who: Officer, number: int) -> None:
        """Search strangers under a case that sleeps."""
        for _ in range(self.random.randint(1, 4)):
            target = subject(self.random.randrange(GALLERY))
            self._search(who, number, target, p_off=0.35, p_idle=0.95)

    def _false_beneficiary(self, who: Officer, number: int) -> None:
        """Search for another agency, said to be one's own; three in four lists are tried to be passed on."""
        target = subject(self.random.randrange(GALLERY))
        passed_on = self.random.random() < 0.75  # noqa: PLR2004
        self._search(who, number, target, p_off=0.1, p_idle=0.1, passed_on=passed_on)

    def _search(
        self,
        who: Officer,
        number: int,
        target: str,
        *,
        p_off: float,
        p_idle: float,
        day: date | None = None,
        passed_on: bool = False,
    ) -> None:
        """Add one search of a misuse, off shift and in an idle case with these probabilities."""
        day = some_day(self.random) if day is None else day
        off = self.random.random() < p_off
        at = within_year((off_duty if off else on_shift)(self.random, who, day))
        idle = self.random.random() < p_idle
        case = self._case(who, at, idle=idle)
        search = PlannedSearch(
            at, who, case, target, p_found=FOUND, p_followed=FOLLOWED, passed_on=passed_on, misuse=number
        )
        last = case.last
        add_search(self.plan, search)
        case.last = last  # what a misuser does gives a sleeping case no life

    def _case(self, who: Officer, at: datetime, *, idle: bool) -> PlannedCase:
        """Find a case to hide behind: a sleeping one of the agency, or a living one of his own."""
        pool = self._of_agency.get(who.agency, []) if idle else self._own.get((who.agency, who.officer), [])
        for case in self.random.sample(pool, min(len(pool), 200)):
            is_open = case.opened < at and (case.closed is None or at < case.closed)
            sleeps = at - case.last > IDLE_FOR
            if is_open and sleeps == idle:
                return case
        opened = max(FIRST_DAY, at.date() - timedelta(days=2))
        case = new_case(self.random, self.plan, lead=who, second=who, day=opened)
        case.opened = min(case.opened, at - timedelta(hours=1))
        return case
