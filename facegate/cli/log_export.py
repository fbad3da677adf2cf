"""``facegate log export``: sign the log, have it witnessed, and publish it as static files."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.published.publish import publish
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
from facegate.cli.console import console, progress
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_files import read_policy
from facegate.errors import InputError
from facegate.gate.home import Home
from facegate.gate.witnessing import sign_and_witness
from facegate.settings import Settings


def export(
    out: Annotated[
        Path,
        typer.Argument(help="Folder of the published log; made, or brought up to date.", show_default=False),
    ],
    policy: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Policy (C2SP tlog-policy) that names the witnesses to be asked. Left out: nobody is asked.",
            show_default=False,
        ),
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Publish the log as static files (C2SP tlog-tiles) that any web server can give out.

    Signs the log's newest state, asks the witnesses of the policy to cosign it, and writes what OUT does not
    hold yet; the checkpoint comes last. Holds no sealed field. Without enough cosignatures the log is
    published all the same, marked "not yet witnessed". A folder that shows more records, or others, is left
    as it is (exit code 8, or 13 and 12 if the log itself went back or was rewritten).
    """
    place = home_of(home)
    keys = signing_keys(place)
    wanted = None if policy is None else read_policy(policy)
    signed, told = sign_and_witness(place, keys, wanted, now())
    with progress() as bar:
        task = bar.add_task("records published", total=signed.checkpoint.size)
        publish(
            place.log,
            out,
            signed.encode(),
            lambda done, total: bar.update(task, completed=done, total=total),
        )
    _print_published(out, signed, told, keys)


def signing_keys(place: Home) -> LogKeys:
    """Read the log's keys, or say how to make them."""
    keys = place.log_keys(pin=Settings.from_environment().token_pin)
    if keys is None:
        msg = f"the log in {place.log} has no key to be signed with: make one with `facegate keys init`"
        raise InputError(msg)
    return keys


def _print_published(out: Path, signed: SignedCheckpoint, told: str, keys: LogKeys) -> None:
    lines = [
        f"{signed.checkpoint.size} records published in {out}, {told}",
        "",
        signed.note.text.decode().rstrip("\n"),
        "",
        "Anybody checks it, here or where it is served, with the key of the log:",
        f"  facegate log verify {out} --key {keys.folder / 'log.vkey'}",
    ]
    console.print("\n".join(lines), markup=False, soft_wrap=True)
