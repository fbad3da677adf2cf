"""One test from upload to report: a function of the upload and of what serves; no HTTP, no log.

What comes out, in the folder given:

- ``result.json``, the benchmark's whole result, which `facegate benchmark show`, `compare` and `report` read;
- ``report.html``, that result as a page;
- ``scores.csv``, every comparison; none where the tester brought the scores.

Nothing here is handed a gallery, and none is opened: the galleries that are searched are made from the
tester's people, in a folder inside the one given.
"""

from __future__ import annotations

import hashlib
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Final

from facegate.durable import replace_bytes
from facegate.errors import InputError, MeasurementError
from facegate.evaluation.material import templates_summary
from facegate.reporting.report import report_html
from facegate.server.test_port.archive import open_archive
from facegate.server.test_port.given import Kind, named_by_content, read_scores, read_vectors
from facegate.server.test_port.labels import FILE, read_labels
from facegate.server.test_port.measuring import compared, floor_of, measured, population_by
from facegate.server.test_port.photos import photo_templates
from facegate.server.test_port.scores_csv import write_scores

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from facegate.audit.canonical import JSONValue
    from facegate.evaluation.material import Material
    from facegate.evaluation.provenance import InputSummary
    from facegate.evaluation.result import BenchmarkResult
    from facegate.evaluation.subgroups import GroupCounts
    from facegate.server.test_port.limits import PortLimits
    from facegate.server.test_port.photos import Intake
    from facegate.server.test_port.system import System
    from facegate.templates import TemplateSet

RESULT: Final = "result.json"
REPORT: Final = "report.html"
SCORES: Final = "scores.csv"
DRAWING: Final = Lock()
"""One report at a time: matplotlib keeps its settings for the whole process."""


@dataclass(frozen=True, slots=True)
class Upload:
    """What a tester sent, under a name of ours.

    Parameters
    ----------
    path : Path
        The file; nobody but the service reads it.
    kind : Kind
        What the tester says it is.
    digest : str
        SHA-256 (hex) of the file.
    """

    path: Path
    kind: Kind
    digest: str


@dataclass(frozen=True, slots=True)
class Counted:
    """How much was tested; None where that is not known.

    Parameters
    ----------
    photos : int or None
        Photos, or vectors; None for scores.
    people, groups : int or None
        Different people and groups.
    failures : int or None
        Photos that gave no template; None before they were tried.
    by_group : tuple of GroupCounts
        The same for each group; empty before photos were tried.
    """

    photos: int | None
    people: int | None
    groups: int | None
    failures: int | None = None
    by_group: tuple[GroupCounts, ...] = field(default=())

    def to_json(self) -> dict[str, JSONValue]:
        """Give the totals, for the log."""
        return {
            "photos": self.photos,
            "people": self.people,
            "groups": self.groups,
            "failures": self.failures,
        }

    def groups_json(self) -> list[JSONValue]:
        """Give each group's counts, for the tester."""
        return [
            {"group": one.name, "people": one.people, "photos": one.photos, "failures": one.failures}
            for one in self.by_group
        ]


@dataclass(frozen=True, slots=True)
class Findings:
    """What one test came to.

    Parameters
    ----------
    counted : Counted
        How much was tested.
    digests : mapping of str to str
        SHA-256 (hex) of each file that was made, by its name; empty if nothing could be measured.
    why_not : str
        One sentence if nothing could be measured; else empty.
    """

    counted: Counted
    digests: Mapping[str, str]
    why_not: str = ""


def look_at(upload: Upload, system: System, limits: PortLimits) -> Counted:
    """Refuse an upload that can be seen to be bad before any photo is opened.

    Parameters
    ----------
    upload : Upload
        The file.
    system : System
        What shall be tested.
    limits : PortLimits
        Caps.

    Returns
    -------
    Counted
        What is known before the test.

    Raises
    ------
    InputError
        With the place, if the upload cannot be used.
    """
    if upload.kind is Kind.PHOTOS:
        with tempfile.TemporaryDirectory(dir=upload.path.parent) as scratch:
            with open_archive(upload.path, limits, most_members=2 * limits.photos + 2) as archive:
                data = archive.read(_labels_in(archive.names), most=limits.labels_bytes)
                photos = _photos_in(archive.names, limits)
            labels = read_labels(data, photos, Path(scratch))
        groups = {tuple(row.values.get(label, "") for label in labels.by) for row in labels.rows}
        people = {row["subject"] for row in labels.rows}
        return Counted(len(photos), len(people), len(groups))
    with named_by_content(upload.path) as path:
        if upload.kind is Kind.VECTORS:
            templates, summary, by = read_vectors(path, system, limits)
            population_by(templates, by)
            return Counted(len(templates), summary.people, summary.groups)
        made = read_scores(path, system, limits, floor=floor_of(system))
        named = made.summary.people_named
        return Counted(None, made.summary.people if named else None, made.summary.groups)


