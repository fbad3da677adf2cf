"""``facegate log prove | receipt``: make a receipt of a record; check one, offline."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.entry import INTENT, RESULT, Entry, parse_entry
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.signed.issuing import issue_receipts
from facegate.audit.signed.receipt import LARGEST_RECEIPT, SUFFIX, Receipt, parse_receipt, verify_receipt
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
from facegate.audit.storage import ENTRIES, read_checkpoint, read_entries
from facegate.audit.witnesses.witness_policy import WitnessPolicy
from facegate.cli.console import console, printable
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_files import KeyFile, PolicyFile, read_keys, read_policy
from facegate.durable import replace_bytes
from facegate.errors import InputError, VerificationError
from facegate.gate.home import Home
from facegate.settings import Settings

LONGEST_INDEX = 16  # digits; no log holds so many records


def prove(
    record: Annotated[
        str,
        typer.Argument(
            metavar="INDEX|SEARCH",
            help="A record by its index; or a search by its id, then its intent and result, a receipt each.",
        ),
    ],
    *,
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            help="The receipt's file; for a search, a folder. Left out: record-INDEX.tlog-proof, here.",
            show_default=False,
        ),
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Make a receipt: a file that shows, offline and for good, that a record is in the log.

    The record itself is written beside it, with .json for its ending: a receipt is checked against it with
    `facegate log receipt`. What the record seals stays sealed.

    If witnesses have cosigned a state of the log that holds the record, the receipt carries their
    signatures. Until then it carries the log's own, and is "not yet witnessed".
    """
    place = home_of(home)
    keys = place.log_keys(pin=Settings.from_environment().token_pin)
    if keys is None:
        msg = f"the log in {place.folder} has no keys to sign with: make them with `facegate keys init`"
        raise InputError(msg)
    found = _records(place, record)
    receipts, witnessed = issue_receipts(place.log, keys, found, at=now())
    for seq, data in found.items():
        # Checked as its holder will check it: what does not hold is not handed out.
        signed = verify_receipt(receipts[seq], data, keys=keys.vkeys)
        path = _path(out, seq, folder=not record.isdecimal())
        replace_bytes(path, receipts[seq].encode())
        replace_bytes(path.with_suffix(".json"), data)
        kind = parse_entry(data).kind
        _say(f"{path}: record {seq}, {kind}, is in the log of {signed.checkpoint.size} records.")
    if witnessed:
        _say("Witnessed: it carries cosignatures, which --policy FILE demands when it is checked.")
    else:
        _say("Not yet witnessed: signed by the log alone. Make it again once witnesses have cosigned.")
    _say(f"To check: facegate log receipt FILE --key {place.keys / 'log.vkey'}")


def receipt(
    file: Annotated[Path, typer.Argument(help="The receipt, a .tlog-proof file.")],
    *,
    entry: Annotated[
        Path | None,
        typer.Option(
            metavar="RECORD_FILE",
            help="The record's bytes. Left out: the file beside the receipt that ends in .json.",
            show_default=False,
        ),
    ] = None,
    log: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER|URL",
            help="Take the record from a copy of the log instead, or from where it is published.",
            show_default=False,
        ),
    ] = None,
    key: KeyFile = None,
    policy: PolicyFile = None,
) -> None:
    """Check a receipt offline: that this record is in the log that somebody signed.

    Needs no log, no network and no secret key: the receipt, the record, the log's public key, and the
    policy if witnesses shall be believed instead of the log alone. Make one with `facegate log prove`.

    Exit code 0 if it holds, 8 if it does not.
    """
    if entry is not None and log is not None:
        msg = "name the record's file or a log to take it from, not both"
        raise InputError(msg)
    asked = None if policy is None else read_policy(policy)
    keys = read_keys(key, asked)
    data = _bytes(file)
    try:
        read = parse_receipt(data)
        record = _record(read, file, entry, log)
        signed = verify_receipt(read, record, keys=keys, policy=asked, now=now())
        held = parse_entry(record)
        _demand_place(held, read)
    except VerificationError as error:
        console.print(f"FAIL  {printable(str(error))}", markup=False, soft_wrap=True)
        raise typer.Exit(VerificationError.exit_code) from error
    _print_pass(held, signed, asked, now())


def _records(place: Home, record: str) -> dict[int, bytes]:
    """Find the records that are meant: one by index, or those of a search."""
    if record.isdecimal() and record.isascii():
        size = read_checkpoint(place.log).size
        wanted = int(record) if len(record) <= LONGEST_INDEX else size
        if wanted >= size:
            named = record if len(record) <= LONGEST_INDEX else f"{record[:LONGEST_INDEX]}..."
            msg = f"there is no record {named}: the log holds {size}, counted from 0"
            raise InputError(msg)
        return {wanted: next(read_entries(place.log, start=wanted))}
    found = {}
    in_bytes = record.encode(errors="replace")  # an argument that is no UTF-8 is the id of no search
    for seq, data in enumerate(read_entries(place.log)):
        if in_bytes in data:  # most are another search's: not worth reading
            one = parse_entry(data)
            if one.kind in {INTENT, RESULT} and one.public.get("search_id") == record:
                found[seq] = data
    if not found:
        msg = f"the log has no search {record[:40]!r}; wanted an index such as 12, or the id of a search"
        raise InputError(msg)
    return found


def _path(out: Path | None, seq: int, *, folder: bool) -> Path:
    name = f"record-{seq}{SUFFIX}"
    if out is None:
        return Path(name)
    if folder or out.is_dir():
        return out / name
    if out.suffix == ".json":
        msg = f"{out} is where the record goes; name the receipt otherwise, such as {out.with_suffix(SUFFIX)}"
        raise InputError(msg)
    return out


def _record(read: Receipt, file: Path, entry: Path | None, log: str | None) -> bytes:
    """Take the record's bytes from where they were said to be."""
    if log is None:
        return _bytes(entry or file.with_suffix(".json"))
    if "://" in log or not (Path(log) / ENTRIES).exists():
        return next(PublishedLog(log).entries(read.index, read.index + 1))
    return _from_copy(Path(log), read.index)


def _from_copy(log: Path, index: int) -> bytes:
    for data in read_entries(log, start=index):
        return data
    msg = f"the log {log} has no record {index}"
    raise VerificationError(msg)


def _demand_place(held: Entry, read: Receipt) -> None:
    """Hold the record to the place that it names itself."""
    if held.seq != read.index:
        msg = f"the record says that it is number {held.seq}, and stands at {read.index}"
        raise VerificationError(msg)


def _print_pass(held: Entry, signed: SignedCheckpoint, policy: WitnessPolicy | None, at: datetime) -> None:
    checkpoint = signed.checkpoint
    if policy is None:
        witnesses = "none asked for: the log's word alone. Name who must have cosigned with --policy"
    else:
        witnesses = ", ".join(policy.demand(signed, now=at)) or "none needed, says the policy"
    lines = [
        f"PASS  record {held.seq}, {held.kind}, of {held.public['time']}, is in the log",
        f"log       {checkpoint.origin}, {checkpoint.size} records",
        f"root      {checkpoint.root.hex()}",
        f"witnesses {witnesses}",
    ]
    for line in lines:
        _say(line)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_RECEIPT + 1)
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InputError(msg) from error
    return data


def _say(line: str) -> None:
    console.print(printable(line), markup=False, soft_wrap=True)
