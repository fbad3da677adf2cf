"""What an unfinished embedding leaves on disk: parts, each named by everything it is made from.

A part is reused only if its name says that it was made from the very same photos, labels, embedder, options
and library versions, and it is whole. Parts are removed once the file that joins them stands.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager, suppress
from dataclasses import astuple, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from facegate.durable import replacing, taken
from facegate.errors import InputError, StorageError
from facegate.faces.dlib_onnx import dlib_info
from facegate.templates import Origin, TemplateSet, concatenate, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from facegate.records import LabeledPhoto

N_FACES, DETECTOR = "n_faces", "detector"
LOCK = "lock"
VERSIONS_THAT_MATTER = ("facegate", "dlib-bin", "numpy", "onnxruntime", "pillow")


@dataclass(frozen=True, slots=True)
class Detections:
    """What the detectors found, one row a photo, in the order of the templates.

    Parameters
    ----------
    n_faces : ndarray of shape (n,), int32
        Faces in the photo; 0 where none was found or the photo was unusable.
    detector : ndarray of shape (n,), str objects
        ``hog`` or ``cnn`` for the face taken, else empty.
    """

    n_faces: np.ndarray[tuple[int], np.dtype[np.int32]]
    detector: np.ndarray[tuple[int], np.dtype[np.object_]]


@dataclass(frozen=True, slots=True)
class Job:
    """One part to embed."""

    number: int
    dataset: str
    photos: tuple[LabeledPhoto, ...]
    folder: Path
    fallback: bool
    jitter: int
    embedder: str = ""
    """Digest of the embedder; empty for the default."""


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Keep a second process from the same parts: whoever finished first would remove them under the other."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = (folder / LOCK).open("wb")
    except OSError as error:
        msg = f"could not write {folder}: {error.strerror or error}"
        raise StorageError(msg) from error
    with lock:
        if not taken(lock.fileno()):
            output = folder.with_suffix("")
            msg = f"another process is embedding into {output}; wait until it has finished, then try again"
            raise InputError(msg)
        try:
            yield
        finally:
            with suppress(OSError):  # a folder with finished parts stays
                (folder / LOCK).unlink(missing_ok=True)
                folder.rmdir()


def read_detections(path: Path) -> Detections:
    """Read what the detectors found from a file written by `embed_dataset`.

    Raises
    ------
    InputError
        If the file cannot be read or was not written by `embed_dataset`.
    """
    try:
        table = pq.read_table(path, columns=[N_FACES, DETECTOR])
        n_faces = table.column(N_FACES).to_numpy().astype(np.int32)
        return Detections(n_faces, table.column(DETECTOR).to_numpy(zero_copy_only=False))
    except (OSError, KeyError, pa.ArrowException) as error:
        msg = f"cannot read detections from {path}: wanted a template file made by embedding photos"
        raise InputError(msg) from error


def part_path(job: Job, photo_digests: Sequence[str]) -> Path:
    """Name a part by everything it is made from."""
    about = {
        "embedder": job.embedder or dlib_info().digest,
        "fallback": job.fallback,
        "jitter": job.jitter,
        "dataset": job.dataset,
        "versions": [version(package) for package in VERSIONS_THAT_MATTER],
    }
    digest = hashlib.sha256(json.dumps(about, sort_keys=True).encode())
    for photo, photo_digest in zip(job.photos, photo_digests, strict=True):
        digest.update(_row(photo.photo_id, photo_digest, photo.subject_id, *astuple(photo.demographics)))
    return job.folder / f"part-{job.number:06d}-{digest.hexdigest()}.parquet"


def _row(*values: str) -> bytes:
    """Write one row so that no two different rows look alike."""
    return json.dumps(values).encode() + b"\n"


def stands(path: Path) -> bool:
    """Tell whether a part is there, whole, and the one its name says."""
    try:
        return TemplateSet.read(path).origin.dataset_digest == path.stem
    except InputError:
        return False


def write(templates: TemplateSet, detections: Detections, path: Path) -> None:
    """Write templates with the detectors' columns beside them, whole or not at all."""
    table = templates.to_table()
    table = table.append_column(N_FACES, pa.array(detections.n_faces, pa.int32()))
    table = table.append_column(DETECTOR, pa.array(detections.detector, pa.string()))
    with replacing(path) as aside:
        pq.write_table(table, aside, compression="zstd")


def joined(dataset: str, parts: Sequence[Path], output: Path) -> TemplateSet:
    """Join the parts and write the output."""
    sets = [TemplateSet.read(part) for part in parts]
    found = [read_detections(part) for part in parts]
    digest = hashlib.sha256()
    for part in sets:
        columns = (part.template_id, part.photo_digest, part.subject_id, part.sex, part.race)
        for row in zip(*columns, part.age_class, part.label_source, strict=True):
            digest.update(_row(*row))
    origin = Origin(dataset, digest.hexdigest(), synthetic=False, tool_version=tool_version())
    templates = concatenate(sets, origin=origin)
    detections = Detections(
        np.concatenate([one.n_faces for one in found]), np.concatenate([one.detector for one in found])
    )
    write(templates, detections, output)
    return templates


def remove_parts(folder: Path) -> None:
    """Remove the parts; the folder goes with the lock, unless somebody put something else there."""
    with suppress(OSError):  # the output stands: parts that cannot be removed are only in the way
        for pattern in ("part-*.parquet", ".part-*.parquet"):
            for path in folder.glob(pattern):
                path.unlink(missing_ok=True)
