"""What is still missing for a request to pass: per field, what the rules that failed would read there.

A refusal names rules; whoever must complete a request thinks in fields. The way from one to the other is
read from the rules themselves: what a rule reads is in its text, so a rule of a user's own profile is
explained as well as a shipped one.

- What stands behind ``unless`` is what a rule wants; where a rule has only ``when``, what stands there is
  what it refuses.
- A field is *left out*, *unusable* (stated, but not of its form, so it counts as left out), or *stated*: it
  is there, and the rule wants something else. A fact is what a register or counter says.
- Filling every field named here need not be enough: a rule may want one of several, or a certain value.

No rule is evaluated here: the engine alone decides.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import cedarpy

from facegate.policy.query import CedarQuery
from facegate.policy.request_fields import REQUEST_WORDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from facegate.policy.engine import PolicyDecision
    from facegate.policy.profile import Profile
    from facegate.request import SearchRequest

Path = tuple[str, ...]

LEFT_OUT = "left out"
UNUSABLE = "stated, but not usable"
STATED = "stated, and not what the rule wants"
REGISTER = "what the registers say"
LAW = "the law itself"
ORDER = (LEFT_OUT, UNUSABLE, STATED, REGISTER, LAW)

FIELDS = {
    "offense": "offense_code",
    "nibrs": "offense_nibrs",
    "nibrsImmigration": "offense_nibrs",
    "statuteSection": "charge_citation",
}
FORMS = frozenset({"idWellFormed", "oriWellFormed"})
PEOPLE = frozenset({"requester", "operator", "approver", "agency", "onBehalfOf"})
GOOD_WHEN_FALSE = frozenset({"blocked"})
NO_TEXT = {"FG-NO-PERMIT": (("action",),), "FG-ACTION": (("action",),)}
"""Rules of the engine itself, which stand in no text."""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that rules which failed would read differently.

    Parameters
    ----------
    what : str
        A field of the request (``case_number``), or a fact of a register (``gate.shared``).
    state : str
        One of the five states above.
    found : str
        What is there now; empty where it is left out.
    wanted : str
        What the field may hold; empty for a fact.
    rules : tuple of str
        Ids of the failed rules that read it.
    """

    what: str
    state: str
    found: str
    wanted: str
    rules: tuple[str, ...]


def still_missing(law: Profile, request: SearchRequest, decision: PolicyDecision) -> tuple[Missing, ...]:
    """List what the failed rules would read differently: fields left out first, then facts.

    Parameters
    ----------
    law : Profile
        That decided.
    request : SearchRequest
        As stated.
    decision : PolicyDecision
        The refusal; nothing is missing from a permitted request.

    Returns
    -------
    tuple of Missing
        One for each field or fact, with every failed rule that reads it. A rule that reads nothing (a
        moratorium) is in none of them: no field would help.
    """
    wants = {**NO_TEXT, **what_rules_read(law)}
    query = CedarQuery.from_text(decision.question)
    found: dict[str, Missing] = {}
    for rule in decision.failed:
        for path in wants.get(rule.rule_id, ()):
            if one := _missing(path, request, query, law):
                found[one.what] = _joined(found.get(one.what, one), one, rule.rule_id)
    return tuple(sorted(_without_idle(found.values()), key=lambda one: ORDER.index(one.state)))


def _without_idle(found: Iterable[Missing]) -> Iterator[Missing]:
    """Leave out what a law opens where the field it would open was not even stated."""
    every = tuple(found)
    absent = {rule for one in every if one.state in {LEFT_OUT, UNUSABLE} for rule in one.rules}
    for one in every:
        rules = tuple(rule for rule in one.rules if one.state != LAW or rule not in absent)
        if rules:
            yield replace(one, rules=rules)


def _joined(before: Missing, now: Missing, rule: str) -> Missing:
    """Add a rule to what reads a field; of two states the first in order says more."""
    worse = min(before, now, key=lambda one: ORDER.index(one.state))
    return replace(worse, rules=tuple(dict.fromkeys((*before.rules, rule))))


def missing_words(one: Missing) -> str:
    """Say one missing thing as a sentence."""
    rules = ", ".join(one.rules)
    if one.state == LEFT_OUT:
        return f"{one.what} is left out; wanted {one.wanted} ({rules})"
    if one.state == REGISTER:
        return f"{one.what}: the register says {one.found or 'nothing'} ({rules})"
    if one.state == LAW:
        words = "opens" if one.what.endswith("allows") else "holds:"
        return f"the law itself {words} {one.found} ({rules})"
    return f"{one.what} is {one.state}: {one.found}; wanted {one.wanted} ({rules})"


def what_rules_read(law: Profile) -> Mapping[str, tuple[Path, ...]]:
    """Tell for each rule what it wants to be different: by its id, paths such as ``("gate", "shared")``.

    A path starts at the context; ``requester`` stands for the principal and ``law`` for the profile asked.
    """
    return dict(zip((rule.rule_id for rule in law.rules), _wanted_in(law.text), strict=True))


@lru_cache(maxsize=64)
def _wanted_in(text: str) -> tuple[tuple[Path, ...], ...]:
    """List what each rule of a text wants, in its order; read once, since somebody types while he waits."""
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    return tuple(_wanted_by(policies[f"policy{number}"]["conditions"]) for number in range(len(policies)))


