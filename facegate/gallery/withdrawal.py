"""Withdrawal: segment files without the people who go, ready to be named.

- Nothing here changes a gallery: the files become part of it when a manifest names them.
- Rows are not marked as deleted, they are left out of new files: once the old files are
  deleted, the biometric data itself is gone from the gallery's folder.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from facegate.errors import GalleryError
from facegate.gallery.segments import FOLDER_NAME, read_segment, write_segment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from pathlib import Path

    from facegate.gallery.manifest import Manifest
    from facegate.gallery.segments import LoadedSegment
    from facegate.records import SubjectId


def without(
    folder: Path,
    manifest: Manifest,
    segments: Sequence[LoadedSegment],
    subject_ids: Collection[SubjectId],
) -> tuple[Manifest, tuple[LoadedSegment, ...]]:
    """Write a gallery's segments without some people.

    Parameters
    ----------
    folder : Path
        The gallery's folder.
    manifest : Manifest
        The gallery as it stands.
    segments : sequence of LoadedSegment
        Its segments.
    subject_ids : collection of SubjectId
        Everyone who goes, at least one.

    Returns
    -------
    manifest : Manifest
        Of the gallery without them.
    segments : tuple of LoadedSegment
        What it names.

    Raises
    ------
    GalleryError
        If anyone is not enrolled, or a file is damaged.
    StorageError
        If the disk refuses.
    """
    gone = pa.array(sorted(set(subject_ids)), pa.string())
    _require_enrolled(segments, gone)
    sequence = manifest.sequence + 1
    stay = tuple(_rewritten(folder / FOLDER_NAME, segments, gone, sequence))
    changed = replace(
        manifest,
        sequence=sequence,
        n_subjects=manifest.n_subjects - len(gone),
        segments=tuple(one.entry for one in stay),
    )
    return changed, stay


def _require_enrolled(segments: Sequence[LoadedSegment], gone: pa.StringArray) -> None:
    """Refuse a withdrawal that names anyone who is not there: it may be a slip of the pen."""
    enrolled = pa.chunked_array([one.subjects for one in segments], pa.string())
    n_found = len(enrolled.filter(pc.is_in(enrolled, value_set=gone)).unique())
    if n_found != len(gone):
        msg = f"{len(gone) - n_found} of {len(gone)} subject ids are not enrolled; nobody was withdrawn"
        raise GalleryError(msg)


def _rewritten(
    folder: Path, segments: Sequence[LoadedSegment], gone: pa.StringArray, sequence: int
) -> Iterator[LoadedSegment]:
    """Write anew the segments that hold somebody who goes; leave out those that empty."""
    for segment in segments:
        if not pc.any(pc.is_in(segment.subjects, value_set=gone)).as_py():
            yield segment
            continue
        templates = read_segment(folder, segment.entry)
        goes = pc.is_in(pa.array(templates.subject_id, pa.string()), value_set=gone)
        stays = templates.select(~np.asarray(goes))
        if len(stays):
            yield write_segment(folder, stays, sequence=sequence)
