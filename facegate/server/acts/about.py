"""What anybody must know to check this installation from outside, in one answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from facegate.audit.keys.log_keys import read_public_keys
from facegate.gate.closed_law import ClosedLaw
from facegate.oversight.events import read_events
from facegate.oversight.quorum import membership
from facegate.oversight.registry import KINDS
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facegate.oversight.quorum import Membership
    from facegate.oversight.report_kind import ReportKind
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


@dataclass(frozen=True, slots=True)
class About:
    """One installation, as it tells of itself.

    Parameters
    ----------
    origin : str
        Name of its log.
    keys : tuple of str
        Verifier keys of the log, the one in force first, as lines of C2SP signed-note.
    policies : mapping of str to str
        Digest of each law by its name; empty if the laws cannot be read.
    witnesses : Membership or None
        Who witnesses the log; None if nobody was recorded.
    certificate : str or None
        Serial of the certificate in force; None if there is none.
    reports : tuple of ReportKind
        Every report there is.
    """

    origin: str
    keys: tuple[str, ...]
    policies: Mapping[str, str]
    witnesses: Membership | None
    certificate: str | None
    reports: tuple[ReportKind, ...]


def about(service: Service, caller: Caller) -> About:
    """Say what is needed to check this installation from outside.

    Whoever reads it takes keys and witnesses on its word: they are worth more from another source.
    """
    desk = service.desk
    demand(caller, Operation.LOG_READ, at=desk.clock())
    engine, held = desk.gate.engine, desk.gate.in_force.certificate
    laws = {} if isinstance(engine, ClosedLaw) else engine.profiles
    return About(
        origin=desk.home.origin,
        keys=tuple(one.line() for one in read_public_keys(desk.home.keys)),
        policies={name: laws[name].digest for name in sorted(laws)},
        witnesses=_membership(desk.home.log, desk.ledger.log.size),
        certificate=None if held is None else held.serial,
        reports=tuple(sorted(KINDS, key=lambda one: one.name)),
    )


@lru_cache(maxsize=8)
def _membership(log: Path, size: int) -> Membership | None:
    """Read who witnesses; the first so many records never change, so the answer is kept."""
    return membership(read_events(log, opened=False, size=size))
