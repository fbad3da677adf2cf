"""Embed a whole data set: every photo becomes one row, on all cores, resumable after a kill.

- Photos are taken in the order of their ids, in parts of `PART` photos. A part is always embedded whole and
  by one thread, so the vectors do not depend on the number of workers or on where a run was stopped.
- A finished part is a Parquet file in ``<output>.parts``, named by a digest of everything it was made from:
  photo digests, labels, embedder, options, versions. It is reused only if that digest is still the same.
- A photo that yields no template stays as a row with the reason. Nothing is dropped.
- The output appears whole at the end; then the parts go.

Beside the columns of `TemplateSet`, the file says of each photo in ``n_faces`` how many faces it showed
(above 1, the face nearest the center was taken) and in ``detector`` which detector found the one taken.
"""

from __future__ import annotations

import hashlib
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing
from dataclasses import replace
from multiprocessing.connection import wait
from typing import TYPE_CHECKING, Protocol

import numpy as np

from facegate.datasets.parts import (
    Detections,
    Job,
    alone,
    joined,
    part_path,
    remove_parts,
    stands,
    write,
)
from facegate.errors import DatasetError, FacegateError, InputError
from facegate.faces.align import jittered_chips
from facegate.faces.dlib_onnx import DlibEmbedder, cached_graph
from facegate.faces.photo_file import PhotoFinding, examine_photo, file_digest
from facegate.settings import usable_cores
from facegate.templates import Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Sequence
    from pathlib import Path

    from facegate.datasets.dataset import Dataset
    from facegate.decision import Vectors
    from facegate.faces.embedder import Embedder
    from facegate.faces.onnx_file import EmbedderFile
    from facegate.templates import EmbedderInfo

PART = 64


class _Stop(Protocol):
    """An event, of this process or shared."""

    def is_set(self) -> bool: ...

    def set(self) -> None: ...


