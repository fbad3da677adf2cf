"""``/v1/enrollments`` and ``/v1/withdrawals``: who is in the gallery, and who is taken out of it."""

from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, File, Form, Response, UploadFile
from pydantic import Field

from facegate.server.acts import enrollments as acts
from facegate.server.api.jobs import JobList, JobReply, job_reply
from facegate.server.api.once import JSON, AskingOf, done, sent
from facegate.server.api.replies import Form as Body
from facegate.server.api.replies import Recorded
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.enrollment.uploads import Given
from facegate.server.idempotency import Answer
from facegate.server.identity.roles import Operation
from facegate.server.test_port.files import stream_digest

router = APIRouter(prefix="/v1", tags=["enrollments"])

Input = Annotated[
    Literal["templates", "photos"],
    Form(
        description="What `file` is: a template file (Parquet) made by facegate with the gallery's embedder; "
        "or a zip of photos with labels.csv (file, subject)."
    ),
]
Upload = Annotated[UploadFile, File(description="The one file; its name is not used.")]
MOST_WITHDRAWN = 1000


class WithdrawalForm(Body):
    """Whom to take out, by subject id."""

    subjects: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=80)]],
        Field(min_length=1, max_length=MOST_WITHDRAWN),
    ]


class WithdrawalReply(Recorded):
    """People taken out, their templates, and their photos that were kept here."""

    n_subjects: int
    n_templates: int
    n_photos: int


@router.post("/enrollments", status_code=202, response_model=JobReply)
def start_enrollment(
    asked: AskingOf,
    input: Input,  # noqa: A002  the form's word
    file: Upload,
) -> Response:
    """Enroll templates, or photos that become templates; all that give one, or none.

    It is done by a job, whose address is in Location. Photos that give no template are counted by reason.
    """
    digest = stream_digest(file.file)

    def act() -> Answer:
        job = acts.start_enrollment(asked.service, asked.caller, Given(input), file.file)
        headers = {**JSON, "location": f"/v1/jobs/{job.id}"}
        return Answer(int(HTTPStatus.ACCEPTED), job_reply(job).model_dump_json().encode(), headers)

    return asked.once(Operation.ENROLLMENT_START, act, input.encode(), digest)


@router.get("/enrollments")
def list_enrollments(service: ServiceOf, caller: CallerOf) -> JobList:
    """List the caller's last enrollments."""
    return JobList(jobs=[job_reply(one) for one in acts.list_enrollments(service, caller)])


@router.post("/withdrawals", response_model=WithdrawalReply)
def withdraw_people(asked: AskingOf, form: WithdrawalForm) -> Response:
    """Take people out of the gallery, with templates and photos: in no search from now on.

    If anybody named is not enrolled, nobody is taken out.
    """

    def act() -> Answer:
        gone = acts.withdraw_people(asked.service, asked.caller, form.subjects)
        return done(WithdrawalReply.model_validate(gone))

    return asked.once(Operation.ENROLLMENT_START, act, sent(form))
