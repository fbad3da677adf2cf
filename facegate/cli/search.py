"""``facegate search``: ask the gate for one image comparison."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

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
from facegate.gate.limits.caps import effective_rate
from facegate.gate.opening import open_gate
from facegate.gate.reply import CertificateSeen, SearchReply
from facegate.policy.request_file import read_request_file
from facegate.records import FailedRule
from facegate.reporting.numbers import MILLION, UNKNOWN, rounded
from facegate.request import SearchRequest
from facegate.settings import Settings

SEARCHES = 10_000  # rates of searches are shown as so many in this many


def search(
    probe: Annotated[Path, typer.Argument(help="Photo of one face: JPEG, PNG or WebP.", show_default=False)],
    *,
    request: Annotated[
        Path | None,
        typer.Option(help="TOML or JSON file with the request; `facegate policy blank PROFILE` makes one."),
    ] = None,
    permit: Annotated[str, typer.Option(help="The permit that was issued for this search.")] = "",
    profile: Annotated[str, typer.Option(help="The law to apply; see `facegate policy list`.")] = "",
    case_number: Annotated[
        str | None, typer.Option(help="Your agency's case number, such as 24-001234.")
    ] = None,
    offense_code: Annotated[
        str | None, typer.Option(help="NCIC offense code, four digits; see `facegate policy offenses`.")
    ] = None,
    offense_level: Annotated[
        str | None, typer.Option(help="Level you claim for the offense, such as 1; it must fit the code.")
    ] = None,
    requester: Annotated[str | None, typer.Option(help="Officer id of whoever asks.")] = None,
    agency: Annotated[str | None, typer.Option(help="ORI of the asking agency, such as CO0160000.")] = None,
    home: Annotated[
        Path | None, typer.Option(help="Folder with gallery, log and keys (FACEGATE_HOME or ./home).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the reply as JSON.")] = False,
) -> None:
    """Ask for one face search.

    The request comes from a file; an option given here takes the place of the file's field.
    The law decides first. Every attempt, allowed or refused, is written to the log before anything
    is searched. Candidates wait for review by two people: `facegate review`.
    Exit code 0: searched (perhaps nobody found); 3: refused, or found too often and withheld.
    """
    settings = Settings.from_environment()
    stated = {
        "case_number": case_number,
        "offense_code": offense_code,
        "offense_level": offense_level,
        "requester": requester,
        "agency": agency,
    }
    asked = read_request(request, profile, stated)
    photo = read_probe(probe)
    with open_gate(Home(home or settings.home), DlibEmbedder.load(settings.cache)) as gate:
        if gate.ledger.log.recovered:
            errors.print(f"facegate: {gate.ledger.log.recovered}", markup=False, soft_wrap=True)
        reply = gate.search(asked, photo, permit=permit)
    if as_json:
        console.print_json(json.dumps(reply.to_json()))
    else:
        print_reply(reply)
    if reply.failed_rules:
        rules = ", ".join(rule.rule_id for rule in reply.failed_rules)
        msg = f"refused under {reply.profile} by {rules}; the refusal is record {reply.log.result} of the log"
        raise PolicyRefusal(msg)


def read_request(path: Path | None, profile: str, stated: Mapping[str, str | None]) -> SearchRequest:
    """Read a request from a file, with what options say put in its place.

    Parameters
    ----------
    path : Path or None
        The file; None if everything is said by options.
    profile : str
        The law; empty takes the file's.
    stated : mapping of str to str or None
        Fields given by options; None leaves the file's.

    Raises
    ------
    InputError
        If the file is no request, or claims what only registers can know.
    """
    if path is None:
        request = SearchRequest(profile=profile)
    else:
        read = read_request_file(path, profile=profile)
        if read.overridden or read.overlays:
            msg = (
                f"{path.name} states facts or overlays: these are for dry runs (facegate policy explain); "
                "a search takes them from the registers"
            )
            raise InputError(msg)
        request = read.request
    given: dict[str, Any] = {name: value for name, value in stated.items() if value is not None}
    return replace(request, **given)


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
        console.print(refusal(reply.failed_rules, reply.profile))
    else:
        console.print(_candidates(reply))
    place = f"Log: intent {reply.log.intent}, result {reply.log.result}, root {reply.log.root[:16]}…"
    console.print(f"[dim]{place}  Search {reply.search_id}[/dim]")


def refusal(failed: tuple[FailedRule, ...], profile: str) -> Panel:
    """Put every failed rule, with its citation and whether it was checked, in a frame."""
    lines = []
    for rule in failed:
        unchecked = "" if rule.checked.endswith(" checked") else " [yellow](not checked against the text)[/]"
        lines.append(f"[bold]{escape(rule.rule_id)}[/]  {escape(rule.say)}")
        lines.append(f"  [dim]{escape(rule.cite)}[/]{unchecked}")
    return Panel("\n".join(lines), title=f"REFUSED under {escape(profile)}", border_style="red", expand=False)


def _candidates(reply: SearchReply) -> Panel:
    text = Table.grid()
    if reply.n_candidates:
        waits = "candidate waits" if reply.n_candidates == 1 else "candidates wait"
        text.add_row(f"[bold]{reply.n_candidates} {waits} for review by two trained people.[/]")
        text.add_row(f"Each of them: facegate review show {reply.search_id} --officer ID --agency ORI")
    else:
        text.add_row("No candidate: nobody enrolled is at or above the threshold.")
    if reply.n_at_or_above > reply.n_candidates:
        text.add_row(f"{reply.n_at_or_above - reply.n_candidates} more were cut by the limit.")
    if reply.certificate is not None:
        text.add_row("")
        text.add_row(certificate_text(reply.certificate, n_tries=reply.n_tries))
    text.add_row(f"\n[bold]{reply.notice}[/]")
    synthetic = " — SYNTHETIC gallery" if reply.gallery.synthetic else ""
    title = f"Searched among {reply.gallery.n_subjects:,} enrolled{synthetic}"
    return Panel(text, title=title, border_style="blue", expand=False)


def certificate_text(seen: CertificateSeen, *, n_tries: int = 1) -> RenderableType:
    """Say the threshold in force, who vouches for it, and how often each group is wrongly matched.

    Parameters
    ----------
    seen : CertificateSeen
        The certificate.
    n_tries : int
        Searches with variants of one probe, this one included: if several, what they come to is said, too.
    """
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
    text.add_row(_rates_table(seen, n_tries))
    text.add_row("[dim]At most: upper end of the 95 % range. A group too small for a rate has only that.[/]")
    if n_tries > 1:
        text.add_row(
            f"[bold]This is search {n_tries} with variants of one probe.[/] If one search returns a wrong "
            f"person at rate p, one of {n_tries} does at up to 1 - (1 - p)^{n_tries}: the last column."
        )
    return text


def _rates_table(seen: CertificateSeen, n_tries: int) -> Table:
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
    if n_tries > 1:
        table.add_column(f"at most, in one\nof {n_tries} searches", justify="right", vertical="bottom")
    for one in (seen.overall, *seen.groups):
        compared = _scaled(one.fmr, MILLION), _scaled(one.fmr_at_most, MILLION)
        searched = _scaled(one.fpir, SEARCHES), _scaled(one.fpir_at_most, SEARCHES)
        table.add_row(escape(one.group), *compared, *searched, *_tried(one.fpir_at_most, n_tries))
    return table


def _scaled(rate: float | None, times: int) -> str:
    return UNKNOWN if rate is None else rounded(rate * times)


def _tried(rate: float | None, n_tries: int) -> tuple[str, ...]:
    """Say what the rate of one search comes to in several; nothing if there was one."""
    if n_tries == 1:
        return ()
    return (_scaled(None if rate is None else effective_rate(rate, n_tries), SEARCHES),)
