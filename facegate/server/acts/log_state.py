"""The published state of the log: how far it reaches, who signed it, and verifying all of it now."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.audit.keys.log_keys import read_public_keys
from facegate.audit.published.published import PublishedLog, verify_published
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.errors import AuditError, InputError, VerificationError
from facegate.oversight.events import read_events
from facegate.oversight.site.source import Witnessing, witnessing_by_log
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem
from facegate.server.publisher import public_folder

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.published.published import VerifiedPublished
    from facegate.audit.signed.notes import VerifierKey
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

_ONE_AT_A_TIME: Final = threading.Lock()
"""Verifying reads the whole log: a second one at the same time would tell nothing new, and cost as much."""


@dataclass(frozen=True, slots=True)
class Published:
    """What is published of the log, as it says of itself; nothing is verified but the signature.

    Parameters
    ----------
    origin : str
        Name of the log.
    size : int
        Records published.
    root : str
        Root over them, 64 hexadecimal digits.
    note : str
        The signed checkpoint.
    at : datetime
        When it was put in its place, by the clock of this service.
    witnessing : Witnessing
        Who cosigned it.
    waiting : int
        Records on the log that are not published yet.
    keys : tuple of VerifierKey
        The log's own, as this service states them.
    """

    origin: str
    size: int
    root: str
    note: str
    at: datetime
    witnessing: Witnessing
    waiting: int
    keys: tuple[VerifierKey, ...]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What came of verifying the published log.

    Parameters
    ----------
    at : datetime
        When it was done.
    found : VerifiedPublished or None
        What holds; None if it does not.
    say : str
        If it does not hold, the first thing that is wrong, in one sentence; empty if it holds.
    """

    at: datetime
    found: VerifiedPublished | None
    say: str


def log_keys(service: Service, caller: Caller) -> tuple[VerifierKey, ...]:
    """Give the log's own keys, the one in force first; none if none were made."""
    demand(caller, Operation.LOG_READ, at=service.desk.clock())
    return read_public_keys(service.desk.home.keys)


def published(service: Service, caller: Caller) -> Published | None:
    """Say what is published; None if nothing is yet.

    Raises
    ------
    VerificationError
        If what is published is not signed by the log's key.
    """
    demand(caller, Operation.LOG_READ, at=service.desk.clock())
    home, ledger = service.desk.home, service.desk.ledger
    folder = public_folder(home)
    keys = read_public_keys(home.keys)
    try:
        shown = PublishedLog(folder).checkpoint_bytes()
        at = datetime.fromtimestamp((folder / "checkpoint").stat().st_mtime, UTC)
    except (AuditError, OSError):
        return None
    signed = open_checkpoint(shown, keys=keys)
    checkpoint = signed.checkpoint
    return Published(
        origin=checkpoint.origin,
        size=checkpoint.size,
        root=checkpoint.root.hex(),
        note=shown.decode(errors="replace"),
        at=at,
        witnessing=_witnessing(home.log, shown, keys),
        waiting=max(0, ledger.log.size - checkpoint.size),
        keys=keys,
    )


def verify_now(service: Service, caller: Caller) -> Verdict:
    """Verify every record and every file of the published log.

    Returns
    -------
    Verdict
        Whatever it is: a log that does not hold is an answer, and the one that matters.

    Raises
    ------
    Problem
        404 if nothing is published; 503 if one is being verified already.
    """
    at = service.desk.clock()
    demand(caller, Operation.LOG_READ, at=at)
    if not _ONE_AT_A_TIME.acquire(blocking=False):
        detail = "the log is being verified for somebody else right now; try again in a minute"
        raise Problem(
            HTTPStatus.SERVICE_UNAVAILABLE, "verifying-already", detail, headers={"Retry-After": "60"}
        )
    home = service.desk.home
    try:
        found = verify_published(public_folder(home), keys=read_public_keys(home.keys), now=at)
    except VerificationError as error:
        # Where the folder lies on this machine is nobody's business.
        return Verdict(at, None, str(error).replace(str(public_folder(home)), "the published log"))
    except (AuditError, InputError) as error:
        detail = "the log is not published, or cannot be read: there is nothing to verify yet"
        raise Problem(HTTPStatus.NOT_FOUND, "not-published", detail) from error
    finally:
        _ONE_AT_A_TIME.release()
    return Verdict(at, found, "")


@lru_cache(maxsize=4)
def _witnessing(log: Path, shown: bytes, keys: tuple[VerifierKey, ...]) -> Witnessing:
    """Look for the witnesses that the log names; of one signed state the answer is always the same."""
    signed = open_checkpoint(shown, keys=keys)
    return witnessing_by_log(signed, tuple(read_events(log, opened=False, size=signed.checkpoint.size)))
