"""One agency's folder: gallery, log, keys, and the accuracy certificate in force.

::

    HOME/gallery/         what is searched
    HOME/log/             what was asked, and what came of it
    HOME/keys/            mode 700; a key is made once and never overwritten. Keys of the log (see
                          `facegate.audit.keys.log_keys`), of its sealed part, of subject references, of
                          photos, of replies that the service keeps for a day
    HOME/certificate.json the certificate in force: model, threshold, rates, until when
    HOME/issuers/*.pub    whose certificates are believed here
    HOME/bounds.toml      what the agency asks of every group (fmr, fpir); may be absent
    HOME/limits.toml      caps other than the defaults; may be absent
    HOME/profiles/*.cedar laws other than the shipped ones; may be absent
    HOME/usage-policy.txt the usage policy in force
    HOME/ledger.db        index of the log; made again when missing. In a database: the number of its schema
    HOME/server.toml      settings of the service; ``database`` in it says where that database is
    HOME/photos/          probes, photos of people enrolled, and what permits are asked for, sealed (see
                          `facegate.gate.photos.store`)
"""

from __future__ import annotations

import os
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.keys.log_keys import LogKeys, read_public_keys
from facegate.audit.sealing.row_keys import OTHERS_MAY_READ
from facegate.durable import create_secret
from facegate.errors import AuditError, InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_BYTES = 32
DATABASE = "FACEGATE_DATABASE"
LOG_ORIGIN = "facegate.local/log"  # the log's name, its checkpoint's first line, where nobody chose another


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
    def keys(self) -> Path:
        """The folder of keys."""
        return self.folder / "keys"

    @property
    def origin(self) -> str:
        """Name of the log: that of the keys it is signed with; never what the log says of itself.

        Raises
        ------
        InputError
            If the public keys cannot be read.
        """
        public = read_public_keys(self.keys)
        return public[0].name if public else LOG_ORIGIN

    def log_keys(self, *, pin: str | None = None) -> LogKeys | None:
        """Read the keys that sign the log's checkpoints; None if none were made (`facegate keys init`).

        Parameters
        ----------
        pin : str, optional
            Of the token, if the key is in one.

        Raises
        ------
        InputError
            If they cannot be used.
        AuditError
            If a token cannot be reached.
        """
        return LogKeys.read(self.keys, pin=pin)

    @property
    def log_seen(self) -> Path:
        """The state of the log when it was last closed, kept away from it: an old log put back is seen."""
        return self.keys / "log-seen"

    @property
    def cosigned(self) -> Path:
        """The last checkpoint that witnesses cosigned, as a signed note; may be absent."""
        return self.log / "cosigned"

    @property
    def ledger(self) -> Path:
        """The index of the log; can be thrown away."""
        return self.folder / "ledger.db"

    @property
    def database(self) -> str:
        """Address of the database of ledger and service; empty for files in this folder.

        The environment's ``FACEGATE_DATABASE`` comes before ``database`` in ``server.toml``: a password can
        be kept out of the folder.

        Raises
        ------
        InputError
            If the file cannot be read, or states anything but a text.
        """
        return os.environ.get(DATABASE) or _stated(self.folder / "server.toml")

    @property
    def profiles(self) -> Path:
        """The agency's own profiles, in place of the shipped ones; may be absent."""
        return self.folder / "profiles"

    @property
    def limits(self) -> Path:
        """The agency's caps."""
        return self.folder / "limits.toml"

    @property
    def certificate(self) -> Path:
        """The certificate in force."""
        return self.folder / "certificate.json"

    @property
    def issuers(self) -> Path:
        """Folder of the public keys of trusted issuers."""
        return self.folder / "issuers"

    @property
    def bounds(self) -> Path:
        """What the agency asks of every group."""
        return self.folder / "bounds.toml"

    @property
    def reference_key_file(self) -> Path:
        """The secret behind case-bound subject references."""
        return self.keys / "subject-reference.key"

    def reference_key(self, random_bytes: Callable[[int], bytes], *, known: bool) -> bytes:
        """Read the reference key, or make it on first use; see `facegate.gate.reference_key`.

        Parameters
        ----------
        random_bytes : callable
            Source of secret bytes, such as `secrets.token_bytes`.
        known : bool
            The log knows references made with it: then it is read, and never made.

        Returns
        -------
        bytes
            32 bytes.

        Raises
        ------
        InputError
            If the file holds anything but 32 bytes, cannot be read, or is missing though `known`.
        AuditError
            If the key cannot be written.
        """
        path = self.reference_key_file
        lost = (
            f"the key {path} is missing, and people were shown under references made with it: "
            "put it back from a backup; a new one would give each another reference, so none is made"
        )
        return _secret(path, random_bytes, lost=lost if known else "")

    @property
    def photos(self) -> Path:
        """Folder of photos, sealed; may be absent."""
        return self.folder / "photos"

    @property
    def photo_secrets(self) -> Path:
        """Folder of what opens each photo: destroyed with it, so no backup may keep it for longer."""
        return self.keys / "photos"

    def photos_key(self, random_bytes: Callable[[int], bytes], *, known: bool) -> bytes:
        """Read the key of the photos, or make it on first use.

        Parameters
        ----------
        random_bytes : callable
            Source of secret bytes, such as `secrets.token_bytes`.
        known : bool
            Photos are kept under it: then it is read, and never made.

        Returns
        -------
        bytes
            32 bytes.

        Raises
        ------
        InputError
            If the file holds anything but 32 bytes, cannot be read, can be read by others, or is missing
            though `known`.
        AuditError
            If the key cannot be written.
        """
        path = self.keys / "photos.key"
        lost = (
            f"the key {path} is missing, and photos are kept under it: put it back from a backup; if there "
            f"is none, remove {self.photos} and {self.photo_secrets}, nothing in them can ever be opened"
        )
        return _private(path, random_bytes, lost=lost if known else "")

    def replies_key(self, random_bytes: Callable[[int], bytes]) -> bytes:
        """Read the key of replies kept for repeated requests, or make it where there is none.

        Losing it loses those replies, of one day: a request that is repeated then is not acted on again.

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
            If the file holds anything but 32 bytes, cannot be read, or can be read by others.
        AuditError
            If the key cannot be written.
        """
        return _private(self.keys / "replies.key", random_bytes, lost="")


