"""``facegate log witness``: cosign for other people's logs, from a machine of one's own."""

import logging
import secrets
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer
import uvicorn

from facegate.audit.signed.notes import ED25519_COSIGNATURE, VerifierKey
from facegate.audit.witnesses.witness_connections import impatient_protocol
from facegate.audit.witnesses.witness_key import create_witness_key, read_witness_key
from facegate.audit.witnesses.witness_service import READ_SECONDS, witness_app
from facegate.audit.witnesses.witness_store import WitnessStore, origin_hash
from facegate.cli.console import console
from facegate.cli.desk import now
from facegate.cli.log_files import read_keys
from facegate.errors import InputError

MOST_CONNECTIONS = 256  # far below the 1,024 files that a process may commonly open


def witness(
    *,
    key: Annotated[
        Path | None,
        typer.Option(metavar="KEY_FILE", help="The witness's key, made with --make-key.", show_default=False),
    ] = None,
    log: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="VKEY_FILE",
            help="Public keys of a log to cosign for, a line each, from its keeper. May be given again.",
            show_default=False,
        ),
    ] = None,
    state: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER",
            help="What was cosigned last; must survive restarts, and never be put back from a backup.",
            show_default=False,
        ),
    ] = None,
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0: any that is free.")] = 8780,
    host: Annotated[
        str, typer.Option(help="Address to listen on. The default is reached from this machine only.")
    ] = "127.0.0.1",
    make_key: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Make a key under this name, such as witness.example/w1, print its public half, and stop.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("-o", "--out", help="With --make-key: the file; mode 600.", show_default=False),
    ] = None,
) -> None:
    """Run a witness: a small service that cosigns a log's checkpoint if nothing before it was changed.

    It remembers the last state of each log that it saw, on its disk before it answers. A log that goes back,
    or signs two histories, gets no cosignature, and what it signed is kept under FOLDER as evidence. Run it
    where the log's keeper has no access: a public defender, an auditor, a university.

    POST /add-checkpoint asks for a cosignature (C2SP tlog-witness); behind a web server with TLS if it is
    to be reached from elsewhere. Ctrl-C ends it. A connection that delivers no request within 10 seconds is
    closed, and of more than 256 the one that has owed its request longest.
    """
    if make_key is not None:
        _make(make_key, out)
        return
    if key is None or not log or state is None:
        msg = "a witness needs --key, --log and --state; or --make-key NAME -o FILE to make its key"
        raise InputError(msg)
    if out is not None:
        msg = "-o belongs to --make-key"
        raise InputError(msg)
    cosigner = read_witness_key(key)
    logs = _logs(log, cosigner.key)
    with WitnessStore.open(state, logs=logs, cosigners=[cosigner]) as store, _bound(host, port) as bound:
        # As long as nothing has been cosigned the kernel holds connections, so this is not said too early.
        address = f"http://{host}:{bound.getsockname()[1]}"
        _say(f"The witness {cosigner.name} listens at {address}; Ctrl-C ends it.")
        for origin in logs:
            _say(f"{origin}: {store.size(origin)} records cosigned so far; what was is shown at")
            _say(f"  {address}/{origin_hash(origin)}/checkpoint")
        logging.basicConfig(level=logging.WARNING)
        config = uvicorn.Config(
            witness_app(store, clock=now),
            log_level="warning",
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="off",
            http=impatient_protocol(seconds=READ_SECONDS, most=MOST_CONNECTIONS),
        )
        uvicorn.Server(config).run(sockets=[bound])


def _make(name: str, out: Path | None) -> None:
    if out is None:
        msg = "name the file for the key with -o"
        raise InputError(msg)
    cosigner = create_witness_key(out, name, random_bytes=secrets.token_bytes)
    _say(f"{out} is the key of {name}: keep it secret, on this machine only.")
    _say("Give this line to every log, and to everybody who checks one:")
    _say(cosigner.key.line())


def _logs(paths: list[Path], own: VerifierKey) -> Mapping[str, tuple[VerifierKey, ...]]:
    """Read the keys of the logs; those of one origin go together, in whatever files they stand."""
    logs: dict[str, tuple[VerifierKey, ...]] = {}
    for path in paths:
        for key in read_keys(path, None):
            if key.kind == ED25519_COSIGNATURE or key.public == own.public:
                msg = f"{path}: {key.name} is a witness's key, wanted those of a log"
                raise InputError(msg)
            if key not in logs.setdefault(key.name, ()):
                logs[key.name] = (*logs[key.name], key)
    return logs


def _bound(host: str, port: int) -> socket.socket:
    """Take the port before anything is said about it."""
    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return socket.create_server((host, port), family=family)
    except OSError as error:
        msg = f"the witness cannot listen at {host} port {port}: {error.strerror or error}"
        raise InputError(msg) from error


def _say(line: str) -> None:
    console.print(line, markup=False, soft_wrap=True)
