"""The MEDS-II loader on two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import put, small_meds

from facegate.datasets.claims import Claims
from facegate.datasets.meds import load_meds, load_meds_all_poses
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics

if TYPE_CHECKING:
    from pathlib import Path


def test_meds_is_the_frontal_photos(tmp_path: Path) -> None:
    photos = load_meds(small_meds(tmp_path), claims=Claims(2, 2)).photos
    assert [photo.photo_id for photo in photos] == ["S001-01-t10_01", "S002-01-t10_01"]
    assert photos[0].demographics == Demographics("M", "Black", "under 18", "booking record")


def test_the_other_name_has_all_poses_and_the_age_of_each_photo(tmp_path: Path) -> None:
    whole = load_meds_all_poses(small_meds(tmp_path), claims=Claims(3, 2))
    assert whole.name == "meds-all-poses"
    assert [photo.demographics.age_class for photo in whole.photos] == ["under 18", "26-35", NOT_RECORDED]


def test_a_photo_without_a_label_is_refused(tmp_path: Path) -> None:
    put(small_meds(tmp_path), "images/S003-01-t10_01.jpg")
    with pytest.raises(DatasetError, match="meds: 1 files are labeled or present, but not both"):
        load_meds(tmp_path, claims=None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Left Profile", "Upside Down", "line 3: pose is 'Upside Down'"),
        (",1,17.9,", ",2,17.9,", "line 2: file name and subject differ"),
        ("17.9", "young", "line 2: age is 'young'; wanted years"),
        ("17.9", "-3", "line 2: age is '-3'; wanted years"),
        ("M,B", "M,X", "line 2: rac is 'X'; wanted one of A, B, I, U, W"),
    ],
)
def test_a_label_that_makes_no_sense_is_refused_with_its_line(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    labels = small_meds(tmp_path) / "labels.csv"
    labels.write_text(labels.read_text().replace(old, new))
    with pytest.raises(DatasetError, match=message):
        load_meds(tmp_path, claims=None)
