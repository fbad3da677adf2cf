"""Laws that hold for every shipped text: its twin agrees, leaving out never helps, a forbid never opens."""

from __future__ import annotations

import random

import pytest
from asked import Law, failed, random_asked, shipped_engine, single_changes, without_one_field
from laws import LAWS, expected
from own_folder import rewritten

ENGINE = shipped_engine()
BY_NAME = pytest.mark.parametrize("law", LAWS.values(), ids=LAWS.keys())


def agree(law: Law, n: int, seed: int) -> int:
    """Hold Cedar to its twin on random questions; count what was permitted."""
    source = random.Random(seed)  # noqa: S311  reproducible cases, no secret
    permitted = 0
    for _ in range(n):
        asked = random_asked(law.base, source)
        found = failed(ENGINE, asked)
        assert found == expected(law, asked), asked
        permitted += not found
    return permitted


def test_every_shipped_text_has_its_twin() -> None:
    assert set(LAWS) == set(ENGINE.profiles)


@BY_NAME
def test_the_base_is_permitted_where_anything_is(law: Law) -> None:
    assert failed(ENGINE, law.base) == expected(law, law.base)


@BY_NAME
def test_cedar_equals_its_twin_on_every_third_single_change(law: Law) -> None:
    for asked in (*list(single_changes(law.base))[::3], *law.cases):
        assert failed(ENGINE, asked) == expected(law, asked), asked


@pytest.mark.slow
@BY_NAME
def test_cedar_equals_its_twin_on_every_single_change(law: Law) -> None:
    for asked in single_changes(law.base):
        assert failed(ENGINE, asked) == expected(law, asked), asked


@BY_NAME
def test_cedar_equals_its_twin_on_random_questions(law: Law) -> None:
    permitted = agree(law, 300, seed=1)
    assert permitted > 0 or expected(law, law.base)


@pytest.mark.slow
@BY_NAME
def test_cedar_equals_its_twin_on_100_000_random_questions(law: Law) -> None:
    permitted = agree(law, 100_000, seed=2)
    assert permitted > 500 or expected(law, law.base)


@BY_NAME
def test_leaving_out_any_one_field_never_turns_a_refusal_into_a_permit(law: Law) -> None:
    source = random.Random(3)  # noqa: S311  reproducible cases, no secret
    refused = 0
    for _ in range(10):
        asked = random_asked(law.base, source)
        if not failed(ENGINE, asked):
            continue
        refused += 1
        for shorter in without_one_field(asked):
            assert failed(ENGINE, shorter), (asked, shorter)
    assert refused > 1


NOTES = '@say("Extra.") @cite("none") @src("none") @checked("2026-11-22 unchecked") @effective("") @until("")'
FORBIDS = (
    "when { context.felony }",
    "unless { context.felony }",
    "when { context has chargeCitation }",
    'when { context has offense && context.offense in FaceGate::OffenseClass::"CO-Level-1-List" }',
    'when { context has caseNumber && context.caseNumber like "24-*" }',
    'when { context.now > datetime("2026-01-01") }',
    'unless { principal == FaceGate::Officer::"8841" }',
)


@BY_NAME
def test_adding_a_forbid_never_turns_a_refusal_into_a_permit(law: Law) -> None:
    source = random.Random(4)  # noqa: S311  reproducible cases, no secret
    every = [law.base, *(random_asked(law.base, source) for _ in range(6))]
    before = [failed(ENGINE, asked) for asked in every]
    for condition in FORBIDS:
        extra = (
            f'@id("EXTRA") @profile("{law.name}") {NOTES} forbid (principal, action, resource) {condition};'
        )
        stricter = rewritten(ENGINE, law.name, own=f"{ENGINE.profiles[law.name].own_text}\n{extra}")
        for asked, refused in zip(every, before, strict=True):
            after = failed(stricter, asked)
            assert after or not refused
            assert refused - {"FG-NO-PERMIT"} <= after


def test_a_forbid_that_was_added_refuses_what_was_permitted() -> None:
    law = LAWS["co-dmv-2019"]
    extra = f'@id("EXTRA") @profile("{law.name}") {NOTES} forbid (principal, action, resource);'
    stricter = rewritten(ENGINE, law.name, own=f"{ENGINE.profiles[law.name].own_text}\n{extra}")
    assert failed(ENGINE, law.base) == set()
    assert failed(stricter, law.base) == {"EXTRA"}
