"""Words, marks and options that every ``facegate policy`` command shares."""

import os
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from facegate.cli.console import console
from facegate.errors import InputError
from facegate.policy.forms import day_of, moment_of
from facegate.policy.profile import Profile

NOT_LEGAL_ADVICE = "Not legal advice."
PAGE = 100  # columns of a page that goes to a file
READINGS = ("co-dmv-2019", "co-dmv-2019-strict")

ProfilesOption = Annotated[
    Path | None,
    typer.Option(
        "--profiles",
        metavar="DIR",
        help="A folder of your own profiles, in place of the ones shipped with facegate.",
        show_default=False,
    ),
]
AtOption = Annotated[
    str | None,
    typer.Option(
        metavar="TIME",
        help="As of this day (2026-11-22) or time with its zone (2026-11-22T03:20:11Z). Default: now.",
        show_default=False,
    ),
]

_page = Console(highlight=False, width=PAGE)


def out() -> Console:
    """Give the console; a file or a pipe gets lines of a page's width, unless COLUMNS says another."""
    return console if console.is_terminal or "COLUMNS" in os.environ else _page


def say(sentence: str) -> None:
    """Print a sentence as it stands, broken at the width of the page."""
    out().print(sentence, markup=False)


def mark(checked: str) -> str:
    """Say whether anybody read the text that a rule cites.

    Examples
    --------
    >>> mark("2026-11-22 checked"), mark("2026-11-22 second-hand")
    ('checked, 2026-11-22', 'not checked against the text (second-hand), 2026-11-22')
    """
    day, _, how = checked.partition(" ")
    return f"{how}, {day}" if how == "checked" else f"not checked against the text ({how}), {day}"


def kind(law: Profile) -> str:
    """Say what a text is: a profile permits something, an overlay only takes away."""
    return "overlay" if law.is_overlay else "profile"


def today(law: Profile, day: date) -> str:
    """Say whether a law is in force on a day.

    Examples
    --------
    >>> from facegate.policy.engine import PolicyEngine
    >>> today(PolicyEngine.load().profile("co-dmv-2019"), date(2019, 1, 1))
    'not yet'
    """
    if law.period.effective and day < law.period.effective:
        return "not yet"
    if law.period.until and day >= law.period.until:
        return "ended"
    return "in force" if law.period.effective else "undated"


def now_or(at: str | None) -> datetime:
    """Read the time that was asked for; a day alone is its noon UTC.

    Raises
    ------
    InputError
        If it is neither a day nor a time with its zone.
    """
    if at is None:
        return datetime.now(tz=UTC)
    if day := day_of(at):
        return datetime.combine(day, time(12), UTC)
    if moment := moment_of(at):
        return moment
    msg = f"--at is a day (2026-11-22) or a time with its zone (2026-11-22T03:20:11Z), got {at!r}"
    raise InputError(msg)


def unchecked_words(law: Profile) -> str:
    """Say how many of a law's own rules nobody held against the text."""
    own = law.own_rules
    unread = [rule.rule_id for rule in own if not rule.is_checked]
    if not unread:
        return f"All {len(own)} rules of {law.name} were checked against the text cited."
    count = f"{len(unread)} of {len(own)} rules of {law.name}"
    return f"{count} are not checked against the text: {', '.join(unread)}."
