"""Long work, enrollments and benchmarks, as they are answered."""

from typing import Any, Literal

from pydantic import AwareDatetime

from facegate.client.replies.reply import Recorded, Reply


class Job(Reply):
    """One job.

    Parameters
    ----------
    id, kind : str
        UUIDv7, and what it does, such as ``enrollment``.
    state : str
        ``queued``, ``running``, ``done``, ``failed`` or ``interrupted``.
    done, total : int, int or None
        Steps done, of so many; None where that is not known.
    said : str
        What it does, or what became of it.
    result : dict or None
        What came of it; None before it is done.
    created, finished : datetime, datetime or None
        UTC.
    """

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "interrupted"]
    done: int
    total: int | None
    said: str
    result: dict[str, Any] | None
    created: AwareDatetime
    finished: AwareDatetime | None

    @property
    def ended(self) -> bool:
        """Whether it neither waits nor runs."""
        return self.state not in {"queued", "running"}


class Jobs(Reply):
    """Jobs, newest first, at most 100."""

    jobs: tuple[Job, ...]


class Withdrawn(Recorded):
    """People taken out of the gallery, their templates, and their photos that were kept."""

    n_subjects: int
    n_templates: int
    n_photos: int


class BenchmarkRun(Reply):
    """One finished run: its id, name and title, SHA-256 of its protocol, and when it was asked for, UTC."""

    id: str
    name: str
    title: str
    protocol_digest: str
    created: AwareDatetime


class BenchmarkRuns(Reply):
    """Finished runs, newest first, at most 100."""

    runs: tuple[BenchmarkRun, ...]
