"""Everything that is wrong with a folder of profiles, not only the first thing.

Loading a folder stops at the first fault, as it must: no law is applied from a text that does not pass. Who
writes a profile wants the whole list. The same checks are made here rule by rule, each finding one sentence
that names file and rule.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import cedarpy

from facegate.errors import InputError
from facegate.policy.engine import PolicyEngine
from facegate.policy.names import refuse_void_names
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import GATE_RULES, SCHEMA_FILE, SHIPPED
from facegate.policy.rule import one_line, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.policy.rule import Rule

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Known:
    """What a rule may name."""

    profiles: tuple[str, ...]
    catalogue: OffenseCatalogue
    schema: cedarpy.Schema


def findings(folder: Path) -> tuple[str, ...]:
    """List every fault of a folder of profiles.

    Parameters
    ----------
    folder : Path
        Holds ``.cedar`` files, perhaps ``offense-classes.csv``.

    Returns
    -------
    tuple of str
        One sentence each, file by file; empty if the folder loads.
    """
    try:
        PolicyEngine.load(folder)
    except InputError as error:
        first = str(error)
    else:
        return ()
    files, known = sorted(folder.glob("*.cedar")), _known(folder)
    found = [finding for path in files for finding in _of_file(path, known)]
    found += _repeated_ids(files)
    # What concerns the folder itself (its schema, its table of classes) is found by loading alone.
    return tuple(dict.fromkeys(found if first in found else (first, *found)))


def _known(folder: Path) -> _Known:
    """Say what may be named; the shipped classes where the folder's own table cannot be read."""
    try:
        catalogue = OffenseCatalogue.load(profiles=folder)
    except InputError:
        catalogue = OffenseCatalogue.load(profiles=SHIPPED)
    schema = cedarpy.Schema.from_str((SHIPPED / SCHEMA_FILE).read_text(encoding="ascii"))
    return _Known(tuple(path.stem for path in folder.glob("*.cedar")), catalogue, schema)


def _policies(path: Path) -> Iterator[Json]:
    """List the rules of one file, in its order; none if it cannot be read: that is said elsewhere."""
    try:
        text = path.read_bytes().decode("ascii")
        policies = json.loads(cedarpy.policies_to_json_str(text))["staticPolicies"]
    except (OSError, ValueError):
        return
    for number in range(len(policies)):
        yield policies[f"policy{number}"]


def _repeated_ids(files: list[Path]) -> Iterator[str]:
    """List ids that stand on two rules: a refusal would name the wrong one."""
    seen: dict[str, str] = {}
    for path in (GATE_RULES, *files):
        for policy in _policies(path):
            rule_id = policy.get("annotations", {}).get("id") or ""
            if rule_id in seen:
                yield f"{path.name}, rule {rule_id}: the same @id stands in {seen[rule_id]}"
            if rule_id:
                seen.setdefault(rule_id, path.name)


def _of_file(path: Path, known: _Known) -> Iterator[str]:
    """List the faults of one file, rule by rule."""
    for policy in _policies(path):
        yield from _of_rule(policy, path, known)
    try:
        read_rules(path.read_text(encoding="ascii"), file=path.name, profile=path.stem)
    except UnicodeDecodeError:
        yield f"{path.name}: holds a character that is not plain ASCII; look-alike names are refused"
    except OSError as error:
        yield f"cannot read {path.name}: {error.strerror}"
    except InputError as error:
        yield str(error)


def _of_rule(policy: Json, path: Path, known: _Known) -> Iterator[str]:
    """List the faults of one rule: annotations, then schema, then names."""
    one = {"staticPolicies": {"policy0": policy}, "templates": {}, "templateLinks": []}
    text = cedarpy.policies_from_json_str(json.dumps(one))
    rules: tuple[Rule, ...] = ()
    try:
        rules = read_rules(text, file=path.name, profile=path.stem)
    except InputError as error:
        yield str(error)
    name = policy.get("annotations", {}).get("id")
    for fault in cedarpy.validate_policies(text, known.schema).errors:
        what = one_line(fault.error).removeprefix("for policy `policy0`, ")
        yield f"{path.name}, rule {name or '(without @id)'}: does not hold against the schema: {what}"
    try:
        refuse_void_names(
            text, rules, profiles=known.profiles, schema=known.schema, catalogue=known.catalogue
        )
    except InputError as error:
        yield str(error)
