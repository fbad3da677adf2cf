"""The practices of the capability table, P1 to P9: each control refuses, as whoever asks meets it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from capability_desk import (
    DMV,
    POLICE,
    a_desk,
    activate,
    amend,
    example_without,
    log_of,
    portrait,
    refused,
    refused_in_law,
)
from ready_agency import REQUEST, file_warrant, permit_for
from test_search import CERTIFICATE, ENGINE

from facegate.errors import PolicyRefusal
from facegate.evaluation.certificates.check import Bounds
from facegate.gate.in_force import InForce
from facegate.gate.registers.activation import activate_policy
from facegate.gate.registers.conditions import file_authority
from facegate.gate.registers.papers import file_release_form
from facegate.request import Action, Instrument

if TYPE_CHECKING:
    from pathlib import Path

WARRANT = Instrument("warrant", "Denver District Court", "26CV1", "2026-11-20", "2026-12-20")
ORDER = replace(WARRANT, kind="order")


def test_p1_the_offense_code_decides_and_no_words_beside_it(tmp_path: Path) -> None:
    told_so = {
        "fact_narrative": "Murder, robbery, Level 1.",
        "duty_statement": "Homicide unit",
        "offense_level": "1",
    }
    with a_desk(tmp_path) as gate:
        assert refused(gate, offense_code="robbery", **told_so) >= {"FG-OFFENSE-KNOWN", "CO-LEVEL-1"}
        amend(gate, "2303")
        assert refused(gate, offense_code="2303", **told_so) == {"CO-LEVEL-1", "CO-LEVEL-FITS"}
        amend(gate, "0912")
        assert refused(gate, offense_code="0912", **told_so) == set()


def test_p2_purpose_stands_on_a_list_the_duty_is_stated_and_both_are_logged(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        assert "FG-PURPOSE" in refused(gate, purpose="because I may")
        assert refused(gate, duty_statement="  ") == {"FG-PURPOSE", "CO-DUTY"}
        assert refused(gate) == set()
        public, sealed = log_of(gate, "intent")[-1]
    assert (public["purpose"], sealed["duty_statement"]) == (REQUEST.purpose, REQUEST.duty_statement)


def test_p3_no_search_without_the_digest_of_a_filed_release_form(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        for form in (None, "", "3a" * 32):
            assert refused(gate, release_form=form) == {"CO-RELEASE-FORM"}


def test_p3_a_form_that_allows_resale_is_not_filed(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate, pytest.raises(PolicyRefusal, match="must rule out resale and transfer"):
        file_release_form(
            gate.ledger,
            agency=POLICE,
            digest="3a" * 32,
            signed_by="1120",
            signed_on="2026-11-20",
            no_resale=False,
            at=gate.clock(),
        )


def test_p4_a_permit_holds_for_one_case_gallery_officer_and_offense(tmp_path: Path) -> None:
    others = (
        replace(REQUEST, case_number="24-001235"),
        replace(REQUEST, gallery="mugshot"),
        replace(REQUEST, requester="1120"),
        replace(REQUEST, offense_code="0912"),
    )
    with a_desk(tmp_path) as gate:
        permit = permit_for(gate, REQUEST, portrait())
        for other in others:
            failed = gate.search(other, portrait(), permit=permit).failed_rules
            assert "FG-PERMIT" in {rule.rule_id for rule in failed}
        assert gate.search(REQUEST, portrait(), permit=permit).decision == "allowed"


def test_p4_a_permit_holds_for_one_photo_one_day_and_once(tmp_path: Path) -> None:
    def failed(permit: str, probe: bytes = portrait(), wait: timedelta = timedelta(0)) -> set[str]:
        later = replace(gate, clock=lambda: gate.clock() + wait)
        return {rule.rule_id for rule in later.search(REQUEST, probe, permit=permit).failed_rules}

    with a_desk(tmp_path) as gate:
        first, second = (permit_for(gate, REQUEST, portrait()) for _ in range(2))
        assert failed(first, portrait() + b" ") == {"FG-PERMIT"}
        assert failed(first) == set()
        assert failed(first) == {"FG-PERMIT"}
        assert failed(second, wait=timedelta(hours=24)) == {"FG-PERMIT"}


def test_p5_an_immigration_agency_presents_a_warrant(tmp_path: Path) -> None:
    text = example_without("block").replace('class = "police"', 'class = "immigration"')
    expired = replace(WARRANT, expires="2026-11-21")
    with a_desk(tmp_path, setup=text) as gate:
        for paper in (None, ORDER, expired, replace(WARRANT, number="")):
            assert refused(gate, instrument=paper) == {"FG-IMMIGRATION-AGENCY"}
        assert refused(gate, instrument=WARRANT) == {"FG-IMMIGRATION-AGENCY"}  # claimed, and not on file
        file_warrant(gate, WARRANT)
        assert refused(gate, instrument=replace(WARRANT, number="26CV2")) == {"FG-IMMIGRATION-AGENCY"}
        assert refused(gate, instrument=WARRANT) == set()


def test_p6_no_gallery_is_searched_without_an_authority_on_file(tmp_path: Path) -> None:
    with a_desk(tmp_path, setup=example_without("authority", "activation")) as gate:
        assert "FG-AUTHORITY" in refused(gate)


def test_p6_where_the_law_wants_a_court_order_each_search_needs_one(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        activate(gate, "georgetown-model")
        file_warrant(gate, ORDER)
        assert refused(gate) == {"GEO-COURT-ORDER"}
        assert refused(gate, instrument=ORDER) == set()


def test_p7_a_law_nobody_activated_refuses(tmp_path: Path) -> None:
    with a_desk(tmp_path, setup=example_without("activation")) as gate:
        assert refused(gate) == {"FG-ACTIVATED"}
        activate(gate)
        assert refused(gate) == set()


@pytest.mark.parametrize(
    ("signed_by", "authority", "match"),
    [
        (("77",), "C.R.S. 24-72-302(3)", "two different officers"),
        (("77", "77"), "C.R.S. 24-72-302(3)", "two different officers"),
        (("77", "31"), "C.R.S. 1-1-101", "no authority 'C.R.S. 1-1-101' is on file"),
    ],
)
def test_p7_a_law_is_activated_by_two_people_on_an_authority_that_is_on_file(
    tmp_path: Path, signed_by: tuple[str, ...], authority: str, match: str
) -> None:
    with a_desk(tmp_path) as gate, pytest.raises(PolicyRefusal, match=match):
        activate_policy(
            gate.ledger,
            profile="co-dmv-2019-strict",
            policy_digest=ENGINE.digest("co-dmv-2019-strict"),
            authority=authority,
            first_day="2026-11-22",
            signed_by=signed_by,
            at=gate.clock(),
        )


def test_p7_an_authority_is_signed_by_two_officers_of_the_owner(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate, pytest.raises(PolicyRefusal, match=f"not registered at agency {DMV}"):
        file_authority(
            gate.ledger,
            gallery="dl",
            statute="C.R.S.",
            section="1-1-101",
            entities=["anybody"],
            signed_by=("8841", "1120"),
            at=gate.clock(),
        )


def test_p8_a_moratorium_refuses_everything_from_its_day_on_and_attempts_stay_on_the_log(
    tmp_path: Path,
) -> None:
    with a_desk(tmp_path) as gate:
        activate(gate, "moratorium", first_day="2026-11-23")
        assert refused(gate) == set()
        later = replace(gate, clock=lambda: gate.clock() + timedelta(days=1))
        assert refused(later) == {"MORATORIUM"}
        intent, _ = log_of(gate, "intent")[-1]
    assert (intent["decision"], intent["rules"]) == ("refused", ["MORATORIUM"])
    for action in Action:
        assert "MORATORIUM" in refused_in_law("moratorium", action=str(action))


def test_p9_the_gate_is_closed_while_the_signed_benchmark_is_missing_stale_or_failed(tmp_path: Path) -> None:
    wanting = (
        InForce(None),
        InForce(replace(CERTIFICATE, valid_until="2026-11-21")),
        InForce(replace(CERTIFICATE, issued_on="2026-11-23")),
        InForce(replace(CERTIFICATE, synthetic=True)),
        InForce(CERTIFICATE, bounds=Bounds(fpir=0.09)),
    )
    with a_desk(tmp_path) as gate:
        for in_force in wanting:
            assert refused(replace(gate, in_force=in_force)) == {"FG-CERTIFICATE"}
        assert refused(gate) == set()
