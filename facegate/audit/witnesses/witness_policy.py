"""The policy file: which logs and witnesses are known, and how many must have cosigned (C2SP tlog-policy).

::

    log facegate.example/test+1e2132fa+AQOhB7/z...
    witness defender public-defender.example/w+... https://witness.public-defender.example
    witness auditor  state-auditor.example/w+...
    witness campus   university.example/w+...
    group outsiders 2 defender auditor campus
    quorum outsiders

- A name is defined before it is used, and is a member of one group at most: no witness counts twice.
- No public key stands twice, under whatever names: one body must not count as two, a log not as its own
  witness, and a cosignature of kind 0x04 does not say under which name it was made.
- ``quorum none`` asks for no witness. It must be written: a policy that forgets its quorum is refused.

References
----------
C2SP tlog-policy, "Policy file syntax and structure".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from facegate.audit.checkpoint import demand_origin
from facegate.audit.signed.notes import ED25519, VerifierKey
from facegate.audit.witnesses.quorum import (
    MAX_SKEW,
    NONE,
    OLDEST_COSIGNATURE,
    Group,
    KnownLog,
    Witness,
    WitnessPolicy,
)
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = [
    "MAX_SKEW",
    "NONE",
    "OLDEST_COSIGNATURE",
    "Group",
    "KnownLog",
    "Witness",
    "WitnessPolicy",
    "parse_policy",
]

LARGEST_POLICY = 1_000_000  # characters
MOST_LINES = 256  # of each kind; the specification asks for 32 at least

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_BLANKS = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)


def parse_policy(text: str) -> WitnessPolicy:
    """Read a policy strictly.

    Parameters
    ----------
    text : str
        A policy file. Letters outside ASCII are compared as they are, never normalized.

    Returns
    -------
    WitnessPolicy
        A policy whose every name is defined and whose quorum can be met.

    Raises
    ------
    InputError
        Naming the line: if it is none of the four kinds, a name is not defined before or defined twice, a
        key stands twice or is of the wrong kind, or a group wants more members than it has; and if there
        is no quorum, or more than one.
    """
    if len(text) > LARGEST_POLICY:
        msg = f"witness policy: {len(text):,} characters, at most {LARGEST_POLICY:,}"
        raise InputError(msg)
    reader = _Reader()
    for number, line in enumerate(text.split("\n"), start=1):
        try:
            reader.read(line)
        except InputError as error:
            msg = f"witness policy, line {number}: {error}"
            raise InputError(msg) from error
    return reader.policy()


class _Reader:
    """What the lines before have defined."""

    def __init__(self) -> None:
        self._logs: list[KnownLog] = []
        self._witnesses: list[Witness] = []
        self._groups: list[Group] = []
        self._quorum = ""
        self._names = {NONE}  # predefined: no witness or group may take it
        self._members: set[str] = set()
        self._keys: set[bytes] = set()

    def read(self, line: str) -> None:
        """Take one line."""
        if _CONTROL.search(line):
            msg = "a control character other than tab"
            raise InputError(msg)
        keyword, *rest = _BLANKS.split(line.strip(" \t"))
        if not keyword or keyword.startswith("#"):
            return
        kinds: dict[str, Callable[[list[str]], None]] = {
            "log": self._log,
            "witness": self._witness,
            "group": self._group,
            "quorum": self._take_quorum,
        }
        if keyword not in kinds:
            msg = f"{keyword[:40]!r} is none of log, witness, group, quorum"
            raise InputError(msg)
        kinds[keyword](rest)

    def policy(self) -> WitnessPolicy:
        """Give the whole policy."""
        if not self._quorum:
            msg = "witness policy: no quorum line; write 'quorum none' to ask for no witness"
            raise InputError(msg)
        return WitnessPolicy(tuple(self._logs), tuple(self._witnesses), tuple(self._groups), self._quorum)

    def _log(self, words: list[str]) -> None:
        if len(words) not in {1, 2}:
            msg = "wanted: log KEY [URL]"
            raise InputError(msg)
        key = self._key(words[0])
        demand_origin(key.name)
        _demand_room(self._logs)
        self._logs.append(KnownLog(key, *words[1:]))

    def _witness(self, words: list[str]) -> None:
        if len(words) not in {2, 3}:
            msg = "wanted: witness NAME KEY [URL]"
            raise InputError(msg)
        self._define(words[0])
        key = self._key(words[1])
        if key.kind == ED25519:
            msg = f"witness {words[0]} has a key for plain notes (kind 01), wanted a cosigner's (04, 06)"
            raise InputError(msg)
        _demand_room(self._witnesses)
        self._witnesses.append(Witness(words[0], key, *words[2:]))

    def _group(self, words: list[str]) -> None:
        if len(words) < 3:  # noqa: PLR2004  name, count, one member
            msg = "wanted: group NAME all|any|NUMBER MEMBERS"
            raise InputError(msg)
        name, count, *members = words
        for member in members:
            self._take_member(member)
        self._define(name)  # after its members: a group is no member of itself
        _demand_room(self._groups)
        self._groups.append(Group(name, _needed(count, len(members)), tuple(members)))

    def _take_quorum(self, words: list[str]) -> None:
        if len(words) != 1:
            msg = "wanted: quorum NAME"
            raise InputError(msg)
        if self._quorum:
            msg = f"a second quorum; the first is {self._quorum}"
            raise InputError(msg)
        self._demand_defined(words[0])
        self._quorum = words[0]

    def _define(self, name: str) -> None:
        if name in self._names:
            msg = f"the name {name} is taken"
            raise InputError(msg)
        self._names.add(name)

    def _take_member(self, name: str) -> None:
        if name == NONE:
            msg = f"{NONE} can be no member of a group"
            raise InputError(msg)
        self._demand_defined(name)
        if name in self._members:
            msg = f"{name} is a member of a group already: it would count twice"
            raise InputError(msg)
        self._members.add(name)

    def _demand_defined(self, name: str) -> None:
        if name not in self._names:
            msg = f"the name {name} is not defined on a line before"
            raise InputError(msg)

    def _key(self, word: str) -> VerifierKey:
        key = VerifierKey.from_line(word)
        if key.public in self._keys:
            msg = f"the public key of {key.name} stands on a line before: one key must not count as two"
            raise InputError(msg)
        self._keys.add(key.public)
        return key


def _needed(count: str, n_members: int) -> int:
    if count in {"all", "any"}:
        return n_members if count == "all" else 1
    if not _COUNT.fullmatch(count) or int(count) > n_members:
        msg = f"a group of {n_members} wants all, any, or a number from 1 to {n_members}, got {count[:20]!r}"
        raise InputError(msg)
    return int(count)


def _demand_room(defined: list[KnownLog] | list[Witness] | list[Group]) -> None:
    if len(defined) == MOST_LINES:
        msg = f"more than {MOST_LINES} lines of this kind"
        raise InputError(msg)