def _private(path: Path, random_bytes: Callable[[int], bytes], *, lost: str) -> bytes:
    """Read a key, or make it, that nobody else on this machine may read."""
    key = _secret(path, random_bytes, lost=lost)
    if path.stat().st_mode & OTHERS_MAY_READ:
        msg = f"{path} can be read by others on this machine: chmod 600 it"
        raise InputError(msg)
    return key


def _secret(path: Path, random_bytes: Callable[[int], bytes], *, lost: str) -> bytes:
    """Read a key, or make it where losing it would have lost nothing."""
    if not path.exists():
        if lost:
            raise InputError(lost)
        with suppress(InputError):  # another process made it meanwhile: that one is read
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


def _stated(path: Path) -> str:
    """Read the database's address from the service's settings; no message repeats what stands there."""
    try:
        database = tomllib.loads(path.read_text("utf-8")).get("database", "")
    except FileNotFoundError:
        return ""
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror}"
        raise InputError(msg) from error
    except ValueError:
        msg = f"{path} is not TOML in UTF-8"
        raise InputError(msg) from None  # the cause may repeat the line, and that the password
    if not isinstance(database, str):
        msg = f"database in {path} is an address between quotes, got something else"
        raise InputError(msg)
    return database


def _write_secret(path: Path, secret: bytes) -> None:
    """Create a key file; without it no search can be answered."""
    try:
        create_secret(path, secret)
    except StorageError as error:
        msg = f"cannot make the key {path}: {error}; nothing was searched"
        raise AuditError(msg) from error
