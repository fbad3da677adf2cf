"""The intake: photos from strangers become clean photos, in processes that may fail without harm.

A photo is refused, or becomes pixels and is written anew: no metadata, no appended archive, no script and no
byte of the original survives by copying.

1. Kind and size by the first bytes, in the service: what is no JPEG, PNG or WebP costs nothing.
2. Scans, header, pixels and orientation in a process with limits (`facegate.faces.intake.child`).
3. Written again as PNG from the pixels, in the service.
"""

from __future__ import annotations

import hashlib
import queue
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from facegate.errors import IntakeError
from facegate.faces.decode import PhotoKind, photo_kind
from facegate.faces.intake.limits import Limits
from facegate.faces.intake.look import FaceSeen, face_seen
from facegate.faces.intake.pixels import kept_png
from facegate.faces.intake.turns import Turns
from facegate.faces.intake.worker import Worker, WorkerGone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import TracebackType

    from facegate.faces.decode import Pixels

WAIT_SECONDS: Final = 30.0
TRIES: Final = 2


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    """A photo that may be kept and shown.

    Parameters
    ----------
    data : bytes
        PNG, upright, RGB with 8 bits a channel, no metadata; at most 8 megapixels and 10 MB.
    width, height : int
        Pixels.
    original_digest : str
        SHA-256 (hex) of what was sent.
    kind : PhotoKind
        What was sent: ``jpeg``, ``png`` or ``webp``.
    """

    data: bytes
    width: int
    height: int
    original_digest: str
    kind: PhotoKind


class IntakeWorkers:
    """Processes that open photos, and what is made of the photos; may be asked by many threads.

    Parameters
    ----------
    workers : tuple of Worker
        One for each photo that may be opened at a time.

    Examples
    --------
    >>> with IntakeWorkers.start(1) as intake:
    ...     intake.clean(b"<svg/>")
    Traceback (most recent call last):
    facegate.errors.UnusablePhoto: the photo is of an unsupported format: wanted JPEG, PNG or WebP content
    """

    def __init__(self, workers: tuple[Worker, ...]) -> None:
        self._workers = workers
        self.turns = Turns()
        """Whoever opens photos for several people holds theirs: `Turns.of`."""
        self._idle: queue.SimpleQueue[Worker] = queue.SimpleQueue()
        for worker in workers:
            self._idle.put(worker)

    @classmethod
    def start(cls, n: int = 1, *, limits: Limits | None = None) -> Self:
        """Start the processes and wait until they are ready.

        Parameters
        ----------
        n : int
            Photos opened at a time, at least 1; each may take the memory of the limits.
        limits : Limits or None
            For each photo; None for 1 GB and 5 seconds.

        Returns
        -------
        IntakeWorkers
            To be closed by `close`, or by leaving its ``with``.

        Raises
        ------
        IntakeError
            If a process does not start.
        ValueError
            If ``n`` is below 1.
        """
        if n < 1:
            msg = f"the photo intake needs at least 1 process, got {n}"
            raise ValueError(msg)
        intake = cls(tuple(Worker(limits or Limits()) for _ in range(n)))
        try:
            for worker in intake._workers:
                worker.start()
        except IntakeError:
            intake.close()
            raise
        return intake

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> None:
        self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """Ids of the processes that run; each leads a group of its own with the photo it has in hand."""
        return tuple(worker.pid for worker in self._workers if worker.pid is not None)

    def close(self) -> None:
        """End all processes, also those with a photo in hand; may be called again."""
        for worker in self._workers:
            worker.close()

    def clean(self, data: bytes) -> CleanPhoto:
        """Make a clean photo of what a stranger sent.

        Parameters
        ----------
        data : bytes
            The whole file: JPEG, PNG or WebP, at most 10 MB and 25 megapixels.

        Returns
        -------
        CleanPhoto
            The same bytes give the same photo, byte for byte.

        Raises
        ------
        UnusablePhoto
            With reason ``empty``, ``too-large``, ``unsupported-format``, ``animated``, ``unreadable`` or
            ``too-slow``.
        IntakeError
            If no process was free for 30 seconds, those with this photo were ended from outside, or the
            intake is closed.
        """
        kind = photo_kind(data)
        pixels, png = kept_png(self._opened(data))
        height, width = pixels.shape[:2]
        return CleanPhoto(png, width, height, hashlib.sha256(data).hexdigest(), kind)

    def face(self, photo: bytes | CleanPhoto) -> FaceSeen:
        """Look at the only face of a photo, as the search will.

        Parameters
        ----------
        photo : bytes or CleanPhoto
            Bytes are not trusted and are cleaned first, so the box is in pixels of the clean photo.

        Returns
        -------
        FaceSeen
            Box, eyes, what was measured, warnings, and the face upright as PNG.

        Raises
        ------
        UnusablePhoto
            As `clean`; with ``no-face``, or with ``several-faces`` and their boxes.
        IntakeError
            As `clean`.
        """
        clean = photo if isinstance(photo, CleanPhoto) else self.clean(photo)
        return face_seen(clean.data)

    def _opened(self, data: bytes) -> Pixels:
        """Have it opened by the first process that is free."""
        for _ in range(TRIES):
            with self._lent() as worker:
                try:
                    return worker.opened(data)
                except WorkerGone:  # somebody's restart, or a machine out of memory: no fault of the photo
                    continue
        msg = (
            f"the process that opens photos was ended from outside {TRIES} times: send the photo again later"
        )
        raise IntakeError(msg)

    @contextmanager
    def _lent(self) -> Iterator[Worker]:
        try:
            worker = self._idle.get(timeout=WAIT_SECONDS)
        except queue.Empty as error:
            msg = f"every process that opens photos was busy for {WAIT_SECONDS:g} seconds: try again later"
            raise IntakeError(msg) from error
        try:
            yield worker
        finally:
            self._idle.put(worker)
