"""Laws of a test's own: a copy of the shipped folder to spoil, or one shipped text written anew."""

from __future__ import annotations

import shutil
from functools import cache
from typing import TYPE_CHECKING

from mutants import policies_of, text_of

from facegate.policy.engine import PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import GATE_RULES, SHIPPED, _profile, from_rules, load_profiles
from facegate.policy.rule import EVERY_PROFILE, _refuse_bad_set, read_rules

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.policy.profile import Profile


def shipped_copy(folder: Path) -> Path:
    """Copy the shipped profiles, and the gate rules beside their folder, to where a test may spoil them."""
    shutil.copytree(SHIPPED, folder / "profiles")
    shutil.copy(GATE_RULES, folder / GATE_RULES.name)
    return folder / "profiles"


def small_copy(folder: Path, *names: str) -> Path:
    """Copy a few of the shipped profiles, with schema, offense classes and gate rules: quicker to load."""
    profiles = shipped_copy(folder)
    for path in profiles.glob("*.cedar"):
        if path.stem not in names:
            path.unlink()
    return profiles


def engine_of(profiles: Path) -> PolicyEngine:
    """Load a copy made by `shipped_copy`, with the gate rules beside it."""
    catalogue = OffenseCatalogue.load(profiles=profiles)
    gate_rules = profiles.parent / GATE_RULES.name
    schema, loaded = load_profiles(profiles, catalogue=catalogue, gate_rules=gate_rules)
    return PolicyEngine(loaded, schema, catalogue)


def spoil(profiles: Path, file: str, old: str, new: str, *, count: int = 1) -> None:
    """Replace text in one file of a copy, making sure that it was there."""
    path = (profiles.parent if file == GATE_RULES.name else profiles) / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, count), encoding="utf-8")


def rewritten(
    engine: PolicyEngine, name: str, *, own: str | None = None, gate: str | None = None
) -> PolicyEngine:
    """Write one law anew, its own text or the gate rules over it, and hold it to all checks of a load."""
    old = engine.profiles[name]
    own_text, gate_text = own or old.own_text, gate or old.gate_text
    rules = (
        *(read_rules(own, file=f"{name}.cedar", profile=name) if own else old.own_rules),
        *(read_rules(gate, file=GATE_RULES.name, profile=EVERY_PROFILE) if gate else old.gate_rules),
    )
    known = (list(engine.profiles), engine.catalogue)
    return with_law(engine, _profile(name, rules, (own_text, gate_text), schema=engine.schema, known=known))


def with_law(engine: PolicyEngine, law: Profile) -> PolicyEngine:
    """Put one law in the place of the shipped one of its name."""
    return PolicyEngine({**engine.profiles, law.name: law}, engine.schema, engine.catalogue)


def with_rule(engine: PolicyEngine, name: str, place: int, text: str, *, gate: bool = False) -> PolicyEngine:
    """Put one rule in the place of another that stands in a law, or in the gate rules over it.

    ``place`` counts from 0; an empty text takes the rule out. The rule is held to its annotations here;
    whether it holds against the schema is asked of `trials.holds`, rule by rule, which makes this quick.
    """
    law = engine.profiles[name]
    file, profile = (GATE_RULES.name, EVERY_PROFILE) if gate else (f"{name}.cedar", name)
    texts = _rule_texts(law.gate_text if gate else law.own_text)
    rules = list(law.gate_rules if gate else law.own_rules)
    texts[place : place + 1] = [text] if text else []
    rules[place : place + 1] = read_rules(text, file=file, profile=profile) if text else ()
    _refuse_bad_set(tuple(rules), file=file, profile=profile)
    joined = "\n".join(texts)
    if gate:
        made = from_rules(name, (*law.own_rules, *rules), (law.own_text, joined))
    else:
        made = from_rules(name, (*rules, *law.gate_rules), (joined, law.gate_text))
    return with_law(engine, made)


@cache
def _rule_texts_of(text: str) -> tuple[str, ...]:
    return tuple(text_of(policy) for policy in policies_of(text))


def _rule_texts(text: str) -> list[str]:
    return list(_rule_texts_of(text))
