"""``facegate search``: ask the gate for one image comparison."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from facegate.cli.console import console, errors
from facegate.errors import InputError, PolicyRefusal
from facegate.faces.decode import MAX_BYTES
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gate.home import Home
from facegate.gate.opening import open_gate
from facegate.gate.reply import SearchReply
from facegate.records import FailedRule, SearchRequest
from facegate.settings import Settings


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
    measured = reply.measured
    table = Table.grid(padding=(0, 3))
    if reply.candidates:
        table.add_row("[bold]Rank", "[bold]Score band", "[bold]Subject reference (this case only)")
        for one in reply.candidates:
            table.add_row(str(one.rank), one.band, one.subject_ref)
    else:
        table.add_row("No candidate: nobody enrolled is at or above the threshold.")
    if reply.n_at_or_above > len(reply.candidates):
        table.add_row("", "", f"... and {reply.n_at_or_above - len(reply.candidates)} more, cut by the limit")
    lines = [] if measured is None else _threshold_lines(reply)
    text = Table.grid()
    text.add_row(table)
    for line in ("", *lines, "", f"[bold]{reply.notice}[/]"):
        text.add_row(line)
    synthetic = " — SYNTHETIC gallery" if reply.gallery.synthetic else ""
    title = f"Candidate list: {len(reply.candidates)} of {reply.gallery.n_subjects:,} enrolled{synthetic}"
    return Panel(text, title=title, border_style="blue", expand=False)


def _threshold_lines(reply: SearchReply) -> list[str]:
    """Say the threshold, the rate measured at it, and what that means for this gallery."""
    measured = reply.measured
    if measured is None:
        return []
    native = f"{measured.metric.native_name} {measured.threshold.native:.4f}"
    expected = measured.fmr * reply.gallery.n_subjects
    counts = f"{measured.false_matches:,} false matches in {measured.comparisons:,} comparisons"
    interval = f"95 % between {measured.low * 1e6:,.1f} and {measured.high * 1e6:,.1f}"
    meaning = f"about {expected:,.2f} wrong people"
    return [
        f"Threshold: score {measured.score:.4f} ({native}), set by {escape(measured.basis)}.",
        f"Measured on {escape(measured.dataset)}: {counts} of different people",
        f"({measured.people:,} people): {measured.fmr * 1e6:,.1f} per million, {interval}.",
        (
            f"Model, not measurement: if those enrolled here are like those people, a search for someone "
            f"not enrolled shows {meaning} (rate x {reply.gallery.n_subjects:,} enrolled)."
        ),
    ]
