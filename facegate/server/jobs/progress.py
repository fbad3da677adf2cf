"""What a job's work tells while it runs, and where it learns that it shall stop."""

from __future__ import annotations

from threading import Event
from time import monotonic
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_APART: Final = 0.5
"""A loop of a million steps does not write a million rows."""


class Stopped(Exception):  # noqa: N818  a wish that was followed, not a fault
    """The job was told to stop.

    Parameters
    ----------
    said : str
        What had come of it until then, one sentence; empty where nothing is left of it.
    """

    def __init__(self, said: str = "") -> None:
        super().__init__(said)
        self.said = said


class Progress:
    """Passed to a job's work, which calls it: ``told(done, total, "what it does")``.

    Parameters
    ----------
    keep : callable
        Keeps (done, total, said).
    """

    __slots__ = ("_keep", "_kept_at", "_stop", "done", "said", "total")

    def __init__(self, keep: Callable[[int, int | None, str], None]) -> None:
        self._keep = keep
        self._kept_at = float("-inf")
        self._stop = Event()
        self.done = 0
        self.total: int | None = None
        self.said = ""

    def __call__(self, done: int, total: int | None = None, said: str = "") -> None:
        """Say how far the work has come; also the place where it stops if it was told to.

        Parameters
        ----------
        done : int
            How much is done, 0 or more.
        total : int, optional
            How much there is.
        said : str
            One sentence for people; empty leaves the last one.

        Raises
        ------
        Stopped
            If the job was canceled, or the service stops.
        """
        self.check()
        ended = total is not None and done >= total
        self.done, self.total, self.said = done, total, said or self.said
        if ended or monotonic() - self._kept_at >= SECONDS_APART:
            self._keep(self.done, self.total, self.said)
            self._kept_at = monotonic()

    def check(self) -> None:
        """Stop here if the job was told to.

        Raises
        ------
        Stopped
            If it was.
        """
        if self._stop.is_set():
            raise Stopped

    def stop(self) -> None:
        """Tell the work to stop when it next tells or checks."""
        self._stop.set()
