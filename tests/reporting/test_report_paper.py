"""The paper: the same sentences as the page, hostile names as text, a title, page numbers."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from pypdf import PdfReader
from sample_result import GROUPS, HOSTILE, WORST, full_result, poor_result

from facegate.errors import InputError
from facegate.reporting.report.blocks import Grid, Items, Report, Section, Words
from facegate.reporting.report.content import report_of
from facegate.reporting.report.page import page_of
from facegate.reporting.report.paper import LONGEST_TABLE, paper_of, typst_files
from facegate.reporting.report.staff import three_sentences

if TYPE_CHECKING:
    from collections.abc import Iterator

RESULT = full_result()
REPORT = report_of(RESULT)
PAPER = paper_of(REPORT)


def words_of(pdf: bytes) -> str:
    """Read the text of all pages without spaces, heads and feet."""
    pages = [page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages]
    bare = [
        re.sub(r"^\s*(SYNTHETIC)?\s*A sample of every part\n|\n?\d+ / \d+\s*$", "", page) for page in pages
    ]
    return squeezed("".join(bare))


def squeezed(text: str) -> str:
    return re.sub(r"[\s\u200b]", "", text)


def sentences_of(report: Report) -> Iterator[str]:
    for section in (*report.first_page, *report.sections):
        for block in (*section.blocks, *(block for part in section.parts for block in part.blocks)):
            if isinstance(block, Words):
                yield block.text
            if isinstance(block, Items):
                yield from block.items


def report_with(block: Grid) -> Report:
    return Report("A title", "", "", "", (), (Section("only", "Only", (block,)),))


TEXT = words_of(PAPER)


def test_the_same_result_gives_the_same_bytes() -> None:
    assert paper_of(REPORT) == PAPER


def test_the_title_is_in_the_metadata_and_no_date_is() -> None:
    about = PdfReader(io.BytesIO(PAPER)).metadata
    assert about is not None
    assert about.title == "A sample of every part"
    assert about.creation_date is None


def test_the_paper_is_tagged_in_a_language_and_has_an_outline() -> None:
    reader = PdfReader(io.BytesIO(PAPER))
    assert "/StructTreeRoot" in reader.root_object
    assert str(reader.root_object["/Lang"]) == "en-US"
    assert len(reader.outline) > 0


def test_pages_are_numbered() -> None:
    pages = PdfReader(io.BytesIO(PAPER)).pages
    assert all(f"{place} / {len(pages)}" in page.extract_text() for place, page in enumerate(pages, 1))


def test_page_one_holds_the_three_sentences_and_the_worst_group() -> None:
    first = squeezed(PdfReader(io.BytesIO(PAPER)).pages[0].extract_text())
    assert all(squeezed(sentence) in first for sentence in three_sentences(RESULT))
    assert squeezed(WORST) in first


def test_page_and_paper_hold_the_same_sentences() -> None:
    page = squeezed(re.sub(r"<[^>]*>", "", page_of(REPORT)).replace("&#39;", "'").replace("&#34;", '"'))
    said = list(sentences_of(REPORT))
    assert len(said) > 40
    assert [one for one in said if squeezed(one) not in page] == []
    assert [one for one in said if squeezed(one) not in TEXT] == []


def test_a_groups_name_is_never_read_as_markup() -> None:
    text = words_of(paper_of(report_of(full_result(groups=(HOSTILE, *GROUPS[1:])))))
    assert squeezed(HOSTILE) in text


def test_a_character_that_no_file_may_hold_is_replaced_and_not_a_failure() -> None:
    text = words_of(paper_of(report_with(Grid("c", ("a", "b"), (("x\x00\u202ey", "z"),)))))
    assert "x\ufffd\ufffdy" in text or "xy" in text


def test_a_long_table_is_cut_on_paper_and_says_where_the_rest_is() -> None:
    rows = tuple((f"row {n}", str(n)) for n in range(LONGEST_TABLE + 7))
    text = words_of(paper_of(report_with(Grid("c", ("a", "b"), rows, file="group_pairs"))))
    assert "7morerowsareintheHTMLpageandinthefile" in text
    assert f"row{LONGEST_TABLE - 1}" in text
    assert f"row{LONGEST_TABLE}" not in text


def test_a_table_left_off_the_paper_says_where_it_is() -> None:
    grid = Grid("Caption", ("a", "b"), (("only row", "1"),), file="rates", on_paper=False)
    text = words_of(paper_of(report_with(grid)))
    assert "Notonpaper:Caption,1rows.ItisintheHTMLpage,witheverydigitintables/rates.csv." in text
    assert "onlyrow" not in text
    assert "only row" in page_of(report_with(grid))


def test_a_result_that_knows_nothing_makes_a_paper_too() -> None:
    assert "Nogallerywassearched" in words_of(paper_of(report_of(poor_result())))


def test_a_report_that_cannot_be_typeset_is_one_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    files = typst_files(REPORT) | {"main": b"#nothing-of-this-name"}
    monkeypatch.setattr("facegate.reporting.report.paper.typst_files", lambda _: files)
    with pytest.raises(InputError, match="the report could not be typeset as PDF: unknown variable"):
        paper_of(REPORT)
