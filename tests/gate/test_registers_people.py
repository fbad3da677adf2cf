"""Agencies, officers and the block list: forms, closed lists, standing, and ninety days without work."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pilot import DMV, NOW, POLICE, SET_UP, days, facts, intent, pilot

from facegate.errors import InputError, PolicyRefusal
from facegate.gate.registers.census import census, officers_seen
from facegate.gate.registers.people import block_agency, change_officer, register_agency, register_officer
from facegate.gate.registers.people_known import demand_signers, officer_facts
from facegate.policy.facts import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger

AGENCY = {"ori": "CO0300000", "agency_class": "sheriff", "state": "CO", "case_pattern": "99-9999"}
OFFICER = {"agency": POLICE, "officer": "9001", "role": "investigator", "trained_until": "2027-01-31"}


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with pilot(tmp_path) as opened:
        yield opened


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"ori": "co0300000"}, "ORI is 'co0300000', wanted nine"),
        ({"ori": "C\u041e0300000"}, r"ORI is 'C\\u041e0300000'"),
        ({"ori": "CO030000"}, "wanted nine plain characters"),
        ({"agency_class": "militia"}, "class of the agency is 'militia', wanted one of campus"),
        ({"state": "ZZ"}, "state is 'ZZ', wanted one of"),
        ({"case_pattern": ".*"}, "pattern of case numbers"),
        ({"name": "\u0421anon City"}, "name of the agency"),
    ],
)
def test_an_agency_that_is_not_of_its_form_is_refused(
    ledger: Ledger, change: dict[str, str], match: str
) -> None:
    size = ledger.log.size
    with pytest.raises(InputError, match=match):
        register_agency(ledger, **{"name": "Sheriff", **AGENCY, **change}, at=NOW)
    assert ledger.log.size == size


def test_the_name_of_a_place_may_have_its_accent(ledger: Ledger) -> None:
    register_agency(ledger, **AGENCY, name="Ca\u00f1on City Police", at=NOW)
    assert (
        ledger.value("SELECT name FROM people_agencies WHERE ori = 'CO0300000'") == "Ca\u00f1on City Police"
    )


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ({"officer": "9001\u200b"}, "officer id is not of its form"),
        ({"officer": "\u0030\u0661"}, "officer id is not of its form"),
        ({"role": "boss"}, "role is 'boss', wanted one of coordinator"),
        ({"trained_until": "2027-02-30"}, "last day of training is '2027-02-30', wanted a day"),
        ({"trained_until": "27-02-03"}, "wanted a day"),
        ({"standing": "fine"}, "standing is 'fine'"),
        ({"agency": "CO0990000"}, "no agency CO0990000 is registered"),
    ],
)
def test_an_officer_who_is_not_of_his_form_is_refused(
    ledger: Ledger, change: dict[str, str], match: str
) -> None:
    with pytest.raises(InputError, match=match):
        register_officer(ledger, **{**OFFICER, **change}, at=NOW)


def test_an_id_that_differs_in_capitals_only_is_refused(ledger: Ledger) -> None:
    register_officer(ledger, **{**OFFICER, "officer": "jdoe"}, at=NOW)
    with pytest.raises(InputError, match="same id in other capitals"):
        register_officer(ledger, **{**OFFICER, "officer": "JDoe"}, at=NOW)


def test_no_officer_id_is_public(ledger: Ledger) -> None:
    register_officer(ledger, **OFFICER, at=NOW)
    entry, _ = list(ledger.log.read())[-1]
    assert "9001" not in str(entry.public)


@pytest.mark.parametrize("standing", ["suspended", "gone"])
def test_whoever_is_suspended_or_gone_is_known_and_not_active(ledger: Ledger, standing: str) -> None:
    change_officer(ledger, agency=POLICE, officer="8841", standing=standing, at=NOW)
    known = officer_facts(ledger, "8841", POLICE, NOW)
    assert (known.known, known.active, known.role) == (True, False, "investigator")


def test_training_counts_on_its_last_day_and_not_after(ledger: Ledger) -> None:
    change_officer(ledger, agency=POLICE, officer="8841", trained_until="2026-11-22", at=NOW)
    assert officer_facts(ledger, "8841", POLICE, NOW).trained
    assert not officer_facts(ledger, "8841", POLICE, NOW + days(1)).trained


def test_an_officer_is_known_at_his_own_agency_only(ledger: Ledger) -> None:
    assert officer_facts(ledger, "8841", DMV, NOW) == NOBODY


def test_s10_whoever_was_not_at_work_for_90_days_is_disabled(ledger: Ledger) -> None:
    assert officer_facts(ledger, "8841", POLICE, SET_UP + days(90)).active
    late = officer_facts(ledger, "8841", POLICE, SET_UP + days(91))
    assert (late.known, late.active) == (True, False)


def test_s10_an_allowed_search_keeps_requester_approver_and_operator_enabled(ledger: Ledger) -> None:
    intent(ledger, SET_UP + days(60))
    later = SET_UP + days(120)
    people = {(one.agency, one.officer): one.state for one in officers_seen(ledger, later)}
    enabled = {who for who, state in people.items() if state == "enabled"}
    assert enabled == {(POLICE, "8841"), (POLICE, "1120"), (DMV, "77")}


def test_s10_a_refused_search_does_not_enable_anybody_again(ledger: Ledger) -> None:
    intent(ledger, SET_UP + days(91), decision="refused")
    assert not officer_facts(ledger, "8841", POLICE, SET_UP + days(92)).active


def test_s10_registering_anew_enables_again(ledger: Ledger) -> None:
    change_officer(ledger, agency=POLICE, officer="8841", standing="active", at=SET_UP + days(100))
    assert officer_facts(ledger, "8841", POLICE, SET_UP + days(101)).active


def test_s10_the_census_counts_by_agency_and_class(ledger: Ledger) -> None:
    change_officer(ledger, agency=POLICE, officer="1120", standing="suspended", at=NOW)
    change_officer(ledger, agency=POLICE, officer="8841", trained_until="2026-01-01", at=NOW)
    dmv, police = census(ledger, SET_UP + days(91))
    assert (dmv.agency_class, dmv.enabled, dmv.disabled) == ("license_authority", 0, 2)
    assert (police.agency, police.enabled, police.untrained) == (POLICE, 1, 1)
    assert (police.disabled, police.suspended, police.gone) == (1, 1, 0)


@pytest.mark.parametrize(
    ("block", "blocked"),
    [
        ("ori:CO0160000", True),
        ("ori:CO0160001", False),
        ("prefix:CO01", True),
        ("prefix:CO02", False),
        ("class:police", True),
        ("class:immigration", False),
    ],
)
def test_p17_a_block_holds_by_ori_prefix_and_class(ledger: Ledger, block: str, blocked: Any) -> None:  # noqa: ANN401  bool
    block_agency(ledger, block=block, first_day="2026-11-21", reason="by statute", at=NOW)
    assert facts(ledger).agency.blocked is blocked
    assert facts(ledger).beneficiary.blocked is blocked


def test_p17_a_block_holds_on_its_days_and_through_a_proxy(ledger: Ledger) -> None:
    block = {"block": "prefix:TX", "first_day": "2026-11-22", "last_day": "2026-11-23"}
    block_agency(ledger, **block, reason="by statute", at=NOW)
    proxied = [facts(ledger, on_behalf_of="TX0010000", now=NOW + days(n)).beneficiary for n in (-1, 0, 1, 2)]
    assert [one.blocked for one in proxied] == [False, True, True, False]
    assert not any(one.known for one in proxied)


@pytest.mark.parametrize("block", ["DCICE", "prefix:D", "prefix:dcice", "class:ice", "ori:DCICE", "all:", ""])
def test_a_block_of_no_form_is_refused(ledger: Ledger, block: str) -> None:
    with pytest.raises(InputError):
        block_agency(ledger, block=block, first_day="2026-11-21", reason="by statute", at=NOW)


def test_a_block_cannot_end_before_it_begins(ledger: Ledger) -> None:
    with pytest.raises(InputError, match="last day of the block is 2026-11-20, before its first, 2026-11-21"):
        block_agency(
            ledger, block="class:fbi", first_day="2026-11-21", last_day="2026-11-20", reason="x", at=NOW
        )


@pytest.mark.parametrize("signers", [["77"], ["77", "77"], ["77", "31", "8841"], ["77", "99"], []])
def test_two_different_registered_officers_sign(ledger: Ledger, signers: list[str]) -> None:
    with pytest.raises(PolicyRefusal, match=r"two different officers|a signer is not registered"):
        demand_signers(ledger, signers, NOW)


def test_whoever_runs_it_is_looked_up_at_the_owner_first(ledger: Ledger) -> None:
    register_officer(ledger, **{**OFFICER, "officer": "77"}, at=NOW)
    assert facts(ledger).operator.unit == "MVIU"
    assert facts(ledger, gallery="other").operator.role == "investigator"


def test_whoever_runs_it_himself_is_the_requester(ledger: Ledger) -> None:
    assert facts(ledger, operator="self").operator == facts(ledger).requester
    assert facts(ledger, operator="8841").operator == facts(ledger).requester
