"""How the command line talks: one console, progress bars, and errors as one sentence."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from facegate.errors import FacegateError

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED = 130
THOUSAND = 1000
SIZES = ("", " k", " M", " G")

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def counted(number: float) -> str:
    """Write a count in little room.

    Examples
    --------
    >>> counted(950), counted(13_233), counted(86_423_825)
    ('950', '13.2 k', '86.4 M')
    """
    size = 0
    while number >= THOUSAND and size < len(SIZES) - 1:
        number, size = number / THOUSAND, size + 1
    return f"{number:.{1 if size else 0}f}{SIZES[size]}"


def printable(text: str) -> str:
    r"""Take the power over the terminal out of text that somebody else wrote.

    Examples
    --------
    >>> printable("A\x1b[2J")
    'A\\x1b[2J'
    """
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


class DoneAndSpeed(ProgressColumn):
    """Done, of how many, and how many a second."""

    def render(self, task: Task) -> Text:
        """Write the column of one bar."""
        speed = task.finished_speed or task.speed
        rate = f", {counted(speed)}/s" if speed else ""
        return Text(f"{counted(task.completed)} of {counted(task.total or 0)}{rate}")


def progress() -> Progress:
    """Make a progress bar on standard error: done, of how many, speed, time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DoneAndSpeed(),
        TimeRemainingColumn(),
        console=errors,
    )


@contextmanager
def one_sentence_errors() -> Iterator[None]:
    """Turn what facegate raises on purpose, and Ctrl-C, into one sentence and an exit code."""
    try:
        yield
    except FacegateError as error:
        errors.print(f"facegate: {error}", markup=False, soft_wrap=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        errors.print("facegate: stopped; what was finished is kept, nothing is half written")
        sys.exit(INTERRUPTED)
