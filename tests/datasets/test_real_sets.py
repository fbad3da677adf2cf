"""The public sets as they lie under FACEGATE_DATA: counts, labels, and a fingerprint of each."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from small_sets import settings_with_data

from facegate.datasets.check import check_dataset
from facegate.datasets.lfw import sex_list_disagreements
from facegate.datasets.registry import open_dataset, require_folder

if TYPE_CHECKING:
    from facegate.datasets.dataset import Dataset

pytestmark = pytest.mark.data

NAMES = ("lfw", "london", "meds", "meds-all-poses", "utkface")
FINGERPRINTS = {
    "lfw": "338ca47a596e863f",
    "london": "e1ab9a40ee3e3981",
    "meds": "e380891f97cb62c0",
    "meds-all-poses": "64641d3fb09b6c23",
    "utkface": "3834efd5714629b1",
}


def fingerprint(dataset: Dataset) -> str:
    """Digest ids and labels, in order."""
    lines = (
        f"{p.photo_id}\t{p.subject_id}\t{d.sex}\t{d.race}\t{d.age_class}\t{d.label_source}"
        for p in dataset.photos
        for d in [p.demographics]
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]


@pytest.mark.parametrize("name", NAMES)
def test_photos_people_and_labels_are_those_that_were_reviewed(name: str) -> None:
    assert fingerprint(open_dataset(name, settings_with_data())) == FINGERPRINTS[name]


@pytest.mark.parametrize("name", NAMES)
def test_every_file_is_that_of_the_committed_manifest(name: str) -> None:
    report = check_dataset(name, settings_with_data())
    assert report.whole, report
    assert report.n_people == report.n_people_expected


def test_sex_labels_of_lfw_disagree_with_the_reviewed_lists_nowhere() -> None:
    assert sex_list_disagreements(require_folder("lfw", settings_with_data())) == {
        "listed": 13_229,
        "agree": 13_224,
        "both": 5,
        "against": 0,
        "people without a sex": 6,
    }
