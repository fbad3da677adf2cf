"""A plain folder as a data set: ``person/photo.jpg``, and ``labels.csv`` beside the people.

- Each folder is one person, its name the subject id. Photo ids are ``person/photo.jpg``.
- ``labels.csv`` has the columns ``subject[,sex,race,age_class,label_source]``. People without
  a line, and values left empty, are "not recorded". Whatever else is wrong is an error.
- A file that is no photo stops the load: passing over it in silence would hide a failure
  to enroll.
- Messages carry counts and line numbers, no names of people.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.datasets.claims import require_claims
from facegate.datasets.dataset import Dataset
from facegate.datasets.labels import Row, coded, read_rows
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics, LabeledPhoto, SubjectId, TemplateId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LABELS = "labels.csv"
OPTIONAL = frozenset({"sex", "race", "age_class", "label_source"})
SEX = {"F": "F", "M": "M"}
SUFFIXES = frozenset({".bmp", ".gif", ".jpeg", ".jpg", ".png", ".tif", ".tiff", ".webp"})
LEFT_BY_DESKTOPS = frozenset({"thumbs.db", "desktop.ini"})


def load_folder(folder: Path) -> Dataset:
    """Load a folder of people.

    Parameters
    ----------
    folder : Path
        Holds one folder a person, and perhaps ``labels.csv``.

    Returns
    -------
    Dataset
        Named ``folder:<name>``, so that it is never taken for a public set.

    Raises
    ------
    DatasetError
        If the folder cannot be listed, holds no people, a photo lies outside a person's
        folder, a person has no photo, another kind of file lies among the photos, or the
        label file has unknown people or columns, repeated lines or bad values.
    """
    try:
        return _load(folder)
    except OSError as error:
        msg = f"cannot list {folder}: {error.strerror or error}"
        raise DatasetError(msg) from error


def _load(folder: Path) -> Dataset:
    entries = [path for path in sorted(folder.iterdir()) if not _is_hidden(path)]
    loose = [path for path in entries if path.is_file() and path.suffix.lower() in SUFFIXES]
    if loose:
        msg = f"{folder} holds {len(loose)} photos outside a person's folder; wanted person/photo.jpg"
        raise DatasetError(msg)
    people = {path.name: _photos(path) for path in entries if path.is_dir()}
    if not people:
        msg = f"{folder} holds no people; wanted one folder for each person: person/photo.jpg"
        raise DatasetError(msg)
    if empty := sum(not photos for photos in people.values()):
        msg = f"{empty} of {len(people)} people in {folder} have no photo; wanted at least one each"
        raise DatasetError(msg)
    labels = _labels(folder / LABELS, people)
    found = [
        LabeledPhoto(
            TemplateId(f"{person}/{path.name}"), SubjectId(person), path, labels.get(person, Demographics())
        )
        for person, photos in people.items()
        for path in photos
    ]
    found.sort(key=lambda photo: photo.photo_id)
    return require_claims(Dataset(f"folder:{folder.resolve().name}", tuple(found)), None)


def _photos(person: Path) -> list[Path]:
    """List one person's photos; anything else in there is an error."""
    entries = [path for path in sorted(person.iterdir()) if not _is_hidden(path)]
    strange = [path for path in entries if not path.is_file() or path.suffix.lower() not in SUFFIXES]
    if strange:
        kinds = sorted(
            {"a folder" if path.is_dir() else path.suffix.lower() or "no suffix" for path in strange}
        )
        msg = (
            f"a person's folder in {person.parent} holds {len(strange)} entries that are no photos "
            f"({', '.join(kinds)}); wanted person/photo with {', '.join(sorted(SUFFIXES))}"
        )
        raise DatasetError(msg)
    return entries


def _is_hidden(path: Path) -> bool:
    return path.name.startswith(".") or path.name.lower() in LEFT_BY_DESKTOPS


def _labels(path: Path, people: Mapping[str, list[Path]]) -> dict[str, Demographics]:
    if not path.exists():
        return {}
    rows = read_rows(path, required=frozenset({"subject"}), optional=OPTIONAL, key="subject")
    for row in rows:
        if row["subject"] not in people:
            msg = (
                f"{path} line {row.line}: no folder for this subject; wanted one of the {len(people)} people"
            )
            raise DatasetError(msg)
    return {row["subject"]: _demographics(row, path) for row in rows}


def _demographics(row: Row, path: Path) -> Demographics:
    def text(column: str) -> str:
        return row.values.get(column) or NOT_RECORDED

    return Demographics(
        sex=coded(row, "sex", SEX, path) if "sex" in row.values else NOT_RECORDED,
        race=text("race"),
        age_class=text("age_class"),
        label_source=text("label_source"),
    )
