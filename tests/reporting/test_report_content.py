"""The words and numbers of a whole report, held against a committed text.

After a wanted change, write it anew: ``python tests/reporting/test_report_content.py``.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from sample_result import full_result

from facegate.reporting.report.blocks import Box, Figure, Grid, Items, Words
from facegate.reporting.report.content import as_data, report_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.reporting.report.blocks import Block, Report

GOLDEN = Path(__file__).with_name("sample_report.txt")


def text_of(report: Report) -> str:
    """Write a report without its drawings, one line a sentence or row."""
    lines = [report.banner, report.title, report.question, report.line]
    for section in (*report.first_page, *report.sections):
        lines += ["", f"== {section.title}"]
        for block in section.blocks:
            lines += lines_of(block)
        for part in section.parts:
            lines += ["", f"-- {part.title}"]
            for block in part.blocks:
                lines += lines_of(block)
    return "\n".join(lines) + "\n"


def lines_of(block: Block) -> Iterator[str]:
    if isinstance(block, Words):
        yield f"[{block.role}] {block.text}"
    elif isinstance(block, Items):
        yield from (f"* {item}" for item in block.items)
    elif isinstance(block, Grid):
        yield f"# {block.caption} ({block.file}.csv)"
        yield from (" | ".join(row) for row in (block.columns, *block.rows))
    elif isinstance(block, Figure):
        yield f"<{block.name}> {block.title}: {block.reading}"
        yield from lines_of(block.numbers) if block.numbers else ()
    elif isinstance(block, Box):
        yield f"box {block.gallery} {block.searches} {[line.group for line in block.lines]}"
        yield from lines_of(block.without_script)


def test_the_report_of_the_sample_says_what_the_committed_text_says() -> None:
    assert text_of(report_of(full_result())) == GOLDEN.read_text("utf-8")


def test_order_of_the_report_puts_staff_first_and_the_checklist_near_the_end() -> None:
    report = report_of(full_result())
    assert [one.name for one in report.first_page] == ["tested", "sentences", "cannot"]
    assert [one.name for one in report.sections] == [
        "here",
        "figures",
        "people",
        "thresholds",
        "rates",
        "searches",
        "sensitivity",
        "method",
        "appendix",
        "checklist",
        "words",
    ]


def test_characters_that_no_file_may_hold_are_replaced_but_a_drawing_keeps_its_lines() -> None:
    grid = Grid("a\x00b", ("\u202ec",), (("d\x1be",),))
    data = as_data(replace(Figure("n", "t", "r", "<svg \n", None), numbers=grid))
    assert (data["numbers"]["caption"], data["numbers"]["columns"]) == ("a\ufffdb", ["\ufffdc"])
    assert data["numbers"]["rows"] == [["d\ufffde"]]
    assert data["svg"] == "<svg \n"


if __name__ == "__main__":
    GOLDEN.write_text(text_of(report_of(full_result())), "utf-8")
