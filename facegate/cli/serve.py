"""``facegate serve``: the service and its pages, until it is told to stop."""

import logging
from dataclasses import replace
from typing import Annotated

import typer

from facegate.cli.console import console
from facegate.cli.desk import HomeFolder, home_of
from facegate.errors import InputError
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.server.app import create_app
from facegate.server.config import ServerConfig, read_config
from facegate.server.opening import open_service
from facegate.server.publisher import Publisher, witness_policy
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
    config = _listening(read_config(place), host, port)
    policy = witness_policy(config)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    for library in ("alembic", "uvicorn.error"):  # what they tell of themselves, nobody asked for
        logging.getLogger(library).setLevel(logging.WARNING)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    with open_service(place, config, embedder) as service, Publisher(service.desk, policy=policy):
        console.print(f"facegate serves {place.folder} at [bold]{config.base_url}[/] (Ctrl-C stops it)")
        run(create_app(service), config)


def _listening(config: ServerConfig, host: str | None, port: int | None) -> ServerConfig:
    """Put options in the place of the file's; what browsers see follows, if it is this machine."""
    if host is None and port is None:
        return config
    changed = replace(config, host=host or config.host, port=port or config.port)
    if config.base_url != f"http://{config.host}:{config.port}":
        return changed  # a name of its own, such as that of a proxy in front
    return replace(changed, base_url=f"http://{changed.host}:{changed.port}")
