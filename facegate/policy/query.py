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
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.policy.context import (
    context_of,
    entity,
    known_entities,
    midnight,
    moment,
    offense_entities,
    requester_id,
    uid,
)
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from datetime import datetime

    from facegate.policy.facts import Facts
    from facegate.policy.offenses import OffenseCatalogue
    from facegate.policy.period import Period
    from facegate.request import SearchRequest

FAR_PAST = date(1, 1, 1)
FAR_FUTURE = date(9999, 12, 31)
NO_ACTION = "none"

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class CedarQuery:
    """One question to Cedar.

    Parameters
    ----------
    request : dict
        Principal, action, resource and context, as Cedar's JSON.
    entities : tuple of dict
        Every entity the request names, with attributes and parents.
    """

    request: Json
    entities: tuple[Json, ...]

    @property
    def context_json(self) -> str:
        """The context as the JSON text Cedar reads."""
        return _canonical(self.request["context"])

    @property
    def entities_json(self) -> str:
        """The entities as the JSON text Cedar reads."""
        return _canonical(self.entities)

    def text(self, context_json: str, entities_json: str) -> str:
        """Write the whole question as JSON: what a log seals, and what a replay asks again.

        The same request with the same facts at the same time has the same text. Not for open publication: it
        holds a case number and an officer id.

        Parameters
        ----------
        context_json, entities_json : str
            As the properties of these names gave them, so that each is written once.
        """
        named = {name: _canonical(self.request[name]) for name in ("action", "principal", "resource")}
        return (
            f'{{"entities":{entities_json},"request":{{"action":{named["action"]},"context":{context_json},'
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
            return cls(both["request"], tuple(both["entities"]))
        except (ValueError, KeyError, TypeError) as error:
            msg = "what was sealed is no question to the policy engine"
            raise InputError(msg) from error

    def missing_entities(self) -> tuple[str, ...]:
        """List the types of entities that are named but not given.

        Cedar skips a forbid that reads a missing entity, and answers "not a member" about it, so this is
        looked at before Cedar is asked.
        """
        given = {_key(one["uid"]) for one in self.entities}
        named = [self.request["principal"], self.request["resource"], *_named_in(self.request["context"])]
        named += [uid for one in self.entities for uid in (*_named_in(one["attrs"]), *one["parents"])]
        return tuple(dict.fromkeys(uid["type"] for uid in named if _key(uid) not in given))


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
    action = request.action if request.action in set(Action) else NO_ACTION
    asked = {
        "principal": uid("Officer", requester_id(request)),
        "action": uid("Action", action),
        "resource": uid("Profile", profile),
        "context": context_of(request, facts, now, catalogue),
    }
    holds = {
        "effective": moment(midnight(period.effective or FAR_PAST)),
        "until": moment(midnight(period.until or FAR_FUTURE)),
        "allows": sorted(allows),
    }
    known = (entity("Profile", profile, holds), *known_entities(request, facts))
    offense = offense_entities(catalogue.lookup(request.offense_code), catalogue)
    return CedarQuery(asked, (*known, *offense))


def _canonical(value: object) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


def _key(uid: Json) -> tuple[str, str]:
    return (uid["type"], uid["id"])


def _named_in(record: Json) -> Iterator[Json]:
    """List the entities a record of facts refers to."""
    return (value["__entity"] for value in record.values() if isinstance(value, dict) and "__entity" in value)
