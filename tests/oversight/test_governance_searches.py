"""Searches, what came of them, and what they led to; counted against short stories."""

from __future__ import annotations

from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from oversight_desk import (
    LOG,
    YEAR,
    Story,
    row,
    table,
)

from facegate.gate.ledger.event import Event
from facegate.oversight.governance.attempts import attempts
from facegate.oversight.governance.hit_rate import hit_rate
from facegate.oversight.governance.searches import COUNTED, searches
from facegate.oversight.report import Period
from facegate.request import AGENCY_CLASSES


def test_what_came_later_belongs_to_its_search_and_what_was_refused_to_none() -> None:
    story = Story()
    name = story.search("a", "b")
    story.add("release", search_id=name, decision="allowed", n_leads=2)
    story.add("release", search_id=name, decision="refused", rule="RV-MORE")
    [one] = attempts(story.events)
    assert (one.n_shown, one.n_leads, len(one.steps)) == (2, 2, 1)


def test_a_list_released_to_two_people_counts_its_leads_once() -> None:
    story = Story()
    name = story.search("a", "b")
    for _ in range(2):
        story.add("release", search_id=name, decision="allowed", n_leads=1)
    assert attempts(story.events)[0].n_leads == 1


def test_attempts_are_counted_by_class_of_offense_and_one_that_is_not_stated_is_no_class() -> None:
    story = Story()
    story.search("a")
    story.search(outcome="refused", offense_class="")
    report = searches(story.events, YEAR, LOG)
    assert row(report, "searches-by-offense-class", "robbery")["searches made"] == 1
    assert row(report, "searches-by-offense-class", "(not stated, or not of its form)")["refused"] == 1


def test_every_class_and_purpose_has_a_row_and_nobody_is_a_zero() -> None:
    report = searches(Story().events, YEAR, LOG)
    assert {line[0] for line in table(report, "searches-by-agency-class").rows} == AGENCY_CLASSES
    assert {line[1:] for line in table(report, "searches-by-purpose").rows} == {(0,) * 6}


def test_refusals_are_counted_by_rule() -> None:
    story = Story()
    story.search(outcome="refused", rules=["FG-CASE-REGISTER", "FG-TRAINED"])
    story.search(outcome="refused", rules=["FG-TRAINED"])
    report = searches(story.events, YEAR, LOG)
    assert table(report, "refusals-by-rule").rows == (("FG-CASE-REGISTER", 1), ("FG-TRAINED", 2))


def test_that_somebody_was_left_out_is_not_recorded_in_public_and_never_zero() -> None:
    report = searches(Story().events, YEAR, LOG)
    assert row(report, "incomplete-lists", "list with somebody left out because he was shown too often") == {
        "what": "list with somebody left out because he was shown too often",
        "attempts": None,
    }


def test_an_intent_without_a_result_is_no_result_and_not_a_search() -> None:
    story = Story()
    story.search("a")
    story.events.pop()
    report = searches(story.events, YEAR, LOG)
    assert row(report, "outcomes", "no result")["attempts"] == 1
    assert row(report, "outcomes", "searched")["attempts"] == 0


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["searched", "refused", "withheld", "error"]), st.integers(0, 3)),
        max_size=12,
    )
)
def test_each_division_of_the_attempts_adds_up_to_all_of_them(made: list[tuple[str, int]]) -> None:
    story = Story()
    for number, (outcome, found) in enumerate(made):
        purpose = "fugitive" if number % 2 else "missing_person"
        story.search(*"abc"[: found if outcome == "searched" else 0], outcome=outcome, purpose=purpose)
    report = searches(story.events, YEAR, LOG)
    for name in (
        "searches-by-agency",
        "searches-by-agency-class",
        "searches-by-purpose",
        "searches-by-channel",
        "outcomes",
    ):
        assert sum(int(line[1] or 0) for line in table(report, name).rows) == len(made)


def test_a_search_whose_list_was_withheld_was_made_and_showed_nobody() -> None:
    story = Story()
    story.search("a")
    story.search(outcome="withheld")
    line = row(searches(story.events, YEAR, LOG), "searches-by-channel", "desk")
    assert [line[name] for name in COUNTED] == [2, 0, 2, 1, 1, 1]
    counts = {one[0]: one[1] for one in table(hit_rate(story.events, YEAR, LOG), "yield").rows}
    assert (counts["searches made"], counts["searches whose list was withheld"]) == (2, 1)
    assert counts["searches that found nobody"] == 0


def test_where_no_lead_was_released_none_was_proved_wrong() -> None:
    story = Story()
    story.search("ann")
    counts = {one[0]: one[1:3] for one in table(hit_rate(story.events, YEAR, LOG), "yield").rows}
    assert counts["leads proved wrong"] == (0, None)


