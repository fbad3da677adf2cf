"""Mutants of Cedar rules: each rule deleted, turned round, or bent in one place."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cedarpy

if TYPE_CHECKING:
    from collections.abc import Iterator

Json = dict[str, Any]

BENT = {
    "&&": ("||",),
    "||": ("&&",),
    "==": ("!=",),
    "!=": ("==",),
    ">": (">=", "<="),
    ">=": (">", "<"),
    "<": ("<=", ">="),
    "<=": ("<", ">"),
    "contains": (),
    "containsAll": ("containsAny",),
    "containsAny": ("containsAll",),
}
"""What each operator is bent to."""

CLAIMS = frozenset({"in", "is", "has", "like", ".", "contains", "containsAll", "containsAny", "isEmpty"})
"""Expressions that are true or false by themselves; each is denied in turn where a truth is wanted."""

LITERALS = frozenset({"datetime", "duration", "decimal", "ip"})
"""Their text is no free text: another word in it is refused when it is read."""

OTHER_KIND = {"when": "unless", "unless": "when"}
OTHER_EFFECT = {"permit": "forbid", "forbid": "permit"}
NEVER = {"kind": "when", "body": {"Value": False}}
NO_WORD = "no-such-word"


@dataclass(frozen=True)
class Mutant:
    """One rule, changed in one place.

    ``policy`` is the rule as Cedar's JSON; None if the rule was deleted.
    """

    rule: str
    what: str
    place: int
    effect: str
    policy: Json | None

    @property
    def label(self) -> str:
        return f"{self.rule}: {self.what}"


def policies_of(text: str) -> list[Json]:
    """Read the rules of a text as Cedar's JSON, in its order."""
    static = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return [static[f"policy{number}"] for number in range(len(static))]


def text_of(policy: Json) -> str:
    """Write one rule as Cedar text."""
    whole = {"staticPolicies": {"policy0": policy}, "templates": {}, "templateLinks": []}
    return str(cedarpy.policies_from_json_str(json.dumps(whole)))


def mutants_of(text: str) -> Iterator[Mutant]:
    """Give every mutant of every rule of a text."""
    for place, policy in enumerate(policies_of(text)):
        rule, effect = policy["annotations"]["id"], policy["effect"]
        seen: dict[str, int] = {}
        for what, changed in (("deleted", None), *_bent(policy)):
            seen[what] = seen.get(what, 0) + 1
            numbered = what if seen[what] == 1 else f"{what}, {seen[what]}"
            yield Mutant(rule, numbered, place, effect, changed)


def _bent(policy: Json) -> Iterator[tuple[str, Json]]:
    """Bend one rule in each way there is."""
    yield "negated", _negated(policy)
    yield "other effect", {**policy, "effect": OTHER_EFFECT[policy["effect"]]}
    for part in ("principal", "action", "resource"):
        if policy[part] != {"op": "All"}:
            yield f"any {part}", {**policy, part: {"op": "All"}}
    for number, condition in enumerate(policy["conditions"]):
        before, after = policy["conditions"][:number], policy["conditions"][number + 1 :]
        kind = condition["kind"]
        yield f"without its {kind}", {**policy, "conditions": [*before, *after]}
        turned = {**condition, "kind": OTHER_KIND[kind]}
        yield f"{kind} turned", {**policy, "conditions": [*before, turned, *after]}
        for what, body in _bodies(condition["body"], truth=True):
            yield what, {**policy, "conditions": [*before, {**condition, "body": body}, *after]}


def _negated(policy: Json) -> Json:
    """Turn every condition round; a rule without one gets one that never holds."""
    conditions = [{**one, "kind": OTHER_KIND[one["kind"]]} for one in policy["conditions"]]
    return {**policy, "conditions": conditions or [NEVER]}


def _bodies(node: Json, *, truth: bool) -> Iterator[tuple[str, Json]]:
    """Bend an expression in one place; ``truth`` tells whether it stands where a truth is wanted."""
    (key, inner), *_ = node.items()
    for other in BENT.get(key, ()):
        yield f"{key} to {other}", {other: inner}
    if key in {"&&", "||"}:
        yield f"left of {key}", inner["left"]
        yield f"right of {key}", inner["right"]
    if key == "!":
        yield "without !", inner["arg"]
    if truth and key in CLAIMS:
        yield f"not {_named(key, inner)}", {"!": {"arg": node}}
    if key == "Set":
        yield from _sets(inner)
    elif key == "Value":
        yield from _values(inner)
    elif key not in LITERALS:
        for what, other in _inside(inner, truth=key in {"&&", "||", "!", "if-then-else"}):
            yield what, {key: other}


def _inside(inner: object, *, truth: bool) -> Iterator[tuple[str, Any]]:
    """Bend what stands inside an operator, in one place."""
    if isinstance(inner, dict):
        for side, part in inner.items():
            if isinstance(part, dict) and side != "in":
                for what, other in _bodies(part, truth=truth):
                    yield what, {**inner, side: other}
    if isinstance(inner, list):
        for number, part in enumerate(inner):
            if isinstance(part, dict):
                for what, other in _bodies(part, truth=False):
                    yield what, [*inner[:number], other, *inner[number + 1 :]]


def _sets(items: list[Json]) -> Iterator[tuple[str, Json]]:
    """Drop each element of a list; none of its words is bent besides."""
    for number, item in enumerate(items):
        yield f"without {json.dumps(item)}", {"Set": [*items[:number], *items[number + 1 :]]}


def _values(value: object) -> Iterator[tuple[str, Json]]:
    """Bend one literal: a truth is turned, a number is one off, a word is none of its list."""
    if isinstance(value, bool):
        yield f"{value} to {not value}", {"Value": not value}
    elif isinstance(value, int):
        yield f"{value} to {value + 1}", {"Value": value + 1}
        yield f"{value} to {value - 1}", {"Value": value - 1}
    elif isinstance(value, str):
        yield f"{value!r} to {NO_WORD!r}", {"Value": NO_WORD}


def _named(key: str, inner: Any) -> str:  # noqa: ANN401  Cedar's JSON
    return f"{key} {inner['attr']}" if isinstance(inner, dict) and "attr" in inner else key
