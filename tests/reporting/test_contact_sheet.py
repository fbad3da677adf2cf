"""The page of suspect pairs, and the sheet beside it."""

from __future__ import annotations

import base64
import csv
import io
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hand_made_runs import a_run
from PIL import Image

from facegate.errors import UnusablePhoto
from facegate.evaluation.review.exclusions import ReviewVerdict, read_exclusions
from facegate.evaluation.review.suspects import SuspectPair, Suspects
from facegate.reporting.contact_sheet import (
    GUIDE,
    Pictures,
    contact_sheet,
    order_sentence,
    suspects_rows,
    thumbnail,
)
from facegate.reporting.csv_files import csv_text

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = '"><script>alert(1)</script><img src=x onerror=alert(2)>{{ 7*7 }}'
FORMULA = '=HYPERLINK("x")'
NONE_AT_HAND = Pictures({}, "No photos are shown: those of small are not at hand.")


def jpeg(width: int = 400, height: int = 300) -> bytes:
    pixels = np.random.default_rng(1).integers(0, 255, (height, width, 3), dtype=np.uint8)
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where the photo was taken"
    Image.fromarray(pixels).save(out, format="JPEG", exif=exif)
    return out.getvalue()


def suspects(*, person: str = "p", photo: str = "t1") -> Suspects:
    pair = SuspectPair(4, 0.75, 0.25, photo, "t2", person, "q", "Black F", "White M")
    return Suspects((pair,), passed_over=3, available=100, per_person=2)


def page(found: Suspects, pictures: Pictures = NONE_AT_HAND, *, synthetic: bool = False) -> str:
    return contact_sheet(found, a_run(synthetic=synthetic).provenance, pictures, title="A <run>")


class Tags(HTMLParser):
    """Collects the tags of a page, and refuses one that is closed in the wrong place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "img", "br", "link", "input"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_whole_has_a_language_headings_in_order_and_asks_no_network() -> None:
    text = page(suspects())
    found = Tags(text)
    assert found.open == []
    assert ("html", {"lang": "en"}) in found.tags
    levels = [int(tag[1]) for tag, _ in found.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert not [tag for tag, _ in found.tags if tag in ("script", "link", "iframe")]
    assert "http" not in text.replace("http-equiv", "")
    assert "default-src 'none'" in text


def test_the_page_says_first_that_these_are_real_people() -> None:
    text = page(suspects())
    assert text.index("PHOTOS AND NAMES OF REAL PEOPLE") < text.index("What this is")
    assert "SYNTHETIC" not in text


def test_rank_score_distance_people_and_groups_are_shown() -> None:
    text = page(suspects())
    assert "Pair 1: rank 4, distance 0.250000, score 0.750000" in text
    assert all(word in text for word in ("First person: p", "Second person: q", "Group: White M"))
    assert "3 pairs were passed over for that" in text


@pytest.mark.parametrize("where", ["person", "photo"])
def test_hostile_ids_stay_text(where: str) -> None:
    text = page(suspects(**{where: HOSTILE}))
    assert "script" not in [tag for tag, _ in Tags(text).tags]
    assert all("onerror" not in attributes for _, attributes in Tags(text).tags)
    assert "&lt;script&gt;" in text
    assert "{{ 7*7 }}" in text


def test_a_photo_at_hand_is_shown_small_without_its_metadata(tmp_path: Path) -> None:
    (tmp_path / "t1.jpg").write_bytes(jpeg())
    text = page(suspects(), Pictures({"t1": tmp_path / "t1.jpg"}, ""))
    (image,) = [attributes for tag, attributes in Tags(text).tags if tag == "img"]
    assert image["alt"] == "First photo of pair 1: t1"
    data = base64.b64decode((image["src"] or "").removeprefix("data:image/jpeg;base64,"))
    shown = Image.open(io.BytesIO(data))
    assert (shown.size, dict(shown.getexif())) == ((213, 160), {})
    assert str(tmp_path) not in text
    assert "the data set at hand has none of this id" in text


def test_a_photo_that_cannot_be_decoded_or_read_is_a_placeholder(tmp_path: Path) -> None:
    (tmp_path / "bad.jpg").write_bytes(b"no picture")
    text = page(suspects(), Pictures({"t1": tmp_path / "bad.jpg", "t2": tmp_path / "gone.jpg"}, ""))
    assert "No picture: unsupported-format." in text
    assert "No picture: the file cannot be read." in text


def test_photos_that_are_not_at_hand_and_drawn_ones_are_said() -> None:
    assert "No photos are shown: those of small are not at hand." in page(suspects())
    drawn = page(suspects(), synthetic=True)
    assert drawn.count("No photo: this vector was drawn.") == 2
    assert "REAL PEOPLE" not in drawn


def test_a_thumbnail_is_never_larger_than_it_says() -> None:
    assert Image.open(io.BytesIO(thumbnail(jpeg(2_000, 100)))).size == (320, 16)
    with pytest.raises(UnusablePhoto):
        thumbnail(b"")


def test_every_verdict_is_explained_once() -> None:
    assert [verdict for verdict, _, _ in GUIDE] == list(ReviewVerdict)
    assert all(f"<code>{verdict}</code>" in page(suspects()) for verdict in ReviewVerdict)


def test_the_sheet_has_the_pages_pairs_and_an_empty_verdict() -> None:
    (row,) = csv.DictReader(io.StringIO(csv_text(suspects_rows(suspects(), native_name="distance"))))
    assert (row["rank"], row["distance"], row["first_photo"], row["verdict"]) == ("4", "0.25", "t1", "")


def test_an_id_that_is_a_formula_does_not_run_and_comes_back_as_it_was(tmp_path: Path) -> None:
    rows = suspects_rows(suspects(person=FORMULA), native_name="distance")
    rows[0]["verdict"] = "first person"
    (tmp_path / "suspects.csv").write_text(csv_text(rows))
    (read,) = csv.DictReader(io.StringIO(csv_text(rows)))
    assert read["first_person"] == "'" + FORMULA
    assert read_exclusions(tmp_path / "suspects.csv").people == {FORMULA}


def test_the_order_is_told_in_whole_sentences() -> None:
    found = suspects()
    assert order_sentence(found).startswith("Highest score first: 1 of 100 pairs that the run kept.")
    whole = replace(found, available=1, passed_over=0, per_person=1)
    assert order_sentence(whole).startswith("Highest score first: all 1 pairs that the run kept.")
    assert "Nobody stands in more than 1 pair," in order_sentence(whole)
