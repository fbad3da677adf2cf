"""Template sets: what they accept, and that what is written is what is read."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.decision import Metric
from facegate.errors import InputError, StorageError
from facegate.templates import (
    TEXT_COLUMNS,
    EmbedderInfo,
    Labels,
    Origin,
    TemplateSet,
    concatenate,
    require_same_embedder,
    tool_version,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

INFO = EmbedderInfo("three numbers", "ab" * 32, 3, Metric.EUCLIDEAN)
ORIGIN = Origin("test", "cd" * 32, synthetic=False, tool_version=tool_version())


def labels(values: Sequence[str]) -> Labels:
    column = np.empty(len(values), dtype=np.object_)
    column[:] = values
    return column


def a_set(n: int, *, failures: Sequence[int] = (), prefix: str = "t", **changes: Any) -> TemplateSet:  # noqa: ANN401  any column
    """Make n templates of three numbers; the rows named failed."""
    vectors = np.arange(3 * n, dtype=np.float32).reshape(n, 3)
    vectors[list(failures)] = np.nan
    columns: dict[str, Any] = {name: labels(["same"] * n) for name in TEXT_COLUMNS}
    columns |= {
        "template_id": labels([f"{prefix}{i}" for i in range(n)]),
        "failure": labels(["no-face" if i in failures else "" for i in range(n)]),
        "quality": np.linspace(0, 1, n, dtype=np.float32),
        "vectors": vectors,
    }
    return TemplateSet(embedder=INFO, origin=ORIGIN, **(columns | changes))


@settings(max_examples=30, deadline=None)
@given(n=st.integers(0, 12), failed=st.sets(st.integers(0, 11)), rows=st.integers(1, 5))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, n: int, failed: set[int], rows: int
) -> None:
    path = tmp_path_factory.mktemp("set") / "t.parquet"
    written = a_set(n, failures=sorted(row for row in failed if row < n))
    pq.write_table(written.to_table(), path, row_group_size=rows)
    read = TemplateSet.read(path)
    assert (read.embedder, read.origin) == (INFO, ORIGIN)
    assert all(list(getattr(read, name)) == list(getattr(written, name)) for name in TEXT_COLUMNS)
    assert np.array_equal(read.vectors, written.vectors, equal_nan=True)
    assert np.array_equal(read.quality, written.quality)


def test_a_failure_to_enroll_is_a_row_without_a_vector(tmp_path: Path) -> None:
    a_set(3, failures=[1]).write(tmp_path / "t.parquet")
    assert pq.read_table(tmp_path / "t.parquet").column("vector")[1].as_py() is None
    read = TemplateSet.read(tmp_path / "t.parquet")
    assert (len(read), len(read.enrolled), list(read.failure)) == (3, 2, ["", "no-face", ""])


def test_a_failure_with_a_vector_is_refused() -> None:
    with pytest.raises(InputError, match="a failure to enroll carries a vector"):
        a_set(2, failure=labels(["", "no-face"]))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_vector_that_is_not_finite_is_refused(bad: float) -> None:
    vectors = np.zeros((2, 3), dtype=np.float32)
    vectors[1, 2] = bad
    with pytest.raises(InputError, match="1 of 2 vectors hold NaN or infinity"):
        a_set(2, vectors=vectors)


def test_vectors_of_another_width_are_refused() -> None:
    with pytest.raises(InputError, match="vectors have 4 components, embedder three numbers makes 3"):
        a_set(2, vectors=np.zeros((2, 4), dtype=np.float32))


def test_vectors_of_another_precision_are_refused() -> None:
    with pytest.raises(InputError, match="float32"):
        a_set(2, vectors=np.zeros((2, 3)))


def test_a_cosine_embedder_must_give_unit_length() -> None:
    cosine = replace(INFO, metric=Metric.COSINE)
    with pytest.raises(InputError, match="declares unit-length vectors, got one off by"):
        replace(a_set(2), embedder=cosine)


def test_repeated_template_ids_are_refused() -> None:
    with pytest.raises(InputError, match="2 rows, 1 different ids"):
        a_set(2, template_id=labels(["x", "x"]))


def test_columns_of_different_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="column sex has 1 rows, wanted 2"):
        a_set(2, sex=labels(["F"]))


def test_templates_of_different_embedders_never_join() -> None:
    other = replace(a_set(2, prefix="u"), embedder=replace(INFO, name="other", digest="ef" * 32))
    with pytest.raises(InputError, match="templates of different embedders cannot be compared"):
        concatenate([a_set(2), other], origin=ORIGIN)


def test_the_error_about_two_embedders_names_both() -> None:
    with pytest.raises(InputError, match=r"three numbers \(abababababab\) and other \(efefefefefef\)"):
        require_same_embedder(INFO, replace(INFO, name="other", digest="ef" * 32))


def test_joined_sets_keep_their_rows_in_order() -> None:
    joined = concatenate([a_set(2), a_set(3, prefix="u")], origin=ORIGIN)
    assert list(joined.template_id) == ["t0", "t1", "u0", "u1", "u2"]


def test_nothing_to_join_is_an_error() -> None:
    with pytest.raises(InputError, match="got no template set"):
        concatenate([], origin=ORIGIN)


def test_a_file_that_is_not_parquet_is_refused_in_one_sentence(tmp_path: Path) -> None:
    path = tmp_path / "t.parquet"
    path.write_bytes(b"not parquet at all")
    with pytest.raises(InputError, match="cannot read templates from") as caught:
        TemplateSet.read(path)
    assert "\n" not in str(caught.value)


def test_a_parquet_file_of_somebody_else_is_refused(tmp_path: Path) -> None:
    pq.write_table(pa.table({"a": [1]}), tmp_path / "t.parquet")
    with pytest.raises(InputError, match="not a template file of facegate"):
        TemplateSet.read(tmp_path / "t.parquet")


def test_a_full_disk_leaves_the_earlier_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "t.parquet"
    a_set(2).write(path)
    before = path.read_bytes()

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facegate.durable.os.fsync", full)
    with pytest.raises(StorageError, match="No space left on device; what stood there before still stands"):
        a_set(3).write(path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["t.parquet"]
