"""A term is set for a reason by two; what still has an effect, or an inquiry rests on, is never due."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from oversight_desk import LOG, NOW, YEAR, Story, a_desk, events_of, row, table
from review_room import DENVER

from facegate.errors import InputError, PolicyRefusal
from facegate.oversight.governance.retention_classes import retention_classes
from facegate.oversight.retention import CLASSES, KINDS, STANDING, class_of, expired, set_retention, terms

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.event import Event
    from facegate.gate.ledger.ledger import Ledger

LATER = datetime(2036, 1, 1, tzinfo=UTC)


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with a_desk(tmp_path / "desk") as desk:
        yield desk


def kept(ledger: Ledger, **changes: Any) -> int:  # noqa: ANN401  any option
    options: dict[str, Any] = {
        "record_class": "search",
        "days": 730,
        "reason": "limitation_of_actions",
        "assessment": "Memo of 3 May 2026: civil actions within two years",
        "signed_by": ("77", "31"),
        "at": NOW,
    }
    return set_retention(ledger, **{**options, **changes})


def keep(story: Story, *classes: str, days: int = 365) -> None:
    for one in classes:
        story.add("retention", days=days, reason="statute", **{"class": one})


def case(story: Story, kind: str = "case", number: str = "24-001234") -> None:
    story.add(kind, sealed={"case_number": number, "registered_by": "502"}, agency=DENVER)


def test_the_term_and_its_reason_are_public_and_the_assessment_is_sealed(
    ledger: Ledger, tmp_path: Path
) -> None:
    kept(ledger)
    event = events_of(tmp_path / "desk")[-1]
    assert (event.public["class"], event.public["days"], event.public["reason"]) == (
        "search",
        730,
        "limitation_of_actions",
    )
    assert set(event.sealed) == {"assessment", "signed_by_1", "signed_by_2"}


@pytest.mark.parametrize(
    "wrong", [{"reason": ""}, {"reason": "storage is cheap"}, {"assessment": ""}, {"assessment": "  "}]
)
def test_a_term_without_a_reason_is_refused(ledger: Ledger, wrong: dict[str, str]) -> None:
    before = ledger.log.size
    with pytest.raises(InputError, match="reason"):
        kept(ledger, **wrong)
    assert ledger.log.size == before


@pytest.mark.parametrize("days", [0, -1, 36_526, True])
def test_a_term_is_a_number_of_days(ledger: Ledger, days: int) -> None:
    with pytest.raises(InputError, match="wanted 1 to 36,525"):
        kept(ledger, days=days)


def test_the_logs_own_records_are_kept_a_year_at_least(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="class log are kept at least 365 days, got 364"):
        kept(ledger, record_class="log", days=364)
    assert kept(ledger, record_class="log", days=365) == ledger.log.size - 1


def test_records_of_misuse_are_kept_while_they_count_as_a_repeat(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="class misuse are kept at least 731 days"):
        kept(ledger, record_class="misuse", days=730)


@pytest.mark.parametrize("signers", [(), ("77",), ("77", "77"), ("8841", "1120")])
def test_two_officers_of_the_keeper_sign_a_term(ledger: Ledger, signers: tuple[str, ...]) -> None:
    with pytest.raises(PolicyRefusal, match="sign"):
        kept(ledger, signed_by=signers)


def test_the_last_term_of_a_class_holds() -> None:
    story = Story()
    keep(story, "search", days=900)
    keep(story, "search", days=400)
    assert terms(story.events)["search"].days == 400


def test_every_kind_of_record_is_of_one_class() -> None:
    named = [kind for kinds in KINDS.values() for kind in kinds]
    assert len(named) == len(set(named))
    assert {class_of(kind) for kind in (*named, "misuse-opened", "erasure")} == CLASSES


def test_where_nothing_was_set_nothing_is_due() -> None:
    story = Story()
    story.search("a")
    assert expired(story.events, LATER) == ()


def test_a_search_is_due_on_the_day_its_term_is_over_and_not_before() -> None:
    story = Story()
    keep(story, "search")
    story.search("a")
    intent, result = story.events[-2:]
    over = intent.time + timedelta(days=365)
    assert expired(story.events, over - timedelta(seconds=1)) == ()
    assert expired(story.events, over) == (intent.seq,)
    assert expired(story.events, LATER) == (intent.seq, result.seq)


def test_a_search_of_an_open_case_is_not_due_and_counts_from_its_end() -> None:
    story = Story()
    keep(story, "search", "register")
    case(story)
    story.search("a")
    assert expired(story.events, LATER) == ()
    story.time = datetime(2030, 1, 1, tzinfo=UTC)
    case(story, "case-closed")
    closed = story.events[-1].time
    assert expired(story.events, closed + timedelta(days=364)) == ()
    assert len(expired(story.events, closed + timedelta(days=365))) == 4


def test_a_case_opened_again_holds_its_searches_again() -> None:
    story = Story()
    keep(story, "search")
    for kind in ("case", "case-closed", "case"):
        case(story, kind)
    story.search("a")
    assert expired(story.events, LATER) == ()


def test_reviews_and_outcomes_wait_for_the_case_of_their_search() -> None:
    story = Story()
    keep(story, "review")
    case(story)
    name = story.search("a")
    story.add("finding", sealed={"findings": "[]"}, search_id=name)
    story.add("outcome", sealed={"offense_charged": "1201"}, search_id=name)
    assert expired(story.events, LATER) == ()
    case(story, "case-closed")
    assert len(expired(story.events, LATER)) == 2


def test_the_record_an_officer_stands_on_is_never_due() -> None:
    story = Story()
    keep(story, "register")
    for role in ("investigator", "examiner"):
        story.add("officer", sealed={"officer": "8841", "role": role}, agency=DENVER)
    assert expired(story.events, LATER) == (story.events[1].seq,)


@pytest.mark.parametrize("kind", sorted(STANDING))
def test_what_holds_the_gate_open_is_never_due(kind: str) -> None:
    story = Story()
    keep(story, *CLASSES)
    story.add(kind, sealed={"signed_by_1": "77"})
    assert expired(story.events, LATER) == ()


def test_what_an_inquiry_rests_on_waits_until_it_is_closed() -> None:
    story = Story()
    keep(story, "search", "misuse")
    name = story.search("a")
    opened = story.add(
        "misuse-opened",
        sealed={"searches": f'["{name}"]', "officer": "8841"},
        agency=DENVER,
        source="audit",
        misuse_class="curiosity",
    )
    assert expired(story.events, LATER) == ()
    story.add("misuse-closed", misuse=opened.seq, agency=DENVER, state="cleared")
    assert set(expired(story.events, LATER)) == {opened.seq, opened.seq - 1, opened.seq - 2}


def inquiry(story: Story, *searches: str, officer: str = "8841") -> Event:
    return story.add(
        "misuse-opened",
        sealed={"searches": json.dumps(searches), "officer": officer, "narrative": "his wife"},
        agency=DENVER,
        source="complaint",
        misuse_class="family_or_partner",
    )


def closed_case(story: Story) -> tuple[str, str, list[int]]:
    """Tell of a case with a paper, a permit and two searches, long closed, and a search elsewhere."""
    start = len(story.events)
    case(story)
    story.add("paper", sealed={"case_number": "24-001234", "filed_by": "8841"}, agency=DENVER)
    story.add("permit", sealed={"permit_id": "p1", "case_number": "24-009999"}, agency=DENVER)
    named = story.search("a", sealed_permit_id="p1", sealed_requester="8842")
    story.search("b", sealed_requester="8843")
    case(story, "case-closed")
    of_case = list(range(start, len(story.events)))
    return named, story.search("c", sealed_case_number="24-000007"), of_case


def test_all_records_of_the_case_and_the_permit_of_a_search_wait_for_the_inquiry_into_it() -> None:
    story = Story()
    keep(story, *CLASSES, days=731)
    named, _, of_case = closed_case(story)
    assert set(of_case) <= set(expired(story.events, LATER))
    inquiry(story, named, officer="")
    assert not set(of_case) & set(expired(story.events, LATER))


def test_every_search_of_an_officer_under_inquiry_waits_and_so_do_his_records() -> None:
    story = Story()
    keep(story, *CLASSES, days=731)
    for _ in range(2):
        story.add("officer", sealed={"officer": "8841"}, agency=DENVER)
    _, his, _ = closed_case(story)
    by_hand = story.add("late", sealed={"searched_by": "8841", "case_number": "24-000008"}, agency=DENVER)
    mine = {one.seq for one in story.events if one.text("search_id") == his} | {by_hand.seq}
    first_record = next(one.seq for one in story.events if one.kind == "officer")
    assert mine | {first_record} <= set(expired(story.events, LATER))
    inquiry(story)
    due = set(expired(story.events, LATER))
    assert not due & (mine | {first_record})
    assert due  # the searches of others go on


def test_a_search_by_hand_that_a_case_names_waits() -> None:
    story = Story()
    keep(story, "search")
    late = story.add("late", sealed={"searched_by": "8841", "case_number": "24-000008"}, agency=DENVER)
    assert expired(story.events, LATER) == (late.seq,)
    inquiry(story, f"late-{late.seq}", officer="")
    assert expired(story.events, LATER) == ()


def test_records_of_misuse_count_from_the_last_closing_of_their_case() -> None:
    story = Story()
    keep(story, "misuse", days=731)
    opened = inquiry(story)
    story.time += timedelta(days=3000)
    story.add("misuse-closed", sealed={"reason": "x"}, misuse=opened.seq, agency=DENVER, state="cleared")
    closed = story.time
    assert expired(story.events, closed + timedelta(days=730)) == ()
    assert expired(story.events, closed + timedelta(days=731)) == (opened.seq, opened.seq + 1)


def test_the_searches_of_a_confirmed_misuse_are_kept_as_long_as_its_records() -> None:
    story = Story()
    keep(story, *CLASSES, days=365)
    keep(story, "misuse", days=1000)
    named, _, _ = closed_case(story)
    mine = {one.seq for one in story.events if one.text("search_id") == named or one.kind == "permit"}
    opened = inquiry(story, named)
    story.add("misuse-closed", misuse=opened.seq, agency=DENVER, state="confirmed")
    over = story.time + timedelta(days=1000)
    assert not (mine | {opened.seq}) & set(expired(story.events, over - timedelta(seconds=1)))
    assert mine | {opened.seq} <= set(expired(story.events, over))


def test_the_searches_of_a_confirmed_misuse_are_never_due_where_its_records_have_no_term() -> None:
    story = Story()
    keep(story, "search")
    name = story.search("a")
    opened = inquiry(story, name)
    story.add("misuse-closed", misuse=opened.seq, agency=DENVER, state="confirmed")
    assert expired(story.events, LATER) == ()


def test_what_was_erased_or_never_sealed_is_not_due_again() -> None:
    story = Story()
    keep(story, "search")
    story.add("intent", search_id="x", decision="allowed")
    assert expired(story.events, LATER) == ()


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 4000), st.integers(0, 4000))
def test_what_is_due_once_stays_due(days: int, more: int) -> None:
    story = Story()
    keep(story, "search", days=days)
    story.search("a")
    now = story.time + timedelta(days=1000)
    assert set(expired(story.events, now)) <= set(expired(story.events, now + timedelta(days=more)))


def test_the_report_prints_a_class_without_a_term_as_not_recorded() -> None:
    story = Story()
    keep(story, "search")
    story.search("a")
    report = retention_classes(story.events, YEAR, LOG)
    assert row(report, "retention", "search")["days kept"] == 365
    assert row(report, "retention", "dossier")["days kept"] is None
    assert len(table(report, "retention").rows) == len(CLASSES)
