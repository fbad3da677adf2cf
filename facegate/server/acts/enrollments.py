"""Filling and emptying the gallery: only by an enroller of the agency that keeps it, one change at a time."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

from facegate.gallery.gallery import Gallery
from facegate.gate.enrolling import demand_authority
from facegate.gate.photos.keeping import sweep
from facegate.gate.registers.conditions import gallery_here, gallery_keeper
from facegate.gate.withdrawing import WITHDRAWN, Withdrawal, require_enrolled, withdraw
from facegate.records import SubjectId
from facegate.server.acts.whose import demand_officer
from facegate.server.asking import demand
from facegate.server.enrollment.filling import Filling, settle_broken_off
from facegate.server.enrollment.uploads import LIMITS, Upload, demand_ids, look_at
from facegate.server.identity.roles import Operation
from facegate.server.jobs.leftovers import clear_ended
from facegate.server.problems import Problem
from facegate.server.test_port.files import erase, keep_upload

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.server.enrollment.uploads import Given
    from facegate.server.identity.caller import Caller
    from facegate.server.jobs.job import Job
    from facegate.server.service import Service

JOB: Final = "enrollment"
FOLDER: Final = "enrollments"
ADVICE: Final = "enroll in parts"


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """What a withdrawal did.

    Parameters
    ----------
    record : int
        Position in the log.
    n_subjects, n_templates, n_photos : int
        People taken out, their templates, and their photos that were kept here.
    """

    record: int
    n_subjects: int
    n_templates: int
    n_photos: int


@dataclass(frozen=True, slots=True)
class GallerySize:
    """The gallery as it stands.

    Parameters
    ----------
    n_subjects, n_templates : int
        People and templates.
    embedder : str
        What made every template.
    running : bool
        Whether an enrollment waits or runs.
    """

    n_subjects: int
    n_templates: int
    embedder: str
    running: bool


def start_enrollment(service: Service, caller: Caller, given: Given, data: BinaryIO) -> Job:
    """Take an upload and begin to enroll it.

    Parameters
    ----------
    service : Service
        The service.
    caller : Caller
        An enroller of the agency that keeps the gallery.
    given : Given
        What is sent.
    data : file object
        The upload.

    Returns
    -------
    Job
        It waits or runs.

    Raises
    ------
    Problem
        401; 403 of role or agency; 409 while another enrollment runs; 413; 503 if too many jobs wait.
    PolicyRefusal
        If the authority under which the gallery is kept is not on file.
    InputError
        If the upload can be seen to be bad.
    StorageError
        If the disk refuses: nothing of the upload stays.
    """
    by = _demand_keeper(service, caller)
    demand_authority(service.desk.ledger)
    _demand_idle(service)
    clear_uploads(service)
    job_id = service.jobs.new_id()
    folder = folder_of(service) / job_id
    try:
        path, digest = keep_upload(folder, data, most=LIMITS.upload_bytes, advice=ADVICE)
        upload = Upload(path, given, digest)
        looked = look_at(upload, service.desk.gate.gallery.embedder)
        filling = Filling(service.desk, service.photos, service.intake, upload, looked, by)
        with service.desk.ledger.turn:  # two at once do not both find the gallery idle
            _demand_idle(service)
            service.jobs.start(JOB, caller.account, caller.agency, filling.work, job_id=job_id)
    except BaseException:
        erase(folder)
        raise
    return service.jobs.seen_by(caller, job_id)


def list_enrollments(service: Service, caller: Caller) -> tuple[Job, ...]:
    """Give the caller's last enrollments, newest first."""
    demand(caller, Operation.ENROLLMENT_START, at=service.desk.clock())
    return tuple(job for job in service.jobs.of(caller.account) if job.kind == JOB)


def gallery_size(service: Service, caller: Caller) -> GallerySize:
    """Say how large the gallery is, to those who may fill it."""
    _demand_keeper(service, caller)
    gallery = service.desk.gate.gallery
    gallery.refresh()
    running = service.jobs.any_open(JOB)
    return GallerySize(gallery.n_subjects, gallery.n_templates, gallery.embedder.name, running)


def withdraw_people(service: Service, caller: Caller, subjects: Sequence[str]) -> Withdrawn:
    """Take people out of the gallery, with their templates and photos: in no search from now on.

    Raises
    ------
    Problem
        401; 403 of role or agency; 409 while an enrollment runs.
    InputError
        If anybody named is not enrolled: nobody is withdrawn.
    AuditError
        If it cannot be recorded.
    """
    by = _demand_keeper(service, caller)
    demand_ids(subjects, "subject id")
    desk = service.desk
    _demand_idle(service)
    with Gallery.open(desk.home.gallery, writable=True) as gallery:
        people = [SubjectId(one) for one in subjects]
        done = withdraw(desk.ledger, gallery, people, clock=desk.clock, by=by)
        n_photos = sweep(service.photos, gallery)
    return Withdrawn(done.record, done.n_subjects, done.n_templates, n_photos)


def demand_enrolled(service: Service, caller: Caller, subjects: Sequence[str]) -> None:
    """Demand that everybody named could be taken out, before it is confirmed.

    Raises
    ------
    Problem
        401; 403 of role or agency; 409 while an enrollment runs.
    InputError
        If anybody named is not enrolled.
    """
    _demand_keeper(service, caller)
    demand_ids(subjects, "subject id")
    _demand_idle(service)
    require_enrolled(service.desk.gate.gallery, frozenset(map(SubjectId, subjects)))


def withdrawal_on_log(service: Service, caller: Caller, record: int) -> Withdrawal | None:
    """Give what the log says of a withdrawal; None where that record is none."""
    _demand_keeper(service, caller)
    log = service.desk.ledger.log
    if not 0 <= record < log.size:
        return None
    entry, _ = next(iter(log.read(record)))
    if entry.kind != WITHDRAWN:
        return None
    said = {name: int(str(entry.public[name])) for name in ("n_subjects", "n_templates")}
    return Withdrawal(**said, record=record)


def settle_enrollments(service: Service) -> int:
    """Say what came of enrollments that a stop broke off; for the service's start."""
    return settle_broken_off(folder_of(service), service.desk.gate.gallery, service.jobs)


def clear_uploads(service: Service) -> None:
    """Overwrite what is left of enrollments that were canceled while they waited."""
    clear_ended(folder_of(service), service.jobs)


def folder_of(service: Service) -> Path:
    """Give the folder where uploads lie while they are enrolled."""
    return service.desk.home.folder / FOLDER


def _demand_keeper(service: Service, caller: Caller) -> str:
    """Demand an enroller of the agency that keeps the gallery; give his officer id."""
    demand(caller, Operation.ENROLLMENT_START, at=service.desk.clock())
    officer = demand_officer(caller)
    keeper = gallery_keeper(service.desk.ledger, gallery_here(service.desk.ledger))
    if keeper and keeper != caller.agency:
        detail = f"only an enroller of the agency that keeps the gallery fills it: that is {keeper}"
        raise Problem(HTTPStatus.FORBIDDEN, "not-the-keeper", detail)
    return officer.officer


def _demand_idle(service: Service) -> None:
    if service.jobs.any_open(JOB):
        detail = "an enrollment waits or runs; the gallery is changed by one at a time, try again after it"
        raise Problem(HTTPStatus.CONFLICT, "gallery-busy", detail, headers={"Retry-After": "30"})
