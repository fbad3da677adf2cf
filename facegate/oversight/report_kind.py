"""One kind of report: what it is called, who asks for it, when it is due and what makes it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from facegate.gate.ledger.event import Event
from facegate.oversight.report import Period, Report
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from facegate.oversight.report import Table

Maker: TypeAlias = Callable[[Iterable[Event], Period, LogState], Report]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One kind of report.

    Parameters
    ----------
    name : str
        Such as ``md-510``: what is typed, and the name in the report.
    title : str
        Its heading.
    authority : str
        The statute, policy or practice that asks for it, and whether that was checked against the text.
    due : str
        When it is due, in words.
    needs_openings : bool
        Whether sealed fields are read for it. If not, anybody with the public part of the log can make it.
    make : callable
        ``make(events, period, log)`` gives the report: a pure function that reads the events once.
    publishable : bool
        Whether it can be made for the public. If not, its rows name sealed things that masking of counts
        does not hide, such as a case, an officer or a judge.
    """

    name: str
    title: str
    authority: str
    due: str
    needs_openings: bool
    make: Maker
    publishable: bool = True

    def report(
        self, period: Period, log: LogState, tables: tuple[Table, ...], notes: tuple[str, ...] = ()
    ) -> Report:
        """Put tables and notes under this kind's heading."""
        return Report(
            name=self.name,
            title=self.title,
            authority=self.authority,
            due=self.due,
            period=period,
            log=log,
            needs_openings=self.needs_openings,
            tables=tables,
            notes=notes,
        )
