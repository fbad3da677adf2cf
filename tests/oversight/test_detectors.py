"""Each detector on searches a reader can count, and the queue that merges them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from misuse_office import SUSPECT, A, B, searched

from facegate.errors import InputError
from facegate.gate.ledger.event import Event
from facegate.oversight.detectors.circumstances import parse_circumstances, read_circumstances
from facegate.oversight.detectors.queue import DETECTORS, NAMES, detect, review_queue
from facegate.oversight.detectors.seen import read_log
from facegate.oversight.detectors.weekly_sample import week_of, weekly_sample

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.canonical import JSONValue
    from facegate.oversight.detectors.detection import Detection

MONDAY = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
FILE = f"""
zone = "America/Denver"
[[officer]]
agency = "{A}"
officer = "{SUSPECT}"
self = ["me"]
close = ["brother", "former wife"]
shifts = ["mon 08:00-16:00", "sun 22:00-06:00"]
[[officer]]
agency = "{A}"
officer = "8842"
self = ["colleague"]
[[officer]]
agency = "{B}"
officer = "70"
self = ["stranger"]
"""
KNOWN = parse_circumstances(FILE)
CASE = Event(0, "case", MONDAY, {"agency": A}, {"case_number": "24-000001", "registered_by": "502"})


def found(*events: Event, registered: bool = True) -> dict[str, Detection]:
    case = (CASE,) if registered else ()
    return {one.detector: one for one in detect(read_log((*case, *events)), KNOWN)}


def one(first: str = "", *, others: str = "", at: datetime = MONDAY, **more: str) -> dict[str, Detection]:
    return found(*searched(1, at, first=first, others=others, **more))


@pytest.mark.parametrize(
    ("first", "detector", "misuse_class"),
    [
        ("me", "self", "self_search"),
        ("brother", "close", "family_or_partner"),
        ("former wife", "close", "family_or_partner"),
        ("colleague", "colleague", "colleague"),
        ("stranger", "colleague", "colleague"),
    ],
)
def test_f7_whom_a_search_found_is_seen(first: str, detector: str, misuse_class: str) -> None:
    seen = one(first)[detector]
    assert (seen.searches, seen.misuse_class) == (("s1",), misuse_class)


def test_f7_somebody_further_down_the_list_weighs_less() -> None:
    for first, detector in (("me", "self"), ("brother", "close"), ("colleague", "colleague")):
        assert one("x", others=first)[detector].score < one(first)[detector].score / 2


def test_f7_an_officer_who_finds_a_stranger_is_not_detected() -> None:
    assert one("x", others="y z", at=MONDAY + timedelta(hours=8)) == {}


def test_a_refused_search_is_none() -> None:
    assert one("me", decision="refused") == {}


def test_what_was_erased_is_left_out() -> None:
    erased = [replace(event, sealed={}) for event in searched(1, MONDAY, first="me")]
    assert found(*erased) == {}


def same(n: int, *, days: int = 10, officer: str = SUSPECT, start: int = 1) -> list[Event]:
    return [
        event
        for k in range(n)
        for event in searched(start + k, MONDAY + timedelta(days=days * k), first="x", requester=officer)
    ]


def test_f7_the_same_person_three_times_is_detected_and_twice_is_not() -> None:
    assert "same person" not in found(*same(2))
    seen = found(*same(3))["same person"]
    assert seen.searches == ("s1", "s2", "s3")
    assert "3 searches found x first, 3 within 120 days, under 1 case" in seen.why


def test_f7_the_same_person_over_years_is_not_detected() -> None:
    assert "same person" not in found(*same(3, days=70))


def test_f7_a_person_whom_others_look_for_too_weighs_less() -> None:
    alone = found(*same(4))["same person"].score
    assert found(*same(4), *same(4, officer="8842", start=9))["same person"].score == pytest.approx(alone / 2)


def corroborated(search: str) -> Event:
    public = {"search_id": search, "decision": "allowed"}
    return Event(99, "corroboration", MONDAY + timedelta(days=1), public, {"by": SUSPECT, "by_agency": A})


def test_f7_evidence_that_followed_makes_it_look_like_work() -> None:
    events = same(4)
    assert found(*events, corroborated("s1"))["same person"].score < found(*events)["same person"].score


@pytest.mark.parametrize(
    ("hours", "off"),
    [
        (6, False),  # 15:00 UTC is 08:00 in Denver: his shift starts
        (13, False),  # 15:00
        (15.9, False),  # 16:54, within two hours of the end
        (17, True),  # 19:00 local
        (-11, True),  # Sunday 15:00 local
        (-1, False),  # Monday 01:00 local, the night shift of Sunday
    ],
)
def test_f7_off_shift_is_by_the_agencys_clock_with_two_hours_to_spare(hours: float, *, off: bool) -> None:
    at = MONDAY.replace(hour=9) + timedelta(hours=hours)
    assert ("off shift" in one(at=at)) == off


def test_other_work_at_the_time_makes_off_shift_weigh_less() -> None:
    at = MONDAY + timedelta(days=2)
    finding = Event(
        9,
        "finding",
        at - timedelta(hours=1),
        {"search_id": "other", "decision": "allowed"},
        {"by": SUSPECT, "by_agency": A},
    )
    alone = found(*searched(1, at))["off shift"]
    assert found(finding, *searched(1, at))["off shift"].score < alone.score / 2


def test_an_officer_without_stated_shifts_is_not_off_shift() -> None:
    assert "off shift" not in one(requester="8842", at=MONDAY + timedelta(days=2))


def test_f7_a_case_in_which_nobody_else_did_anything_for_a_month_is_idle() -> None:
    assert "idle case" not in one(at=MONDAY + timedelta(days=30), requester="8842")
    seen = one(at=MONDAY + timedelta(days=31), requester="8842")["idle case"]
    assert "nobody else did anything in the case for 31 days" in seen.why


def test_f7_what_the_searcher_does_himself_wakes_no_case() -> None:
    later = MONDAY + timedelta(days=60)
    events = [*searched(1, later - timedelta(days=1)), *searched(2, later)]
    assert found(*events)["idle case"].searches == ("s2",)


def test_t8_a_thousand_made_up_case_numbers_are_all_flagged() -> None:
    events = [event for k in range(1000) for event in searched(k, MONDAY, case_number=f"24-9{k:05}")]
    queue = review_queue(read_log((CASE, *events)), KNOWN)
    assert {search for item in queue for search in item.searches} == {f"s{k}" for k in range(1000)}


def test_t8_one_case_number_under_unrelated_offenses_is_flagged() -> None:
    events = [*searched(1, MONDAY), *searched(2, MONDAY), *searched(3, MONDAY, offense_code="2404")]
    seen = found(*events)["unrelated offense"]
    assert seen.searches == ("s3",)
    assert seen.why.endswith("this search states 2404, with no amendment of the case")


def test_p18_a_list_tried_to_be_given_to_another_agency_is_detected() -> None:
    public = {"search_id": "s1", "decision": "refused", "rule": "RV-AGENCY"}
    refused = Event(9, "release", MONDAY, public, {"by": "502", "by_agency": A})
    seen = found(*searched(1, MONDAY, first="x"), refused)["passed on"]
    assert seen.misuse_class == "false_beneficiary"


def test_a_search_entered_afterwards_counts_at_the_time_at_which_it_was_made() -> None:
    sealed = {"case_number": "24-000001", "searched_by": SUSPECT, "searched_at": "2026-11-18T03:00:00+00:00"}
    late = Event(7, "late", MONDAY + timedelta(days=1, hours=8), {"agency": A}, sealed)
    assert found(late)["off shift"].searches == ("late-7",)


def test_officers_after_whose_searches_nothing_ever_follows_stand_alone_in_the_queue() -> None:
    def many(officer: str, start: int, n_followed: int) -> list[Event]:
        events: list[Event] = []
        for k in range(40):
            events += searched(start + k, MONDAY, first=f"p{start + k}", requester=officer)
            events += [corroborated(f"s{start + k}")] if k < n_followed else []
        return events

    events = [*many("8842", 100, 0), *many("8843", 200, 20), *many("8844", 300, 20)]
    seen = found(*events)["seldom followed"]
    assert (seen.officer, len(seen.searches), seen.whole_officer) == ("8842", 40, True)


def test_every_detector_goes_by_its_name() -> None:
    events = [
        event for k in range(40) for event in searched(100 + k, MONDAY, first=f"p{k}", requester="8842")
    ]
    for k in range(40):
        events += [*searched(200 + k, MONDAY, first=f"q{k}", requester="8843"), corroborated(f"s{200 + k}")]
    events += [
        *same(3),
        *searched(20, MONDAY, offense_code="2404"),
        *searched(21, MONDAY, case_number="24-9"),
    ]
    for number, first in ((30, "me"), (31, "brother"), (32, "colleague")):
        events += searched(number, MONDAY + timedelta(days=100), first=first)
    stopped = {"search_id": "s30", "decision": "refused", "rule": "RV-AGENCY"}
    given: dict[str, JSONValue] = {"search_id": "s31", "decision": "allowed", "n_leads": 1}
    events += [Event(9, "release", MONDAY, public, {}) for public in (stopped, given)]
    logged = read_log((CASE, *events))
    names = [{one.detector for one in detector(logged, KNOWN)} for detector in DETECTORS]
    assert names == [{name} for name in NAMES]


def test_two_weak_reasons_for_one_search_are_one_item_that_weighs_more() -> None:
    at = MONDAY + timedelta(days=100)
    queue = review_queue(read_log((CASE, *searched(1, at, first="brother"))), KNOWN, cut=0.0)
    [item] = [one for one in queue if one.searches == ("s1",)]
    assert {one.detector for one in item.detections} == {"close", "idle case", "off shift"}
    assert max(one.score for one in item.detections) < item.score < 1
    assert item.misuse_class == "family_or_partner"


def test_detections_that_share_a_search_are_one_item_and_others_are_not() -> None:
    events = [*same(4), *searched(50, MONDAY, first="me")]
    queue = review_queue(read_log((CASE, *events)), KNOWN, cut=0.0)
    assert sorted(len(one.searches) for one in queue) == [1, 4]
    assert [one.score for one in queue] == sorted((one.score for one in queue), reverse=True)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("officer = 3", r"officers are written \[\[officer\]\]"),
        ("shift = 3", "the officers' file has no 'shift'"),
        ("[[officer]]\nname = 'x'", "officer 1 of the officers' file has no 'name'"),
        ("[[officer]]\nagency = 'CO0160000'", "states agency and officer as texts"),
        ("[[officer]]\nagency = 'x'\nofficer = '1'", "the ORI is 'x'"),
        ("zone = 'Mars/Olympus'", "names the zone 'Mars/Olympus'"),
        ("zone = ", "is no TOML"),
    ],
)
def test_an_officers_file_that_is_not_of_its_form_is_one_sentence(text: str, why: str) -> None:
    with pytest.raises(InputError, match=why):
        parse_circumstances(text)


@pytest.mark.parametrize("shift", ["mon 8-16", "mon 25:00-26:00", "xyz 08:00-16:00", "mon 08:00-16:60"])
def test_a_shift_that_is_none_is_refused(shift: str) -> None:
    text = f'[[officer]]\nagency = "{A}"\nofficer = "1"\nshifts = ["{shift}"]'
    with pytest.raises(InputError, match=f"a shift is written such as mon 08:00-16:00, got '{shift}'"):
        parse_circumstances(text)


def test_an_officer_stated_twice_is_refused_and_not_named() -> None:
    row = f'[[officer]]\nagency = "{A}"\nofficer = "777"\n'
    with pytest.raises(
        InputError, match="officer 2 of the officers' file stands there a second time"
    ) as error:
        parse_circumstances(row * 2)
    assert "777" not in str(error.value)


def test_an_officers_file_that_cannot_be_read_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot read the officers' file"):
        read_circumstances(tmp_path / "none.toml")


def test_t7_the_weekly_sample_is_one_in_twenty_and_comes_out_again() -> None:
    events = [event for k in range(101) for event in searched(k, MONDAY)]
    logged = read_log(events).searches
    drawn = weekly_sample(logged, week=week_of(MONDAY), seed="dice")
    assert len(drawn) == 6
    assert drawn == weekly_sample(logged, week=week_of(MONDAY), seed="dice")
    assert drawn != weekly_sample(logged, week=week_of(MONDAY), seed="other dice")


def test_t7_a_week_with_one_search_has_it_in_its_sample_and_one_with_none_has_none() -> None:
    logged = read_log(searched(1, MONDAY)).searches
    assert len(weekly_sample(logged, week="2026-W47", seed="dice")) == 1
    assert weekly_sample(logged, week="2026-W46", seed="dice") == ()
