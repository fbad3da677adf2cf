"""The yearly misuse report as a kind of report; what it counts is in `facegate.oversight.misuse.report`."""

from __future__ import annotations

from typing import Final

from facegate.oversight.misuse.report import AUTHORITY, DUE, TITLE, clets_misuse
from facegate.oversight.report_kind import ReportKind

CLETS_MISUSE: Final = ReportKind(
    name="clets-misuse", title=TITLE, authority=AUTHORITY, due=DUE, needs_openings=True, make=clets_misuse
)
