"""One rule of a policy text, read from its annotations.

Every rule carries ``@id @profile @say @cite @src @checked @effective @until``, each in its form, and may
carry ``@not_enforced``. Anything missing, unknown or ill-formed is refused with one sentence that names
file and rule: a rule without its citation is an opinion, and a misspelled annotation is a rule nobody sees.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import cedarpy

from facegate.errors import InputError
from facegate.policy.period import Period
from facegate.records import FailedRule

if TYPE_CHECKING:
    from collections.abc import Mapping

EVERY_PROFILE = "every-profile"
GATE_PREFIX = "FG-"  # kept for gate rules: a profile must not answer in facegate's name
PROFILE_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{0,63}")

DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
SENTENCE = re.compile(r"[A-Z].{0,398}\.")
WORDS = re.compile(r"\S.{0,398}")
ANNOTATIONS: Mapping[str, re.Pattern[str]] = {
    "id": re.compile(r"[A-Z][A-Z0-9]*(?:-[A-Z0-9]+)*"),
    "profile": PROFILE_NAME,
    "say": SENTENCE,
    "cite": WORDS,
    "src": WORDS,
    "checked": re.compile(rf"{DAY} (?:checked|second-hand|unchecked)"),
    "effective": re.compile(rf"(?:{DAY})?"),
    "until": re.compile(rf"(?:{DAY})?"),
}
OPTIONAL: Mapping[str, re.Pattern[str]] = {
    "not_enforced": re.compile(r"\S.{0,798}"),
    "allows": re.compile(r"[a-z_]+(?: \| [a-z_]+)*"),  # of a permit only
    "levels": re.compile(r"[a-z0-9][a-z0-9-]{0,31}(?: \| [a-z0-9][a-z0-9-]{0,31})*"),  # of a permit only
    "citation": re.compile(r"\S.{0,198}"),  # of a permit only: an example, in the form its rules compare
    "caution": re.compile(r"\S.{0,798}"),  # of a text's first rule: what its reader must know
}
ALLOWABLE = frozenset({
    "mobile",
    "live",
    "social_media",
    "sketch",
    "edited",
    "school",
    "first_amendment",
    "requester_reviews",  # whoever asked may be one of the two reviewers; no rule reads it, the review does
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a profile, as its annotations describe it.

    Parameters
    ----------
    rule_id : str
        Unique over all texts loaded.
    effect : str
        ``permit`` or ``forbid``.
    say : str
        One plain sentence; what a refusal prints.
    cite : str
        Statute or document, and section.
    src : str
        Where the text was read.
    checked : str
        Date and mark of the reading.
    period : Period
        When the rule holds.
    not_enforced : tuple of str
        What its source demands and this version does not check.
    allows : tuple of str
        What a permit opens that is otherwise refused everywhere, of `ALLOWABLE`.
    levels : tuple of str
        The offense levels a permit's profile knows.
    citation : str
        An example of a charge citation the profile's offense rules take.
    caution : str
        What a reader of the law must know; may be empty.
    action : str
        The one action of a permit; empty for a forbid.
    file : str
        Name of the file it stands in.
    """

    rule_id: str
    effect: str
    say: str
    cite: str
    src: str
    checked: str
    period: Period
    not_enforced: tuple[str, ...]
    file: str
    allows: tuple[str, ...] = ()
    levels: tuple[str, ...] = ()
    citation: str = ""
    caution: str = ""
    action: str = ""

    @property
    def is_checked(self) -> bool:
        """Somebody read the text that is cited."""
        return self.checked.endswith(" checked")

    @property
    def failed(self) -> FailedRule:
        """The rule as a refusal names it."""
        return FailedRule(self.rule_id, self.say, self.cite, self.checked)


def read_rules(text: str, *, file: str, profile: str) -> tuple[Rule, ...]:
    """Read the rules of one Cedar text from their annotations.

    Parameters
    ----------
    text : str
        Cedar policies.
    file : str
        The file's name, for messages.
    profile : str
        The profile every rule must belong to; `EVERY_PROFILE` for gate rules.

    Returns
    -------
    tuple of Rule
        In the order of the text.

    Raises
    ------
    InputError
        Naming file and rule, if the text or an annotation is not of its form.
    """
    if not PROFILE_NAME.fullmatch(profile):
        msg = f"{file}: {profile!r} cannot name a profile; wanted small letters, digits, dots and dashes"
        raise InputError(msg)
    try:
        policies = json.loads(cedarpy.policies_to_json_str(text))
    except ValueError as error:
        msg = f"{file}: this is not Cedar: {one_line(error)}"
        raise InputError(msg) from error
    if policies["templates"]:
        msg = f"{file}: a template (a rule with a ?slot) decides nothing by itself; write the rule out"
        raise InputError(msg)
    static = policies["staticPolicies"]  # policy0, policy1, ... in the order of the text
    numbered = (static[f"policy{number}"] for number in range(len(static)))
    rules = tuple(_rule(policy, file=file, profile=profile) for policy in numbered)
    _refuse_bad_set(rules, file=file, profile=profile)
    return rules


