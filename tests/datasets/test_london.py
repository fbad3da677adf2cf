"""The London loader on two people."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import put, small_london

from facegate.datasets.claims import Claims
from facegate.datasets.london import load_london
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED, Demographics

if TYPE_CHECKING:
    from pathlib import Path


def test_both_photos_of_a_person_carry_the_self_report(tmp_path: Path) -> None:
    photos = load_london(small_london(tmp_path), claims=Claims(4, 2)).photos
    assert [photo.photo_id for photo in photos] == ["001_03", "001_08", "031_03", "031_08"]
    assert photos[0].demographics == Demographics("F", "East Asian/White", "18-25", "self-report")
    assert photos[3].demographics == Demographics("M", "West Asian", NOT_RECORDED, "self-report")


@pytest.mark.parametrize("stray", ["001_05.jpg", "777_03.jpg", "cat.jpg"])
def test_a_photo_of_nobody_in_the_label_file_is_refused(tmp_path: Path, stray: str) -> None:
    put(small_london(tmp_path), stray)
    with pytest.raises(DatasetError, match=f"london: {stray} is not NNN_03.jpg or NNN_08.jpg"):
        load_london(tmp_path, claims=None)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("24", "24.5", "line 2: face_age is '24.5'"),
        ("west_asian", "martian", "line 3: face_eth is 'martian'"),
        ("female", "f", "line 2: face_gender is 'f'; wanted one of female, male"),
    ],
)
def test_a_value_the_source_does_not_use_is_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    labels = small_london(tmp_path) / "info.csv"
    labels.write_text(labels.read_text().replace(old, new))
    with pytest.raises(DatasetError, match=message):
        load_london(tmp_path, claims=None)
