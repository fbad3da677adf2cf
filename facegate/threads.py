"""Threads for work beside the caller's, which a forked process has anew."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

P = ParamSpec("P")
T = TypeVar("T")


class Threads:
    """A pool of threads as long as its process lives, begun when first used; make it at a module's level.

    A plain pool takes its threads to be running still in a forked process, where there are none: whatever it
    is given there waits forever.

    Parameters
    ----------
    n : int
        How many at most; at least 1.
    name : str
        What the threads are called.
    """

    def __init__(self, n: int, name: str) -> None:
        self._n, self._name = n, name
        self._begin()
        os.register_at_fork(after_in_child=self._begin)

    def submit(self, work: Callable[P, T], /, *arguments: P.args, **options: P.kwargs) -> Future[T]:
        """Have it done beside; what it gives or raises is in the future."""
        return self._pool.submit(work, *arguments, **options)

    def _begin(self) -> None:
        self._pool = ThreadPoolExecutor(self._n, self._name)
