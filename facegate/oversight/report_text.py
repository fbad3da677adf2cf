"""A report as a plain page of 100 columns, for people who read it on paper or in a mail."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Final

from facegate.oversight.report_form import ONE_DAY

if TYPE_CHECKING:
    from facegate.oversight.report import Cell, Report, Table

WIDTH: Final = 100  # characters
GAP: Final = 2
NARROWEST: Final = 6
NOT_RECORDED: Final = "not recorded"


def report_text(report: Report) -> str:
    """Write a report as one plain page.

    Parameters
    ----------
    report : Report
        What is to be read.

    Returns
    -------
    str
        Lines of at most 100 characters, the last one ended.
    """
    lines = [*_wrapped(report.title), "=" * min(WIDTH, len(report.title)), "", *_heading(report)]
    for table in report.tables:
        lines += ["", *_table(table)]
    if report.notes:
        lines += ["", "Notes", *_notes(report.notes)]
    return "\n".join(_printable(line).rstrip() for line in lines) + "\n"


def cell_text(cell: Cell) -> str:
    """Write one cell: what was not recorded says so, and is never a zero."""
    if cell is None:
        return NOT_RECORDED
    return f"{cell:,}" if isinstance(cell, int) else cell


def _heading(report: Report) -> list[str]:
    log = report.log
    last = report.period.end - ONE_DAY
    fields = {
        "Report": report.name + (" (for the public: small counts about people are masked)" * report.public),
        "Asked for by": report.authority,
        "Due": report.due,
        "Period": f"{report.period.start} to {last}, both days included, UTC",
        "Made from": f"log {log.origin}, its first {log.size:,} records",
        "Root": log.root,
        "Check": "facegate report verify FILE recomputes every number from that log"
        + ("; sealed fields were read for it." if report.needs_openings else "; its public part is enough."),
    }
    widest = max(map(len, fields)) + GAP
    return [line for name, text in fields.items() for line in _wrapped(text, name.ljust(widest))]


def _table(table: Table) -> list[str]:
    title = [*_wrapped(table.title), "-" * min(WIDTH, len(table.title))]
    cells = [table.columns, *(tuple(map(cell_text, row)) for row in table.rows)]
    widths = _widths(cells)
    numbers = [
        bool(table.rows) and all(row[at] is None or isinstance(row[at], int) or row[at] in {"<5", "withheld"}
                                 for row in table.rows)
        for at in range(len(table.columns))
    ]  # fmt: skip
    body = [line for row in cells for line in _row(row, widths, numbers)]
    empty = [] if table.rows else ["none"]
    return [*title, *body, *empty, *_notes(table.notes)]


def _widths(cells: list[tuple[str, ...]]) -> list[int]:
    """Give each column the room it wants, taking from the widest until the page is wide enough."""
    widths = [max(NARROWEST, *(len(row[at]) for row in cells)) for at in range(len(cells[0]))]
    room = WIDTH - GAP * (len(widths) - 1)
    while sum(widths) > room and max(widths) > NARROWEST:
        widths[widths.index(max(widths))] -= 1
    return widths


def _row(row: tuple[str, ...], widths: list[int], numbers: list[bool]) -> list[str]:
    """Write one row; text that is too long goes on below, in its own column."""
    columns = [textwrap.wrap(cell, width) or [""] for cell, width in zip(row, widths, strict=True)]
    height = max(map(len, columns))
    lines = []
    for at in range(height):
        parts = [column[at] if at < len(column) else "" for column in columns]
        lines.append(
            (" " * GAP).join(
                part.rjust(width) if number else part.ljust(width)
                for part, width, number in zip(parts, widths, numbers, strict=True)
            )
        )
    return lines


def _notes(notes: tuple[str, ...]) -> list[str]:
    return [line for note in notes for line in _wrapped(note, "- ")]


def _wrapped(text: str, before: str = "") -> list[str]:
    return textwrap.wrap(text, WIDTH, initial_indent=before, subsequent_indent=" " * len(before)) or [before]


def _printable(text: str) -> str:
    """Take the power over a terminal out of text that somebody else wrote."""
    return "".join(char if char.isprintable() else "?" for char in text)
