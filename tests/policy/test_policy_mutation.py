"""Mutation: every rule deleted, negated or bent in one place changes the outcome of a golden request."""

from __future__ import annotations

import copy
import json
from typing import TYPE_CHECKING, Any

import cedarpy
import pytest
from policy_cases import GOLDEN, engine_of, failed_ids, shipped_copy

from facegate.errors import InputError
from facegate.policy.profile import GATE_RULES, SHIPPED

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = (SHIPPED / "co-dmv-2019.cedar", SHIPPED / "moratorium.cedar", GATE_RULES)
BENT = {"&&": "||", "||": "&&", "==": "!=", ">=": ">", "<": "<="}
OTHER_KIND = {"when": "unless", "unless": "when"}
OTHER_EFFECT = {"permit": "forbid", "forbid": "permit"}


def negated(policy: dict[str, Any]) -> dict[str, Any]:
    """Turn every condition round; a rule without one gets one that never holds."""
    conditions = [{**one, "kind": OTHER_KIND[one["kind"]]} for one in policy["conditions"]]
    never = [{"kind": "when", "body": {"Value": False}}]
    return {**policy, "conditions": conditions or never}


def bent_bodies(node: object) -> Iterator[tuple[str, Any]]:
    """Bend an expression in one place: another operator, or one side of an `and` or `or` only."""
    if not isinstance(node, dict):
        return
    for key, inner in node.items():
        if key in BENT:
            yield f"{key} to {BENT[key]}", {BENT[key]: inner}
        if key in {"&&", "||"}:
            yield f"left of {key}", inner["left"]
            yield f"right of {key}", inner["right"]
        for what, other in bent_bodies(inner):
            yield what, {**node, key: other}


def bent(policy: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Bend one rule in each way there is."""
    yield "negated", negated(policy)
    yield "other effect", {**policy, "effect": OTHER_EFFECT[policy["effect"]]}
    for number, condition in enumerate(policy["conditions"]):
        before, after = policy["conditions"][:number], policy["conditions"][number + 1 :]
        yield f"without condition {number}", {**policy, "conditions": [*before, *after]}
        turned = {**condition, "kind": OTHER_KIND[condition["kind"]]}
        yield f"condition {number} turned", {**policy, "conditions": [*before, turned, *after]}
        for what, body in bent_bodies(condition["body"]):
            yield what, {**policy, "conditions": [*before, {**condition, "body": body}, *after]}


def mutants() -> Iterator[tuple[Path, str, str]]:
    """Give (file, what was done, new text) for every mutant of every shipped rule."""
    for file in FILES:
        policies = json.loads(cedarpy.policies_to_json_str(file.read_text(encoding="ascii")))
        static = policies["staticPolicies"]
        for name, policy in static.items():
            rule = policy["annotations"]["id"]
            changed = [("deleted", None), *bent(copy.deepcopy(policy))]
            for what, other in changed:
                rest = {key: value for key, value in static.items() if key != name}
                whole = {**static, name: other} if other is not None else rest
                yield file, f"{rule} {what}", _text({**policies, "staticPolicies": whole})


def _text(policies: dict[str, Any]) -> str:
    return str(cedarpy.policies_from_json_str(json.dumps(policies)))


MUTANTS = list(mutants())


def test_there_are_mutants_of_every_rule() -> None:
    deleted = [what for _, what, _ in MUTANTS if what.endswith(" deleted")]
    assert len(deleted) == 5 + 1 + 12
    assert len(MUTANTS) > 80


def test_an_unchanged_text_written_anew_decides_as_before(tmp_path: Path) -> None:
    profiles = shipped_copy(tmp_path)
    for file in FILES:
        place = profiles / file.name if file.parent == SHIPPED else profiles.parent / file.name
        place.write_text(_text(json.loads(cedarpy.policies_to_json_str(file.read_text()))), encoding="ascii")
    engine = engine_of(profiles)
    assert [failed_ids(engine, case) for case in GOLDEN] == [case.fails for case in GOLDEN]


@pytest.mark.parametrize(("file", "what", "text"), MUTANTS, ids=[what for _, what, _ in MUTANTS])
def test_every_mutant_is_caught(tmp_path: Path, file: Path, what: str, text: str) -> None:
    profiles = shipped_copy(tmp_path)
    place = profiles / file.name if file.parent == SHIPPED else profiles.parent / file.name
    place.write_text(text, encoding="ascii")
    try:
        engine = engine_of(profiles)
    except InputError:
        return  # refused at load is caught, too
    assert any(failed_ids(engine, case) != case.fails for case in GOLDEN), what
