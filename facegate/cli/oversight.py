"""``facegate oversight``: what is recorded for oversight, and what oversight reads from the log."""

import typer

from facegate.cli import oversight_record, oversight_site

app = typer.Typer(
    help="Records of what came later, retention, who witnesses the log, and the public site.",
    no_args_is_help=True,
)
app.command("outcome")(oversight_record.outcome)
app.command("demographics")(oversight_record.demographics)
app.command("judicial")(oversight_record.judicial)
app.command("retention")(oversight_record.retention)
app.command("witnesses")(oversight_record.witnesses)
app.command("site")(oversight_site.site)
