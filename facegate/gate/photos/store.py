r"""The sealed photo store: probes and people enrolled, each photo under a key that can be destroyed.

::

    HOME/photos/probes/NAME.photo     one photo: a form line, a nonce of 12 bytes, AES-256-GCM
    HOME/photos/subjects/NAME.photo
    HOME/keys/photos.key              32 bytes, mode 600, made once
    HOME/keys/photos/KIND/NAME        32 bytes for each photo, mode 600
    NAME                              HMAC-SHA-256 of kind and id under a key made from photos.key, in hex
    key of a photo                    HKDF-SHA-256(photos.key, salt = its own 32 bytes, info = kind and id)
    associated data                   kind and id

- The names tell nobody who is enrolled. A photo put in another's place does not open: its id is in the seal.
- To erase is to destroy the photo's own 32 bytes, flushed, and then the file. A copy of the file, on whatever
  backup, opens never again; so ``HOME/keys/photos`` must not be backed up for longer than a photo may live.
- A photo is there whole or not at all. The key is durable before what is sealed under it.
- Only clean PNGs are kept, see `facegate.gate.photos.clean`.

Not protected here: whoever has ``HOME/keys`` and ``HOME/photos`` opens every photo whose id he can name, and
tells of any id whether its photo is kept. Whoever has ``HOME/photos`` alone sees how many photos there are,
how large, and when each was written. An older photo of the same id, put back under the same key, opens. Disks
that write elsewhere than told (flash, copy-on-write file systems) keep destroyed keys for a while.

References
----------
AES-GCM: NIST SP 800-38D. HKDF: RFC 5869. HMAC: RFC 2104.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from facegate.durable import create_secret, fsync_path, replace_bytes, wipe
from facegate.errors import GalleryError, InputError, StorageError
from facegate.gate.photos.clean import demand_clean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from facegate.gate.home import Home
    from facegate.records import SubjectId

PROBES: Final = "probes"
SUBJECTS: Final = "subjects"
KEY_BYTES: Final = 32
LONGEST_ID: Final = 1_000  # characters

_FORM: Final = b"facegate-photo/1\n"
_NONCE_BYTES: Final = 12
_SUFFIX: Final = ".photo"
_WIPED: Final = bytes(KEY_BYTES)
_NAME: Final = re.compile(r"[0-9a-f]{64}")


class PhotoStore:
    """Photos of one agency's folder, sealed. Made by `PhotoStore.open`; usable by several threads.

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

    @classmethod
    def open(cls, home: Home, *, random_bytes: Callable[[int], bytes] = secrets.token_bytes) -> Self:
        """Open the photos of an agency's folder; folders and key are made on first use.

        Parameters
        ----------
        home : Home
            The folder.
        random_bytes : callable
            Source of secret bytes.

        Raises
        ------
        InputError
            If the key is missing though photos are kept, is damaged, or others on this machine can read it.
        AuditError
            If the key cannot be written.
        StorageError
            If the folders cannot be made.
        """
        with _said(f"cannot make the folder of photos {home.photos}"):
            for folder in _folders(home):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = any(next((home.photos / kind).iterdir(), None) for kind in (PROBES, SUBJECTS))
        return cls(home, home.photos_key(random_bytes, known=kept), random_bytes=random_bytes)

    @classmethod
    def if_kept(cls, home: Home) -> Self | None:
        """Open the photos of an agency's folder; None, and nothing made, where none were ever kept."""
        return cls.open(home) if home.photos.exists() else None

    def keep_probe(self, search_id: str, png: bytes) -> None:
        """Keep the probe of a search that is on the log; one kept before is replaced.

        Only after the search is recorded: a probe of no search on the log is erased by `sweep_probes`.

        Parameters
        ----------
        search_id : str
            The search.
        png : bytes
            A clean PNG.

        Raises
        ------
        InputError
            If it is no clean PNG, or the id is empty or too long.
        StorageError
            If the disk refuses; what was kept before still is.
        """
        self._keep(PROBES, search_id, png)

    def probe(self, search_id: str) -> bytes | None:
        """Give the probe of a search as PNG; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If the file was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        return self._read(PROBES, search_id)

    def keep_subject(self, subject_id: SubjectId, png: bytes) -> None:
        """Keep the photo of somebody enrolled; one kept before is replaced.

        Parameters
        ----------
        subject_id : SubjectId
            Whom it shows.
        png : bytes
            A clean PNG.

        Raises
        ------
        InputError
            If it is no clean PNG, or the id is empty or too long.
        StorageError
            If the disk refuses; what was kept before still is.
        """
        self._keep(SUBJECTS, subject_id, png)

    def subject(self, subject_id: SubjectId) -> bytes | None:
        """Give the photo of somebody enrolled as PNG; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If the file was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        return self._read(SUBJECTS, subject_id)

    def erase_probe(self, search_id: str) -> bool:
        """Destroy the probe of a search, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._erase(PROBES, self._name(PROBES, search_id))

    def erase_subject(self, subject_id: SubjectId) -> bool:
        """Destroy the photo of somebody enrolled, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._erase(SUBJECTS, self._name(SUBJECTS, subject_id))

    def keep_only_probes(self, search_ids: Callable[[], Iterable[str]]) -> int:
        """Destroy every probe but those of some searches, and what a kill left over.

        Parameters
        ----------
        search_ids : callable
            Gives whose probes stay; asked once the folder is listed, so what is kept meanwhile stays, too.

        Returns
        -------
        int
            How many were destroyed.

        Raises
        ------
        StorageError
            If the disk refuses: do it again.
        """
        return self._keep_only(PROBES, search_ids)

    def keep_only_subjects(self, subject_ids: Callable[[], Iterable[SubjectId]]) -> int:
        """Destroy every photo but those of some people, as `keep_only_probes` does."""
        return self._keep_only(SUBJECTS, subject_ids)

    def has_probe(self, search_id: str) -> bool:
        """Whether the probe of a search is kept; nothing is opened."""
        return self._path(PROBES, self._name(PROBES, search_id)).exists()

    def has_subject(self, subject_id: SubjectId) -> bool:
        """Whether a photo of somebody enrolled is kept; nothing is opened."""
        return self._path(SUBJECTS, self._name(SUBJECTS, subject_id)).exists()

    def without_photo(self, subject_ids: Iterable[SubjectId]) -> int:
        """Count the people of whom no photo is kept."""
        with _said("cannot list the photos"):
            kept = {path.name.removesuffix(_SUFFIX) for path in (self._photos / SUBJECTS).iterdir()}
        return sum(self._name(SUBJECTS, one) not in kept for one in subject_ids)

    def _keep(self, kind: str, named: str, png: bytes) -> None:
        demand_clean(png)
        name, bound = self._name(kind, named), _bound(kind, named)
        with self._turn:
            own = self._own_secret(kind, name) or self._made_secret(kind, name)
            nonce = self._random_bytes(_NONCE_BYTES)
            box = AESGCM(self._photo_key(own, bound)).encrypt(nonce, png, bound)
            replace_bytes(self._path(kind, name), _FORM + nonce + box)

    def _read(self, kind: str, named: str) -> bytes | None:
        name, bound = self._name(kind, named), _bound(kind, named)
        with self._turn, _said("cannot read a photo"):
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

    def _erase(self, kind: str, name: str) -> bool:
        """Destroy the key, flushed, then the file: whatever breaks off, the photo opens no more."""
        path, secret = self._path(kind, name), self._secret_path(kind, name)
        with self._turn, _said("could not destroy a photo; erase it again"):
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

    def _keep_only(self, kind: str, named: Callable[[], Iterable[str]]) -> int:
        with self._turn, _said("cannot list the photos"):
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
        with _said("cannot read the key of a photo"):
            try:
                own = self._secret_path(kind, name).read_bytes()
            except FileNotFoundError:
                return None
        return own if len(own) == KEY_BYTES and own != _WIPED else None

    def _made_secret(self, kind: str, name: str) -> bytes:
        own, path = self._random_bytes(KEY_BYTES), self._secret_path(kind, name)
        with _said("could not finish destroying the key of a photo"):
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


def _folders(home: Home) -> tuple[Path, ...]:
    """Name every folder, those above first: ``mkdir`` gives its mode to the last one only."""
    within = tuple(above / kind for above in (home.photos, home.photo_secrets) for kind in (PROBES, SUBJECTS))
    return (home.keys, home.photos, home.photo_secrets, *within)


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
def _said(what: str) -> Iterator[None]:
    """Say in one sentence that the disk refused; never of whom the photo is."""
    try:
        yield
    except OSError as error:
        msg = f"{what}: {error.strerror or error}"
        raise StorageError(msg) from error
