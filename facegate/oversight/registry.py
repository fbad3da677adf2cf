"""Every report that can be made, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.errors import InputError
from facegate.oversight.governance.kinds import KINDS as GOVERNANCE
from facegate.oversight.statutory.kinds import KINDS as STATUTORY

if TYPE_CHECKING:
    from facegate.oversight.report_kind import ReportKind

KINDS: tuple[ReportKind, ...] = (*STATUTORY, *GOVERNANCE)


def report_kind(name: str) -> ReportKind:
    """Find a kind of report.

    Parameters
    ----------
    name : str
        Such as ``md-510``.

    Returns
    -------
    ReportKind
        How to make it.

    Raises
    ------
    InputError
        If there is none of that name.
    """
    for kind in KINDS:
        if kind.name == name:
            return kind
    msg = f"no report is called {name[:40]!r}, wanted one of {', '.join(kind.name for kind in KINDS)}"
    raise InputError(msg)
