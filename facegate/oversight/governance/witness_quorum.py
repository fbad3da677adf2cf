"""Who witnesses the log and who audits: the membership, and which of them stand outside policing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.gate.registers.demands import today
from facegate.oversight.governance.registers_then import as_of
from facegate.oversight.quorum import membership
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState


def witness_quorum(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Print the witnesses as they were at the end of the period, and who audited."""
    every = tuple(events)
    until = as_of(every, period)
    past = [one for one in every if one.time <= until]
    found = membership(past)
    members: tuple[tuple[Cell, ...], ...] = ()
    notes: tuple[str, ...] = (
        "No witnesses are recorded: whether anybody outside watches this log is not known.",
    )
    if found is not None:
        members = tuple((one.name, one.key, "yes" if one.outside_policing else "no") for one in found.members)
        said = f"Record {found.seq}, {today(found.time)}. The quorum is {found.quorum}."
        notes = (said, f"Policy: {found.published_at}, SHA-256 {found.policy_digest}.")
    audits = [one for one in past if one.kind == "audit"]
    stated = [one.text("outside_policing") for one in audits]
    counts: tuple[tuple[Cell, ...], ...] = (
        ("auditor outside policing", stated.count("yes")),
        ("auditor within policing", stated.count("no")),
        ("not recorded", stated.count("")),
    )
    tables = (
        Table("witnesses", "Who witnesses the log", ("witness", "key", "outside policing"), members, notes),
        Table("auditors", "Audits filed, by where the auditor stands", ("auditor", "audits"), counts),
    )
    return WITNESS_QUORUM.report(period, log, tables, NOTES)


NOTES: Final = (
    "A quorum that policing bodies could meet among themselves is not recorded.",
    "Where a body stands is stated by the agency that keeps the gallery, signed by two of its officers.",
    "Who names the people of that body, and who pays them, is not in the log.",
)
WITNESS_QUORUM: Final = ReportKind(
    name="witness-quorum",
    title="Witnesses of the log and auditors",
    authority="practice: an oversight board most of whose seats the overseen name (EFF, 2017, checked)",
    due="on change",
    needs_openings=False,
    make=witness_quorum,
)
