"""Replies that leave in slots of time, so that how long one took does not tell what was found.

A search that found somebody sorts a list, asks the ledger whom the agency was shown before, and puts another
record on the log than one that found nobody: without slots its reply came 0.7 ms later, by which anybody who
sees it go by can tell the two apart in two cases of three. A slot begins when every template was compared.
What follows takes 4 ms either way, and in one case of a hundred 7 or 8; the reply leaves when the slot is
over, or the next one if a slow disk or a queue took longer than the first.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SLOT_S: Final = 0.01
"""Seconds."""


class Slots:
    """What holds replies until their slot is over.

    Parameters
    ----------
    slot_s : float
        Length of a slot, seconds, above 0.
    clock : callable
        Seconds, never going back.
    sleep : callable
        Waits for so many seconds.
    """

    __slots__ = ("_clock", "_sleep", "_slot_s")

    def __init__(
        self,
        slot_s: float = SLOT_S,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._slot_s, self._clock, self._sleep = slot_s, clock, sleep

    def begin(self) -> Callable[[], None]:
        """Begin a slot; what is given waits for its end, or for that of the slot that it is in by then."""
        began = self._clock()

        def hold() -> None:
            self._sleep(self._slot_s - (self._clock() - began) % self._slot_s)

        return hold
