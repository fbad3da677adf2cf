"""One threshold's table as an SVG picture that needs nothing from anywhere else."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from facegate.reporting.terminal import show_threshold

if TYPE_CHECKING:
    from facegate.evaluation.result import BenchmarkResult

COLUMNS = 96
FONT_ADDRESSES = re.compile(r"@font-face \{.*?\}", flags=re.DOTALL)


def picture(result: BenchmarkResult, threshold: str) -> str:
    """Draw the table of one threshold.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.
    threshold : str
        Name of one of its thresholds.

    Returns
    -------
    str
        SVG; text stays text, and no font is fetched.
    """
    console = Console(record=True, width=COLUMNS, file=io.StringIO(), force_terminal=True)
    console.print(show_threshold(result, threshold))
    drawn = console.export_svg(title=result.title, theme=DEFAULT_TERMINAL_THEME, unique_id="facegate")
    # rich names fonts on a server; a reader's browser must not ask anybody for them
    return FONT_ADDRESSES.sub("", drawn)
