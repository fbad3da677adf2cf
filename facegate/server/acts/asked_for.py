"""What a law asks for: which fields of a request it demands, reads, or has no use for, and where to mend.

A blank request is put to the law, whose own answer says what it demands; what each rule reads is taken from
its text. Of a rule that reads several fields the law is asked again, once for each: with that field left out
and every other filled. It demands a field without which it still refuses; the others stand for one another.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from facegate.errors import InputError
from facegate.gate.closed_law import ClosedLaw
from facegate.gate.registers.overlays import overlays_in_force
from facegate.policy.facts import in_order
from facegate.policy.missing import LEFT_OUT, field_of, still_missing, what_rules_read
from facegate.policy.request_fields import EXIGENCY_WORDS, INSTRUMENT_WORDS, REQUEST_WORDS
from facegate.records import FailedRule
from facegate.request import Action, Exigency, Instrument, SearchRequest
from facegate.server.acts.policies import LAW, list_laws
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import not_here

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from facegate.policy.engine import PolicyEngine
    from facegate.policy.profile import Profile
    from facegate.policy.request_fields import FieldWords
    from facegate.server.acts.policies import LawHere
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


PERMIT: Final = "permit"
PROBE: Final = "probe"
_OF_A_FACT: Final = {
    "permitHolds": PERMIT,
    "caseRegistered": "case_number",
    "caseByAnother": "case_number",
    "caseNumberFits": "case_number",
    "offenseFitsCase": "offense_code",
    "sameState": "gallery",
    "shared": "gallery",
    "releaseFormOnFile": "release_form",
    "paperOnFile": "instrument",
    "probeIsPhoto": PROBE,
    "variantsCleared": PROBE,
}
"""Facts that registers say of something stated: other words, or another photo, may be in order."""
_OWN: Final = frozenset({"requester", "agency", "profile"})
"""Not his to choose in the form."""


@dataclass(frozen=True, slots=True)
class LawAsks:
    """What one law, with what is laid over it here, asks of a request.

    Parameters
    ----------
    law : Profile
        With its overlays.
    demanded : frozenset of str
        Fields without each of which it refuses, whatever else is stated.
    one_of : frozenset of str
        Fields that a rule takes in the place of another, or wants of a certain value.
    read : frozenset of str
        Every field that any of its rules reads; those above are among them.
    """

    law: Profile
    demanded: frozenset[str]
    one_of: frozenset[str]
    read: frozenset[str]


def laws_in_force(service: Service, caller: Caller) -> tuple[LawHere, ...]:
    """List the laws under which somebody can search here today, by name.

    Raises
    ------
    Problem
        503 if the laws cannot be read.
    """
    return tuple(one for one in list_laws(service, caller) if one.in_force and not one.law.is_overlay)


def asked_by(service: Service, caller: Caller, name: str) -> LawAsks:
    """Say what a law asks for.

    Parameters
    ----------
    service : Service
        Laws, and what is laid over them.
    caller : Caller
        Anybody: laws are public.
    name : str
        Of a law; may be anything.

    Raises
    ------
    Problem
        404 if there is no such law.
    """
    at = service.desk.clock()
    demand(caller, Operation.POLICY_READ, at=at)
    law = law_here(service, name, at)
    engine = service.desk.gate.engine
    if law is None or isinstance(engine, ClosedLaw):
        raise not_here(LAW)
    failed = _refusing_a_blank(service, engine, law, name, at)
    fields = {rule: frozenset(reads) for rule, reads in fields_read(law).items()}
    alone = {next(iter(fields[rule])) for rule in failed.rules if len(fields.get(rule, ())) == 1}
    read = frozenset[str]().union(*fields.values())
    asked = _Asked(name, law.text, at.date(), engine, overlays_in_force(service.desk.ledger, name, at), law)
    demanded = (frozenset(alone) | _still_demanded(asked, failed)) & failed.left_out
    return LawAsks(law, demanded, failed.left_out - demanded, read)


def law_here(service: Service, name: str, at: datetime) -> Profile | None:
    """Give a law with what is laid over it here today; None if there is none of that name."""
    engine = service.desk.gate.engine
    if isinstance(engine, ClosedLaw) or name not in engine.profiles:
        return None
    try:
        return engine.profile("+".join((name, *overlays_in_force(service.desk.ledger, name, at))))
    except InputError:
        return None


def fields_read(law: Profile) -> dict[str, tuple[str, ...]]:
    """Name what each rule reads of a request, by the rule's id: fields, ``permit`` and ``probe``.

    None for a rule about counters, standing or the law itself.
    """
    return {
        rule: tuple(dict.fromkeys(name for path in paths if (name := _field(path))))
        for rule, paths in what_rules_read(law).items()
    }


def _field(path: tuple[str, ...]) -> str:
    """Name the field that a path of the context is about; empty where there is none to be filled in."""
    if path[0] == "gate":
        return _OF_A_FACT.get(path[-1], "")
    name = field_of(path[0])
    return name if name in REQUEST_WORDS and name not in _OWN else ""


def where_to_mend(
    service: Service, profile: str, failed: Iterable[FailedRule]
) -> dict[str, tuple[FailedRule, ...]]:
    """Sort rules that refused by the fields they read.

    Parameters
    ----------
    service : Service
        Laws, and what is laid over them.
    profile : str
        The law that refused.
    failed : iterable of FailedRule
        Its rules.

    Returns
    -------
    dict of str to tuple of FailedRule
        By field. Under the empty name stand those that read none: a register, a counter or the law itself
        says no, and no other words in the form change that.
    """
    law = law_here(service, profile, service.desk.clock())
    fields = {} if law is None else fields_read(law)
    found: dict[str, tuple[FailedRule, ...]] = {}
    for rule in failed:
        for name in fields.get(rule.rule_id, ()) or ("",):
            found[name] = (*found.get(name, ()), rule)
    return found


def words_of_rules(service: Service, profile: str, rules: Sequence[str]) -> tuple[FailedRule, ...]:
    """Give the words of rules that are on record by their ids; those the law has no more are left out."""
    law = law_here(service, profile, service.desk.clock())
    known = {} if law is None else {one.rule_id: one for one in law.rules}
    return tuple(
        FailedRule(one.rule_id, one.say, one.cite, one.checked)
        for one in (known[rule] for rule in rules if rule in known)
    )


@dataclass(frozen=True, slots=True)
class _Asked:
    """A law on a day: what it answers to the same request is always the same, so it is asked once a day."""

    name: str
    text: str
    day: date
    engine: PolicyEngine = field(compare=False, repr=False)
    overlays: tuple[str, ...] = field(compare=False)
    law: Profile = field(compare=False, repr=False)

    def refusing(self, request: SearchRequest) -> frozenset[str]:
        """Name the rules that refuse a request of which every register says yes."""
        noon = datetime.combine(self.day, time(12), UTC)
        decided = self.engine.decide(request, in_order(request), noon, overlays=self.overlays)
        return frozenset(one.rule_id for one in decided.failed)


@lru_cache(maxsize=64)
def _still_demanded(asked: _Asked, blank: _Blank) -> frozenset[str]:
    """Name the fields without which a rule that refuses a blank request refuses a full one as well."""
    full = _full(asked)
    passed = frozenset(blank.rules) - asked.refusing(full)
    return frozenset(one for one in blank.left_out if passed & asked.refusing(_without(full, one)))


def _without(full: SearchRequest, name: str) -> SearchRequest:
    """Leave one field out."""
    nothing: Any = () if isinstance(getattr(full, name), tuple) else None
    return replace(full, **{name: nothing})


def _full(asked: _Asked) -> SearchRequest:
    """Fill in every field with a value of its form; it is stated to nobody but the law."""
    day = asked.day.isoformat()
    own = {
        "profile": asked.name,
        "action": _permitted(asked.law),
        "felony": True,
        "offense_level": asked.law.levels[0] if asked.law.levels else "",
        "instrument": Instrument(**{**_examples(INSTRUMENT_WORDS), "issued": day, "expires": day}),
        "exigency": Exigency(**{**_examples(EXIGENCY_WORDS), "at": f"{day}T00:00:00Z"}),
    }
    if asked.law.citation:
        own["charge_citation"] = asked.law.citation
    return SearchRequest(**{**_examples(REQUEST_WORDS), **own})


def _examples(words: Mapping[str, FieldWords]) -> dict[str, Any]:
    return {name: one.example for name, one in words.items()}


@dataclass(frozen=True, slots=True)
class _Blank:
    rules: tuple[str, ...]
    left_out: frozenset[str]


def _refusing_a_blank(
    service: Service, engine: PolicyEngine, law: Profile, name: str, at: datetime
) -> _Blank:
    """Put a request to the law that says who asks and nothing else."""
    blank = SearchRequest(profile=name, action=_permitted(law), requester="1", agency="XX0000000")
    overlays = overlays_in_force(service.desk.ledger, name, at)
    decided = engine.decide(blank, in_order(blank), at, overlays=overlays)
    missing = still_missing(law, blank, decided)
    left_out = frozenset(one.what for one in missing if one.state == LEFT_OUT)
    return _Blank(tuple(one.rule_id for one in decided.failed), left_out)


def _permitted(law: Profile) -> str:
    """Give a comparison that a law permits; the plain one where it permits none."""
    permits: Mapping[str, None] = dict.fromkeys(rule.action for rule in law.rules if rule.action)
    plain = str(Action.IMAGE_COMPARISON)
    return plain if plain in permits or Action.CROSS_JURISDICTION not in permits else "crossJurisdiction"
