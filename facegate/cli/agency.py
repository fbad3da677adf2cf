"""``facegate agency``: who there is, what is shared with whom, and what keeps the gate closed."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.agency_show import print_registers
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.registers.activation import deactivate_policy, last_activation
from facegate.gate.registers.conditions import USAGE_POLICY_FILE
from facegate.gate.registers.demands import shown, today
from facegate.gate.registers.people import block_agency, change_officer
from facegate.gate.registers.setup import apply_setup, example_setup, read_setup
from facegate.policy.request_file import read_text

app = typer.Typer(
    help="Agencies, officers, what is shared with whom, and what keeps the gate closed.",
    no_args_is_help=True,
)


@app.command()
def example() -> None:
    """Print a setup file of a Colorado pilot, with comments: save it as agency.toml and edit it."""
    console.print(example_setup(now().date()), markup=False, soft_wrap=True, end="")


@app.command()
def load(
    file: Annotated[Path, typer.Argument(help="The setup, such as agency.toml.", show_default=False)],
    *,
    home: HomeFolder = None,
) -> None:
    """Register what a setup file states: all of it or, if anything is wrong, nothing.

    Each statement becomes a record of the log. What stands already, unchanged, is skipped.
    The usage policy it names is copied into the installation's folder.
    """
    place = home_of(home)
    setup = read_setup(read_text(file), folder=file.parent)
    with open_ledger(place) as ledger:
        done = apply_setup(ledger, setup, now())
    if setup.usage_policy is not None:
        replace_bytes(place.folder / USAGE_POLICY_FILE, setup.usage_policy)
    written = ", ".join(f"{n} {kind}" for kind, n in done.recorded.items()) or "nothing new"
    console.print(f"Recorded: {written}. Unchanged: {done.n_unchanged}.", markup=False, soft_wrap=True)


@app.command()
def show(*, home: HomeFolder = None) -> None:
    """Show people, census, sharing matrix, block list, audit calendar, and what keeps the gate closed."""
    place, at = home_of(home), now()
    with open_ledger(place) as ledger:
        print_registers(ledger, at, place)


@app.command()
def block(
    what: Annotated[
        str, typer.Argument(help="ori:DCICE0100, prefix:DCICE or class:immigration.", show_default=False)
    ],
    *,
    reason: Annotated[str, typer.Option(help="Why; it is public, so no names.")],
    first_day: Annotated[str | None, typer.Option("--from", help="First day; today if left out.")] = None,
    last_day: Annotated[
        str, typer.Option("--until", help="Last day; without end if left out.", show_default=False)
    ] = "",
    home: HomeFolder = None,
) -> None:
    """Put agencies on the block list, or change until when they stand on it."""
    at = now()
    with open_ledger(home_of(home)) as ledger:
        seq = block_agency(
            ledger, block=what, first_day=first_day or today(at), last_day=last_day, reason=reason, at=at
        )
    console.print(f"{what} is on the block list; record {seq} of the log.", markup=False, soft_wrap=True)


@app.command()
def officer(
    officer_id: Annotated[str, typer.Argument(help="Officer id.", show_default=False)],
    *,
    agency: Annotated[str, typer.Option(help="ORI of the officer's agency.")],
    standing: Annotated[
        str | None, typer.Option(help="active, suspended or gone; active enables anew.")
    ] = None,
    trained_until: Annotated[str | None, typer.Option(help="Last day on which the training counts.")] = None,
    home: HomeFolder = None,
) -> None:
    """Change an officer's standing or training."""
    if standing is None and trained_until is None:
        msg = "nothing to change: wanted --standing, --trained-until or both"
        raise InputError(msg)
    with open_ledger(home_of(home)) as ledger:
        seq = change_officer(
            ledger,
            agency=agency,
            officer=officer_id,
            standing=standing,
            trained_until=trained_until,
            at=now(),
        )
    console.print(f"Changed; record {seq} of the log.", markup=False)


@app.command()
def deactivate(
    profile: Annotated[
        str, typer.Argument(help="The law, such as co-dmv-2019, without its overlays.", show_default=False)
    ],
    *,
    agency: Annotated[str, typer.Option(help="ORI of the agency of whoever ends it.")],
    by: Annotated[str, typer.Option("--by", help="Officer id of whoever ends it.")],
    reason: Annotated[str, typer.Option(help="Why; it is public, so no names.")],
    home: HomeFolder = None,
) -> None:
    """Take a law out of force at once: nothing is searched under it any more.

    To close, one officer in good standing is enough. Every activation of the law ends, whatever its overlays.
    To open again, two people activate it anew, from this day or a later one: an older activation in
    agency.toml does not put it back.
    """
    with open_ledger(home_of(home)) as ledger:
        found = last_activation(ledger, profile)
        if found is None:
            msg = f"no activation of {shown(profile)} is in force; `facegate agency show` says which laws are"
            raise InputError(msg)
        seq = deactivate_policy(
            ledger,
            profile=profile,
            overlays=found.overlays,
            policy_digest=found.policy_digest,
            agency=agency,
            signed_by=by,
            reason=reason,
            at=now(),
        )
    console.print(
        f"{profile} is out of force; record {seq} of the log. Nothing is searched under it until two people "
        "activate it anew.",
        markup=False,
        soft_wrap=True,
    )
