"""What a set says of itself, and the check that it is so.

A set that is not whole would still give rates, only of somebody else: it is refused.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.errors import DatasetError

if TYPE_CHECKING:
    from facegate.datasets.dataset import Dataset


@dataclass(frozen=True, slots=True)
class Claims:
    """Counts that a set is known to have.

    Parameters
    ----------
    n_photos, n_subjects : int
        Photos and different people.
    """

    n_photos: int
    n_subjects: int


def require_claims(dataset: Dataset, claims: Claims | None) -> Dataset:
    """Return the set as it is, if its counts are what it claims.

    Parameters
    ----------
    dataset : Dataset
        What a loader found.
    claims : Claims or None
        What should be there; None where nothing is known beforehand.

    Raises
    ------
    DatasetError
        If photos or people are missing or too many, or a photo id repeats.
    """
    if len({photo.photo_id for photo in dataset.photos}) != len(dataset.photos):
        msg = f"data set {dataset.name} has photo ids that repeat; wanted each once"
        raise DatasetError(msg)
    if claims is None:
        return dataset
    got, wanted = (len(dataset.photos), dataset.n_subjects), (claims.n_photos, claims.n_subjects)
    if got != wanted:
        msg = (
            f"data set {dataset.name} has {got[0]:,} photos of {got[1]:,} people, "
            f"wanted {wanted[0]:,} of {wanted[1]:,}; "
            f"`facegate datasets check {dataset.name}` says what is missing"
        )
        raise DatasetError(msg)
    return dataset
