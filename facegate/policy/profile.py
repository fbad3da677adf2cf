"""Profiles: one law each, as Cedar text with a citation on every rule.

A folder holds any number of ``NAME.cedar`` files. At load, before anything is decided:

- every text is plain ASCII, so that no two names look alike and differ;
- every rule has its annotations (``rule.py``) and an ``@id`` of its own;
- every rule of ``NAME.cedar`` says ``@profile("NAME")``, so that no two files hold one profile;
- a profile has at most one permit of an action, bound to that profile; each requirement is a forbid of its
  own, because only so does a refusal name *every* rule that failed;
- facegate's own gate rules are laid over it, and the whole must hold against the schema;
- no rule is void by a misspelled name that Cedar would let pass (``names.py``).

Whatever does not pass is refused with one sentence that names file and rule.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import cedarpy

from facegate.errors import InputError
from facegate.policy.names import refuse_void_names
from facegate.policy.period import Period
from facegate.policy.rule import EVERY_PROFILE, GATE_PREFIX, Rule, one_line, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from facegate.policy.offenses import OffenseCatalogue

SHIPPED = Path(__file__).parent / "profiles"
GATE_RULES = Path(__file__).parent / "gate_rules.cedar"
SCHEMA_FILE = "facegate.cedarschema"


@dataclass(frozen=True, slots=True)
class Schema:
    """What a policy may read.

    Parameters
    ----------
    digest : str
        SHA-256 of the text, 64 hexadecimal digits.
    handle : cedarpy.Schema
        The text, parsed once.
    text : str
        Byte for byte.
    """

    digest: str
    handle: Any = field(repr=False)
    text: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """One law, ready to be asked.

    Parameters
    ----------
    name : str
        As a request names it.
    rules : tuple of Rule
        In the order of the text: the profile's own, then the gate rules.
    own_text, gate_text : str
        The profile's file (those of the overlays laid over it behind it), and the gate rules.
    period : Period
        From the latest start to the earliest end of its rules: once one rule has run out, the text no
        longer states the law.
    digest : str
        SHA-256 of the text, 64 hexadecimal digits.
    handle : cedarpy.PolicySet
        The text, parsed once.
    """

    name: str
    rules: tuple[Rule, ...]
    own_text: str = field(repr=False)
    gate_text: str = field(repr=False)
    period: Period
    digest: str
    handle: Any = field(repr=False)

    @property
    def text(self) -> str:
        """Exactly what Cedar evaluates."""
        return f"{self.own_text}\n{self.gate_text}"

    @property
    def is_overlay(self) -> bool:
        """It permits nothing by itself: it can be laid over another profile, and only takes away."""
        return all(rule.effect == "forbid" for rule in self.rules)

    @property
    def own_rules(self) -> tuple[Rule, ...]:
        """The rules of the law itself."""
        return tuple(rule for rule in self.rules if not rule.rule_id.startswith(GATE_PREFIX))

    @property
    def gate_rules(self) -> tuple[Rule, ...]:
        """The rules that facegate lays over every profile."""
        return tuple(rule for rule in self.rules if rule.rule_id.startswith(GATE_PREFIX))

    @property
    def allows(self) -> tuple[str, ...]:
        """What its permits open that is otherwise refused everywhere."""
        return tuple(sorted({item for rule in self.rules for item in rule.allows}))

    @property
    def levels(self) -> tuple[str, ...]:
        """The offense levels it knows; ``any`` where it knows none."""
        return tuple(dict.fromkeys(item for rule in self.rules for item in rule.levels)) or ("any",)

    @property
    def citation(self) -> str:
        """An example of a charge citation its rules take; empty if any will do."""
        return next((rule.citation for rule in self.rules if rule.citation), "")

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """What the sources demand and this version does not check."""
        return tuple(item for rule in self.rules for item in rule.not_enforced)

    @property
    def cautions(self) -> tuple[str, ...]:
        """What a reader of the law must know."""
        return tuple(rule.caution for rule in self.rules if rule.caution)

    @property
    def unchecked(self) -> tuple[Rule, ...]:
        """The rules whose text nobody read."""
        return tuple(rule for rule in self.rules if not rule.is_checked)


def load_profiles(
    folder: Path, *, catalogue: OffenseCatalogue, gate_rules: Path = GATE_RULES
) -> tuple[Schema, dict[str, Profile]]:
    """Read a folder of profiles and hold every one of them to its schema.

    Parameters
    ----------
    folder : Path
        Holds at least one ``.cedar`` file.
    catalogue : OffenseCatalogue
        The offenses a rule may name.
    gate_rules : Path
        The rules laid over every profile.

    Returns
    -------
    schema : Schema
        What the texts were held to.
    profiles : dict of str to Profile
        By name, in alphabetical order.

    Raises
    ------
    InputError
        Naming file and rule, if anything does not pass.
    """
    schema = _load_schema(folder)
    files = sorted(folder.glob("*.cedar"))
    if any(path.stem == EVERY_PROFILE for path in files):
        msg = f"{EVERY_PROFILE}.cedar: this name is kept for facegate's own gate rules"
        raise InputError(msg)
    if not files:
        msg = f"no profile in {folder.name}: wanted at least one .cedar file, got none"
        raise InputError(msg)
    # The tables of offenses decide as much as the rules do: in the text, they are under its digest.
    shared = f"{_read_text(gate_rules)}\n// Tables of offenses and classes, SHA-256: {catalogue.digest}\n"
    over_all = read_rules(shared, file=gate_rules.name, profile=EVERY_PROFILE)
    texts = {path: _read_text(path) for path in files}
    own = {path: read_rules(text, file=path.name, profile=path.stem) for path, text in texts.items()}
    _refuse_repeated_ids([*over_all, *(rule for rules in own.values() for rule in rules)])
    names = [path.stem for path in files]
    return schema, {
        path.stem: _profile(
            path.stem, (*rules, *over_all), (texts[path], shared), schema=schema, known=(names, catalogue)
        )
        for path, rules in own.items()
    }


def lay_over(profile: Profile, overlays: Sequence[Profile]) -> Profile:
    """Lay forbid-only texts over a profile: a request passes only if all of them let it.

    Parameters
    ----------
    profile : Profile
        The law asked for.
    overlays : sequence of Profile
        In any order; every one an overlay.

    Returns
    -------
    Profile
        Named ``profile+overlay+overlay``, the overlays in alphabetical order; in force only while all are.

    Raises
    ------
    InputError
        If one of them permits something: laid over another law it would be a way around it.
    """
    if permitting := [one.name for one in overlays if not one.is_overlay]:
        msg = f"{permitting[0]} is a profile of its own, not an overlay: it permits something"
        raise InputError(msg)
    laid = sorted((one for one in overlays if one.name != profile.name), key=lambda one: one.name)
    if not laid:
        return profile
    name = "+".join([profile.name, *(one.name for one in laid)])
    rules = (*profile.own_rules, *(rule for one in laid for rule in one.own_rules), *profile.gate_rules)
    own_text = "\n".join([profile.own_text, *(one.own_text for one in laid)])
    return from_rules(name, rules, (own_text, profile.gate_text))


def _refuse_repeated_ids(rules: Iterable[Rule]) -> None:
    """Refuse two rules of one id: Cedar would let them pass, and a refusal would name the wrong one."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.rule_id in seen:
            msg = f"{rule.file}, rule {rule.rule_id}: the same @id stands in {seen[rule.rule_id].file}"
            raise InputError(msg)
        seen[rule.rule_id] = rule


