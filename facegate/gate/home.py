"""One agency's folder: gallery, log, keys, and the accuracy certificate in force.

::

    HOME/gallery/         what is searched
    HOME/log/             what was asked, and what came of it
    HOME/keys/            mode 700; a key is made once and never overwritten. Keys of the log (see
                          `facegate.audit.keys.log_keys`), of its sealed part, of subject references
    HOME/certificate.json the certificate in force: model, threshold, rates, until when
    HOME/issuers/*.pub    whose certificates are believed here
    HOME/bounds.toml      what the agency asks of every group (fmr, fpir); may be absent
    HOME/limits.toml      caps other than the defaults; may be absent
    HOME/profiles/*.cedar laws other than the shipped ones; may be absent
    HOME/usage-policy.txt the usage policy in force
    HOME/ledger.db        index of the log; made again when missing
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.audit.keys.log_keys import LogKeys, read_public_keys
from facegate.durable import create_secret
from facegate.errors import AuditError, InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

KEY_BYTES = 32
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
        if not path.exists() and known:
            msg = (
                f"the key {path} is missing, and people were shown under references made with it: "
                "put it back from a backup; a new one would give each another reference, so none is made"
            )
            raise InputError(msg)
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
    """Create a key file; without it no search can be answered."""
    try:
        create_secret(path, secret)
    except StorageError as error:
        msg = f"cannot make the key {path}: {error}; nothing was searched"
        raise AuditError(msg) from error
