r"""Bounds that a build can be held to, as short texts: ``fmr[Black,F] > 1e-3`` fails it.

::

    bound  = [side "."] rate ["." part] ["[" group "]"] ["@" threshold] comparator number
    side   = "a" | "b"                 one of the two runs; B if left out
           | "diff" | "ratio"          B minus A, B over A
    rate   = "fmr" | "fnmr" | "fpir" | "fnir" | "sel" | "fte"
    part   = "low" | "high"            an end of the 95 % range instead of the rate
           | "max_min"                 the highest rate of a group over the lowest, of fmr only
    group  = name | labels in any order with commas | "everybody" | "worst" | "*" | quoted name
    threshold = name | quoted name     as the run's table shows it
    comparator = ">" | ">=" | "<" | "<="

- Strict: nothing is guessed, an unknown word is an error that lists the known ones, and a
  bound that no rate can break (``fmr > 1``) is an error too: it would pass for ever.
- ``everybody`` if no group is named. ``*`` is each group for itself, ``worst`` the group with the
  highest measured value. A name in double quotes (JSON text) is taken as it stands.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import NoReturn

from facegate.errors import InputError
from facegate.evaluation.side_by_side.runs import RATES
from facegate.evaluation.subgroups import EVERYBODY

SIDES = ("a", "b", "diff", "ratio")
PARTS = ("low", "high", "max_min")
COMPARATORS = (">=", "<=", ">", "<")
WORST = "worst"
EACH = "*"
LONGEST = 300
QUOTED = r'"(?:[^"\\]|\\.)*"'
SPACE = re.compile(r"\s*")
WORD = re.compile(r"[A-Za-z_]+")
GROUP = re.compile(rf"\s*(?:(?P<quoted>{QUOTED})|(?P<plain>[^\]\[\"]*))\s*\]")
THRESHOLD = re.compile(rf'(?P<quoted>{QUOTED})|(?P<plain>[^\s<>="@\[\]]+)')
COMPARATOR = re.compile("|".join(COMPARATORS))
NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")


@dataclass(frozen=True, slots=True)
class Bound:
    """One bound; the build fails where it is true.

    Parameters
    ----------
    side : str
        ``a``, ``b``, ``diff`` or ``ratio``.
    rate : str
        One of `side_by_side.RATES`.
    part : str
        Empty for the rate itself, ``low``, ``high`` or ``max_min``.
    group : str
        As written: a name, labels with commas, ``everybody``, ``worst`` or ``*``.
    literal : bool
        The group was quoted: it is the very name, whatever it looks like.
    threshold : str
        Name, or empty for the one that the run is read at.
    comparator : str
        ``>``, ``>=``, ``<`` or ``<=``.
    limit : float
        Number the rate is held against.
    """

    side: str
    rate: str
    part: str
    group: str
    literal: bool
    threshold: str
    comparator: str
    limit: float

    def broken_by(self, value: float) -> bool:
        """Say whether a known value breaks the bound."""
        if self.comparator == ">":
            return value > self.limit
        if self.comparator == ">=":
            return value >= self.limit
        return value < self.limit if self.comparator == "<" else value <= self.limit

    def __str__(self) -> str:
        """Write the bound; `parse_bound` reads it back."""
        side = "" if self.side == "b" else f"{self.side}."
        part = f".{self.part}" if self.part else ""
        group = f"[{_quoted(self.group) if self.literal else self.group}]"
        shown = "" if self.part == "max_min" or (self.group == EVERYBODY and not self.literal) else group
        plain = THRESHOLD.fullmatch(self.threshold)
        name = self.threshold if plain and plain["plain"] else _quoted(self.threshold)
        at = f"@{name}" if self.threshold else ""
        return f"{side}{self.rate}{part}{shown}{at} {self.comparator} {self.limit!r}"


def parse_bound(text: str) -> Bound:
    """Read one bound.

    Parameters
    ----------
    text : str
        Such as ``fmr[Black,F] > 1e-3`` or ``diff.fnmr.low @ distance-0.6 > 0``.

    Returns
    -------
    Bound
        ``str`` of it reads back as the same.

    Raises
    ------
    InputError
        What was wanted, and what stands there.
    """
    if len(text) > LONGEST:
        msg = f"a bound has at most {LONGEST} characters, got {len(text):,}"
        raise InputError(msg)
    reader = _Reader(text)
    side, rate = _side_and_rate(reader)
    part = reader.one_of(PARTS, "a part") if reader.sign(".") else ""
    group, literal = _group(reader)
    threshold = reader.name(THRESHOLD, "the name of a threshold") if reader.sign("@") else ""
    comparator = reader.found(COMPARATOR, "one of > >= < <=")
    limit = float(reader.found(NUMBER, "a number such as 1e-3"))
    if reader.rest():
        reader.fail("the end")
    bound = Bound(side, rate, part, group, literal, threshold, comparator, limit)
    _require_sense(bound, text)
    return bound


def _side_and_rate(reader: _Reader) -> tuple[str, str]:
    word = reader.one_of((*SIDES, *RATES), "a rate")
    if word in RATES:
        return "b", word
    if not reader.sign("."):
        reader.fail(f"a dot and a rate after {word!r}")
    return word, reader.one_of(RATES, "a rate")


def _group(reader: _Reader) -> tuple[str, bool]:
    """Read the group in brackets; everybody if there are none."""
    if not reader.sign("["):
        return EVERYBODY, False
    found = reader.match(GROUP)
    if found is None:
        reader.fail("a group and a closing bracket")
    if found["quoted"] is not None:
        return reader.unquoted(found["quoted"]), True
    name = " ".join(found["plain"].split())
    if not name.replace(",", "").strip():
        reader.fail("the name of a group in the brackets")
    return name, False


def _require_sense(bound: Bound, text: str) -> None:
    """Refuse what can be read but means nothing, or can never fail."""
    if problem := _nonsense(bound):
        msg = f"the bound {_cut(text)} {problem}"
        raise InputError(msg)


def _nonsense(bound: Bound) -> str:
    """Say what is wrong with a bound; empty if nothing is."""
    if not math.isfinite(bound.limit):
        return "holds the rate against a number too large to write"
    if bound.rate == "fte" and bound.threshold:
        return "names a threshold, but failures to enroll depend on none"
    return _wrong_part(bound) or _never_broken(bound)


def _wrong_part(bound: Bound) -> str:
    """Say what does not go together; empty if all does."""
    of_all = bound.group == EVERYBODY and not bound.literal
    two_runs = bound.side in ("diff", "ratio")
    if bound.part == "max_min" and (bound.rate != "fmr" or two_runs):
        return "asks for max_min, which is there for fmr of one run only"
    if bound.part == "max_min" and not of_all:
        return "asks for max_min of one group; it sums up all groups"
    if two_runs and not bound.literal and bound.group == WORST:
        return "asks for the worst group of two runs, which may be two groups; name it, or take *"
    return ""


def _never_broken(bound: Bound) -> str:
    """Say so if no value can break the bound: it would pass for ever and check nothing."""
    low, high = _range_of_values(bound)
    if any(bound.broken_by(end) for end in (low, high)):
        return ""
    return f"can never be broken: the value lies from {low:g} to {high:g}"


def _range_of_values(bound: Bound) -> tuple[float, float]:
    """Give the least and the greatest value the bound's number can take."""
    if bound.part == "max_min":
        return 1.0, math.inf
    if bound.side == "ratio":
        return 0.0, math.inf
    highest = math.inf if bound.rate == "sel" else 1.0
    return (-highest, highest) if bound.side == "diff" else (0.0, highest)


