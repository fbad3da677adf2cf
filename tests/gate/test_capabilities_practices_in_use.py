"""The practices of the capability table, P10 to P23: each control refuses, as whoever asks meets it."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest
from capability_desk import (
    NOW,
    POLICE,
    a_desk,
    activate,
    amend,
    example_setup,
    example_without,
    log_of,
    refused,
    refused_in_law,
)
from ready_agency import REQUEST, file_warrant
from review_room import ASKER, CHIEF, PARTNER, REGISTER, a_lead, a_ledger, evidence, released, told
from test_review_dossier import Records, asked
from test_search import ENGINE, people

from facegate.errors import PolicyRefusal
from facegate.gate.enrolling import Withholding
from facegate.gate.registers.audits import set_audit_term
from facegate.gate.registers.people import block_agency, register_agency
from facegate.gate.registers.sharing import share
from facegate.gate.review.exhibit import NOT_SOLE_BASIS, export
from facegate.policy.facts import AgencyFacts, in_order
from facegate.request import Action, Instrument

if TYPE_CHECKING:
    from pathlib import Path

WARRANT = Instrument("warrant", "Denver District Court", "26CV1", "2026-11-20", "2026-12-20")
ORDER = replace(WARRANT, kind="order")


def test_p10_no_law_is_activated_while_the_notice_is_open(tmp_path: Path) -> None:
    text = example_setup().replace("closes = 2026-09-30", "closes = 2026-11-20")  # the day it is loaded
    with pytest.raises(PolicyRefusal, match="before its notice period is over"), a_desk(tmp_path, setup=text):
        pass


def test_p10_without_any_notice_nothing_is_searched(tmp_path: Path) -> None:
    with a_desk(tmp_path, setup=example_without("notice", "activation")) as gate:
        assert "FG-NOTICE" in refused(gate)


def test_p11_no_exhibit_before_evidence_of_another_kind_and_the_sheet_says_so(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        told(ledger, search)
        with pytest.raises(PolicyRefusal, match="no independent evidence is recorded"):
            export(ledger, REGISTER, search, rank=1, by=ASKER, at=NOW)
        evidence(ledger, search)
        sheet = export(ledger, REGISTER, search, rank=1, by=ASKER, at=NOW)
    assert NOT_SOLE_BASIS in sheet.text


def test_p12_no_probe_from_a_school(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert refused(gate, setting="school") == {"FG-SETTING"}
        assert refused(gate, setting=None) == {"FG-SETTING"}
    for name, profile in ENGINE.profiles.items():
        assert ("FG-SETTING" in refused_in_law(name, setting="school")) is ("school" not in profile.allows)


def test_p13_the_model_law_wants_suspicion_a_court_order_and_a_serious_offense(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        activate(gate, "georgetown-model")
        file_warrant(gate, ORDER)
        assert refused(gate, instrument=ORDER, suspicion="none") == {"GEO-SUSPICION"}
        assert refused(gate, instrument=ORDER, fact_narrative="") == {"GEO-SUSPICION"}
        assert refused(gate) == {"GEO-COURT-ORDER"}
        assert refused(gate, instrument=ORDER) == set()
        amend(gate, "4801")
        assert refused(gate, instrument=ORDER, offense_code="4801") == {"GEO-SERIOUS"}


def test_p14_an_overdue_audit_closes_the_gate(tmp_path: Path) -> None:
    due = datetime(2026, 12, 1, 12, tzinfo=UTC)
    text = example_setup().replace("next_due = 2027-10-15", "next_due = 2026-12-01")
    with a_desk(tmp_path / "due", setup=text, at=due) as gate:
        assert refused(gate) == set()
        assert refused(replace(gate, clock=lambda: due + timedelta(days=1))) == {"FG-AUDIT"}
    text = example_setup().replace("audit_every_days = 731", "audit_every_days = 400")
    with a_desk(tmp_path / "sooner", setup=text, at=due) as gate:  # the agency's own term, and a shorter one
        assert refused(gate) == set()
        set_audit_term(gate.ledger, every_days=46, signed_by=(), at=gate.clock())  # filed on 15 October
        assert refused(gate) == {"FG-AUDIT"}
    with a_desk(tmp_path / "never", setup=example_without("audit")) as gate:
        assert refused(gate) == {"FG-AUDIT"}


@pytest.mark.parametrize("block", ["ori:CO0160000", "prefix:CO016", "class:police"])
def test_p17_whoever_is_blocked_by_ori_prefix_or_class_is_refused(tmp_path: Path, block: str) -> None:
    with a_desk(tmp_path) as gate:
        block_agency(gate.ledger, block=block, first_day="2026-11-23", reason="by order", at=gate.clock())
        assert refused(gate) == set()
        block_agency(gate.ledger, block=block, first_day="2026-11-22", reason="by order", at=gate.clock())
        assert "FG-AGENCY-BLOCKED" in refused(gate)


def test_p17_a_proxy_opens_nothing_for_whoever_is_blocked(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        register_agency(
            gate.ledger,
            ori="DCICE0100",
            agency_class="federal",
            state="US",
            case_pattern="99",
            name="Example",
            at=gate.clock(),
        )
        share(
            gate.ledger,
            gallery="dl",
            to="ori:DCICE0100",
            purpose="criminal_investigation",
            first_day="2026-11-22",
            at=gate.clock(),
        )
        assert refused(gate, on_behalf_of="DCICE0100") == {"FG-ON-BEHALF"}


@pytest.mark.parametrize("profile", sorted(ENGINE.profiles))
def test_p17_the_block_list_holds_on_every_action_under_every_law(profile: str) -> None:
    blocked = AgencyFacts(known=True, blocked=True, agency_class="police")
    for action in Action:
        direct = replace(REQUEST, profile=profile, action=str(action))
        proxy = replace(direct, on_behalf_of="CO0300000")
        known = (replace(in_order(direct), agency=blocked), replace(in_order(proxy), beneficiary=blocked))
        by_itself, through_a_friend = (
            {rule.rule_id for rule in ENGINE.decide(request, facts, NOW).failed}
            for request, facts in zip((direct, proxy), known, strict=True)
        )
        assert "FG-AGENCY-BLOCKED" in by_itself
        assert "FG-ON-BEHALF" in through_a_friend


def test_p18_it_is_always_said_for_whom_and_only_a_registered_agency_benefits(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for benefits in (None, "", "a friend", "CO0300000"):
            assert "FG-ON-BEHALF" in refused(gate, on_behalf_of=benefits)
        assert refused(gate) == set()
        assert log_of(gate, "intent")[-1][0]["beneficiary"] == POLICE


@pytest.mark.parametrize("more", ["birthplace", "foreign_passport", "social_security_number"])
def test_p19_a_field_beside_the_list_ends_the_release(tmp_path: Path, more: str) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        with pytest.raises(PolicyRefusal, match="RV-FIELDS"):
            asked(ledger, search, dossier_fields=("name", more))
        with pytest.raises(PolicyRefusal, match="other fields than those asked for; nothing was released"):
            asked(ledger, search, Records(**{more: "x"}), dossier_fields=("name",))


def test_p20_each_recipient_has_a_mark_of_his_own_and_it_is_on_the_log(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        second = released(ledger, search, PARTNER, by=CHIEF)
        marks = [entry.public["mark"] for entry, _ in ledger.log.read() if entry.kind == "release"]
    assert len(set(marks)) == 2
    assert marks[-1] == second.mark


def test_p20_a_photo_that_leaves_carries_its_recipients_mark_and_the_log_names_both(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        given = [asked(ledger, search, requester=who.officer) for who in (ASKER, PARTNER)]
        left = [
            (entry.public["mark"], opening.values["recipient"])
            for entry, opening in ledger.log.read()
            if entry.public.get("stage") == "released" and opening
        ]
    assert left == [(given[0].mark, ASKER.officer), (given[1].mark, PARTNER.officer)]
    assert given[0].mark != given[1].mark
    for one in given:
        assert one.mark.encode() in b64decode(dict(one.fields)["photo"])


def test_p20_the_list_and_the_photo_of_one_recipient_have_two_marks(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        search = a_lead(ledger)
        photo = asked(ledger, search, requester=PARTNER.officer)
        assert released(ledger, search, PARTNER, by=CHIEF).mark != photo.mark


def test_p20_a_search_is_bound_to_a_case_that_somebody_else_registered(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert refused(gate, case_number="24-009999") == {"FG-CASE-REGISTER"}
        assert "FG-CASE-OWN" in refused(gate, requester="502")


def test_p21_a_change_of_the_law_is_a_record_with_its_authority_and_the_objections(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        activate(gate, "georgetown-model")
        public, sealed = log_of(gate, "activation")[-1]
    assert (public["overlays"], public["authority"]) == ("georgetown-model", "C.R.S. 24-72-302(3)")
    assert "objections" in public
    assert {sealed["signed_by_1"], sealed["signed_by_2"]} == {"77", "31"}


def test_p23_a_withheld_person_is_in_no_list() -> None:
    withholding = Withholding(frozenset({"person-1", "person-9"}))
    (rest,) = withholding.rest([people(0.1, 0.2, 0.3)])
    assert list(rest.subject_id) == ["person-0", "person-2"]
    assert np.allclose(rest.vectors[:, 0], [0.1, 0.3])
    assert withholding.n_withheld == 1
