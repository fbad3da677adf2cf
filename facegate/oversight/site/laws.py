"""The laws on the public site: which are in force, each text that decided, and each that is offered.

What decided stands in the log, word for word. What is offered is what is installed here. A text stands once,
by its digest, whether it comes from one, the other or both.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from facegate.audit.replay import POLICY_TEXT
from facegate.errors import InputError
from facegate.gate.registers.activation import policy_activated
from facegate.oversight.governance.registers_then import RegistersThen
from facegate.policy.rule import EVERY_PROFILE, PROFILE_NAME, read_rules
from facegate.policy.texts import SCHEMA, policy_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from facegate.gate.ledger.event import Event
    from facegate.oversight.site.source import SiteSource
    from facegate.policy.engine import PolicyEngine
    from facegate.policy.rule import Rule

DIGITS: Final = 12  # of a digest, in the name of a file
_RULE_END: Final = re.compile(r"^(?:.*;|\s*\};)[ \t]*(?://.*)?$\n?", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class RuleShown:
    """One rule in plain words, and the Cedar text that decides it."""

    rule_id: str
    does: str
    say: str
    cite: str
    read_in: str
    checked: str
    is_checked: bool
    not_enforced: tuple[str, ...]
    cedar: str


@dataclass(frozen=True, slots=True)
class LawText:
    """One text.

    Parameters
    ----------
    name : str
        The profile or overlay; ``every-profile`` for the gate rules, ``schema`` for the schema.
    digest : str
        SHA-256 of the text.
    text : str
        Byte for byte, ASCII.
    record : int or None
        The log's record that holds it; None if nothing was ever decided on it.
    offered : bool
        Whether it is installed now.
    rules : tuple of RuleShown
        Empty for the schema, and for a text whose rules cannot be read here any more.
    """

    name: str
    digest: str
    text: str
    record: int | None
    offered: bool
    rules: tuple[RuleShown, ...]

    @property
    def stem(self) -> str:
        """Name of its files, without their endings."""
        return f"{self.name}-{self.digest[:DIGITS]}"

    @property
    def n_unchecked(self) -> int:
        """Rules that nobody held against the text they cite."""
        return sum(not one.is_checked for one in self.rules)


@dataclass(frozen=True, slots=True)
class LawInForce:
    """One law that two people put in force, and nobody ended; the fields are those of its record."""

    name: str
    digest: str
    authority: str
    first_day: str
    last_day: str
    objections: str
    in_force: bool


def laws_in_force(source: SiteSource) -> tuple[LawInForce, ...]:
    """List what was put in force and not ended; a law whose days are not now says so."""
    with RegistersThen(source.events, source.at) as then:
        rows = then.rows("SELECT * FROM conditions_activations WHERE ended = 0 ORDER BY seq")
        return tuple(
            LawInForce(
                name="+".join((row["profile"], *_overlays(row["overlays"]))),
                digest=row["policy_digest"],
                authority=row["authority"],
                first_day=row["first_day"],
                last_day=row["last_day"],
                objections=row["objections"],
                in_force=policy_activated(
                    then, row["profile"], _overlays(row["overlays"]), row["policy_digest"], source.at
                ),
            )
            for row in rows
        )


def law_texts(source: SiteSource) -> tuple[LawText, ...]:
    """List every text, by name, those that decided before those that only are offered."""
    recorded = {digest: (seq, name, text) for seq, name, digest, text in _recorded(source.events)}
    offered = {digest: (name, text) for name, digest, text in _offered(source.engine)}
    used = [
        _law_text(name, digest, text, record=seq, offered=digest in offered)
        for digest, (seq, name, text) in recorded.items()
    ]
    rest = [
        _law_text(name, digest, text, record=None, offered=True)
        for digest, (name, text) in offered.items()
        if digest not in recorded
    ]
    return (
        *sorted(used, key=lambda one: (one.name, one.record)),
        *sorted(rest, key=lambda one: one.name),
    )


def plain_sentences(texts: Sequence[LawText]) -> Mapping[str, str]:
    """Give the plain sentence of each rule by its id; of several texts that have it, one that decided."""
    return {rule.rule_id: rule.say for text in reversed(texts) for rule in text.rules}


def _overlays(names: str) -> tuple[str, ...]:
    return tuple(names.split(",")) if names else ()


def _recorded(events: Sequence[Event]) -> Iterator[tuple[int, str, str, str]]:
    """Read the texts kept on the log; one that is not what its digest says is left out, as replay does."""
    seen: set[str] = set()
    for one in events:
        if one.kind != POLICY_TEXT:
            continue
        name, text = one.text("name"), one.text("text")
        if not text.isascii() or not PROFILE_NAME.fullmatch(name):
            continue
        digest = policy_text(name, text).digest
        if digest == one.text("digest") and digest not in seen:
            seen.add(digest)
            yield one.seq, name, digest, text


def _offered(engine: PolicyEngine) -> Iterator[tuple[str, str, str]]:
    for law in engine.profiles.values():
        yield law.name, policy_text(law.name, law.own_text).digest, law.own_text
    gates = dict.fromkeys(law.gate_text for law in engine.profiles.values())
    for text in gates:
        yield EVERY_PROFILE, policy_text(EVERY_PROFILE, text).digest, text
    yield SCHEMA, engine.schema.digest, engine.schema.text


def _law_text(name: str, digest: str, text: str, *, record: int | None, offered: bool) -> LawText:
    return LawText(name, digest, text, record, offered, () if name == SCHEMA else _rules(name, text))


def _rules(name: str, text: str) -> tuple[RuleShown, ...]:
    try:
        rules = read_rules(text, file=f"{name}.cedar", profile=name)
    except InputError:  # of an older form: the text itself is shown, whole
        return ()
    parts = text_of_rules(text, rules)
    return tuple(_shown(rule, part) for rule, part in zip(rules, parts, strict=True))


def text_of_rules(text: str, rules: Sequence[Rule]) -> tuple[str, ...]:
    """Cut a text behind each rule; parts that do not fit the rules are not shown beside them."""
    starts = [text.find(f'@id("{rule.rule_id}")') for rule in rules]
    if -1 in starts or starts != sorted(starts):
        return ("",) * len(rules)
    ends = [*starts[1:], len(text)]
    return tuple(_one_rule(text[start:end]) for start, end in zip(starts, ends, strict=True))


def _one_rule(part: str) -> str:
    """Leave out comments that belong to the next rule."""
    ended = list(_RULE_END.finditer(part))
    return part[: ended[-1].end()].rstrip() if ended else part.rstrip()


def _shown(rule: Rule, cedar: str) -> RuleShown:
    day, _, how = rule.checked.partition(" ")
    return RuleShown(
        rule_id=rule.rule_id,
        does="permits" if rule.effect == "permit" else "refuses with",
        say=rule.say.replace("profile {profile}", "the law asked for").replace(" ({period})", ""),
        cite=rule.cite,
        read_in=rule.src,
        checked=f"checked against the text, {day}"
        if rule.is_checked
        else f"not checked against the text ({how}), {day}",
        is_checked=rule.is_checked,
        not_enforced=rule.not_enforced,
        cedar=cedar,
    )
