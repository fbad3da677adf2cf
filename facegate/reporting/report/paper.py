"""The report as a PDF of the same content, made without system packages.

- The report goes to the typesetter as data, not as markup: a group's name is text there,
  whatever it holds.
- Only fonts that come with the Python packages are used, and no time is written, so the same
  result and libraries give the same bytes.
- PDF/UA: tagged, with headings, alternative texts and a title, for readers who hear it.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typst

from facegate.errors import InputError
from facegate.reporting.report.content import as_data, report_of
from facegate.reporting.report.page import template_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.result import BenchmarkResult
    from facegate.reporting.report.blocks import Report

LONGEST_TABLE = 60
"""Rows of one table on paper; the page and the file hold the others."""
WIDE = 640
"""CSS pixels beyond which a drawing is scaled to the width of the paper."""
WIDTH = re.compile(r'<svg [^>]*?\bwidth="(\d+)"')


def report_pdf(result: BenchmarkResult) -> bytes:
    """Write a result as a PDF.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    bytes
        A whole PDF file; the same result and libraries, the same bytes.

    Raises
    ------
    InputError
        If the result holds no threshold, or cannot be typeset.
    """
    return paper_of(report_of(result))


def paper_of(report: Report) -> bytes:
    """Typeset a report.

    Raises
    ------
    InputError
        If it cannot be typeset.
    """
    import matplotlib as mpl  # noqa: PLC0415  slow to load, and only its fonts are wanted here

    documents: Any = typst_files(report)  # the package's type hints leave out that it takes files by name
    try:
        made: bytes = typst.compile(
            documents,
            font_paths=[Path(mpl.get_data_path()) / "fonts" / "ttf"],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards=["ua-1"],
            timestamp=0,
        )
    except typst.TypstError as error:
        msg = f"the report could not be typeset as PDF: {str(error)[:200]}"
        raise InputError(msg) from error
    return made


def typst_files(report: Report) -> dict[str, bytes]:
    """Make the files the typesetter reads: the layout, the report as data, the drawings."""
    about = as_data(report) | {"longest_table": LONGEST_TABLE}
    drawings: dict[str, bytes] = {}
    for figure in _figures(about):
        drawings[f"{figure['name']}.svg"] = figure["svg"].encode()
        width = WIDTH.search(figure["svg"])
        figure["wide"] = width is not None and int(width[1]) > WIDE
        figure["svg"] = "drawn" if figure["svg"] else ""
    data = json.dumps(about, ensure_ascii=False, allow_nan=False).encode()
    return {"main": template_text("paper.typ").encode(), "report.json": data, **drawings}


def _figures(about: Any) -> Iterator[dict[str, Any]]:  # noqa: ANN401  data of any shape
    """Find the figures anywhere in a report's data."""
    if isinstance(about, list):
        for one in about:
            yield from _figures(one)
    elif isinstance(about, dict):
        if about.get("kind") == "figure":
            yield about
        for one in about.values():
            yield from _figures(one)
