"""``facegate limits``: the caps in force, what was used today, and what waits for a supervisor."""

from dataclasses import fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.errors import InputError
from facegate.gallery.manifest import FILE_NAME, Manifest
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.caps import breaker_limit, gallery_share, n_different_shown
from facegate.gate.limits.clearing import CLEARING_ROLES, Waiting, clear, waiting
from facegate.gate.limits.config import Limits, read_limits
from facegate.gate.limits.searches import DAY, seconds
from facegate.gate.registers.people_known import officer_facts
from facegate.settings import Settings

MEANING = {
    "omitted": "omitted: lists of this case were incomplete. So many people at or above the threshold were "
    "left out, as this agency was shown them too often; no officer was told. Who they are is sealed in the "
    "results. Cleared, each may be shown once more, when the search is made again.",
    "gallery": "gallery: the agency was shown as many different people as its share allows. Cleared, it has "
    "another share of the same size.",
}

HomeOption = Annotated[
    Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
]

app = typer.Typer(
    help="Limits against dragnets: caps, breakers, and what waits for a supervisor.", no_args_is_help=True
)


@app.command()
def show(home: HomeOption = None) -> None:
    """Show the caps in force, what each agency used of them, and what waits for a supervisor.

    Days are UTC days. A cap that is looser than the default is named. For a supervisor's eyes: an officer who
    learns that somebody was left out of a list learns that he was near.
    """
    place, now = _home(home), datetime.now(UTC)
    limits = read_limits(place.limits)
    with open_ledger(place) as ledger:
        console.print(_caps(limits))
        for sentence in limits.loosened():
            console.print(f"[bold]Loosened:[/] {sentence}.")
        console.print(_today(ledger, limits, now))
        size = _gallery_size(place)
        if size is not None:
            console.print(_shares(ledger, limits, now, size))
        items = waiting(ledger, limits, now, gallery_size=size)
    if not items:
        console.print("Nothing waits for a supervisor.")
        return
    console.print(_waiting(items))
    for kind in dict.fromkeys(one.what for one in items):
        if kind in MEANING:
            console.print(MEANING[kind], markup=False)
    console.print("Clear one: facegate limits clear NUMBER --supervisor ID --reason TEXT", markup=False)


@app.command("clear")
def clear_one(
    number: Annotated[
        int | None, typer.Argument(help="Number of the line in `facegate limits show`.", show_default=False)
    ] = None,
    *,
    supervisor: Annotated[str, typer.Option(help="Officer id of whoever clears; not the one concerned.")],
    reason: Annotated[str, typer.Option(help="Why, in 1 to 100 plain characters.")],
    gallery: Annotated[
        str | None,
        typer.Option(help="In place of a number: ORI of the agency that is granted another share."),
    ] = None,
    home: HomeOption = None,
) -> None:
    """Record that a supervisor or coordinator clears what waits.

    It opens that one thing: each person left out may be shown once more, when the search is made again; a
    probe may be asked as many times again as before; an agency has another share of the gallery, of the same
    size, until the window has passed; a breaker is closed for the rest of the UTC day.
    """
    place, now = _home(home), datetime.now(UTC)
    limits = read_limits(place.limits)
    with open_ledger(place) as ledger:
        item = _chosen(waiting(ledger, limits, now, gallery_size=_gallery_size(place)), number, gallery)
        facts = officer_facts(ledger, supervisor, item.agency, now)
        known = facts.known and facts.active and facts.role in CLEARING_ROLES
        records = clear(
            ledger, limits, item, supervisor=supervisor, supervisor_known=known, reason=reason, at=now
        )
    console.print(f"Cleared: {item.what} of {item.agency}; record {', '.join(map(str, records))} of the log.")


