"""Which caps stand on the log already, and putting there those that do not.

Every intent names the caps that it was counted against (``limits_digest``). What they were is public, in a
record of kind ``limits``: numbers only, so that whoever reads the log sees when an agency loosened a cap.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from facegate.gate.limits.config import limits_digest

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits

LIMITS = "limits"
"""Kind of the record."""


class LimitsBook:
    """Digests of the caps that were recorded."""

    tables = "CREATE TABLE IF NOT EXISTS limits_recorded (digest TEXT PRIMARY KEY);"
    kinds = frozenset({LIMITS})

    def enter(self, connection: Index, event: Event) -> None:
        """Enter one set of caps."""
        connection.execute(
            "INSERT INTO limits_recorded VALUES (?) ON CONFLICT (digest) DO NOTHING", (event.text("digest"),)
        )


def record_limits(ledger: Ledger, limits: Limits, at: datetime) -> str:
    """Put the caps in force on the log, unless they are there.

    Parameters
    ----------
    ledger : Ledger
        With the book of caps.
    limits : Limits
        Caps in force.
    at : datetime
        Now.

    Returns
    -------
    str
        Their digest, for the intent.

    Raises
    ------
    AuditError
        If they cannot be recorded: nothing may be searched then.
    """
    digest = limits_digest(limits)
    if ledger.value("SELECT 1 FROM limits_recorded WHERE digest = ?", digest) is None:
        ledger.record(LIMITS, at=at, public={"digest": digest, **asdict(limits)}, sealed={})
    return digest
