"""What ``facegate misuse`` prints: cases, docket, a year's tables, and what the detectors found."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.markup import escape
from rich.table import Table as RichTable

from facegate.audit.storage import read_checkpoint
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.ledger.event import Event
from facegate.gate.registers.demands import demand_day, demand_ori, today
from facegate.oversight.detectors.circumstances import Known, read_circumstances
from facegate.oversight.detectors.queue import Item, review_queue
from facegate.oversight.detectors.seen import Logged, Seen, read_log
from facegate.oversight.detectors.weekly_sample import SHARE, week_of, weekly_sample
from facegate.oversight.events import read_events
from facegate.oversight.misuse.acting import By
from facegate.oversight.misuse.docket import docket_of
from facegate.oversight.misuse.filing import open_docket
from facegate.oversight.misuse.published_year import read_published
from facegate.oversight.misuse.register import fold
from facegate.oversight.misuse.report import misuse_year
from facegate.oversight.misuse.yearly import tables_of
from facegate.oversight.report import Cell, Table

WEEK = re.compile(r"\d{4}-W\d\d", re.ASCII)
LAST_YEAR = 9998


def list_(
    *,
    agency: Annotated[str, typer.Option(help="Only cases about this agency (ORI).")] = "",
    home: HomeFolder = None,
) -> None:
    """List misuse cases. Not for publication: it names officers."""
    if agency:
        demand_ori(agency)
    register = fold(_records(home_of(home)))
    at = now()
    table = RichTable(title="Misuse cases (not for publication)")
    for heading in (
        "case",
        "agency",
        "officer",
        "class",
        "source",
        "opened",
        "state",
        "days pending",
        "outcome",
    ):
        table.add_column(heading, overflow="fold")
    for one in register.cases.values():
        if agency in {"", one.agency}:
            days = str(one.pending_for(at).days)
            words = (one.agency, one.officer or "not known", one.misuse_class, one.source, today(one.opened))
            outcome = one.outcome or ("not stated" if one.state == "confirmed" else "")
            table.add_row(str(one.number), *map(escape, words), one.state, days, outcome)
    console.print(table if table.row_count else "No misuse case is on the log.")


def docket(
    *,
    opened_by: Annotated[
        str,
        typer.Option(
            help="Officer id of whoever opens the docket for the oversight body, none that a pending case is "
            "about; recorded."
        ),
    ] = "",
    by_agency: Annotated[str, typer.Option(help="ORI of his agency.")] = "",
    home: HomeFolder = None,
) -> None:
    """Print what is overdue in the misuse register, and when the oversight body last looked.

    It names no officer. With --opened-by it is put on the log that the body looked.
    """
    at = now()
    place = home_of(home)
    found = docket_of(_records(place), at)
    table = RichTable(title=f"Oversight docket, {today(at)}")
    for heading in ("due", "what", "agency", "finding"):
        table.add_column(heading, overflow="fold")
    for one in found.findings:
        due = f"{one.due} (overdue)" if one.overdue else str(one.due)
        table.add_row(due, one.what, one.agency, escape(one.say))
    console.print(table if found.findings else "Nothing stands on the docket.")
    days = found.days_since_opened
    looked = "never" if days is None else f"{days} days ago"
    console.print(f"The oversight body last opened it: {looked}. {found.n_overdue} findings are overdue.")
    if opened_by:
        with open_ledger(place) as ledger:
            n = len(found.findings)
            by = By(opened_by, by_agency)
            seq = open_docket(ledger, n_findings=n, n_overdue=found.n_overdue, by=by, at=at)
        console.print(f"That it was opened is record {seq} of the log.")


def year(
    year: Annotated[int, typer.Argument(min=1, max=LAST_YEAR, help="Such as 2026.", show_default=False)],
    *,
    data: Annotated[
        str, typer.Option(help="A published year in place of the log: clets-2016, or a .toml file.")
    ] = "",
    base: Annotated[int | None, typer.Option(help="An earlier year to compare with, from 1.")] = None,
    home: HomeFolder = None,
) -> None:
    """Print a year of misuse: cases, outcomes, decisions, repeats, non-filers, filed against derived.

    Cases by the year they were opened, as they stood on 31 December: what a statement is held against; and
    what was decided in the year, of whatever year the cases are.
    """
    if data:
        published = read_published(data)
        if published.year.figures.year != year:
            msg = f"{data} is about {published.year.figures.year}, not about {year}"
            raise InputError(msg)
        console.print(f"{published.title}. Source: {published.source}.", markup=False, soft_wrap=True)
        made = published.year
    else:
        made = misuse_year(_records(home_of(home)), year, base_year=base, now=now())
    for table in tables_of(made):
        _print_table(table)
    for note in made.notes:
        console.print(note, markup=False, soft_wrap=True)


def detect(
    *,
    since: Annotated[str, typer.Option(help="Only searches from this day on, such as 2026-11-01.")] = "",
    register: Annotated[
        Path | None,
        typer.Option(help="TOML file of the agency: officers' own subject ids, families, shifts."),
    ] = None,
    week: Annotated[
        str, typer.Option(help="Print the random 5 % sample of a week, such as 2026-W47, too.")
    ] = "",
    seed: Annotated[str, typer.Option(help="Seed of the sample; keep it from officers.")] = "",
    home: HomeFolder = None,
) -> None:
    """Look for misuse in the log, and print what a person should look at. Not for publication.

    A line here is a reason to look, no finding. Without --register nobody's family, colleagues or shifts are
    known, and only what the log alone shows is found.
    """
    first = datetime.combine(demand_day(since, "the first day"), time(), tzinfo=UTC) if since else None
    if week and not (WEEK.fullmatch(week) and seed):
        msg = "the sample of a week is drawn with --week, such as 2026-W47, and a --seed"
        raise InputError(msg)
    known = read_circumstances(register) if register else Known()
    logged = read_log(_records(home_of(home)))
    at = {one.search_id: one for one in logged.searches}
    queue = [
        item
        for item in review_queue(logged, known)
        if first is None or any(at[one].at >= first for one in item.searches)
    ]
    _print_queue(queue, at)
    n = sum(first is None or one.at >= first for one in logged.searches)
    sentence = f"{len(queue)} items out of {n:,} searches. Each is a reason to look, none is a finding."
    console.print(sentence)
    if not known.officers:
        console.print("No officers' file was given: families, colleagues and shifts were not looked at.")
    if week:
        _print_sample(logged, week=week, seed=seed)


def _records(place: Home) -> Iterator[Event]:
    """Read the records, or say that there is no log: its sealed part is looked for first."""
    read_checkpoint(place.log)
    return read_events(place.log)


def _print_queue(queue: list[Item], at: dict[str, Seen]) -> None:
    for place, item in enumerate(queue, start=1):
        first = at[item.searches[0]]
        head = f"{place}. {item.score:.2f}  officer {item.officer} of {item.agency}, {item.misuse_class}"
        console.print(f"{head}, first on {first.at:%Y-%m-%d %H:%M} UTC", markup=False, soft_wrap=True)
        for why in dict.fromkeys(one.why for one in item.detections):
            console.print(f"     - {why}", markup=False, soft_wrap=True)
        console.print(f"     searches: {' '.join(item.searches)}", markup=False, soft_wrap=True)


def _print_sample(logged: Logged, *, week: str, seed: str) -> None:
    drawn = weekly_sample(logged.searches, week=week, seed=seed)
    n = sum(week_of(one.at) == week for one in logged.searches)
    head = f"Random sample of {week}: {len(drawn)} of {n} searches, one in {SHARE}, rounded up"
    console.print(head, markup=False, soft_wrap=True)
    for one in drawn:
        console.print(f"     {one.search_id}  officer {one.officer} of {one.agency}", markup=False)


def _print_table(table: Table) -> None:
    shown = RichTable(box=box.SIMPLE_HEAD)
    for place, heading in enumerate(table.columns):
        counts = any(isinstance(row[place], int) for row in table.rows)
        shown.add_column(heading, justify="right" if counts else "left", overflow="fold")
    for row in table.rows:
        shown.add_row(*(escape(_cell(one)) for one in row))
    console.print(
        f"\n{table.title}{'' if table.rows else ': none'}", style="bold", markup=False, soft_wrap=True
    )
    if table.rows:
        console.print(shown)
    for note in table.notes:
        console.print(f"  {note}", markup=False, soft_wrap=True)


def _cell(value: Cell) -> str:
    return "not recorded" if value is None else f"{value:,}" if isinstance(value, int) else value
