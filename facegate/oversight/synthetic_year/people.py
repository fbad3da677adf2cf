"""The people of a made-up year: agencies, officers, their shifts, their families, and who swaps a shift."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from facegate.oversight.detectors.circumstances import Circumstances, Known

if TYPE_CHECKING:
    from collections.abc import Iterator
    from random import Random

YEAR = 2025
FIRST_DAY = date(YEAR, 1, 1)
DAYS = 365
SHIFT_STARTS = (6, 8, 14, 22)  # hours; the last is the night shift, over midnight
SHIFT_HOURS = 9
SWAPS = 6  # shifts a year that an officer works for another, and nobody tells the file
GALLERY = 60_000  # people in the gallery, the officers and their families among them
CLERK, EXAMINER = "clerk", "examiner"
DAY_MINUTES = 24 * 60


@dataclass(frozen=True, slots=True)
class Officer:
    """One made-up officer.

    Parameters
    ----------
    agency, officer : str
        ORI and id.
    subject : str
        Himself, as the gallery names him.
    kin : tuple of str
        His family, all of it.
    stated_kin : tuple of str
        Those of them that the agency's file states.
    partners : tuple of str
        Partners and former ones, whom no file states but perhaps.
    start : int
        Hour at which his shifts start.
    weekdays : tuple of int
        Days on which they start, Monday is 0.
    swaps : mapping of date to int
        Days on which he works another shift, and its hour.
    """

    agency: str
    officer: str
    subject: str
    kin: tuple[str, ...]
    stated_kin: tuple[str, ...]
    partners: tuple[str, ...]
    start: int
    weekdays: tuple[int, ...]
    swaps: dict[date, int] = field(default_factory=dict, compare=False)

    def starts(self, day: date) -> datetime | None:
        """Give when his shift of a day starts; None if he is off."""
        hour = self.swaps.get(day, self.start if day.weekday() in self.weekdays else None)
        return None if hour is None else datetime.combine(day, time(hour), tzinfo=UTC)

    def works(self, at: datetime) -> bool:
        """Whether he is at work at a moment."""
        for day in (at.date(), at.date() - timedelta(days=1)):
            start = self.starts(day)
            if start is not None and start <= at < start + timedelta(hours=SHIFT_HOURS):
                return True
        return False


@dataclass(frozen=True, slots=True)
class People:
    """Everybody: officers by agency, and what the agencies state of them."""

    officers: dict[str, tuple[Officer, ...]]
    known: Known

    @property
    def everybody(self) -> tuple[Officer, ...]:
        """All officers, agency by agency."""
        return tuple(one for those in self.officers.values() for one in those)


def make_people(random: Random, *, n_agencies: int, n_officers: int) -> People:
    """Make agencies with so many officers each.

    Parameters
    ----------
    random : Random
        Source of everything that varies.
    n_agencies, n_officers : int
        How many agencies, and officers of each.

    Returns
    -------
    People
        With what the agencies state: nine in ten of their kin, one in three of their partners.
    """
    numbers = iter(random.sample(range(GALLERY), 12 * n_agencies * n_officers))
    officers: dict[str, tuple[Officer, ...]] = {}
    for place in range(n_agencies):
        ori = f"CO{place + 1:03}0000"
        officers[ori] = tuple(_officer(random, ori, f"{1000 + one}", numbers) for one in range(n_officers))
    stated = {(one.agency, one.officer): _stated(random, one) for those in officers.values() for one in those}
    return People(officers, Known(stated))


def subject(number: int) -> str:
    """Name a person of the gallery."""
    return f"subject-{number:05}"


def on_shift(random: Random, officer: Officer, day: date) -> datetime:
    """Draw a moment of honest work on or after a day: seldom after the shift, or called out at any hour."""
    draw = random.random()
    if draw < 0.005:  # noqa: PLR2004  called out: one search in two hundred
        return datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=random.randrange(DAY_MINUTES))
    for ahead in range(8):
        start = officer.starts(day + timedelta(days=ahead))
        if start is not None:
            minutes = SHIFT_HOURS * 60
            if draw < 0.035:  # noqa: PLR2004  kept longer: three in a hundred, up to four hours
                return start + timedelta(minutes=minutes + random.randrange(240))
            return start + timedelta(minutes=random.randrange(minutes), seconds=random.randrange(60))
    return datetime.combine(day, time(12), tzinfo=UTC)


def off_duty(random: Random, officer: Officer, day: date) -> datetime:
    """Draw a moment on or after a day at which he does not work."""
    while True:  # he works a third of the time
        at = datetime.combine(day, time(), tzinfo=UTC) + timedelta(minutes=random.randrange(3 * DAY_MINUTES))
        if not officer.works(at):
            return at


def _officer(random: Random, agency: str, name: str, draw: Iterator[int]) -> Officer:
    kin = tuple(subject(next(draw)) for _ in range(random.randint(2, 6)))
    first = random.randrange(7)
    off = {first, (first + 1) % 7}
    return Officer(
        agency=agency,
        officer=name,
        subject=subject(next(draw)),
        kin=kin,
        stated_kin=tuple(one for one in kin if random.random() < 0.9),  # noqa: PLR2004  nine in ten
        partners=tuple(subject(next(draw)) for _ in range(random.randint(1, 3))),
        start=random.choice(SHIFT_STARTS),
        weekdays=tuple(day for day in range(7) if day not in off),
        swaps={
            FIRST_DAY + timedelta(days=random.randrange(DAYS)): random.choice(SHIFT_STARTS)
            for _ in range(SWAPS)
        },
    )


def _stated(random: Random, one: Officer) -> Circumstances:
    partners = [who for who in one.partners if random.random() < 1 / 3]
    start, length = one.start * 60, SHIFT_HOURS * 60
    return Circumstances(
        own=frozenset({one.subject}),
        close=frozenset({*one.stated_kin, *partners}),
        shifts=tuple((day * DAY_MINUTES + start, length) for day in one.weekdays),
    )
