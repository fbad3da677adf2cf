"""Misspelled names that Cedar's validator lets through, and that would make a rule silently void.

Cedar types ``context has ofense`` as plain false, whatever the schema declares, and everything behind the
``&&`` goes unchecked: ``forbid when { context has ofense && ... }`` validates and never forbids. An entity
that exists nowhere, as in ``offense in OffenseClass::"CO-Levle-1"``, validates too. Both are refused here:

- every ``has`` must test an attribute that the schema declares there;
- every offense, offense class and profile named in a rule must exist.

Not checked: agencies and officers named in a rule, and text compared with a field.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import cedarpy

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from facegate.policy.offenses import OffenseCatalogue
    from facegate.policy.rule import Rule


def refuse_void_names(
    text: str,
    rules: tuple[Rule, ...],
    *,
    profiles: Collection[str],
    schema: object,
    catalogue: OffenseCatalogue,
) -> None:
    """Refuse a rule that tests an undeclared attribute or names what does not exist.

    Parameters
    ----------
    text : str
        Cedar policies that hold against the schema.
    rules : tuple of Rule
        What the text's rules are, in its order; for messages.
    profiles : collection of str
        The profiles a rule may name.
    schema : cedarpy.Schema
        What attributes there are.
    catalogue : OffenseCatalogue
        What offenses and classes of offenses there are.

    Raises
    ------
    InputError
        Naming file, rule and the name.
    """
    policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    known = {
        "FaceGate::Profile": set(profiles),
        "FaceGate::OffenseClass": set(catalogue.classes),
        "FaceGate::Offense": {one.code for one in catalogue},
    }
    for number, rule in enumerate(rules):
        policy = policies[f"policy{number}"]
        for kind, name in _entities(policy):
            if kind in known and name not in known[kind]:
                msg = f'{rule.file}, rule {rule.rule_id}: there is no {kind}::"{name}"'
                raise InputError(msg)
        if undeclared := _undeclared(policy, schema):
            msg = (
                f"{rule.file}, rule {rule.rule_id}: `has {undeclared}` tests what the schema does not declare"
            )
            raise InputError(msg)


def _undeclared(policy: dict[str, Any], schema: object) -> str | None:
    """Find an attribute that is tested with `has` and not declared, by reading it instead of testing it.

    Reading an undeclared attribute is the error "not found"; reading an optional one unguarded is another.
    """
    for test in _has_tests(policy["conditions"]):
        read = {".": test}
        body = {"==": {"left": read, "right": read}}
        probe = {**policy, "conditions": [{"kind": "when", "body": body}]}
        text = cedarpy.policies_from_json_str(
            json.dumps({"staticPolicies": {"policy0": probe}, "templates": {}, "templateLinks": []})
        )
        errors = [str(error.error) for error in cedarpy.validate_policies(text, schema).errors]
        # Of an attribute inside a record Cedar names the whole path: `gate.clock`.
        missing = re.compile(rf"attribute `(?:[^`]*\.)?{re.escape(test['attr'])}` .*not found")
        if any(missing.search(error) for error in errors):
            return str(test["attr"])
    return None


def _has_tests(node: object) -> Iterator[dict[str, Any]]:
    """List every ``has`` of an expression: what is tested, and for which attribute."""
    if isinstance(node, list):
        for item in node:
            yield from _has_tests(item)
    if isinstance(node, dict):
        if "has" in node:
            yield node["has"]
        for item in node.values():
            yield from _has_tests(item)


def _entities(node: object) -> Iterator[tuple[str, str]]:
    """List every entity a policy names, in its scope and in its conditions."""
    if isinstance(node, list):
        for item in node:
            yield from _entities(item)
    if isinstance(node, dict):
        if set(node) == {"type", "id"} and isinstance(node["id"], str):
            yield (node["type"], node["id"])
        for item in node.values():
            yield from _entities(item)
