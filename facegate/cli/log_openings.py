"""``facegate log open | check-opening | erase``: show sealed fields to a court; destroy what opens others."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.audit.entry import RESULT
from facegate.audit.reading import read_records
from facegate.audit.sealing.opening_file import Shown, check_openings, encode_openings, open_fields
from facegate.audit.signed.issuing import issue_receipts
from facegate.audit.storage import read_entries
from facegate.cli.console import console, printable
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_files import KeyFile, PolicyFile, read_keys, read_policy
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.photos.store import PhotoStore
from facegate.oversight.events import read_events
from facegate.oversight.expunging import BASES, expunge_expired, expunge_search
from facegate.settings import Settings

SEALED_BY_SEARCH = "case_number,requester,offense_code"

Search = Annotated[str, typer.Argument(help="Id of the search, or the index of one record.")]


def open_(
    search: Search,
    *,
    fields: Annotated[
        str, typer.Option(help="Sealed fields to show, with commas between. `facegate log show` names them.")
    ] = SEALED_BY_SEARCH,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file to write.")] = Path("opening.json"),
    home: HomeFolder = None,
) -> None:
    """Open exactly the fields named, of one search or record, for a court. Nothing else of it opens.

    Whoever gets the file checks it with `facegate log check-opening`, without this machine and without a
    secret key.
    """
    place = home_of(home)
    wanted = [one.strip() for one in fields.split(",") if one.strip()]
    found = _opened(place, search, wanted)
    replace_bytes(out, found)
    names = ", ".join(wanted)
    console.print(f"{out} opens {names} and nothing else.", markup=False, soft_wrap=True)
    console.print(
        f"To check it: facegate log check-opening {out} --key {place.keys / 'log.vkey'}", markup=False
    )


def check_opening(
    file: Annotated[Path, typer.Argument(help="The file that `facegate log open` wrote.")],
    *,
    key: KeyFile = None,
    policy: PolicyFile = None,
) -> None:
    """Check offline that the fields shown are what the log sealed. Exit code 8 if they are not."""
    asked = None if policy is None else read_policy(policy)
    shown = check_openings(_bytes(file), keys=read_keys(key, asked), policy=asked, now=now())
    for one in shown:
        _print_shown(one)
    n = sum(len(one.fields) for one in shown)
    origin = shown[0].signed.checkpoint.origin
    console.print(
        f"PASS  {n} fields of {len(shown)} records are what the log {origin} sealed.",
        markup=False,
        soft_wrap=True,
    )


def erase(
    search: Annotated[
        str | None, typer.Argument(help="Id of the search; none with --expired.", show_default=False)
    ] = None,
    *,
    signed_by: Annotated[
        list[str], typer.Option("--signed-by", help="Officer id, twice: two people of the gallery's owner.")
    ],
    basis: Annotated[str, typer.Option(help=f"One of: {', '.join(sorted(BASES))}.")] = "",
    authority: Annotated[str, typer.Option(help="The court's order or the section; sealed.")] = "",
    expired: Annotated[
        bool,
        typer.Option("--expired", help="Erase whatever is past its term (`facegate oversight retention`)."),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    home: HomeFolder = None,
) -> None:
    """Destroy what opens the sealed fields of a search. It cannot be undone, in no copy.

    The records stay: that there was a search, when, and how it was decided, can be shown as before. What was
    erased, and on whose authority, is a record of its own. On a statute nothing goes while the search's case
    is open or an inquiry into misuse rests on it; a court's order goes ahead.
    """
    if expired == (search is not None):
        msg = "name one search, or --expired"
        raise InputError(msg)
    place = home_of(home)
    if not (yes or typer.confirm("What is erased can never be opened again, by anybody. Erase it?")):
        raise typer.Abort
    with open_ledger(place) as ledger:
        events, photos = read_events(place.log), PhotoStore.if_kept(place)
        if search is None:
            seq, seqs = expunge_expired(ledger, events, signed_by=signed_by, at=now(), photos=photos)
        else:
            seq, seqs = expunge_search(
                ledger,
                events,
                search,
                basis=basis,
                authority=authority,
                signed_by=signed_by,
                at=now(),
                photos=photos,
            )
    if not seqs:
        console.print("Nothing is past its term.")
        return
    console.print(f"{len(seqs)} records cannot be opened any more; record {seq} of the log says so.")
    console.print("Backups of keys/openings.key that are older must be destroyed, or they still open them.")
    if photos is not None:
        console.print("Photos of their probes are destroyed, too; so must be older backups of keys/photos.")


def _opened(place: Home, search: str, fields: list[str]) -> bytes:
    """Write openings of the records that seal the fields wanted."""
    keys = place.log_keys(pin=Settings.from_environment().token_pin)
    if keys is None:
        msg = "an opening is checked against the log's signature: make its keys with `facegate keys init`"
        raise InputError(msg)
    missing, chosen = set(fields), {}
    for entry, opening in read_records(place.log):
        if str(entry.seq) != search and entry.public.get("search_id") != search:
            continue
        has = [field for field in fields if field in entry.sealed]
        if has and opening is None:
            msg = f"record {entry.seq} was erased: what it sealed cannot be opened any more"
            raise InputError(msg)
        if (
            has
            and opening is not None
            and (str(entry.seq) == search or entry.kind != RESULT or set(has) & missing)
        ):
            chosen[entry.seq] = (opening, has)
            missing -= set(has)
    if not chosen or missing:
        msg = f"no record of {search[:40]} seals {', '.join(sorted(missing or set(fields)))}"
        raise InputError(msg)
    receipts, witnessed = issue_receipts(place.log, keys, chosen, at=now())
    if not witnessed:
        console.print(
            "Not yet witnessed: the receipts bear the log's own signature (see `facegate log export`)."
        )
    data = {seq: one for seq, one in enumerate(read_entries(place.log)) if seq in chosen}
    return encode_openings(
        [
            open_fields(data[seq], opening, has, receipts[seq])
            for seq, (opening, has) in sorted(chosen.items())
        ]
    )


def _print_shown(shown: Shown) -> None:
    table = Table(title=f"record {shown.entry.seq}, {shown.entry.kind}, {shown.entry.public['time']}")
    table.add_column("field", no_wrap=True)
    table.add_column("what the log sealed", overflow="fold")
    for field, value in sorted(shown.fields.items()):
        table.add_row(field, escape(printable(value)))
    console.print(table)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InputError(msg) from error
