"""Vectors and scores that a tester brings: taken as they are, or refused in a sentence."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from port_room import SMALL, SYSTEM, npz, sent, zipped

from facegate.decision import Metric, Threshold
from facegate.errors import InputError
from facegate.server.test_port.given import Kind
from facegate.server.test_port.running import Counted, look_at
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.server.test_port.system import System

VECTORS = np.arange(12, dtype=np.float32).reshape(4, 3) / 12
SUBJECTS = np.array(["p1", "p1", "p2", "p2"])
SCORES = "score,first_subject,second_subject,group\n0.9,p1,p1,A\n0.1,p1,p2,A\n"


def parquet(**columns: Any) -> bytes:  # noqa: ANN401  whatever pyarrow takes
    buffer = io.BytesIO()
    pq.write_table(pa.table(columns), buffer)
    return buffer.getvalue()


def seen(folder: Path, kind: Kind, data: bytes, system: System = SYSTEM) -> Counted:
    return look_at(sent(folder, kind, data), system, SMALL)


def test_an_npz_of_vectors_is_counted(tmp_path: Path) -> None:
    data = npz(vector=VECTORS, subject=SUBJECTS, group=np.array(["A", "A", "B", "B"]))
    assert seen(tmp_path, Kind.VECTORS, data) == Counted(4, 2, 2)


def test_a_parquet_of_vectors_is_counted(tmp_path: Path) -> None:
    data = parquet(vector=VECTORS.tolist(), subject=SUBJECTS.tolist(), sex=["F", "F", "M", "M"])
    assert seen(tmp_path, Kind.VECTORS, data) == Counted(4, 2, 2)


def test_vectors_without_a_group_are_one_group_not_recorded(tmp_path: Path) -> None:
    assert seen(tmp_path, Kind.VECTORS, npz(vector=VECTORS, subject=SUBJECTS)) == Counted(4, 2, 1)


def bent(**changes: Any) -> bytes:  # noqa: ANN401  whatever numpy takes
    whole = {"vector": VECTORS, "subject": SUBJECTS, "group": np.array(["A", "A", "B", "B"])}
    return npz(**{**whole, **changes})


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (npz(subject=SUBJECTS), "no array 'vector'"),
        (npz(vector=VECTORS), "no array 'subject'"),
        (bent(vector=VECTORS[:3]), "shape|wanted one value for each"),
        (bent(vector=np.eye(4, 5)), "have 5 components, colors makes 3"),
        (bent(vector=np.where(VECTORS > 0.9, np.inf, VECTORS)), "infinite or huge"),
        (bent(vector=np.zeros((4, 3), np.float32)), "repeat one of the same person: 2"),
        (bent(vector=np.array(["a"] * 4)), "wanted rows of numbers"),
        (bent(vector=np.array([{"a": 1}] * 4, dtype=object)), "Python objects"),
        (bent(group=np.array(["A", "B", "B", "B"])), "1 people are in more than one group"),
        (bent(subject=np.array(["p1", "p1", "", "p2"])), "no subject is named"),
        (bent(subject=np.array(["p\n1", "p\n1", "p2", "p2"])), "control character"),
        (bent(groupe=SUBJECTS), "unknown column 'groupe'"),
        (bent(sex=SUBJECTS), "ready-made group: give it, or sex, not both"),
        (b"PK\x03\x04 and nothing more", "damaged"),
        (b"PAR1 and nothing more", "Parquet"),
        (b"vector,subject\n1,p1\n", "neither"),
        (b"", "neither"),
    ],
)  # fmt: skip
def test_vectors_that_cannot_be_used_are_refused(tmp_path: Path, data: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        seen(tmp_path, Kind.VECTORS, data)
    assert str(tmp_path) not in str(refused.value)


def test_more_vectors_than_a_test_takes_are_refused(tmp_path: Path) -> None:
    many = np.random.default_rng(1).random((41, 3)).astype(np.float32)
    with pytest.raises(InputError, match="41 vectors, at most 40"):
        seen(tmp_path, Kind.VECTORS, npz(vector=many, subject=np.arange(41).astype(str)))


def test_an_npz_that_says_it_is_huge_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="more than 16 arrays or 400,000 bytes"):
        seen(tmp_path, Kind.VECTORS, npz(vector=np.zeros((100_000, 3), np.float32), subject=SUBJECTS))


def test_a_parquet_that_says_it_is_huge_is_refused_unread(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="unpacks to more than 400,000 bytes"):
        seen(tmp_path, Kind.VECTORS, parquet(vector=[[0.0] * 3] * 50_000, subject=["p"] * 50_000))


def test_scores_are_counted(tmp_path: Path) -> None:
    assert seen(tmp_path, Kind.SCORES, SCORES.encode()) == Counted(None, 2, 1)


def test_scores_of_unnamed_people_count_nobody(tmp_path: Path) -> None:
    counted = seen(tmp_path, Kind.SCORES, b"score,mated\n0.9,yes\n0.1,no\n")
    assert counted == Counted(None, None, 1)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "is empty"),
        ("score,first_subject,second_subject\n", "no rows"),
        ("first_subject,second_subject\np1,p2\n", "exactly one of the columns score"),
        ("score,distance,mated\n1,1,yes\n", "exactly one of the columns score"),
        ("score,first_subject\n0.1,p1\n", "columns of the two sides differ"),
        ("score,group\n0.1,A\n", "need first_subject and second_subject, or a column mated"),
        ("score,mated,first_template,second_template\n0.1,no,a,b\n", "need first_subject"),
        ("score,first_subject,second_subject,gruop\n0.1,p1,p2,A\n", "unknown column 'gruop'"),
        ("score,mated\nnan,yes\n", "not a number|NaN|nan"),
        ("score,mated\ninf,yes\n", "infinite|finite"),
        ("score,mated\nhigh,yes\n", "line 2: wanted .*'high'"),
        ("score,mated\n0.1,perhaps\n", "line 2: wanted .*'perhaps'"),
        ("score,first_subject,second_subject\n0.1,,p2\n", "line 2: wanted a name"),
        ("score,first_subject,second_subject\n0.1,p1,p2\n0.1,p1,p2\n", "repeat|again|twice"),
        ("score,first_subject,second_subject,group,first_group,second_group\n1,a,b,c,d,e\n", "columns|group"),
    ],
)
def test_scores_that_cannot_be_used_are_refused(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        seen(tmp_path, Kind.SCORES, text.encode())
    assert str(tmp_path) not in str(refused.value)


def test_scores_in_a_zip_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="one CSV or one Parquet file"):
        seen(tmp_path, Kind.SCORES, zipped({"scores.csv": SCORES.encode()}))


def test_more_scores_than_a_test_takes_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"0.{n},p{n},q{n}\n" for n in range(201))
    with pytest.raises(InputError, match="201 scores, at most 200"):
        seen(tmp_path, Kind.SCORES, f"score,first_subject,second_subject\n{rows}".encode())


def test_distances_do_not_fit_an_embedder_without_them(tmp_path: Path) -> None:
    class Cosine:
        info = EmbedderInfo("cosines", "cd" * 32, 3, Metric.COSINE)
        embed = SYSTEM.embedder.embed

    system = replace(SYSTEM, embedder=Cosine(), threshold=Threshold(0.5, Metric.COSINE))
    with pytest.raises(InputError, match="give a column score, not distance"):
        seen(tmp_path, Kind.SCORES, b"distance,mated\n0.1,yes\n", system)
