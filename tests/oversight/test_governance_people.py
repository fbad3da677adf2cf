"""Census, audits, changes of the law, weekly review, training and the self-assessment."""

from __future__ import annotations

import ast
import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from oversight_desk import (
    LOG,
    YEAR,
    Story,
    events_of,
    matrix,
    officer,
    row,
    shared,
    table,
)
from pilot import SET_UP, opened, setup_text
from review_room import DENVER

from facegate.gate.ledger.event import Event
from facegate.gate.registers.setup import apply_setup, read_setup
from facegate.oversight.governance.access_census import access_census
from facegate.oversight.governance.audit_calendar import audit_calendar
from facegate.oversight.governance.cjis_weekly import Week, cjis_weekly, draw_weeks
from facegate.oversight.governance.level_1_count import level_1_count
from facegate.oversight.governance.policy_changes import policy_changes
from facegate.oversight.governance.self_assessment import ANSWERS
from facegate.oversight.governance.training import training
from facegate.oversight.report import Period
from facegate.oversight.sources import LogState

ROOT = Path(__file__).parents[2]


def test_who_was_not_at_work_for_90_days_is_disabled_in_the_census() -> None:
    story = Story()
    matrix(story)
    for name in ("8841", "9001"):
        officer(story, name)
    story.time = datetime(2026, 7, 1, tzinfo=UTC)
    story.search("a")
    counts = row(access_census(story.events, YEAR, LOG), "users-by-agency", DENVER)
    assert (counts["enabled"], counts["disabled: unused for 90 days"]) == (1, 1)
    assert counts["last at work"] == "2026-07-01"


def test_the_census_speaks_of_the_end_of_its_period_and_of_no_later_day() -> None:
    story = Story()
    matrix(story)
    officer(story, "8841")
    until = Period(date(2026, 1, 1), date(2026, 4, 1))
    early = access_census(story.events, until, LOG)
    story.time = datetime(2026, 11, 1, tzinfo=UTC)
    officer(story, "8841", standing="gone")
    assert row(access_census(story.events, until, LOG), "users-by-agency", DENVER)["gone"] == 0
    assert row(early, "users-by-agency", DENVER)["enabled"] == 1


def test_an_officer_whose_record_was_erased_is_counted_in_the_notes() -> None:
    story = Story()
    matrix(story)
    story.add("officer", agency=DENVER)
    assert any(
        note.endswith("whom they are about: 1.") for note in access_census(story.events, YEAR, LOG).notes
    )


def audit(story: Story, **changes: str) -> None:
    public = {
        "period_end": "2025-12-31",
        "filed_on": "2026-02-01",
        "auditor": "State Auditor",
        "next_due": "2026-06-01",
    }
    story.add("audit", findings_open=2, **{**public, **changes})


def test_an_audit_overdue_at_the_end_of_the_period_says_so() -> None:
    story = Story()
    matrix(story)
    audit(story)
    story.search("a")
    assert table(audit_calendar(story.events, YEAR, LOG), "audit-calendar").rows[0][3:] == (
        "2026-06-01",
        "current",
    )
    story.time = datetime(2026, 6, 2, tzinfo=UTC)
    story.search("a")
    assert table(audit_calendar(story.events, YEAR, LOG), "audit-calendar").rows[0][3:] == (
        "2026-06-01",
        "overdue",
    )


def test_where_no_audit_was_ever_filed_the_calendar_says_never_and_no_day() -> None:
    story = Story()
    matrix(story)
    assert table(audit_calendar(story.events, YEAR, LOG), "audit-calendar").rows[0][2:] == (
        None,
        None,
        "never audited",
    )


def test_an_auditor_of_whom_nobody_says_where_he_stands_is_not_recorded() -> None:
    story = Story()
    audit(story)
    audit(story, outside_policing="yes")
    said = [line[3] for line in table(audit_calendar(story.events, YEAR, LOG), "audits").rows]
    assert said == [None, "yes"]


@pytest.mark.parametrize(
    ("line", "said"), [("outside_policing = true", "yes"), ("outside_policing = false", "no"), ("", None)]
)
def test_a_setup_file_says_where_the_auditor_stands_or_nobody_does(
    tmp_path: Path, line: str, said: str | None
) -> None:
    text = re.sub("^outside_policing = .*$", line, setup_text(), flags=re.MULTILINE)
    with opened(tmp_path) as ledger:
        apply_setup(ledger, read_setup(text), SET_UP)
    report = audit_calendar(events_of(tmp_path), YEAR, LOG)
    assert [one[3] for one in table(report, "audits").rows] == [said]


def test_a_law_put_in_force_stands_with_authority_objections_and_digest() -> None:
    story = Story()
    law = {"profile": "co-dmv-2019", "overlays": "", "policy_digest": "ab" * 32}
    story.add(
        "activation",
        **law,
        authority="C.R.S. 42-1-206",
        until="",
        objections="ACLU, 3 March",
        **{"from": "2026-03-01"},
    )
    story.add("deactivation", **law, reason="court order")
    report = policy_changes(story.events, YEAR, LOG)
    assert [line[2] for line in table(report, "laws").rows] == ["activation", "deactivation"]
    assert [line[1:3] for line in table(report, "grounds").rows] == [
        ("C.R.S. 42-1-206", "ACLU, 3 March"),
        ("court order", "none stated"),
    ]
    assert {line[1] for line in table(report, "digests").rows} == {"ab" * 32}


