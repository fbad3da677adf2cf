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
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.caps import breaker_limit
from facegate.gate.limits.clearing import Waiting, clear, waiting
from facegate.gate.limits.config import Limits, read_limits
from facegate.gate.limits.searches import DAY, seconds
from facegate.gate.registers.people import officer_facts
from facegate.settings import Settings

CLEARING_ROLES = ("supervisor", "coordinator")

HomeOption = Annotated[
    Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
]

app = typer.Typer(
    help="Limits against dragnets: caps, breakers, and what waits for a supervisor.", no_args_is_help=True
)


@app.command()
def show(home: HomeOption = None) -> None:
    """Show the caps in force, today's searches by agency, and what waits for a supervisor.

    Days are UTC days. A cap that is looser than the default is named.
    """
    place, now = _home(home), datetime.now(UTC)
    limits = read_limits(place.limits)
    with open_ledger(place) as ledger:
        console.print(_caps(limits))
        for sentence in limits.loosened():
            console.print(f"[bold]Loosened:[/] {sentence}.")
        console.print(_today(ledger, limits, now))
        items = waiting(ledger, limits, now)
    if not items:
        console.print("Nothing waits for a supervisor.")
        return
    console.print(_waiting(items))
    console.print("Clear one: facegate limits clear NUMBER --supervisor ID --reason TEXT", markup=False)


@app.command("clear")
def clear_one(
    number: Annotated[int, typer.Argument(help="Number of the line in `facegate limits show`.")],
    *,
    supervisor: Annotated[str, typer.Option(help="Officer id of whoever clears; not the one concerned.")],
    reason: Annotated[str, typer.Option(help="Why, in 1 to 100 plain characters.")],
    home: HomeOption = None,
) -> None:
    """Record that a supervisor or coordinator clears what waits.

    It opens that one thing: a withheld list may be asked for once more, a probe as many times again as
    before, a breaker for the rest of the UTC day.
    """
    place, now = _home(home), datetime.now(UTC)
    limits = read_limits(place.limits)
    with open_ledger(place) as ledger:
        items = waiting(ledger, limits, now)
        if not 1 <= number <= len(items):
            msg = (
                f"{len(items)} things wait for a supervisor, got number {number}; see `facegate limits show`"
            )
            raise InputError(msg)
        item = items[number - 1]
        facts = officer_facts(ledger, supervisor, item.agency, now)
        known = facts.known and facts.active and facts.role in CLEARING_ROLES
        records = clear(
            ledger, limits, item, supervisor=supervisor, supervisor_known=known, reason=reason, at=now
        )
    console.print(f"Cleared: {item.what} of {item.agency}; record {', '.join(map(str, records))} of the log.")


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


def _waiting(items: tuple[Waiting, ...]) -> Table:
    """Tabulate what waits; whom a withheld list held is not printed."""
    table = Table(title="Waits for a supervisor")
    for heading in ("number", "what", "agency", "officer", "case", "rules", "intent", "since (UTC)"):
        table.add_column(heading)
    for number, one in enumerate(items, 1):
        since = f"{datetime.fromtimestamp(one.at, UTC):%Y-%m-%d %H:%M}"
        intent = "" if one.intent < 0 else str(one.intent)
        cells = (str(number), one.what, one.agency, one.officer, one.case_number, one.rules, intent, since)
        table.add_row(*(escape(cell) for cell in cells))
    return table
