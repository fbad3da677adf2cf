"""Uploads whose job has ended without clearing up: canceled while it waited, or the service was killed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.server.test_port.files import erase

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.jobs.jobs import Jobs


def clear_ended(folder: Path, jobs: Jobs, *, starting: bool = False) -> None:
    """Overwrite uploads of jobs that have ended.

    Parameters
    ----------
    folder : Path
        Where uploads lie, one folder a job, named by its id.
    jobs : Jobs
        Says which have ended.
    starting : bool
        Whether the service is being started: then an upload without a job is no longer being sent.

    Raises
    ------
    StorageError
        If an upload cannot be overwritten.
    """
    for one in sorted(folder.iterdir()) if folder.exists() else []:
        job = jobs.get(one.name)
        if starting if job is None else not job.open:
            erase(one)
