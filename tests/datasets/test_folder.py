"""A plain folder of people, and every way in which it can be wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import put, small_folder

from facegate.datasets.folder import load_folder
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics

if TYPE_CHECKING:
    from pathlib import Path


def test_each_folder_is_a_person_and_each_file_a_photo(tmp_path: Path) -> None:
    found = load_folder(small_folder(tmp_path / "faces"))
    assert found.name == "folder:faces"
    assert [photo.photo_id for photo in found.photos] == ["ada/1.jpg", "ada/2.PNG", "ben/1.jpeg"]
    assert {photo.demographics for photo in found.photos} == {Demographics()}


def test_labels_reach_their_people_and_who_has_no_line_is_not_recorded(tmp_path: Path) -> None:
    found = load_folder(small_folder(tmp_path, "subject,race,label_source\nben,Group A,self-report\n"))
    assert found.photos[0].demographics == Demographics()
    assert found.photos[2].demographics == Demographics(NOT_RECORDED, "Group A", NOT_RECORDED, "self-report")


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        ("subject,sex\nada,F\nzoe,F\n", "line 3: no folder for this subject; wanted one of the 2 people"),
        ("subject,height\nada,9\n", "line 1: unknown column 'height'; known are age_class, label_source"),
        ("subject,sex\nada,F\nada,F\n", "line 3: the subject of line 2 again"),
        ("subject,sex\nada,woman\n", "line 2: sex is 'woman'; wanted one of F, M"),
        ("name,sex\nada,F\n", "line 1: no column subject"),
    ],
)
def test_a_label_file_that_does_not_fit_the_folder_is_refused_with_its_line(
    tmp_path: Path, labels: str, message: str
) -> None:
    with pytest.raises(DatasetError, match=message):
        load_folder(small_folder(tmp_path, labels))


@pytest.mark.parametrize(
    ("stray", "message"),
    [
        ("group photo.jpg", "holds 1 photos outside a person's folder"),
        ("ada/notes.txt", r"holds 1 entries that are no photos \(.txt\)"),
        ("ada/old/1.jpg", r"holds 1 entries that are no photos \(a folder\)"),
        ("ben/raw.HEIC", r"entries that are no photos \(.heic\)"),
    ],
)
def test_a_file_that_would_be_passed_over_stops_the_load(tmp_path: Path, stray: str, message: str) -> None:
    put(small_folder(tmp_path), stray)
    with pytest.raises(DatasetError, match=message):
        load_folder(tmp_path)


def test_what_desktops_leave_behind_is_no_photo(tmp_path: Path) -> None:
    put(small_folder(tmp_path), "ada/.DS_Store", "ada/Thumbs.db", "README.txt")
    assert len(load_folder(tmp_path).photos) == 3


def test_a_person_without_photos_is_counted_not_named(tmp_path: Path) -> None:
    (small_folder(tmp_path) / "zoe").mkdir()
    with pytest.raises(DatasetError, match=r"1 of 3 people in .* have no photo") as caught:
        load_folder(tmp_path)
    assert "zoe" not in str(caught.value)


def test_a_folder_without_people_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="holds no people; wanted one folder for each person"):
        load_folder(tmp_path)


def test_a_folder_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot list .*nowhere: No such file"):
        load_folder(tmp_path / "nowhere")
