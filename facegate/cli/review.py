"""``facegate review``: two people compare; then a list is released, used, disclosed, corrected if wrong."""

import json
import re
import secrets
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from facegate.cli import review_use
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.review_options import Agency, AsJson, Officer, Search, say
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.in_force import read_in_force
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.opening import law_in_force
from facegate.gate.reference_key import reference_key
from facegate.gate.reply import ShownCandidate, certificate_seen
from facegate.gate.review.findings import close_review, record_finding
from facegate.gate.review.own_search import requester_may_review
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

RANK = re.compile(r"[0-9]{1,4}")

app = typer.Typer(
    help="What happens to a candidate list after the search: two people compare, then it is released, used, "
    "disclosed to the defense, and corrected if it was wrong. Every step is a record of the log.",
    no_args_is_help=True,
)


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
        reviewer, at = Person(officer, agency), now()
        sheet = open_for_review(
            ledger,
            registry_of(ledger),
            search,
            reviewer=reviewer,
            key=reference_key(place, ledger, secrets.token_bytes),
            at=at,
            requester_may_review=_may_review_own(place, ledger, search, reviewer, at),
        )
        _print(sheet, as_json=as_json)
        if as_json:
            return
        for number, one in enumerate(findings_shown(ledger, search, reader=reviewer), start=1):
            words = ", ".join(f"{rank} {word}" for rank, word in enumerate(one.opinions, start=1))
            say(f"Finding {number}: {words}")


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
    stated, place = _opinions(opinions), home_of(home)
    with open_ledger(place) as ledger:
        reviewer, at = Person(officer, agency), now()
        seq = record_finding(
            ledger,
            registry_of(ledger),
            search,
            reviewer=reviewer,
            opinions=stated,
            at=at,
            requester_may_review=_may_review_own(place, ledger, search, reviewer, at),
        )
        say(f"Recorded as record {seq}. This search: {waiting_reply(ledger, search).status}.")


@app.command()
def close(search: Search, *, home: HomeFolder = None) -> None:
    """Close the review of a search that found nobody, as the record of a nil result."""
    with open_ledger(home_of(home)) as ledger:
        seq = close_review(ledger, search, at=now())
        status = waiting_reply(ledger, search).status
    say(f"Closed as record {seq}." if seq is not None else f"Nothing to close. This search: {status}.")


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
            key=reference_key(place, ledger, secrets.token_bytes),
            at=now(),
        )
    if as_json:
        console.print_json(json.dumps(released.to_json()))
    else:
        _print_release(released)


app.command()(review_use.corroborate)
app.command()(review_use.disclose)
app.command()(review_use.exhibit)
app.command()(review_use.correct)
app.command()(review_use.notify)
app.command()(review_use.docket)


def _may_review_own(place: Home, ledger: Ledger, search: str, reviewer: Person, at: datetime) -> bool:
    """Ask the law kept here, and only where somebody would review his own search."""
    return requester_may_review(ledger, search, reviewer=reviewer, law=lambda: law_in_force(place), at=at)


def _opinions(stated: list[str]) -> dict[int, str]:
    """Read ``1=agree``, refusing a rank said twice."""
    found: dict[int, str] = {}
    for one in stated:
        rank, _, word = one.partition("=")
        if not RANK.fullmatch(rank) or int(rank) in found:
            msg = f"{one!r} is not of the form 1=agree, or names a candidate twice"
            raise InputError(msg)
        found[int(rank)] = word
    return found


def _print(seen: WaitingReply | ReviewerSheet, *, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(seen.to_json()))
        return
    if isinstance(seen, WaitingReply):
        say(f"Search {seen.search_id}: {seen.n_candidates} candidate(s), {seen.status}.")
    else:
        table = Table()
        for heading in ("rank", "score band", "reference (this case only)"):
            table.add_column(heading)
        for one in seen.candidates:
            table.add_row(*_line(one))
        console.print(table)
    say(seen.notice)


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
    say(f"{released.n_leads} lead(s). Mark of this copy: {released.mark} (record {released.record}).")
    overall = released.certificate.overall
    rates = "; ".join(
        f"{one.group} at most {one.fpir_at_most:.4f}"
        for one in (overall, *released.certificate.groups)
        if one.fpir_at_most is not None
    )
    say(f"Searches for people not enrolled that return somebody: {rates or 'not measured'}.")
    if released.relied_on:
        say(f"The search relied on another certificate than these rates: {released.relied_on}.")
    say(released.notice)
