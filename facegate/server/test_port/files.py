"""The folder of one test: what was sent and what was made, for the service's own user only.

Names are ours. What a client calls a file or a test is never part of a path.
"""

from __future__ import annotations

import hashlib
import os
import shutil
from contextlib import suppress
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

from facegate.durable import wipe
from facegate.errors import StorageError
from facegate.server.problems import Problem
from facegate.server.test_port.running import Upload

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.test_port.given import Kind

UPLOAD: Final = "upload"
PIECE: Final = 1 << 20
OWNER_ONLY, OWNER_FOLDER = 0o600, 0o700


def receive(folder: Path, kind: Kind, data: BinaryIO, *, most: int) -> Upload:
    """Write what is sent into a new folder.

    Parameters
    ----------
    folder : Path
        Made here.
    kind : Kind
        What the tester says it is.
    data : file object
        Read to its end, or to the limit.
    most : int
        Largest upload, bytes.

    Returns
    -------
    Upload
        With its digest.

    Raises
    ------
    Problem
        413 if it is larger.
    StorageError
        If the disk refuses.
    """
    path, digest = keep_upload(folder, data, most=most, advice="test fewer photos at once")
    return Upload(path, kind, digest)


def keep_upload(folder: Path, data: BinaryIO, *, most: int, advice: str) -> tuple[Path, str]:
    """Write what is sent into a new folder, under a name of ours.

    Parameters
    ----------
    folder : Path
        Made here.
    data : file object
        Read to its end, or to the limit.
    most : int
        Largest upload, bytes.
    advice : str
        What to do instead where it is larger.

    Returns
    -------
    path : Path
        The file.
    digest : str
        SHA-256 (hex) of it.

    Raises
    ------
    Problem
        413 if it is larger.
    StorageError
        If the disk refuses.
    """
    digest, size = hashlib.sha256(), 0
    try:
        folder.mkdir(parents=True, mode=OWNER_FOLDER)
        path = folder / UPLOAD
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as file:
            while piece := data.read(PIECE):
                size += len(piece)
                if size > most:
                    detail = f"the upload is larger than {most:,} bytes; {advice}"
                    raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
                digest.update(piece)
                file.write(piece)
    except OSError as error:
        msg = f"the upload could not be kept: {error.strerror or 'the disk refuses'}"
        raise StorageError(msg) from error
    return path, digest.hexdigest()


def stream_digest(data: BinaryIO) -> bytes:
    """Give the SHA-256 of an upload, 32 bytes, and go back to its beginning."""
    digest = hashlib.sha256()
    while piece := data.read(PIECE):
        digest.update(piece)
    data.seek(0)
    return digest.digest()


def erase(folder: Path) -> None:
    """Overwrite and remove everything of a test; nothing if there is none.

    Raises
    ------
    StorageError
        If the disk refuses; call it again.
    """
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                wipe(path)
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except OSError as error:
        msg = f"the files of a test could not be deleted: {error.strerror or 'the disk refuses'}"
        raise StorageError(msg) from error


def erase_upload(folder: Path) -> None:
    """Overwrite and remove what was sent; what was made of it stays."""
    with suppress(FileNotFoundError):
        wipe(folder / UPLOAD)
