"""``facegate search``: ask the gate for one image comparison."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.console import RenderableType
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from facegate.cli.console import console, errors
from facegate.errors import InputError, PolicyRefusal
from facegate.faces.decode import MAX_BYTES
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gate.home import Home
from facegate.gate.opening import open_gate
from facegate.gate.reply import CertificateSeen, SearchReply
from facegate.records import FailedRule, SearchRequest
from facegate.reporting.numbers import MILLION, UNKNOWN, rounded
from facegate.settings import Settings

SEARCHES = 10_000  # rates of searches are shown as so many in this many


def search(
    probe: Annotated[Path, typer.Argument(help="Photo of one face: JPEG, PNG or WebP.", show_default=False)],
    *,
    profile: Annotated[str, typer.Option(help="The law to apply; see `facegate policy list`.")],
    case_number: Annotated[
        str | None, typer.Option(help="Your agency's case number, such as 24-001234.")
    ] = None,
    offense_code: Annotated[
        str | None, typer.Option(help="NCIC offense code, four digits; see `facegate policy offenses`.")
    ] = None,
    offense_level: Annotated[
        str | None, typer.Option(help="Level you claim for the offense, such as 1; it must fit the code.")
    ] = None,
    felony: Annotated[
        bool, typer.Option("--felony", help="The charge is a felony; needs --charge-citation.")
    ] = False,
    charge_citation: Annotated[
        str | None, typer.Option(help="Statute of the charge, such as 'C.R.S. 18-4-203'.")
    ] = None,
    requester: Annotated[str | None, typer.Option(help="Officer id of whoever asks.")] = None,
    agency: Annotated[str | None, typer.Option(help="ORI of the asking agency, such as CO0160000.")] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reply as JSON.")] = False,
) -> None:
    """Ask for one face search.

    The profile decides first. Every attempt, allowed or refused, is written to the log before
    anything is searched. Exit code 0: searched (perhaps nobody found); 3: refused by the law.
    """
    settings = Settings.from_environment()
    request = SearchRequest(
        profile=profile,
        case_number=case_number,
        offense_code=offense_code,
        offense_level=offense_level,
        felony=felony,
        charge_citation=charge_citation,
        requester=requester,
        agency=agency,
    )
    photo = read_probe(probe)
    with open_gate(Home(home or settings.home), DlibEmbedder.load(settings.cache)) as gate:
        if gate.log.recovered:
            errors.print(f"facegate: {gate.log.recovered}", markup=False, soft_wrap=True)
        reply = gate.search(request, photo)
    if as_json:
        console.print_json(json.dumps(reply.to_json()))
    else:
        print_reply(reply)
    if reply.failed_rules:
        rules = ", ".join(rule.rule_id for rule in reply.failed_rules)
        msg = f"refused under {reply.profile} by {rules}; the refusal is record {reply.log.result} of the log"
        raise PolicyRefusal(msg)


def read_probe(path: Path) -> bytes:
    """Read the probe file, refusing one that is missing or too large to be a photo.

    Raises
    ------
    InputError
        Naming what is wrong with the file.
    """
    try:
        size = path.stat().st_size
        if size > MAX_BYTES:
            msg = f"the probe has {size:,} bytes, wanted at most {MAX_BYTES:,}"
            raise InputError(msg)
        return path.read_bytes()
    except OSError as error:
        msg = f"cannot read the probe {path}: {error.strerror}"
        raise InputError(msg) from error


def print_reply(reply: SearchReply) -> None:
    """Show a reply as a person should read it."""
    if reply.failed_rules:
        console.print(_refusal(reply.failed_rules, reply.profile))
    else:
        console.print(_candidates(reply))
    place = f"Log: intent {reply.log.intent}, result {reply.log.result}, root {reply.log.root[:16]}…"
    console.print(f"[dim]{place}  Search {reply.search_id}[/dim]")


def _refusal(failed: tuple[FailedRule, ...], profile: str) -> Panel:
    lines = []
    for rule in failed:
        unchecked = "" if rule.checked.endswith(" checked") else " [yellow](not checked against the text)[/]"
        lines.append(f"[bold]{escape(rule.rule_id)}[/]  {escape(rule.say)}")
        lines.append(f"  [dim]{escape(rule.cite)}[/]{unchecked}")
    return Panel("\n".join(lines), title=f"REFUSED under {escape(profile)}", border_style="red", expand=False)


def _candidates(reply: SearchReply) -> Panel:
    table = Table.grid(padding=(0, 3))
    if reply.candidates:
        table.add_row("[bold]Rank", "[bold]Score band", "[bold]Subject reference (this case only)")
        for one in reply.candidates:
            table.add_row(str(one.rank), one.band, one.subject_ref)
    else:
        table.add_row("No candidate: nobody enrolled is at or above the threshold.")
    if reply.n_at_or_above > len(reply.candidates):
        table.add_row("", "", f"... and {reply.n_at_or_above - len(reply.candidates)} more, cut by the limit")
    text = Table.grid()
    text.add_row(table)
    if reply.certificate is not None:
        text.add_row("")
        text.add_row(certificate_text(reply.certificate))
    text.add_row(f"\n[bold]{reply.notice}[/]")
    synthetic = " — SYNTHETIC gallery" if reply.gallery.synthetic else ""
    title = f"Candidate list: {len(reply.candidates)} of {reply.gallery.n_subjects:,} enrolled{synthetic}"
    return Panel(text, title=title, border_style="blue", expand=False)


def certificate_text(seen: CertificateSeen) -> RenderableType:
    """Say the threshold in force, who vouches for it, and how often each group is wrongly matched."""
    value = f"score {seen.score:.4f} ({seen.native_name} {seen.native:.4f})"
    vouched = f"Certificate {seen.serial[:16]}… by {escape(seen.issuer)}, valid until {seen.valid_until}"
    lines = [
        f"Threshold: {value}, set by {escape(seen.basis)}.",
        f"{vouched}; measured on {escape(seen.dataset)}.",
    ]
    if seen.gallery_size is not None:
        lines.append(f"Searches were measured in a gallery of {seen.gallery_size:,} people.")
    text = Table.grid()
    for line in lines:
        text.add_row(line)
    text.add_row(_rates_table(seen))
    text.add_row("[dim]At most: upper end of the 95 % range. A group too small for a rate has only that.[/]")
    return text


def _rates_table(seen: CertificateSeen) -> Table:
    """Tabulate what is certified, everybody first."""
    table = Table(box=SIMPLE, pad_edge=False)
    table.add_column("group")
    for heading in (
        "false matches\nper million\ncomparisons",
        "at most",
        "searches of 10,000\nthat return\na wrong person",
        "at most",
    ):
        table.add_column(heading, justify="right", vertical="bottom")
    for one in (seen.overall, *seen.groups):
        compared = _scaled(one.fmr, MILLION), _scaled(one.fmr_at_most, MILLION)
        searched = _scaled(one.fpir, SEARCHES), _scaled(one.fpir_at_most, SEARCHES)
        table.add_row(escape(one.group), *compared, *searched)
    return table


def _scaled(rate: float | None, times: int) -> str:
    return UNKNOWN if rate is None else rounded(rate * times)
