"""Face Research Lab London Set: two frontal studio photographs a person, self-reported labels.

``NNN_03.jpg`` is neutral, ``NNN_08.jpg`` smiling: here the closest thing to a license
photo and its probe. Everybody gave signed consent.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facegate.datasets.claims import Claims, require_claims
from facegate.datasets.dataset import Dataset
from facegate.datasets.files import files_under
from facegate.datasets.labels import Row, age_range, coded, read_rows
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics, LabeledPhoto, SubjectId, TemplateId

if TYPE_CHECKING:
    from pathlib import Path

LABELS = "info.csv"
COLUMNS = frozenset({"face_id", "face_age", "face_gender", "face_eth"})
CLAIMS = Claims(n_photos=204, n_subjects=102)
SEX = {"female": "F", "male": "M"}
RACE = {
    "black": "Black",
    "east_asian": "East Asian",
    "east_asian/white": "East Asian/White",
    "west_asian": "West Asian",
    "white": "White",
}
PHOTO = re.compile(r"(?P<subject>\d{3})_(03|08)\.jpg")
LABEL_SOURCE = "self-report"
NOT_AVAILABLE = "NA"


def load_london(folder: Path, *, claims: Claims | None = CLAIMS) -> Dataset:
    """Load the London set.

    Parameters
    ----------
    folder : Path
        Holds ``NNN_03.jpg``, ``NNN_08.jpg`` and ``info.csv``.
    claims : Claims or None
        Counts to hold the set to.

    Returns
    -------
    Dataset
        Photo ids ``NNN_03`` and ``NNN_08``, subject ids ``NNN``.

    Raises
    ------
    DatasetError
        If a photo has no label, a value is unknown, or counts differ.
    """
    path = folder / LABELS
    people = {
        row["face_id"]: _demographics(row, path) for row in read_rows(path, required=COLUMNS, key="face_id")
    }
    found = []
    for photo in files_under(folder, "*.jpg"):
        fits = PHOTO.fullmatch(photo.name)
        if fits is None or fits["subject"] not in people:
            msg = f"data set london: {photo.name} is not NNN_03.jpg or NNN_08.jpg of somebody in {LABELS}"
            raise DatasetError(msg)
        subject = fits["subject"]
        found.append(LabeledPhoto(TemplateId(photo.stem), SubjectId(subject), photo, people[subject]))
    return require_claims(Dataset("london", tuple(found)), claims)


def _demographics(row: Row, path: Path) -> Demographics:
    age = row["face_age"]
    if age not in ("", NOT_AVAILABLE) and not age.isdecimal():
        msg = f"{path} line {row.line}: face_age is {age[:20]!r}; wanted whole years or {NOT_AVAILABLE}"
        raise DatasetError(msg)
    return Demographics(
        sex=coded(row, "face_gender", SEX, path),
        race=coded(row, "face_eth", RACE, path),
        age_class=age_range(int(age)) if age.isdecimal() else NOT_RECORDED,
        label_source=LABEL_SOURCE,
    )
