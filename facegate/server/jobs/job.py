"""A job as it is told: what it is, how far it has come, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue


class JobState(StrEnum):
    """Where a job stands."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    INTERRUPTED = "interrupted"
    """It was canceled, or the service stopped while it waited or ran; `Job.said` tells which."""


OPEN = frozenset({JobState.QUEUED, JobState.RUNNING})


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of long work.

    Parameters
    ----------
    id : str
        UUIDv7.
    kind : str
        Such as ``enrollment``.
    account, agency : str
        Whose it is.
    state : JobState
        Where it stands.
    done : int
        How much of it is done, in what it counts in.
    total : int or None
        How much there is; None where that is not known.
    said : str
        Its last sentence.
    result : JSONValue
        What came of it; None before it is done.
    created : datetime
        When it was asked for.
    finished : datetime or None
        When it ended, however.
    """

    id: str
    kind: str
    account: str
    agency: str
    state: JobState
    done: int
    total: int | None
    said: str
    result: JSONValue
    created: datetime
    finished: datetime | None

    @property
    def open(self) -> bool:
        """Whether it waits or runs."""
        return self.state in OPEN
