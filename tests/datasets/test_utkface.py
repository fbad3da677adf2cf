"""The UTKFace loader on two strangers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import put

from facegate.datasets.claims import Claims
from facegate.datasets.utkface import load_utkface
from facegate.errors import DatasetError
from facegate.records import Demographics

if TYPE_CHECKING:
    from pathlib import Path


def test_every_photo_is_a_stranger_with_the_labels_of_its_name(tmp_path: Path) -> None:
    put(tmp_path, "70_0_3_20170104204347174.jpg.chip.jpg", "21_1_2_20170104204347174.jpg.chip.jpg")
    whole = load_utkface(tmp_path, claims=Claims(2, 2))
    assert whole.n_subjects == len(whole.photos) == 2
    assert [photo.demographics for photo in whole.photos] == [
        Demographics("F", "Asian", "18-25", "estimate checked by annotator"),
        Demographics("M", "Indian", "over 65", "estimate checked by annotator"),
    ]


def test_the_one_name_that_lacks_a_dot_is_read_all_the_same(tmp_path: Path) -> None:
    put(tmp_path, "55_0_0_20170116232725357jpg.chip.jpg")
    assert load_utkface(tmp_path, claims=Claims(1, 1)).photos[0].photo_id == "55_0_0_20170116232725357"


@pytest.mark.parametrize(
    "name", ["39_1_20170112213500903.jpg.chip.jpg", "39_1_4_20170112213500903.jpg.chip.jpg"]
)
def test_a_name_without_its_labels_is_refused_not_guessed(tmp_path: Path, name: str) -> None:
    put(tmp_path, name)
    with pytest.raises(DatasetError, match=f"utkface: {name} is not <age>_<sex>_<race>_<stamp>"):
        load_utkface(tmp_path, claims=None)
