"""MEDS-II (NIST Special Database 32): booking photographs of deceased people.

- Two names for one folder: ``meds`` is the frontal photographs, ``meds-all-poses`` adds the
  angles and profiles. A profile is no probe of the kind that face search is sold for, so the
  name without a suffix is the frontal one.
- Race and sex are what the booking officer wrote down; codes W and B, in words.
- Age is that of the day of the photo: it may differ between photos of one person.
"""

from __future__ import annotations

import math
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

LABELS = "labels.csv"
COLUMNS = frozenset({"img_name", "subject_id", "sex", "rac", "age_phd", "label"})
FRONTAL = "Frontal"
POSES = frozenset({FRONTAL, "Left Angle", "Right Angle", "Left Profile", "Right Profile"})
CLAIMS = Claims(n_photos=67, n_subjects=42)
CLAIMS_ALL_POSES = Claims(n_photos=114, n_subjects=50)
SEX = {"F": "F", "M": "M", "U": NOT_RECORDED}
RACE = {  # codes of booking records (ANSI/NIST-ITL); only W and B occur among the first 50 subjects
    "A": "Asian",
    "B": "Black",
    "I": "American Indian",
    "W": "White",
    "U": NOT_RECORDED,
}
PHOTO = re.compile(r"S(?P<subject>\d{3})-\d{2}-t10_\d{2}\.jpg")
LABEL_SOURCE = "booking record"


def load_meds(
    folder: Path, *, name: str = "meds", frontal_only: bool = True, claims: Claims | None = CLAIMS
) -> Dataset:
    """Load MEDS-II.

    Parameters
    ----------
    folder : Path
        Holds ``images/S???-EE-t10_NN.jpg`` and ``labels.csv``.
    name : str
        Name of the set.
    frontal_only : bool, default True
        Keep the photos whose pose label is ``Frontal``.
    claims : Claims or None
        Counts to hold the set to.

    Returns
    -------
    Dataset
        Photo ids ``S???-EE-t10_NN``, subject ids ``S???``.

    Raises
    ------
    DatasetError
        If a photo has no label, a label no photo, a pose is unknown, or counts differ.
    """
    path = folder / LABELS
    rows = {
        row["img_name"]: row for row in read_rows(path, required=COLUMNS, key="img_name", others_allowed=True)
    }
    photos = {photo.name: photo for photo in files_under(folder / "images", "*.jpg")}
    if missing := photos.keys() ^ rows.keys():
        msg = f"data set {name}: {len(missing)} files are labeled or present, but not both; wanted both"
        raise DatasetError(msg)
    found = [
        _labeled(row, photos[file], path)
        for file, row in sorted(rows.items())
        if _pose(row, path) == FRONTAL or not frontal_only
    ]
    return require_claims(Dataset(name, tuple(found)), claims)


def load_meds_all_poses(folder: Path, *, claims: Claims | None = CLAIMS_ALL_POSES) -> Dataset:
    """Load MEDS-II with angles and profiles; see `load_meds`."""
    return load_meds(folder, name="meds-all-poses", frontal_only=False, claims=claims)


def _pose(row: Row, path: Path) -> str:
    if row["label"] not in POSES:
        msg = (
            f"{path} line {row.line}: pose is {row['label'][:20]!r}; wanted one of {', '.join(sorted(POSES))}"
        )
        raise DatasetError(msg)
    return row["label"]


def _labeled(row: Row, photo: Path, path: Path) -> LabeledPhoto:
    fits = PHOTO.fullmatch(photo.name)
    if fits is None or fits["subject"] != row["subject_id"].zfill(3):
        msg = f"{path} line {row.line}: file name and subject differ; wanted S<subject>-EE-t10_NN.jpg"
        raise DatasetError(msg)
    demographics = Demographics(
        sex=coded(row, "sex", SEX, path),
        race=coded(row, "rac", RACE, path),
        age_class=_age(row, path),
        label_source=LABEL_SOURCE,
    )
    return LabeledPhoto(TemplateId(photo.stem), SubjectId(f"S{fits['subject']}"), photo, demographics)


def _age(row: Row, path: Path) -> str:
    if not row["age_phd"]:
        return NOT_RECORDED
    try:
        years = float(row["age_phd"])
    except ValueError:
        years = math.nan
    if not 0 < years < 120:  # noqa: PLR2004  nobody is older
        msg = f"{path} line {row.line}: age is {row['age_phd'][:20]!r}; wanted years"
        raise DatasetError(msg)
    return age_range(years)
