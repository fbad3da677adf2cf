"""Facts: nothing is true by default, and a dry run says which people it takes for granted."""

from __future__ import annotations

from dataclasses import fields

import pytest
from asked import EXIGENCY, GOOD, NOW, ORDER, WARRANT, shipped_engine

from facegate.policy.context import Named, context_of, gate_entity, people_entities
from facegate.policy.facts import ALL_CLEAR, NO_AGENCY, NOBODY, Facts, GateFacts, in_order
from facegate.policy.offenses import OffenseCatalogue
from facegate.request import Action, SearchRequest

EMPTY = SearchRequest(profile="co-dmv-2019")
CATALOGUE = OffenseCatalogue.load()


def test_nothing_is_true_by_default() -> None:
    assert not any(getattr(GateFacts(), one.name) for one in fields(GateFacts))
    for nobody in (NOBODY, NO_AGENCY):
        assert not any(getattr(nobody, one.name) for one in fields(nobody))


def test_in_order_every_fact_of_the_gate_is_true() -> None:
    assert in_order(GOOD).gate == ALL_CLEAR
    assert all(getattr(ALL_CLEAR, one.name) is True for one in fields(GateFacts))


def test_in_order_nobody_is_known_whom_the_request_does_not_name() -> None:
    assert in_order(EMPTY) == Facts(gate=ALL_CLEAR)


def test_in_order_a_complete_request_is_permitted() -> None:
    assert shipped_engine().decide(GOOD, in_order(GOOD), NOW).permitted


@pytest.mark.parametrize(
    ("action", "unit"), [*((one, "LECC" if one == "dossier" else "MVIU") for one in Action), ("search", "")]
)
def test_in_order_the_operator_is_of_the_unit_whose_task_it_is(action: str, unit: str) -> None:
    request = SearchRequest(profile="co-dmv-2019", action=action, operator="77")
    assert in_order(request).operator.unit == unit


def test_every_fact_of_the_gate_reaches_the_question_under_its_own_name() -> None:
    for one in fields(GateFacts):
        gate = gate_entity(GateFacts(**{one.name: True}))["attrs"]
        assert [name.lower() for name, value in gate.items() if value] == [one.name.replace("_", "")]


def test_a_request_of_nothing_states_no_optional_fact() -> None:
    context = context_of(EMPTY, Facts(), NOW, CATALOGUE)
    assert context.keys() == {
        *(
            "now",
            "gate",
            "agency",
            "caseNumberGiven",
            "offenseCodeGiven",
            "offenseLevelGiven",
            "nibrsImmigration",
        ),
        *("felony", "factNarrativeGiven", "dutyStatementGiven", "sourceAddressGiven"),
    }


def test_no_narrative_statement_address_or_court_reaches_the_question() -> None:
    request = SearchRequest(
        profile="co-dmv-2019",
        fact_narrative="SECRET",
        duty_statement="SECRET",
        source_address="SECRET",
        instrument=WARRANT,
        exigency=EXIGENCY,
    )
    stated = str(context_of(request, in_order(request), NOW, CATALOGUE))
    assert not any(word in stated for word in ("SECRET", WARRANT.court, WARRANT.number, EXIGENCY.basis))


def test_an_emergency_counts_only_if_its_declarer_is_known_and_in_good_standing() -> None:
    request = SearchRequest(profile="co-dmv-2019", requester="8841", exigency=EXIGENCY, instrument=ORDER)
    assert "exigency" in context_of(request, in_order(request), NOW, CATALOGUE)
    assert "exigency" not in context_of(request, Facts(), NOW, CATALOGUE)


def test_of_two_descriptions_of_one_id_the_weaker_counts() -> None:
    request = SearchRequest(profile="co-dmv-2019", requester="8841", agency="CO0160000", operator="8841")
    known = in_order(request).requester
    for facts in (Facts(requester=known), Facts(operator=known), Facts(requester=known, operator=known)):
        described = people_entities(Named.by(request), facts)
        officers = [one["attrs"]["known"] for one in described if one["uid"]["type"] == "FaceGate::Officer"]
        assert officers == [facts.requester.known and facts.operator.known]
