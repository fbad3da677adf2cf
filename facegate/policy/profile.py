"""Profiles: one law each, as Cedar text with a citation on every rule.

A folder holds one schema and any number of ``NAME.cedar`` files. At load, before anything is decided:

- every text is plain ASCII, so that no two names look alike and differ;
- every rule has its annotations (``rule.py``) and an ``@id`` of its own;
- every rule of ``NAME.cedar`` says ``@profile("NAME")``, so that no two files hold one profile;
- a profile has at most one permit, bound to that profile; each requirement is a forbid of its own, because
  only so does a refusal name *every* rule that failed;
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
from facegate.policy.query import Period
from facegate.policy.rule import EVERY_PROFILE, GATE_PREFIX, Rule, one_line, read_rules

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.policy.offenses import OffenseCatalogue

SHIPPED = Path(__file__).parent / "profiles"
GATE_RULES = Path(__file__).parent / "gate_rules.cedar"


@dataclass(frozen=True, slots=True)
class Schema:
    """What a policy may read.

    Parameters
    ----------
    digest : str
        SHA-256 of the text, 64 hexadecimal digits.
    handle : cedarpy.Schema
        The text, parsed once.
    """

    digest: str
    handle: Any = field(repr=False)


@dataclass(frozen=True, slots=True)
class Profile:
    """One law, ready to be asked.

    Parameters
    ----------
    name : str
        As a request names it.
    rules : tuple of Rule
        In the order of the text: the profile's own, then the gate rules.
    text : str
        Exactly what Cedar evaluates: the profile's file, then the gate rules.
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
    text: str = field(repr=False)
    period: Period
    digest: str
    handle: Any = field(repr=False)

    @property
    def own_rules(self) -> tuple[Rule, ...]:
        """The rules of the law itself."""
        return tuple(rule for rule in self.rules if not rule.rule_id.startswith(GATE_PREFIX))

    @property
    def gate_rules(self) -> tuple[Rule, ...]:
        """The rules that facegate lays over every profile."""
        return tuple(rule for rule in self.rules if rule.rule_id.startswith(GATE_PREFIX))

    @property
    def not_enforced(self) -> tuple[str, ...]:
        """What the sources demand and this version does not check."""
        return tuple(item for rule in self.rules for item in rule.not_enforced)


def load_profiles(
    folder: Path, *, catalogue: OffenseCatalogue, gate_rules: Path = GATE_RULES
) -> tuple[Schema, dict[str, Profile]]:
    """Read a folder of profiles and hold every one of them to its schema.

    Parameters
    ----------
    folder : Path
        Holds one ``.cedarschema`` and at least one ``.cedar`` file.
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
    shared = _read_text(gate_rules)
    over_all = read_rules(shared, file=gate_rules.name, profile=EVERY_PROFILE)
    texts = {path: _read_text(path) for path in files}
    own = {path: read_rules(text, file=path.name, profile=path.stem) for path, text in texts.items()}
    _refuse_repeated_ids([*over_all, *(rule for rules in own.values() for rule in rules)])
    return schema, {
        path.stem: _profile(path.stem, (*rules, *over_all), f"{texts[path]}\n{shared}", schema, catalogue)
        for path, rules in own.items()
    }


def _refuse_repeated_ids(rules: Iterable[Rule]) -> None:
    """Refuse two rules of one id: Cedar would let them pass, and a refusal would name the wrong one."""
    seen: dict[str, Rule] = {}
    for rule in rules:
        if rule.rule_id in seen:
            msg = f"{rule.file}, rule {rule.rule_id}: the same @id stands in {seen[rule.rule_id].file}"
            raise InputError(msg)
        seen[rule.rule_id] = rule


def _profile(
    name: str, rules: tuple[Rule, ...], text: str, schema: Schema, catalogue: OffenseCatalogue
) -> Profile:
    """Hold the whole text to the schema and make the profile."""
    checked = cedarpy.validate_policies(text, schema.handle)
    if not checked.validation_passed:
        first = checked.errors[0]
        rule = rules[int(first.policy_id.removeprefix("policy"))]
        what = one_line(first.error).removeprefix(f"for policy `{first.policy_id}`, ")
        msg = f"{rule.file}, rule {rule.rule_id}: does not hold against the schema: {what}"
        raise InputError(msg)
    refuse_void_names(text, rules, profile=name, schema=schema.handle, catalogue=catalogue)
    period = Period(
        max((rule.period.effective for rule in rules if rule.period.effective), default=None),
        min((rule.period.until for rule in rules if rule.period.until), default=None),
    )
    if period.effective and period.until and period.effective >= period.until:
        msg = f"{name}.cedar: is never in force: starts on {period.effective}, ends before {period.until}"
        raise InputError(msg)
    spoken = tuple(replace(rule, say=_spoken(rule.say, name, period)) for rule in rules)
    return Profile(name, spoken, text, period, _sha256(text), cedarpy.PolicySet.from_str(text))


def _spoken(say: str, name: str, period: Period) -> str:
    return say.replace("{profile}", name).replace("{period}", str(period))


def _load_schema(folder: Path) -> Schema:
    if not folder.is_dir():
        msg = f"no policy folder {folder}"
        raise InputError(msg)
    files = sorted(folder.glob("*.cedarschema"))
    if len(files) != 1:
        msg = f"a policy folder holds one .cedarschema, got {len(files)} in {folder.name}"
        raise InputError(msg)
    text = _read_text(files[0])
    try:
        return Schema(_sha256(text), cedarpy.Schema.from_str(text))
    except ValueError as error:
        msg = f"{files[0].name}: this is not a Cedar schema: {one_line(error)}"
        raise InputError(msg) from error


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
