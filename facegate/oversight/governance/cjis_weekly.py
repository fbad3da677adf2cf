"""The weekly review of CJIS AU-6: entries to be looked at, drawn so that nobody can choose them, and alarms.

Each ISO week has one sample, whatever period and whatever size of the log the report is made for: its seed is
the public part of every record up to the first one after the week. So nobody knew while the week ran what
would be drawn, a report made later or for other days draws the same, and anybody can draw it again. A week
without a record after it has no sample yet.

Not protected: whoever writes the log writes that first record, too, and can try many before he writes one.
An auditor who doubts him draws with a seed of his own (``facegate misuse detect --week --seed``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from facegate.audit.canonical import canonical_json
from facegate.audit.entry import INTENT, REFUSED
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
    weeks = draw_weeks(every, period)
    rows: list[tuple[Cell, ...]] = [
        (one.seq, one.text("search_id"), one.text("agency") or None, None)
        for week in weeks
        for one in week.drawn or ()
        if period.holds(one.time)
    ]
    kinds = tuple(sorted(Counter(one.kind for one in held).items()))
    columns = ("record", "search", "agency", "finding of the reviewer")
    tables = (
        Table("sample", "Entries to be reviewed", columns, tuple(rows), SAMPLE_NOTES),
        _weeks(weeks),
        Table(
            "alarms", "Attempts that raised an alarm", ("record", "search", "alarm", "rules"), _alarms(found)
        ),
        Table(
            "broken-off", "Attempts that ended in no answer", ("record", "search", "ended as"), _broken(found)
        ),
        Table("records", "Records of the period by kind", ("kind", "records"), kinds),
    )
    return CJIS_WEEKLY.report(period, log, tables, NOTES)


@dataclass(frozen=True, slots=True)
class Week:
    """One week of attempts that were allowed, and its sample.

    Parameters
    ----------
    name : str
        ISO week, such as ``2026-W47``.
    n_allowed : int
        Attempts of the week that were allowed.
    sealed_by : int or None
        Position of the first record after the week; None while there is none.
    seed : str or None
        SHA-256 over the public part of every record up to that one, hexadecimal.
    drawn : tuple of Event or None
        Intents to be reviewed, in the log's order; None while there is no seed.
    """

    name: str
    n_allowed: int
    sealed_by: int | None = None
    seed: str | None = None
    drawn: tuple[Event, ...] | None = None


def draw_weeks(events: Sequence[Event], period: Period) -> tuple[Week, ...]:
    """Draw one in twenty of the attempts that were allowed, week by week, at least one a week with any.

    A week that the period cuts is drawn whole: else whoever chooses the period would choose the sample.

    Parameters
    ----------
    events : sequence of Event
        Of the whole log, in its order.
    period : Period
        Weeks with an attempt in it are drawn.

    Returns
    -------
    tuple of Week
        In the order of the weeks.
    """
    allowed: dict[datetime, list[Event]] = {}
    wanted: set[datetime] = set()
    for one in events:
        if one.kind == INTENT and one.text("decision") != REFUSED:
            end = _end_of_week(one.time)
            allowed.setdefault(end, []).append(one)
            if period.holds(one.time):
                wanted.add(end)
    seeds = _seeds(events, wanted)
    return tuple(_drawn(allowed[end], seeds.get(end)) for end in sorted(wanted))


def _end_of_week(moment: datetime) -> datetime:
    """Give the first moment after an ISO week, UTC."""
    day = moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return day + timedelta(days=7 - day.weekday())


def _seeds(events: Sequence[Event], ends: set[datetime]) -> dict[datetime, tuple[int, str]]:
    """Hash the records up to the first one after each week; a line a record, so no two logs read alike."""
    open_ends = sorted(ends, reverse=True)
    found: dict[datetime, tuple[int, str]] = {}
    digest = hashlib.sha256(DOMAIN)
    for event in events:
        if not open_ends:
            break
        digest.update(canonical_json([event.seq, event.public]) + b"\n")
        while open_ends and event.time >= open_ends[-1]:
            found[open_ends.pop()] = (event.seq, digest.hexdigest())
    return found


def _drawn(allowed: Sequence[Event], seeded: tuple[int, str] | None) -> Week:
    name = week_of(allowed[0].time)
    if seeded is None:
        return Week(name, len(allowed))
    sealed_by, seed = seeded
    seen = [
        Seen(one.text("search_id"), one.time, one.text("agency"), "", "", "")
        for one in allowed
        if one.seq < sealed_by
    ]
    chosen = {one.search_id for one in weekly_sample(seen, week=name, seed=seed)}
    # A clock set back puts a search into a week whose seed is known already: each of those is looked at.
    drawn = tuple(one for one in allowed if one.seq > sealed_by or one.text("search_id") in chosen)
    return Week(name, len(allowed), sealed_by, seed, drawn)


def _weeks(weeks: Sequence[Week]) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.name, one.n_allowed, None if one.drawn is None else len(one.drawn), one.sealed_by, one.seed)
        for one in weeks
    )
    columns = ("week", "attempts allowed", "to be reviewed", "first record after it", "seed")
    return Table("weeks", "Weeks, and what their samples were drawn by", columns, rows, WEEK_NOTES)


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


DOMAIN: Final = b"facegate/weekly-sample-seed/v1\n"
SAMPLE_NOTES: Final = (
    (
        f"One in {SHARE} of the attempts of each week that were allowed, rounded up. Reviewer and finding "
        "are written in by hand."
    ),
    "Of a week that the period cuts, only what lies in the period is listed here.",
)
WEEK_NOTES: Final = (
    (
        "The seed is SHA-256 over the public part of every record up to the first one after the week: the "
        "week has one sample, whenever and for whatever days the report is made."
    ),
    "To be reviewed and seed not recorded: the log has no record after the week yet, so nothing is drawn.",
    (
        "Whoever writes the log writes that first record, too, and could try several before he writes one. "
        "Who doubts him draws with a seed of his own."
    ),
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
