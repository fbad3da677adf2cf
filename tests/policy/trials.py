"""Questions a text is tried on, and which mutants of its rules answer one of them differently from the twins.

A mutant is caught if it does not load, or if the engine, asked under it, disagrees with `laws.expected` on a
question on which it agrees under the text as it stands. To find that question soon, the mutants of a text
are first asked every question at once, as one set of rules that only forbid: that shows where a mutant
strikes and its rule should not, or the other way round.
"""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

import cedarpy
from asked import CODES, PEOPLE, WARRANT, Asked, Law, failed, random_asked, single_changes
from laws import expected, profile_of
from mutants import Mutant, policies_of, text_of
from own_folder import with_rule

from facegate.errors import InputError
from facegate.policy.facts import NO_AGENCY, NOBODY, POLICE, AgencyFacts
from facegate.policy.names import refuse_void_names
from facegate.policy.query import cedar_query
from facegate.request import AGENCY_CLASSES, DOSSIER_FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date

    from facegate.policy.engine import PolicyEngine
    from facegate.policy.offenses import OffenseCatalogue

N_RANDOM = 200
A_MOMENT = timedelta(milliseconds=1)
LARCENY = "2303"  # on no list of Colorado's, under no note, no catch-all


@dataclass(frozen=True)
class Question:
    """One question with what the twins say to it."""

    asked: Asked
    expected: frozenset[str]


@dataclass(frozen=True)
class Trial:
    """One law under one engine, and the questions it is tried on."""

    law: Law
    engine: PolicyEngine
    more: tuple[Asked, ...] = ()

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        asked = [self.law.base, *self.law.cases, *self.more, *self._around()]
        source = random.Random(5)  # noqa: S311  reproducible cases, no secret
        asked += [random_asked(self.law.base, source) for _ in range(N_RANDOM)]
        return tuple(Question(one, frozenset(expected(self.law, one, self.engine))) for one in asked)

    def _around(self) -> Iterator[Asked]:
        law, engine = self.law, self.engine
        codes = {law.base.request.offense_code, *tellable_codes(engine.catalogue)}
        bases = (law.base, *(one for one in law.cases if one.request.action == "dossier"))
        for base in bases:
            for fields in DOSSIER_FIELDS:
                yield base.but(dossier_fields=(fields, "name"))
        for one in single_changes(law.base):
            if one.request.offense_code not in CODES or one.request.offense_code in codes:
                yield one
        for name in sorted(AGENCY_CLASSES):
            known = AgencyFacts(known=True, agency_class=name)
            yield law.base.but(incident_number=None).knowing(agency=known)
        yield from _edges(law, engine)
        yield from _cited(law, engine)


def tellable_codes(catalogue: OffenseCatalogue) -> set[str]:
    """Choose offense codes: two of each kind that a rule can tell apart by classes, note and width."""
    kinds: dict[object, list[str]] = {}
    for one in catalogue:
        kinds.setdefault((catalogue.classes_of(one.code), one.note, one.is_wide), []).append(one.code)
    return {code for codes in kinds.values() for code in codes[:2]} | {LARCENY}


def _edges(law: Law, engine: PolicyEngine) -> Iterator[Asked]:
    """Ask on the first and the last moment of the law, and just before and after."""
    period = profile_of(law, engine).period
    for day in filter(None, (period.effective, period.until)):
        for step in (-A_MOMENT, timedelta(0)):
            yield law.base.at(_midnight(day) + step)


def _cited(law: Law, engine: PolicyEngine) -> Iterator[Asked]:
    """Cite every statute that the text names, on the base's offense and on one of no list."""
    text = re.sub(r"^(?:@.*|//.*)$", "", engine.profiles[law.name].own_text, flags=re.MULTILINE)
    for statute in dict.fromkeys(re.findall(r'"([^"\n]*[0-9][^"\n]*)"', text)):
        for code in (law.base.request.offense_code, LARCENY):
            yield law.base.but(offense_code=code, charge_citation=statute.replace("*", "1"))


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def gate_cases(base: Asked) -> Iterator[Asked]:
    """Ask what no single change of a base reaches: two things wrong, of which a rule minds only one."""
    immigration = AgencyFacts(known=True, agency_class="immigration")
    other = base.but(on_behalf_of="CO0300000")
    yield base.knowing(case_registered=False, case_by_another=False)
    yield base.knowing(case_registered=False, offense_fits_case=False)
    yield base.but(case_number=None).knowing(case_number_fits=False, case_registered=False)
    yield base.but(requester=None).knowing(requester=NOBODY)
    yield base.but(agency=None).knowing(agency=NO_AGENCY)
    yield base.but(action="crossJurisdiction").knowing(same_state=False)
    yield from (other.knowing(beneficiary=agency) for agency in PEOPLE["beneficiary"])
    for paper in (None, WARRANT, replace(WARRANT, kind="order")):
        yield base.but(instrument=paper, offense_code="0301")
        yield base.but(instrument=paper, offense_nibrs="30A")
        yield base.but(instrument=paper, purpose="immigration_enforcement")
        yield other.but(instrument=paper).knowing(agency=immigration, beneficiary=POLICE)
        yield other.but(instrument=paper).knowing(beneficiary=immigration)
    yield base.but(offense_code="0999", charge_citation="18-4-401")