def _profile(
    name: str,
    rules: tuple[Rule, ...],
    texts: tuple[str, str],
    *,
    schema: Schema,
    known: tuple[Sequence[str], OffenseCatalogue],
) -> Profile:
    """Hold the whole text to the schema and make the profile."""
    text = "\n".join(texts)
    checked = cedarpy.validate_policies(text, schema.handle)
    if not checked.validation_passed:
        first = checked.errors[0]
        rule = rules[int(first.policy_id.removeprefix("policy"))]
        what = one_line(first.error).removeprefix(f"for policy `{first.policy_id}`, ")
        msg = f"{rule.file}, rule {rule.rule_id}: does not hold against the schema: {what}"
        raise InputError(msg)
    names, catalogue = known
    refuse_void_names(text, rules, profiles=names, schema=schema.handle, catalogue=catalogue)
    return from_rules(name, rules, texts)


def from_rules(name: str, rules: tuple[Rule, ...], texts: tuple[str, str]) -> Profile:
    """Put a profile together from rules that hold.

    Parameters
    ----------
    name : str
        Of the profile, with its overlays.
    rules : tuple of Rule
        In the order of the text.
    texts : tuple of str
        The own text (overlays behind it), and the gate rules.

    Raises
    ------
    InputError
        If it is never in force.
    """
    period = Period(
        max((rule.period.effective for rule in rules if rule.period.effective), default=None),
        min((rule.period.until for rule in rules if rule.period.until), default=None),
    )
    if period.effective and period.until and period.effective >= period.until:
        msg = f"{name} is never in force: it starts on {period.effective} and ends before {period.until}"
        raise InputError(msg)
    text = "\n".join(texts)
    return Profile(name, rules, *texts, period, _sha256(text), cedarpy.PolicySet.from_str(text))


def spoken(rule: Rule, profile: Profile) -> Rule:
    """Put the names of the law and its dates into a rule's sentence."""
    say = rule.say.replace("{profile}", profile.name).replace("{period}", str(profile.period))
    return replace(rule, say=say)


def _load_schema(folder: Path) -> Schema:
    """Read the folder's schema; it is always facegate's own, of which a folder may hold a copy."""
    if not folder.is_dir():
        msg = f"no policy folder {folder}"
        raise InputError(msg)
    files = sorted(folder.glob("*.cedarschema"))
    if len(files) > 1:
        msg = f"a policy folder holds at most one .cedarschema, got {len(files)} in {folder.name}"
        raise InputError(msg)
    path = files[0] if files else SHIPPED / SCHEMA_FILE
    text = _read_text(path)
    if text != _read_text(SHIPPED / SCHEMA_FILE):
        # Another schema would type facts that facegate does not state: every request would be an alarm.
        msg = f"{path.name} is not the schema of this version; leave it out, or copy facegate's"
        raise InputError(msg)
    return Schema(_sha256(text), cedarpy.Schema.from_str(text), text)


def _read_text(path: Path) -> str:
    """Read a file of plain ASCII, byte for byte: no newline is translated, so the digest is the file's."""
    try:
        return path.read_bytes().decode("ascii")
    except OSError as error:
        msg = f"cannot read {path.name}: {error.strerror}"
        raise InputError(msg) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        msg = f"{path.name}, line {line}: a character that is not plain ASCII; look-alike names are refused"
        raise InputError(msg) from error


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("ascii")).hexdigest()
