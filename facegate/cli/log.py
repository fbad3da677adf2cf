"""``facegate log``: check the whole audit log offline, and read its public part."""

import json
from collections import deque
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from facegate.audit.canonical import JSONValue
from facegate.audit.entry import INTENT, RESULT, Entry, parse_entry
from facegate.audit.merkle import leaf_hash
from facegate.audit.storage import read_entries
from facegate.audit.verify import MAX_SKEW_SECONDS, VerifiedLog, verify_log
from facegate.cli import log_export, log_fsck, log_monitor, log_openings, log_receipts, log_witness
from facegate.cli.console import console, progress
from facegate.cli.log_files import KeyFile, PolicyFile
from facegate.cli.log_published import KEPT_IS_BEGINNING, is_published, pass_lines, print_published, printable
from facegate.errors import InputError, VerificationError
from facegate.gate.home import Home
from facegate.settings import Settings

app = typer.Typer(
    help="The audit log: check that nothing in it was changed, and read its public part.",
    no_args_is_help=True,
)

Folder = Annotated[
    Path | None,
    typer.Argument(
        help="Folder of the log, or a copy of it. Left out: the log of this installation.",
        show_default=False,
    ),
]


Place = Annotated[
    str | None,
    typer.Argument(
        metavar="[PATH_OR_URL]",
        help="Folder of the log or a copy of it; or a published log, a folder or an http(s) address. "
        "Left out: the log of this installation.",
        show_default=False,
    ),
]


@app.command()
def verify(
    folder: Place = None,
    *,
    since: Annotated[
        Path | None,
        typer.Option(
            metavar="CHECKPOINT_FILE",
            help="A `checkpoint` file of this log that you kept from earlier. With it, a history that was "
            "rewritten as a whole, or cut back, is found too.",
            show_default=False,
        ),
    ] = None,
    origin: Annotated[
        str | None,
        typer.Option(
            help="The name the log must have (first line of its checkpoint), such as facegate.local/log. "
            "Left out: the name this installation gives its log; for a FOLDER, any name.",
            show_default=False,
        ),
    ] = None,
    max_skew: Annotated[
        float,
        typer.Option(
            metavar="SECONDS",
            min=0,
            help="How far a record may be dated before an earlier one; clocks are set right now and then.",
        ),
    ] = MAX_SKEW_SECONDS,
    key: KeyFile = None,
    policy: PolicyFile = None,
) -> None:
    """Check the whole log offline: every record, the tree over them, and that results answer intents.

    Needs no key, no network and no trust in whoever keeps the log; a copy of its files `entries`,
    `leaves` and `checkpoint` is enough. A published log (`facegate log export`) is checked with --key or
    --policy: signature, cosignatures, every record and every tile of every level. How old cosignatures are
    is asked by `facegate log monitor`. Prints PASS, or FAIL and the first bad record.

    Exit code 0 if the log holds, 8 if it does not, 7 if there is none or it cannot be read.
    """
    trusted = None if since is None else _read_kept(since)
    if folder is not None and is_published(folder):
        print_published(folder, key=key, policy=policy, kept=trusted, origin=origin, max_skew=max_skew)
        return
    if key is not None or policy is not None:
        msg = "--key and --policy are for a published log: the writer's own files are not signed"
        raise InputError(msg)
    place = _folder(None if folder is None else Path(folder))
    try:
        with progress() as bar:
            task = bar.add_task("records verified", total=None, visible=False)
            verified = verify_log(
                place,
                trusted=trusted,
                origin=origin or (_home().origin if folder is None else None),
                max_skew_seconds=max_skew,
                progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
            )
    except VerificationError as error:
        console.print(f"FAIL  {printable(str(error))}", markup=False, soft_wrap=True)
        raise typer.Exit(VerificationError.exit_code) from error
    _print_pass(verified, since)


