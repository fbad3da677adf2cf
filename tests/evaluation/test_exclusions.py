"""What a reviewer leaves out, read strictly and used on the right data only."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_population import templates_of

from facegate.decision import Metric
from facegate.errors import InputError
from facegate.evaluation.review.exclusions import (
    Exclusions,
    ReviewVerdict,
    kept_rows,
    read_exclusions,
    top_pairs_exclusions,
)
from facegate.evaluation.review.spreadsheet_cells import marked_cell, text_of_cell
from facegate.evaluation.review.suspects import COLUMNS

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.templates import TemplateSet

HEAD = "rank,first_photo,second_photo,first_person,second_person,verdict\n"


def sheet(folder: Path, *rows: str, head: str = HEAD) -> Path:
    path = folder / "suspects.csv"
    path.write_text(head + "".join(f"{row}\n" for row in rows), encoding="utf-8")
    return path


def three_people() -> TemplateSet:
    """Make p with t0 and t1, q with t2, r with t3 (a failure)."""
    people = [("p", "Black", "F"), ("p", "Black", "F"), ("q", "White", "M"), ("r", "White", "M")]
    return templates_of(people, np.eye(4), failures=frozenset({3}))


@pytest.mark.parametrize(
    ("verdict", "photos", "people"),
    [
        ("keep", set(), set()),
        ("same person", set(), {"q"}),
        ("first photo", {"t0"}, set()),
        ("second photo", {"t2"}, set()),
        ("both photos", {"t0", "t2"}, set()),
        ("first person", set(), {"p"}),
        ("second person", set(), {"q"}),
        ("both people", set(), {"p", "q"}),
    ],
)
def test_each_verdict_leaves_out_what_it_says(
    tmp_path: Path, verdict: str, photos: set[str], people: set[str]
) -> None:
    found = read_exclusions(sheet(tmp_path, f"1,t0,t2,p,q,{verdict}"))
    assert (set(found.photos), set(found.people), found.reviewed) == (photos, people, 1)


def test_every_verdict_there_is_has_been_tried_above() -> None:
    assert len(ReviewVerdict) == 8


def test_pairs_without_a_verdict_are_not_reviewed(tmp_path: Path) -> None:
    path = sheet(tmp_path, "1,t0,t2,p,q,Keep ", "2,t1,t2,p,q,", "", "3,t0,t3,p,r,SAME  person")
    found = read_exclusions(path)
    assert (set(found.people), found.reviewed) == ({"r"}, 2)
    assert found.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert found.about == "without 0 photos and 1 person that a reviewer left out (2 pairs reviewed)"


def test_a_sheet_saved_by_a_spreadsheet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "saved.csv"
    text = (HEAD + "1,t0,t2,p,q,second photo\n").replace(",", ";").replace("\n", "\r\n")
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_exclusions(path).photos == {"t2"}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            ["1,t0,t2,p,q,keep", "2,t0,t3,p,r,remove"],
            r"line 3: verdict is 'remove', wanted nothing or one of keep",
        ),
        (["1,t0,t2,p,q"], r"line 2: 5 fields, wanted 6"),
        (["1,t0,,p,q,keep"], r"line 2: second_photo is empty"),
        (
            ["1,t0,t2,p,q,keep", "2,t2,t0,q,p,same person"],
            r"line 3: one pair has two verdicts, keep and same",
        ),
        (["1,t0,t2,p,q,"], "holds no verdict: nobody has reviewed it"),
        (['1,"t0,t2,p,q,keep'], "is no CSV"),
    ],
)
def test_a_slip_in_the_sheet_is_one_sentence_with_its_line(
    tmp_path: Path, rows: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_exclusions(sheet(tmp_path, *rows))


@pytest.mark.parametrize("head", ["", "rank,verdict\n", HEAD.replace("rank", "verdict")])
def test_a_file_with_other_columns_is_no_sheet(tmp_path: Path, head: str) -> None:
    with pytest.raises(InputError, match="is no sheet of suspects: wanted one column"):
        read_exclusions(sheet(tmp_path, head=head))


def test_a_file_that_is_not_there_or_no_text_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*: No such file"):
        read_exclusions(tmp_path / "none.csv")
    (tmp_path / "latin.csv").write_bytes(HEAD.encode() + b"\xe9")
    with pytest.raises(InputError, match="is not UTF-8 text"):
        read_exclusions(tmp_path / "latin.csv")


def test_rows_of_people_and_photos_left_out_are_marked_failures_too(tmp_path: Path) -> None:
    found = read_exclusions(sheet(tmp_path, "1,t0,t2,p,q,first photo", "2,t1,t3,p,r,second person"))
    assert kept_rows(three_people(), found).tolist() == [False, True, True, False]


def test_nothing_left_out_keeps_every_row(tmp_path: Path) -> None:
    assert kept_rows(three_people(), read_exclusions(sheet(tmp_path, "1,t0,t2,p,q,keep"))).all()


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("1,t0,t9,p,q,keep", "of the photos named in the reviewed sheet, 1 are not in these data"),
        ("1,t0,t2,p,x,keep", "of the people named in the reviewed sheet, 1 are not in these data"),
        ("1,t0,t2,q,p,keep", "gives photos to other people than these data do .2 times."),
    ],
)
def test_a_sheet_of_other_data_or_with_moved_cells_is_refused_at_use(
    tmp_path: Path, row: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        kept_rows(three_people(), read_exclusions(sheet(tmp_path, row)))


def test_a_circle_of_the_same_person_keeps_one_of_them(tmp_path: Path) -> None:
    rows = ["1,t0,t2,p,q,same person", "2,t2,t3,q,r,same person", "3,t0,t3,p,r,same person"]
    assert kept_rows(three_people(), read_exclusions(sheet(tmp_path, *rows))).tolist() == [
        True, True, False, False,
    ]  # fmt: skip


def test_both_photos_of_the_highest_pairs_are_left_out() -> None:
    rows = [(0.7, "t0", "t2", "p", "q", "g", "g"), (0.9, "t1", "t2", "p", "q", "g", "g")]
    tail = pa.table(dict(zip(COLUMNS, zip(*rows, strict=True), strict=True)))
    found = top_pairs_exclusions(tail, 1, metric=Metric.EUCLIDEAN)
    assert (set(found.photos), set(found.people), found.reviewed) == ({"t1", "t2"}, set(), 0)
    assert top_pairs_exclusions(tail, 99, metric=Metric.EUCLIDEAN).photos == {"t0", "t1", "t2"}
    with pytest.raises(InputError, match="at least 1 pair"):
        top_pairs_exclusions(tail, 0, metric=Metric.EUCLIDEAN)


def test_exclusions_of_no_sheet_leave_the_named_photos_out() -> None:
    out = Exclusions(frozenset({"t2"}), frozenset(), 0, "")
    assert kept_rows(three_people(), out).tolist() == [True, True, False, True]


@given(st.text(max_size=8) | st.text(alphabet="=+-@'\t\r\nx1", max_size=4))
def test_a_marked_cell_runs_nothing_and_gives_its_text_back(text: str) -> None:
    cell = marked_cell(text)
    assert not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert text_of_cell(cell) == text
