"""The tail and the histograms on disk: what is read is what was found, whatever the order of the input."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from small_population import drawn

from facegate.errors import InputError
from facegate.evaluation.comparison_store import histograms_npz, read_histograms, read_tail, tail_parquet
from facegate.evaluation.comparisons import Comparisons, compare_all
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.templates import TemplateSet

TEMPLATES = drawn(3, n_people=40)


def compared(templates: TemplateSet, floor: float = 0.2) -> Comparisons:
    metric = templates.embedder.metric
    return compare_all(templates.enrolled.vectors, population_of(templates), metric=metric, floor=floor)


def stored(templates: TemplateSet, floor: float = 0.2) -> bytes:
    enrolled = templates.enrolled
    return tail_parquet(
        compared(templates, floor),
        population_of(templates),
        template_ids=enrolled.template_id,
        subject_ids=enrolled.subject_id,
    )


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_a_stored_tail_names_the_pairs_that_were_found(tmp_path: Path) -> None:
    tail, found = read_tail(written(tmp_path / "tail", stored(TEMPLATES))), compared(TEMPLATES).tail
    ids = TEMPLATES.enrolled.template_id
    pairs = {frozenset(pair) for pair in zip(tail.first_template, tail.second_template, strict=True)}
    assert pairs == {frozenset((ids[i], ids[j])) for i, j in zip(found.first, found.second, strict=True)}
    assert sorted(tail.scores) == sorted(found.scores)
    assert tail.floor == compared(TEMPLATES).floor


def test_each_side_of_a_stored_pair_has_its_own_person_and_group(tmp_path: Path) -> None:
    tail = read_tail(written(tmp_path / "tail", stored(TEMPLATES)))
    population, enrolled = population_of(TEMPLATES), TEMPLATES.enrolled
    row = {name: place for place, name in enumerate(enrolled.template_id)}
    for side in ("first", "second"):
        places = np.array([row[name] for name in getattr(tail, f"{side}_template")])
        assert getattr(tail, f"{side}_subject").tolist() == enrolled.subject_id[places].tolist()
        names = [population.names[group] for group in population.group_of_template[places]]
        assert getattr(tail, f"{side}_group").tolist() == names


def test_the_highest_score_stands_first(tmp_path: Path) -> None:
    tail = read_tail(written(tmp_path / "tail", stored(TEMPLATES)))
    assert (np.diff(tail.scores) <= 0).all()
    assert (tail.first_template < tail.second_template).all()


def test_the_order_of_the_input_changes_no_byte() -> None:
    backwards = TEMPLATES.select(np.arange(len(TEMPLATES))[::-1])
    assert stored(backwards) == stored(TEMPLATES)


def test_an_empty_tail_is_stored_too(tmp_path: Path) -> None:
    tail = read_tail(written(tmp_path / "tail", stored(TEMPLATES, floor=1.5)))
    assert len(tail) == len(tail.first_template) == 0


def test_stored_histograms_are_what_they_were(tmp_path: Path) -> None:
    found, population = compared(TEMPLATES).histograms, population_of(TEMPLATES)
    assert found is not None
    again, groups = read_histograms(written(tmp_path / "histograms.npz", histograms_npz(found, population)))
    for name in ("edges", "non_mated", "mated"):
        assert np.array_equal(getattr(again, name), getattr(found, name))
    assert groups == population.names


def test_equal_histograms_are_stored_as_equal_bytes() -> None:
    found, population = compared(TEMPLATES).histograms, population_of(TEMPLATES)
    assert found is not None
    assert histograms_npz(found, population) == histograms_npz(found, population)


@pytest.mark.parametrize("content", [b"", b"not a file of ours", stored(TEMPLATES)[:-20]])
def test_what_is_no_tail_and_no_histogram_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="cannot read a tail from"):
        read_tail(written(tmp_path / "tail.parquet", content))
    with pytest.raises(InputError, match="cannot read histograms from"):
        read_histograms(written(tmp_path / "histograms.npz", content))


def test_templates_are_no_tail(tmp_path: Path) -> None:
    TEMPLATES.write(tmp_path / "templates.parquet")
    with pytest.raises(
        InputError, match="not a stored tail: wanted facegate-tail/1, got facegate-templates/1"
    ):
        read_tail(tmp_path / "templates.parquet")


def test_a_file_that_is_not_there_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.parquet"):
        read_tail(tmp_path / "nowhere.parquet")
    with pytest.raises(InputError, match=r"nowhere\.npz"):
        read_histograms(tmp_path / "nowhere.npz")
