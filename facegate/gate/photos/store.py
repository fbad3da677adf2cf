r"""The sealed photo store: probes and people enrolled, each photo under a key that can be destroyed.

::

    HOME/photos/probes/NAME.photo     one photo: a form line, a nonce of 12 bytes, AES-256-GCM
    HOME/photos/subjects/NAME.photo
    HOME/photos/asked/NAME.photo      the same, until somebody decided; see `facegate.gate.photos.asked`
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

import secrets
from typing import TYPE_CHECKING, Final, Self

from facegate.gate.photos.asked import KINDS as ASKED_KINDS
from facegate.gate.photos.asked import AskedFiles
from facegate.gate.photos.clean import demand_clean
from facegate.gate.photos.sealed_files import SealedFiles, said

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from facegate.gate.home import Home
    from facegate.records import SubjectId

PROBES: Final = "probes"
SUBJECTS: Final = "subjects"
KINDS: Final = (PROBES, SUBJECTS, *ASKED_KINDS)


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
        self._files = SealedFiles(home, key, random_bytes=random_bytes)
        self.asked = AskedFiles(self._files)

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
        with said(f"cannot make the folder of photos {home.photos}"):
            for folder in _folders(home):
                folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            kept = any(next((home.photos / kind).iterdir(), None) for kind in KINDS)
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
        demand_clean(png)
        self._files.keep(PROBES, search_id, png)

    def probe(self, search_id: str) -> bytes | None:
        """Give the probe of a search as PNG; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If the file was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        return self._files.read(PROBES, search_id)

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
        demand_clean(png)
        self._files.keep(SUBJECTS, subject_id, png)

    def subject(self, subject_id: SubjectId) -> bytes | None:
        """Give the photo of somebody enrolled as PNG; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If the file was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        return self._files.read(SUBJECTS, subject_id)

    def erase_probe(self, search_id: str) -> bool:
        """Destroy the probe of a search, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._files.erase(PROBES, search_id)

    def erase_subject(self, subject_id: SubjectId) -> bool:
        """Destroy the photo of somebody enrolled, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._files.erase(SUBJECTS, subject_id)

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
        return self._files.keep_only(PROBES, search_ids)

    def keep_only_subjects(self, subject_ids: Callable[[], Iterable[SubjectId]]) -> int:
        """Destroy every photo but those of some people, as `keep_only_probes` does."""
        return self._files.keep_only(SUBJECTS, subject_ids)

    def has_probe(self, search_id: str) -> bool:
        """Whether the probe of a search is kept; nothing is opened."""
        return self._files.has(PROBES, search_id)

    def has_subject(self, subject_id: SubjectId) -> bool:
        """Whether a photo of somebody enrolled is kept; nothing is opened."""
        return self._files.has(SUBJECTS, subject_id)

    def without_photo(self, subject_ids: Iterable[SubjectId]) -> int:
        """Count the people of whom no photo is kept."""
        return self._files.n_missing(SUBJECTS, subject_ids)


def _folders(home: Home) -> tuple[Path, ...]:
    """Name every folder, those above first: ``mkdir`` gives its mode to the last one only."""
    within = tuple(above / kind for above in (home.photos, home.photo_secrets) for kind in KINDS)
    return (home.keys, home.photos, home.photo_secrets, *within)
