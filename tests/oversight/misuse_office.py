"""Two made-up agencies with officers, and misuse cases about them; time moves as a test says."""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

from facegate.audit.log import AuditLog
from facegate.gate.books import BOOKS
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.registers.people import register_agency, register_officer
from facegate.oversight.misuse.acting import By, register_of
from facegate.oversight.misuse.figures import YearFigures
from facegate.oversight.misuse.filing import file_statement
from facegate.oversight.misuse.recording import close_case, note, open_case, reopen_case

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import Any

    from facegate.oversight.misuse.case import MisuseCase
    from facegate.oversight.misuse.register import Register

START = datetime(2024, 3, 1, 9, 0, tzinfo=UTC)
A, B = "CO0160000", "CO0300000"
INQUIRY = By("900", A)  # internal affairs of A
BODY = By("70", B)
SUSPECT = "8841"


@dataclass
class Office:
    """A ledger, and a clock that only a test moves."""

    ledger: Ledger
    at: datetime = START
    origin: str = field(default="facegate.example/misuse")

    def wait(self, days: float) -> datetime:
        """Let days pass; everybody stays at work."""
        self.at += timedelta(days=days)
        self.everybody()
        return self.at

    def everybody(self) -> None:
        """Register everybody as they are: nobody is disabled for not having been at work."""
        register = self.register
        suspended = {one.officer for one in register.cases.values() if one.suspension == "suspended"}
        for agency, officer in ((A, "900"), (A, "8841"), (A, "8842"), (B, "70")):
            standing = "suspended" if officer in suspended else "active"
            register_officer(
                self.ledger,
                agency=agency,
                officer=officer,
                role="investigator",
                trained_until="2099-01-01",
                standing=standing,
                at=self.at,
            )

    def open(self, officer: str = SUSPECT, *, agency: str = A, by: By = INQUIRY, **more: Any) -> int:  # noqa: ANN401  options
        """Open a case."""
        stated: dict[str, Any] = {"source": "complaint", "misuse_class": "self_search", "narrative": "seen"}
        return open_case(self.ledger, agency=agency, officer=officer, by=by, at=self.at, **{**stated, **more})

    def note(self, number: int) -> int:
        """Follow a case up."""
        return note(self.ledger, number, text="asked the witness", by=INQUIRY, at=self.at)

    def close(self, number: int, state: str = "confirmed", *, by: By = INQUIRY, **more: Any) -> int:  # noqa: ANN401  options
        """Close a case."""
        return close_case(self.ledger, number, state=state, reason="looked into", by=by, at=self.at, **more)

    def reopen(self, number: int) -> int:
        """Open a case again."""
        return reopen_case(self.ledger, number, reason="a new witness", by=INQUIRY, at=self.at)

    def file(self, year: int, *counts: int, agency: str = A, by: By = INQUIRY, **outcomes: int) -> int:
        """File opened, confirmed, pending and cleared."""
        opened, confirmed, pending, cleared = (*counts, 0, 0, 0, 0)[:4]
        figures = YearFigures(year, opened, confirmed, pending, cleared, outcomes)
        return file_statement(self.ledger, agency=agency, figures=figures, by=by, at=self.at)

    def case(self, number: int) -> MisuseCase:
        """Give a case as it stands."""
        return self.register.cases[number]

    @property
    def register(self) -> Register:
        """The register as it stands."""
        return register_of(self.ledger)

    @property
    def events(self) -> tuple[Event, ...]:
        """Every record."""
        return tuple(
            Event(entry.seq, entry.kind, entry.time, entry.public, {} if opening is None else opening.values)
            for entry, opening in self.ledger.log.read()
        )


@contextmanager
def office(folder: Path) -> Iterator[Office]:
    """Open a ledger with two agencies; what waits for the disk is tested with the log."""
    with (
        patch("os.fsync"),
        AuditLog.open(folder / "log", origin="facegate.example/misuse") as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=os.urandom) as ledger,
    ):
        made = Office(ledger)
        for ori in (A, B):
            register_agency(
                ledger,
                ori=ori,
                agency_class="police",
                state="CO",
                case_pattern="99-999999",
                name="P",
                at=START,
            )
        made.everybody()
        yield made


def searched(seq: int, at: datetime, **more: str) -> tuple[Event, Event]:
    """Give an intent and a result as far as detectors read them; ``first`` is whom it found."""
    stated = {"search_id": f"s{seq}", "agency": A, "requester": SUSPECT, "case_number": "24-000001"}
    stated |= {"offense_code": "1201", "first": "", "others": "", **more}
    found = [one for one in (stated["first"], *stated["others"].split()) if one]
    public = {"search_id": stated["search_id"]}
    hidden = ("requester", "case_number", "offense_code")
    intent = {**public, "agency": stated["agency"], "decision": stated.get("decision", "allowed")}
    candidates = json.dumps([[one, "0.7"] for one in found])
    return (
        Event(2 * seq, "intent", at, intent, {name: stated[name] for name in hidden}),
        Event(2 * seq + 1, "result", at, {**public, "outcome": "searched"}, {"candidates": candidates}),
    )
