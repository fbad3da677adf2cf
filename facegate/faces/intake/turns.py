"""Whose photo is in hand: one of each at a time, so that nobody takes every process that opens photos.

Whoever sent a photo that took too long waits before he sends the next: otherwise each of his could hold a
process to the end of its time.
"""

from __future__ import annotations

import threading
from contextlib import contextmanager
from math import ceil
from time import monotonic
from typing import TYPE_CHECKING, Final

from facegate.errors import UnusablePhoto
from facegate.faces.intake.limits import TOO_SLOW

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

OWN_PHOTO_SECONDS: Final = 1.0
"""Somebody's next photo waits so long for his last one: most are opened in less."""
PAUSE_SECONDS: Final = 30.0


class NotYourTurn(Exception):  # noqa: N818  nothing is wrong: he waits for himself
    """One more photo of somebody's cannot be opened now.

    Parameters
    ----------
    again_in_s : int
        Seconds, at least 1.
    """

    def __init__(self, again_in_s: int) -> None:
        super().__init__(f"another photo of the same account is opened; again in {again_in_s} s")
        self.again_in_s = again_in_s


class Turns:
    """Who has a photo in hand, and who must pause; may be asked by many threads.

    Parameters
    ----------
    clock : callable
        Seconds, never going back.
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._changed = threading.Condition()
        self._in_hand: set[str] = set()
        self._paused: dict[str, float] = {}

    @contextmanager
    def of(self, whose: str) -> Iterator[None]:
        """Hold somebody's turn while a photo of his is opened.

        Parameters
        ----------
        whose : str
            Who sent it, such as the id of an account.

        Raises
        ------
        NotYourTurn
            If another photo of his is still opened after a second, or his last ones took too long.
        """
        self._take(whose)
        slow = False
        try:
            yield
        except UnusablePhoto as finding:
            slow = finding.reason == TOO_SLOW
            raise
        finally:
            self._give_back(whose, slow=slow)

    def _take(self, whose: str) -> None:
        with self._changed:
            now = self._clock()
            self._paused = {one: until for one, until in self._paused.items() if until > now}
            if whose in self._paused:
                raise NotYourTurn(ceil(self._paused[whose] - now))
            if not self._changed.wait_for(lambda: whose not in self._in_hand, OWN_PHOTO_SECONDS):
                raise NotYourTurn(1)
            self._in_hand.add(whose)

    def _give_back(self, whose: str, *, slow: bool) -> None:
        with self._changed:
            self._in_hand.discard(whose)
            if slow:
                self._paused[whose] = self._clock() + PAUSE_SECONDS
            self._changed.notify_all()