def perform(
    upload: Upload,
    system: System,
    intake: Intake,
    limits: PortLimits,
    *,
    folder: Path,
    measured_on: str,
    on_progress: Callable[[str, int, int], None],
) -> Findings:
    """Do the whole test.

    Parameters
    ----------
    upload : Upload
        What was sent.
    system : System
        The embedder and threshold that serve.
    intake : Intake
        Opens photos.
    limits : PortLimits
        Caps.
    folder : Path
        Where the three files are written; scratch folders in it are removed.
    measured_on : str
        Date for the record, ISO 8601.
    on_progress : callable
        Told what is being done, how many are done and in all; may raise to stop.

    Returns
    -------
    Findings
        With failures to enroll by group, also where nothing could be compared.

    Raises
    ------
    InputError
        If the upload cannot be used after all.
    StorageError
        If the disk refuses.
    """
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        try:
            if upload.kind is Kind.SCORES:
                return _scored(
                    upload, system, limits, folder=folder, scratch=Path(scratch), measured_on=measured_on
                )
            templates, summary, by = _templates(
                upload, system, intake, limits, scratch=Path(scratch), on_progress=on_progress
            )
        except MeasurementError as error:
            return Findings(Counted(None, None, None), {}, str(error))
        counted = _counted(templates, by)
        try:
            material = compared(
                templates, summary, by, system, on_progress=lambda n, of: on_progress("comparing", n, of)
            )
            on_progress("measuring", 0, 1)
            result = measured(
                material, upload.kind, by, system, measured_on=measured_on, folder=Path(scratch)
            )
        except MeasurementError as error:
            return Findings(counted, {}, str(error))
        on_progress("writing", 0, 1)
        return Findings(counted, _written(result, material, system, folder))


def _templates(
    upload: Upload,
    system: System,
    intake: Intake,
    limits: PortLimits,
    *,
    scratch: Path,
    on_progress: Callable[[str, int, int], None],
) -> tuple[TemplateSet, InputSummary, tuple[str, ...]]:
    """Get templates from photos, or read the tester's own vectors."""
    if upload.kind is Kind.VECTORS:
        with named_by_content(upload.path) as path:
            return read_vectors(path, system, limits)
    with open_archive(upload.path, limits, most_members=2 * limits.photos + 2) as archive:
        data = archive.read(_labels_in(archive.names), most=limits.labels_bytes)
        labels = read_labels(data, _photos_in(archive.names, limits), scratch)
        templates = photo_templates(
            labels,
            archive,
            system,
            intake,
            limits,
            digest=upload.digest,
            on_progress=lambda n, of: on_progress("opening photos", n, of),
        )
    summary = templates_summary("photos", templates, population_by(templates, labels.by))
    return templates, summary, labels.by


def _scored(
    upload: Upload, system: System, limits: PortLimits, *, folder: Path, scratch: Path, measured_on: str
) -> Findings:
    """Measure scores that the tester made."""
    with named_by_content(upload.path) as path:
        made = read_scores(path, system, limits, floor=floor_of(system))
    people = made.summary.people if made.summary.people_named else None
    counted = Counted(None, people, made.summary.groups)
    result = measured(
        made, Kind.SCORES, made.population.labels, system, measured_on=measured_on, folder=scratch
    )
    return Findings(counted, _written(result, None, system, folder))


def _counted(templates: TemplateSet, by: tuple[str, ...]) -> Counted:
    groups = population_by(templates, by).groups
    failures = sum(one.failures for one in groups)
    return Counted(len(templates), templates.n_subjects, len(groups), failures, groups)


def _written(
    result: BenchmarkResult, material: Material | None, system: System, folder: Path
) -> dict[str, str]:
    """Write what is handed out, and take each file's digest from the disk."""
    replace_bytes(folder / RESULT, result.to_json().encode())
    with DRAWING:
        page = report_html(result)
    replace_bytes(folder / REPORT, page.encode())
    names = [RESULT, REPORT]
    if material is not None:
        write_scores(folder / SCORES, material, system.threshold)
        names.append(SCORES)
    return {name: digest_of(folder / name) for name in names}


def digest_of(path: Path) -> str:
    """SHA-256 (hex) of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _labels_in(names: tuple[str, ...]) -> str:
    if FILE not in names:
        msg = f"the archive holds no {FILE}: wanted one line a photo, with the columns file, subject, group"
        raise InputError(msg)
    return FILE


def _photos_in(names: tuple[str, ...], limits: PortLimits) -> tuple[str, ...]:
    photos = tuple(name for name in names if name != FILE)
    if len(photos) > limits.photos:
        msg = f"the archive holds {len(photos):,} photos, at most {limits.photos:,} are tested at once"
        raise InputError(msg)
    return photos
