"""A yearly self-assessment whose answers are tests that pass and counts from the log, never words.

The areas are those of the framework of the World Economic Forum and INTERPOL (2022), in this project's
words: the items themselves are under a license that forbids changed copies, and are read at their source. A
test says what the harness does; a count says what was done with it. Neither says that an agency did well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.entry import INTENT, REFUSED
from facegate.oversight.governance.attempts import texts
from facegate.oversight.report import Table
from facegate.oversight.report_kind import ReportKind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from facegate.gate.ledger.event import Event
    from facegate.oversight.report import Cell, Period, Report
    from facegate.oversight.sources import LogState

PRACTICES: Final = "tests/gate/test_capabilities_practices.py"
IN_USE: Final = "tests/gate/test_capabilities_practices_in_use.py"
FAILURES: Final = "tests/gate/test_capabilities_failures.py"
SYSTEMS: Final = "tests/gate/test_capabilities_systems.py"
REPORTS: Final = "tests/oversight/test_capabilities_reports.py"


@dataclass(frozen=True, slots=True)
class Answer:
    """One answer: an area, the test behind it, and what is counted in the log."""

    area: str
    file: str
    test: str
    fact: str
    counts: Callable[[Event], bool]

    @property
    def test_id(self) -> str:
        """The test as pytest names it."""
        return f"{self.file}::{self.test}"


def self_assessment(events: Iterable[Event], period: Period, log: LogState) -> Report:
    """Answer each area with a test and a count of the period."""
    held = [one for one in events if period.holds(one.time)]
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (one.area, one.test_id, one.fact, sum(map(one.counts, held))) for one in ANSWERS
    )
    table = Table("answers", "Answers", ("area", "test", "what is counted", "count"), rows)
    return SELF_ASSESSMENT.report(period, log, (table,), NOTES)


def _of_kind(*kinds: str) -> Callable[[Event], bool]:
    """Count records of these kinds that were not refused."""
    return lambda one: one.kind in kinds and one.text("decision") != REFUSED


def _refused(rule: str = "") -> Callable[[Event], bool]:
    """Count attempts that were refused, for one rule if it is named."""
    return lambda one: (
        one.kind == INTENT and one.text("decision") == REFUSED and (not rule or rule in texts(one, "rules"))
    )


def _relying(one: Event) -> bool:
    return one.kind == INTENT and bool(one.text("certificate"))


ANSWERS: Final = (
    Answer(
        "rights of people",
        FAILURES,
        "test_f10_the_bounds_of_every_group_stand_beside_every_answer",
        "leads proved wrong, and recipients told",
        _of_kind("correction", "correction-notice"),
    ),
    Answer(
        "necessity",
        PRACTICES,
        "test_p1_the_offense_code_decides_and_no_words_beside_it",
        "attempts refused",
        _refused(),
    ),
    Answer(
        "transparency",
        REPORTS,
        "test_p15_policies_and_audits_are_reports_anybody_can_make_again",
        "usage policies published",
        _of_kind("usage-policy"),
    ),
    Answer(
        "oversight", IN_USE, "test_p14_an_overdue_audit_closes_the_gate", "audits filed", _of_kind("audit")
    ),
    Answer(
        "performance",
        PRACTICES,
        "test_p9_the_gate_is_closed_while_the_signed_benchmark_is_missing_stale_or_failed",
        "attempts with a certificate of error rates in force",
        _relying,
    ),
    Answer(
        "data",
        SYSTEMS,
        "test_s14_where_a_gallery_comes_from_is_on_the_log",
        "records of where a gallery comes from, and of enrollment",
        _of_kind("gallery", "enrolled"),
    ),
    Answer(
        "chain of command",
        PRACTICES,
        "test_p7_a_law_is_activated_by_two_people_on_an_authority_that_is_on_file",
        "laws put in force, signed by two",
        _of_kind("activation"),
    ),
    Answer(
        "training",
        REPORTS,
        "test_gao_searches_by_untrained_staff_are_counted_by_agency",
        "attempts refused for want of training",
        _refused("FG-TRAINED"),
    ),
)
NOTES: Final = (
    "A zero is a count of this log; it does not say whether there was anything to count.",
    "The items of the framework, whose texts are not copied here, stand in its publication of 2022.",
)
SELF_ASSESSMENT: Final = ReportKind(
    name="self-assessment",
    title="Self-assessment, answered by tests and counts",
    authority="practice: World Economic Forum and INTERPOL, 2022 (areas second-hand, items not checked)",
    due="yearly",
    needs_openings=False,
    make=self_assessment,
)
