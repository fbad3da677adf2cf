"""The job that enrolls an upload: templates of photos, the gallery, the photos kept; or nothing at all.

The order is the safety:

1. the gallery's one writer's lock; searches go on meanwhile, on the gallery as it was;
2. a file says how the gallery stood and whom the upload shows: after a kill it can be told what came of it;
3. `facegate.gate.enrolling.enroll`: authority, whoever is withheld, a record before and one after;
4. photos of those who are enrolled now;
5. the upload is overwritten, however it ended.

Stopped before 3 ended nobody is enrolled; stopped after it everybody is, and some photos are not kept.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError, StorageError
from facegate.gallery.gallery import Gallery
from facegate.gate.enrolling import Withholding, demand_authority, enroll, read_withheld
from facegate.gate.photos.keeping import keep_enrolled
from facegate.server.enrollment.uploads import (
    LIMITS,
    Given,
    named_apart,
    opened_photos,
    read_templates,
)
from facegate.server.jobs.progress import Stopped
from facegate.server.test_port.files import erase
from facegate.server.test_port.photos import photo_templates

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.faces.intake.workers import IntakeWorkers
    from facegate.gallery.enrollment import EnrollmentSummary
    from facegate.gate.photos.keeping import Kept
    from facegate.gate.photos.store import PhotoStore
    from facegate.records import SubjectId
    from facegate.server.desk import Desk
    from facegate.server.enrollment.uploads import Looked, Upload
    from facegate.server.jobs.jobs import Jobs
    from facegate.server.jobs.progress import Progress
    from facegate.templates import TemplateSet

PLAN: Final = "plan.json"
NOBODY: Final = "nobody was enrolled, the gallery is as it was"
KNOWN_REASONS: Final = frozenset({
    "animated", "empty", "no-face", "several-faces", "too-large", "too-slow", "unreadable",
    "unsupported-format",
})  # fmt: skip
OTHER: Final = "other"
"""A template file's own word for a failure may be anything, a name too: only known ones are shown."""


@dataclass(frozen=True, slots=True)
class Filling:
    """One enrollment in the making.

    Parameters
    ----------
    desk : Desk
        Gate, log and folder.
    photos : PhotoStore
        Where photos of those enrolled are kept.
    intake : IntakeWorkers
        Opens photos.
    upload : Upload
        What was sent; its folder is this enrollment's own.
    looked : Looked
        What was seen of it.
    by : str
        Officer who asked for it.
    """

    desk: Desk
    photos: PhotoStore
    intake: IntakeWorkers
    upload: Upload
    looked: Looked
    by: str

    def work(self, told: Progress) -> JSONValue:
        """Do it: the job's work.

        Raises
        ------
        Stopped
            If the job was told to stop; says what had come of it.
        FacegateError
            If it cannot be done, and whether anybody was enrolled.
        """
        done: list[EnrollmentSummary] = []
        try:
            return self._done(told, done)
        except Stopped as stop:
            said = f"stopped when it was told to; {self._came_of(done)}"
            raise Stopped(said) from stop
        except FacegateError as error:
            said = str(error).rstrip(".").replace(str(self.desk.home.folder), "HOME")
            msg = f"{said}; {self._came_of(done)}"
            raise FacegateError(msg) from error
        finally:
            erase(self.upload.path.parent)

    def _done(self, told: Progress, done: list[EnrollmentSummary]) -> JSONValue:
        desk, total = self.desk, self.looked.n_rows
        gated = demand_authority(desk.ledger)
        withholding = Withholding(read_withheld(desk.home.folder))
        templates = self._templates(told)
        with Gallery.open(desk.home.gallery, writable=True) as gallery:
            keep_plan(self.upload.path.parent, gallery, self.looked)
            taken = 0

            def on_progress(n_rows: int) -> None:
                nonlocal taken
                taken += n_rows
                told(taken, total, "enrolling")

            told(0, total, "enrolling")
            done.append(
                enroll(
                    gated,
                    gallery,
                    [templates],
                    withholding=withholding,
                    clock=desk.clock,
                    on_progress=on_progress,
                    by=self.by,
                )
            )
            kept = self._kept(gallery, templates, told)
            told.said = f"{done[0].n_templates:,} of {total:,} enrolled"
            return _result(done[0], templates, withholding.n_withheld, kept, gallery)

    def _came_of(self, done: list[EnrollmentSummary]) -> str:
        """Say what had come of it when it broke off; also where the log failed after the gallery changed."""
        if not done:
            return _settled(self.upload.path.with_name(PLAN), self.desk.gate.gallery)
        one = done[0]
        return (
            f"before that {one.n_templates:,} templates were enrolled, of {one.n_subjects_new:,} people new "
            "to the gallery; photos may be missing"
        )

    def _templates(self, told: Progress) -> TemplateSet:
        if self.upload.given is Given.TEMPLATES:
            return read_templates(self.upload.path, self.desk.gate.gallery.embedder)
        with opened_photos(self.upload) as (archive, labels):
            made = photo_templates(
                labels,
                archive,
                self.desk.gate,
                self.intake,
                LIMITS,
                digest=self.upload.digest,
                on_progress=lambda n, of: told(n, of, "making templates of the photos"),
            )
        return named_apart(made, self.upload.digest)

    def _kept(self, gallery: Gallery, templates: TemplateSet, told: Progress) -> Kept | None:
        """Keep a photo of each who is enrolled; None where no photos were sent."""
        if self.upload.given is Given.TEMPLATES:
            return None
        usable = _usable(templates)
        seen = 0

        def on_progress() -> None:
            nonlocal seen
            seen += 1
            told(seen, len(usable), "keeping photos")

        return keep_enrolled(
            self.photos,
            gallery,
            self._photos(usable),
            clean=lambda data: self.intake.clean(data).data,
            on_progress=on_progress,
        )

    def _photos(self, usable: dict[str, SubjectId]) -> Iterator[tuple[SubjectId, bytes]]:
        with opened_photos(self.upload) as (archive, _):
            for name, subject in usable.items():
                yield subject, archive.read(name, most=LIMITS.photo_bytes)


