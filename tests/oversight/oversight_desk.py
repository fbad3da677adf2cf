"""A whole agency with searches and reviews on its log, and events made by hand for reports."""

from __future__ import annotations

import shutil
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from ready_agency import ORIGIN, ready_folder
from review_room import DENVER, fresh

from facegate.audit.log import AuditLog
from facegate.gate.books import BOOKS
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.ledger import Ledger
from facegate.oversight.events import read_events
from facegate.oversight.report import Period
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.oversight.report import Cell, Report, Table

DMV = "CODMV0000"
AURORA, ICE = "CO0010100", "DCICE0100"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
TODAY = "2026-11-22"
YEAR = Period.year(2026)
LOG = LogState("facegate.example/test", 12, "ab" * 32)
CLERK = "502"


@contextmanager
def a_desk(folder: Path) -> Iterator[Ledger]:
    """Open log and ledger of an agency whose registers are in order."""
    numbers = count(1)
    if not folder.exists():
        shutil.copytree(ready_folder(), folder)
    with (
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=partial(fresh, log, numbers)) as ledger,
    ):
        yield ledger


def events_of(folder: Path, *, opened: bool = True) -> tuple[Event, ...]:
    """Read the log of a desk as events."""
    return tuple(read_events(folder / "log", opened=opened))


class Story:
    """Events made by hand, one after the other, a minute apart."""

    def __init__(self, start: datetime = datetime(2026, 3, 1, 9, 0, tzinfo=UTC)) -> None:
        self.events: list[Event] = []
        self.time = start

    def add(self, kind: str, *, sealed: Any = None, **public: Any) -> Event:  # noqa: ANN401  any field
        """Put one event at the end."""
        self.time += timedelta(minutes=1)
        event = Event(len(self.events), kind, self.time, public, sealed or {})
        self.events.append(event)
        return event

    def search(self, *people: str, outcome: str = "searched", **changes: Any) -> str:  # noqa: ANN401  any field
        """Put a search and what came of it at the end; ``sealed_...`` are sealed fields of the intent."""
        number = f"01a2008d-7400-7000-8000-{len(self.events):012d}"
        sealed = {"requester": "8841", "case_number": "24-001234", "offense_code": "1201"}
        sealed |= {key[7:]: changes.pop(key) for key in list(changes) if key.startswith("sealed_")}
        public: dict[str, Any] = {
            "search_id": number,
            "action": "imageComparison",
            "agency": DENVER,
            "agency_class": "police",
            "beneficiary": DENVER,
            "beneficiary_class": "police",
            "purpose": "criminal_investigation",
            "channel": "desk",
            "gallery": "dl",
            "offense_class": "robbery",
            "decision": "refused" if outcome == "refused" else "allowed",
            "rules": [],
            "alarm": "",
        }
        intent = self.add("intent", sealed=sealed, **{**public, **changes})
        found = "[" + ", ".join(f'["{who}", "0.9"]' for who in people) + "]"
        self.add(
            "result",
            sealed={"candidates": found},
            search_id=number,
            intent=intent.seq,
            outcome=outcome,
            n_candidates=len(people),
            n_at_or_above=len(people),
            rules=public["rules"],
        )
        return number


def table(report: Report, name: str) -> Table:
    """Give one table of a report."""
    return next(one for one in report.tables if one.name == name)


def row(report: Report, name: str, *first: Cell) -> dict[str, Cell]:
    """Give the one row of a table that starts with these cells, by column."""
    found = table(report, name)
    rows = [one for one in found.rows if one[: len(first)] == first]
    assert len(rows) == 1, (first, found.rows)
    return dict(zip(found.columns, rows[0], strict=True))


def matrix(story: Story) -> None:
    """Register a gallery of Colorado, two agencies, and what is shared with them."""
    for ori, name, state in (
        (DMV, "license_authority", "CO"),
        (DENVER, "police", "CO"),
        (AURORA, "police", "UT"),
    ):
        story.add("agency", ori=ori, agency_class=name, state=state, case_pattern="99-999999")
    story.add(
        "gallery", gallery="dl", owner=DMV, state="CO", gallery_kind="dl", withheld_count=0, provenance={}
    )
    shared(story, f"ori:{DENVER}")


def shared(story: Story, to: str, *, yes: bool = True, action: str = "imageComparison") -> None:
    story.add(
        "sharing",
        owner="dl",
        to=to,
        action=action,
        purpose="criminal_investigation",
        until="",
        shared="yes" if yes else "no",
        **{"from": "2026-01-01"},
    )


def officer(story: Story, name: str, **changes: str) -> None:
    sealed = {"officer": name, "role": "investigator", "unit": "", "rank": "", "standing": "active"}
    sealed |= {"trained_until": "2026-12-31", **changes}
    story.add("officer", sealed=sealed, agency=DENVER)