def test_a_change_of_sharing_or_retention_is_a_change_of_the_rules() -> None:
    story = Story()
    shared(story, "class:fbi")
    story.add("retention", days=900, reason="statute", **{"class": "search"})
    said = [line[3] for line in table(policy_changes(story.events, YEAR, LOG), "other-rules").rows]
    assert said[0].startswith("owner dl, to class:fbi") if isinstance(said[0], str) else False
    assert said[1] == "class search, days 900, reason statute"


AFTER = datetime(2026, 3, 9, tzinfo=UTC)  # a Monday, the week after


def a_week(after: str = "x") -> Story:
    """Make 60 searches in one week, Monday to Sunday, and one record after it."""
    story = Story(datetime(2026, 3, 2, 9, 0, tzinfo=UTC))
    for _ in range(60):
        story.search("a")
        story.time += timedelta(hours=2)
    story.time = AFTER
    story.add("case", agency=after)
    return story


def drawn(story: Story, period: Period = YEAR) -> list[str]:
    report = cjis_weekly(story.events, period, LOG)
    return [str(line[1]) for line in table(report, "sample").rows]


def test_the_weekly_sample_is_one_in_twenty_and_the_same_whenever_the_report_is_made() -> None:
    story = a_week()
    first = drawn(story)
    for size in range(30):
        story.search("later")
        state = LogState(LOG.origin, size, f"{size:064x}")
        rows = table(
            cjis_weekly(story.events, Period(date(2026, 3, 2), date(2026, 3, 9)), state), "sample"
        ).rows
        assert [line[1] for line in rows] == first
    assert len(first) == 3


def test_the_first_record_after_the_week_decides_the_sample_so_nobody_knew_it_before() -> None:
    assert len({tuple(drawn(a_week(f"A{number}"))) for number in range(20)}) > 15


def test_a_sealed_field_that_opens_or_not_draws_the_same_sample() -> None:
    story = a_week()
    bare = [Event(one.seq, one.kind, one.time, one.public, {}) for one in story.events]
    assert draw_weeks(bare, YEAR)[0].seed == draw_weeks(story.events, YEAR)[0].seed


def test_a_week_without_a_record_after_it_has_no_sample_yet() -> None:
    story = a_week()
    story.events.pop()
    assert draw_weeks(story.events, YEAR) == (Week("2026-W10", 60),)
    report = cjis_weekly(story.events, YEAR, LOG)
    assert table(report, "sample").rows == ()
    assert table(report, "weeks").rows == (("2026-W10", 60, None, None, None),)


def test_a_period_that_cuts_the_week_draws_no_other_sample() -> None:
    story = a_week()
    days = [Period(date(2026, 3, day), date(2026, 3, day + 1)) for day in range(2, 9)]
    assert [name for day in days for name in drawn(story, day)] == drawn(story)


def test_a_search_put_into_a_week_whose_seed_is_known_is_always_looked_at() -> None:
    story = a_week()
    first = drawn(story)
    story.time = datetime(2026, 3, 3, tzinfo=UTC)  # the clock was set back
    hidden = [story.search("me"), story.search("me")]
    assert drawn(story) == [*first, *hidden]


def test_an_alarm_is_listed_with_its_rules() -> None:
    story = Story()
    story.search(outcome="refused", alarm="no such action", rules=["FG-ACTION"])
    story.search(outcome="interrupted")
    report = cjis_weekly(story.events, YEAR, LOG)
    assert [line[2:] for line in table(report, "alarms").rows] == [("no such action", "FG-ACTION")]
    assert [line[2] for line in table(report, "broken-off").rows] == ["interrupted"]


def test_training_is_read_on_the_day_of_the_search() -> None:
    story = Story()
    officer(story, "8841", trained_until="2026-03-01")
    story.search("a")
    story.time = datetime(2026, 3, 2, tzinfo=UTC)
    story.search("a")
    story.search("a", sealed_requester="nobody")
    counts = row(training(story.events, YEAR, LOG), "training", DENVER)
    trained = [counts[name] for name in ("by trained staff", "by untrained staff", "training not recorded")]
    assert trained == [1, 1, 1]


def test_without_any_law_every_search_was_before_training_was_required() -> None:
    story = Story()
    story.search("a")
    assert row(training(story.events, YEAR, LOG), "training", DENVER)["before training was required"] == 1
    law = {"profile": "p", "overlays": "", "policy_digest": "", "authority": "", "until": ""}
    story.add("activation", **law, **{"from": "2026-03-01"})
    story.search("a")
    assert row(training(story.events, YEAR, LOG), "training", DENVER)["before training was required"] == 1


def test_a_search_by_hand_counts_as_training_of_the_year_in_which_it_was_made() -> None:
    story = Story(datetime(2027, 1, 1, 5, 0, tzinfo=UTC))
    story.add("late", sealed={"searched_by": "8841"}, agency=DENVER, searched_on="2026-12-31", in_time="yes")
    assert row(training(story.events, YEAR, LOG), "training", DENVER)["of these by hand"] == 1
    later = row(training(story.events, Period.year(2027), LOG), "training", "all agencies")
    assert later["searches"] == 0


def test_every_answer_of_the_self_assessment_names_a_test_that_exists() -> None:
    for answer in ANSWERS:
        tree = ast.parse((ROOT / answer.file).read_text(encoding="utf-8"))
        assert answer.test in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}, (
            answer.test_id
        )


def test_the_two_readings_of_the_memo_admit_134_and_443_or_none_and_134() -> None:
    rows = table(level_1_count((), YEAR, LOG), "level-1").rows
    assert {line[0]: line[2:] for line in rows} == {
        "co-dmv-2019": (134, 443, 462),
        "co-dmv-2019-strict": (0, 134, 462),
    }
