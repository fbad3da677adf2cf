"""Listing the files of a set, with foreign errors turned into one sentence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import DatasetError

if TYPE_CHECKING:
    from pathlib import Path


def files_under(folder: Path, pattern: str) -> list[Path]:
    """List the files that fit a glob pattern, in path order.

    Raises
    ------
    DatasetError
        If the folder is missing or cannot be listed.
    """
    if not folder.is_dir():
        msg = f"no folder {folder}"
        raise DatasetError(msg)
    try:
        return sorted(path for path in folder.glob(pattern) if path.is_file())
    except OSError as error:
        msg = f"cannot list {folder}: {error.strerror or error}"
        raise DatasetError(msg) from error