def _rule(policy: dict[str, Any], *, file: str, profile: str) -> Rule:
    notes = {name: value or "" for name, value in policy.get("annotations", {}).items()}
    where = f"{file}, rule {notes.get('id') or '(without @id)'}"
    _refuse_bad_annotations(notes, where)
    if notes["profile"] != profile:
        msg = f"{where}: belongs to @profile {notes['profile']!r}, wanted {profile!r} as the file is named"
        raise InputError(msg)
    if (notes["id"].startswith(GATE_PREFIX)) != (profile == EVERY_PROFILE):
        msg = f"{where}: ids starting with {GATE_PREFIX} are those of the gate rules, and only theirs"
        raise InputError(msg)
    if policy["effect"] == "permit":
        _refuse_unbound_permit(policy, profile, where)
    _refuse_bad_allows(policy, _items(notes, "allows"), where)
    return Rule(
        rule_id=notes["id"],
        effect=policy["effect"],
        say=notes["say"],
        cite=notes["cite"],
        src=notes["src"],
        checked=notes["checked"],
        period=Period(_day(notes["effective"], where), _day(notes["until"], where)),
        not_enforced=_items(notes, "not_enforced"),
        file=file,
        allows=_items(notes, "allows"),
        levels=_items(notes, "levels"),
        citation=notes.get("citation", ""),
        caution=notes.get("caution", ""),
        action=policy["action"]["entity"]["id"] if policy["effect"] == "permit" else "",
    )


def _items(notes: dict[str, str], name: str) -> tuple[str, ...]:
    return tuple(filter(None, notes.get(name, "").split(" | ")))


def _refuse_bad_annotations(notes: dict[str, str], where: str) -> None:
    """Refuse a missing, unknown or ill-formed annotation: each is either a hole or a typing slip."""
    if missing := [name for name in ANNOTATIONS if name not in notes]:
        msg = f"{where}: annotation @{missing[0]} is missing"
        raise InputError(msg)
    forms = {**ANNOTATIONS, **OPTIONAL}
    if unknown := [name for name in notes if name not in forms]:
        known = ", ".join(f"@{name}" for name in forms)
        msg = f"{where}: annotation @{unknown[0]} is not known; wanted only {known}"
        raise InputError(msg)
    for name, value in notes.items():
        if not forms[name].fullmatch(value):
            msg = f"{where}: annotation @{name} is not of its form, got {value!r}"
            raise InputError(msg)
    if re.search(r"[{}]", notes["say"].replace("{profile}", "").replace("{period}", "")):
        msg = f"{where}: @say may hold {{profile}} and {{period}} and no other braces, got {notes['say']!r}"
        raise InputError(msg)


def _refuse_unbound_permit(policy: dict[str, Any], profile: str, where: str) -> None:
    """Refuse a permit that could open another profile or an action it does not name."""
    wanted = {"type": "FaceGate::Profile", "id": profile}
    if policy["resource"] != {"op": "==", "entity": wanted}:
        msg = f'{where}: a permit must be bound to its profile: resource == FaceGate::Profile::"{profile}"'
        raise InputError(msg)
    if policy["action"]["op"] != "==":
        msg = f'{where}: a permit must name its one action: action == FaceGate::Action::"imageComparison"'
        raise InputError(msg)


def _refuse_bad_allows(policy: dict[str, Any], allows: tuple[str, ...], where: str) -> None:
    """Refuse an @allows that opens nothing anybody checks, or that stands on a forbid."""
    if unknown := sorted(set(allows) - ALLOWABLE):
        msg = f"{where}: @allows {unknown[0]!r} opens nothing; wanted some of {', '.join(sorted(ALLOWABLE))}"
        raise InputError(msg)
    if allows and policy["effect"] != "permit":
        msg = f"{where}: only a permit can allow something"
        raise InputError(msg)


def _refuse_bad_set(rules: tuple[Rule, ...], *, file: str, profile: str) -> None:
    """Refuse an empty text, and two permits of one action: the second is a way around a requirement."""
    if not rules:
        msg = f"{file}: holds no rule"
        raise InputError(msg)
    permits = [rule for rule in rules if rule.effect == "permit"]
    if permits and profile == EVERY_PROFILE:
        msg = f"{file}, rule {permits[0].rule_id}: gate rules only forbid, got a permit"
        raise InputError(msg)
    for number, rule in enumerate(permits):
        if rule.action in {earlier.action for earlier in permits[:number]}:
            msg = f"{file}, rule {rule.rule_id}: a second permit of {rule.action}, wanted at most one"
            raise InputError(msg)


def _day(text: str, where: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        msg = f"{where}: {text} is not a day of the calendar"
        raise InputError(msg) from error


def one_line(error: object) -> str:
    """Put a message of several lines on one."""
    return " ".join(str(error).split())
