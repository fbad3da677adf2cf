"""``/v1/benchmarks``: error rates by group, measured by a protocol over templates or scores of one's own."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Path, Response, UploadFile
from fastapi.responses import FileResponse

from facegate.server.acts import benchmark_runs as acts
from facegate.server.api.jobs import JobReply, job_reply
from facegate.server.api.once import JSON, AskingOf
from facegate.server.api.replies import Moment, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.benchmarking.measuring import PROTOCOL_BYTES
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation
from facegate.server.test_port.files import stream_digest
from facegate.server.test_port.running import REPORT, RESULT

router = APIRouter(prefix="/v1/benchmarks", tags=["benchmarks"])

RunId = Annotated[
    str, Path(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", description="Id of a run, a UUIDv7.")
]
Protocol = Annotated[
    UploadFile,
    File(description="The protocol, TOML, as facegate benchmark run takes it. No file it names is read."),
]
Upload = Annotated[
    UploadFile,
    File(description="What it is about: a template file (Parquet), or scores (CSV or Parquet)."),
]


class RunReply(Reply):
    """One finished run."""

    id: str
    name: str
    title: str
    protocol_digest: str
    created: Moment


class RunList(Reply):
    """Finished runs, newest first, at most 100."""

    runs: list[RunReply]


@router.post("", status_code=202, response_model=JobReply)
def start_run(asked: AskingOf, protocol: Protocol, file: Upload) -> Response:
    """Measure templates or scores by a protocol. The finished run is public; nothing in it names a person.

    It is done by a job, whose address is in Location; the run has the job's id.
    """
    text = protocol.file.read(PROTOCOL_BYTES + 1)
    digest = stream_digest(file.file)

    def act() -> Answer:
        job = acts.start_run(asked.service, asked.caller, text, file.file)
        headers = {**JSON, "location": f"/v1/jobs/{job.id}"}
        return Answer(int(HTTPStatus.ACCEPTED), job_reply(job).model_dump_json().encode(), headers)

    return asked.once(Operation.BENCHMARK_RUN, act, text, digest)


@router.get("")
def list_runs(service: ServiceOf, caller: CallerOf) -> RunList:
    """List finished runs."""
    return RunList(runs=[RunReply.model_validate(one) for one in acts.list_runs(service, caller)])


@router.get("/{run}", response_class=FileResponse)
def get_run(service: ServiceOf, caller: CallerOf, run: RunId) -> FileResponse:
    """Give every number of a run, in the form that `facegate benchmark show`, `compare` and `report` read."""
    return FileResponse(acts.get_file(service, caller, run, RESULT), media_type="application/json")


@router.get("/{run}/report.html", response_class=FileResponse)
def get_report(service: ServiceOf, caller: CallerOf, run: RunId) -> FileResponse:
    """Give the report, one page that needs no network."""
    # An attachment: its words are whoever's protocol it was, and must not run as a page of this origin.
    return FileResponse(
        acts.get_file(service, caller, run, REPORT),
        media_type="text/html; charset=utf-8",
        filename=REPORT,
        content_disposition_type="attachment",
    )
