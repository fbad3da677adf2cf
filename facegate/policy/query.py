"""From what a requester states, and what is known of it, to the one question Cedar is asked.

- An unusable field is treated as missing by every rule that needs it, so that leaving a field out never
  helps (``forms.py``).
- Only plain checked text reaches Cedar; nothing a requester types can break its input.
- The question is complete: request, facts and every entity named. The same question always has the same
  digest and the same answer, so a log that seals the question can be replayed.
- Time comes in as an argument. Nothing here reads a clock.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from facegate.errors import InputError
from facegate.policy.context import (
    Named,
    context_of,
    entity,
    gate_entity,
    midnight,
    moment,
    offense_entities,
    people_entities,
    requester_id,
    uid,
)
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator
    from datetime import datetime

    from facegate.policy.facts import AgencyFacts, Facts, OfficerFacts
    from facegate.policy.offenses import OffenseCatalogue
    from facegate.policy.period import Period
    from facegate.request import SearchRequest

FAR_PAST = date(1, 1, 1)
FAR_FUTURE = date(9999, 12, 31)
NO_ACTION = "none"
ACTIONS = frozenset(Action)
MOST_KEPT = 4096  # a few kB each
GATE_KINDS = frozenset({"FaceGate::Gate"})
LAW_KINDS = frozenset({"FaceGate::Profile", "FaceGate::Offense", "FaceGate::OffenseClass"})
PEOPLE = frozenset({"FaceGate::Officer", "FaceGate::Agency"})

Json = dict[str, Any]
Law: TypeAlias = tuple[str, "Period", tuple[str, ...]]
Kept: TypeAlias = dict["Hashable", "Part"]
KeyType = TypeVar("KeyType")
ValueType = TypeVar("ValueType")


@dataclass(frozen=True, slots=True)
class Part:
    """Some of the entities of a question, written down once for many questions.

    Parameters
    ----------
    entities : tuple of dict
        With attributes and parents, as Cedar's JSON.
    text : str
        As canonical JSON.
    ids : frozenset of tuple of str
        Type and id of each.
    refers_to : tuple of tuple of str
        Type and id of those they refer to.
    """

    entities: tuple[Json, ...]
    text: str
    ids: frozenset[tuple[str, str]]
    refers_to: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, entities: tuple[Json, ...]) -> Part:
        """Write entities down."""
        referred = (uid for one in entities for uid in (*_named_in(one["attrs"]), *one["parents"]))
        ids = frozenset(_key(one["uid"]) for one in entities)
        return cls(entities, _canonical(entities), ids, tuple(map(_key, referred)))


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of everybody and everything a question names.

    Parameters
    ----------
    parts : tuple of Part
        The gate; the law and the offense; officers and agencies. What changes most seldom comes first: Cedar
        reads each part once, on top of those before it.
    """

    parts: tuple[Part, ...]

    @classmethod
    def of(cls, entities: tuple[Json, ...]) -> Known:
        """Take apart what was written down together."""
        kinds = (GATE_KINDS, LAW_KINDS, PEOPLE)
        return cls(
            tuple(Part.of(tuple(one for one in entities if one["uid"]["type"] in some)) for some in kinds)
        )

    @property
    def entities(self) -> tuple[Json, ...]:
        """All of them."""
        return tuple(chain.from_iterable(part.entities for part in self.parts))

    @property
    def text(self) -> str:
        """All of them as canonical JSON."""
        return f"[{','.join(part.text[1:-1] for part in self.parts if part.entities)}]"

    def absent(self, named: Iterable[Json]) -> tuple[str, ...]:
        """List the types of entities that are named, there or among themselves, and are not here."""
        ids = frozenset().union(*(part.ids for part in self.parts))
        keys = chain(map(_key, named), *(part.refers_to for part in self.parts))
        return tuple(dict.fromkeys(key[0] for key in keys if key not in ids))


