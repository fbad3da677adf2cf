"""What ``facegate agency show`` prints: people, sharing matrix, audits, and what keeps the gate closed."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial

from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.errors import InputError
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.opening import law_in_force, law_of_home
from facegate.gate.registers.audits import audit_due, audit_term
from facegate.gate.registers.census import census, officers_seen
from facegate.gate.registers.closed import what_keeps_closed
from facegate.gate.registers.conditions import read_published_policy
from facegate.gate.registers.demands import today
from facegate.gate.registers.sharing import sharing_matrix
from facegate.policy.engine import PolicyEngine


def print_registers(ledger: Ledger, at: datetime, place: Home) -> None:
    """Print what the registers of an agency's folder say at one time.

    The law is read as the gate reads it: from the folder's own profiles if it has any.
    """
    console.print(_census(ledger, at))
    console.print(_people(ledger, at))
    _print_sharing(ledger, at)
    _print_blocks(ledger, at)
    _print_audits(ledger)
    _print_closed(ledger, at, place)


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
    console.print(
        "\n[bold]Sharing matrix.[/] Whatever does not stand here is not shared. A row about one agency takes "
        "it out of its class, whatever the days of the row.",
        soft_wrap=True,
    )
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


def _print_audits(ledger: Ledger) -> None:
    console.print("\n[bold]Audit calendar.[/]")
    due = audit_due(ledger)
    sentence = f"The next audit is due {due}." if due else "No audit was ever filed."
    console.print(f"  {sentence} The term from one to the next is at most {audit_term(ledger):,} days.")


def _print_closed(ledger: Ledger, at: datetime, place: Home) -> None:
    closed = [*_unreadable(place)]
    closed += what_keeps_closed(
        ledger,
        at,
        published_policy=read_published_policy(place.folder),
        digest_of=partial(_digest_of, law_in_force(place)),
    )
    console.print("\n[bold]What keeps the gate closed.[/] Registers only, not caps, permits or certificate.")
    for sentence in closed:
        console.print(f"  {sentence}", markup=False, soft_wrap=True)
    if not closed:
        console.print("  Nothing: every register is in order.")


def _digest_of(engine: PolicyEngine, profile: str, overlays: tuple[str, ...]) -> str | None:
    try:
        return engine.profile("+".join((profile, *overlays))).digest
    except InputError:
        return None


def _unreadable(place: Home) -> Iterator[str]:
    """Say why the gate would open with a law that refuses everything, if it would."""
    try:
        law_of_home(place)
    except InputError as error:
        yield f"The law cannot be read, so everything is refused: {error}."
