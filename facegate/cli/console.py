"""How the command line talks: one console, progress bars, and errors as one sentence."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from facegate.errors import FacegateError

if TYPE_CHECKING:
    from collections.abc import Iterator

INTERRUPTED = 130

console = Console(highlight=False)
errors = Console(stderr=True, highlight=False)


def progress() -> Progress:
    """Make a progress bar on standard error: done, of how many, time left."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
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
