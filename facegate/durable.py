"""Files that are whole or absent: write aside, fsync, rename, fsync the folder.

A reader never sees half a file, a kill in the middle leaves the old one, and a full disk
is one sentence (``StorageError``) with the old file untouched.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from facegate.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def fsync_path(path: Path) -> None:
    """Flush one file or folder to the disk."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def taken(descriptor: int) -> bool:
    """Take an open file's exclusive lock without waiting, or say that somebody else has it.

    ``flock``, not ``lockf``: it also holds against a second writer in this process, and is not lost when
    some other part of the program closes the same file. It goes with the descriptor, or with the process.

    Parameters
    ----------
    descriptor : int
        Of an open file.

    Returns
    -------
    bool
        True if the lock is ours now.
    """
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Give a path aside to write to; on success it takes the place of ``path``.

    Parameters
    ----------
    path : Path
        The file to create or replace; its folder is made if missing.

    Yields
    ------
    Path
        A sibling to write the whole new content to, with the same suffix.

    Raises
    ------
    StorageError
        If the disk refuses (full, read-only, no permission); ``path`` is as it was.
    """
    aside = path.with_name(f".{path.stem}.{secrets.token_hex(4)}{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield aside
        fsync_path(aside)
        aside.replace(path)
        fsync_path(path.parent)
    except OSError as error:
        msg = f"could not write {path}: {error.strerror or error}; what stood there before still stands"
        raise StorageError(msg) from error
    finally:
        with suppress(OSError):  # what failed above is the finding, not that its remains cannot be removed
            aside.unlink(missing_ok=True)


def replace_bytes(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all.

    Raises
    ------
    StorageError
        If the disk refuses; ``path`` is as it was.
    """
    with replacing(path) as aside:
        aside.write_bytes(content)


def swap_bytes(path: Path, content: bytes) -> None:
    """Replace a small file at once, without waiting for the disk.

    Readers and a killed process see the old content or the new. After a power cut either may stand there,
    on some file systems nothing: only for what can be made again from something that was flushed.

    The file that is replaced is kept aside and written over by the next swap. On ext4 and others a *fresh*
    file that takes another's name is flushed on the spot, as if it had been asked for (``auto_da_alloc``);
    one that has its blocks already is not.

    Raises
    ------
    StorageError
        If the disk refuses; ``path`` is as it was.
    """
    spare, old = _beside(path)
    try:
        _write_over(spare, content)
        _keep(path, old)
        spare.replace(path)
        if old.exists():
            old.replace(spare)
    except OSError as error:
        msg = f"could not write {path}: {error.strerror or error}; what stood there before still stands"
        raise StorageError(msg) from error


def _keep(path: Path, old: Path) -> None:
    """Give a file that is about to be replaced a second name, where the file system knows such."""
    for _ in range(2):
        try:
            return os.link(path, old)
        except FileExistsError:
            old.unlink()  # left by a kill in the middle
        except OSError:  # no hard links, or nothing to replace: the next swap takes a fresh file
            return None
    return None


def clear_swap(path: Path) -> None:
    """Remove what `swap_bytes` keeps aside; raises OSError when the disk refuses."""
    for one in _beside(path):
        one.unlink(missing_ok=True)


def _beside(path: Path) -> tuple[Path, Path]:
    return path.with_name(f".{path.name}.spare"), path.with_name(f".{path.name}.old")


def write_at(descriptor: int, data: bytes, at: int) -> None:
    """Write all of the bytes at a stated place of an open file; raises OSError when the disk refuses."""
    written = 0
    while written < len(data):
        written += os.pwrite(descriptor, data[written:], at + written)


def _write_over(path: Path, content: bytes) -> None:
    """Write a file into the blocks it has; made if it is not there."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o666)
    try:
        write_at(descriptor, content, 0)
        if os.fstat(descriptor).st_size > len(content):
            os.ftruncate(descriptor, len(content))
    finally:
        os.close(descriptor)


def wipe(path: Path) -> None:
    """Overwrite a file with zeros, flushed, and remove it; nothing if it is not there.

    Disks that write elsewhere than told (flash, copy-on-write file systems) keep the old bytes for a while.
    Raises OSError when the disk refuses.
    """
    try:
        with path.open("r+b", buffering=0) as file:
            overwrite(file.fileno())
    except FileNotFoundError:
        return
    path.unlink()


def overwrite(descriptor: int) -> None:
    """Put zeros in the place of all that an open file holds, flushed; raises OSError if the disk refuses."""
    left, at = os.fstat(descriptor).st_size, 0
    while at < left:
        write_at(descriptor, bytes(min(left - at, 1 << 20)), at)
        at += 1 << 20
    os.fsync(descriptor)


def create_secret(path: Path, content: bytes) -> None:
    """Create a file that only its owner can read: whole or absent, and never over another.

    Parameters
    ----------
    path : Path
        A file that is not there yet; its folder is made, mode 700, if missing.
    content : bytes
        The secret.

    Raises
    ------
    InputError
        If the file exists already; it is as it was.
    StorageError
        If the disk refuses; there is no file.
    """
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)  # unlike a rename, refuses when a file is already there
        fsync_path(path.parent)
    except FileExistsError as error:
        msg = f"{path} exists already; a key is never overwritten"
        raise InputError(msg) from error
    except OSError as error:
        msg = f"could not write {path}: {error.strerror or error}"
        raise StorageError(msg) from error
    finally:
        with suppress(OSError):
            aside.unlink(missing_ok=True)
