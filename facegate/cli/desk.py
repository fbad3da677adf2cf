"""What every command at an agency's desk starts from: the installation's folder, and the time."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from facegate.gate.home import Home
from facegate.settings import Settings

HomeFolder = Annotated[
    Path | None,
    typer.Option("--home", help="The installation's folder (FACEGATE_HOME or ./home).", show_default=False),
]


def now() -> datetime:
    """Read the clock: the one place in which these commands do."""
    return datetime.now(tz=UTC)


def home_of(folder: Path | None) -> Home:
    """Give the installation's folder."""
    return Home(folder or Settings.from_environment().home)
