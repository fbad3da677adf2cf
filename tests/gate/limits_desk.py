"""A desk for tests of the limits: real ledger and counters over a log in memory, one search at a time."""

from __future__ import annotations

import secrets
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2] / "benchmarks"))  # the attack scripts a user runs

from attacks import MemoryLog, answered, marks_of, record_intent, record_result

from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.limits.counting import count
from facegate.gate.limits.listing import after_search
from facegate.gate.limits.searches import Searches
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from facegate.gate.limits.counting import LimitFacts
    from facegate.gate.limits.marks import ProbeMarks

AGENCY = "CO0160000"
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SIZE = 100_000


def fresh_probe(seed: int) -> ProbeMarks:
    """Mark a probe unlike every other: 128 numbers, of dlib's length."""
    vector = np.random.default_rng(seed).standard_normal(128)
    return marks_of(1.42 * vector / np.linalg.norm(vector))


@dataclass
class SmallDesk:
    """Searches asked one after another; ``asks`` says how each fared."""

    folder: Path
    limits: Limits = field(default_factory=Limits)
    log: MemoryLog = field(default_factory=MemoryLog)
    ledger: Ledger = field(init=False)

    def __post_init__(self) -> None:
        self.open()

    def open(self) -> None:
        """Open the ledger, made anew if its file is gone."""
        path, log = self.folder / "ledger.db", cast("Any", self.log)
        self.ledger = Ledger.open(path, log, (Searches(),), random_bytes=secrets.token_bytes)

    def reopen_from_the_log(self) -> None:
        """Throw the ledger away and make it again."""
        self.ledger.close()
        for path in self.folder.glob("ledger.db*"):
            path.unlink()
        self.open()

    def facts(
        self, marks: ProbeMarks | None, *, officer: str = "8841", case: str = "26-1", now: datetime = NOW,
        agency: str = AGENCY, size: int = SIZE,
    ) -> LimitFacts:  # fmt: skip
        """Ask for the facts only."""
        request = self.request(officer, case, agency)
        return count(self.ledger, self.limits, request, now, size).with_marks(marks)

    def ask(
        self, marks: ProbeMarks, *, officer: str = "8841", case: str = "26-1", now: datetime = NOW,
        found: tuple[str, ...] = (), near: tuple[str, ...] = (), agency: str = AGENCY, size: int = SIZE,
    ) -> str:  # fmt: skip
        """Ask for one search, as the gate does: ``refused``, ``withheld``, ``searched`` or ``left out N``."""
        request = self.request(officer, case, agency)
        facts = count(self.ledger, self.limits, request, now, size).with_marks(marks)
        allowed = all(facts.gate_facts().values())
        intent = record_intent(self.ledger, request, marks, facts, now, allowed=allowed)
        if not allowed:
            return "refused"
        told = after_search(self.ledger, self.limits, request, answered(found, near), now, size)
        record_result(self.ledger, intent, told, now)
        if told.omitted:
            return f"left out {', '.join(one.subject_id for one in told.omitted)}"
        return "withheld" if told.withheld else "searched"

    @staticmethod
    def request(officer: str, case: str, agency: str = AGENCY) -> SearchRequest:
        """Make a request of which only the counted fields are stated."""
        return SearchRequest("co-dmv-2019", case_number=case, requester=officer, agency=agency)


def days(n: float) -> timedelta:
    return timedelta(days=n)
