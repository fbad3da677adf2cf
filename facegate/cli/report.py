"""``facegate report``: make a report from the log, read one, and recompute one that was filed."""

from datetime import date, timedelta
from pathlib import Path
from typing import Annotated

import typer

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.oversight.log_reader import LogReader, log_reader
from facegate.oversight.registry import KINDS, report_kind
from facegate.oversight.report import Period
from facegate.oversight.report_form import LARGEST_REPORT, encode_report, parse_report
from facegate.oversight.report_text import report_text
from facegate.oversight.verify_report import make_report, verify_report

LAST_DAY = date(9998, 12, 31)  # a period needs a day after it

app = typer.Typer(
    help="Reports that statutes ask for, and those on the gate itself: made from the log, never by hand.",
    no_args_is_help=True,
)

LogPlace = Annotated[
    str | None,
    typer.Option(
        "--log",
        metavar="FOLDER_OR_URL",
        help="The log: an installation's log folder, a copy of it, or a published log. "
        "Left out: the log of this installation.",
        show_default=False,
    ),
]
File = Annotated[Path, typer.Argument(help="The report's file.", show_default=False)]


@app.command("list")
def list_reports() -> None:
    """List the reports that can be made, when each is due, and who can recompute it."""
    for kind in sorted(KINDS, key=lambda one: one.name):
        who = "whoever keeps the log: sealed fields are read" if kind.needs_openings else "anybody"
        lines = (
            f"{kind.name}: {kind.title}",
            f"    due           {kind.due}",
            f"    asked for by  {kind.authority}",
            f"    recomputed by {who}",
            f"    publishable   {'with --public' if kind.publishable else 'no: not for the public'}",
        )
        console.print("\n".join(lines), markup=False, soft_wrap=True)


@app.command()
def make(  # noqa: PLR0917  Typer reads options from positional parameters
    name: Annotated[str, typer.Argument(help="Name of the report, such as md-510.", show_default=False)],
    year: Annotated[
        int | None, typer.Option(min=1970, max=9998, help="A calendar year.", show_default=False)
    ] = None,
    quarter: Annotated[
        int | None, typer.Option(min=1, max=4, help="A quarter of that year.", show_default=False)
    ] = None,
    first_day: Annotated[
        str | None, typer.Option("--from", metavar="DAY", help="First day instead.", show_default=False)
    ] = None,
    last_day: Annotated[
        str | None, typer.Option("--to", metavar="DAY", help="Last day, included.", show_default=False)
    ] = None,
    size: Annotated[
        int | None,
        typer.Option(min=0, help="From so many records of the log, the first ones.", show_default=False),
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Mask small counts about people, for publication.")
    ] = False,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", help="Write the JSON file here.", show_default=False)
    ] = None,
    place: LogPlace = None,
    home: HomeFolder = None,
) -> None:
    """Make a report: plain text on the screen, canonical JSON in the file.

    The same records give the same bytes. Days are UTC. A past year can be made again at any time; with
    --size from the records there were then, as long as nothing these held was erased since (reports that
    read no sealed field are made from any size).

    Publish one version of a public report: what was recorded or erased between two sizes of the log is their
    difference.
    """
    period = _period(year, quarter, first_day, last_day)
    report = make_report(report_kind(name), _log(place, home), period, size=size, public=public)
    if out is not None:
        replace_bytes(out, encode_report(report))
    console.print(report_text(report), markup=False, soft_wrap=True, end="")


@app.command()
def show(file: File) -> None:
    """Print a report's file as plain text. This reads; whether its numbers are true says `report verify`."""
    console.print(report_text(parse_report(_read(file))), markup=False, soft_wrap=True, end="")


@app.command()
def verify(file: File, place: LogPlace = None, home: HomeFolder = None) -> None:
    """Recompute a report from the log it names, and compare every byte.

    Against a published log anybody can do this for reports that read no sealed field.

    Exit code 0 if it comes out the same, 8 if anything differs (the first difference is named), 2 if it
    needs sealed fields that are not there, or that were erased since the report was made.
    """
    report = verify_report(_read(file), _log(place, home))
    log = report.log
    lines = (
        f"PASS  {report.name} follows from the log, byte for byte",
        f"log     {log.origin}, its first {log.size:,} records",
        f"root    {log.root}",
        f"period  {report.period.start} to {report.period.end - timedelta(days=1)}",
    )
    console.print("\n".join(lines), markup=False, soft_wrap=True)


def _log(place: str | None, home: Path | None) -> LogReader:
    return log_reader(home_of(home).log if place is None else place)


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:  # a device or a pipe has no size to look at first
            data = stream.read(LARGEST_REPORT + 1)
    except OSError as error:
        msg = f"the report {file} cannot be read: {error.strerror}"
        raise InputError(msg) from error
    if len(data) > LARGEST_REPORT:
        msg = f"the report {file} is larger than {LARGEST_REPORT:,} bytes, the most that is read"
        raise InputError(msg)
    return data


def _period(year: int | None, quarter: int | None, first_day: str | None, last_day: str | None) -> Period:
    """Read which days are meant: a year, a quarter of it, or a first and a last day."""
    if year is not None and first_day is None and last_day is None:
        return Period.year(year) if quarter is None else Period.quarter(year, quarter)
    if year is None and quarter is None and first_day is not None and last_day is not None:
        end = _day(last_day)
        if end > LAST_DAY:
            msg = f"the last day is {end}, wanted one up to {LAST_DAY}"
            raise InputError(msg)
        return Period(_day(first_day), end + timedelta(days=1))
    msg = "say which days: --year 2025, --year 2025 --quarter 3, or --from 2025-09-01 --to 2025-12-31"
    raise InputError(msg)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        msg = f"the day is {text!r:.40}, wanted one such as 2025-09-01"
        raise InputError(msg) from error
