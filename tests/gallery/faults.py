"""A disk that fails on cue: every durable step of a gallery can die, or be refused.

- A step is a write, a flush, a rename or a deletion. Each can fail before it does anything, after
  it did everything, and a write also half way.
- `Killed` stands for a process that dies: from then on every step fails, so no cleanup of a
  dying process can reach the disk, and what is left is what a kill would leave.
- A flush that does not fail does nothing: whether the kernel flushes is not what is tested, and
  it takes long.
- An ``OSError`` stands for a disk that refuses one step and then works again.
"""

from __future__ import annotations

import errno
import os
from enum import Enum, auto
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest


WRITES = {"write_bytes": 0, "write_table": 1}
"""Steps that can fail half way, and which argument says where they write."""


class Killed(BaseException):
    """The process is dead; nothing may catch it."""


class When(Enum):
    """At which moment of a step the disk fails."""

    BEFORE = auto()
    HALF_WAY = auto()
    AFTER = auto()


def no_space() -> OSError:
    """Make what a full disk says."""
    return OSError(errno.ENOSPC, "No space left on device")


def flush_nothing(_: int) -> None:
    """Stand in for a flush."""


class Disk:
    """Count durable steps, and fail at one of them.

    Parameters
    ----------
    monkeypatch : pytest.MonkeyPatch
        Puts the steps in place of the real ones.
    """

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.steps: list[str] = []
        self._fail_at: int | None = None
        self._when = When.BEFORE
        self._failure: Callable[[], BaseException] = Killed
        self._dead = False
        monkeypatch.setattr(os, "fsync", self._step("fsync", flush_nothing))
        for owner, name in ((Path, "replace"), (Path, "unlink"), (Path, "write_bytes"), (pq, "write_table")):
            monkeypatch.setattr(owner, name, self._step(name, getattr(owner, name)))

    def fail(self, at: int, when: When, failure: Callable[[], BaseException] = Killed) -> None:
        """Let the step of that number, counted from 0 from now on, fail."""
        self.steps, self._fail_at, self._when, self._failure = [], at, when, failure

    def heal(self) -> None:
        """Work again, as after a restart."""
        self._fail_at, self._dead = None, False

    def _step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def step(*args: Any, **kwargs: Any) -> Any:  # noqa: ANN401  stands in for functions of any signature
            if self._dead:
                raise Killed
            fails = len(self.steps) == self._fail_at
            self.steps.append(name)
            if not fails:
                return real(*args, **kwargs)
            if self._when is not When.BEFORE:
                real(*args, **kwargs)
            if self._when is When.HALF_WAY:
                path = Path(args[WRITES[name]])
                os.truncate(path, path.stat().st_size // 2)
            failure = self._failure()
            self._dead = isinstance(failure, Killed)
            raise failure

        return step
