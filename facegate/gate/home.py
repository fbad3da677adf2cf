"""One agency's folder: gallery, log, keys, and the threshold in force.

::

    HOME/gallery/         what is searched
    HOME/log/             what was asked, and what came of it
    HOME/keys/            mode 700; a key is made once and never overwritten
    HOME/threshold.json   the threshold in force, with its measured false match rate
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.durable import fsync_path
from facegate.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_BYTES = 32
LOG_ORIGIN = "facegate.local/log"  # the log's name: first line of its checkpoint


@dataclass(frozen=True, slots=True)
class Home:
    """Paths of one agency's installation."""

    folder: Path

    @property
    def gallery(self) -> Path:
        """The gallery folder."""
        return self.folder / "gallery"

    @property
    def log(self) -> Path:
        """The log folder."""
        return self.folder / "log"

    @property
    def threshold(self) -> Path:
        """The threshold in force."""
        return self.folder / "threshold.json"

    @property
    def reference_key_file(self) -> Path:
        """The secret behind case-bound subject references."""
        return self.folder / "keys" / "subject-reference.key"

    def reference_key(self, random_bytes: Callable[[int], bytes]) -> bytes:
        """Read the reference key, or make it on first use.

        Parameters
        ----------
        random_bytes : callable
            Source of secret bytes, such as `secrets.token_bytes`.

        Returns
        -------
        bytes
            32 bytes.

        Raises
        ------
        InputError
            If the file holds anything but 32 bytes, or cannot be read.
        AuditError
            If the key cannot be written.
        """
        path = self.reference_key_file
        if not path.exists():
            _write_secret(path, random_bytes(KEY_BYTES))
        try:
            key = path.read_bytes()
        except OSError as error:
            msg = f"cannot read the key {path}: {error.strerror}"
            raise InputError(msg) from error
        if len(key) != KEY_BYTES:
            msg = f"the key {path} holds {len(key)} bytes, wanted {KEY_BYTES}"
            raise InputError(msg)
        return key


def _write_secret(path: Path, secret: bytes) -> None:
    """Create a key file that only its owner can read: whole or absent, and never over another."""
    aside = path.with_suffix(".new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(secret)
            file.flush()
            os.fsync(file.fileno())
        os.link(aside, path)  # unlike a rename, refuses when a key is already there
        fsync_path(path.parent)
    except OSError as error:
        msg = f"cannot make the key {path}: {error.strerror}; nothing was searched"
        raise AuditError(msg) from error
    finally:
        aside.unlink(missing_ok=True)
