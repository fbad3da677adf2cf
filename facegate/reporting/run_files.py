"""Reading a finished run back from its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.evaluation.result import BenchmarkResult
from facegate.evaluation.view2_result import FORMAT as VIEW2_FORMAT
from facegate.evaluation.view2_result import View2Result

if TYPE_CHECKING:
    from pathlib import Path

RESULT: Final = "result.json"
REPORT: Final = "report.html"


def read_text(path: Path) -> str:
    """Read a small text file.

    Raises
    ------
    InputError
        If it cannot be read, in one sentence why not.
    """
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path}: {getattr(error, 'strerror', None) or error}"
        raise InputError(msg) from error


def read_result(folder: Path) -> BenchmarkResult | View2Result:
    """Read the result of a run, of either kind.

    Raises
    ------
    InputError
        If there is none, or it is not of a format this version reads.
    """
    path = folder / RESULT
    text = read_text(path)
    if f'"{VIEW2_FORMAT}"' in text[:100]:
        return View2Result.from_json(text, name=str(path))
    return BenchmarkResult.from_json(text, name=str(path))
