"""Mutation: every rule deleted, negated or bent in one place is refused at load or answers wrongly.

"Wrongly" means differently from the plain-Python twins (`laws.expected`), on a question on which the text
as it stands agrees with them.
"""

from __future__ import annotations

from functools import cache

import pytest
from asked import failed, shipped_engine
from laws import LAWS, expected
from mutants import mutants_of, policies_of, text_of
from own_folder import rewritten
from trials import Trial, gate_cases, is_caught, plainly_telling, survivors

from facegate.policy.profile import GATE_RULES
from facegate.policy.rule import ALLOWABLE

ENGINE = shipped_engine()
CARRIER = LAWS["co-dmv-2019"]
GATE_TEXT = GATE_RULES.read_text(encoding="ascii")
TEXTS = [name for name in LAWS if name in ENGINE.profiles]
BY_TEXT = pytest.mark.parametrize("name", TEXTS)

ALL_FIELDS = (
    "the memo's list is the whole closed list of record fields, and a request that names any other field, "
    "or none, counts as naming no fields: once there are fields, all of them are listed"
)
EQUIVALENT: dict[str, str] = {
    "CO-DOSSIER-FIELDS: left of &&": ALL_FIELDS,
    "CO-DOSSIER-FIELDS: containsAll to containsAny": ALL_FIELDS,
    "COS-DOSSIER-FIELDS: left of &&": ALL_FIELDS,
    "COS-DOSSIER-FIELDS: containsAll to containsAny": ALL_FIELDS,
}
"""Mutants that decide every question as the law does, each with the reason why nothing can tell it."""


def own_text(name: str) -> str:
    return ENGINE.profiles[name].own_text


@cache
def gate_trials() -> tuple[Trial, Trial]:
    """Try the gate rules under a law that allows nothing besides, and under one that allows all and ends."""
    allows = " | ".join(sorted(ALLOWABLE))
    text = own_text(CARRIER.name).replace("permit (", f'@allows("{allows}")\npermit (', 1)
    engine = rewritten(ENGINE, CARRIER.name, own=text.replace('@until("")', '@until("2027-01-01")', 1))
    more = (*gate_cases(CARRIER.base),)
    return Trial(CARRIER, ENGINE, more), Trial(CARRIER, engine, more)


def explained(text: str) -> set[str]:
    return EQUIVALENT.keys() & {mutant.label for mutant in mutants_of(text)}


@BY_TEXT
def test_no_rule_of_a_shipped_text_can_be_deleted_or_negated(name: str) -> None:
    one = Trial(LAWS[name], ENGINE)
    plain = [mutant for mutant in mutants_of(own_text(name)) if mutant.what in {"deleted", "negated"}]
    assert len(plain) == 2 * len(policies_of(own_text(name)))
    for mutant in plain:
        assert is_caught(mutant, one, plainly_telling(mutant, one)), mutant.label


def test_every_mutant_of_the_first_law_is_caught() -> None:
    text = own_text(CARRIER.name)
    assert {*survivors(mutants_of(text), [Trial(CARRIER, ENGINE)])} == explained(text)


@pytest.mark.slow
def test_every_mutant_of_the_gate_rules_is_caught() -> None:
    assert survivors(mutants_of(GATE_TEXT), gate_trials(), gate=True) == []


@pytest.mark.slow
@BY_TEXT
def test_every_mutant_of_a_shipped_text_is_caught(name: str) -> None:
    text = own_text(name)
    assert {*survivors(mutants_of(text), [Trial(LAWS[name], ENGINE)])} == explained(text)


def test_every_equivalent_mutant_is_one_of_a_shipped_text() -> None:
    labels = {mutant.label for name in TEXTS for mutant in mutants_of(own_text(name))}
    assert labels >= EQUIVALENT.keys()


def test_there_are_mutants_of_every_rule() -> None:
    for text in (GATE_TEXT, *(own_text(name) for name in TEXTS)):
        every = list(mutants_of(text))
        for wanted in ("deleted", "negated", "other effect"):
            assert sum(one.what == wanted for one in every) == len(policies_of(text))
        assert len({one.label for one in every}) == len(every)


@BY_TEXT
def test_a_text_written_anew_decides_as_before(name: str) -> None:
    law = LAWS[name]
    text = "\n".join(text_of(policy) for policy in policies_of(own_text(name)))
    engine = rewritten(ENGINE, name, own=text)
    for asked in (law.base, *law.cases):
        assert failed(engine, asked) == expected(law, asked)


def test_a_mutant_that_no_question_tells_is_named() -> None:
    idle = own_text(CARRIER.name).replace(
        "unless { context has caseNumber };", 'unless { context has caseNumber && "a" == "a" };'
    )
    one = Trial(CARRIER, rewritten(ENGINE, CARRIER.name, own=idle))
    every = [mutant for mutant in mutants_of(idle) if mutant.rule == "CO-CASE-NUMBER"]
    assert "CO-CASE-NUMBER: left of &&" in survivors(every, [one])