def _wanted_by(conditions: list[dict[str, Any]]) -> tuple[Path, ...]:
    """List what stands behind ``unless``; where there is none, what stands behind ``when``."""
    wanted = [one["body"] for one in conditions if one["kind"] == "unless"]
    read = [path for body in wanted or [one["body"] for one in conditions] for path in _paths(body)]
    return tuple(dict.fromkeys(read))


def _paths(node: object) -> Iterator[Path]:
    """List every path an expression reads or tests."""
    if isinstance(node, list):
        for item in node:
            yield from _paths(item)
    if isinstance(node, dict):
        if path := _path(node):
            yield path
            return
        for item in node.values():
            yield from _paths(item)


def _path(node: object) -> Path | None:
    """Read a node as one path, if it is one: ``context.operator.unit``, or ``context has operator``."""
    if not isinstance(node, dict) or len(node) != 1:
        return None
    if "Var" in node:
        return {"principal": ("requester",), "resource": ("law",), "context": ()}.get(node["Var"])
    inner = node.get(".") or node.get("has")
    if inner is None or (before := _path(inner["left"])) is None:
        return None
    return (*before, inner["attr"])


def _missing(path: Path, request: SearchRequest, query: CedarQuery, law: Profile) -> Missing | None:
    """Say what stands at a path now; None for a fact that is in order."""
    if path[0] in {"law", "now"}:
        holds = ", ".join(law.allows) or "nothing" if path[-1] == "allows" else str(law.period)
        return Missing("law.allows" if path[-1] == "allows" else "law.period", LAW, holds, "", ())
    if field_of(path[0]) not in REQUEST_WORDS or _is_fact(path, query):
        said = _said(path, query)
        if said is (path[-1] not in GOOD_WHEN_FALSE):
            return None
        return Missing(fact_of(path), REGISTER, _shown(said), "", ())
    name = field_of(path[0])
    value = getattr(request, name)
    wanted = _wanted(name, law)
    if value is None or value == () or (isinstance(value, str) and not value.strip()):
        return Missing(name, LEFT_OUT, "", wanted, ())
    return Missing(name, STATED if _usable(path, query) else UNUSABLE, _shown(value), wanted, ())


def _wanted(name: str, law: Profile) -> str:
    """Say what a field may hold under this law."""
    if name == "offense_level":
        return f"one of {', '.join(law.levels)}, as fits the code"
    if name == "charge_citation" and law.citation:
        return f"{REQUEST_WORDS[name].wanted}, written as in {law.citation}"
    if name == "action":
        permits = ", ".join(rule.action for rule in law.rules if rule.action)
        return f"an action this law permits: {permits or 'it permits none'}"
    return REQUEST_WORDS[name].wanted


def field_of(attribute: str) -> str:
    """Name the field of a request that an attribute of the schema is made from.

    Examples
    --------
    >>> field_of("caseNumberGiven"), field_of("statuteSection"), field_of("onBehalfOf")
    ('case_number', 'charge_citation', 'on_behalf_of')
    """
    return FIELDS.get(attribute, _snake(attribute.removesuffix("Given")))


def fact_of(path: Path) -> str:
    """Name a fact as a request file does.

    Examples
    --------
    >>> fact_of(("gate", "caseByAnother")), fact_of(("onBehalfOf", "class"))
    ('gate.case_by_another', 'beneficiary.agency_class')
    """
    whose = {"onBehalfOf": "beneficiary"}.get(path[0], path[0])
    words = [whose, *({"class": "agencyClass"}.get(one, one) for one in path[1:])]
    return ".".join(_snake(one) for one in words)


def _is_fact(path: Path, query: CedarQuery) -> bool:
    """Tell whether a path ends at what a register says of somebody who is named well."""
    if len(path) == 1 or path[0] not in PEOPLE or path[-1] in FORMS:
        return False
    return path[0] == "requester" or path[0] in query.request["context"]


def _usable(path: Path, query: CedarQuery) -> bool:
    """Tell whether what was stated reached the law."""
    context = query.request["context"]
    if path[-1] in FORMS:
        return False  # such a rule fails on the form alone
    if path[0] in {"factNarrativeGiven", "dutyStatementGiven", "sourceAddressGiven"}:
        return bool(context[path[0]])
    if path[0] in {"nibrsImmigration", "action"}:
        return True
    return path[0].endswith("Given") or path[0] in context


def _said(path: Path, query: CedarQuery) -> object:
    """Give what a register says at a path; empty if it says nothing."""
    at: Any = query.request["principal"] if path[0] == "requester" else query.request["context"].get(path[0])
    if not isinstance(at, dict):
        return ""
    uid = at.get("__entity", at)
    found = next((one["attrs"] for one in query.known.entities if one["uid"] == uid), at)
    return found.get(path[-1], "")


def _shown(value: object) -> str:
    """Write a value as a request file would."""
    if isinstance(value, bool | int | str):
        return json.dumps(value)
    if isinstance(value, tuple):
        return ", ".join(value)
    return "a table"


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", lambda found: f"_{found[1].lower()}", name)
