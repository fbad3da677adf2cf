"""The ``facegate`` command: every subcommand is registered here."""

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
    limits,
    log,
    permit,
    policy,
    review,
    search,
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
app.add_typer(limits.app, name="limits")
app.add_typer(log.app, name="log")
app.add_typer(policy.app, name="policy")
app.add_typer(permit.app, name="permit")
app.add_typer(review.app, name="review")
app.command("dossier")(dossier.dossier)
app.command("embed")(embed.embed)
app.command("demo")(demo.demo)
app.command("search")(search.search)
