"""Work that is done again and again beside the requests, in a thread of its own."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    from types import TracebackType


class Beside(ABC):
    """Does something every so many seconds; use it as a context manager around the service.

    The end waits for what is being done, and begins nothing more.

    Parameters
    ----------
    name : str
        Of the thread.
    every_seconds : float
        Pause before each time; above 0.
    """

    def __init__(self, name: str, *, every_seconds: float) -> None:
        self._every = every_seconds
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    @abstractmethod
    def once(self) -> None:
        """Do it once; what fails is told to the operator here, and not raised: it is tried again."""

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.wait(self._every):
            self.once()
