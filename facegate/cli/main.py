"""The ``facegate`` command: every subcommand is registered here."""

import inspect
from typing import Any

import typer
from typer.core import TyperGroup

from facegate.cli import (
    agency,
    benchmark,
    case,
    datasets,
    demo,
    dossier,
    embed,
    gallery,
    init,
    keys,
    limits,
    log,
    misuse,
    oversight,
    permit,
    policy,
    report,
    review,
    search,
    serve,
)
from facegate.cli.console import one_sentence_errors


class OneSentenceGroup(TyperGroup):
    """A command group whose failures are one sentence and an exit code, never a traceback."""

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401  Typer's own context type is private
        """Run the subcommand."""
        with one_sentence_errors():
            return super().invoke(ctx)


app = typer.Typer(
    name="facegate",
    cls=OneSentenceGroup,
    help="Gated face search, a log that shows tampering, and error rates by subgroup.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(agency.app, name="agency")
app.add_typer(benchmark.app, name="benchmark")
app.add_typer(case.app, name="case")
app.add_typer(datasets.app, name="datasets")
app.add_typer(gallery.app, name="gallery")
app.add_typer(keys.app, name="keys")
app.add_typer(limits.app, name="limits")
app.add_typer(log.app, name="log")
app.add_typer(misuse.app, name="misuse")
app.add_typer(oversight.app, name="oversight")
app.add_typer(policy.app, name="policy")
app.add_typer(permit.app, name="permit")
app.add_typer(report.app, name="report")
app.add_typer(review.app, name="review")
app.command("dossier")(dossier.dossier)
app.command("embed")(embed.embed)
app.command("demo")(demo.demo)
app.command("init")(init.init)
app.command("search")(search.search)
app.command("serve")(serve.serve)


def _flow(group: typer.Typer) -> None:
    """Let help texts flow to the width of the terminal, not of the source; tables stay as they are."""
    for command in group.registered_commands:
        text = inspect.getdoc(command.callback) if command.callback else None
        if text and not command.help:
            command.help = "\n\n".join(_flowing(one) for one in text.split("\n\n"))
    for below in group.registered_groups:
        if below.typer_instance is not None:
            _flow(below.typer_instance)


def _flowing(paragraph: str) -> str:
    if paragraph.startswith("\b") or any(line.startswith(" ") for line in paragraph.splitlines()):
        return paragraph
    return " ".join(paragraph.splitlines())


_flow(app)