def test_a_search_by_hand_belongs_to_the_year_in_which_it_was_made() -> None:
    story = Story(datetime(2027, 1, 1, 5, 0, tzinfo=UTC))
    story.add("late", agency="A", searched_on="2026-12-31", in_time="yes")
    assert row(searches(story.events, YEAR, LOG), "late-share", "A")["by hand, entered later"] == 1
    assert table(searches(story.events, Period.year(2027), LOG), "late-share").rows == ()


def test_a_search_by_hand_without_a_day_belongs_to_the_year_in_which_it_was_entered() -> None:
    story = Story()
    story.add("late", agency="A", searched_on="soon", in_time="yes")
    assert row(searches(story.events, YEAR, LOG), "late-share", "A")["by hand, entered later"] == 1


def test_a_share_of_outcomes_that_nobody_recorded_is_not_recorded_and_never_0_percent() -> None:
    story = Story()
    name = story.search("ann")
    leads_of(story, name, "REF")
    told = ("searches with a lead confirmed", "searches with an arrest after them", "leads proved wrong")
    counts = {one[0]: one[1:3] for one in table(hit_rate(story.events, YEAR, LOG), "yield").rows}
    assert {counts[what] for what in told} == {(None, None)}
    story.add("outcome", search_id=name, what="case-closed", day="2026-03-02")
    counts = {one[0]: one[1:3] for one in table(hit_rate(story.events, YEAR, LOG), "yield").rows}
    assert {counts[what] for what in told} == {(0, "0 %")}


def leads_of(story: Story, search: str, *references: str) -> None:
    """Release a list of which those with a reference are leads."""
    lines = [[rank, "0.8-0.9", one, "lead"] for rank, one in enumerate(references, start=1)]
    story.add(
        "release",
        sealed={"candidates": str(lines).replace("'", '"')},
        search_id=search,
        decision="allowed",
        n_leads=sum(map(bool, references)),
    )


def test_who_was_shown_and_never_a_lead_is_a_share_of_the_gallery() -> None:
    story = Story()
    story.add("enrolled", n_subjects_new=1000)
    first, _ = story.search("ann", "bob", "eve"), story.search("bob")
    leads_of(story, first, "REF", "", "")
    report = hit_rate(story.events, YEAR, LOG)
    shown = row(report, "shown-without-a-lead", "people ever shown, and never released as a lead")
    assert (shown["count"], shown["share of people ever enrolled"]) == (2, "0.2 %")


def test_who_was_withdrawn_is_not_counted_as_enrolled() -> None:
    story = Story()
    story.add("enrolled", n_subjects_new=1000)
    story.add("withdrawal", n_subjects=250)  # announced, not yet done
    story.add("withdrawn", n_subjects=250)
    shown = table(hit_rate(story.events, YEAR, LOG), "shown-without-a-lead")
    assert [one[1:] for one in shown.rows[:3]] == [(1000, "-"), (250, "25 %"), (750, "-")]


def test_more_withdrawn_than_any_record_enrolled_leaves_the_size_unknown() -> None:
    story = Story()
    story.add("enrolled", n_subjects_new=10)
    story.add("withdrawn", n_subjects=11)  # enrolled before the log began
    shown = table(hit_rate(story.events, YEAR, LOG), "shown-without-a-lead")
    assert [one[1:] for one in shown.rows[:3]] == [(10, "-"), (11, None), (None, "-")]


def test_a_gallery_whose_size_nobody_recorded_has_no_share() -> None:
    story = Story()
    story.search("ann")
    report = hit_rate(story.events, YEAR, LOG)
    shown = row(report, "shown-without-a-lead", "people ever shown in a list")
    assert (shown["count"], shown["share of people ever enrolled"]) == (1, None)


def test_a_list_whose_opening_is_gone_is_counted_as_such() -> None:
    story = Story()
    story.search("ann")
    last = story.events.pop()
    story.events.append(Event(last.seq, last.kind, last.time, last.public, {}))
    report = hit_rate(story.events, YEAR, LOG)
    assert row(report, "shown-without-a-lead", "lists that can no longer be read")["count"] == 1


def test_leads_that_nobody_spoke_of_again_are_counted() -> None:
    story = Story()
    for what in ("lead-confirmed", "lead-refuted", ""):
        name = story.search("ann")
        leads_of(story, name, "REF")
        if what:
            story.add("outcome", search_id=name, what=what, day="2026-03-02")
    report = hit_rate(story.events, YEAR, LOG)
    counts = {line[0]: line[1] for line in table(report, "yield").rows}
    assert counts["searches with a lead confirmed"] == counts["searches with a lead refuted"] == 1
    assert counts["searches with leads and no word what became of them"] == 1
