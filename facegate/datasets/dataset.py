"""What a data set is to the rest of facegate: labeled photos under a name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from facegate.records import LabeledPhoto


@dataclass(frozen=True, slots=True)
class Dataset:
    """Labeled photos of one public set or one folder.

    Parameters
    ----------
    name : str
        Short name that appears in everything made from the set, such as ``lfw``.
    photos : tuple of LabeledPhoto
        In a fixed order (sorted by photo id), photo ids unique.
    """

    name: str
    photos: tuple[LabeledPhoto, ...]

    @property
    def n_subjects(self) -> int:
        """Different people."""
        return len({photo.subject_id for photo in self.photos})
