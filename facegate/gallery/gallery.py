"""The gallery: who is enrolled, and the exact search over them.

- No search without a token (`facegate.gallery.token`), spent before anything is searched.
- An enrollment or withdrawal happens as a whole or not at all, also across a crash: files
  first, then the manifest, then memory. A withdrawn template is in no search that begins
  afterwards, in this process or another, and its file is deleted.
- One process writes at a time; any number read, and each search looks first whether the
  gallery changed on disk.
"""

from __future__ import annotations

import math
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Self

from facegate.errors import GalleryError, InputError, StorageError
from facegate.gallery.enrollment import Enrollment, EnrollmentSummary
from facegate.gallery.manifest import FILE_NAME, Manifest
from facegate.gallery.segments import SEGMENT_ROWS
from facegate.gallery.snapshot import read_snapshot, snapshot_of
from facegate.gallery.store import lock_for_writing, remove_leftovers, stamp
from facegate.gallery.token import SearchToken, Token, require_token
from facegate.gallery.withdrawal import without
from facegate.settings import usable_cores
from facegate.templates import EmbedderInfo, Origin, TemplateSet, check_vectors

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from pathlib import Path
    from types import TracebackType

    from facegate.decision import Threshold, Vectors
    from facegate.gallery.segments import LoadedSegment
    from facegate.gallery.snapshot import Snapshot
    from facegate.records import CandidateList, SubjectId


