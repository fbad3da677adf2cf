"""Sealed files: each under a key of its own that can be destroyed, and then it opens never again.

How they lie, and under which keys, says `facegate.gate.photos.store`. What may be kept, the stores say that
are made of this: photos of probes and people, and what somebody asked a permit for.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facegate.durable import create_secret, fsync_path, replace_bytes, wipe
from facegate.errors import GalleryError, InputError, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from facegate.gate.home import Home

KEY_BYTES: Final = 32
LONGEST_ID: Final = 1_000  # characters

_FORM: Final = b"facegate-photo/1\n"
_NONCE_BYTES: Final = 12
_SUFFIX: Final = ".photo"
_WIPED: Final = bytes(KEY_BYTES)
_NAME: Final = re.compile(r"[0-9a-f]{64}")


class SealedFiles:
    """Files of one agency's folder, sealed, by kind and id; usable by several threads.

    Parameters
    ----------
    home : Home
        The folder.
    key : bytes
        What stands in ``HOME/keys/photos.key``.
    random_bytes : callable
        Source of secret bytes.
    """

    def __init__(self, home: Home, key: bytes, *, random_bytes: Callable[[int], bytes]) -> None:
        self._photos = home.photos
        self._secrets = home.photo_secrets
        self._key = key
        self._name_key = hmac.digest(key, b"facegate/photo-name/v1", hashlib.sha256)
        self._random_bytes = random_bytes
        self._turn = threading.RLock()

    def keep(self, kind: str, named: str, content: bytes) -> None:
        """Keep a file; one kept before under this id is replaced.

        Raises
        ------
        InputError
            If the id is empty or too long.
        StorageError
            If the disk refuses; what was kept before still is.
        """
        name, bound = self._name(kind, named), _bound(kind, named)
        with self._turn:
            own = self._own_secret(kind, name) or self._made_secret(kind, name)
            nonce = self._random_bytes(_NONCE_BYTES)
            box = AESGCM(self._photo_key(own, bound)).encrypt(nonce, content, bound)
            replace_bytes(self._path(kind, name), _FORM + nonce + box)

    def read(self, kind: str, named: str) -> bytes | None:
        """Give a file; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If it was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        name, bound = self._name(kind, named), _bound(kind, named)
        with self._turn, said("cannot read a photo"):
            own = self._own_secret(kind, name)
            if own is None or not (path := self._path(kind, name)).exists():
                return None
            data = path.read_bytes()
        try:
            return _opened(data, self._photo_key(own, bound), bound)
        except InvalidTag as error:
            if self._own_secret(kind, name) != own:  # another process erased it, or kept it anew, meanwhile
                return None
            # A reviewer who is shown another face than the candidate's would judge a stranger.
            msg = f"the photo {name[:12]} of {kind} was changed or is another's: it is not shown"
            raise GalleryError(msg) from error

    def erase(self, kind: str, named: str) -> bool:
        """Destroy a file, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._erase(kind, self._name(kind, named))

    def has(self, kind: str, named: str) -> bool:
        """Whether a file is kept; nothing is opened."""
        return self._path(kind, self._name(kind, named)).exists()

    def n_missing(self, kind: str, named: Iterable[str]) -> int:
        """Count the ids under which no file is kept."""
        with said("cannot list the photos"):
            kept = {path.name.removesuffix(_SUFFIX) for path in (self._photos / kind).iterdir()}
        return sum(self._name(kind, one) not in kept for one in named)

    def _erase(self, kind: str, name: str) -> bool:
        """Destroy the key, flushed, then the file: whatever breaks off, the photo opens no more."""
        path, secret = self._path(kind, name), self._secret_path(kind, name)
        with self._turn, said("could not destroy a photo; erase it again"):
            beside = list(secret.parent.glob(f".{name}.*"))  # left by a kill while the key was made
            if not (beside or secret.exists() or path.exists()):
                return False
            for one in (secret, *beside):
                wipe(one)
            fsync_path(secret.parent)
            for one in (path, *path.parent.glob(f".{name}.*")):
                wipe(one)
            fsync_path(path.parent)
            return True

    def keep_only(self, kind: str, named: Callable[[], Iterable[str]]) -> int:
        """Destroy every file of a kind but those of some ids, and what a kill left over; give how many.

        The ids are asked for once the folder is listed, so what is kept meanwhile stays, too.

        Raises
        ------
        StorageError
            If the disk refuses: do it again.
        """
        with self._turn, said("cannot list the photos"):
            every = {
                path.name.lstrip(".").partition(".")[0]
                for folder in (self._photos / kind, self._secrets / kind)
                for path in folder.iterdir()
            }
        stay = {self._name(kind, one) for one in named()}
        gone = sorted(name for name in every - stay if _NAME.fullmatch(name))  # only names of ours
        return sum(self._erase(kind, name) for name in gone)

    def _own_secret(self, kind: str, name: str) -> bytes | None:
        """Read a photo's own secret; None if there is none, or it is being destroyed."""
        with said("cannot read the key of a photo"):
            try:
                own = self._secret_path(kind, name).read_bytes()
            except FileNotFoundError:
                return None
        return own if len(own) == KEY_BYTES and own != _WIPED else None

    def _made_secret(self, kind: str, name: str) -> bytes:
        own, path = self._random_bytes(KEY_BYTES), self._secret_path(kind, name)
        with said("could not finish destroying the key of a photo"):
            wipe(path)  # one that a kill left half destroyed
        create_secret(path, own)
        return own

    def _photo_key(self, own: bytes, bound: bytes) -> bytes:
        info = b"facegate/photo/v1\x00" + bound
        return HKDF(SHA256(), KEY_BYTES, salt=own, info=info).derive(self._key)

    def _name(self, kind: str, named: str) -> str:
        return hmac.digest(self._name_key, _bound(kind, named), hashlib.sha256).hex()

    def _path(self, kind: str, name: str) -> Path:
        return self._photos / kind / f"{name}{_SUFFIX}"

    def _secret_path(self, kind: str, name: str) -> Path:
        return self._secrets / kind / name


def _opened(data: bytes, key: bytes, bound: bytes) -> bytes:
    """Open one file; raises InvalidTag for anything but what was sealed under this key for this id."""
    packed = data.removeprefix(_FORM)
    if not data.startswith(_FORM) or len(packed) < _NONCE_BYTES:
        raise InvalidTag
    return AESGCM(key).decrypt(packed[:_NONCE_BYTES], packed[_NONCE_BYTES:], bound)


def _bound(kind: str, named: str) -> bytes:
    """Write what a photo is bound to; no kind has a zero byte in it, so no two pairs read the same."""
    if not 0 < len(named) <= LONGEST_ID:
        msg = f"the id of a photo has {len(named):,} characters, wanted 1 to {LONGEST_ID:,}"
        raise InputError(msg)
    return kind.encode() + b"\x00" + named.encode(errors="surrogatepass")


@contextmanager
def said(what: str) -> Iterator[None]:
    """Say in one sentence that the disk refused; never of whom the photo is."""
    try:
        yield
    except OSError as error:
        msg = f"{what}: {error.strerror or error}"
        raise StorageError(msg) from error
