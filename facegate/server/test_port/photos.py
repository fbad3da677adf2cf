"""A tester's photos become templates by the very steps of a probe: intake, one face, the gate's embedder.

A photo that gives no template stays as a row with the reason: a failure to enroll, counted by group. A photo
with several faces is one, since the gate refuses it too.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facegate.errors import UnusablePhoto
from facegate.faces.photo import only_face
from facegate.server.test_port.labels import GROUP
from facegate.templates import Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.datasets.labels import Row
    from facegate.decision import Vectors
    from facegate.faces.embedder import Embedder
    from facegate.server.test_port.archive import Archive
    from facegate.server.test_port.labels import TestLabels
    from facegate.server.test_port.limits import PortLimits
    from facegate.templates import Labels


class Cleaned(Protocol):
    """A photo after intake."""

    @property
    def data(self) -> bytes:
        """The photo encoded anew, without metadata."""
        ...


class Embeds(Protocol):
    """Whatever brings the embedder that serves: a test's system, or the gate."""

    @property
    def embedder(self) -> Embedder:
        """Makes the templates."""
        ...


class Intake(Protocol):
    """Opens photos that strangers sent, in a process of its own."""

    def clean(self, data: bytes) -> Cleaned:
        """Decode within limits and encode anew; raises UnusablePhoto."""
        ...


def photo_templates(
    labels: TestLabels,
    archive: Archive,
    system: Embeds,
    intake: Intake,
    limits: PortLimits,
    *,
    digest: str,
    on_progress: Callable[[int, int], None],
) -> TemplateSet:
    """Make the template of every labeled photo, one after the other.

    Parameters
    ----------
    labels : TestLabels
        The photos, in order.
    archive : Archive
        Holds them.
    system : Embeds
        Brings the embedder.
    intake : Intake
        Opens each photo.
    limits : PortLimits
        Size of a photo.
    digest : str
        SHA-256 (hex) of the upload.
    on_progress : callable
        Told photos done and in all.

    Returns
    -------
    TemplateSet
        One row a photo; a ready-made group stands in its column ``race``, see `measuring.population_by`.

    Raises
    ------
    InputError
        If a photo is too large or the archive is damaged.
    """
    rows = [
        _template(archive.read(row["file"], most=limits.photo_bytes), system, intake)
        for row in _counted(labels, on_progress)
    ]
    nothing = np.full(system.embedder.info.dimension, np.nan, dtype=np.float32)
    made = [nothing if vector is None else vector for _, _, vector in rows]
    return TemplateSet(
        embedder=system.embedder.info,
        origin=Origin("photos of a tester", digest, synthetic=False, tool_version=tool_version()),
        template_id=_texts([row["file"] for row in labels.rows]),
        subject_id=_texts([row["subject"] for row in labels.rows]),
        photo_digest=_texts([photo for photo, _, _ in rows]),
        sex=_texts(labels.column("sex")),
        race=_texts(labels.column(GROUP if labels.by == (GROUP,) else "race")),
        age_class=_texts(labels.column("age_class")),
        label_source=_texts(labels.column("label_source")),
        failure=_texts([failure for _, failure, _ in rows]),
        quality=np.full(len(rows), np.nan, dtype=np.float32),
        vectors=np.stack(made),
    )


def _template(data: bytes, system: Embeds, intake: Intake) -> tuple[str, str, Vectors | None]:
    """Give the photo's digest, why it failed, and its template."""
    digest = hashlib.sha256(data).hexdigest()
    try:
        face = only_face(intake.clean(data).data)
    except UnusablePhoto as error:
        return digest, error.reason, None
    return digest, "", system.embedder.embed(face.chip[None])[0]  # one at a time, as the gate does


def _counted(labels: TestLabels, on_progress: Callable[[int, int], None]) -> Iterator[Row]:
    total = len(labels.rows)
    for done, row in enumerate(labels.rows, 1):
        yield row
        on_progress(done, total)


def _texts(values: list[str]) -> Labels:
    return np.array(values, dtype=np.object_)
