"""Laws over many requests: the plain-Python twin agrees, and leaving something out never helps."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from policy_cases import (
    CODES,
    NOW,
    engine_of,
    good,
    random_request,
    random_time,
    shipped_copy,
    shipped_engine,
    twin,
    without_one_field,
)

from facegate.policy.offenses import OffenseCatalogue, colorado_level

if TYPE_CHECKING:
    from pathlib import Path

ENGINE = shipped_engine()


def agree(n: int, seed: int) -> tuple[int, int]:
    """Hold Cedar to its twin on random requests; count what was permitted and refused."""
    source = random.Random(seed)  # noqa: S311  reproducible cases, no secret
    permitted = 0
    for _ in range(n):
        request, now = random_request(source), random_time(source)
        decision = ENGINE.decide(request, now)
        assert {rule.rule_id for rule in decision.failed} == twin(request, now), request
        permitted += decision.permitted
    return permitted, n - permitted


def test_cedar_equals_its_plain_twin_on_20_000_random_requests() -> None:
    permitted, refused = agree(20_000, seed=1)
    assert permitted > 2_000
    assert refused > 2_000


@pytest.mark.slow
def test_cedar_equals_its_plain_twin_on_100_000_random_requests() -> None:
    permitted, refused = agree(100_000, seed=2)
    assert permitted > 10_000
    assert refused > 10_000


@pytest.mark.parametrize("felony", [False, True])
def test_cedar_and_colorado_level_agree_on_every_code(felony: bool) -> None:  # noqa: FBT001  pytest names it
    for offense in OffenseCatalogue.load():
        request = good(offense_code=offense.code, felony=felony, charge_citation="18-4")
        failed = {rule.rule_id for rule in ENGINE.decide(request, NOW).failed}
        level = colorado_level(offense, felony=felony, charge_citation="18-4")
        assert ("CO-LEVEL-1" in failed) == (level != "1")


def test_leaving_out_any_one_field_never_turns_a_refusal_into_a_permit() -> None:
    source = random.Random(3)  # noqa: S311  reproducible cases, no secret
    refused = 0
    for _ in range(600):
        request = random_request(source)
        if ENGINE.decide(request, NOW).permitted:
            continue
        refused += 1
        for shorter in without_one_field(request):
            assert not ENGINE.decide(shorter, NOW).permitted, (request, shorter)
    assert refused > 200


FORBIDS = [
    "when { context.felony }",
    "unless { context.felony }",
    "when { context has chargeCitation }",
    'when { context has offense && context.offense in FaceGate::OffenseClass::"CO-Level-1-List" }',
    'when { context has caseNumber && context.caseNumber like "24-*" }',
    'when { context.now > datetime("2026-01-01") }',
    'unless { principal == FaceGate::Officer::"8841" }',
]


@pytest.mark.parametrize("condition", FORBIDS)
def test_adding_a_forbid_never_turns_a_refusal_into_a_permit(tmp_path: Path, condition: str) -> None:
    profiles = shipped_copy(tmp_path)
    notes = '@id("EXTRA") @profile("co-dmv-2019") @say("Extra.") @cite("none") @src("none") '
    notes += '@checked("2026-11-22 unchecked") @effective("") @until("")'
    with (profiles / "co-dmv-2019.cedar").open("a", encoding="ascii") as file:
        file.write(f"{notes} forbid (principal, action, resource) {condition};\n")
    stricter = engine_of(profiles)
    source = random.Random(4)  # noqa: S311  reproducible cases, no secret
    changed = 0
    for _ in range(150):
        request = random_request(source)
        before, after = ENGINE.decide(request, NOW), stricter.decide(request, NOW)
        assert before.permitted or not after.permitted
        changed += before.permitted != after.permitted
    assert changed or "8841" in condition


def test_no_code_is_admitted_without_its_own_level_and_case() -> None:
    for code in CODES:
        assert not ENGINE.decide(good(offense_code=code, case_number=None), NOW).permitted
        assert not ENGINE.decide(good(offense_code=code, offense_level=None), NOW).permitted
