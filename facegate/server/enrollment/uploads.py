"""What an enroller sends: templates that facegate made, or photos with a list of whom they show.

Both lie in ``HOME/enrollments/JOB`` while the job runs, for the service's own user only, and are overwritten
when it ends. Names in an upload are labels: no path is made from them.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.records import SubjectId
from facegate.server.test_port.archive import open_archive
from facegate.server.test_port.given import columns_of, named_by_content
from facegate.server.test_port.labels import FILE, GROUP, read_labels
from facegate.server.test_port.limits import PortLimits
from facegate.templates import TEXT_COLUMNS, TemplateSet, require_same_embedder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from facegate.server.test_port.archive import Archive
    from facegate.server.test_port.labels import TestLabels
    from facegate.templates import EmbedderInfo

LIMITS: Final = PortLimits(photos=5_000)
LONGEST: Final = 80  # characters of an id or a label, as in labels.csv
PARQUET: Final = ".parquet"


class Given(StrEnum):
    """What an enroller uploads."""

    TEMPLATES = "templates"
    PHOTOS = "photos"


@dataclass(frozen=True, slots=True)
class Upload:
    """What was sent, under a name of ours.

    Parameters
    ----------
    path : Path
        The file.
    given : Given
        What its sender says it is.
    digest : str
        SHA-256 (hex) of it.
    """

    path: Path
    given: Given
    digest: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What can be seen of an upload before anything is enrolled.

    Parameters
    ----------
    n_rows : int
        Photos, or rows of templates, failures included.
    subjects : frozenset of SubjectId
        Whom it shows.
    """

    n_rows: int
    subjects: frozenset[SubjectId]


def look_at(upload: Upload, embedder: EmbedderInfo) -> Looked:
    """Refuse an upload that can be seen to be bad, before a job is begun.

    Parameters
    ----------
    upload : Upload
        The file.
    embedder : EmbedderInfo
        The gallery's.

    Raises
    ------
    InputError
        With the place, if it cannot be used.
    """
    if upload.given is Given.TEMPLATES:
        templates = read_templates(upload.path, embedder)
        return Looked(len(templates), frozenset(templates.subject_id.tolist()))
    with opened_photos(upload) as (_, labels):
        return Looked(len(labels.rows), frozenset(SubjectId(row["subject"]) for row in labels.rows))


def read_templates(path: Path, embedder: EmbedderInfo) -> TemplateSet:
    """Read a template file from a stranger.

    Parameters
    ----------
    path : Path
        The upload.
    embedder : EmbedderInfo
        The gallery's; a template of another is refused.

    Raises
    ------
    InputError
        If it is no template file, too large when unpacked, damaged, empty, or of another embedder; or if an
        id or a label is empty, too long or holds a control character.
    """
    templates = stranger_templates(path, LIMITS)
    require_same_embedder(embedder, templates.embedder)
    if not len(templates.enrolled):
        msg = f"nobody can be enrolled: of {len(templates):,} rows of the upload none holds a template"
        raise InputError(msg)
    return templates


def stranger_templates(path: Path, limits: PortLimits) -> TemplateSet:
    """Read a template file whose every claim may be a lie.

    Parameters
    ----------
    path : Path
        The upload.
    limits : PortLimits
        Most bytes that it may unpack to.

    Raises
    ------
    InputError
        If it is no template file, too large or damaged, or a name in it cannot be shown.
    """
    with named_by_content(path) as named:
        if named.suffix != PARQUET:
            msg = "templates come as one Parquet file, as facegate embed writes it; the upload is none"
            raise InputError(msg)
        try:
            columns_of(named, limits)
            templates = TemplateSet.read(named)
        except InputError as error:
            raise InputError(str(error).replace(str(named), "the upload")) from error
        except (ValueError, KeyError, TypeError, AttributeError) as error:  # what a made-up header leads to
            msg = "the upload is not a template file of facegate: what it says of itself is damaged"
            raise InputError(msg) from error
    _demand_shown(templates)
    return templates


def _demand_shown(templates: TemplateSet) -> None:
    """Refuse ids and labels that no page, log or command could show as they are."""
    demand_ids(templates.subject_id.tolist(), "subject id")
    demand_ids(templates.template_id.tolist(), "template id")
    for name in TEXT_COLUMNS:
        for value in map(str, set(getattr(templates, name).tolist())):
            if len(value) > LONGEST or not value.isprintable():
                msg = f"column {name} holds {value[:LONGEST]!a}; wanted at most {LONGEST} plain characters"
                raise InputError(msg)
    origin = templates.origin
    if not (f"{origin.dataset}{origin.dataset_digest}{origin.tool_version}").isprintable():
        msg = "the upload's own words on where it comes from hold a control character"
        raise InputError(msg)


def demand_ids(ids: Iterable[str], what: str) -> None:
    r"""Refuse ids that are empty, too long, or hold what cannot be seen.

    Raises
    ------
    InputError
        Naming the first in ASCII.

    Examples
    --------
    >>> demand_ids(["p1"], "subject id")
    >>> demand_ids(["p1\n"], "subject id")
    Traceback (most recent call last):
    facegate.errors.InputError: subject id 'p1\n' cannot be used; wanted 1 to 80 characters that can be seen
    """
    for one in ids:
        if not 0 < len(one) <= LONGEST or not one.isprintable() or one.isspace():
            msg = (
                f"{what} {ascii(one)[: LONGEST + 2]} cannot be used; "
                f"wanted 1 to {LONGEST} characters that can be seen"
            )
            raise InputError(msg)


@contextmanager
def opened_photos(upload: Upload) -> Iterator[tuple[Archive, TestLabels]]:
    """Open a zip of photos and read whom they show from its ``labels.csv``; no photo is opened yet.

    Raises
    ------
    InputError
        As `facegate.server.test_port.archive.open_archive` and `read_labels`.
    """
    with open_archive(upload.path, LIMITS, most_members=LIMITS.photos + 2) as archive:
        photos = tuple(name for name in archive.names if name != FILE)
        _demand_photos(archive, photos)
        with TemporaryDirectory(dir=upload.path.parent) as scratch:
            data = archive.read(FILE, most=LIMITS.labels_bytes)
            labels = read_labels(data, photos, Path(scratch))
        if GROUP in labels.rows[0].values:
            msg = f"{FILE} has a column {GROUP}, which only tests take; wanted race, sex, age_class or none"
            raise InputError(msg)
        demand_ids((row["subject"] for row in labels.rows), "subject")
        yield archive, labels


def _demand_photos(archive: Archive, photos: tuple[str, ...]) -> None:
    if not photos:
        msg = f"the archive holds no photos: wanted photos, and {FILE} with the columns file, subject"
        raise InputError(msg)
    if FILE not in archive.names:
        msg = f"the archive holds no {FILE}: wanted one line a photo, with the columns file, subject"
        raise InputError(msg)
    if len(photos) > LIMITS.photos:
        msg = f"the archive holds {len(photos):,} photos, at most {LIMITS.photos:,} are enrolled at once"
        raise InputError(msg)


def named_apart(templates: TemplateSet, digest: str) -> TemplateSet:
    """Give photos' templates ids that no other upload has: the same upload a second time is refused.

    Parameters
    ----------
    templates : TemplateSet
        Their ids are names in the archive.
    digest : str
        Of the upload.
    """
    ids = templates.template_id.copy()
    ids[:] = [f"{digest[:16]}/{name}" for name in ids]
    origin = replace(templates.origin, dataset=f"photos uploaded, {digest[:12]}")
    return replace(templates, template_id=ids, origin=origin)
