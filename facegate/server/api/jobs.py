"""``/v1/jobs``: long work, how far it has come, and telling it to stop."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path

from facegate.server.acts import jobs_seen as acts
from facegate.server.api.replies import Moment, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.jobs.job import Job

router = APIRouter(prefix="/v1/jobs", tags=["jobs"])

JobId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of a job, a UUIDv7.")
]


class JobReply(Reply):
    """One job: `done` of `total` steps, and in `said` what it does or what became of it."""

    id: str
    kind: str
    state: Literal["queued", "running", "done", "failed", "interrupted"]
    done: int
    total: int | None
    said: str
    result: dict[str, Any] | None
    created: Moment
    finished: Moment | None


class JobList(Reply):
    """Jobs, newest first, at most 100."""

    jobs: list[JobReply]


@router.get("")
def list_jobs(service: ServiceOf, caller: CallerOf) -> JobList:
    """List one's own jobs; everybody's, for auditors."""
    return JobList(jobs=[job_reply(one) for one in acts.list_jobs(service, caller)])


@router.get("/{job}")
def get_job(service: ServiceOf, caller: CallerOf, job: JobId) -> JobReply:
    """Say how a job stands."""
    return job_reply(acts.get_job(service, caller, job))


@router.delete("/{job}", status_code=202)
def cancel_job(service: ServiceOf, caller: CallerOf, job: JobId) -> JobReply:
    """Tell one's own job to stop: it does at its next step, and then says what had come of it."""
    return job_reply(acts.cancel_job(service, caller, job))


def job_reply(job: Job) -> JobReply:
    """Put a job in the form of an answer."""
    return JobReply.model_validate({
        "id": job.id,
        "kind": job.kind,
        "state": str(job.state),
        "done": job.done,
        "total": job.total,
        "said": job.said,
        "result": job.result,
        "created": job.created,
        "finished": job.finished,
    })  # fmt: skip
