"""The census of access: who is enabled, by agency and class, and when each was last at work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.gate.ledger.ledger import stamp
from facegate.gate.registers.demands import today
from facegate.gate.registers.people_known import UNUSED

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder

ENABLED, DISABLED = "enabled", "disabled: not at work for 90 days"


@dataclass(frozen=True, slots=True)
class AgencyCensus:
    """One agency's people, counted.

    Parameters
    ----------
    agency, agency_class : str
        ORI and class.
    enabled : int
        In good standing and at work, or registered, within the last 90 days.
    untrained : int
        Of the enabled, those whose training has lapsed.
    disabled : int
        In good standing, but not at work for 90 days.
    suspended, gone : int
        Out of good standing.
    last_use : str
        Last time any of them was at work, RFC 3339; empty if never.
    """

    agency: str
    agency_class: str
    enabled: int
    untrained: int
    disabled: int
    suspended: int
    gone: int
    last_use: str


@dataclass(frozen=True, slots=True)
class OfficerSeen:
    """One officer in the census.

    Parameters
    ----------
    agency, officer, role, unit, rank, trained_until : str
        As registered.
    state : str
        ``enabled``, ``suspended``, ``gone``, or that he is disabled and why.
    trained : bool
        Training has not lapsed.
    last_use : str
        Last time at work, RFC 3339; empty if never.
    """

    agency: str
    officer: str
    role: str
    unit: str
    rank: str
    trained_until: str
    state: str
    trained: bool
    last_use: str


def officers_seen(ledger: Recorder, now: datetime) -> tuple[OfficerSeen, ...]:
    """List every officer, by agency and id.

    Parameters
    ----------
    ledger : Recorder
        The registers.
    now : datetime
        With its zone.
    """
    oldest, day = stamp(now - UNUSED), today(now)
    query = """
        SELECT agency, officer, role, unit, rank, trained_until,
               CASE WHEN standing <> 'active' THEN standing
                    WHEN since >= ? OR last_use >= ? THEN ? ELSE ? END AS state,
               trained_until >= ? AS trained, last_use
        FROM people_officers ORDER BY agency, officer
    """
    rows = [dict(row) for row in ledger.rows(query, oldest, oldest, ENABLED, DISABLED, day)]
    return tuple(OfficerSeen(**{**row, "trained": bool(row["trained"])}) for row in rows)


def census(ledger: Recorder, now: datetime) -> tuple[AgencyCensus, ...]:
    """Count the people of every agency; agencies without officers stand there with zeros.

    Parameters
    ----------
    ledger : Recorder
        The registers.
    now : datetime
        With its zone.

    Returns
    -------
    tuple of AgencyCensus
        By class, then ORI.
    """
    people = officers_seen(ledger, now)
    counted = []
    for row in ledger.rows("SELECT ori, agency_class FROM people_agencies ORDER BY agency_class, ori"):
        mine = [one for one in people if one.agency == row["ori"]]
        states = [one.state for one in mine]
        counted.append(
            AgencyCensus(
                agency=row["ori"],
                agency_class=row["agency_class"],
                enabled=states.count(ENABLED),
                untrained=sum(one.state == ENABLED and not one.trained for one in mine),
                disabled=states.count(DISABLED),
                suspended=states.count("suspended"),
                gone=states.count("gone"),
                last_use=max((one.last_use for one in mine), default=""),
            )
        )
    return tuple(counted)
