"""The LFW loader on three people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import LFW_HEADER, put, small_lfw

from facegate.datasets.claims import Claims
from facegate.datasets.lfw import load_lfw, sex_list_disagreements
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Claims(n_photos=4, n_subjects=3)


def test_photos_come_in_order_with_their_people_and_label_sources(tmp_path: Path) -> None:
    photos = load_lfw(small_lfw(tmp_path), claims=SMALL).photos
    assert [photo.photo_id for photo in photos] == [
        "Ann_Low_0001",
        "Ann_Low_0002",
        "Bo_Day_0001",
        "Cy_Ray_0001",
    ]
    assert photos[0].subject_id == photos[1].subject_id == "Ann_Low"
    assert photos[0].demographics == Demographics("F", "Black", "Youth", "human")
    assert photos[2].demographics == Demographics("M", "White", NOT_RECORDED, "classifier")


def test_a_person_without_labels_stays_as_not_recorded(tmp_path: Path) -> None:
    last = load_lfw(small_lfw(tmp_path), claims=SMALL).photos[-1]
    assert last.demographics == Demographics(NOT_RECORDED, NOT_RECORDED, "Child|Youth", NOT_RECORDED)


def test_a_set_with_a_photo_missing_is_refused(tmp_path: Path) -> None:
    small_lfw(tmp_path)
    (tmp_path / "lfw-deepfunneled/Bo_Day/Bo_Day_0001.jpg").unlink()
    with pytest.raises(DatasetError, match=r"lfw has 3 photos of 2 people, wanted 4 of 3; .*check lfw"):
        load_lfw(tmp_path, claims=SMALL)


@pytest.mark.parametrize(
    "stray", ["Ann_Low/Bo_Day_0002.jpg", "Ann_Low/holiday.jpg", "Dan_New/Dan_New_0001.jpg"]
)
def test_a_file_that_is_not_the_sets_own_is_refused_without_naming_anybody(
    tmp_path: Path, stray: str
) -> None:
    put(small_lfw(tmp_path), f"lfw-deepfunneled/{stray}")
    with pytest.raises(DatasetError, match=r"lfw: 1 files are not <Person>/<Person>_NNNN.jpg"):
        load_lfw(tmp_path, claims=SMALL)


def test_an_unknown_source_of_labels_is_refused(tmp_path: Path) -> None:
    (small_lfw(tmp_path) / "person_labels.csv").write_text(LFW_HEADER + "Ann_Low,2,F,Black,my_guess,\n")
    with pytest.raises(DatasetError, match="line 2: race_source is 'my_guess'"):
        load_lfw(tmp_path, claims=SMALL)


def test_labels_may_be_absent_only_where_the_edition_comes_without(tmp_path: Path) -> None:
    (small_lfw(tmp_path) / "person_labels.csv").unlink()
    unlabeled = load_lfw(tmp_path, labels_required=False, claims=SMALL)
    assert {photo.demographics for photo in unlabeled.photos} == {Demographics()}
    with pytest.raises(DatasetError, match="cannot read the labels"):
        load_lfw(tmp_path, claims=SMALL)


def test_a_missing_photo_folder_is_one_sentence(tmp_path: Path) -> None:
    small_lfw(tmp_path)
    with pytest.raises(DatasetError, match=r"no folder .*lfw_funneled"):
        load_lfw(tmp_path, photos="lfw_funneled")


def test_sex_labels_are_held_against_the_reviewed_lists(tmp_path: Path) -> None:
    small_lfw(tmp_path)
    (tmp_path / "male_names.txt").write_text("Bo_Day_0001.jpg\r\nAnn_Low_0002\nCy_Ray_0001.jpg\n")
    (tmp_path / "female_names.txt").write_text("Ann_Low_0001.jpg\nCy_Ray_0001.jpg\n")
    assert sex_list_disagreements(tmp_path) == {
        "listed": 4,
        "agree": 2,
        "both": 1,
        "against": 1,
        "people without a sex": 1,
    }
