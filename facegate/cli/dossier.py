"""``facegate dossier``: ask for listed fields of the record of somebody who was released as a lead."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.review_options import MOST_RANKED
from facegate.errors import InputError
from facegate.gate.dossier_desk import Asked, open_desk
from facegate.gate.records_file import RecordsFile
from facegate.gate.review.dossier import Dossier, DossierRefusal
from facegate.policy.request_file import read_request_file
from facegate.request import SearchRequest


def dossier(
    request: Annotated[
        Path,
        typer.Argument(help="The request, a JSON or TOML file, with its dossier_fields.", show_default=False),
    ],
    *,
    search: Annotated[str, typer.Option(help="Id of the search it rests on.", show_default=False)],
    rank: Annotated[
        int,
        typer.Option(min=1, max=MOST_RANKED, help="Which candidate of its list, from 1.", show_default=False),
    ],
    records: Annotated[
        Path,
        typer.Option(help="The license authority's records, a JSON file by subject id.", show_default=False),
    ],
    permit: Annotated[
        str, typer.Option(help="The permit for it: `facegate permit issue --search ID --rank N`.")
    ] = "",
    home: HomeFolder = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the dossier as JSON.")] = False,
) -> None:
    """Ask for listed fields of the record of a released lead: an action of its own, under the same law.

    Every attempt is a record before any field is read. A field outside the profile's list is refused, and
    nothing but the fields asked for leaves. Photo and signature are JPEG or PNG files as base 64 text; they
    leave with the mark of this copy in them. A permit for it is good once. Exit code 3: refused.
    """
    asked = Asked(read_dossier_request(request), search, rank)
    with open_desk(home_of(home)) as desk:
        try:
            released = desk.ask(asked, RecordsFile(records), permit=permit, at=now())
        except DossierRefusal as refusal:
            _print_refusal(refusal)
            raise
    _print_dossier(released, as_json=as_json)


def read_dossier_request(path: Path) -> SearchRequest:
    """Read a request from a file that claims nothing only registers can know.

    Raises
    ------
    InputError
        If it is no request, or states facts or overlays.
    """
    stated = read_request_file(path)
    if stated.overridden or stated.overlays:
        msg = f"{path.name} states facts or overlays; here the registers say what is known, leave them out"
        raise InputError(msg)
    return stated.request


def ordinal(n: int) -> str:
    """Write a whole number from 1 as an ordinal.

    Examples
    --------
    >>> [ordinal(n) for n in (1, 2, 3, 4, 11, 12, 13, 21, 112, 122)]
    ['1st', '2nd', '3rd', '4th', '11th', '12th', '13th', '21st', '112th', '122nd']
    """
    teen = n % 100 in {11, 12, 13}
    return f"{n}{'th' if teen else {1: 'st', 2: 'nd', 3: 'rd'}.get(n % 10, 'th')}"


def _print_refusal(refusal: DossierRefusal) -> None:
    for rule in refusal.failed:
        console.print(f"[bold]{escape(rule.rule_id)}[/]  {escape(rule.say)} [dim]({escape(rule.cite)})[/]")


def _print_dossier(released: Dossier, *, as_json: bool) -> None:
    if as_json:
        console.print_json(json.dumps(released.to_json()))
        return
    table = Table("field", "content")
    for name, content in released.fields:
        table.add_row(name, escape(content))
    console.print(table)
    console.print(
        f"The {ordinal(released.n_in_case)} dossier of this case. Mark of this copy: {released.mark}"
    )
    console.print(f"Log: asked {released.asked}, released {released.record}. Search {released.search_id}")
    console.print(released.notice, soft_wrap=True)
