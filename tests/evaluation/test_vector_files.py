"""Vectors made elsewhere become templates like any other, or the reason is said."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from made_elsewhere import count_of, keys, write_csv

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.inputs.spec import vectors_spec
from facegate.evaluation.inputs.vectors import load_vectors
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.evaluation.provenance import InputSummary
    from facegate.templates import TemplateSet

SPEC = """
file = "v.parquet"
metric = "euclidean"
label_source = "self-report"
[columns]
vector = "v"
subject = "who"
template = "photo"
race = "race"
"""
VECTORS = np.array([[3.0, 4.0], [0.0, 1.0], [1.0, 1.0], [2.0, 2.0]])
WHO, PHOTO, RACE = ["a", "a", "b", "c"], ["t1", "t2", "t3", "t4"], ["X", "X", "Y", None]


def load(folder: Path, text: str = SPEC, *, memory: int | None = None) -> tuple[TemplateSet, InputSummary]:
    """Load the vectors that a table describes."""
    return load_vectors(vectors_spec(keys(text, "data.vectors.")), folder, memory=memory)


def write(folder: Path, vectors: Any = VECTORS, **columns: list[Any]) -> None:  # noqa: ANN401  any lists of numbers
    """Write one Parquet table."""
    named = {"who": WHO, "photo": PHOTO, "race": RACE} | columns
    table = {"v": [None if one is None else list(one) for one in vectors]} | named
    pq.write_table(pa.table(table), folder / "v.parquet")


def test_three_kinds_of_file_give_the_same_templates(tmp_path: Path) -> None:
    write(tmp_path)
    templates, summary = load(tmp_path)
    np.savez(tmp_path / "v.npz", v=VECTORS, who=WHO, photo=PHOTO, race=["X", "X", "Y", ""])
    np.save(tmp_path / "v.npy", VECTORS.astype(np.float32))
    write_csv(tmp_path / "people.csv", ("who", "photo", "race"), zip(WHO, PHOTO, RACE, strict=True))
    of_npz, _ = load(tmp_path, SPEC.replace("v.parquet", "v.npz"))
    listed = SPEC.replace("v.parquet", 'v.npy"\nlabels = "people.csv').replace('vector = "v"\n', "")
    of_npy, _ = load(tmp_path, listed)
    for other in (of_npz, of_npy):
        np.testing.assert_array_equal(other.vectors, templates.vectors)
        for column in ("subject_id", "template_id", "race", "sex", "label_source"):
            assert getattr(other, column).tolist() == getattr(templates, column).tolist()
    assert templates.race.tolist() == ["X", "X", "Y", "not recorded"]
    assert templates.label_source.tolist() == ["self-report"] * 4
    assert (summary.kind, summary.rows, summary.people, summary.groups) == ("vectors", 4, 3, 3)


@pytest.mark.parametrize("gap", [None, [np.nan, 1.0], [None, 1.0]])
def test_a_missing_vector_is_a_failure_to_enroll_and_stays_a_row(tmp_path: Path, gap: Any) -> None:  # noqa: ANN401  any gap
    write(tmp_path, [*VECTORS[:3], gap])
    templates, summary = load(tmp_path)
    assert templates.failure.tolist() == ["", "", "", "no-vector"]
    assert count_of(summary, "rows without a vector")[0] == 1
    assert [group.failures for group in population_of(templates, by=("race",)).groups] == [0, 0, 1]


def test_cosine_vectors_are_brought_to_unit_length_only_when_asked(tmp_path: Path) -> None:
    write(tmp_path)
    cosine = SPEC.replace("euclidean", "cosine")
    with pytest.raises(InputError, match=r"row 1 is not of unit length.*say normalize = true"):
        load(tmp_path, cosine)
    templates, _ = load(tmp_path, cosine.replace("[columns]", "normalize = true\n[columns]"))
    np.testing.assert_allclose(templates.vectors[0], [0.6, 0.8], rtol=1e-6)
    assert templates.embedder.metric is Metric.COSINE


def test_a_model_is_known_by_what_the_protocol_says_or_by_its_files(tmp_path: Path) -> None:
    write(tmp_path)
    unnamed, _ = load(tmp_path)
    named, _ = load(tmp_path, SPEC.replace("[columns]", 'model = "m"\nmodel_digest = "abc"\n[columns]'))
    assert (named.embedder.name, named.embedder.digest) == ("m", "abc")
    write(tmp_path, VECTORS + 1)
    other, _ = load(tmp_path)
    assert unnamed.embedder.digest != other.embedder.digest
    assert unnamed.origin.dataset == "v.parquet"


def test_a_repeated_vector_of_one_person_stops_the_run_or_is_left_out(tmp_path: Path) -> None:
    write(tmp_path, VECTORS[[0, 0, 2, 2]])
    with pytest.raises(
        InputError, match=r"v\.parquet that repeat one of the same person: 1, the first in row 2"
    ):
        load(tmp_path)
    templates, summary = load(tmp_path, SPEC.replace("[columns]", 'duplicates = "leave-out"\n[columns]'))
    assert templates.template_id.tolist() == ["t1", "t3", "t4"]
    assert count_of(summary, "vectors that repeat") == (1, "left out")
    assert count_of(summary, "vectors that are also another person's") == (1, "kept")
    kept, _ = load(tmp_path, SPEC.replace("[columns]", 'duplicates = "keep"\n[columns]'))
    assert len(kept) == 4


@pytest.mark.parametrize(
    ("vectors", "columns", "why"),
    [
        ([*VECTORS[:3], [np.inf, 1.0]], {}, "vectors with an infinite or huge number: 1, the first in row 4"),
        ([*VECTORS[:3], [1.0]], {}, r"v\.parquet, row 4: the vector has 1 numbers, other vectors have 2"),
        (VECTORS, {"photo": ["t1", "t1", "t3", "t4"]}, "row 2: this template stands there already"),
        (VECTORS, {"who": ["a", None, "b", "c"]}, "row 2: no subject is named"),
        (VECTORS, {"race": ["X", "Y", "Y", "X"]}, "labels contradict each other: 1 people"),
        ([["x"], ["y"], ["x"], ["y"]], {}, "wanted lists of numbers"),
    ],
)
def test_a_row_at_fault_is_named(
    tmp_path: Path,
    vectors: Any,  # noqa: ANN401  any lists
    columns: dict[str, list[Any]],
    why: str,
) -> None:
    write(tmp_path, vectors, **columns)
    with pytest.raises(InputError, match=why):
        load(tmp_path)


def test_a_vector_of_zeros_has_no_cosine(tmp_path: Path) -> None:
    write(tmp_path, VECTORS * [[0], [1], [1], [1]])
    text = SPEC.replace("euclidean", "cosine").replace("[columns]", "normalize = true\n[columns]")
    with pytest.raises(InputError, match="row 1 is all zero, so no cosine is defined"):
        load(tmp_path, text)


def test_lists_that_do_not_fit_the_vectors_are_refused(tmp_path: Path) -> None:
    np.savez(tmp_path / "v.npz", v=VECTORS, who=WHO[:3], photo=PHOTO, race=["X"] * 4)
    with pytest.raises(
        InputError, match=r"array 'who' has shape \(3,\), wanted one value for each of 4 vectors"
    ):
        load(tmp_path, SPEC.replace("v.parquet", "v.npz"))
    np.save(tmp_path / "v.npy", VECTORS)
    write_csv(tmp_path / "people.csv", ("who", "photo", "race"), [("a", "t1", "X")])
    listed = SPEC.replace("v.parquet", 'v.npy"\nlabels = "people.csv').replace('vector = "v"\n', "")
    with pytest.raises(InputError, match=r"v\.npy holds 4 vectors, people\.csv has 1 rows"):
        load(tmp_path, listed)


def test_missing_damaged_or_empty_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"v\.parquet is missing"):
        load(tmp_path)
    (tmp_path / "v.parquet").write_bytes(b"nothing")
    with pytest.raises(InputError, match="cannot be read as Parquet"):
        load(tmp_path)
    write(tmp_path, VECTORS[:0], who=[], photo=[], race=[])
    with pytest.raises(InputError, match="no rows"):
        load(tmp_path)
    np.savez(tmp_path / "v.npz", v=np.array([{}]), who=["a"], photo=["t"], race=["X"])
    with pytest.raises(InputError, match="it holds Python objects"):
        load(tmp_path, SPEC.replace("v.parquet", "v.npz"))


def test_memory_smaller_than_the_vectors_is_said(tmp_path: Path) -> None:
    write(tmp_path)
    with pytest.raises(
        InputError, match=r"the vectors of v\.parquet need about .* this machine has [0-9,]+ KiB free"
    ):
        load(tmp_path, memory=10)
