"""Waiting for work that goes on at the service."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, Protocol, TypeVar

from facegate.client.errors import Unreachable

if TYPE_CHECKING:
    from collections.abc import Callable


class Ending(Protocol):
    """Something that ends some time."""

    @property
    def ended(self) -> bool:
        """Whether it has."""

    @property
    def state(self) -> str:
        """Where it stands, one word."""


Kind = TypeVar("Kind", bound=Ending)


def until_ended(
    look: Callable[[], Kind],
    *,
    seen: Callable[[Kind], None] | None,
    every_s: float,
    at_most_s: float,
    pause: Callable[[float], None],
    clock: Callable[[], float] = monotonic,
) -> Kind:
    """Look again and again until something has ended, and give it as it ended.

    Parameters
    ----------
    look : callable
        Gives it as it stands.
    seen : callable or None
        Called with it each time it was looked at.
    every_s, at_most_s : float
        Seconds from one look to the next, and until waiting ends.
    pause, clock : callable
        Waits so many seconds; seconds that never go back.

    Raises
    ------
    Unreachable
        With reason ``still-running``, if it has not ended in time; it goes on.
    """
    until = clock() + at_most_s
    while True:
        found = look()
        if seen is not None:
            seen(found)
        if found.ended:
            return found
        if clock() + every_s > until:
            msg = f"it is {found.state} after {at_most_s:g} s of waiting; it goes on, so ask again later"
            raise Unreachable(msg, reason="still-running")
        pause(every_s)
