"""Searches by staff without training, and searches made before any rule asked for training.

Whether somebody was trained on the day is read from the officers' records as they stood before his search,
and the day from which training was required is that of the first law put in force: every law of the harness
refuses whoever is untrained (rule FG-TRAINED).

References
----------
GAO-23-105607, September 2023: seven agencies of two departments; six with data ran about 60,000 searches
before any of them required training (checked: the report's page).
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT, REFUSED
from facegate.gate.registers.demands import today
from facegate.gate.registers.late import LATE
from facegate.oversight.governance.attempts import texts
from facegate.oversight.governance.searches import NOT_STATED
from facegate.oversight.made import made_by_hand
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

RULE: Final = "FG-TRAINED"


def training(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Count searches by agency, by whether whoever searched was trained, and whether he had to be."""
    until: dict[tuple[str, str], str] = {}  # last day of training, by agency and officer
    required = ""  # first day of the first law
    counts: dict[str, Counter[str]] = {}
    for event in events:
        if event.kind == "officer" and event.sealed:
            until[event.text("agency"), event.text("officer")] = event.text("trained_until")
        elif event.kind == "activation":
            first = event.text("from")
            required = min(required, first) if required else first
        elif made_by_hand(event, period) or (event.kind == INTENT and period.holds(event.time)):
            mine = counts.setdefault(event.text("agency") or NOT_STATED, Counter())
            _count(mine, event, until, required)
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (agency, *(mine[name] for name in COUNTED)) for agency, mine in sorted(counts.items())
    )
    total: tuple[Cell, ...] = (
        "all agencies",
        *(sum(mine[name] for mine in counts.values()) for name in COUNTED),
    )
    said = (
        f"The first law was put in force from {required} on." if required else "No law was ever put in force."
    )
    table = Table("training", "Searches by training", ("agency", *COUNTED), (*rows, total), (said,))
    return TRAINING.report(period, log, (table,), NOTES)


COUNTED: Final = (
    "searches",
    "of these by hand",
    "before training was required",
    "by trained staff",
    "by untrained staff",
    "training not recorded",
    "refused for want of training",
)


def _count(mine: Counter[str], event: Event, until: dict[tuple[str, str], str], required: str) -> None:
    if event.text("decision") == REFUSED:
        mine["refused for want of training"] += RULE in texts(event, "rules")
        return
    by_hand = event.kind == LATE
    day = event.text("searched_on") if by_hand else today(event.time)
    officer = event.sealed.get("searched_by" if by_hand else "requester", "")
    last = until.get((event.text("agency"), officer))
    mine["searches"] += 1
    mine["of these by hand"] += by_hand
    mine["before training was required"] += not required or day < required
    if last is None:
        mine["training not recorded"] += 1
    else:
        mine["by trained staff" if last >= day else "by untrained staff"] += 1


NOTES: Final = (
    "Searches through the gate are the attempts that were allowed, whatever came of them.",
    "A search by hand belongs to the day on which it was made, whenever it was entered.",
    "An officer's record says until when his training holds, not since when, nor whether it was any good.",
    (
        "For comparison: six federal agencies with data ran about 60,000 searches without any rule on "
        "training (GAO-23-105607, 2023, checked); 'about' is the source's word."
    ),
)
TRAINING: Final = ReportKind(
    name="training",
    title="Searches by untrained staff, or before training was required",
    authority="practice: GAO-23-105607, September 2023 (checked)",
    due="yearly",
    needs_openings=True,
    make=training,
)
