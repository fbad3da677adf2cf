"""Where the ``facegate`` command starts: Ctrl-C is one sentence even while it is still loading."""

from facegate.cli.console import one_sentence_errors


def main() -> None:
    """Load and run the command line."""
    with one_sentence_errors():
        from facegate.cli.main import app  # noqa: PLC0415  loading takes a second, and may be interrupted

        app()
