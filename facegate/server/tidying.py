"""What the service keeps no longer than it must: removed when it starts, and every hour while it runs.

- Independent tests past their days, and what was sent for tests, measurements and enrollments whose job has
  ended (overwritten, see `facegate.server.jobs.leftovers`).
- Jobs that ended longer ago than ``job_days`` in ``server.toml``. A benchmark run that one made stays: it is
  a publication. What a job did to gallery or tests is on the log.
- Replies kept for repeated requests, 24 hours after the first (`facegate.server.idempotency`).

What fails is told to the operator and tried again an hour later; the rest is done all the same.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.server.acts import benchmark_runs, enrollments
from facegate.server.acts.tests_made import tidy_tests
from facegate.server.beside import Beside

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.server.service import Service

EVERY_SECONDS: Final = 3600.0

_log = logging.getLogger(__name__)


def tidy(service: Service) -> None:
    """Remove everything whose time is over.

    Raises
    ------
    FacegateError
        The first that kept something from being removed, once everything else was tried.
    """
    failed: list[FacegateError] = []
    for step in _steps(service):
        try:
            step()
        except FacegateError as error:
            failed.append(error)
    if failed:
        raise failed[0]


def _steps(service: Service) -> tuple[Callable[[], object], ...]:
    before = service.desk.clock() - service.config.jobs_kept
    return (
        lambda: tidy_tests(service),
        # Before the jobs go: what was sent is found by the job it was sent for.
        lambda: enrollments.clear_uploads(service),
        lambda: benchmark_runs.clear_uploads(service),
        lambda: service.jobs.forget(before),
        service.idempotency.forget,
    )


class Tidying(Beside):
    """Tidies while the service runs.

    Parameters
    ----------
    service : Service
        Open, and tidied once already.
    every_seconds : float
        Between two times; above 0.
    """

    def __init__(self, service: Service, *, every_seconds: float = EVERY_SECONDS) -> None:
        super().__init__("tidying", every_seconds=every_seconds)
        self._service = service

    def once(self) -> None:
        """Remove everything whose time is over."""
        try:
            tidy(self._service)
        except (FacegateError, OSError) as error:
            _log.error("not everything whose time is over was removed: %s", error)
