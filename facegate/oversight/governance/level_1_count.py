"""How many offenses the two readings of Colorado's Level 1 memo admit, counted by asking the law itself."""

from __future__ import annotations

from datetime import UTC, datetime, time
from functools import cache
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind
from facegate.policy.admission import admissions, count_admissions
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

READINGS: Final = {
    "co-dmv-2019": "on the list, or any felony",
    "co-dmv-2019-strict": "on the list, and a felony",
}


def level_1_count(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Ask both readings about every offense, as of the first day of the period; and say what the log used."""
    digest, rows = _counts(datetime.combine(period.start, time(), tzinfo=UTC))
    asked_with = (one for one in events if one.kind == INTENT and period.holds(one.time))
    used = {one.text("catalogue_digest") for one in asked_with}
    other = len(used - {digest, ""})
    columns = (
        "profile",
        "reading",
        "admitted on the code alone",
        "admitted once felony is claimed",
        "offenses",
    )
    notes = (
        f"Asked of the law and the table of offenses installed here (SHA-256 {digest}), not of the log.",
        f"Tables of offenses that attempts of the period were decided on and that differ from it: {other}.",
    )
    table = Table("level-1", "Offenses admitted", columns, rows, notes)
    return LEVEL_1_COUNT.report(period, log, (table,), NOTES)


@cache
def _counts(asked: datetime) -> tuple[str, tuple[tuple[Cell, ...], ...]]:
    """Ask both readings; the law is installed with the program and does not change under it."""
    engine = PolicyEngine.load()
    rows: list[tuple[Cell, ...]] = []
    for name, words in READINGS.items():
        count = count_admissions(admissions(engine, name, asked))
        rows.append((name, words, count.on_heading, count.with_felony, count.n_offenses))
    return engine.catalogue.digest, tuple(rows)


NOTES: Final = (
    'The memo ends "and any other crimes that are felony level", which can be read in two ways.',
    "A felony claim is the requester's, with a charge citation; whether it is one is not checked.",
)
LEVEL_1_COUNT: Final = ReportKind(
    name="level-1-count",
    title="How many offenses count as Level 1",
    authority="Colorado DMV memo of 9 September 2019, image comparisons (checked)",
    due="on change",
    needs_openings=False,
    make=level_1_count,
)
