"""When something is asked again, and after how long.

- Asked again is only what is safe: a GET, or a POST with the Idempotency-Key it had before. Nothing else: a
  search that nobody asked for twice must not happen twice.
- The service's ``Retry-After`` is kept to. If it is longer than `Retries.longest_s`, nothing is asked again:
  the caller is told, and decides.
- Waits grow and are drawn at random up to their bound, so that many clients do not come back at once.
"""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.client.problems import reason_of, retry_after

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

NOT_BEGUN: Final = frozenset({"busy", "stopping"})
"""503 for a request that was not begun; after any other one nobody knows whether it acted, and under the same
key the service will not try."""
IN_FLIGHT: Final = "request-in-flight"
"""409 while the first request under the key, whose line broke, is still worked on."""
_PASSING: Final = frozenset({
    HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY,
    HTTPStatus.GATEWAY_TIMEOUT,
})  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Retries:
    """How often something is asked again, and how long is waited.

    Parameters
    ----------
    most : int
        Times that something is asked again; 0 for never.
    first_s : float
        Bound of the first wait, seconds; each further one is twice as long.
    longest_s : float
        Longest wait, seconds.
    pause : callable
        Waits so many seconds.
    drawn : callable
        Gives a number between two.
    """

    most: int = 4
    first_s: float = 0.5
    longest_s: float = 30.0
    pause: Callable[[float], None] = field(default=time.sleep, repr=False)
    drawn: Callable[[float, float], float] = field(default=random.uniform, repr=False)

    def wait_s(self, asked: int, response: httpx.Response | None, *, acts: bool) -> float | None:
        """Say how long to wait before something safe is asked again.

        Parameters
        ----------
        asked : int
            How often it was asked, from 1.
        response : httpx.Response or None
            What was answered; None if no answer came.
        acts : bool
            It is a POST under a key; else it only reads.

        Returns
        -------
        float or None
            Seconds; None if it is not to be asked again.
        """
        if asked > self.most or not (response is None or passing(response, acts=acts)):
            return None
        told = None if response is None else retry_after(response)
        if told is not None and told > self.longest_s:
            return None
        drawn = self.drawn(0.0, min(self.longest_s, self.first_s * 2.0 ** (asked - 1)))
        return drawn if told is None else min(self.longest_s, told + drawn)


def passing(response: httpx.Response, *, acts: bool) -> bool:
    """Whether what stood in the way may be over soon, and asking again cannot do harm.

    Parameters
    ----------
    response : httpx.Response
        What was answered.
    acts : bool
        It is a POST under a key; else it only reads.
    """
    if response.status_code in _PASSING:
        return True
    if response.status_code == HTTPStatus.SERVICE_UNAVAILABLE:
        return not acts or reason_of(response) in NOT_BEGUN
    return acts and response.status_code == HTTPStatus.CONFLICT and reason_of(response) == IN_FLIGHT