def _chosen(items: tuple[Waiting, ...], number: int | None, gallery: str | None) -> Waiting:
    """Give what is cleared: by its number, or an agency's share; none is granted before it is used up."""
    if (number is None) == (gallery is None):
        msg = "wanted a number of `facegate limits show`, or --gallery with an agency's ORI; got " + (
            "neither" if number is None else "both"
        )
        raise InputError(msg)
    if gallery is not None:
        of_agency = [one for one in items if one.what == "gallery" and one.agency == gallery]
        if not of_agency:
            msg = f"{gallery[:40]!r} has not used up its share of the gallery; see `facegate limits show`"
            raise InputError(msg)
        return of_agency[0]
    if number is None or not 1 <= number <= len(items):
        msg = f"{len(items)} things wait for a supervisor, got number {number}; see `facegate limits show`"
        raise InputError(msg)
    return items[number - 1]


def _gallery_size(place: Home) -> int | None:
    """Read how many are enrolled; None while there is no gallery."""
    return Manifest.read(place.gallery).n_subjects if (place.gallery / FILE_NAME).exists() else None


def _home(home: Path | None) -> Home:
    return Home(home or Settings.from_environment().home)


def _caps(limits: Limits) -> Table:
    table = Table(title="Caps in force")
    table.add_column("cap")
    for heading in ("value", "default"):
        table.add_column(heading, justify="right")
    for one in fields(limits):
        table.add_row(one.name, f"{getattr(limits, one.name):,}", f"{one.default:,}")
    return table


def _today(ledger: Ledger, limits: Limits, now: datetime) -> Table:
    """Tabulate what each agency used of its day."""
    at = seconds(now)
    table = Table(title=f"Today, {now:%Y-%m-%d} UTC")
    table.add_column("agency")
    for heading in ("searches", "probes", f"of {limits.agency_day_probes:,}", "breaker at"):
        table.add_column(heading, justify="right")
    rows = ledger.rows("SELECT * FROM limits_day WHERE day = ? ORDER BY agency", at // DAY)
    for row in rows:
        share = f"{100 * row['probes'] / limits.agency_day_probes:.0f} %"
        most = breaker_limit(ledger, limits, row["agency"], at)
        opened = f"{most:,} reached" if row["searches"] >= most else f"{most:,}"
        table.add_row(row["agency"], f"{row['searches']:,}", f"{row['probes']:,}", share, opened)
    return table


def _shares(ledger: Ledger, limits: Limits, now: datetime, size: int) -> Table:
    """Tabulate how many different people each agency was shown, and how many it may be."""
    since = seconds(now) - limits.window_days * DAY
    table = Table(title=f"Share of the gallery ({size:,} people), last {limits.window_days:,} days")
    table.add_column("agency")
    for heading in ("different people shown", "of", "shares granted"):
        table.add_column(heading, justify="right")
    own = limits.gallery_budget(size)
    for row in ledger.rows("SELECT DISTINCT agency FROM limits_last_shown ORDER BY agency"):
        share = gallery_share(ledger, limits, row["agency"], since, gallery_size=size)
        shown = n_different_shown(ledger, row["agency"], since, most=share)
        table.add_row(row["agency"], f"{shown:,}", f"{share:,}", f"{share // own - 1:,}")
    return table


def _waiting(items: tuple[Waiting, ...]) -> Table:
    """Tabulate what waits; whom a list left out or held is not printed, only how many."""
    table = Table(title="Waits for a supervisor")
    for heading in (
        "number",
        "what",
        "agency",
        "officer",
        "case",
        "rules",
        "people",
        "intent",
        "since (UTC)",
    ):
        table.add_column(heading)
    for number, one in enumerate(items, 1):
        since = f"{datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M}"
        intent = "" if one.intent < 0 else str(one.intent)
        people = str(len(one.subjects)) if one.what == "omitted" else ""
        cells = (
            str(number), one.what, one.agency, one.officer, one.case_number, one.rules, people, intent, since,
        )  # fmt: skip
        table.add_row(*(escape(cell) for cell in cells))
    return table
