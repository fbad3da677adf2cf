"""Finding sets by name, and checking them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from small_sets import put, small_folder

from facegate.datasets.check import check_dataset, committed_manifest
from facegate.datasets.registry import DATASETS, find_folder, known_set, open_dataset
from facegate.errors import DatasetError
from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data", cache=tmp_path / "cache", home=tmp_path / "home")


def test_a_folder_of_people_is_opened_where_a_name_would_be(tmp_path: Path, settings: Settings) -> None:
    assert len(open_dataset(str(small_folder(tmp_path / "faces")), settings).photos) == 3


def test_the_data_folder_is_looked_at_before_the_cache(settings: Settings) -> None:
    assert find_folder("london", settings) is None
    (settings.cache / "london").mkdir(parents=True)
    assert find_folder("london", settings) == settings.cache / "london"
    (settings.cache.parent / "data" / "london").mkdir(parents=True)
    assert find_folder("london", settings) == settings.cache.parent / "data" / "london"


@pytest.mark.parametrize("name", DATASETS)
def test_an_absent_set_says_where_it_was_looked_for_and_how_to_get_it(name: str, settings: Settings) -> None:
    with pytest.raises(DatasetError) as caught:
        open_dataset(name, settings)
    message = str(caught.value)
    assert str(settings.data) in message
    assert str(settings.cache) in message
    assert known_set(name).how_to_get in message


def test_without_a_data_folder_the_message_says_that_none_is_set(tmp_path: Path) -> None:
    nowhere = Settings(data=None, cache=tmp_path, home=tmp_path)
    with pytest.raises(DatasetError, match="neither in FACEGATE_DATA, which is not set, nor in"):
        open_dataset("lfw", nowhere)


@pytest.mark.parametrize("name", ["LFW", "nowhere", ""])
def test_what_is_neither_a_name_nor_a_folder_is_refused_with_the_names(name: str, settings: Settings) -> None:
    with pytest.raises(DatasetError, match=r"neither a known data set .lfw, lfw-funneled, .* nor a folder"):
        open_dataset(name, settings)


def test_a_set_that_is_there_in_part_does_not_open(settings: Settings) -> None:
    put(settings.cache / "utkface", "70_0_3_20170104204347174.jpg.chip.jpg")
    with pytest.raises(DatasetError, match="utkface has 1 photos of 1 people, wanted 3,994 of 3,994"):
        open_dataset("utkface", settings)


@pytest.mark.parametrize("name", ["lfw", "london", "meds", "meds-all-poses", "utkface"])
def test_a_committed_manifest_covers_the_photos_that_the_set_claims(name: str) -> None:
    known = known_set(name)
    n_photos = sum(path.endswith(".jpg") for path in committed_manifest(known).digests)
    assert n_photos == known_set("meds-all-poses" if name == "meds" else name).n_photos


def test_committed_manifests_stay_small_enough_to_read() -> None:
    sizes = [len(committed_manifest(known).to_text()) for known in DATASETS.values() if known.manifest]
    assert sum(sizes) < 700_000


def test_a_check_counts_people_and_names_what_is_missing(settings: Settings) -> None:
    put(settings.cache / "london", "001_03.jpg")
    report = check_dataset("london", settings)
    assert (report.n_present, report.n_expected, report.n_people, report.n_people_expected) == (
        1,
        205,
        1,
        102,
    )
    assert report.changed == ("001_03.jpg",)
    assert report.missing[0] == "001_08.jpg"
    assert not report.whole


def test_a_set_that_is_fetched_has_no_committed_manifest() -> None:
    with pytest.raises(DatasetError, match="its own is written when it is fetched"):
        committed_manifest(known_set("lfw-funneled"))
