"""``facegate init``: an agency's folder from nothing, and what to do next."""

import secrets
from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.checkpoint import demand_origin
from facegate.audit.keys.log_keys import LogKeys
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.durable import replace_bytes
from facegate.errors import InputError
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.home import LOG_ORIGIN, Home
from facegate.gate.naming_keys import name_keys
from facegate.gate.registers.setup import example_setup
from facegate.server import first_account
from facegate.server.config import FILE as SERVER_FILE
from facegate.server.config import read_config
from facegate.server.first_account import FirstAccount
from facegate.settings import Settings

SETUP_FILE = "agency.toml"
EXAMPLE_PAPERS = {
    "usage-policy.txt": "EXAMPLE, to be replaced by the usage policy that the agency publishes.\n\n"
    "Nobody searches without a case. A candidate is an investigative lead, never an identification.\n",
    "release-form.txt": "EXAMPLE, to be replaced by the release form that the requesting agency signed.\n\n"
    "Nothing is sold or passed on.\n",
}
"""What the example of the setup names: without these files it could not be loaded."""


def init(
    *,
    administrator: Annotated[
        str, typer.Option(help="Name under which the administrator signs in.", show_default=True)
    ] = "administrator",
    origin: Annotated[
        str,
        typer.Option(
            help="Name of the log, for good: an address without its scheme where it will be published, such "
            "as dmv.example.gov/face-log."
        ),
    ] = LOG_ORIGIN,
    reset_administrator: Annotated[
        str,
        typer.Option(
            help="Make nothing: give this administrator a new first pass phrase, on the log; stop the "
            "service first.",
            show_default=False,
        ),
    ] = "",
    home: HomeFolder = None,
) -> None:
    """Make an agency's folder: keys, an empty gallery, a log, and one administrator.

    What is there already stays as it is: run it again if it was broken off. The administrator's first pass
    phrase is printed once, and must be changed at the first login. He keeps the accounts, and neither
    searches nor reads what is sealed. Have him make a second administrator first: from then on what would let
    one of them in under another name takes both.
    """
    place = home_of(home)
    if reset_administrator:
        _reset(place, reset_administrator)
        return
    demand_origin(origin)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    _gallery(place, embedder)
    _log_keys(place, origin)
    wrote = _example(place)
    made = first_account.first_administrator(place, read_config(place), administrator, at=now())
    console.print(f"[bold]{place.folder} is ready.[/]")
    if made.first_phrase is None:
        _print_kept(made)
    else:
        _print_phrase(made)
    _next(place, example=wrote)


def _reset(place: Home, name: str) -> None:
    if place.log_keys() is None:
        msg = f"there is no installation at {place.folder}, so nobody to reset"
        raise InputError(msg)
    made = first_account.reset_administrator(place, read_config(place), name, at=now())
    console.print(f"{made.name} was reset; that is on the log.", markup=False)
    _print_phrase(made)


def _print_kept(made: FirstAccount) -> None:
    """Say what was not done: whoever lost a pass phrase must not wait for one here."""
    names = ", ".join(made.administrators) or "none"
    console.print(
        f"Its accounts are as they were. No administrator was made, {made.name} or other; there are: {names}."
        " Lost pass phrase: facegate init --reset-administrator NAME",
        markup=False,
        soft_wrap=True,
    )


def _print_phrase(made: FirstAccount) -> None:
    console.print(f"Sign in as [bold]{made.name}[/] with the pass phrase, shown this once:\n")
    console.print(f"    {made.first_phrase}\n", markup=False, highlight=False)


def _gallery(place: Home, embedder: DlibEmbedder) -> None:
    if not (place.gallery / "gallery.json").exists():
        Gallery.create(place.gallery, embedder.info).close()
        console.print(f"An empty gallery for {embedder.info.name}: {place.gallery}", markup=False)


def _log_keys(place: Home, origin: str) -> None:
    if place.log_keys() is None:
        LogKeys.create(place.keys, origin, random_bytes=secrets.token_bytes)
    elif origin not in {place.origin, LOG_ORIGIN}:
        msg = f"the log is named {place.origin} and keeps that name, got --origin {origin}"
        raise InputError(msg)
    keys = place.log_keys()
    with open_ledger(place) as ledger:
        if keys is not None and ledger.log.size == 0:
            name_keys(ledger, keys, now())
            _print_log(place, keys)


def _print_log(place: Home, keys: LogKeys) -> None:
    """Say what can never be changed later: the log's name, and that its keys are the only ones."""
    console.print(f"A log, {place.origin}: {place.log}", markup=False)
    console.print(f"Its public key, for everybody who checks it: {keys.vkeys[0].line()}", markup=False)
    if place.origin == LOG_ORIGIN:
        console.print(
            f"It keeps the name {LOG_ORIGIN} for good. To give it one of your own, such as "
            f"dmv.example.gov/face-log, remove {place.folder} now and say --origin NAME.",
            markup=False,
            soft_wrap=True,
        )
    console.print(
        f"Back up {place.keys} now and keep the copy secret: without it the log can never be signed again, "
        "and what is sealed can never be opened.",
        markup=False,
        soft_wrap=True,
    )


def _example(place: Home) -> Path | None:
    """Put an example of the agency's setup beside the rest, with the papers it names, if there is none."""
    path = place.folder / SETUP_FILE
    if path.exists():
        return None
    for name, text in EXAMPLE_PAPERS.items():
        if not (place.folder / name).exists():
            replace_bytes(place.folder / name, text.encode())
    replace_bytes(path, example_setup(now().date()).encode())  # last: where it lies, they do
    return path


def _next(place: Home, *, example: Path | None) -> None:
    """Say what comes next, as commands that can be typed in this order."""
    home, setup = f"--home {place.folder}", place.folder / SETUP_FILE
    if example is not None:
        papers = " and ".join(EXAMPLE_PAPERS)
        console.print(
            f"Examples, made up: {example}, with {papers} beside it. Make them true before you load them: "
            "what is loaded becomes a record of the log and stays there.",
            markup=False,
            soft_wrap=True,
        )
    steps = (
        (f"facegate agency load {setup} {home}", "who there is, what is shared, under which law"),
        (
            "facegate embed PHOTOS -o TEMPLATES.parquet",
            "PHOTOS is a folder with one folder of photos a person",
        ),
        (f"facegate gallery enroll TEMPLATES.parquet --gallery {place.gallery}", "fill the gallery"),
        (
            f"facegate benchmark adopt CERTIFICATE --issuer KEY.pub {home}",
            "from whoever measured the error rates; without a certificate the gate stays closed",
        ),
        (
            f"facegate serve {home}",
            "then make accounts in the browser, under Accounts: a second administrator first",
        ),
    )
    console.print("\nNext:")
    for number, (command, why) in enumerate(steps, start=1):
        console.print(f"  {number}. {command}", markup=False, soft_wrap=True, highlight=False)
        console.print(f"     [dim]{why}[/]")
    console.print(f"Settings of the service, if you want others: {place.folder / SERVER_FILE}", markup=False)
