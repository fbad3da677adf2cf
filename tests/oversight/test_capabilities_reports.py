"""The capability table's rows on reports and on what comes later: each answered as its reader meets it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from oversight_desk import CLERK, DMV, LOG, NOW, TODAY, YEAR, Story, a_desk, events_of, row, table
from review_room import DENVER, a_lead, searched
from test_quorum import policy, recorded

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.activation import activate_policy
from facegate.gate.registers.audits import file_audit
from facegate.gate.registers.late import enter_late
from facegate.gate.registers.people import register_agency
from facegate.gate.registers.sharing import share
from facegate.oversight.events import read_events
from facegate.oversight.governance.access_census import access_census
from facegate.oversight.governance.audit_calendar import audit_calendar
from facegate.oversight.governance.charged_against_searched import charged_against_searched
from facegate.oversight.governance.hit_rate import hit_rate
from facegate.oversight.governance.home_against_benefit import home_against_benefit
from facegate.oversight.governance.kinds import KINDS
from facegate.oversight.governance.nlets_disclosure import nlets_disclosure
from facegate.oversight.governance.policy_changes import policy_changes
from facegate.oversight.governance.searches import searches
from facegate.oversight.governance.shares import not_of_interest
from facegate.oversight.governance.sharing_matrix import sharing_report
from facegate.oversight.governance.training import training
from facegate.oversight.governance.witness_quorum import witness_quorum
from facegate.oversight.recording.outcomes import record_outcome
from facegate.oversight.retention import expired, set_retention
from facegate.request import AGENCY_CLASSES

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

UTAH = "UT0180000"


def a_search(ledger: Ledger, *people: str, number: int = 1, **changes: Any) -> str:  # noqa: ANN401  any field
    return searched(ledger, *people, number=number, **changes)


def test_s5_the_matrix_is_published_in_plain_words_with_counts_of_use(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        share(ledger, gallery="dl", to="class:fbi", purpose="fugitive", first_day="2026-10-01", at=NOW)
    report = sharing_report(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    rows = table(report, "in-plain-words").rows
    said = [line for line in rows if "agencies of class fbi" in str(line[0])]
    rule = (
        "Gallery dl of CODMV0000 (CO) may be searched (image comparison) by agencies of class fbi for "
        "fugitive, from 2026-10-01 without end."
    )
    assert said == [(rule, 0, 0, 0)]


def test_s10_the_census_counts_users_by_agency_and_class_and_when_they_were_last_at_work(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        a_search(ledger, "person-1")
    report = access_census(events_of(tmp_path / "desk"), YEAR, LOG)
    police = row(report, "users-by-agency", DENVER)
    assert (police["enabled"], police["last at work"]) == (3, TODAY)
    assert row(report, "users-by-agency", DMV)["last at work"] is None  # never, which is no day
    assert {line[0] for line in table(report, "users-by-class").rows} == AGENCY_CLASSES


def test_s12_the_hit_rate_counts_candidates_leads_and_leads_confirmed(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        lead = a_lead(ledger, number=1)
        a_search(ledger, number=2)
        options: dict[str, Any] = {"day": TODAY, "by": CLERK, "by_agency": DENVER, "at": NOW}
        record_outcome(ledger, search_id=lead, what="lead-confirmed", **options)
    report = hit_rate(events_of(tmp_path / "desk"), YEAR, LOG)
    counts = {line[0]: line[1:3] for line in table(report, "yield").rows}
    assert counts["searches made"] == (2, "-")
    assert counts["searches that found nobody"] == (1, "50 %")
    assert counts["candidates released as leads"] == (1, "50 %")
    assert counts["searches with a lead confirmed"] == (1, "50 %")


def test_s12_of_320_million_images_and_400_000_hits_the_shares_are_exact() -> None:
    assert not_of_interest(320_000_000, 400_000) == ("0.125 %", "99.875 %")


def test_p14_the_audit_calendar_is_published_and_says_when_the_next_is_due(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        file_audit(
            ledger,
            period_end="2026-10-31",
            filed_on="2026-11-01",
            auditor="State Auditor",
            next_due="2027-05-01",
            findings_open=1,
            outside_policing=True,
            at=NOW,
        )
    report = audit_calendar(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    assert table(report, "audit-calendar").rows == ((DMV, 731, "2026-11-01", "2027-05-01", "current"),)
    assert row(report, "audits", "2026-11-01")["outside policing"] == "yes"


def test_p15_policies_and_audits_are_reports_anybody_can_make_again(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk"):
        pass
    public = tuple(read_events(tmp_path / "desk" / "log", opened=False))
    for make, name in (
        (policy_changes, "laws"),
        (policy_changes, "usage-policies"),
        (audit_calendar, "audits"),
    ):
        found = table(make(public, YEAR, LOG), name)
        assert found.rows
        assert found == table(make(events_of(tmp_path / "desk"), YEAR, LOG), name)


def test_p16_requests_and_disclosures_are_printed_for_every_class_and_state_zeros_too(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        a_search(ledger, outcome="refused")
    report = nlets_disclosure(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    rows = table(report, "requests-and-disclosures").rows
    assert {(name, "CO") for name in AGENCY_CLASSES} <= {line[:2] for line in rows}
    assert all(isinstance(cell, int) for line in rows for cell in line[2:])
    assert {line[2:] for line in table(report, "immigration").rows} == {(0,) * 7}


def test_p18_home_agency_stands_against_benefiting_agency_and_false_statements_beside(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        a_search(ledger, "person-1", beneficiary="DCICE0100")
    report = home_against_benefit(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    assert row(report, "home-against-benefit", DENVER, "DCICE0100")["searches made"] == 1
    assert row(report, "own-or-others", "another agency")["searches made"] == 1
    assert [line[1] for line in table(report, "false-statements").rows] == [0, 0, 0]


def test_p21_who_changed_which_law_on_what_authority_is_a_report_with_objections(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        activate_policy(
            ledger,
            profile="co-dmv-2019",
            overlays=["moratorium"],
            policy_digest="ab" * 32,
            authority="C.R.S. 24-72-302(3)",
            first_day="2026-11-22",
            signed_by=("77", "31"),
            objections="Public defender, letter of 3 November",
            at=NOW,
        )
    report = policy_changes(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    assert table(report, "laws").rows[-1][2:5] == ("activation", "co-dmv-2019", "moratorium")
    assert table(report, "grounds").rows[-1][1:] == (
        "C.R.S. 24-72-302(3)",
        "Public defender, letter of 3 November",
        "two officers of the agency that keeps the gallery",
    )
    assert table(report, "digests").rows[-1][1] == "ab" * 32


def test_f9_the_share_of_searches_entered_late_is_reported(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        a_search(ledger, "person-1")
        for hours in (1, 30):
            enter_late(
                ledger,
                agency=DENVER,
                case_number="24-001234",
                searched_by="8841",
                searched_at=f"{NOW - timedelta(hours=hours):%Y-%m-%dT%H:%M:%SZ}",
                entered_by=CLERK,
                asked_by_way_of="telephone",
                purpose="criminal_investigation",
                found="nobody",
                reason="The line was down.",
                at=NOW,
            )
    late = row(searches(events_of(tmp_path / "desk", opened=False), YEAR, LOG), "late-share", DENVER)
    assert (late["by hand, entered later"], late["of these after 24 hours"]) == (2, 1)
    assert late["late share"] == "about 66.667 %"


def test_f12_a_retention_without_a_reason_is_refused_and_what_is_due_is_named(tmp_path: Path) -> None:
    term: dict[str, Any] = {"record_class": "review", "days": 400, "signed_by": ("77", "31"), "at": NOW}
    with a_desk(tmp_path / "desk") as ledger:
        search = a_search(ledger, "person-1", case_number="24-999999")
        ledger.record("finding", at=NOW, public={"search_id": search}, sealed={"findings": "[]"})
        with pytest.raises(InputError, match="reason"):
            set_retention(ledger, reason="", assessment="none", **term)
        with pytest.raises(InputError, match="got no assessment"):
            set_retention(ledger, reason="statute", assessment="", **term)
        seq = set_retention(ledger, reason="statute", assessment="C.R.S. 24-72-113", **term)
    events = events_of(tmp_path / "desk")
    assert events[-1].seq == seq
    assert expired(events, NOW + timedelta(days=399)) == ()
    assert expired(events, NOW + timedelta(days=400)) == (seq - 1,)


def test_f14_every_entity_that_was_shared_with_is_listed_with_counts_and_one_way_links(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        register_agency(
            ledger,
            ori=UTAH,
            agency_class="police",
            state="UT",
            case_pattern="99-999999",
            name="Example",
            at=NOW,
        )
        share(
            ledger,
            gallery="dl",
            to=f"ori:{UTAH}",
            action="crossJurisdiction",
            purpose="fugitive",
            first_day="2026-11-01",
            at=NOW,
        )
        public = {
            "search_id": "x",
            "agency": UTAH,
            "agency_class": "police",
            "gallery": "dl",
            "decision": "allowed",
        }
        asked = {"action": "crossJurisdiction", "purpose": "fugitive"}
        ledger.record("intent", at=NOW, public={**public, **asked}, sealed={})
    report = sharing_report(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    [utah] = [line for line in table(report, "sharing-matrix").rows if line[2] == f"ori:{UTAH}"]
    assert (utah[6], utah[-1]) == ("yes", 1)
    assert {line[2] for line in table(report, "sharing-matrix").rows} == {f"ori:{UTAH}", f"ori:{DENVER}"}


def test_f17_no_quorum_of_policing_bodies_and_the_membership_is_published(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        with pytest.raises(PolicyRefusal, match="could be met by sheriff, police alone"):
            recorded(ledger, policy("2"))
        recorded(ledger, policy("3"))
    report = witness_quorum(events_of(tmp_path / "desk", opened=False), YEAR, LOG)
    said = {line[0]: line[2] for line in table(report, "witnesses").rows}
    assert said == {"sheriff": "no", "police": "no", "defender": "yes", "university": "yes"}
    assert [line[1] for line in table(report, "auditors").rows] == [1, 0, 0]


def test_t9_the_offense_at_the_search_stands_against_the_offense_charged_by_officer(tmp_path: Path) -> None:
    with a_desk(tmp_path / "desk") as ledger:
        search = a_search(ledger, "person-1")
        options: dict[str, Any] = {"day": TODAY, "by": CLERK, "by_agency": DENVER, "at": NOW}
        record_outcome(ledger, search_id=search, what="charge", offense_charged="2301", **options)
    report = charged_against_searched(events_of(tmp_path / "desk"), YEAR, LOG)
    assert row(report, "officers", f"officer 1 of {DENVER}, another class")["searches with a charge"] == 1
    assert table(report, "classes").rows[-1] == ("total", 1)


def test_t9_an_officer_who_states_graver_offenses_than_are_charged_stands_out() -> None:
    story = Story()
    for officer, code, many in (("honest", "1201", 40), ("another", "1201", 40), ("drifting", "2301", 20)):
        for _ in range(many):
            name = story.search("a", sealed_requester=officer)
            story.add(
                "outcome", sealed={"offense_charged": code}, search_id=name, what="charge", day="2026-03-02"
            )
    report = charged_against_searched(story.events, YEAR, LOG)
    assert table(report, "standing-out").rows == ((3, DENVER),)


def test_t9_where_every_officer_is_alike_nobody_stands_out() -> None:
    story = Story()
    for number in range(60):
        name = story.search("a", sealed_requester=f"officer-{number % 3}")
        code = "2301" if number % 4 == 0 else "1201"
        story.add(
            "outcome", sealed={"offense_charged": code}, search_id=name, what="charge", day="2026-03-02"
        )
    assert table(charged_against_searched(story.events, YEAR, LOG), "standing-out").rows == ()


def test_gao_searches_by_untrained_staff_are_counted_by_agency() -> None:
    story = Story(datetime(2026, 1, 2, tzinfo=UTC))
    story.add("officer", sealed={"officer": "8841", "trained_until": "2026-01-01"}, agency=DENVER)
    story.search("a")
    counts = row(training(story.events, YEAR, LOG), "training", DENVER)
    assert (counts["by untrained staff"], counts["by trained staff"]) == (1, 0)


def test_gao_six_agencies_made_60_000_searches_before_any_rule_on_training() -> None:
    agencies = [f"DCFED000{number}" for number in range(6)]
    story = Story(datetime(2026, 1, 2, tzinfo=UTC))
    for number in range(60_000):
        story.time = datetime(2026, 1, 2, tzinfo=UTC)
        story.add("intent", search_id=str(number), agency=agencies[number % 6], decision="allowed")
    report = training(story.events, YEAR, LOG)
    assert len(table(report, "training").rows) == len(agencies) + 1
    total = row(report, "training", "all agencies")
    assert (total["searches"], total["before training was required"]) == (60_000, 60_000)
    assert (total["training not recorded"], total["by untrained staff"]) == (60_000, 0)


def test_every_report_of_the_table_can_be_made() -> None:
    wanted = {
        "nlets-disclosure",
        "clets-misuse",
        "cjis-weekly",
        "training",
        "self-assessment",
        "level-1-count",
        "sharing-matrix",
        "hit-rate",
        "access-census",
        "audit-calendar",
        "policy-changes",
        "home-against-benefit",
        "charged-against-searched",
    }
    assert wanted <= {kind.name for kind in KINDS}
