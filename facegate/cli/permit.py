"""``facegate permit``: approve one search of one photo, or one dossier, before it is made."""

import hashlib
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.table import Table

from facegate.cli.console import console
from facegate.cli.dossier import read_dossier_request
from facegate.cli.review_options import MOST_RANKED
from facegate.cli.search import read_probe, read_request, refusal
from facegate.errors import InputError, PolicyRefusal
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gate.books import open_ledger
from facegate.gate.dossier_desk import Asked, open_desk
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.opening import open_gate
from facegate.gate.permits import Permit, issue, permits_issued, refuse
from facegate.records import FailedRule
from facegate.request import SearchRequest
from facegate.settings import Settings

HomeOption = Annotated[
    Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
]

app = typer.Typer(
    help="Approve a search, or a dossier, before it is made: one photo, exactly one request, once.",
    no_args_is_help=True,
)


@app.command("issue")
def issue_permit(
    probe: Annotated[
        Path | None, typer.Argument(help="The photo that shall be searched.", show_default=False)
    ] = None,
    *,
    request: Annotated[Path, typer.Option(help="TOML or JSON file with the request.", show_default=False)],
    approver: Annotated[
        str | None, typer.Option(help="Officer id of whoever approves; takes the place of the file's.")
    ] = None,
    search: Annotated[
        str, typer.Option(help="For a dossier: id of the search it rests on, in place of a photo.")
    ] = "",
    rank: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_RANKED,
            help="For a dossier: which candidate of that search, from 1.",
            show_default=False,
        ),
    ] = 0,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the permit as JSON.")] = False,
) -> None:
    """Issue a permit, if the law and every register would let the search, or the dossier, through.

    It binds the photo's bytes and everything the request states but the terminal: case, people, gallery,
    purpose, whom the photo shows, length of the list, judicial paper, emergency. For a dossier (--search and
    --rank) it binds the photo of that search, the candidate and the fields. It expires, and is used up by
    one search or dossier. A supervisor or coordinator approves, never the requester. A refusal is recorded.
    """
    place = Home(home or Settings.from_environment().home)
    if (probe is None) == (search == ""):
        msg = "a permit is for one photo, or for one dossier (--search ID --rank N); name one of the two"
        raise InputError(msg)
    if probe is None:
        permit = _for_dossier(place, request, approver, search, rank)
        use = f"dossier: facegate dossier {request} --search {search} --rank {rank} --records FILE"
    else:
        permit = _for_search(place, request, approver, probe)
        use = f"search: facegate search {probe} --request {request}"
    if as_json:
        told = {"permit": permit.permit_id, "expires": permit.expires.isoformat(), "record": permit.seq}
        console.print_json(json.dumps(told))
        return
    console.print(f"Permit [bold]{permit.permit_id}[/], until {permit.expires:%Y-%m-%d %H:%M} UTC.")
    console.print(f"It is for one {use} --permit {permit.permit_id}", soft_wrap=True, markup=False)


def _for_search(place: Home, request: Path, approver: str | None, probe: Path) -> Permit:
    """Issue a permit for one search of one photo."""
    asked = read_request(request, "", {"approver": approver})
    photo = read_probe(probe)
    with open_gate(place, DlibEmbedder.load(Settings.from_environment().cache)) as gate:
        if failed := gate.may(asked, photo):
            _refuse(gate.ledger, asked, failed, at=gate.clock())
        return issue(
            gate.ledger,
            asked,
            probe_digest=hashlib.sha256(photo).hexdigest(),
            at=gate.clock(),
            random_bytes=gate.random_bytes,
            life=timedelta(hours=gate.limits.permit_hours),
        )


def _for_dossier(place: Home, request: Path, approver: str | None, search: str, rank: int) -> Permit:
    """Issue a permit for one dossier about one candidate."""
    stated = read_dossier_request(request)
    asked = Asked(replace(stated, approver=stated.approver if approver is None else approver), search, rank)
    at = datetime.now(tz=UTC)
    with open_desk(place) as desk:
        if failed := desk.may(asked, at=at):
            _refuse(desk.place.ledger, asked.dossier, failed, at=at)
        return desk.approve(asked, at=at)


def _refuse(
    ledger: Ledger, asked: SearchRequest, failed: tuple[FailedRule, ...], *, at: datetime
) -> NoReturn:
    """Record that no permit is issued, and say why."""
    seq = refuse(ledger, asked, failed, at=at)
    console.print(refusal(failed, asked.profile))
    rules = ", ".join(rule.rule_id for rule in failed)
    msg = f"no permit was issued: refused under {asked.profile} by {rules}; record {seq} of the log"
    raise PolicyRefusal(msg)


@app.command("list")
def list_permits(home: HomeOption = None) -> None:
    """List permits: until when each holds, and whether it was used."""
    table = Table("permit", "expires", "used")
    with open_ledger(Home(home or Settings.from_environment().home)) as ledger:
        for one in permits_issued(ledger):
            used = "no" if one.used_by is None else f"by record {one.used_by}"
            table.add_row(one.permit_id, one.expires, used)
    console.print(table)
