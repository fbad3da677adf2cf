"""Ready populations and writing them part by part."""

from __future__ import annotations

import errno
import tracemalloc
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facegate.datasets.populations import cosine_population, demo_population, embedder_of, write_population
from facegate.errors import InputError, StorageError
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.datasets.synthetic import SyntheticPopulation


def test_a_file_written_part_by_part_reads_back_as_the_whole_draw(tmp_path: Path) -> None:
    population = demo_population(50, 3)
    seen: list[tuple[int, int]] = []
    write_population(
        population, tmp_path / "s.parquet", rows=33, on_progress=lambda done, of: seen.append((done, of))
    )
    back, whole = TemplateSet.read(tmp_path / "s.parquet"), population.draw()
    assert np.array_equal(back.vectors, whole.vectors)
    assert (list(back.template_id), list(back.race)) == (list(whole.template_id), list(whole.race))
    assert (back.origin, back.embedder) == (whole.origin, whole.embedder)
    assert seen == [(33, 100), (66, 100), (99, 100), (100, 100)]


@pytest.mark.parametrize(
    ("population", "rates"),
    [
        (demo_population(10, 1), (0.002, 0.004, 0.02, 0.05)),
        (cosine_population(10, 1), (1e-5, 3e-5, 3e-4, 1e-3)),
        (cosine_population(10, 1, dimension=128), (1e-5, 3e-5, 3e-4, 1e-3)),
    ],
)
def test_ready_populations_have_the_rates_they_name_and_low_ones_between_groups(
    population: SyntheticPopulation, rates: tuple[float, ...]
) -> None:
    at = population.planted_at
    assert [population.false_match_rate(g, g, at) for g in range(4)] == pytest.approx(rates, rel=1e-9)
    assert max(population.false_match_rate(g, h, at) for g in range(4) for h in range(g)) < rates[0] / 2
    assert 0.001 < population.false_non_match_rate(at) < 0.05


def test_people_are_spread_evenly_and_none_is_lost() -> None:
    assert [group.n_subjects for group in demo_population(10, 1).groups] == [3, 3, 2, 2]


def test_no_group_bears_the_name_of_real_people() -> None:
    assert {group.race for group in demo_population(4, 1).groups} == {"Group A", "Group B"}


@pytest.mark.parametrize("n_subjects", [3, 0, -4])
def test_fewer_people_than_groups_are_refused(n_subjects: int) -> None:
    with pytest.raises(InputError, match=f"at least 4 subjects, got {n_subjects}"):
        demo_population(n_subjects, 1)


def test_a_cosine_space_without_tuned_numbers_is_refused() -> None:
    with pytest.raises(InputError, match="128 or 512 dimensions, got 64"):
        cosine_population(10, 1, dimension=64)


@pytest.mark.parametrize("fault", [OSError(errno.ENOSPC, "No space left on device"), KeyboardInterrupt()])
def test_a_write_that_breaks_off_leaves_the_earlier_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: BaseException
) -> None:
    path = tmp_path / "s.parquet"
    path.write_bytes(b"earlier")

    def write_table(_writer: pq.ParquetWriter, _table: pa.Table) -> None:
        raise fault

    monkeypatch.setattr(pq.ParquetWriter, "write_table", write_table)
    with pytest.raises(StorageError if isinstance(fault, OSError) else KeyboardInterrupt):
        write_population(demo_population(50, 3), path)
    assert [file.name for file in tmp_path.iterdir()] == ["s.parquet"]
    assert path.read_bytes() == b"earlier"


def test_the_embedder_of_a_file_is_read_without_its_templates(tmp_path: Path) -> None:
    population = demo_population(8, 3)
    write_population(population, tmp_path / "s.parquet")
    assert embedder_of(tmp_path / "s.parquet") == population.embedder


def test_a_file_that_holds_no_templates_has_no_embedder(tmp_path: Path) -> None:
    (tmp_path / "s.parquet").write_bytes(b"not parquet")
    with pytest.raises(InputError, match=r"cannot read templates from .*s.parquet"):
        embedder_of(tmp_path / "s.parquet")
    pq.write_table(pa.table({"a": [1]}), tmp_path / "s.parquet")
    with pytest.raises(InputError, match="is not a template file of facegate"):
        embedder_of(tmp_path / "s.parquet")


def test_memory_does_not_grow_with_the_population() -> None:
    """128 components of 4 bytes: 60,000 templates would be 31 MB at once."""
    tracemalloc.start()
    try:
        for part in demo_population(60_000, 7, photos_per_subject=1).draw_parts(2_048):
            assert len(part) <= 2_048
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 12_000_000


@pytest.mark.slow
def test_a_million_templates_are_drawn_part_by_part() -> None:
    parts = [len(part) for part in demo_population(1_000_000, 7, photos_per_subject=1).draw_parts()]
    assert (sum(parts), max(parts)) == (1_000_000, 65_536)
