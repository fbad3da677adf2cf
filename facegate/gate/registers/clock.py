"""Whether the clock goes forward: now must not lie before the latest time that any record states.

The latest of all records, not the time of the last: a clock set back would be refused once, that refusal
would be recorded with the wrong time, and the next search would pass. So a clock that ran ahead keeps the
gate closed until the right time has come up to it: "until it is right".
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from facegate.gate.ledger.ledger import stamp

if TYPE_CHECKING:
    from facegate.gate.ledger.event import Event, Index
    from facegate.gate.registers.demands import Recorder

TOLERANCE = timedelta(seconds=1)  # clocks are corrected by fractions of a second

_TABLES = """
CREATE TABLE IF NOT EXISTS clock_latest (one INTEGER PRIMARY KEY CHECK (one = 1), latest TEXT NOT NULL);
INSERT INTO clock_latest VALUES (1, '') ON CONFLICT (one) DO NOTHING;
"""


class _EveryKind(frozenset[str]):
    """The set of all kinds of records, those included that nobody has thought of yet."""

    __slots__ = ()

    def __contains__(self, kind: object) -> bool:
        return True


class ClockBook:
    """The latest time of any record."""

    @property
    def tables(self) -> str:
        """SQL of its tables."""
        return _TABLES

    @property
    def kinds(self) -> frozenset[str]:
        """Kinds of records it takes: every one."""
        return _EveryKind()

    def enter(self, connection: Index, event: Event) -> None:
        """Note the time of a record."""
        at = stamp(event.time)
        connection.execute("UPDATE clock_latest SET latest = ? WHERE latest < ?", (at, at))


def clock_forward(ledger: Recorder, now: datetime) -> bool:
    """Tell whether now is not before the latest record, give or take a second."""
    latest = ledger.value("SELECT latest FROM clock_latest")
    return not latest or now >= datetime.fromisoformat(latest) - TOLERANCE
