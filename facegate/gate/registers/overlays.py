"""Which overlays lie over a profile: those of the activation in force, whatever a requester states."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.gate.registers.demands import today

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.registers.demands import Recorder


def overlays_in_force(ledger: Recorder, profile: str, now: datetime) -> tuple[str, ...]:
    """List the overlays that the last activation of a profile, of those in force today, lays over it.

    Parameters
    ----------
    ledger : Recorder
        Holds the activations.
    profile : str
        As a request names it; may be anything.
    now : datetime
        The time of the request.

    Returns
    -------
    tuple of str
        In alphabetical order; none if the profile is not in force, and then it is refused for that.
    """
    query = (
        "SELECT overlays FROM conditions_activations WHERE profile = ? AND ended = 0 "
        "AND first_day <= ? AND (last_day = '' OR last_day >= ?) ORDER BY seq DESC LIMIT 1"
    )
    overlays = ledger.value(query, profile, today(now), today(now))
    return tuple(overlays.split(",")) if overlays else ()