def survivors(every: Iterable[Mutant], trials: Sequence[Trial], *, gate: bool = False) -> list[str]:
    """Name the mutants that load, and that answer every question as the twins do."""
    left = [mutant for mutant in every if holds(mutant, trials[0].engine)]
    for one in trials:
        struck = _struck(left, one)
        left = [
            mutant
            for number, mutant in enumerate(left)
            if not is_caught(mutant, one, _telling(mutant, one, struck[number]), gate=gate)
        ]
    return [mutant.label for mutant in left]


def holds(mutant: Mutant, engine: PolicyEngine) -> bool:
    """Tell whether a changed rule, by itself, passes schema and names as at a load."""
    if mutant.policy is None:
        return True
    text = text_of(mutant.policy)
    if not cedarpy.validate_policies(text, engine.schema.handle).validation_passed:
        return False
    rules = next(iter(engine.profiles.values())).rules[:1]  # for the message only
    known = {"schema": engine.schema.handle, "catalogue": engine.catalogue}
    try:
        refuse_void_names(text, rules, profiles=list(engine.profiles), **known)
    except InputError:
        return False
    return True


def is_caught(mutant: Mutant, one: Trial, telling: Iterable[Question], *, gate: bool = False) -> bool:
    """Write a mutant into its text and ask it, up to the first answer that is not the twins'."""
    name = one.law.base.request.profile if gate else one.law.name
    text = "" if mutant.policy is None else text_of(mutant.policy)
    try:
        engine = with_rule(one.engine, name, mutant.place, text, gate=gate)
    except InputError:
        return True  # refused at load
    for question in telling:
        if failed(engine, question.asked) != question.expected:
            assert failed(one.engine, question.asked) == question.expected, question
            return True
    return False


def _struck(every: Sequence[Mutant], one: Trial) -> list[set[int]]:
    """Give, for each mutant, the questions at which it strikes or errs."""
    text = "\n".join(
        text_of({**mutant.policy, "effect": "forbid", "annotations": {"id": f"M{number}"}})
        for number, mutant in enumerate(every)
        if mutant.policy is not None
    )
    numbers = {
        f"policy{place}": int(policy["annotations"]["id"][1:])
        for place, policy in enumerate(policies_of(text))
    }
    handle = cedarpy.PolicySet.from_str(text)
    struck: list[set[int]] = [set() for _ in every]
    for place, question in enumerate(one.questions):
        for name in _striking(handle, one, question.asked):
            struck[numbers[name]].add(place)
    return struck


def _striking(handle: cedarpy.PolicySet, one: Trial, asked: Asked) -> Iterator[str]:
    """Ask Cedar itself which rules of a set strike at a question, or meet an error."""
    law = profile_of(one.law, one.engine)
    query = cedar_query(
        asked.request,
        asked.facts,
        asked.now,
        profile=asked.request.profile,
        period=law.period,
        catalogue=one.engine.catalogue,
        allows=law.allows,
    )
    answer = cedarpy.is_authorized(query.request, handle, query.known.text)
    erring = re.findall(r"`(policy[0-9]+)`", " ".join(answer.diagnostics.errors))
    return chain(answer.diagnostics.reasons, erring)


def _telling(mutant: Mutant, one: Trial, struck: set[int]) -> Iterator[Question]:
    """Choose the questions that may tell: where the mutant strikes and its rule does not, or the reverse.

    All of them where one of the two is a permit: what a permit does shows only if nothing forbids.
    """
    permits = "permit" in {mutant.effect, (mutant.policy or {}).get("effect")}
    for place, question in enumerate(one.questions):
        if permits or (place in struck) != (mutant.rule in question.expected):
            yield question


def plainly_telling(mutant: Mutant, one: Trial) -> list[Question]:
    """Order the questions so that those which should tell a deleted or negated rule come first."""
    wanted = mutant.what == "deleted"
    return sorted(one.questions, key=lambda question: (mutant.rule in question.expected) != wanted)
