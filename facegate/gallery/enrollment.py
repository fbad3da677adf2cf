"""Enrollment: templates from any number of parts into segment files, ready to be named.

- Nothing here changes a gallery: the files become part of it when a manifest names them.
- Parts may be of any size and are taken one after the other, so enrolling millions needs
  the memory of the gallery, not of the input beside it.
- Small segments are merged like the digits of a binary counter: a remainder takes in
  segments no larger than itself, so a gallery grown one person at a time has few files and
  each row is rewritten a bounded number of times (about the logarithm of the segment size).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from facegate.errors import GalleryError, InputError
from facegate.gallery.segments import FOLDER_NAME, read_segment, write_segment
from facegate.templates import Origin, TemplateSet, concatenate, require_same_embedder, tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from facegate.gallery.manifest import Manifest
    from facegate.gallery.segments import LoadedSegment


@dataclass(frozen=True, slots=True)
class EnrollmentSummary:
    """What one enrollment did.

    Parameters
    ----------
    n_templates : int
        Templates enrolled.
    n_subjects_new : int
        People who had no template in the gallery before.
    n_failures : int
        Failures to enroll in the input: rows without a template, not in the gallery.
    """

    n_templates: int
    n_subjects_new: int
    n_failures: int


class Enrollment:
    """One enrollment in the making.

    Parameters
    ----------
    folder : Path
        The gallery's folder.
    manifest : Manifest
        The gallery as it stands.
    segments : sequence of LoadedSegment
        Its segments.
    segment_rows : int
        Most templates in one segment file.
    """

    def __init__(
        self, folder: Path, manifest: Manifest, segments: Sequence[LoadedSegment], *, segment_rows: int
    ) -> None:
        self._folder = folder / FOLDER_NAME
        self._manifest = manifest
        self._before = tuple(segments)
        self._segment_rows = segment_rows
        self._pending: list[TemplateSet] = []
        self._n_pending = 0
        self._written: list[LoadedSegment] = []
        self._absorbed: list[LoadedSegment] = []
        self._origins: dict[Origin, None] = dict.fromkeys(manifest.origins)
        self._n_templates = 0
        self._n_subjects_new = 0
        self._n_failures = 0

    def take(self, parts: Iterable[TemplateSet], on_progress: Callable[[int], None] | None) -> None:
        """Take all parts in, and write every file there is to write.

        Parameters
        ----------
        parts : iterable of TemplateSet
            Of the gallery's embedder, template ids new to it.
        on_progress : callable or None
            Told how many rows were taken since the last call, failures included.

        Raises
        ------
        InputError
            If a part is of another embedder, or a template id repeats between parts.
        GalleryError
            If a template id is enrolled already, or a file to merge with is damaged.
        StorageError
            If the disk refuses.
        """
        for part in parts:
            require_same_embedder(self._manifest.embedder, part.embedder)
            for start in range(0, len(part), self._segment_rows):
                n_taken = self._take_rows(part, start)
                if on_progress is not None:
                    on_progress(n_taken)
        if self._pending:
            self._write_remainder(_joined(self._pending))

    @property
    def summary(self) -> EnrollmentSummary:
        """What would be enrolled."""
        return EnrollmentSummary(self._n_templates, self._n_subjects_new, self._n_failures)

    @property
    def segments(self) -> tuple[LoadedSegment, ...]:
        """Segments of the gallery with this enrollment in it."""
        gone = {segment.entry.file for segment in self._absorbed}
        return (*(one for one in self._before if one.entry.file not in gone), *self._written)

    @property
    def manifest(self) -> Manifest:
        """Manifest of the gallery with this enrollment in it."""
        return replace(
            self._manifest,
            sequence=self._manifest.sequence + 1,
            origins=tuple(self._origins),
            n_subjects=self._manifest.n_subjects + self._n_subjects_new,
            segments=tuple(segment.entry for segment in self.segments),
        )

    def _take_rows(self, part: TemplateSet, start: int) -> int:
        """Take at most one segment's rows of a part; return how many rows that was."""
        failure = part.failure[start : start + self._segment_rows]
        enrolled = start + np.flatnonzero(failure == "")
        self._n_failures += len(failure) - len(enrolled)
        if len(enrolled):
            self._origins[part.origin] = None
        n_room = self._segment_rows - self._n_pending
        for rows in (enrolled[:n_room], enrolled[n_room:]):
            self._add_pending(part, rows)
        return len(failure)

    def _add_pending(self, part: TemplateSet, rows: NDArray[np.intp]) -> None:
        """Keep some rows for the next segment, and write it when it is full."""
        if not len(rows):
            return
        self._pending.append(part.select(rows))
        self._n_pending += len(rows)
        if self._n_pending == self._segment_rows:
            full = _joined(self._pending)
            self._pending, self._n_pending = [], 0  # let go of the parts before the file is made
            self._check(full)
            self._write(full)

    def _write_remainder(self, rows: TemplateSet) -> None:
        """Write what does not fill a segment, together with segments no larger."""
        self._check(rows)
        n_rows = len(rows)
        for small in sorted(self._before, key=len):
            if len(small) > n_rows or n_rows + len(small) > self._segment_rows:
                break
            self._absorbed.append(small)
            n_rows += len(small)
        stored = [read_segment(self._folder, small.entry) for small in self._absorbed]
        self._write(_joined([*stored, rows]))

    def _write(self, rows: TemplateSet) -> None:
        self._written.append(write_segment(self._folder, rows, sequence=self._manifest.sequence + 1))

    def _check(self, rows: TemplateSet) -> None:
        """Refuse template ids seen before, and count templates and people."""
        ids = pa.array(rows.template_id, pa.string())
        n_enrolled = len(_found([one.template_ids for one in self._before], ids))
        if n_enrolled:
            n_checked = self._n_templates + len(rows)
            msg = (
                f"{n_enrolled:,} of the first {n_checked:,} template ids are enrolled already, wanted new "
                "ones; nothing was enrolled"
            )
            raise GalleryError(msg)
        n_repeated = len(_found([one.template_ids for one in self._written], ids))
        if n_repeated:
            msg = f"{n_repeated:,} template ids or more repeat between the parts; nothing was enrolled"
            raise InputError(msg)
        people = pa.array(rows.subject_id, pa.string()).unique()
        known = _found([one.subjects for one in (*self._before, *self._written)], people).unique()
        self._n_subjects_new += len(people) - len(known)
        self._n_templates += len(rows)


def _found(stored: list[pa.StringArray], wanted: pa.StringArray) -> pa.ChunkedArray:
    """List the stored ids that are wanted; the hash table is built over the wanted ones, once."""
    column = pa.chunked_array(stored, pa.string())
    return column.filter(pc.is_in(column, value_set=wanted))


def _joined(sets: Sequence[TemplateSet]) -> TemplateSet:
    """Join sets of one embedder, without a copy where there is only one."""
    if len(sets) == 1:
        return sets[0]
    return concatenate(sets, origin=_common_origin([one.origin for one in sets]))


def _common_origin(origins: Sequence[Origin]) -> Origin:
    """Name where mixed rows come from; the manifest lists the origins one by one."""
    distinct = tuple(dict.fromkeys(origins))
    if len(distinct) == 1:
        return distinct[0]
    synthetic = any(origin.synthetic for origin in distinct)
    digests = "\n".join(sorted(origin.dataset_digest for origin in distinct))
    return Origin(
        dataset="several data sets, SYNTHETIC among them" if synthetic else "several data sets",
        dataset_digest=hashlib.sha256(digests.encode()).hexdigest(),
        synthetic=synthetic,
        tool_version=tool_version(),
    )
