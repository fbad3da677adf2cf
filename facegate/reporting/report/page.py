"""The report as one HTML file that asks for nothing from anywhere.

- Text is escaped by the template; only drawings made here and the two files beside the
  template go in as they are.
- The content security policy forbids every fetch, and every script but the one whose digest
  it names: a script smuggled in by a group's name would not run even if escaping failed.
"""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from typing import TYPE_CHECKING

from jinja2 import Environment, StrictUndefined

from facegate.reporting.report.content import as_data, report_of

if TYPE_CHECKING:
    from facegate.evaluation.result import BenchmarkResult
    from facegate.reporting.report.blocks import Report


def report_html(result: BenchmarkResult) -> str:
    """Write a result as an HTML page.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    str
        A whole HTML file; the same result and libraries, the same text.

    Raises
    ------
    InputError
        If the result holds no threshold.
    """
    return page_of(report_of(result))


def page_of(report: Report) -> str:
    """Write a report as an HTML page."""
    made = Environment(autoescape=True, undefined=StrictUndefined, keep_trailing_newline=True)
    script = template_text("box.js")
    return made.from_string(template_text("page.html.j2")).render(
        report=as_data(report),
        style=template_text("page.css"),
        script=script,
        script_digest=script_digest(script),
    )


def script_digest(script: str) -> str:
    """Write the digest by which a content security policy names an inline script."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def template_text(name: str) -> str:
    """Read a file that travels with the package."""
    return (files("facegate.reporting.report") / "templates" / name).read_text("utf-8")
