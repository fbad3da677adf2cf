"""``facegate serve``: the service and its pages, until it is told to stop."""

import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Annotated

import typer

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of
from facegate.errors import InputError
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.server.app import create_app
from facegate.server.config import ServerConfig, read_config
from facegate.server.listening import listening
from facegate.server.opening import open_service
from facegate.server.publisher import Publisher, signing_keys, witness_policy
from facegate.server.readiness import Readiness
from facegate.server.running import serve as run
from facegate.settings import Settings


def serve(
    *,
    home: HomeFolder = None,
    host: Annotated[
        str | None, typer.Option(help="Where to listen; in the place of server.toml's.", show_default=False)
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65_535, help="Port; in the place of server.toml's.", show_default=False),
    ] = None,
) -> None:
    """Serve pages and interface of one agency's folder.

    Settings stand in HOME/server.toml; without it the service answers on this machine alone. The service is
    the log's one writer: while it runs, commands that would write are refused. Ctrl-C stops it: what runs is
    finished first.
    """
    place = home_of(home)
    if not (place.gallery / "gallery.json").exists():
        how = f"`facegate init --home {place.folder}`"
        msg = f"there is no installation at {place.folder}; make one with {how}"
        raise InputError(msg)
    config = _listened(read_config(place), host, port)
    policy = witness_policy(config)
    signing_keys(place)  # without them nothing could be published: said now, and not by a file of the log
    _write_log()
    with listening(config) as sockets:
        embedder = DlibEmbedder.load(Settings.from_environment().cache)
        with (
            open_service(place, config, embedder) as service,
            Publisher(service.desk, policy=policy) as publisher,
        ):
            app = create_app(service)
            app.state.readiness = Readiness(service, publisher=publisher)
            console.print(f"facegate serves {place.folder} at [bold]{config.base_url}[/] (Ctrl-C stops it)")
            run(app, config, sockets=sockets)


class LineForm(logging.Formatter):
    """Lines of the service's own log begin with the time, RFC 3339, UTC, to the hundredth of a second."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: N802  logging's name
        """Give the time of a line.

        Examples
        --------
        >>> record = logging.makeLogRecord({"created": 1795391999.999})
        >>> LineForm().formatTime(record)
        '2026-11-22T23:59:59.99Z'
        """
        at = datetime.fromtimestamp(record.created, UTC)
        return at.strftime(datefmt) if datefmt else f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 10_000:02}Z"


def _write_log() -> None:
    """Let the service tell what it does, on standard error."""
    handler = logging.StreamHandler()
    handler.setFormatter(LineForm("%(asctime)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.INFO, handlers=[handler])
    for library in ("alembic", "uvicorn.error"):  # what they tell of themselves, nobody asked for
        logging.getLogger(library).setLevel(logging.WARNING)


def _listened(config: ServerConfig, host: str | None, port: int | None) -> ServerConfig:
    """Put options in the place of the file's; what browsers see follows, if it is this machine."""
    if host is None and port is None:
        return config
    changed = replace(config, host=host or config.host, port=port or config.port)
    if config.base_url != f"http://{config.host}:{config.port}":
        return changed  # a name of its own, such as that of a proxy in front
    return replace(changed, base_url=f"http://{changed.host}:{changed.port}")
