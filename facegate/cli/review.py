"""``facegate review``: two people compare; then a list is released, used, disclosed, corrected if wrong."""

import json
import secrets
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
from facegate.gate.in_force import read_in_force
from facegate.gate.reply import ShownCandidate, certificate_seen
from facegate.gate.review.correction import REASONS
from facegate.gate.review.correction import correct as record_correction
from facegate.gate.review.correction import notify as record_notice
from facegate.gate.review.corroboration import EVIDENCE
from facegate.gate.review.corroboration import corroborate as record_evidence
from facegate.gate.review.disclosure import disclose as record_disclosure
from facegate.gate.review.docket import NOTICE_DAYS, REVIEW_DAYS
from facegate.gate.review.docket import docket as list_due
from facegate.gate.review.exhibit import export
from facegate.gate.review.findings import close_review, record_finding
from facegate.gate.review.registry import Person, registry_of
from facegate.gate.review.release import ReleasedList
from facegate.gate.review.release import release as release_list
from facegate.gate.review.showing import (
    SAYS,
    ReviewerSheet,
    WaitingReply,
    findings_shown,
    open_for_review,
    waiting_reply,
)
from facegate.gate.review.state import still_open
from facegate.settings import Settings

app = typer.Typer(
    help="What happens to a candidate list after the search: two people compare, then it is released, used, "
    "disclosed to the defense, and corrected if it was wrong. Every step is a record of the log.",
    no_args_is_help=True,
)

