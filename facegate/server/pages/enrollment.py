"""Enrollment: upload, progress, what came of it, and taking people out of the gallery.

- What is uploaded becomes a job; its page says how far it has come, with the script or without.
- Whom to take out is shown once more before it is done: it cannot be undone.
"""

import io
from http import HTTPStatus
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from facegate.server.acts import enrollments as acts
from facegate.server.acts import jobs_seen
from facegate.server.asking import ServiceOf
from facegate.server.enrollment.uploads import LIMITS, Given
from facegate.server.identity.caller import Caller
from facegate.server.jobs.job import JobState
from facegate.server.pages.calling import PageCallerOf, see
from facegate.server.pages.forms import Form, FormOf
from facegate.server.pages.rendering import page
from facegate.server.pages.trouble import REFUSALS, problem_from, status_of
from facegate.server.problems import Problem
from facegate.server.service import Service

router = APIRouter(include_in_schema=False)

KINDS: Final = (
    (
        Given.PHOTOS,
        "Photos",
        "A zip file of photos with a list, labels.csv: one line a photo, columns file and subject.",
    ),
    (
        Given.TEMPLATES,
        "Templates",
        "One template file (Parquet) that facegate embed made with this gallery's model.",
    ),
)
REASONS: Final = {
    "animated": "the file holds more than one picture",
    "empty": "the file is empty",
    "no-face": "no face was found",
    "several-faces": "several faces were found",
    "too-large": "the photo is too large",
    "too-slow": "the photo took too long to open",
    "unreadable": "the photo is damaged",
    "unsupported-format": "no JPEG, PNG or WebP",
    "other": "another reason, given in the template file",
}
STATES: Final = {
    JobState.QUEUED: ("waits", "waits"),
    JobState.RUNNING: ("runs", "waits"),
    JobState.DONE: ("done", "good"),
    JobState.FAILED: ("failed", "bad"),
    JobState.INTERRUPTED: ("stopped", "bad"),
}
MIB: Final = 1 << 20
MOST_WITHDRAWN: Final = 1000


@router.get("/enrollment")
def show(
    request: Request, service: ServiceOf, caller: PageCallerOf, withdrawn: int | None = None
) -> Response:
    """Show the gallery's size, the form, the enrollments so far, and how to take people out."""
    done = "" if withdrawn is None else _withdrawn(service, caller, withdrawn)
    return _page(request, service, caller, done=done)


@router.post("/enrollment")
def upload(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Begin an enrollment, and go to its page."""
    try:
        job = acts.start_enrollment(service, caller, _given(form), io.BytesIO(form.files.get("file", b"")))
    except REFUSALS as error:
        return _page(request, service, caller, form=form, problem=problem_from(error), wrong="upload")
    return see(f"/enrollment/jobs/{job.id}")


@router.get("/enrollment/jobs/{job_id}")
def show_job(request: Request, service: ServiceOf, caller: PageCallerOf, job_id: UUID) -> Response:
    """Show how far an enrollment has come, or what came of it."""
    return _job(request, service, caller, str(job_id))


@router.post("/enrollment/jobs/{job_id}/stop")
def stop(request: Request, service: ServiceOf, caller: PageCallerOf, job_id: UUID, _: FormOf) -> Response:
    """Tell an enrollment to stop."""
    try:
        jobs_seen.cancel_job(service, caller, str(job_id))
    except REFUSALS as error:
        return _job(request, service, caller, str(job_id), problem=problem_from(error))
    return see(f"/enrollment/jobs/{job_id}")


@router.post("/enrollment/withdraw")
def withdraw(request: Request, service: ServiceOf, caller: PageCallerOf, form: FormOf) -> Response:
    """Show whom it would take out once more; take them out when that was confirmed."""
    subjects = list(
        dict.fromkeys(line.strip() for line in form.text("subjects").splitlines() if line.strip())
    )
    try:
        _demand_few(subjects)
        if not form.ticked("sure"):
            acts.demand_enrolled(service, caller, subjects)
            return page(request, service, caller, "withdraw.html.j2", subjects=subjects)
        gone = acts.withdraw_people(service, caller, subjects)
    except REFUSALS as error:
        return _page(request, service, caller, form=form, problem=problem_from(error), wrong="withdraw")
    return see(f"/enrollment?withdrawn={gone.record}")


def _page(
    request: Request,
    service: Service,
    caller: Caller,
    *,
    form: Form | None = None,
    problem: Problem | None = None,
    wrong: str = "",
    done: str = "",
) -> Response:
    """Put the page together; a form that was refused comes back as it was typed."""
    typed = form or Form()
    return page(
        request, service, caller, "enrollment.html.j2",
        status=status_of(problem), problem=problem, done=done, wrong=wrong,
        size=acts.gallery_size(service, caller), jobs=acts.list_enrollments(service, caller),
        kinds=KINDS, states=STATES, most=LIMITS.upload_bytes // MIB,
        chosen=typed.text("input"), typed=typed.text("subjects"),
    )  # fmt: skip


def _job(
    request: Request, service: Service, caller: Caller, job_id: str, problem: Problem | None = None
) -> Response:
    job = jobs_seen.get_job(service, caller, job_id)
    return page(
        request, service, caller, "enrollment_job.html.j2",
        status=status_of(problem), problem=problem, job=job, states=STATES, reasons=REASONS,
        own=job.account == caller.account,
    )  # fmt: skip


def _given(form: Form) -> Given:
    chosen = form.text("input")
    if chosen not in set(Given):
        detail = "say what the file is: photos or templates"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "nothing-chosen", detail)
    if "file" not in form.files:
        detail = "choose a file to upload; none was sent, or it was empty"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "no-file", detail)
    return Given(chosen)


def _demand_few(subjects: list[str]) -> None:
    if not subjects:
        detail = "type the subject ids of those to be taken out, one a line"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "nobody-named", detail)
    if len(subjects) > MOST_WITHDRAWN:
        detail = f"{len(subjects):,} subject ids were typed; at most {MOST_WITHDRAWN:,} are taken out at once"
        raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "too-many-named", detail)


def _withdrawn(service: Service, caller: Caller, record: int) -> str:
    """Say what the log says of a withdrawal; nothing where that record is none: an address is no witness."""
    said = acts.withdrawal_on_log(service, caller, record)
    if said is None:
        return ""
    return (
        f"Taken out: {said.n_subjects:,} {'person' if said.n_subjects == 1 else 'people'}, with "
        f"{said.n_templates:,} {'template' if said.n_templates == 1 else 'templates'} and every photo kept "
        f"here. It is record {said.record} of the log."
    )
