"""What registers and counters say of a request, whatever its photo is like: it can be looked up before."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.attempt import Attempt
    from facegate.gate.limits.counting import Counted
    from facegate.policy.facts import Facts
    from facegate.request import SearchRequest


HOLDS_FOR: Final = timedelta(seconds=1)
"""Papers run out and shifts end without a record; a second is less than anybody states."""


@dataclass(frozen=True, slots=True)
class LookedUp:
    """What was looked up for one request. It holds for a second, and until anything else is recorded.

    Parameters
    ----------
    request : SearchRequest
        What is asked.
    at : datetime
        When it was looked up.
    log_size : int
        Records on the log then.
    overlays : tuple of str
        Overlays in force over its profile.
    counted : Counted
        What caps say whatever the probe is like.
    known : Facts
        What the registers know; permit, probe, certificate and caps are not in order yet.
    """

    request: SearchRequest
    at: datetime
    log_size: int
    overlays: tuple[str, ...]
    counted: Counted
    known: Facts

    def holds_for(self, attempt: Attempt, log_size: int) -> bool:
        """Tell whether it still says what would be looked up now, of the same request and gallery."""
        return (
            self.log_size == log_size
            and self.at <= attempt.at < self.at + HOLDS_FOR
            and self.request == attempt.request
            and self.overlays == attempt.overlays
            and self.counted.gallery_size == attempt.gallery.n_subjects
        )