Search = Annotated[str, typer.Argument(help="Id of the search.", show_default=False)]
Rank = Annotated[int, typer.Argument(help="Which candidate of the list, from 1.", show_default=False)]
Officer = Annotated[str, typer.Option(help="Your officer id.", show_default=False)]
Agency = Annotated[str, typer.Option(help="ORI of your agency, such as CO0160000.", show_default=False)]
Reference = Annotated[
    str, typer.Option(help="Where it is found: a number of court, lab or file.", show_default=False)
]
Day = Annotated[str, typer.Option(help="Day, such as 2026-11-22.", show_default=False)]
HomeFolder = Annotated[
    Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def home_of(folder: Path | None) -> Home:
    """Find the agency's folder."""
    return Home(folder or Settings.from_environment().home)


def now() -> datetime:
    """Read the clock, once for each command."""
    return datetime.now(tz=UTC)


@app.command("list")
def list_open(*, home: HomeFolder = None) -> None:
    """List the searches whose review is not closed: how many candidates, how many findings; no names."""
    table = Table()
    for heading in ("search", "searched", "candidates", "findings", "state"):
        table.add_column(heading, overflow="fold")
    with open_ledger(home_of(home)) as ledger:
        found = still_open(ledger)
    for one in found:
        counts = str(one.n_candidates), str(len(one.findings))
        table.add_row(one.search_id, one.searched_at, *counts, SAYS[one.stage])
    console.print(table if found else "No review is open.")


@app.command()
def show(
    search: Search,
    *,
    officer: Annotated[
        str | None,
        typer.Option(help="Your officer id, to review: that you opened the list is recorded."),
    ] = None,
    agency: Annotated[str | None, typer.Option(help="ORI of your agency, to review.")] = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Show how a search stands; to a reviewer, show the candidates.

    Without --officer: how many candidates wait, and for what. With --officer and --agency: rank, score band
    and reference of each, if you may review this search. What the other reviewer found is shown once both
    findings are recorded.
    """
    place = home_of(home)
    with open_ledger(place) as ledger:
        if officer is None or agency is None:
            _print(waiting_reply(ledger, search), as_json=as_json)
            return
        reviewer = Person(officer, agency)
        sheet = open_for_review(
            ledger,
            registry_of(ledger),
            search,
            reviewer=reviewer,
            key=place.reference_key(secrets.token_bytes),
            at=now(),
        )
        _print(sheet, as_json=as_json)
        if as_json:
            return
        for number, one in enumerate(findings_shown(ledger, search, reader=reviewer), start=1):
            words = ", ".join(f"{rank} {word}" for rank, word in enumerate(one.opinions, start=1))
            _say(f"Finding {number}: {words}")


@app.command()
def find(
    search: Search,
    opinions: Annotated[
        list[str],
        typer.Argument(
            help="What you find of every candidate, such as 1=agree 2=disagree 3=inconclusive.",
            show_default=False,
        ),
    ],
    *,
    officer: Officer,
    agency: Agency,
    home: HomeFolder = None,
) -> None:
    """Record what you find of every candidate. Once: it is never changed."""
    stated = _opinions(opinions)
    with open_ledger(home_of(home)) as ledger:
        seq = record_finding(
            ledger,
            registry_of(ledger),
            search,
            reviewer=Person(officer, agency),
            opinions=stated,
            at=now(),
        )
        _say(f"Recorded as record {seq}. This search: {waiting_reply(ledger, search).status}.")


@app.command()
def close(search: Search, *, home: HomeFolder = None) -> None:
    """Close the review of a search that found nobody, as the record of a nil result."""
    with open_ledger(home_of(home)) as ledger:
        seq = close_review(ledger, search, at=now())
        status = waiting_reply(ledger, search).status
    _say(f"Closed as record {seq}." if seq is not None else f"Nothing to close. This search: {status}.")


@app.command()
def release(
    search: Search,
    *,
    officer: Officer,
    agency: Agency,
    to: Annotated[str, typer.Option(help="Officer id of whoever receives the list.", show_default=False)],
    to_agency: Annotated[
        str | None, typer.Option(help="ORI of his agency. Default: yours.", show_default=False)
    ] = None,
    home: HomeFolder = None,
    as_json: AsJson = False,
) -> None:
    """Release a reviewed list to one person, under a mark of his own. Refused before two findings."""
    place = home_of(home)
    with open_ledger(place) as ledger:
        released = release_list(
            ledger,
            registry_of(ledger),
            search,
            by=Person(officer, agency),
            recipient=Person(to, to_agency or agency),
            certificate=certificate_seen(read_in_force(place).certificate),
            key=place.reference_key(secrets.token_bytes),
            at=now(),
        )
    if as_json:
        console.print_json(json.dumps(released.to_json()))
    else:
        _print_release(released)


@app.command()
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
    _say(f"Recorded as record {seq}.")


@app.command()
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
    _say(f"Recorded as record {seq}.")


@app.command()
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
    _say(f"Wrote {out}: copy {made.copy}, record {made.record}, SHA-256 {made.digest}.")


@app.command()
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
    _say(f"Recorded as record {seq}. `facegate review docket` lists who is to be told.")


@app.command()
def notify(
    correction: Annotated[
        int, typer.Argument(help="Record of the correction, as the docket shows it.", show_default=False)
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
    _say(f"Recorded as record {seq}.")


@app.command()
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


def _opinions(stated: list[str]) -> dict[int, str]:
    """Read ``1=agree``, refusing a rank said twice."""
    found: dict[int, str] = {}
    for one in stated:
        rank, _, word = one.partition("=")
        if not (rank.isascii() and rank.isdigit()) or int(rank) in found:
            msg = f"{one!r} is not of the form 1=agree, or names a candidate twice"
            raise InputError(msg)
        found[int(rank)] = word
    return found


def _print(seen: WaitingReply | ReviewerSheet, *, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(seen.to_json()))
        return
    if isinstance(seen, WaitingReply):
        _say(f"Search {seen.search_id}: {seen.n_candidates} candidate(s), {seen.status}.")
    else:
        table = Table()
        for heading in ("rank", "score band", "reference (this case only)"):
            table.add_column(heading)
        for one in seen.candidates:
            table.add_row(*_line(one))
        console.print(table)
    _say(seen.notice)


def _line(one: ShownCandidate) -> tuple[str, str, str]:
    return str(one.rank), one.band, one.subject_ref


def _print_release(released: ReleasedList) -> None:
    table = Table()
    for heading in ("rank", "score band", "reference (this case only)", "reviewers", ""):
        table.add_column(heading, overflow="fold")
    for one in released.candidates:
        words = ", ".join(one.findings)
        table.add_row(str(one.rank), one.band, one.subject_ref, words, one.say or str(one.verdict))
    console.print(table)
    _say(f"{released.n_leads} lead(s). Mark of this copy: {released.mark} (record {released.record}).")
    overall = released.certificate.overall
    rates = "; ".join(
        f"{one.group} at most {one.fpir_at_most:.4f}"
        for one in (overall, *released.certificate.groups)
        if one.fpir_at_most is not None
    )
    _say(f"Searches for people not enrolled that return somebody: {rates or 'not measured'}.")
    if released.relied_on:
        _say(f"The search relied on another certificate than these rates: {released.relied_on}.")
    _say(released.notice)


def _say(sentence: str) -> None:
    console.print(sentence, markup=False, soft_wrap=True)
