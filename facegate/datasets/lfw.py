"""Labeled Faces in the Wild: press photographs, with perceived labels a person.

- Layout: ``lfw-deepfunneled/<Person>/<Person>_NNNN.jpg`` and ``person_labels.csv``.
- Sex comes from manually reviewed lists, race from people (``human``) or from an attribute
  classifier (``classifier``): the label source says which, and the two are never pooled silently.
- ``age_class`` is the source's own word; two joined by ``|`` were both given.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facegate.datasets.claims import Claims, require_claims
from facegate.datasets.dataset import Dataset
from facegate.datasets.files import files_under
from facegate.datasets.labels import coded, read_rows
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics, LabeledPhoto, SubjectId, TemplateId

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

LABELS = "person_labels.csv"
COLUMNS = frozenset({"person", "n_images", "sex", "race", "race_source", "age_class"})
CLAIMS = Claims(n_photos=13_233, n_subjects=5_749)
SEX = {"F": "F", "M": "M"}
LABEL_SOURCE = {"mica_human": "human", "kumar_attr": "classifier"}
PHOTO = re.compile(r"(?P<person>.+)_\d{4}\.jpg")


def load_lfw(
    folder: Path,
    *,
    name: str = "lfw",
    photos: str = "lfw-deepfunneled",
    labels_required: bool = True,
    claims: Claims | None = CLAIMS,
) -> Dataset:
    """Load an edition of LFW.

    Parameters
    ----------
    folder : Path
        Holds the photo folder and the label file.
    name : str
        Name of the edition.
    photos : str
        The folder of photos in it: ``lfw-deepfunneled`` or ``lfw_funneled``.
    labels_required : bool, default True
        If False and there is no label file, everybody's labels are "not recorded".
    claims : Claims or None
        Counts to hold the set to.

    Returns
    -------
    Dataset
        Photo ids ``<Person>_NNNN``, subject ids ``<Person>``.

    Raises
    ------
    DatasetError
        If files are missing, misplaced, or contradict the label file or the claims.
    """
    people = _labels(folder / LABELS, required=labels_required)
    paths = files_under(folder / photos, "*/*.jpg")
    if strays := sum(not _is_lfw_photo(path, people) for path in paths):
        msg = f"data set {name}: {strays} files are not <Person>/<Person>_NNNN.jpg of a labeled person"
        raise DatasetError(msg)
    found = [
        LabeledPhoto(TemplateId(path.stem), SubjectId(person), path, people.get(person, Demographics()))
        for path in paths
        for person in [path.parent.name]
    ]
    found.sort(key=lambda photo: photo.photo_id)
    return require_claims(Dataset(name, tuple(found)), claims)


def _is_lfw_photo(path: Path, people: Mapping[str, Demographics]) -> bool:
    fits = PHOTO.fullmatch(path.name)
    person = path.parent.name
    return fits is not None and fits["person"] == person and (not people or person in people)


def _labels(path: Path, *, required: bool) -> Mapping[str, Demographics]:
    """Read one line a person."""
    if not required and not path.exists():
        return {}
    return {
        row["person"]: Demographics(
            sex=coded(row, "sex", SEX, path),
            race=row["race"] or NOT_RECORDED,
            age_class=row["age_class"] or NOT_RECORDED,
            label_source=coded(row, "race_source", LABEL_SOURCE, path),
        )
        for row in read_rows(path, required=COLUMNS, key="person")
    }


def sex_list_disagreements(folder: Path) -> dict[str, int]:
    """Compare the sex labels with the manually reviewed lists they were made from.

    Parameters
    ----------
    folder : Path
        Holds ``person_labels.csv``, ``male_names.txt`` and ``female_names.txt`` (one photo a line).

    Returns
    -------
    dict of str to int
        ``listed`` photos on either list, ``agree`` those whose person has the listed sex,
        ``both`` photos on both lists, ``against`` photos listed with the other sex,
        ``people without a sex`` in the label file.

    References
    ----------
    M. Afifi and A. Abdelhamed, "AFIF4: deep gender classification based on AdaBoost-based
    fusion of isolated facial features and foggy faces", 2017: source of the two lists.
    """
    sex = {person: labels.sex for person, labels in _labels(folder / LABELS, required=True).items()}
    listed = {
        code: _listed(folder / file) for code, file in (("M", "male_names.txt"), ("F", "female_names.txt"))
    }
    both = listed["M"] & listed["F"]
    once = [(code, photo) for code, photos in listed.items() for photo in photos - both]
    # <Person>_NNNN: the last five characters are the photo's number.
    agree = sum(sex.get(photo[:-5]) == code for code, photo in once)
    return {
        "listed": len(listed["M"] | listed["F"]),
        "agree": agree,
        "both": len(both),
        "against": len(once) - agree,
        "people without a sex": sum(value == NOT_RECORDED for value in sex.values()),
    }


def _listed(path: Path) -> frozenset[str]:
    try:
        lines = path.read_text(encoding="utf-8").split()
    except OSError as error:
        msg = f"cannot read {path}: {error.strerror or error}"
        raise DatasetError(msg) from error
    return frozenset(line.removesuffix(".jpg") for line in lines)
