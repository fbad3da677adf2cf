"""``labels.csv`` of a test: what it must say, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from facegate.errors import InputError
from facegate.server.test_port.labels import read_labels

if TYPE_CHECKING:
    from pathlib import Path

TWO = ("a.png", "b.png")


def test_rows_come_in_the_order_of_the_photos(tmp_path: Path) -> None:
    labels = read_labels(b"file,subject,group\nb.png,p1,B\na.png,p2,A\n", TWO, tmp_path)
    assert [row["file"] for row in labels.rows] == ["a.png", "b.png"]
    assert labels.by == ("group",)
    assert labels.column("group") == ["A", "B"]


def test_labels_make_a_group_together(tmp_path: Path) -> None:
    labels = read_labels(b"file,subject,sex,race\na.png,p1,F,\nb.png,p2,M,Black\n", TWO, tmp_path)
    assert labels.by == ("race", "sex")
    assert labels.column("race") == ["not recorded", "Black"]


def test_nothing_of_the_labels_stays_on_the_disk(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        read_labels(b"file,subject\na.png,p1\n", TWO, tmp_path)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "no column file, subject"),
        (b"file,subject,group\n", "nothing to test: 2 photos, and 0 lines"),
        (b"file,group\na.png,A\nb.png,A\n", "no column subject"),
        (b"file,subject,groupe\na.png,p1,A\nb.png,p1,A\n", "unknown column 'groupe'"),
        (b"file,subject\na.png,p1\n", "1 files without a line in labels.csv: 'b.png'"),
        (
            b"file,subject\na.png,p1\nb.png,p1\nc.png,p1\n",
            "1 files that are not in the archive; .*'c.png', line 4",
        ),
        (b"file,subject\na.png,p1\na.png,p1\nb.png,p1\n", "line 3: the file of line 2 again"),
        (b"file,subject\na.png,\nb.png,p1\n", "line 2: subject is empty"),
        (b"file,subject\n,p1\nb.png,p1\n", "line 2: file is empty"),
        (
            b"file,subject,group,sex\na.png,p1,A,F\nb.png,p1,A,F\n",
            "ready-made group: give it, or sex, not both",
        ),
        (b"file,subject\na.png,p1,x\nb.png,p1\n", "line 2: 3 values, wanted 2"),
        (b"file,subject\na.png,p\x071\nb.png,p1\n", "control character"),
        (b"\xff\xfe\x00", "not a comma-separated text file in UTF-8"),
        (b"file,file,subject\n", "a column stands there twice"),
    ],
)
def test_labels_that_do_not_fit_are_refused_with_their_line(tmp_path: Path, text: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why) as refused:
        read_labels(text, TWO, tmp_path)
    assert str(tmp_path) not in str(refused.value)


def test_no_photos_at_all_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nothing to test: 0 photos"):
        read_labels(b"file,subject\n", (), tmp_path)


def test_a_column_that_tells_people_apart_is_no_group(tmp_path: Path) -> None:
    names = tuple(f"{n:02}.png" for n in range(51))
    text = "file,subject,group\n" + "".join(f"{name},p{name},{name}\n" for name in names)
    with pytest.raises(InputError, match="51 groups, wanted at most 50"):
        read_labels(text.encode(), names, tmp_path)
