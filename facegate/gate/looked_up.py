"""What registers, counters and the law say of a request before its photo is there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.attempt import Attempt
    from facegate.gate.limits.counting import Counted
    from facegate.policy.engine import PolicyDecision
    from facegate.policy.facts import Facts


HOLDS_FOR: Final = timedelta(seconds=1)
"""Papers run out and shifts end without a record; a second is less than anybody states."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was looked up for one request. It holds for a second, and until anything else is recorded.

    Parameters
    ----------
    attempt : Attempt
        Who asks what, and when it was looked up; without permit and probe.
    log_size : int
        Records on the log then.
    counted : Counted
        What caps say whatever the probe is like.
    known : Facts
        What the registers know; permit, probe, certificate and caps are not in order yet.
    facts : Facts
        What the law is told of it with a permit that holds and a photo that nobody sent before.
    decided : PolicyDecision
        What it says to these facts; to others it must be asked again.
    """

    attempt: Attempt
    log_size: int
    counted: Counted
    known: Facts
    facts: Facts
    decided: PolicyDecision

    @property
    def at(self) -> datetime:
        """When it was looked up."""
        return self.attempt.at

    def holds_for(self, attempt: Attempt, log_size: int) -> bool:
        """Tell whether it still says what would be looked up now, of the same request and gallery."""
        mine = self.attempt
        return (
            self.log_size == log_size
            and mine.at <= attempt.at < mine.at + HOLDS_FOR
            and mine.request == attempt.request
            and mine.overlays == attempt.overlays
            and mine.gallery == attempt.gallery
        )