def keep_plan(folder: Path, gallery: Gallery, looked: Looked) -> None:
    """Write down how the gallery stands and whom the upload shows, for whoever comes after a kill.

    Raises
    ------
    StorageError
        If the disk refuses: nothing is enrolled then.
    """
    plan = {"gallery_digest": gallery.digest, "subjects": sorted(looked.subjects)}
    try:
        (folder / PLAN).write_text(json.dumps(plan), encoding="utf-8")
    except OSError as error:
        msg = f"the plan of an enrollment could not be kept: {error.strerror or 'the disk refuses'}"
        raise StorageError(msg) from error


def settle_broken_off(folder: Path, gallery: Gallery, jobs: Jobs) -> int:
    """Say of enrollments that a stop of the service broke off what came of them, and overwrite their uploads.

    Parameters
    ----------
    folder : Path
        Where uploads lie, one folder a job.
    gallery : Gallery
        As it stands now.
    jobs : Jobs
        Of a service that has only just been started: no job of these folders runs.

    Returns
    -------
    int
        How many there were.

    Raises
    ------
    StorageError
        If an upload cannot be overwritten.
    """
    every = sorted(folder.iterdir()) if folder.exists() else []
    for one in every:
        jobs.explain(one.name, f"the service stopped before it was done; {_settled(one / PLAN, gallery)}")
        erase(one)
    return len(every)


def _settled(path: Path, gallery: Gallery) -> str:
    """Say from the plan what came of an enrollment, by how the gallery stands now."""
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return NOBODY  # the plan comes before the gallery is touched
    gallery.refresh()
    if plan["gallery_digest"] == gallery.digest:
        return NOBODY
    there = len(gallery.subject_ids().intersection(plan["subjects"]))
    return (
        f"the gallery has changed since, and {there:,} of the {len(plan['subjects']):,} people of the upload "
        "are enrolled now; photos may be missing"
    )


def _usable(templates: TemplateSet) -> dict[str, SubjectId]:
    """Give one photo of each person that gave a template: name in the archive, and whom it shows."""
    first: dict[SubjectId, str] = {}
    enrolled = templates.enrolled
    for template, subject in zip(enrolled.template_id, enrolled.subject_id, strict=True):
        first.setdefault(subject, template.partition("/")[2])
    return {name: subject for subject, name in first.items()}


def _result(
    done: EnrollmentSummary, templates: TemplateSet, n_withheld: int, kept: Kept | None, gallery: Gallery
) -> dict[str, JSONValue]:
    """Count; nobody is named."""
    reasons = Counter(one if one in KNOWN_REASONS else OTHER for one in templates.failure.tolist() if one)
    return {
        "n_templates": done.n_templates,
        "n_subjects_new": done.n_subjects_new,
        "n_failures": done.n_failures,
        "failures": dict(sorted(reasons.items())),
        "n_withheld": n_withheld,
        "n_photos_kept": None if kept is None else kept.n_kept,
        "n_without_photo": None if kept is None else kept.n_without,
        "gallery_digest": gallery.digest,
        "synthetic": gallery.synthetic,
    }
