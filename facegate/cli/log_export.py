"""``facegate log export``: sign the log, have it witnessed, and publish it as static files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.published.publish import publish
from facegate.audit.signed.cosigned import keep_cosigned, read_cosigned
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint
from facegate.audit.witnesses.quorum import WitnessPolicy
from facegate.audit.witnesses.witness_client import cosign
from facegate.cli.console import console, progress
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_files import read_policy
from facegate.errors import InputError, VerificationError
from facegate.gate.home import Home
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


def sign_and_witness(
    place: Home, keys: LogKeys, policy: WitnessPolicy | None, at: datetime
) -> tuple[SignedCheckpoint, str]:
    """Sign the log's newest state and ask the witnesses of a policy, if one is given; say what came of it."""
    newest, _ = keys.sign_newest(place.log, at=at)
    signed = _with_earlier(newest, read_cosigned(place.log, keys=keys.vkeys))
    if policy is None:
        return signed, "not yet witnessed: no policy was given, so no witness was asked (--policy FILE)"
    return _cosigned(place, signed, policy, keys, at)


def _with_earlier(signed: SignedCheckpoint, earlier: SignedCheckpoint | None) -> SignedCheckpoint:
    """Keep the cosignatures of the same state from the last time."""
    if earlier is None or earlier.checkpoint != signed.checkpoint:
        return signed
    own = {(one.name, one.key_id) for one in signed.note.signatures}
    return signed.with_signatures(one for one in earlier.note.signatures if (one.name, one.key_id) not in own)


def _cosigned(
    place: Home, signed: SignedCheckpoint, policy: WitnessPolicy, keys: LogKeys, at: datetime
) -> tuple[SignedCheckpoint, str]:
    """Ask the witnesses; give what came of it, and say it. Kept for receipts only if the policy is met."""
    known = read_cosigned(place.log, keys=keys.vkeys)
    answered = cosign(place.log, signed, policy, log_keys=keys.vkeys, known=known)
    n_asked = len(policy.witnesses)
    n_signed = n_asked - len(answered.missing)
    why = "".join(f"\n  {name}: {reason}" for name, reason in answered.missing)
    try:
        names = policy.demand(answered.signed, now=at)
    except VerificationError as error:
        return answered.signed, f"not yet witnessed: {n_signed} of {n_asked} cosigned; {error}{why}"
    if names:
        keep_cosigned(place.log, answered.signed)
    return answered.signed, f"witnessed: {n_signed} of {n_asked} cosigned ({', '.join(names) or 'none'}){why}"


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
