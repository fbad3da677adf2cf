"""Making what takes the whole log: few at a time, once for all who ask for the same, and kept.

Anybody may ask for a report of any days and any size of the log, and each reads every record. Without a bound
a handful of requests would take the service from those it is for; so strangers have places of their own, and
whoever finds them taken is told to come again.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from concurrent.futures import Future
from contextlib import contextmanager
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterator

Made = TypeVar("Made")

MOST_AT_ONCE: Final = 2
WAIT_SECONDS: Final = 30.0
"""For one that is being made already, or for a place where it is waited for one."""
AGAIN_SECONDS: Final = 5


class Lane(StrEnum):
    """Whose places are used; a full lane holds up no other."""

    PUBLIC = "public"
    """Reports that anybody asks for."""
    STAFF = "staff"
    """Reports for somebody who is known."""
    FIGURES = "figures"
    """The service's own public pages: few different ones, so they are waited for."""


class Makings:
    """What is being made, and the last things made; may be asked by many threads.

    Parameters
    ----------
    most : int
        At once in each lane, at least 1.
    kept : int
        Results kept, at least 0.
    """

    def __init__(self, *, most: int = MOST_AT_ONCE, kept: int = 64) -> None:
        self._places = {lane: threading.BoundedSemaphore(most) for lane in Lane}
        self._most_kept = kept
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Future[Any]] = OrderedDict()
        self._begun: dict[Hashable, Future[Any]] = {}

    def get(self, key: Hashable, make: Callable[[], Made], *, lane: Lane) -> Made:
        """Give what was made under a key; make it, if nobody has.

        Parameters
        ----------
        key : hashable
            Names what is made and everything it is made from: under one key the result never changes.
        make : callable
            Makes it. What it raises is told to all who wait for it, and is not kept.
        lane : Lane
            Whose place it takes.

        Raises
        ------
        Problem
            503 with ``Retry-After`` if the lane's places are taken.
        """
        with self._lock:
            if (found := self._kept.get(key)) is not None:
                self._kept.move_to_end(key)
                return cast("Made", found.result())
            mine: Future[Any] = Future()
            begun = self._begun.setdefault(key, mine)
        if begun is mine:
            return self._made(key, make, mine, lane)
        try:
            return cast("Made", begun.result(WAIT_SECONDS))
        except TimeoutError:
            raise busy() from None

    @contextmanager
    def place(self, lane: Lane) -> Iterator[None]:
        """Hold one of a lane's places for what is made of it and not kept.

        Raises
        ------
        Problem
            503 with ``Retry-After`` if they are taken.
        """
        waits = WAIT_SECONDS if lane is Lane.FIGURES else 0
        if not self._places[lane].acquire(timeout=waits):
            raise busy()
        try:
            yield
        finally:
            self._places[lane].release()

    def _made(self, key: Hashable, make: Callable[[], Made], mine: Future[Any], lane: Lane) -> Made:
        try:
            with self.place(lane):
                made = make()
        except BaseException as error:
            with self._lock:
                del self._begun[key]
            mine.set_exception(error)
            raise
        mine.set_result(made)
        with self._lock:
            del self._begun[key]
            self._kept[key] = mine
            while len(self._kept) > self._most_kept:
                self._kept.popitem(last=False)
        return made


def busy() -> Problem:
    """Say that as many are being made as may be."""
    return Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "reports-being-made",
        f"{MOST_AT_ONCE} reports are being made from the log right now, and no more at a time; try again in "
        f"{AGAIN_SECONDS} s",
        headers={"Retry-After": str(AGAIN_SECONDS)},
    )
