"""One set of requests under two laws: what each permits, and which rule makes the difference.

- Each law is asked as of a day on which it is in force: today if it is, else the first or last day it held.
  A bill not yet in force, or a law that has run out, would otherwise refuse everything for its date. The
  papers of a request move with the day.
- A request is counted under every rule that refuses it; *alone* counts those that no other rule refuses:
  what would be permitted if that one rule were struck out.
- Nothing is weighed: the counts say what the texts do to this set, not what they would do to a docket.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from facegate.policy.mixture import OF_LAW
from facegate.policy.request_set import moved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.policy.profile import Profile
    from facegate.policy.request_file import StatedRequest
    from facegate.policy.request_set import RequestSet
    from facegate.records import FailedRule

UNLISTED_SECTION = "Section 1-1-1"  # of the form of a citation, and in no law's list
OFFENSE_CLASS = re.compile(r'OffenseClass::"([^"]+)"')
NO_HEADING = "no such code"


@dataclass(frozen=True, slots=True)
class LawAsked:
    """One of the two laws, and the day it was asked as of.

    Parameters
    ----------
    law : Profile
        With its overlays.
    at : datetime
        Time at which every request was put to it.
    today : bool
        It is in force at the time of the comparison itself.
    """

    law: Profile
    at: datetime
    today: bool


@dataclass(frozen=True, slots=True)
class Refusals:
    """What one rule does to the set under one law.

    Parameters
    ----------
    all : int
        Requests it refuses.
    alone : int
        Of these, the ones that no other rule of that law refuses.
    headings : tuple of (str, int)
        Offense headings of the requests it refuses, the most frequent first, at most three.
    """

    all: int
    alone: int
    headings: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class RuleDifference:
    """One rule under both laws; None where the law has no such rule.

    Parameters
    ----------
    rule : FailedRule
        Its sentence, citation and mark.
    first, second : Refusals or None
        What it refuses under each law.
    """

    rule: FailedRule
    first: Refusals | None
    second: Refusals | None


@dataclass(frozen=True, slots=True)
class Difference:
    """Two laws on one set.

    Parameters
    ----------
    first, second : LawAsked
        The laws.
    requests : RequestSet
        What was asked.
    both, only_first, only_second, neither : int
        Requests permitted under both laws, under one only, under neither; they add up to the set.
    rules : tuple of RuleDifference
        Every rule that refused something: those of the first law, of the second, then the gate rules.
    n_silent_rules : int
        Rules of either law that refused nothing of this set.
    headings_only_first, headings_only_second : tuple of (str, int)
        Offense headings of the requests permitted under one law only, the most frequent first, at most ten.
    n_alarms : int
        Decisions in which the engine raised an alarm; anything but zero is a fault.
    """

    first: LawAsked
    second: LawAsked
    requests: RequestSet
    both: int
    only_first: int
    only_second: int
    neither: int
    rules: tuple[RuleDifference, ...]
    n_silent_rules: int
    headings_only_first: tuple[tuple[str, int], ...]
    headings_only_second: tuple[tuple[str, int], ...]
    n_alarms: int = 0


@dataclass(slots=True)
class _Tally:
    """Counts under one law as they grow."""

    refused: Counter[str] = field(default_factory=Counter)
    alone: Counter[str] = field(default_factory=Counter)
    headings: dict[str, Counter[str]] = field(default_factory=dict)
    rules: dict[str, FailedRule] = field(default_factory=dict)
    n_alarms: int = 0

    def add(self, decision: PolicyDecision, heading: str) -> None:
        """Count one decision under each rule that refused."""
        self.n_alarms += decision.alarm is not None
        for rule in decision.failed:
            self.rules.setdefault(rule.rule_id, rule)
            self.refused[rule.rule_id] += 1
            self.alone[rule.rule_id] += len(decision.failed) == 1
            self.headings.setdefault(rule.rule_id, Counter())[heading] += 1

    def of(self, rule_id: str, law: Profile) -> Refusals | None:
        """Give the counts of one rule; None where the law has no such rule."""
        if rule_id not in self.rules and rule_id not in {rule.rule_id for rule in law.rules}:
            return None
        most = self.headings.get(rule_id, Counter()).most_common(3)
        return Refusals(self.refused[rule_id], self.alone[rule_id], tuple(most))


def compare_laws(
    engine: PolicyEngine,
    names: tuple[str, str],
    requests: RequestSet,
    now: datetime,
    *,
    advance: Callable[[int], None] = lambda _: None,
) -> Difference:
    """Ask one set of requests under two laws.

    Parameters
    ----------
    engine : PolicyEngine
        The laws.
    names : tuple of str
        Two names, each a profile or ``NAME+OVERLAY``.
    requests : RequestSet
        What is asked.
    now : datetime
        Time of the comparison, with its zone.
    advance : callable
        Told after each request how many are done.

    Raises
    ------
    InputError
        If there is no law of one of the names.
    """
    first, second = (law_asked(engine.profile(name), now) for name in names)
    tallies = (_Tally(), _Tally())
    outcomes: Counter[tuple[bool, bool]] = Counter()
    headings: dict[tuple[bool, bool], Counter[str]] = {}
    for number, stated in enumerate(requests.requests, 1):
        heading = _heading(engine, stated)
        decided = [ask(engine, one, stated, now) for one in (first, second)]
        for tally, decision in zip(tallies, decided, strict=True):
            tally.add(decision, heading)
        outcome = (decided[0].permitted, decided[1].permitted)
        outcomes[outcome] += 1
        headings.setdefault(outcome, Counter())[heading] += 1
        advance(number)
    rules = tuple(_rules(first.law, second.law, tallies))
    every = {rule.rule_id for one in (first, second) for rule in one.law.rules if rule.effect == "forbid"}
    return Difference(
        first=first,
        second=second,
        requests=requests,
        both=outcomes[True, True],
        only_first=outcomes[True, False],
        only_second=outcomes[False, True],
        neither=outcomes[False, False],
        rules=rules,
        n_silent_rules=len(every - {one.rule.rule_id for one in rules}),
        headings_only_first=_most(headings, (True, False)),
        headings_only_second=_most(headings, (False, True)),
        n_alarms=sum(tally.n_alarms for tally in tallies),
    )


def law_asked(law: Profile, now: datetime) -> LawAsked:
    """Choose the time as of which a law is asked: now, or noon UTC of the nearest day on which it held."""
    today, period = now.astimezone(UTC).date(), law.period
    if period.effective and today < period.effective:
        return LawAsked(law, datetime.combine(period.effective, time(12), UTC), today=False)
    if period.until and today >= period.until:
        return LawAsked(law, datetime.combine(period.until - timedelta(days=1), time(12), UTC), today=False)
    return LawAsked(law, now, today=True)


def ask(engine: PolicyEngine, asked: LawAsked, stated: StatedRequest, now: datetime) -> PolicyDecision:
    """Put one request of a set to one law, the fields that stand for "as that law says" filled in.

    Where the level is left to the law, the level is the one that the fewest rules refuse.
    """
    there = stated if asked.at == now else moved(stated, asked.at - now)
    profile, *overlays = asked.law.name.split("+")
    request = replace(there.request, profile=profile)
    if request.charge_citation == OF_LAW:
        request = replace(request, charge_citation=_citation(engine, asked.law, request.offense_code))
    levels = asked.law.levels if request.offense_level == OF_LAW else (request.offense_level,)
    decisions = (
        engine.decide(replace(request, offense_level=level), there.facts, asked.at, overlays=tuple(overlays))
        for level in levels
    )
    return _best(decisions)


def _best(decisions: Iterator[PolicyDecision]) -> PolicyDecision:
    """Take the first that permits, else the one that the fewest rules refuse."""
    best = next(decisions)
    for one in decisions:
        if best.permitted:
            break
        best = min(best, one, key=lambda decision: len(decision.failed))
    return best


def _citation(engine: PolicyEngine, law: Profile, code: str | None) -> str:
    """Cite a charge as ``request_set.py`` says."""
    offense = engine.catalogue.lookup(code)
    if offense is None or not law.citation:
        return UNLISTED_SECTION
    named = set(OFFENSE_CLASS.findall(law.own_text))
    stands_in = named.intersection(engine.catalogue.classes_of(offense.code))
    return law.citation if stands_in or (not named and offense.on_level_1_list) else UNLISTED_SECTION


def _heading(engine: PolicyEngine, stated: StatedRequest) -> str:
    offense = engine.catalogue.lookup(stated.request.offense_code)
    return f"{offense.code} {offense.heading}" if offense else NO_HEADING


def _rules(first: Profile, second: Profile, tallies: tuple[_Tally, _Tally]) -> Iterator[RuleDifference]:
    """List the rules that refused something: own rules of both laws, then the gate's and the engine's."""
    found = {**tallies[1].rules, **tallies[0].rules}
    own = [rule.rule_id for law in (first, second) for rule in law.own_rules]
    gate = [rule.rule_id for rule in first.gate_rules]
    for rule_id in dict.fromkeys((*own, *gate, *found)):
        if rule_id in found:
            counts = (tally.of(rule_id, law) for tally, law in zip(tallies, (first, second), strict=True))
            yield RuleDifference(found[rule_id], *counts)


def _most(
    headings: dict[tuple[bool, bool], Counter[str]], outcome: tuple[bool, bool]
) -> tuple[tuple[str, int], ...]:
    return tuple(headings.get(outcome, Counter()).most_common(10))
