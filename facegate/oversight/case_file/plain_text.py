"""A page as plain text: for readers without a browser, and for quoting."""

from __future__ import annotations

from textwrap import fill
from typing import TYPE_CHECKING

from facegate.reporting.report.blocks import Grid, Items, Words
from facegate.reporting.report.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.reporting.report.blocks import Block, Report, Section

WIDTH = 100


def text_of(report: Report) -> str:
    """Write a page as plain text, 100 columns wide; tables as one paragraph a row."""
    lines = [report.title, "=" * len(report.title), "", report.question, ""]
    if report.banner:
        lines += [_wrapped(f"*** {report.banner} ***"), ""]
    for section in (*report.first_page, *report.sections):
        lines += _section(section)
    return printable_lines([*lines, _wrapped(report.line), ""])


def printable_lines(lines: list[str]) -> str:
    """Join lines; a control character out of a record must not steer a terminal."""
    return "\n".join(printable(part) for line in lines for part in line.split("\n"))


def _section(section: Section) -> Iterator[str]:
    yield from (section.title.upper(), "-" * len(section.title), "")
    for block in section.blocks:
        yield from _block(block)
    for part in section.parts:
        yield from (part.title, "")
        for block in part.blocks:
            yield from _block(block)


def _block(block: Block) -> Iterator[str]:
    if isinstance(block, Words):
        yield from (_wrapped(f"!! {block.text}" if block.role == "alarm" else block.text), "")
    elif isinstance(block, Items):
        for number, item in enumerate(block.items, start=1):
            yield _wrapped(item, first=f"{number}. " if block.numbered else "- ")
        yield ""
    elif isinstance(block, Grid):
        yield from (f"[{block.caption}]", "")
        yield from _rows(block)
        yield ""


def _rows(grid: Grid) -> Iterator[str]:
    """Write each row: two columns as one line, more as a heading with a line for each cell."""
    for row in grid.rows:
        if len(row) <= 2:  # noqa: PLR2004  a name and a value
            yield _wrapped(": ".join(row), first="  ")
            continue
        yield _wrapped(f"{grid.columns[0]} {row[0]}", first="  * ")
        for name, cell in zip(grid.columns[1:], row[1:], strict=True):
            yield _wrapped(f"{name}: {cell}", first="      ")


def _wrapped(text: str, *, first: str = "") -> str:
    rest = " " * len(first)
    one_line = " ".join(text.split())
    return fill(one_line, WIDTH, initial_indent=first, subsequent_indent=rest, break_on_hyphens=False)
