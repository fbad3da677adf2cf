"""UTKFace: web photographs whose file names carry estimated labels, and no identities.

- ``<age>_<sex>_<race>_<stamp>.jpg.chip.jpg``; sex 0 male, 1 female; race 0 White, 1 Black,
  2 Asian, 3 Indian.
- Nobody knows who is who. Each photo is taken for a person of its own, so the set serves as
  a pool of strangers (non-mated comparisons) only. A few celebrities occur twice: the highest
  scoring pairs need a look before they are counted as false matches.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facegate.datasets.claims import Claims, require_claims
from facegate.datasets.dataset import Dataset
from facegate.datasets.files import files_under
from facegate.datasets.labels import age_range
from facegate.errors import DatasetError
from facegate.records import Demographics, LabeledPhoto, SubjectId, TemplateId

if TYPE_CHECKING:
    from pathlib import Path

CLAIMS = Claims(n_photos=3_994, n_subjects=3_994)
SEX = {"0": "M", "1": "F"}
RACE = {"0": "White", "1": "Black", "2": "Asian", "3": "Indian"}
# One file of the set lacks the dot before "jpg"; it is the set's own slip and stays.
PHOTO = re.compile(r"(?P<id>(?P<age>\d{1,3})_(?P<sex>[01])_(?P<race>[0-3])_\d{17})\.?jpg\.chip\.jpg")
LABEL_SOURCE = "estimate checked by annotator"


def load_utkface(folder: Path, *, claims: Claims | None = CLAIMS) -> Dataset:
    """Load UTKFace as strangers: one photo, one subject.

    Parameters
    ----------
    folder : Path
        Holds the photos.
    claims : Claims or None
        Counts to hold the set to; the people are as many as the photos.

    Returns
    -------
    Dataset
        Photo ids ``<age>_<sex>_<race>_<stamp>``; subject ids the same.

    Raises
    ------
    DatasetError
        If a file name does not carry its labels, or counts differ.
    """
    found = []
    for path in files_under(folder, "*.jpg"):
        fits = PHOTO.fullmatch(path.name)
        if fits is None:
            msg = f"data set utkface: {path.name} is not <age>_<sex>_<race>_<stamp>.jpg.chip.jpg"
            raise DatasetError(msg)
        demographics = Demographics(
            sex=SEX[fits["sex"]],
            race=RACE[fits["race"]],
            age_class=age_range(int(fits["age"])),
            label_source=LABEL_SOURCE,
        )
        found.append(LabeledPhoto(TemplateId(fits["id"]), SubjectId(fits["id"]), path, demographics))
    found.sort(key=lambda photo: photo.photo_id)
    return require_claims(Dataset("utkface", tuple(found)), claims)