def embed_dataset(
    dataset: Dataset,
    output: Path,
    *,
    cache: Path,
    workers: int | None = None,
    fallback: bool = True,
    jitter: int = 0,
    embedder: EmbedderFile | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> TemplateSet:
    """Embed every photo of a data set, and write the templates.

    Call it from under ``if __name__ == "__main__"`` in a script: workers are spawned and import the script.

    Parameters
    ----------
    dataset : Dataset
        The photos and their labels.
    output : Path
        Parquet file to write or replace. Finished parts are kept in ``<output>.parts`` until it stands.
    cache : Path
        Where the network's graph is kept.
    workers : int or None
        Processes, one thread each; None for one a core.
    fallback : bool
        Try the CNN detector where HOG finds no face. About a second a photo without a face.
    jitter : int
        Mean over this many turned, shifted and mirrored copies of each chip, drawn by the photo's own
        digest; 0 for the chip itself, which is what the gate uses.
    embedder : EmbedderFile or None
        A user's own network; None for the default, dlib's.
    on_progress : callable or None
        Called with photos done and photos in all, after each part.

    Returns
    -------
    TemplateSet
        One row a photo in the order of photo ids, failures to enroll included; as written.

    Raises
    ------
    DatasetError
        If the set has no photos or photo ids repeat.
    InputError
        If ``workers`` is below 1 or ``jitter`` below 0, or the installed weights are missing or damaged.
    StorageError
        If the disk refuses; parts that were finished are kept.
    FacegateError
        If a worker process was killed; parts that were finished are kept.
    """
    jobs = _jobs(dataset, output, fallback=fallback, jitter=jitter, embedder=embedder)
    n_workers = min(_n_workers(workers), len(jobs))
    if embedder is None:
        cached_graph(cache)  # built once here, so that workers only read it and its errors are told plainly
    else:
        embedder.load(threads=1)  # likewise: a network that does not fit is refused before the work
    run = _in_this_process if n_workers == 1 else _in_workers
    total, done = len(dataset.photos), 0
    paths: dict[int, Path] = {}
    # whatever happens, workers are told to stop
    with alone(jobs[0].folder), closing(run(jobs, cache, embedder, n_workers)) as finished:
        for number, path in finished:
            paths[number] = path
            done += len(jobs[number].photos)
            if on_progress is not None:
                on_progress(done, total)
        templates = joined(dataset.name, [paths[job.number] for job in jobs], output)
        remove_parts(jobs[0].folder)
    return templates


def averaged(info: EmbedderInfo, jitter: int) -> EmbedderInfo:
    """Name the embedder that averages jittered copies: its templates must not meet those of single chips."""
    if not jitter:
        return info
    digest = hashlib.sha256(f"{info.digest} mean of {jitter} jittered chips".encode()).hexdigest()
    return replace(info, name=f"{info.name}, mean of {jitter} jittered chips", digest=digest)


def _jobs(
    dataset: Dataset, output: Path, *, fallback: bool, jitter: int, embedder: EmbedderFile | None
) -> list[Job]:
    """Cut the data set into parts, in the order of photo ids."""
    if jitter < 0:
        msg = f"the number of jittered copies must be 0 or more, got {jitter}"
        raise InputError(msg)
    photos = sorted(dataset.photos, key=lambda photo: photo.photo_id)
    if not photos:
        msg = f"data set {dataset.name} has no photos: nothing to embed"
        raise DatasetError(msg)
    n_ids = len({photo.photo_id for photo in photos})
    if n_ids != len(photos):
        msg = f"photo ids of data set {dataset.name} repeat: {len(photos)} photos, {n_ids} different ids"
        raise DatasetError(msg)
    folder = output.with_name(output.name + ".parts")
    digest = embedder.info.digest if embedder else ""
    return [
        Job(number, dataset.name, tuple(photos[start : start + PART]), folder, fallback, jitter, digest)
        for number, start in enumerate(range(0, len(photos), PART))
    ]


def _n_workers(workers: int | None) -> int:
    """Count the processes to use: those asked for, or one for each core this process may use."""
    if workers is None:
        return usable_cores()
    if workers < 1:
        msg = f"the number of workers must be 1 or more, got {workers}"
        raise InputError(msg)
    return workers


# --- one part, in one process ---------------------------------------------------------------------------


class _Worker:
    """Embeds parts with an embedder of its own."""

    def __init__(self, cache: Path, embedder: EmbedderFile | None, stop: _Stop) -> None:
        self._embedder: Embedder = (
            embedder.load(threads=1) if embedder else DlibEmbedder.load(cache, threads=1)
        )
        self._stop = stop

    def part(self, job: Job) -> Path | None:
        """Embed one part, or find it already done; None if told to stop."""
        finished = part_path(job, [file_digest(photo.path) for photo in job.photos])
        if stands(finished):
            return finished
        findings = []
        for photo in job.photos:
            if self._stop.is_set():
                return None
            findings.append(examine_photo(photo.path, fallback=job.fallback))
        # Named by the bytes that were embedded, should a file have changed since it was looked at.
        path = part_path(job, [finding.photo_digest for finding in findings])
        origin = Origin(job.dataset, path.stem, synthetic=False, tool_version=tool_version())
        write(self._templates(job, findings, origin), _detections(findings), path)
        return path

    def _templates(self, job: Job, findings: Sequence[PhotoFinding], origin: Origin) -> TemplateSet:
        """Embed the chips and line up the columns."""
        photos, people = job.photos, [photo.demographics for photo in job.photos]
        return TemplateSet(
            embedder=averaged(self._embedder.info, job.jitter),
            origin=origin,
            template_id=np.array([photo.photo_id for photo in photos], dtype=object),
            subject_id=np.array([photo.subject_id for photo in photos], dtype=object),
            photo_digest=np.array([finding.photo_digest for finding in findings], dtype=object),
            sex=np.array([person.sex for person in people], dtype=object),
            race=np.array([person.race for person in people], dtype=object),
            age_class=np.array([person.age_class for person in people], dtype=object),
            label_source=np.array([person.label_source for person in people], dtype=object),
            failure=np.array([finding.failure for finding in findings], dtype=object),
            quality=np.array([finding.quality for finding in findings], dtype=np.float32),
            vectors=self._vectors(findings, job.jitter),
        )

    def _vectors(self, findings: Sequence[PhotoFinding], jitter: int) -> Vectors:
        """Embed all chips of the part at once; NaN where there is none."""
        vectors: Vectors = np.full((len(findings), self._embedder.info.dimension), np.nan, dtype=np.float32)
        rows = [row for row, finding in enumerate(findings) if finding.chip is not None]
        if rows and not jitter:
            chips = [chip for finding in findings if (chip := finding.chip) is not None]
            vectors[rows] = self._embedder.embed(np.stack(chips))
        for row, finding in enumerate(findings):
            if jitter and finding.chip is not None:
                copies = jittered_chips(finding.chip, n=jitter, seed=int(finding.photo_digest[:12], 16))
                vectors[row] = self._embedder.embed(copies).mean(axis=0)
        return vectors


def _detections(findings: Sequence[PhotoFinding]) -> Detections:
    """Line up what the detectors found."""
    return Detections(
        np.array([finding.n_faces for finding in findings], dtype=np.int32),
        np.array([finding.detector for finding in findings], dtype=object),
    )


# --- all parts, in one process or in several --------------------------------------------------------------


def _in_this_process(
    jobs: Sequence[Job], cache: Path, embedder: EmbedderFile | None, _: int
) -> Generator[tuple[int, Path]]:
    """Embed part after part here."""
    worker = _Worker(cache, embedder, threading.Event())
    for job in jobs:
        path = worker.part(job)
        if path is not None:
            yield job.number, path


def _in_workers(
    jobs: Sequence[Job], cache: Path, embedder: EmbedderFile | None, n_workers: int
) -> Generator[tuple[int, Path]]:
    """Embed parts in several processes, yielding them as they are finished.

    Spawned, not forked: a fork would copy onnxruntime's and pyarrow's locks in whatever state they are.
    """
    context = multiprocessing.get_context("spawn")
    stop = context.Event()
    initial = (cache, embedder, stop)
    pool = ProcessPoolExecutor(n_workers, mp_context=context, initializer=_begin, initargs=initial)
    try:
        running = {pool.submit(_part_in_worker, job): job.number for job in jobs}
        for future in as_completed(running):
            path = future.result()
            if path is not None:
                yield running.pop(future), path
    except BrokenProcessPool as error:
        msg = (
            "a worker process was killed, most often because memory ran out; finished parts are kept: "
            f"run the same command again to go on, with fewer than {n_workers} workers if it happens again"
        )
        raise FacegateError(msg) from error
    finally:
        stop.set()  # workers look at it before each photo, so Ctrl-C takes about as long as one photo
        pool.shutdown(wait=True, cancel_futures=True)


_worker_of_this_process: list[_Worker] = []


def _begin(cache: Path, embedder: EmbedderFile | None, stop: _Stop) -> None:
    """Start a worker: leave Ctrl-C to the parent, end with it, and load the network."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _worker_of_this_process.append(_Worker(cache, embedder, stop))


def _end_with_parent() -> None:
    """End this process when its parent is gone, or a killed run would leave its workers behind."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _part_in_worker(job: Job) -> Path | None:
    """Embed one part in this worker process."""
    return _worker_of_this_process[0].part(job)
