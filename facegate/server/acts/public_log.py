"""The log as anybody can read it: files of the published folder by strict names, and single records.

A path that is not exactly the name of a tile as C2SP tlog-tiles writes it is no file: nothing that a client
sends becomes part of a file's name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.published.publish import checkpoint_of
from facegate.audit.published.published_log import PublishedLog
from facegate.audit.published.tiles import ENTRIES, TILE_WIDTH, Tile
from facegate.errors import AuditError, InputError
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here
from facegate.server.publisher import public_folder

if TYPE_CHECKING:
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

FILE: Final = "file of the published log"
RECORD: Final = "published record"
LONGEST_PATH: Final = 64
_TILE: Final = re.compile(
    r"(entries|[0-9]|[1-5][0-9]|6[0-3])/((?:x[0-9]{3}/){0,5}[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?", re.ASCII
)


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """One file of the published log; ``full`` says that it never changes and never goes."""

    data: bytes
    full: bool


def published_size(service: Service) -> int | None:
    """Count the records that are published; None if nothing was yet, or it cannot be read."""
    try:
        return checkpoint_of(_published(service).checkpoint_bytes()).size
    except AuditError:
        return None


def checkpoint(service: Service, caller: Caller) -> bytes:
    """Give the signed checkpoint as it is published.

    Raises
    ------
    Problem
        404 if nothing was published yet.
    """
    demand(caller, Operation.LOG_READ, at=service.desk.clock())
    return _checkpoint(_published(service))


def tile(service: Service, caller: Caller, path: str) -> PublishedFile:
    """Give one tile or bundle of entries.

    Parameters
    ----------
    service : Service
        The published folder.
    caller : Caller
        Anybody.
    path : str
        What stands behind ``tile/``, such as ``0/x001/234`` or ``entries/000.p/12``.

    Raises
    ------
    Problem
        404 if that is no tile's name, or there is none.
    """
    demand(caller, Operation.LOG_READ, at=service.desk.clock())
    named = tile_of(path)
    data = None if named is None else _published(service).raw(named)
    if named is None or data is None:
        raise not_here(FILE)
    return PublishedFile(data, named.width == TILE_WIDTH)


def record(service: Service, caller: Caller, index: int) -> bytes:
    """Give the public part of one published record, byte for byte as it was hashed.

    Raises
    ------
    Problem
        404 if it is not published, or not yet.
    """
    demand(caller, Operation.LOG_READ, at=service.desk.clock())
    log = _published(service)
    size = checkpoint_of(_checkpoint(log)).size
    if not 0 <= index < size:
        raise not_here(RECORD)
    return next(log.entries(index, index + 1, size=size))


def tile_of(path: str) -> Tile | None:
    """Read a tile's name strictly; None if it is not written as this log writes it.

    Examples
    --------
    >>> tile_of("entries/x001/234.p/7")
    Tile(level=-1, index=1234, width=7)
    >>> tile_of("0/x000/001"), tile_of("0/001.p/256"), tile_of("../0/000")
    (None, None, None)
    """
    found = _TILE.fullmatch(path) if len(path) <= LONGEST_PATH else None
    if found is None:
        return None
    level, groups, width = found.groups()
    number = int(groups.replace("x", "").replace("/", ""))
    try:
        named = Tile(ENTRIES if level == "entries" else int(level), number, int(width or TILE_WIDTH))
    except InputError:
        return None
    return named if named.path == f"tile/{path}" else None


def _published(service: Service) -> PublishedLog:
    return PublishedLog(public_folder(service.desk.home))


def _checkpoint(log: PublishedLog) -> bytes:
    try:
        return log.checkpoint_bytes()
    except AuditError as error:
        raise not_here(FILE) from error
