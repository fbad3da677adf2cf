"""``facegate review``, after the release: evidence, disclosure, exhibit, and what is owed if it was wrong."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.review_options import (
    LARGEST_RECORD,
    Agency,
    Day,
    Officer,
    Rank,
    Reference,
    Search,
    say,
)
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.review.correction import REASONS
from facegate.gate.review.correction import correct as record_correction
from facegate.gate.review.correction import notify as record_notice
from facegate.gate.review.corroboration import EVIDENCE
from facegate.gate.review.corroboration import corroborate as record_evidence
from facegate.gate.review.disclosure import disclose as record_disclosure
from facegate.gate.review.docket import NOTICE_DAYS, REVIEW_DAYS
from facegate.gate.review.docket import docket as list_due
from facegate.gate.review.exhibit import export
from facegate.gate.review.registry import Person, registry_of


def corroborate(
    search: Search,
    rank: Rank,
    *,
    evidence: Annotated[str, typer.Option(help=f"One of {', '.join(sorted(EVIDENCE))}.", show_default=False)],
    reference: Reference,
    on: Day,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Record independent evidence about a lead. Face recognition, or a lineup made from it, is none."""
    with open_ledger(home_of(home)) as ledger:
        seq = record_evidence(
            ledger,
            registry_of(ledger),
            search,
            rank=rank,
            evidence=evidence,
            reference=reference,
            day=on,
            by=Person(officer, agency),
            at=now(),
        )
    say(f"Recorded as record {seq}.")


def disclose(
    search: Search,
    state: Annotated[str, typer.Argument(help="made, or scheduled.", show_default=False)],
    *,
    on: Day,
    reference: Reference,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Record that the defense was told of every search of the case, or for what day that is set."""
    with open_ledger(home_of(home)) as ledger:
        seq = record_disclosure(
            ledger,
            registry_of(ledger),
            search,
            state=state,
            day=on,
            reference=reference,
            by=Person(officer, agency),
            at=now(),
        )
    say(f"Recorded as record {seq}.")


def exhibit(
    search: Search,
    rank: Rank,
    out: Annotated[Path, typer.Argument(help="Text file to write.", show_default=False)],
    *,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Export a lead as an exhibit: refused without independent evidence and disclosure to the defense."""
    if out.exists():
        msg = f"{out} is there already; an exhibit overwrites nothing"
        raise InputError(msg)
    with open_ledger(home_of(home)) as ledger:
        made = export(ledger, registry_of(ledger), search, rank=rank, by=Person(officer, agency), at=now())
    replace_bytes(out, made.text.encode())
    say(f"Wrote {out}: copy {made.copy}, record {made.record}, SHA-256 {made.digest}.")


def correct(
    search: Search,
    rank: Rank,
    *,
    reason: Annotated[str, typer.Option(help=f"One of {', '.join(sorted(REASONS))}.", show_default=False)],
    reference: Reference,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Record that a lead was proved wrong. Everybody who received the list is owed a notice."""
    with open_ledger(home_of(home)) as ledger:
        seq = record_correction(
            ledger,
            registry_of(ledger),
            search,
            rank=rank,
            reason=reason,
            reference=reference,
            by=Person(officer, agency),
            at=now(),
        )
    say(f"Recorded as record {seq}. `facegate review docket` lists who is to be told.")


def notify(
    correction: Annotated[
        int,
        typer.Argument(
            min=0,
            max=LARGEST_RECORD,
            help="Record of the correction, as the docket shows it.",
            show_default=False,
        ),
    ],
    mark: Annotated[
        str,
        typer.Argument(help="The recipient's mark, or defense, as the docket shows it.", show_default=False),
    ],
    *,
    on: Day,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Record that somebody who received a wrong lead was told."""
    with open_ledger(home_of(home)) as ledger:
        seq = record_notice(
            ledger,
            registry_of(ledger),
            correction=correction,
            mark=mark,
            day=on,
            by=Person(officer, agency),
            at=now(),
        )
    say(f"Recorded as record {seq}.")


def docket(
    *,
    review_days: Annotated[int, typer.Option(help="Days for a review after the search.")] = REVIEW_DAYS,
    notice_days: Annotated[int, typer.Option(help="Days for a notice after a correction.")] = NOTICE_DAYS,
    home: HomeFolder = None,
) -> None:
    """List what is owed and by when: reviews, notices of correction, disclosures."""
    with open_ledger(home_of(home)) as ledger:
        found = list_due(ledger, now=now(), review_days=review_days, notice_days=notice_days)
    table = Table()
    for heading in ("due", "", "what", "search", "to be done"):
        table.add_column(heading, overflow="fold")
    for one in found:
        late = "[red]OVERDUE[/]" if one.overdue else ""
        table.add_row(str(one.due), late, one.what, one.search_id, escape(one.say))
    console.print(table if found else "Nothing is owed.")
