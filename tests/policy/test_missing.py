"""What is still missing: the fields and facts behind the rules that failed."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from asked import FACTS, GOOD, NOW, Asked, shipped_engine, single_changes

from facegate.policy.facts import GateFacts, in_order
from facegate.policy.missing import (
    LAW,
    LEFT_OUT,
    REGISTER,
    STATED,
    UNUSABLE,
    Missing,
    still_missing,
    what_rules_read,
)

ENGINE = shipped_engine()
GATE = {one.name for one in fields(GateFacts)}


def missing(asked: Asked) -> dict[str, Missing]:
    name = "+".join((asked.request.profile, *asked.overlays))
    decision = ENGINE.decide(asked.request, asked.facts, asked.now, overlays=asked.overlays)
    return {one.what: one for one in still_missing(ENGINE.profile(name), asked.request, decision)}


def test_nothing_is_missing_from_a_permitted_request() -> None:
    assert missing(Asked(GOOD)) == {}


@pytest.mark.parametrize(
    ("field", "value", "state"),
    [
        ("case_number", None, LEFT_OUT),
        ("case_number", "  ", LEFT_OUT),
        ("case_number", "24 1", UNUSABLE),
        ("offense_code", None, LEFT_OUT),
        ("offense_code", "9998", UNUSABLE),
        ("offense_code", "2303", STATED),
        ("offense_nibrs", "12", UNUSABLE),
        ("approver", "8841", UNUSABLE),
        ("agency", "co0160000", UNUSABLE),
        ("requester", None, LEFT_OUT),
        ("duty_statement", None, LEFT_OUT),
        ("source_address", "\n\u200b", UNUSABLE),
        ("channel", "mobile", STATED),
        ("channel", "Desk", UNUSABLE),
        ("sketch", None, LEFT_OUT),
        ("sketch", True, STATED),
        ("candidate_limit", 0, UNUSABLE),
        ("candidate_limit", 51, STATED),
        ("release_form", "zz", UNUSABLE),
        ("action", "enrichment", STATED),
        ("action", "fishing", STATED),
    ],
)
def test_a_field_is_left_out_unusable_or_not_what_is_wanted(field: str, value: object, state: str) -> None:
    found = missing(Asked(GOOD).but(**{field: value}))
    assert found[field].state == state
    assert found[field].rules


def test_one_field_carries_every_rule_that_reads_it() -> None:
    found = missing(Asked(GOOD).but(case_number=None))["case_number"]
    assert found.rules == ("CO-CASE-NUMBER", "FG-CASE-NUMBER")
    assert "64 letters" in found.wanted


def test_a_rule_that_takes_one_of_several_fields_names_them_all() -> None:
    found = missing(Asked(GOOD).but(offense_code="2303", charge_citation=None, felony=False))
    assert found["felony"].found == "false"
    assert found["charge_citation"].state == LEFT_OUT
    assert found["offense_level"].wanted == "one of 1, below-1, as fits the code"


@pytest.mark.parametrize("fact", sorted(set(GATE) - {"paper_on_file"}))
def test_a_fact_of_the_gate_is_named_as_a_request_file_names_it(fact: str) -> None:
    found = missing(Asked(GOOD).knowing(**{fact: False}))
    assert found[f"gate.{fact}"] == replace(found[f"gate.{fact}"], state=REGISTER, found="false")


def test_facts_of_people_are_named_with_what_the_register_says() -> None:
    examiner = replace(FACTS.operator, unit="LECC")
    blocked = replace(FACTS.beneficiary, blocked=True)
    lapsed = replace(FACTS.requester, trained=False)
    asked = Asked(replace(GOOD, on_behalf_of="CO0300000"))
    found = missing(asked.knowing(operator=examiner, beneficiary=blocked, requester=lapsed))
    assert found["operator.unit"].found == '"LECC"'
    assert found["beneficiary.blocked"].found == "true"
    assert found["requester.trained"].found == "false"
    assert "operator.known" not in found


def test_a_law_past_its_end_says_so_and_what_a_law_does_not_open_is_said_too() -> None:
    before = missing(Asked(GOOD, now=NOW.replace(year=2018)))
    assert before["law.period"].state == LAW
    assert "2019-09-09" in before["law.period"].found
    assert missing(Asked(GOOD).but(channel="mobile"))["law.allows"].found == "nothing"
    assert "law.allows" not in missing(Asked(GOOD).but(channel=None))


def test_no_field_helps_against_a_moratorium() -> None:
    request = replace(GOOD, profile="moratorium")
    decision = ENGINE.decide(request, in_order(request), NOW)
    found = still_missing(ENGINE.profile("moratorium"), request, decision)
    assert "MORATORIUM" in {rule.rule_id for rule in decision.failed}
    assert "MORATORIUM" not in {rule for one in found for rule in one.rules}


@pytest.mark.parametrize("name", list(ENGINE.profiles))
def test_every_change_of_every_law_is_explained_without_a_fault(name: str) -> None:
    law = ENGINE.profile(name)
    read = what_rules_read(law)
    start = sum(map(ord, name)) % 60  # another part of all changes for each law
    for asked in list(single_changes(Asked(replace(GOOD, profile=name))))[start::60]:
        decision = ENGINE.decide(asked.request, asked.facts, asked.now)
        found = {rule for one in still_missing(law, asked.request, decision) for rule in one.rules}
        assert found <= {rule.rule_id for rule in decision.failed}
        explained = {rule.rule_id for rule in decision.failed if read.get(rule.rule_id)}
        assert explained <= found
