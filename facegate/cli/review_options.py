"""Arguments and options that the steps of a review share."""

from typing import Annotated

import typer

from facegate.cli.console import console

Search = Annotated[str, typer.Argument(help="Id of the search.", show_default=False)]
MOST_RANKED = 1_000  # the longest list a request may ask for
LARGEST_RECORD = 2**53 - 1  # a position the log can hold
Rank = Annotated[
    int,
    typer.Argument(min=1, max=MOST_RANKED, help="Which candidate of the list, from 1.", show_default=False),
]
Officer = Annotated[str, typer.Option(help="Your officer id.", show_default=False)]
Agency = Annotated[str, typer.Option(help="ORI of your agency, such as CO0160000.", show_default=False)]
Reference = Annotated[
    str, typer.Option(help="Where it is found: a number of court, lab or file.", show_default=False)
]
Day = Annotated[str, typer.Option(help="Day, such as 2026-11-22.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="Print the answer as JSON.")]


def say(sentence: str) -> None:
    """Print a sentence as it is: neither marked up nor broken."""
    console.print(sentence, markup=False, soft_wrap=True)
