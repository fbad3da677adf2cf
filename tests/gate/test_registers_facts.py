"""The facts of a request: all in order for the pilot, and each false as soon as its one condition fails."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pilot import (
    DIGEST,
    DMV,
    FILED,
    NOW,
    OTHERS,
    POLICE,
    REGISTERED,
    SET_UP,
    days,
    facts,
    hours,
    intent,
    opened,
    pilot,
)
from resealed import erase

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.activation import activate_policy, deactivate_policy
from facegate.gate.registers.audits import file_audit
from facegate.gate.registers.conditions import publish_policy
from facegate.gate.registers.notices import give_notice
from facegate.gate.registers.papers import file_paper
from facegate.gate.registers.people import register_agency
from facegate.gate.registers.sharing import share, sharing_matrix
from facegate.policy.facts import NO_AGENCY, NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

ALL = (*REGISTERED, *FILED, *OTHERS)
ACTIVATION: dict[str, Any] = {
    "profile": "co-dmv-2019",
    "policy_digest": DIGEST,
    "authority": "C.R.S. 24-72-302(3)",
    "first_day": "2026-11-22",
    "signed_by": ["77", "31"],
}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened_ledger:
        yield opened_ledger


def false_facts(ledger: Ledger, **changes: Any) -> set[str]:  # noqa: ANN401  fields of several types
    gate = facts(ledger, **changes).gate
    return {name for name in ALL if not getattr(gate, name)}


def test_the_pilot_is_in_order(ledger: Ledger) -> None:
    known = facts(ledger)
    assert false_facts(ledger) == set()
    assert [one.role for one in (known.requester, known.operator, known.approver)] == [
        "investigator",
        "examiner",
        "supervisor",
    ]
    assert known.operator.agency_class == "license_authority"
    assert known.agency.known
    assert known.beneficiary == known.agency


def test_nothing_is_true_in_registers_that_are_empty(tmp_path: Path) -> None:
    with opened(tmp_path) as empty:
        known = facts(empty, policy=None)
    assert (known.requester, known.operator, known.agency) == (NOBODY, NOBODY, NO_AGENCY)
    gate = known.gate
    assert {name for name in ALL if getattr(gate, name)} == {"exigency_settled", "clock_forward"}


@pytest.mark.parametrize(
    ("changes", "wanted"),
    [
        ({"case_number": "24-001235"}, {"case_registered", "case_by_another", "offense_fits_case"}),
        (
            {"case_number": "24-1"},
            {"case_registered", "case_by_another", "case_number_fits", "offense_fits_case"},
        ),
        ({"requester": "502"}, {"case_by_another", "offense_fits_case"}),
        ({"offense_code": "0999"}, {"offense_fits_case"}),
        ({"offense_code": None}, {"offense_fits_case"}),
        ({"action": "crossJurisdiction"}, {"shared"}),
        ({"action": "enrichment"}, {"shared"}),
        ({"action": "fishing"}, {"shared"}),
        ({"action": "dossier"}, set()),
        ({"gallery": "mugshot"}, {"same_state", "shared", "authority_on_file"}),
        ({"purpose": "fugitive"}, {"shared"}),
        ({"purpose": "fishing"}, {"shared"}),
        ({"on_behalf_of": DMV}, {"shared"}),
        ({"on_behalf_of": "DCICE0100"}, {"shared"}),
        ({"on_behalf_of": None}, {"shared"}),
        ({"release_form": "ab" * 32}, {"release_form_on_file"}),
        ({"profile": "moratorium"}, {"policy_activated"}),
        ({"policy": None}, {"usage_policy_published"}),
        ({"policy": b"We search as we like.\n"}, {"usage_policy_published"}),
        ({"now": SET_UP - timedelta(seconds=2)}, {"clock_forward"}),
        ({"now": NOW.replace(year=2027, month=10, day=16)}, {"shared", "audit_current"}),
    ],
)
def test_one_thing_out_of_order_makes_its_facts_false(
    ledger: Ledger, changes: dict[str, Any], wanted: set[str]
) -> None:
    assert false_facts(ledger, **changes) == wanted


def test_everything_is_the_same_after_the_ledger_was_deleted(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        intent(ledger, SET_UP + timedelta(microseconds=123_456), exigency_at="2026-11-20T08:00:00Z")
        before = [facts(ledger, now=NOW + days(n)) for n in range(0, 120, 5)]
    (tmp_path / "ledger.db").unlink()
    with opened(tmp_path) as again:
        assert [facts(again, now=NOW + days(n)) for n in range(0, 120, 5)] == before


def test_erased_openings_are_borne_and_open_nothing(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        intent(ledger, NOW, exigency_at="2026-11-22T08:00:00Z")
        erase(ledger.log, *range(ledger.log.size))
    (tmp_path / "ledger.db").unlink()
    with opened(tmp_path) as again:
        known = facts(again)
    assert (known.requester, known.operator, known.approver) == (NOBODY, NOBODY, NOBODY)
    assert known.agency.known
    of_case = {"case_registered", "case_by_another", "offense_fits_case"}
    of_sealed = {*of_case, "release_form_on_file", "authority_on_file"}
    assert {name for name in ALL if not getattr(known.gate, name)} == {*of_sealed, "policy_activated"}


def test_s5_a_row_about_an_agency_goes_before_one_about_its_class(ledger: Ledger) -> None:
    row: dict[str, Any] = {"gallery": "dl", "purpose": "criminal_investigation", "first_day": "2026-11-01"}
    share(ledger, **row, to="class:police", at=NOW)
    share(ledger, **row, to=f"ori:{POLICE}", shared=False, at=NOW)
    assert false_facts(ledger) == {"shared"}


def test_p18_sharing_holds_for_the_agency_that_benefits_too(ledger: Ledger) -> None:
    row: dict[str, Any] = {"gallery": "dl", "purpose": "criminal_investigation", "first_day": "2026-11-01"}
    share(ledger, **row, to=f"ori:{DMV}", at=NOW)
    assert facts(ledger, on_behalf_of=DMV).gate.shared


def test_s4_a_link_across_states_is_shown_as_one_way(ledger: Ledger) -> None:
    register_agency(
        ledger, ori="WY0010000", agency_class="police", state="WY", case_pattern="99-99", name="W", at=NOW
    )
    row: dict[str, Any] = {"gallery": "dl", "purpose": "missing_person", "first_day": "2026-11-01"}
    share(ledger, **row, to="ori:WY0010000", at=NOW)
    [sentence] = [one.sentence for one in sharing_matrix(ledger) if one.party == "ori:WY0010000"]
    assert "across states, WY into CO; one way: WY shares nothing with CODMV0000." in sentence
    gate = facts(ledger, agency="WY0010000", purpose="missing_person").gate
    assert (gate.shared, gate.same_state) == (True, False)


def test_p14_an_overdue_audit_closes_and_the_next_one_opens(ledger: Ledger) -> None:
    late = NOW.replace(year=2027, month=10, day=16)
    audit: dict[str, Any] = {"period_end": "2027-09-30", "filed_on": "2027-10-16", "next_due": "2028-10-15"}
    assert not facts(ledger, now=late).gate.audit_current
    file_audit(ledger, **audit, auditor="State Auditor", findings_open=2, at=late)
    assert facts(ledger, now=late).gate.audit_current


@pytest.mark.parametrize(("outside", "counts"), [(True, True), (None, True), (False, False)])
def test_f17_an_audit_of_police_by_police_does_not_keep_the_gate_open(
    ledger: Ledger, *, outside: bool | None, counts: bool
) -> None:
    late = NOW.replace(year=2027, month=10, day=16)
    audit: dict[str, Any] = {"period_end": "2027-09-30", "filed_on": "2027-10-16", "next_due": "2028-10-15"}
    file_audit(ledger, **audit, auditor="A body", findings_open=0, outside_policing=outside, at=late)
    assert facts(ledger, now=late).gate.audit_current is counts


@pytest.mark.parametrize("due", ["2026-11-20", "2099-01-01"])
def test_p14_an_audit_with_impossible_days_is_refused(ledger: Ledger, due: str) -> None:
    audit: dict[str, Any] = {"period_end": "2026-10-31", "filed_on": "2026-11-20", "next_due": due}
    with pytest.raises(InputError, match="wanted them in this order"):
        file_audit(ledger, **audit, auditor="State Auditor", findings_open=0, at=NOW)


def test_f11_a_policy_published_anew_closes_until_the_file_is_that_one(ledger: Ledger) -> None:
    publish_policy(ledger, digest="ab" * 32, title="New", published_at="https://dmv.example.gov", at=NOW)
    assert false_facts(ledger) == {"usage_policy_published"}


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"signed_by": ["77", "77"]}, "two different officers"),
        ({"signed_by": ["77", "666"]}, "a signer is not registered"),
        ({"authority": "C.R.S. 1-1-101"}, "no authority 'C.R.S. 1-1-101' is on file"),
    ],
)
def test_p7_a_law_is_activated_by_two_on_an_authority(
    ledger: Ledger, change: dict[str, Any], match: str
) -> None:
    with pytest.raises(PolicyRefusal, match=match):
        activate_policy(ledger, **{**ACTIVATION, **change}, at=NOW)


def test_p10_no_law_is_activated_before_a_notice_is_over(ledger: Ledger) -> None:
    with pytest.raises(PolicyRefusal, match="before its notice period is over"):
        activate_policy(ledger, **ACTIVATION, at=SET_UP.replace(month=9, day=30))


def test_p10_a_notice_cannot_close_before_it_opens(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="before its first"):
        give_notice(ledger, opens="2026-11-02", closes="2026-11-01", subject="x", at=NOW)


def test_p21_an_activation_holds_for_exactly_its_overlays_and_until_it_is_ended(ledger: Ledger) -> None:
    activate_policy(ledger, **{**ACTIVATION, "policy_digest": "ab" * 32}, overlays=["no-immigration"], at=NOW)
    assert facts(ledger).gate.policy_activated
    law = {"profile": "co-dmv-2019", "policy_digest": DIGEST, "agency": DMV}
    deactivate_policy(ledger, **law, signed_by="31", reason="ordered by the court", at=NOW)
    assert false_facts(ledger) == {"policy_activated"}


def paper(ledger: Ledger, *, issued: str = "2026-11-22", number: str = "24-001234") -> int:
    fields = {"kind": "order", "court": "Denver District Court", "number": "26CR1", "expires": "2026-12-01"}
    at = NOW + hours(60)
    return file_paper(
        ledger, agency=POLICE, case_number=number, issued=issued, **fields, filed_by="502", at=at
    )


def test_an_emergency_closes_the_gate_after_48_hours_and_its_paper_opens_it(ledger: Ledger) -> None:
    intent(ledger, NOW, exigency_at="2026-11-22T10:00:00Z")
    settled = [facts(ledger, now=NOW + hours(n)).gate.exigency_settled for n in (0, 46, 46.1, 60)]
    assert settled == [True, True, False, False]
    paper(ledger)
    assert facts(ledger, now=NOW + hours(61)).gate.exigency_settled


def test_a_paper_of_another_time_or_one_before_the_search_settles_nothing(ledger: Ledger) -> None:
    paper(ledger)
    intent(ledger, NOW, exigency_at="2026-11-22T10:00:00Z")
    paper(ledger, issued="2026-11-20")
    assert not facts(ledger, now=NOW + hours(61)).gate.exigency_settled


def test_a_refused_search_opens_no_emergency(ledger: Ledger) -> None:
    intent(ledger, NOW, exigency_at="2026-11-22T10:00:00Z", decision="refused")
    assert facts(ledger, now=NOW + hours(61)).gate.exigency_settled


def test_a_paper_needs_a_case_that_is_registered(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="no case '24-999999' is registered"):
        paper(ledger, number="24-999999")


def test_t23_a_clock_set_back_stays_refused_though_its_refusals_are_recorded(ledger: Ledger) -> None:
    back = SET_UP - days(30)
    for _ in range(2):
        assert not facts(ledger, now=back).gate.clock_forward
        intent(ledger, back, decision="refused")
    assert facts(ledger, now=SET_UP - timedelta(seconds=1)).gate.clock_forward
