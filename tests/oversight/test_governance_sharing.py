"""Disclosures, beneficiaries and the sharing matrix; every zero is printed."""

from __future__ import annotations

from datetime import UTC, datetime

from oversight_desk import (
    AURORA,
    ICE,
    LOG,
    YEAR,
    Story,
    matrix,
    row,
    shared,
    table,
)
from review_room import DENVER

from facegate.gate.ledger.event import Event
from facegate.gate.registers.sharing import ACTIONS
from facegate.oversight.governance.home_against_benefit import home_against_benefit
from facegate.oversight.governance.nlets_disclosure import nlets_disclosure
from facegate.oversight.governance.sharing_matrix import sharing_report
from facegate.oversight.report import Period
from facegate.request import AGENCY_CLASSES


def test_each_class_stands_beside_each_state_also_when_nobody_asked() -> None:
    story = Story()
    matrix(story)
    report = nlets_disclosure(story.events, YEAR, LOG)
    pairs = {line[:2] for line in table(report, "requests-and-disclosures").rows}
    assert {(name, "CO") for name in AGENCY_CLASSES} <= pairs
    assert {line[2:] for line in table(report, "immigration").rows} == {(0,) * 7}


def test_a_request_by_an_immigration_agency_through_a_friend_is_counted() -> None:
    story = Story()
    matrix(story)
    story.search("a", beneficiary=ICE, beneficiary_class="immigration")
    report = nlets_disclosure(story.events, YEAR, LOG)
    assert row(report, "immigration", "asked for an immigration authority", "CO")["searches made"] == 1
    assert row(report, "immigration", "asked by an immigration authority", "CO")["image requests"] == 0


def test_records_that_left_are_disclosures_of_the_state_whose_gallery_was_searched() -> None:
    story = Story()
    matrix(story)
    name = story.search("a")
    story.add("release", search_id=name, decision="allowed", n_leads=1)
    asked = story.add(
        "dossier",
        search_id=name,
        stage="asked",
        decision="allowed",
        agency=DENVER,
        agency_class="police",
        rules=[],
    )
    story.add("dossier", search_id=name, stage="released", asked=asked.seq)
    report = nlets_disclosure(story.events, YEAR, LOG)
    counts = row(report, "requests-and-disclosures", "police", "CO")
    assert (counts["lists released"], counts["record requests"], counts["records released"]) == (1, 1, 1)


def test_a_gallery_that_changed_hands_later_changes_no_past_year() -> None:
    story = Story()
    matrix(story)
    story.search("a")
    before = nlets_disclosure(story.events, YEAR, LOG).tables
    story.time = datetime(2027, 2, 1, tzinfo=UTC)
    story.add("gallery", gallery="dl", owner=AURORA, state="UT", gallery_kind="dl", provenance={})
    assert nlets_disclosure(story.events, YEAR, LOG).tables == before


def a_long_log() -> Story:
    """Make 10,000 searches of 41 galleries, each shared with five agencies."""
    story = Story(datetime(2026, 1, 1, tzinfo=UTC))
    for number in range(41):
        story.add("gallery", gallery=f"g{number}", owner=DENVER, state=f"S{number}", withheld_count=0)
        for agency in range(5):
            public = {"owner": f"g{number}", "to": f"ori:CO{agency}", "action": "imageComparison"}
            public |= {"purpose": "criminal_investigation", "until": "", "shared": "yes"}
            story.add("sharing", **public, **{"from": "2026-01-01"})
    for number in range(10_000):
        story.search("a", gallery=f"g{number % 41}", agency=f"CO{number % 7}")
    return story


def test_each_request_is_looked_up_once_however_many_states_and_rows_there_are() -> None:
    events = a_long_log().events
    read = 0

    class Counted(Event):
        def text(self, name: str) -> str:
            nonlocal read
            read += 1
            return super().text(name)

    counted = [Counted(one.seq, one.kind, one.time, one.public, one.sealed) for one in events]
    for make in (nlets_disclosure, sharing_report):
        read = 0
        make(counted, YEAR, LOG)
        assert read < 25 * len(events), make


def test_home_stands_against_benefit_and_self_is_the_home() -> None:
    story = Story()
    story.search("a", beneficiary="self")
    story.search("a", beneficiary=AURORA)
    report = home_against_benefit(story.events, YEAR, LOG)
    assert row(report, "home-against-benefit", DENVER, DENVER)["attempts"] == 1
    assert row(report, "home-against-benefit", DENVER, AURORA)["attempts"] == 1
    assert row(report, "own-or-others", "another agency")["attempts"] == 1


def test_a_row_about_an_agency_takes_its_requests_from_the_row_of_its_class() -> None:
    story = Story()
    matrix(story)
    shared(story, "class:police")
    story.search("a")
    story.search("a", agency=AURORA)
    report = sharing_report(story.events, YEAR, LOG)
    uses = {line[2]: line[-3] for line in table(report, "sharing-matrix").rows}
    assert uses == {f"ori:{DENVER}": 1, "class:police": 1}


def test_a_request_that_no_row_covers_is_counted_apart() -> None:
    story = Story()
    matrix(story)
    story.search(outcome="refused", purpose="fugitive")
    report = sharing_report(story.events, YEAR, LOG)
    assert table(report, "under-no-row").rows == ((1, 1, 0),)


def test_the_matrix_is_that_of_the_end_of_the_period() -> None:
    story = Story()
    matrix(story)
    before = len(story.events)
    story.time = datetime(2027, 2, 1, tzinfo=UTC)
    shared(story, f"ori:{DENVER}", yes=False)
    assert (
        sharing_report(story.events, YEAR, LOG).tables
        == sharing_report(story.events[:before], YEAR, LOG).tables
    )
    assert table(sharing_report(story.events, Period.year(2027), LOG), "sharing-matrix").rows[0][5] == "no"


def test_a_link_one_way_across_states_says_so() -> None:
    story = Story()
    matrix(story)
    shared(story, f"ori:{AURORA}", action="crossJurisdiction")
    report = sharing_report(story.events, YEAR, LOG)
    assert {line[2]: line[6] for line in table(report, "sharing-matrix").rows} == {
        f"ori:{DENVER}": "no",
        f"ori:{AURORA}": "yes",
    }
    assert any("one way: UT shares nothing" in str(line[0]) for line in table(report, "in-plain-words").rows)


def test_every_action_has_words_of_its_own_in_the_matrix() -> None:
    story = Story()
    matrix(story)
    for action in sorted(ACTIONS):
        shared(story, "class:fbi", action=action)
    said = {str(line[0]) for line in table(sharing_report(story.events, YEAR, LOG), "in-plain-words").rows}
    assert len([one for one in said if "of class fbi" in one]) == len(ACTIONS)
    assert not [one for one in said for action in ACTIONS if f"may be {action}" in one]