@dataclass(frozen=True, slots=True)
class CedarQuery:
    """One question to Cedar.

    Parameters
    ----------
    request : dict
        Principal, action, resource and context, as Cedar's JSON.
    known : Known
        Every entity the request names.
    context_json : str
        The context as the JSON text Cedar reads.
    """

    request: Json
    known: Known
    context_json: str

    @classmethod
    def of(cls, request: Json, known: Known) -> CedarQuery:
        """Put a question together."""
        return cls(request, known, _canonical(request["context"]))

    @property
    def text(self) -> str:
        """The whole question as JSON: what a log seals, and what a replay asks again.

        The same request with the same facts at the same time has the same text. Not for open publication: it
        holds a case number and an officer id.
        """
        named = {name: _canonical(self.request[name]) for name in ("action", "principal", "resource")}
        return (
            f'{{"entities":{self.known.text},"request":{{"action":{named["action"]},'
            f'"context":{self.context_json},'
            f'"principal":{named["principal"]},"resource":{named["resource"]}}}}}'
        )

    @classmethod
    def from_text(cls, text: str) -> CedarQuery:
        """Read a question back from `text`.

        Raises
        ------
        InputError
            If it is no such text.
        """
        try:
            both = json.loads(text)
            return cls.of(both["request"], Known.of(tuple(both["entities"])))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            msg = "what was sealed is no question to the policy engine"
            raise InputError(msg) from error

    def missing_entities(self) -> tuple[str, ...]:
        """List the types of entities that are named but not given.

        Cedar skips a forbid that reads a missing entity, and answers "not a member" about it, so this is
        looked at before Cedar is asked.
        """
        named = [self.request["principal"], self.request["resource"], *_named_in(self.request["context"])]
        return self.known.absent(named)


def digest_of(text: str) -> str:
    """Give the SHA-256 of a question, 64 hexadecimal digits.

    Not for open publication: what it covers is short enough to be guessed. The log seals it.
    """
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def cedar_query(
    request: SearchRequest,
    facts: Facts,
    now: datetime,
    *,
    profile: str,
    period: Period,
    catalogue: OffenseCatalogue,
    allows: Collection[str] = (),
    kept: Kept | None = None,
) -> CedarQuery:
    """Turn one stated request, with what is known of it, into one question to Cedar.

    Parameters
    ----------
    request : SearchRequest
        What the requester states.
    facts : Facts
        What registers and counters know of it.
    now : datetime
        Time of the request, with its zone; kept to the millisecond.
    profile : str
        Name of the profile asked.
    period : Period
        When that profile holds.
    catalogue : OffenseCatalogue
        Which codes exist, and the classes they stand in.
    allows : collection of str
        What the profile's permit opens.
    kept : Kept or None
        What was written down for earlier questions to the same catalogue, and is taken again.

    Returns
    -------
    CedarQuery
        Request and entities.

    Raises
    ------
    InputError
        If the time has no zone.
    """
    # A misspelled action is a request like any other: Cedar is asked, and nothing permits it.
    action = request.action if request.action in ACTIONS else NO_ACTION
    asked = {
        "principal": uid("Officer", requester_id(request)),
        "action": uid("Action", action),
        "resource": uid("Profile", profile),
        "context": context_of(request, facts, now, catalogue),
    }
    law = (profile, period, tuple(sorted(allows)))
    offense = catalogue.lookup(request.offense_code)
    code = offense.code if offense else ""
    named, kept = Named.by(request), {} if kept is None else kept
    known = Known(
        (
            once(kept, facts.gate, lambda: Part.of((gate_entity(facts.gate),))),
            once(kept, (law, code), lambda: _law(law, code, catalogue)),
            once(kept, (named, *_of_people(facts)), lambda: Part.of(people_entities(named, facts))),
        )
    )
    return CedarQuery.of(asked, known)


def once(kept: dict[KeyType, ValueType], key: KeyType, make: Callable[[], ValueType]) -> ValueType:
    """Give what is kept under a key, or make and keep it; of too many the one unasked for longest goes."""
    value = kept.pop(key, None)
    if value is None:
        value = make()
    kept[key] = value  # behind all others
    if len(kept) > MOST_KEPT:
        with suppress(RuntimeError, StopIteration):  # another thread keeps something at this moment
            kept.pop(next(iter(kept)), None)
    return value


def _of_people(facts: Facts) -> tuple[OfficerFacts | AgencyFacts, ...]:
    return (facts.requester, facts.operator, facts.approver, facts.agency, facts.beneficiary)


def _law(law: Law, offense_code: str, catalogue: OffenseCatalogue) -> Part:
    """Describe the law and the offense."""
    profile, period, allows = law
    holds = {
        "effective": moment(midnight(period.effective or FAR_PAST)),
        "until": moment(midnight(period.until or FAR_FUTURE)),
        "allows": list(allows),
    }
    offense = offense_entities(catalogue.lookup(offense_code), catalogue)
    return Part.of((entity("Profile", profile, holds), *offense))


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode


def _key(uid: Json) -> tuple[str, str]:
    return (uid["type"], uid["id"])


def _named_in(record: Json) -> Iterator[Json]:
    """List the entities a record of facts refers to."""
    return (value["__entity"] for value in record.values() if isinstance(value, dict) and "__entity" in value)
