"""What somebody asked a permit for, until it is decided and used: the photo, and the words beside it.

::

    HOME/photos/asked/NAME.photo         the clean photo
    HOME/photos/asked-words/NAME.photo   what was stated, as JSON

Both are sealed as every photo is, each under a key of its own (see `facegate.gate.photos.store`). Destroyed,
neither opens again, in no copy and no backup.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.gate.photos.clean import demand_clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.photos.sealed_files import SealedFiles

PHOTOS: Final = "asked"
WORDS: Final = "asked-words"
KINDS: Final = (PHOTOS, WORDS)
LONGEST_WORDS: Final = 256 * 1024  # bytes; a request has at most 64 Ki characters


class AskedFiles:
    """Photos and words of what was asked for; of one agency's folder.

    Parameters
    ----------
    files : SealedFiles
        Where they lie.
    """

    def __init__(self, files: SealedFiles) -> None:
        self._files = files

    def keep(self, ask_id: str, png: bytes, words: bytes) -> None:
        """Keep both.

        Parameters
        ----------
        ask_id : str
            Under which they are found again.
        png : bytes
            A clean PNG.
        words : bytes
            At most `LONGEST_WORDS`.

        Raises
        ------
        InputError
            If the photo is no clean PNG, or the words are too long.
        StorageError
            If the disk refuses.
        """
        demand_clean(png)
        self._files.keep(PHOTOS, ask_id, png)
        self.restate(ask_id, words)

    def restate(self, ask_id: str, words: bytes) -> None:
        """Put other words in the place of those that were kept; raises as `keep`."""
        if len(words) > LONGEST_WORDS:
            msg = f"what is to be kept has {len(words):,} bytes of words, wanted at most {LONGEST_WORDS:,}"
            raise InputError(msg)
        self._files.keep(WORDS, ask_id, words)

    def photo(self, ask_id: str) -> bytes | None:
        """Give the photo as PNG; None if none is kept (any more).

        Raises
        ------
        GalleryError
            If the file was changed, or is another's.
        StorageError
            If it cannot be read.
        """
        return self._files.read(PHOTOS, ask_id)

    def words(self, ask_id: str) -> bytes | None:
        """Give the words; None if none are kept (any more). Raises as `photo`."""
        return self._files.read(WORDS, ask_id)

    def erase_photo(self, ask_id: str) -> bool:
        """Destroy the photo alone, for good and in every copy; False if none was kept.

        Raises
        ------
        StorageError
            If the disk refuses: erase it again.
        """
        return self._files.erase(PHOTOS, ask_id)

    def erase(self, ask_id: str) -> None:
        """Destroy both, for good and in every copy; raises as `erase_photo`."""
        for kind in KINDS:
            self._files.erase(kind, ask_id)

    def keep_only(self, ask_ids: Iterable[str]) -> int:
        """Destroy everything but what was kept under these ids; give how many files.

        Only while nothing is being kept: what is not listed yet would go, too.

        Raises
        ------
        StorageError
            If the disk refuses: do it again.
        """
        stay = tuple(ask_ids)
        return sum(self._files.keep_only(kind, lambda: stay) for kind in KINDS)
