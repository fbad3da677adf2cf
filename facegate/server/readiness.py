"""Whether the service may be asked to search right now, and if not, by which reason.

One reason code for each thing that would have every search refused or lost. The codes are public: that the
gate is closed, and why in general, is no secret. What names agencies or files is for the operator alone.
"""

from __future__ import annotations

import os
import shutil
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

from facegate.errors import FacegateError, InputError
from facegate.gate.closed_law import ClosedLaw
from facegate.gate.registers.closed import what_keeps_closed
from facegate.server.acts.standing import certificate_objections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from facegate.server.desk import Desk
    from facegate.server.service import Service

LEAST_FREE: Final = 0.05  # of the disk
KEPT_SECONDS: Final = 1.0
"""An answer is given again for so long: whoever asks in a loop writes nothing to the disk."""

SAYS: Final = {
    "log_down": "The log cannot be written durably, so nothing may be searched.",
    "disk_low": "Less than 5 % of the disk is free.",
    "database_down": "The service's own books cannot be reached.",
    "audit_overdue": "The audit is overdue, or none was ever filed.",
    "policy_missing": "No law is in force here, or it cannot be read.",
    "precondition_stale": "A precondition is not met: usage policy, notice, authority, sharing or clock.",
    "certificate_not_in_force": "No accuracy certificate holds for this gallery today.",
}
"""Every reason in a sentence that names nobody."""

_RULES: Final = {"FG-AUDIT": "audit_overdue", "FG-ACTIVATED": "policy_missing"}
_OF_ONE_AGENCY: Final = ("FG-AGENCY-BLOCKED", "FG-EXIGENCY-DUE")
"""They keep one agency from searching, not the service from answering."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why the service is not ready.

    Parameters
    ----------
    code : str
        Of `SAYS`.
    detail : str
        For the operator: what exactly; may name an agency or a file.
    """

    code: str
    detail: str


class Readiness:
    """Looks whether the service is ready, at most once a second.

    Parameters
    ----------
    service : Service
        What is looked at.
    monotonic : callable
        Seconds that only go forward.
    """

    def __init__(self, service: Service, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._service = service
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._until = float("-inf")
        self._found: tuple[Reason, ...] = ()

    def reasons(self) -> tuple[Reason, ...]:
        """Say why the service is not ready; nothing if it is."""
        with self._turn:
            if self._monotonic() >= self._until:
                self._found = tuple(_reasons(self._service))
                self._until = self._monotonic() + KEPT_SECONDS
            return self._found


def _reasons(service: Service) -> Iterator[Reason]:
    desk = service.desk
    yield from _disk(desk.home.folder)
    if trouble := _log_trouble(desk):
        yield Reason("log_down", trouble)
        return  # the registers are read out of it
    try:
        with service.database.connect() as connection:
            connection.execute(sa.text("SELECT 1"))
    except sa.exc.SQLAlchemyError as error:
        yield Reason("database_down", type(error).__name__)
    try:
        yield from _closed(desk)
    except FacegateError as error:
        yield Reason("log_down", str(error))


def _disk(folder: Path) -> Iterator[Reason]:
    try:
        used = shutil.disk_usage(folder)
    except OSError as error:
        yield Reason("disk_low", f"the free space cannot be asked for: {error.strerror}")
        return
    if used.free < LEAST_FREE * used.total:
        yield Reason("disk_low", f"{used.free:,} of {used.total:,} bytes are free")


def _log_trouble(desk: Desk) -> str:
    """Say why no record could be made durable now; empty if one could."""
    if not desk.ledger.log.usable:
        return "an append failed: the log takes no more records until the service is started again"
    try:
        write_probe(desk.home.log)
    except OSError as error:
        return f"nothing can be written to the log's folder: {error.strerror}"
    return ""


def write_probe(folder: Path) -> None:
    """Write a byte into a folder, flush it to the disk, and remove it again.

    Raises
    ------
    OSError
        If the disk refuses any of it.
    """
    path = folder / f".ready-{os.getpid()}"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, b"\n")
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
        path.unlink(missing_ok=True)


def _closed(desk: Desk) -> Iterator[Reason]:
    at, engine = desk.clock(), desk.gate.engine
    if isinstance(engine, ClosedLaw):
        yield Reason("policy_missing", engine.reason)

    def digest_of(profile: str, overlays: tuple[str, ...]) -> str | None:
        try:
            return engine.profile("+".join((profile, *overlays))).digest
        except InputError:
            return None

    for say in what_keeps_closed(
        desk.ledger, at, published_policy=desk.gate.usage_policy, digest_of=digest_of
    ):
        rule = say.partition(":")[0]
        if rule not in _OF_ONE_AGENCY:
            yield Reason(_RULES.get(rule, "precondition_stale"), say)
    for say in certificate_objections(desk, at):
        yield Reason("certificate_not_in_force", say)