class _Reader:
    """A place in a text that moves forward, and errors that name it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.place = 0

    def rest(self) -> str:
        """Skip blanks and give what is left."""
        self.match(SPACE)
        return self.text[self.place :]

    def match(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        """Take what the pattern matches here, and move behind it."""
        found = pattern.match(self.text, self.place)
        if found is not None:
            self.place = found.end()
        return found

    def sign(self, sign: str) -> bool:
        """Take one character if it stands here."""
        if not self.rest().startswith(sign):
            return False
        self.place += len(sign)
        return True

    def found(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Take what the pattern matches here, or say what was wanted."""
        self.rest()
        found = self.match(pattern)
        if found is None:
            self.fail(wanted)
        return found[0]

    def one_of(self, words: tuple[str, ...], wanted: str) -> str:
        """Take one of these words, in letters of either case."""
        self.rest()
        before = self.place
        found = self.match(WORD)
        word = found[0].lower() if found else ""
        if word not in words:
            self.place = before
            self.fail(f"{wanted}, one of {', '.join(words)}")
        return word

    def name(self, pattern: re.Pattern[str], wanted: str) -> str:
        """Take a name, plain or quoted."""
        taken = self.found(pattern, wanted)
        return self.unquoted(taken) if taken.startswith('"') else taken

    def unquoted(self, quoted: str) -> str:
        """Read JSON text."""
        try:
            name = str(json.loads(quoted))
        except ValueError as error:
            msg = f"the name {_cut(quoted)} is no JSON text: {error}"
            raise InputError(msg) from error
        if not name:
            self.fail("a name that is not empty")
        return name

    def fail(self, wanted: str) -> NoReturn:
        """Say what was wanted here and what stands here."""
        here = self.text[self.place : self.place + 30].strip()
        got = repr(here) if here else "nothing more"
        msg = f"the bound {_cut(self.text)} cannot be read: wanted {wanted}, got {got}"
        raise InputError(msg)


def _quoted(name: str) -> str:
    return json.dumps(name)


def _cut(text: str) -> str:
    most = 80
    return repr(text if len(text) <= most else text[: most - 3] + "...")
