"""``facegate keys``: what the log signs its checkpoints with."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from facegate.audit.checkpoint import demand_origin
from facegate.audit.keys.key_chain import KEY, KeyPeriod, key_periods
from facegate.audit.keys.key_rotation import (
    finish_rotation,
    prepare_rotation,
    retire_previous,
    settle_rotation,
)
from facegate.audit.keys.log_keys import LogKeys, create_in_token
from facegate.audit.keys.token_key import TokenPlace
from facegate.audit.reading import read_public
from facegate.audit.storage import CHECKPOINT
from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of, now
from facegate.errors import InputError
from facegate.gate.books import open_ledger
from facegate.gate.home import LOG_ORIGIN, Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.naming_keys import name_keys
from facegate.settings import Settings

app = typer.Typer(
    help="Keys of the log: make them once, change them, and give the public half to everybody who checks.",
    no_args_is_help=True,
)


@app.command()
def init(
    *,
    origin: Annotated[
        str | None,
        typer.Option(
            help="Name of the log: an address without its scheme where it will be published, such as "
            f"dmv.example.gov/face-log. Left out: {LOG_ORIGIN}.",
            show_default=False,
        ),
    ] = None,
    ml_dsa: Annotated[
        bool, typer.Option("--ml-dsa", help="Sign with ML-DSA-44 (post-quantum) beside Ed25519.")
    ] = False,
    token_module: Annotated[
        Path | None,
        typer.Option(
            help="PKCS#11 library of a token that shall hold the key, such as "
            "/usr/lib/softhsm/libsofthsm2.so; its PIN is read from FACEGATE_TOKEN_PIN.",
            show_default=False,
        ),
    ] = None,
    token: Annotated[str, typer.Option(help="Label of the token.")] = "facegate",  # noqa: S107  a label
    key: Annotated[str, typer.Option(help="Label of the key in the token.")] = "log",
    home: HomeFolder = None,
) -> None:
    """Make the log's keys, and put the public half on the log.

    The private key lies in HOME/keys/log.pem, readable by its owner only, or in a token. It is made once and
    never overwritten. Back it up: a lost one can only be replaced under another name.
    """
    place = home_of(home)
    wanted = origin or place.origin
    demand_origin(wanted)
    if place.log_keys(pin=_pin()) is None:
        _demand_unnamed(place)
        if (place.log / CHECKPOINT).exists() and place.origin != wanted:
            msg = f"the log is named {place.origin} and keeps that name, got --origin {wanted}"
            raise InputError(msg)
        _make(place, wanted, ml_dsa=ml_dsa, token_module=token_module, token=token, key=key)
    keys = _keys(place)
    with _chain(place) as (ledger, periods):
        if periods:
            msg = f"the log has its keys already: {keys.vkeys[0].line()}"
            raise InputError(msg)
        seq = name_keys(ledger, keys, now())
    console.print(f"The log {keys.origin} has its keys; record {seq} names them.", markup=False)
    _print_public(keys)


@app.command()
def show(home: HomeFolder = None) -> None:
    """Print the public keys in force, and those before them, as the log tells."""
    place = home_of(home)
    keys = _keys(place)
    _print_public(keys)
    entries = (entry for entry, _ in read_public(place.log))
    for period in key_periods(entries, origin=keys.origin):
        until = "in force" if period.until is None else f"until record {period.until}"
        leaked = ", leaked" if period.leaked else ""
        line = f"since record {period.since}, {until}{leaked}: {period.key.line()}"
        console.print(line, markup=False, soft_wrap=True)


@app.command()
def rotate(
    *,
    leaked: Annotated[
        bool,
        typer.Option("--leaked", help="The key in force may be in other hands: it signs no more."),
    ] = False,
    home: HomeFolder = None,
) -> None:
    """Put a fresh key in the place of the one in force; the change is a record of the log.

    The old key signs too until `facegate keys retire`, so that whoever knows only the old one can go on.
    What it signed stays valid. After --leaked tell everybody who checks the new key by another way than
    the log: whoever has the old key can name a key of his own.
    """
    place = home_of(home)
    at = now()
    with _chain(place) as (ledger, periods):
        if settle_rotation(place.keys, place.origin, periods):
            console.print("A rotation that was cut off is finished.")
            return _print_public(_keys(place))
        keys = _keys(place)
        _, public = prepare_rotation(keys, random_bytes=secrets.token_bytes, leaked=leaked, at=at)
        seq = ledger.record(KEY, at=at, public=public, sealed={})
        keys = finish_rotation(keys, leaked=leaked)
    console.print(f"The log has a new key; record {seq} names it.")
    return _print_public(keys)


@app.command()
def retire(home: HomeFolder = None) -> None:
    """End the signing of the key before the one in force. What it signed stays valid."""
    keys = retire_previous(_keys(home_of(home)))
    console.print("The key before signs no more.")
    _print_public(keys)


def _make(place: Home, origin: str, *, ml_dsa: bool, token_module: Path | None, token: str, key: str) -> None:
    if token_module is None:
        LogKeys.create(place.keys, origin, random_bytes=secrets.token_bytes, post_quantum=ml_dsa)
        return
    if ml_dsa:
        msg = "a token holds the Ed25519 key alone: leave out --ml-dsa or the token"
        raise InputError(msg)
    if not (pin := _pin()):
        msg = "set FACEGATE_TOKEN_PIN to the PIN of the token"
        raise InputError(msg)
    create_in_token(place.keys, origin, TokenPlace(str(token_module), token, key), pin)


def _demand_unnamed(place: Home) -> None:
    """Refuse to make keys for a log that names some: they were lost, and no other can follow them."""
    if (place.log / CHECKPOINT).exists() and any(one.kind == KEY for one, _ in read_public(place.log)):
        msg = f"the log names its keys, and they are not in {place.keys}: put that folder back from a backup"
        raise InputError(msg)


@contextmanager
def _chain(place: Home) -> Iterator[tuple[Ledger, tuple[KeyPeriod, ...]]]:
    """Open the ledger, and follow the log's keys."""
    with open_ledger(place) as ledger:
        entries = (entry for entry, _ in read_public(place.log))
        yield ledger, key_periods(entries, origin=place.origin)


def _keys(place: Home) -> LogKeys:
    keys = place.log_keys(pin=_pin())
    if keys is None:
        msg = f"the log in {place.folder} has no keys yet: make them with `facegate keys init`"
        raise InputError(msg)
    return keys


def _pin() -> str | None:
    return Settings.from_environment().token_pin


def _print_public(keys: LogKeys) -> None:
    console.print(f"Give these lines to everybody who checks the log ({keys.folder / 'log.vkey'}):")
    for one in keys.vkeys:
        console.print(one.line(), markup=False, soft_wrap=True, highlight=False)
