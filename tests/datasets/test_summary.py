"""Counting who is in a set."""

from __future__ import annotations

from typing import TYPE_CHECKING

from small_sets import small_lfw

from facegate.datasets.claims import Claims
from facegate.datasets.lfw import load_lfw
from facegate.datasets.summary import GroupCount, age_counts, group_counts, markdown_counts

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.datasets.dataset import Dataset


def small(folder: Path) -> Dataset:
    return load_lfw(small_lfw(folder), claims=Claims(4, 3))


def test_groups_keep_label_sources_apart_and_add_up_to_all(tmp_path: Path) -> None:
    groups = group_counts(small(tmp_path))
    assert groups == (
        GroupCount("White", "M", "classifier", 1, 0, 1),
        GroupCount("Black", "F", "human", 1, 1, 2),
        GroupCount("not recorded", "not recorded", "not recorded", 1, 0, 1),
    )
    assert sum(group.n_photos for group in groups) == 4


def test_ages_count_photos_and_keep_not_recorded(tmp_path: Path) -> None:
    assert age_counts(small(tmp_path)) == (("Child|Youth", 1), ("Youth", 2), ("not recorded", 1))


def test_a_bar_inside_a_value_does_not_end_a_markdown_cell(tmp_path: Path) -> None:
    assert "| Child\\|Youth | 1 |" in markdown_counts(small(tmp_path))
