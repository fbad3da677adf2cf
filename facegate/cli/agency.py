"""``facegate agency``: who there is, what is shared with whom, and what keeps the gate closed."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.registers.census import census, officers_seen
from facegate.gate.registers.closed import what_keeps_closed
from facegate.gate.registers.conditions import USAGE_POLICY_FILE, read_published_policy
from facegate.gate.registers.demands import today
from facegate.gate.registers.people import block_agency, change_officer
from facegate.gate.registers.setup import apply_setup, example_setup, read_setup
from facegate.gate.registers.sharing import sharing_matrix
from facegate.policy.engine import PolicyEngine
from facegate.policy.request_file import read_text
from facegate.settings import Settings

app = typer.Typer(
    help="Agencies, officers, what is shared with whom, and what keeps the gate closed.",
    no_args_is_help=True,
)

HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", help="The installation's folder (FACEGATE_HOME or ./home).", show_default=False),
]


def now() -> datetime:
    """Read the clock: the one place in which these commands do."""
    return datetime.now(tz=UTC)


def home_of(folder: Path | None) -> Home:
    """Give the installation's folder."""
    return Home(folder or Settings.from_environment().home)


@app.command()
def example() -> None:
    """Print a setup file of a Colorado pilot, with comments: save it as agency.toml and edit it."""
    console.print(example_setup(now().date()), markup=False, soft_wrap=True, end="")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="The setup, such as agency.toml.", show_default=False)],
    *,
    home: HomeFolder = None,
) -> None:
    """Register what a setup file states: all of it or, if anything is wrong, nothing.

    Each statement becomes a record of the log. What stands already, unchanged, is skipped.
    The usage policy it names is copied into the installation's folder.
    """
    place = home_of(home)
    setup = read_setup(read_text(file), folder=file.parent)
    with open_ledger(place) as ledger:
        done = apply_setup(ledger, setup, now())
    if setup.usage_policy is not None:
        replace_bytes(place.folder / USAGE_POLICY_FILE, setup.usage_policy)
    written = ", ".join(f"{n} {kind}" for kind, n in done.recorded.items()) or "nothing new"
    console.print(f"Recorded: {written}. Unchanged: {done.n_unchanged}.", markup=False, soft_wrap=True)


@app.command()
def show(*, home: HomeFolder = None) -> None:
    """Show people, census, sharing matrix, and what keeps the gate closed."""
    place, at = home_of(home), now()
    with open_ledger(place) as ledger:
        console.print(_census(ledger, at))
        console.print(_people(ledger, at))
        _print_sharing(ledger, at)
        _print_blocks(ledger, at)
        _print_closed(ledger, at, read_published_policy(place.folder))


@app.command()
def block(
    what: Annotated[
        str, typer.Argument(help="ori:DCICE0100, prefix:DCICE or class:immigration.", show_default=False)
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is public, so no names.")],
    first_day: Annotated[str | None, typer.Option("--from", help="First day; today if left out.")] = None,
    last_day: Annotated[
        str, typer.Option("--until", help="Last day; without end if left out.", show_default=False)
    ] = "",
    home: HomeFolder = None,
) -> None:
    """Put agencies on the block list, or change until when they stand on it."""
    at = now()
    with open_ledger(home_of(home)) as ledger:
        seq = block_agency(
            ledger, block=what, first_day=first_day or today(at), last_day=last_day, reason=reason, at=at
        )
    console.print(f"{what} is on the block list; record {seq} of the log.", markup=False, soft_wrap=True)


@app.command()
def officer(
    officer_id: Annotated[str, typer.Argument(help="Officer id.", show_default=False)],
    *,
    agency: Annotated[str, typer.Option(help="ORI of the officer's agency.")],
    standing: Annotated[
        str | None, typer.Option(help="active, suspended or gone; active enables anew.")
    ] = None,
    trained_until: Annotated[str | None, typer.Option(help="Last day on which the training counts.")] = None,
    home: HomeFolder = None,
) -> None:
    """Change an officer's standing or training."""
    if standing is None and trained_until is None:
        msg = "nothing to change: wanted --standing, --trained-until or both"
        raise InputError(msg)
    with open_ledger(home_of(home)) as ledger:
        seq = change_officer(
            ledger,
            agency=agency,
            officer=officer_id,
            standing=standing,
            trained_until=trained_until,
            at=now(),
        )
    console.print(f"Changed; record {seq} of the log.", markup=False)


def _census(ledger: Ledger, at: datetime) -> Table:
    table = Table(title="Census of access: officers by agency and class")
    for heading in ("class", "agency"):
        table.add_column(heading, no_wrap=True)
    for heading in ("enabled", "of these\nuntrained", "unused 90 days:\ndisabled", "suspended", "gone"):
        table.add_column(heading, justify="right")
    table.add_column("last at work", no_wrap=True)
    for one in census(ledger, at):
        counts = (one.enabled, one.untrained, one.disabled, one.suspended, one.gone)
        table.add_row(one.agency_class, one.agency, *map(str, counts), one.last_use[:10] or "never")
    return table


def _people(ledger: Ledger, at: datetime) -> Table:
    table = Table(title="Officers")
    for heading in ("agency", "id", "role", "unit", "trained until", "state", "last at work"):
        table.add_column(heading, overflow="fold")
    for one in officers_seen(ledger, at):
        trained = one.trained_until if one.trained else f"{one.trained_until} (lapsed)"
        cells = (
            one.agency,
            one.officer,
            one.role,
            one.unit,
            trained,
            one.state,
            one.last_use[:10] or "never",
        )
        table.add_row(*map(escape, cells))
    return table


def _print_sharing(ledger: Ledger, at: datetime) -> None:
    console.print("\n[bold]Sharing matrix.[/] Whatever does not stand here is not shared.")
    rows, day = sharing_matrix(ledger), today(at)
    for row in rows:
        over = " (over)" if row.last_day and row.last_day < day else ""
        ahead = " (not yet)" if row.first_day > day else ""
        console.print(f"  {row.sentence}{over}{ahead}", markup=False, soft_wrap=True)
    if not rows:
        console.print("  Nothing is shared with anybody.")


def _print_blocks(ledger: Ledger, at: datetime) -> None:
    console.print("\n[bold]Block list.[/]")
    rows = ledger.rows("SELECT block, first_day, last_day, reason FROM people_blocks ORDER BY block")
    for row in rows:
        end = f"until {row['last_day']}" if row["last_day"] else "without end"
        over = " (over)" if row["last_day"] and row["last_day"] < today(at) else ""
        sentence = f"  {row['block']} from {row['first_day']} {end}{over}: {row['reason']}"
        console.print(sentence, markup=False, soft_wrap=True)
    if not rows:
        console.print("  Nobody stands on it.")


def _print_closed(ledger: Ledger, at: datetime, published_policy: bytes | None) -> None:
    engine = PolicyEngine.load()

    def digest_of(profile: str, overlays: tuple[str, ...]) -> str | None:
        try:
            return engine.profile("+".join((profile, *overlays))).digest
        except InputError:
            return None

    closed = what_keeps_closed(ledger, at, published_policy=published_policy, digest_of=digest_of)
    console.print("\n[bold]What keeps the gate closed.[/] Registers only, not caps, permits or certificate.")
    for sentence in closed:
        console.print(f"  {sentence}", markup=False, soft_wrap=True)
    if not closed:
        console.print("  Nothing: every register is in order.")
