"""The log's folder: what lies where, and how it is read and appended to.

::

    entries      frames, one per record, nothing between or after
    leaves       32-byte leaf hashes, one per record: the level-0 tiles, end to end
    checkpoint   size and root, replaced at every record
    mark         an earlier checkpoint, flushed to the disk now and then
    sealed.db    what opens the commitments; not needed to verify anything

Signed checkpoints and static tiles can be made from these later; no byte of history has to change.
"""

from __future__ import annotations

import os
import threading
from array import array
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from facegate.audit.checkpoint import LARGEST_CHECKPOINT, parse_checkpoint
from facegate.audit.frames import FrameCutShort, read_frame
from facegate.durable import fsync_path, taken, write_at
from facegate.errors import AuditError, StorageError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import BinaryIO

    from facegate.audit.checkpoint import Checkpoint

ENTRIES = "entries"
LEAVES = "leaves"
CHECKPOINT = "checkpoint"
MARK = "mark"
SEALED = "sealed.db"
PLACES_EVERY: Final = 1024
"""Records from one place that is remembered to the next."""


class AppendFile:
    """A file that only grows, at a stated place.

    Parameters
    ----------
    path : Path
        The file; must exist.
    end : int
        Where the acknowledged bytes end; anything after is cut or written over.
    """

    def __init__(self, path: Path, *, end: int) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self._end = end

    @property
    def end(self) -> int:
        """Where the next bytes will stand."""
        return self._end

    def append(self, data: bytes, *, flush: bool = True) -> None:
        """Write at the end, on disk when it returns if ``flush``; raises OSError when the disk refuses."""
        # At a stated place, not "wherever the file ends": a torn tail is then written over.
        write_at(self._descriptor, data, self._end)
        if flush:
            os.fsync(self._descriptor)
        self._end += len(data)

    def flush(self) -> None:
        """Bring to the disk whatever was appended; raises OSError when it refuses."""
        os.fsync(self._descriptor)

    def cut(self) -> None:
        """Cut off what lies behind the acknowledged bytes."""
        if os.fstat(self._descriptor).st_size != self._end:
            os.ftruncate(self._descriptor, self._end)
            os.fsync(self._descriptor)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)


@contextmanager
def only_writer(folder: Path) -> Iterator[None]:
    """Hold the log for one writer, in this process and against all others.

    Raises
    ------
    AuditError
        If another writer holds it.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def make_folder(folder: Path) -> None:
    """Make the folder, and make sure it survives a power cut."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for one in missing:
        fsync_path(one.parent)


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read the checkpoint of a log.

    Raises
    ------
    AuditError
        If there is no log in the folder, or it cannot be read.
    VerificationError
        If there is a log but its checkpoint is missing or malformed.
    """
    with reading(folder):
        path = folder / CHECKPOINT
        if not path.exists():
            _refuse_missing(folder)
        text = _small_file(path)
        # A writer may swap it while it is read: two equal readings are one state.
        while (again := _small_file(path)) != text:
            text = again
        return parse_checkpoint(text)


class FramePlaces:
    """Where every 1,024th record stands, so that one of the last is read without passing over all before it.

    Found out once, when a record behind it is first asked for, and kept in memory: 8 KB for a million.
    A place stays true, for the file only grows. May be shared by threads.

    Parameters
    ----------
    folder : Path
        The log.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._at = array("Q", [0])
        self._turn = threading.Lock()

    def before(self, seq: int) -> tuple[int, int]:
        """Give the last record at or before an acknowledged one whose place is known, and that place, bytes.

        Raises
        ------
        AuditError
            If the log cannot be read.
        VerificationError
            If records before it are not there.
        """
        wanted = seq // PLACES_EVERY
        with self._turn:
            if len(self._at) <= wanted:
                with reading(self._folder), (self._folder / ENTRIES).open("rb") as file:
                    file.seek(self._at[-1])
                    while len(self._at) <= wanted:
                        first = (len(self._at) - 1) * PLACES_EVERY
                        for one in range(first, first + PLACES_EVERY):
                            next_entry(file, one, missing="is missing: there are records after it")
                        self._at.append(file.tell())
            return wanted * PLACES_EVERY, self._at[wanted]


def read_entries(folder: Path, *, start: int = 0, places: FramePlaces | None = None) -> Iterator[bytes]:
    """Read the bytes of every acknowledged record, in order.

    Parameters
    ----------
    folder : Path
        The log.
    start : int
        The first record wanted; those before it are passed over.
    places : FramePlaces, optional
        Of this log; without it every frame before the first one wanted is read.

    Yields
    ------
    bytes
        One record, as it was hashed. Nothing is checked but the frames: see `verify_log`.

    Raises
    ------
    AuditError
        If there is no log in the folder, or it cannot be read.
    VerificationError
        If records that the checkpoint covers are not there.
    """
    size = read_checkpoint(folder).size
    first, at = places.before(start) if places is not None and start < size else (0, 0)
    with reading(folder), (folder / ENTRIES).open("rb") as file:
        file.seek(at)
        for seq in range(first, size):
            entry = next_entry(file, seq, missing=f"is missing: the checkpoint covers {size} records")
            if seq >= start:
                yield entry


def next_entry(entries: BinaryIO, seq: int, *, missing: str) -> bytes:
    """Read the record that must come next.

    Parameters
    ----------
    entries : binary file
        Standing before it.
    seq : int
        Its place, for the message.
    missing : str
        What is said of it if the file ends here.

    Raises
    ------
    VerificationError
        If it is not there, or not whole.
    """
    try:
        entry = read_frame(entries)
    except FrameCutShort as error:
        msg = f"record {seq} was changed or cut: {error}"
        raise VerificationError(msg) from error
    if entry is None:
        msg = f"record {seq} {missing}"
        raise VerificationError(msg)
    return entry


def read_mark(folder: Path) -> Checkpoint | None:
    """Read the checkpoint that was last flushed to the disk; None for a log that never flushed one.

    Raises
    ------
    VerificationError
        If the file is malformed.
    """
    path = folder / MARK
    with reading(folder):
        return parse_checkpoint(path.read_bytes()) if path.exists() else None


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Say in one sentence which part of the log is gone or cannot be read."""
    try:
        yield
    except FileNotFoundError as error:
        msg = f"the log {folder} is not whole: {error.filename} is missing"
        raise VerificationError(msg) from error
    except OSError as error:
        msg = f"the log {folder} cannot be read: {error.strerror or error}"
        raise AuditError(msg) from error


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Say in one sentence that the disk refused, and what follows from it."""
    try:
        yield
    except (OSError, StorageError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        msg = f"the log {folder} cannot be written: {reason}; nothing may be searched"
        raise AuditError(msg) from error


def _small_file(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(LARGEST_CHECKPOINT + 1)


def _lock(descriptor: int, folder: Path) -> None:
    """Take the lock or say who has it."""
    if not taken(descriptor):
        msg = f"the log {folder} is open for writing elsewhere; one writer at a time"
        raise AuditError(msg)


def _refuse_missing(folder: Path) -> None:
    if any((folder / name).exists() for name in (ENTRIES, LEAVES, SEALED)):
        msg = f"the log {folder} is not whole: {CHECKPOINT} is missing"
        raise VerificationError(msg)
    msg = f"there is no log in {folder}"
    raise AuditError(msg)
