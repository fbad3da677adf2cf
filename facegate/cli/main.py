"""The ``facegate`` command: every subcommand is registered here."""

import typer

from facegate.cli.console import one_sentence_errors

app = typer.Typer(
    name="facegate",
    help="Gated face search, a log that shows tampering, and error rates by subgroup.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def main() -> None:
    """Run the command line."""
    with one_sentence_errors():
        # standalone_mode off would swallow Typer's own usage errors; Ctrl-C becomes Abort there.
        app()
