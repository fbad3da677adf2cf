"""``facegate case export`` and ``case check``: what the defense is owed, in one file that can be checked."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.console import console, printable, progress
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.cli.log_files import KeyFile, PolicyFile, read_keys, read_policy
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.registers.demands import demand_ori
from facegate.settings import Settings

LARGEST_READ = 2**32  # bytes: no case file is longer


def export(
    case_number: Annotated[
        str, typer.Argument(help="The agency's case number, such as 24-001234.", show_default=False)
    ],
    *,
    agency: Annotated[str, typer.Option(help="ORI of the agency, such as CO0160000.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="The zip to write; must not be there yet.")],
    recipient: Annotated[
        str, typer.Option("--for", help="Who receives it, such as the defense counsel; sealed in the log.")
    ] = "",
    by: Annotated[str, typer.Option("--by", help="Officer id of whoever hands it out; sealed.")] = "",
    witness_policy: Annotated[
        Path | None,
        typer.Option(
            help="Policy that names witnesses; the log's state must be cosigned as it asks.",
            show_default=False,
        ),
    ] = None,
    home: HomeFolder = None,
) -> None:
    """Write everything the log holds of a case into one zip, opened, with proofs and an offline verifier.

    Every search is in it, those that were refused or found nobody too. For the defense and the court: it
    holds what is sealed. That it was made is a record of the log. Its cover, and that nothing is missing, is
    your word: whoever checks the file can check neither.
    """
    # Not at the top: pages are written by the room that also draws figures, which is slow to load.
    from facegate.oversight.case_file.export import export_case  # noqa: PLC0415

    place = home_of(home)
    keys = place.log_keys(pin=Settings.from_environment().token_pin)
    if keys is None:
        msg = f"the log in {place.folder} has no keys yet to sign with: make them with `facegate keys init`"
        raise InputError(msg)
    if output.exists():
        msg = f"{output} is there already; a case file is never written over another"
        raise InputError(msg)
    with open_ledger(place) as ledger, progress() as bar:
        task = bar.add_task("records looked through", total=None, visible=False)
        made = export_case(
            ledger,
            place,
            agency=demand_ori(agency),
            number=case_number,
            keys=keys,
            clock=now,
            policy=None if witness_policy is None else _read(witness_policy),
            recipient=recipient,
            by=by,
            progress=lambda done, total: bar.update(task, completed=done, total=total, visible=True),
        )
    replace_bytes(output, made.data)
    lines = (
        f"{output}: {made.n_searches:,} searches, {made.n_records:,} records, {len(made.data):,} bytes.",
        f"That it was made is record {made.record} of the log; manifest {made.manifest_digest}.",
        "It is not public: it holds what is sealed. Check it with `facegate case check`, or its verify.py.",
    )
    for line in lines:
        console.print(line, markup=False, soft_wrap=True)


def check(
    file: Annotated[Path, typer.Argument(help="The zip.", show_default=False)],
    *,
    key: KeyFile = None,
    policy: PolicyFile = None,
) -> None:
    """Check a case file, offline: every byte of it, every record, every opened field.

    The policy on witnesses in the file was chosen by whoever made it; --policy takes your own instead. What
    no check can show: that the cover says what the records say, and that no record was left out.
    """
    from facegate.oversight.case_file.check import check_case_file  # noqa: PLC0415  as above

    keys = () if key is None else read_keys(key, None)
    own = None if policy is None else read_policy(policy)
    checked = check_case_file(_read(file), keys=keys, policy=own)
    for sentence in checked.passed:
        console.print(f"PASS  {printable(sentence)}", markup=False, soft_wrap=True)
    if checked.key_from_file:
        console.print("NOTE  The key was taken from the file itself; compare it with the published one:")
    for one in checked.keys:
        console.print(f"      {one.line()}", markup=False, soft_wrap=True, highlight=False)
    for sentence in checked.cannot_show:
        console.print(f"NOTE  {sentence}", markup=False, soft_wrap=True)


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(LARGEST_READ)
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InputError(msg) from error