class Gallery:
    """Enrolled templates of one embedder, in one folder. Use as a context manager.

    Made by `create` or `open`.

    Parameters
    ----------
    folder : Path
        The gallery's folder.
    lock : int or None
        Descriptor of the writer's lock; None for a reader.
    segment_rows : int
        Most templates in one segment file.
    """

    def __init__(self, folder: Path, *, lock: int | None, segment_rows: int) -> None:
        self._folder = folder
        self._lock = lock
        self._segment_rows = segment_rows
        self._pool = ThreadPoolExecutor(max(1, usable_cores() - 1), thread_name_prefix="facegate-search")
        self._changing = threading.Lock()
        self._closed = False
        self._unsettled = False
        self._state = read_snapshot(folder, (), pool=self._pool)

    @classmethod
    def create(cls, folder: Path, embedder: EmbedderInfo, *, segment_rows: int = SEGMENT_ROWS) -> Gallery:
        """Make an empty gallery and open it for writing.

        Parameters
        ----------
        folder : Path
            Made if missing.
        embedder : EmbedderInfo
            What makes every template that will be enrolled.
        segment_rows : int
            Most templates in one segment file, at least 1.

        Raises
        ------
        GalleryError
            If there is a gallery already.
        InputError
            If a segment has no room.
        StorageError
            If the disk refuses.
        """
        _check_segment_rows(segment_rows)
        lock = lock_for_writing(folder)
        with _released_on_error(lock):
            if (folder / FILE_NAME).exists():
                msg = f"there is a gallery at {folder} already; enroll into it, or name another folder"
                raise GalleryError(msg)
            Manifest(embedder).write(folder)
            return cls(folder, lock=lock, segment_rows=segment_rows)

    @classmethod
    def open(cls, folder: Path, *, writable: bool = False, segment_rows: int = SEGMENT_ROWS) -> Gallery:
        """Open a gallery; every file it names is checked against its checksum.

        Parameters
        ----------
        folder : Path
            Where `create` made it.
        writable : bool
            Become its one writer, and delete what an interrupted writer left over.
        segment_rows : int
            Most templates in one new segment file, at least 1.

        Raises
        ------
        GalleryError
            If there is no gallery, a file is missing or damaged (the message names it), or
            another writer has it open.
        StorageError
            If it is to be written to and cannot be.
        """
        _check_segment_rows(segment_rows)
        if not writable:
            return cls(folder, lock=None, segment_rows=segment_rows)
        Manifest.read(folder)  # before the lock, which would make the folder
        lock = lock_for_writing(folder)
        with _released_on_error(lock):
            gallery = cls(folder, lock=lock, segment_rows=segment_rows)
            remove_leftovers(folder, gallery._state.manifest)
            return gallery

    def close(self) -> None:
        """Let go of the writer's lock and of the search threads; a second time does nothing."""
        if self._closed:
            return
        self._closed = True
        self._pool.shutdown()
        if self._lock is not None:
            os.close(self._lock)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def embedder(self) -> EmbedderInfo:
        """What made every template."""
        return self._state.manifest.embedder

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of what is enrolled; changes with every enrollment and withdrawal."""
        return self._state.digest

    @property
    def origins(self) -> tuple[Origin, ...]:
        """Where templates came from, those withdrawn since included."""
        return self._state.manifest.origins

    @property
    def synthetic(self) -> bool:
        """Whether drawn vectors without faces were ever enrolled."""
        return any(origin.synthetic for origin in self.origins)

    @property
    def n_templates(self) -> int:
        """Templates enrolled."""
        return self._state.manifest.n_templates

    @property
    def n_subjects(self) -> int:
        """Different people enrolled."""
        return self._state.manifest.n_subjects

    def subject_ids(self) -> frozenset[SubjectId]:
        """Name everybody enrolled, as the gallery stands on disk now.

        Raises
        ------
        GalleryError
            If what is on disk now cannot be used.
        RuntimeError
            If the gallery is closed.
        """
        self.refresh()
        return frozenset(one for segment in self._state.segments for one in segment.subjects.to_pylist())

    def enroll(
        self,
        parts: TemplateSet | Iterable[TemplateSet],
        *,
        on_progress: Callable[[int], None] | None = None,
    ) -> EnrollmentSummary:
        """Enroll templates: all of them, or none.

        Parameters
        ----------
        parts : TemplateSet or iterable of TemplateSet
            Of this gallery's embedder; taken one after the other, so an iterator may make
            them as it goes. Failures to enroll are counted and left out.
        on_progress : callable or None
            Told how many rows were taken since the last call, failures included.

        Returns
        -------
        EnrollmentSummary
            Templates, new people, and failures to enroll.

        Raises
        ------
        InputError
            If a part is of another embedder or breaks its form, or template ids repeat.
        GalleryError
            If a template id is enrolled already.
        StorageError
            If the disk refuses.
        RuntimeError
            If the gallery is closed or not open for writing.
        """
        with self._all_or_nothing() as state:
            sets = (parts,) if isinstance(parts, TemplateSet) else parts
            enrollment = Enrollment(
                self._folder, state.manifest, state.segments, segment_rows=self._segment_rows
            )
            enrollment.take(sets, on_progress)
            if enrollment.summary.n_templates:
                self._commit(enrollment.manifest, enrollment.segments)
        with suppress(StorageError):  # merged files only: what is in them is enrolled still
            remove_leftovers(self._folder, self._state.manifest)
        return enrollment.summary

    def withdraw(self, subject_ids: Collection[SubjectId]) -> int:
        """Take people out: gone from the next search on, and from the gallery's files.

        Parameters
        ----------
        subject_ids : collection of SubjectId
            Everyone to withdraw, with all templates.

        Returns
        -------
        int
            Templates removed.

        Raises
        ------
        GalleryError
            If anyone named is not enrolled; then nobody is withdrawn.
        StorageError
            If the disk refuses. Where only the deleting of old files failed, the message
            says so: the people are in no search any more, their templates still on disk.
        RuntimeError
            If the gallery is closed or not open for writing.
        """
        if not subject_ids:
            return 0
        with self._all_or_nothing() as state:
            n_before = state.manifest.n_templates
            self._commit(*without(self._folder, state.manifest, state.segments, subject_ids))
        self._delete_withdrawn()
        return n_before - self.n_templates

    def search(
        self,
        probe: Vectors,
        *,
        threshold: Threshold,
        limit: int,
        token: Token,
        margin: float = 0.0,
        on_compared: Callable[[], object] | None = None,
    ) -> CandidateList:
        """Find every subject at or above the threshold.

        Parameters
        ----------
        probe : ndarray of shape (d,), float32
            One vector of this gallery's embedder.
        threshold : Threshold
            On the embedder's metric.
        limit : int
            Longest candidate list, at least 1; cut after sorting.
        token : SearchToken or UnsafeMeasurementToken
            Spent before anything is searched.
        margin : float
            Asks also who is near: within so much of score below the threshold, or above it and cut off by
            the limit; 0 asks for nobody. It changes nothing else, and ``approached`` is for counters only.
        on_compared : callable, optional
            Called once every template was compared. Up to there a search takes as long whoever is found;
            what is made of a list takes longer than what is made of none.

        Returns
        -------
        CandidateList
            Best first; empty if nobody matches, or nobody is enrolled. At most 32 of ``approached``.

        Raises
        ------
        InputError
            If the probe is not one finite vector of the embedder's form, the threshold is
            of another metric, the limit is below 1, or the margin is no finite number from 0.
        GalleryError
            If the token names another gallery, or another version of this one.
        RuntimeError
            If the token was spent before, or the gallery is closed.
        TypeError
            If there is no token.
        """
        require_token(token)
        self.refresh()
        state = self._state
        _check_search(probe, threshold, limit, state.manifest.embedder)
        _check_margin(margin)
        if isinstance(token, SearchToken) and token.gallery_digest != state.digest:
            msg = (
                f"the intent record names gallery {token.gallery_digest[:12]}, this one is now "
                f"{state.digest[:12]}; record a new intent and search again"
            )
            raise GalleryError(msg)
        token.spend()
        return state.candidates(probe, threshold, limit, margin=margin, on_compared=on_compared)

    def refresh(self) -> None:
        """See what another process enrolled or withdrew; costs one look at the manifest's date.

        Raises
        ------
        GalleryError
            If what is on disk now cannot be used.
        RuntimeError
            If the gallery is closed.
        """
        self._require_open()
        if self._lock is None and stamp(self._folder) != self._state.stamp:
            self._state = read_snapshot(self._folder, self._state.segments, pool=self._pool)

    @contextmanager
    def _all_or_nothing(self) -> Iterator[Snapshot]:
        """Guard one change: whatever breaks it off leaves the gallery as it was."""
        self._require_open()
        if self._lock is None:
            msg = "the gallery is open for reading only; open it with writable=True to change it"
            raise RuntimeError(msg)
        with self._changing:
            try:
                yield self._state
            except BaseException:  # Ctrl-C too
                self._settle()
                raise

    def _commit(self, manifest: Manifest, segments: tuple[LoadedSegment, ...]) -> None:
        """Make a change happen: on disk first, then in memory."""
        manifest.write(self._folder)
        self._state = snapshot_of(manifest, segments, stamp(self._folder), pool=self._pool)

    def _settle(self) -> None:
        """After a broken change: go on if the old manifest stands, else ask to be opened again.

        A manifest that was replaced but not flushed may or may not survive a power cut;
        whoever opens the gallery next sees which, so this object answers nothing more.
        """
        try:
            self._unsettled = Manifest.read(self._folder).digest != self._state.digest
        except GalleryError:
            self._unsettled = True
        if not self._unsettled:
            with suppress(StorageError):  # deleted when the gallery is next opened for writing
                remove_leftovers(self._folder, self._state.manifest)

    def _delete_withdrawn(self) -> None:
        try:
            remove_leftovers(self._folder, self._state.manifest)
        except StorageError as error:
            msg = f"withdrawn from all searches, but their templates are still on disk: {error}; withdrawn"
            raise StorageError(msg) from error

    def _require_open(self) -> None:
        if self._closed:
            msg = "the gallery is closed; open it again"
            raise RuntimeError(msg)
        if self._unsettled:
            msg = (
                f"the last change to the gallery {self._folder} broke off while it was stored; open it again"
            )
            raise GalleryError(msg)


@contextmanager
def _released_on_error(lock: int) -> Iterator[None]:
    """Let go of the writer's lock if a gallery cannot be opened after all."""
    try:
        yield
    except BaseException:
        os.close(lock)
        raise


def _check_segment_rows(segment_rows: int) -> None:
    if segment_rows < 1:
        msg = f"a segment must have room for at least 1 template, got segment_rows={segment_rows}"
        raise InputError(msg)


def _check_search(probe: Vectors, threshold: Threshold, limit: int, embedder: EmbedderInfo) -> None:
    """Refuse a search that could only give a wrong answer."""
    if probe.ndim != 1:
        msg = f"a probe must be one vector of shape ({embedder.dimension},), got shape {probe.shape}"
        raise InputError(msg)
    check_vectors(probe[None], embedder)
    if threshold.metric is not embedder.metric:
        msg = f"the threshold is on the {threshold.metric} scale, the gallery's embedder is {embedder.metric}"
        raise InputError(msg)
    if limit < 1:
        msg = f"the candidate list must have room for at least 1 candidate, got a limit of {limit}"
        raise InputError(msg)


def _check_margin(margin: float) -> None:
    if not (math.isfinite(margin) and margin >= 0):
        msg = f"the margin below the threshold must be a finite number from 0, got {margin}"
        raise InputError(msg)
