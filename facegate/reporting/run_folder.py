"""A run's folder: whole or absent.

An earlier run is not touched unless asked, and then only once the new one is whole.
"""

from __future__ import annotations

import secrets
import shutil
from typing import TYPE_CHECKING

from facegate.durable import fsync_path
from facegate.errors import InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def write_run(folder: Path, files: Mapping[str, bytes], *, replace: bool = False) -> None:
    """Write the files of a run into a new folder.

    Everything is written into a folder aside, which then takes the name; a kill in the
    middle leaves at most that folder, and an earlier run as it was.

    Parameters
    ----------
    folder : Path
        Folder to make.
    files : mapping of str to bytes
        Path inside the folder, with ``/``, to its content.
    replace : bool
        Put the new run in the place of an earlier one.

    Raises
    ------
    InputError
        If the folder exists and ``replace`` is off, or is no run.
    StorageError
        If the disk refuses; an earlier run still stands.
    """
    require_free(folder, replace=replace)
    aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    try:
        for name, content in files.items():
            path = aside / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            fsync_path(path)
        _take_place(aside, folder)
    except OSError as error:
        msg = f"could not write the run {folder}: {error.strerror or error}; nothing is half written"
        raise StorageError(msg) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def require_free(folder: Path, *, replace: bool) -> None:
    """Refuse to overwrite: ask before the work is done, not after.

    Raises
    ------
    InputError
        If the folder exists and ``replace`` is off, or is no run.
    """
    if not folder.exists():
        return
    if not replace:
        msg = f"{folder} exists already; choose another folder with -o, or replace it with --force"
        raise InputError(msg)
    if not (folder / "result.json").is_file():
        msg = f"{folder} is not a run (it has no result.json), so it is not replaced"
        raise InputError(msg)


def _take_place(aside: Path, folder: Path) -> None:
    """Rename the new folder into place, keeping the earlier one until it stands there."""
    earlier = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}")
    replaced = folder.exists()
    if replaced:
        folder.rename(earlier)
    try:
        aside.rename(folder)
    except BaseException:  # Ctrl-C too: whatever happens, the earlier run gets its name back
        if replaced:
            earlier.rename(folder)
        raise
    fsync_path(folder.parent)
    if replaced:
        shutil.rmtree(earlier, ignore_errors=True)