@app.command()
def show(
    folder: Folder = None,
    index: Annotated[
        int | None,
        typer.Option(min=0, help="Show this one record in full, by its index.", show_default=False),
    ] = None,
    last: Annotated[int, typer.Option(min=1, help="Show this many records, the newest ones.")] = 20,
) -> None:
    """Read the public part of the log. Sealed fields are shown as sealed.

    This reads; it does not check. Whether the records are the ones once written says
    `facegate log verify`.
    """
    place = _folder(folder)
    if index is None:
        _print_records(place, last)
    else:
        _print_one(place, index)


def _folder(folder: Path | None) -> Path:
    return _home().log if folder is None else folder


def _home() -> Home:
    return Home(Settings.from_environment().home)


def _read_kept(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        msg = f"the checkpoint you kept, {path}, cannot be read: {error.strerror}"
        raise InputError(msg) from error


def _print_pass(verified: VerifiedLog, since: Path | None) -> None:
    lines = pass_lines(verified)
    if since is None:
        lines.append(
            "A history rewritten as a whole is found only against a checkpoint kept from before: keep a "
            "copy of the file `checkpoint` away from this machine and pass it with --since next time."
        )
    else:
        lines.append(KEPT_IS_BEGINNING)
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def _print_records(folder: Path, last: int) -> None:
    newest = deque(enumerate(read_entries(folder)), maxlen=last)
    if not newest:
        console.print("The log is empty.")
        return
    table = Table()
    table.add_column("record", justify="right")
    for heading in ("time (UTC)", "kind", "what", "sealed fields"):
        table.add_column(heading)
    for seq, data in newest:
        table.add_row(str(seq), *_cells(data))
    console.print(table)


def _cells(data: bytes) -> Iterable[str]:
    try:
        entry = parse_entry(data)
    except VerificationError as error:
        return "", "?", escape(printable(f"cannot be read: {error}")), ""
    time = str(entry.public["time"]).replace("T", " ").rstrip("Z")
    return time, escape(printable(entry.kind)), escape(printable(_what(entry))), str(len(entry.sealed))


def _what(entry: Entry) -> str:
    """One line that tells a reader what the record is about."""
    held = entry.public
    if entry.kind == INTENT:
        rules = held.get("rules")
        failed = f" by {', '.join(str(rule) for rule in rules)}" if isinstance(rules, list) and rules else ""
        agency, profile, decision = (_plain(held.get(name)) for name in ("agency", "profile", "decision"))
        return f"{agency}, {profile}: {decision}{failed}"
    if entry.kind == RESULT:
        outcome, count = _plain(held.get("outcome")), _plain(held.get("n_candidates"))
        return f"of intent {entry.intent}: {outcome}, {count} candidates"
    return ", ".join(
        f"{name} {_plain(value)}" for name, value in held.items() if name not in {"kind", "time"}
    )


def _print_one(folder: Path, index: int) -> None:
    size = 0
    for seq, data in enumerate(read_entries(folder)):
        size = seq + 1
        if seq == index:
            _print_fields(parse_entry(data), data)
            return
    msg = f"there is no record {index}: the log holds {size}, counted from 0"
    raise InputError(msg)


def _print_fields(entry: Entry, data: bytes) -> None:
    table = Table(title=f"record {entry.seq}", show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in entry.public.items():
        table.add_row(name, escape(printable(_plain(value))))
    for field, commitment in entry.sealed.items():
        table.add_row(field, f"sealed, commitment {commitment}")
    table.add_row("leaf hash", leaf_hash(data).hex())
    console.print(table)


def _plain(value: JSONValue) -> str:
    """Write text bare and everything else as JSON; what is missing or empty as a dash."""
    if value is None or value == "":
        return "-"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


app.command("export")(log_export.export)
app.command("fsck")(log_fsck.fsck)
app.command("monitor")(log_monitor.monitor)
app.command("open")(log_openings.open_)
app.command("check-opening")(log_openings.check_opening)
app.command("erase")(log_openings.erase)
app.command("prove")(log_receipts.prove)
app.command("receipt")(log_receipts.receipt)
app.command("witness")(log_witness.witness)
