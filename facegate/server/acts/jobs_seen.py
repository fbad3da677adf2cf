"""Long work as its owner sees it: how far it has come, what became of it, and telling it to stop.

An independent test is nobody's to see but its key's own (`facegate.server.acts.tests_made`): of its job, too,
nobody else is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.acts import benchmark_runs, enrollments
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here
from facegate.server.test_port.port import JOB as TEST

if TYPE_CHECKING:
    from facegate.server.identity.caller import Caller
    from facegate.server.jobs.job import Job
    from facegate.server.service import Service

WHAT: Final = "job"


def list_jobs(service: Service, caller: Caller) -> tuple[Job, ...]:
    """Give the caller's last jobs, or everybody's to those who look in; newest first, at most 100."""
    demand(caller, Operation.JOB_READ, at=service.desk.clock())
    return tuple(job for job in service.jobs.all_seen_by(caller) if _shown(caller, job))


def get_job(service: Service, caller: Caller, job_id: str) -> Job:
    """Say how a job stands.

    Raises
    ------
    Problem
        401, 403; 404 if there is none, or it is not the caller's to see.
    """
    demand(caller, Operation.JOB_READ, at=service.desk.clock())
    job = service.jobs.seen_by(caller, job_id)
    if not _shown(caller, job):
        raise not_here(WHAT)
    return job


def cancel_job(service: Service, caller: Caller, job_id: str) -> Job:
    """Tell a job of the caller's own to stop; what it says then tells what had come of it.

    Raises
    ------
    Problem
        401, 403; 404 if it is not the caller's, 409 if it has ended.
    """
    demand(caller, Operation.JOB_READ, at=service.desk.clock())
    job = service.jobs.cancel(caller, job_id)
    enrollments.clear_uploads(service)
    benchmark_runs.clear_uploads(service)
    return job


def _shown(caller: Caller, job: Job) -> bool:
    return job.kind != TEST or job.account == caller.account
