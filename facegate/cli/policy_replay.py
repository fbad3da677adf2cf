"""``facegate policy replay``: decide every logged request again, from the log alone."""

from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.replay import replay_log
from facegate.audit.verify import verify_log
from facegate.cli.console import console, progress
from facegate.errors import VerificationError
from facegate.gate.home import Home
from facegate.settings import Settings

MOST_SHOWN = 20


def replay(
    log: Annotated[
        Path | None,
        typer.Argument(help="The log folder; by default the agency's own.", show_default=False),
    ] = None,
) -> None:
    """Decide every request on a log again, under the very texts that decided then, and compare.

    The log is verified first. It holds the text of every law that was asked and, sealed, every question, so
    that neither the installed profiles nor the registers take part. Exit code 8: a decision did not come
    out again, or the log does not hold.
    """
    folder = log or Home(Settings.from_environment().home).log
    verified = verify_log(folder)
    with progress() as bar:
        task = bar.add_task("Records read", total=verified.size)
        again = replay_log(folder, progress=lambda done: bar.update(task, completed=done))
        bar.update(task, completed=verified.size)
    for one in again.differences[:MOST_SHOWN]:
        console.print(f"Record {one.seq}: {one.why}", markup=False, soft_wrap=True)
    erased = f"; the questions of {again.n_erased:,} were erased" if again.n_erased else ""
    console.print(
        f"{again.n_same:,} decisions came out as logged, {len(again.differences):,} did not{erased}.",
        markup=False,
    )
    if again.differences:
        msg = f"{len(again.differences):,} decisions on the log are not what its laws decide"
        raise VerificationError(msg)
