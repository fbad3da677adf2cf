"""The texts a law is put together from, and a law put together from texts that were kept.

A log that holds the texts can be replayed by whoever has it, whatever profiles are installed by then.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING

import cedarpy

from facegate.errors import InputError
from facegate.policy.profile import Profile, Schema, from_rules
from facegate.policy.rule import EVERY_PROFILE, one_line, read_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from facegate.policy.engine import PolicyEngine

SCHEMA = "schema"


@dataclass(frozen=True, slots=True)
class PolicyText:
    """One text that took part in a decision.

    Parameters
    ----------
    name : str
        The profile or overlay, ``every-profile`` for the gate rules, ``schema`` for the schema.
    text : str
        Byte for byte, ASCII.
    digest : str
        SHA-256 of it, 64 hexadecimal digits.
    """

    name: str
    text: str = field(repr=False)
    digest: str


@lru_cache(maxsize=256)
def policy_text(name: str, text: str) -> PolicyText:
    """Give a text with its digest; the same few texts come with every search."""
    return PolicyText(name, text, hashlib.sha256(text.encode("ascii")).hexdigest())


def texts_of(engine: PolicyEngine, law: str) -> tuple[PolicyText, ...]:
    """List the texts behind a law: its profile, its overlays, the gate rules, the schema.

    Parameters
    ----------
    engine : PolicyEngine
        Where they were loaded.
    law : str
        Such as ``co-dmv-2019+no-immigration``.

    Raises
    ------
    InputError
        If there is no such law.
    """
    parts = [engine.profile(name) for name in law.split("+")]
    return (
        *(policy_text(part.name, part.own_text) for part in parts),
        policy_text(EVERY_PROFILE, parts[0].gate_text),
        policy_text(SCHEMA, engine.schema.text),
    )


def law_of(name: str, texts: Sequence[PolicyText]) -> Profile:
    """Put a law together again from kept texts.

    Parameters
    ----------
    name : str
        As the decision names it.
    texts : sequence of PolicyText
        The profile, its overlays in the name's order, the gate rules.

    Raises
    ------
    InputError
        If a text is not of its form.
    """
    *parts, gate = texts
    rules = [read_rules(one.text, file=f"{one.name}.cedar", profile=one.name) for one in parts]
    shared = read_rules(gate.text, file=gate.name, profile=EVERY_PROFILE)
    own_text = "\n".join(one.text for one in parts)
    return from_rules(name, (*(rule for own in rules for rule in own), *shared), (own_text, gate.text))


def schema_of(text: PolicyText) -> Schema:
    """Read a kept schema.

    Raises
    ------
    InputError
        If it is none.
    """
    try:
        return Schema(text.digest, cedarpy.Schema.from_str(text.text), text.text)
    except ValueError as error:
        msg = f"the schema kept in the log is none: {one_line(error)}"
        raise InputError(msg) from error
