"""Whether the service may be asked to search right now, and if not, by which reason.

One reason code for each thing that would have every search refused or lost, or kept from those who watch. The
codes are public: that the gate is closed, and why in general, is no secret. What names agencies or files is
for the operator alone. Every code, what it says and what to do stand in `SAYS` and `TO_DO`.
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
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from facegate.server.desk import Desk
    from facegate.server.publisher import Publisher
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
    "log_not_published": "For more than a minute the log could not be signed and published for everybody.",
}
"""Every reason in a sentence that names nobody."""

TO_DO: Final = {
    "log_down": "Whoever keeps this service looks at its disk, then starts it again.",
    "disk_low": "Whoever keeps this service makes room on the disk.",
    "database_down": "Whoever keeps this service looks at its database.",
    "audit_overdue": "An audit must be filed: put it into agency.toml and load that (facegate agency load).",
    "policy_missing": "Two people must put a law in force: see activation in agency.toml.",
    "precondition_stale": "See what is missing with: facegate agency show.",
    "certificate_not_in_force": "Have the error rates measured, and put the certificate in force with: "
    "facegate benchmark adopt.",
    "log_not_published": "Whoever keeps this service looks at the folders public and keys, and reads the "
    "service's own log.",
}
"""What helps against every reason, in a sentence for people."""

LEAVES_OPEN: Final = frozenset({"disk_low", "log_not_published"})
"""Reasons by which no search is refused yet."""

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


@dataclass(frozen=True, slots=True)
class Told:
    """One reason in words.

    Parameters
    ----------
    code, say, to_do : str
        Of `SAYS` and `TO_DO`.
    details : tuple of str
        For the operator.
    """

    code: str
    say: str
    to_do: str
    details: tuple[str, ...]


def told(reasons: Sequence[Reason]) -> tuple[Told, ...]:
    """Put reasons into words, those of one code together."""
    codes = dict.fromkeys(one.code for one in reasons)
    return tuple(
        Told(code, SAYS[code], TO_DO[code], tuple(one.detail for one in reasons if one.code == code))
        for code in codes
    )


def keeps_closed(reasons: Iterable[Reason]) -> bool:
    """Whether any of these has every search refused."""
    return any(one.code not in LEAVES_OPEN for one in reasons)


class Readiness:
    """Looks whether the service is ready, at most once a second.

    Parameters
    ----------
    service : Service
        What is looked at.
    publisher : Publisher, optional
        What publishes the log beside the service; left out where nothing does.
    monotonic : callable
        Seconds that only go forward.
    """

    def __init__(
        self,
        service: Service,
        *,
        publisher: Publisher | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._service = service
        self._publisher = publisher
        self._monotonic = monotonic
        self._turn = threading.Lock()
        self._until = float("-inf")
        self._found: tuple[Reason, ...] = ()

    def reasons(self) -> tuple[Reason, ...]:
        """Say why the service is not ready; nothing if it is."""
        with self._turn:
            if self._monotonic() >= self._until:
                self._found = (*_reasons(self._service), *self._unpublished())
                self._until = self._monotonic() + KEPT_SECONDS
            return self._found

    def _unpublished(self) -> Iterator[Reason]:
        if self._publisher is not None and (why := self._publisher.overdue):
            yield Reason("log_not_published", why)


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
