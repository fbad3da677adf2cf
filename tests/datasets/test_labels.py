"""Label files are read strictly and refused with a line number."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.datasets.labels import age_range, coded, read_rows
from facegate.errors import DatasetError
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from pathlib import Path

REQUIRED = frozenset({"subject"})
OPTIONAL = frozenset({"sex"})


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    return tmp_path / "labels.csv"


def test_rows_know_their_line_and_lose_blanks_around_values(labels: Path) -> None:
    labels.write_text("subject,sex\n\n ada , F\n")
    (row,) = read_rows(labels, required=REQUIRED, optional=OPTIONAL)
    assert (row.line, row["subject"], row["sex"]) == (3, "ada", "F")


def test_a_byte_order_mark_as_spreadsheets_write_it_is_no_part_of_the_first_column(labels: Path) -> None:
    labels.write_bytes(b"\xef\xbb\xbfsubject\nada\n")
    assert len(read_rows(labels, required=REQUIRED)) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "line 1: no column subject; found nothing"),
        (b"person\nada\n", "line 1: no column subject; found person"),
        (b"subject,shoe size\nada,9\n", "line 1: unknown column 'shoe size'"),
        (b"subject,sex,sex\nada,F,F\n", "line 1: a column stands there twice"),
        (b"subject,sex\nada\n", "line 2: 1 values, wanted 2"),
        (b"subject,sex\nada,F,x\n", "line 2: 3 values, wanted 2"),
        (b"subject\nada\nben\nada\n", "line 4: the subject of line 2 again"),
        (b"subject,sex\n,F\n", "line 2: subject is empty"),
        (b'subject,sex\nada,"F\nM"\n', "line 2: sex holds a line break"),
        (b"subject,sex\nada," + b"x" * 81 + b"\n", "line 2: sex holds a line break.* more than 80"),
        (b"subject\n\xff\xfe\n", "not a comma-separated text file in UTF-8"),
        (b'subject\n"ada\n', "not a comma-separated text file"),
        (b"subject;sex\nada;F\n", "line 1: no column subject"),
    ],
)
def test_a_label_file_that_is_not_exact_is_refused_with_its_line(
    labels: Path, content: bytes, message: str
) -> None:
    labels.write_bytes(content)
    with pytest.raises(DatasetError, match=message):
        read_rows(labels, required=REQUIRED, optional=OPTIONAL, key="subject")


def test_a_message_about_a_repeated_subject_does_not_name_the_person(labels: Path) -> None:
    labels.write_text("subject\nada\nada\n")
    with pytest.raises(DatasetError) as caught:
        read_rows(labels, required=REQUIRED, key="subject")
    assert "ada" not in str(caught.value).replace(str(labels), "")


def test_a_missing_label_file_is_one_sentence(labels: Path) -> None:
    with pytest.raises(DatasetError, match=r"cannot read the labels .*labels.csv: No such file"):
        read_rows(labels, required=REQUIRED)


def test_an_unknown_code_is_not_guessed(labels: Path) -> None:
    labels.write_text("subject,sex\nada,female\n")
    (row,) = read_rows(labels, required=REQUIRED, optional=OPTIONAL)
    with pytest.raises(DatasetError, match="line 2: sex is 'female'; wanted one of F, M, or nothing"):
        coded(row, "sex", {"F": "F", "M": "M"}, labels)


@pytest.mark.parametrize("value", ["", NOT_RECORDED])
def test_nothing_and_not_recorded_are_the_same_value(labels: Path, value: str) -> None:
    labels.write_text(f"subject,sex\nada,{value}\n")
    (row,) = read_rows(labels, required=REQUIRED, optional=OPTIONAL)
    assert coded(row, "sex", {"F": "F"}, labels) == NOT_RECORDED


@given(st.integers(18, 65))
def test_an_age_lies_inside_the_range_it_is_put_into(years: int) -> None:
    low, high = map(int, age_range(years).split("-"))
    assert low <= years <= high


@pytest.mark.parametrize(
    ("years", "named"), [(17.99, "under 18"), (18, "18-25"), (65.9, "56-65"), (66, "over 65")]
)
def test_completed_years_decide_at_the_edges(years: float, named: str) -> None:
    assert age_range(years) == named
