"""The weekly review of CJIS AU-6: entries to be looked at, drawn so that nobody can choose them, and alarms.

The sample is drawn by the log's root: whoever wrote the entries could not know which would be drawn, and
anybody can draw the same ones again.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from facegate.oversight.detectors.seen import Seen
from facegate.oversight.detectors.weekly_sample import SHARE, week_of, weekly_sample
from facegate.oversight.governance.attempts import attempts, texts
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.governance.attempts import Attempt
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def cjis_weekly(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Draw the entries to be reviewed, and list alarms and what broke off."""
    every = tuple(events)
    held = [one for one in every if period.holds(one.time)]
    found = attempts(every, period)
    drawn = sample(found, log.root)
    rows: list[tuple[Cell, ...]] = [
        (one.seq, one.text("search_id"), one.text("agency") or None, None) for one in drawn
    ]
    kinds = tuple(sorted(Counter(one.kind for one in held).items()))
    columns = ("record", "search", "agency", "finding of the reviewer")
    n_allowed = sum(not one.refused for one in found)
    note = (
        f"{len(drawn)} of {n_allowed} attempts that were allowed: one in {SHARE} of each week, drawn by the "
        "root of the log. Reviewer and finding are written in by hand."
    )
    tables = (
        Table("sample", "Entries to be reviewed", columns, tuple(rows), (note,)),
        Table(
            "alarms", "Attempts that raised an alarm", ("record", "search", "alarm", "rules"), _alarms(found)
        ),
        Table(
            "broken-off", "Attempts that ended in no answer", ("record", "search", "ended as"), _broken(found)
        ),
        Table("records", "Records of the period by kind", ("kind", "records"), kinds),
    )
    return CJIS_WEEKLY.report(period, log, tables, NOTES)


def sample(found: Iterable[Attempt], root: str) -> tuple[Event, ...]:
    """Draw one in twenty of the attempts that were allowed, week by week, at least one a week with any.

    Parameters
    ----------
    found : iterable of Attempt
        What is drawn from.
    root : str
        Root of the log, hexadecimal: the seed.

    Returns
    -------
    tuple of Event
        Intents, in the log's order.
    """
    intents = {one.intent.text("search_id"): one.intent for one in found if not one.refused}
    names = [Seen(name, one.time, one.text("agency"), "", "", "") for name, one in intents.items()]
    weeks = sorted({week_of(one.at) for one in names})
    drawn = [one for week in weeks for one in weekly_sample(names, week=week, seed=root)]
    return tuple(sorted((intents[one.search_id] for one in drawn), key=lambda one: one.seq))


def _alarms(found: Sequence[Attempt]) -> tuple[tuple[Cell, ...], ...]:
    return tuple(
        (
            one.intent.seq,
            one.intent.text("search_id"),
            one.intent.text("alarm"),
            " ".join(texts(one.intent, "rules")),
        )
        for one in found
        if one.intent.text("alarm")
    )


def _broken(found: Sequence[Attempt]) -> tuple[tuple[Cell, ...], ...]:
    answers = {"searched", "refused", "withheld", "unusable probe"}
    return tuple(
        (one.intent.seq, one.intent.text("search_id"), one.outcome)
        for one in found
        if one.outcome not in answers
    )


NOTES: Final = (
    (
        "A search without a record is not made, so a failure to write the log leaves no record in it; such "
        "failures are in the system's own messages."
    ),
    "Log-ons to the machine, and reading of files past the harness, are not in this log.",
)
CJIS_WEEKLY: Final = ReportKind(
    name="cjis-weekly",
    title="Weekly review of audit records",
    authority="FBI CJIS Security Policy 5.9.4, AU-6 (checked in a transcription; version 6.0 not read)",
    due="weekly",
    needs_openings=False,
    make=cjis_weekly,
)
