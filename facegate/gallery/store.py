"""The gallery's folder: one writer at a time, and nothing left over from an interrupted one.

::

    gallery/
      gallery.json        the manifest; replacing it is the moment of change
      lock                held by the one process that may write
      segments/           immutable files, each named by the manifest or left over

Not protected here: a deleted file is unlinked, not overwritten. Backups, snapshots and the
flash of a drive may keep its bytes; withdrawing from those is the operator's duty.
"""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, TypeAlias

from facegate.durable import fsync_path, taken
from facegate.errors import GalleryError, StorageError
from facegate.gallery.manifest import FILE_NAME, SEGMENT_NAME
from facegate.gallery.segments import FOLDER_NAME

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gallery.manifest import Manifest

LOCK_NAME = "lock"
# Files written aside by `durable.replacing` and never renamed. Only names of ours are ever
# deleted: a file that somebody else put there is none of a gallery's business.
ASIDE_SEGMENT = re.compile(r"\.[0-9]{6,}-[0-9a-f]{12}\.[0-9a-f]{8}\.parquet")
ASIDE_MANIFEST = re.compile(r"\.gallery\.[0-9a-f]{8}\.json")

Stamp: TypeAlias = tuple[int, int, int]


def lock_for_writing(folder: Path) -> int:
    """Become the one writer of a gallery; the lock goes with the process, even a killed one.

    Returns
    -------
    int
        File descriptor that holds the lock; closing it lets go.

    Raises
    ------
    GalleryError
        If another writer has the gallery open.
    StorageError
        If the folder cannot be written to.
    """
    try:
        if not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True)  # biometric data: nobody else's to read
            fsync_path(folder.parent)
        descriptor = os.open(folder / LOCK_NAME, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        msg = f"cannot write to the gallery folder {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    if not taken(descriptor):
        os.close(descriptor)
        msg = (
            f"another process is writing to the gallery {folder}; wait until it has finished, then try again"
        )
        raise GalleryError(msg)
    return descriptor


def stamp(folder: Path) -> Stamp:
    """Tell one version of the manifest file from another without reading it.

    Raises
    ------
    GalleryError
        If the manifest is gone.
    """
    try:
        about = os.stat(f"{folder}/{FILE_NAME}")  # noqa: PTH116  twice a search: a path takes longer to make than to ask
    except OSError as error:
        msg = f"no gallery at {folder}: wanted {FILE_NAME} there, got nothing; enroll templates first"
        raise GalleryError(msg) from error
    return about.st_ino, about.st_mtime_ns, about.st_size


def remove_leftovers(folder: Path, manifest: Manifest) -> None:
    """Delete every file of ours that the manifest does not name.

    Raises
    ------
    StorageError
        If a file cannot be deleted; the gallery itself is as it was.
    """
    segments = folder / FOLDER_NAME
    try:
        leftovers = [*_left_segments(segments, manifest), *_matching(folder, ASIDE_MANIFEST)]
        for path in leftovers:
            path.unlink(missing_ok=True)
        for parent in {path.parent for path in leftovers}:
            fsync_path(parent)
    except OSError as error:
        msg = f"could not delete files left over in {folder}: {error.strerror or error}"
        raise StorageError(msg) from error


def _left_segments(segments: Path, manifest: Manifest) -> Iterator[Path]:
    """List segment files that are no part of the gallery."""
    named = {entry.file for entry in manifest.segments}
    yield from (path for path in _matching(segments, SEGMENT_NAME) if path.name not in named)
    yield from _matching(segments, ASIDE_SEGMENT)


def _matching(folder: Path, form: re.Pattern[str]) -> list[Path]:
    """List the files of a folder whose whole name has a form; none where there is no folder."""
    return [path for path in folder.iterdir() if form.fullmatch(path.name)] if folder.is_dir() else []
