"""From what a requester states to the one question Cedar is asked.

- Forms are checked here, because Cedar's ``like`` cannot: a blank or a look-alike letter makes a field
  unusable. An unusable field is treated as missing by every rule that needs it, so that leaving a field out
  never helps.
- Only plain checked text reaches Cedar; nothing a requester types can break its input.
- The question is complete: request, facts and every entity named. The same question always has the same
  digest and the same answer.
- Time comes in as an argument. Nothing here reads a clock.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.policy.offenses import usable_citation

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.policy.offenses import Offense, OffenseCatalogue
    from facegate.records import SearchRequest

IMAGE_COMPARISON = "imageComparison"
LEVEL_1_CLASS = "CO-Level-1-List"
OFFENSE_CLASSES = frozenset({LEVEL_1_CLASS})
FAR_PAST = date(1, 1, 1)
FAR_FUTURE = date(9999, 12, 31)

# Plain ASCII on purpose: a Cyrillic letter, a full-width digit or a zero-width blank would make two numbers
# that look alike and are not. `fullmatch` is used throughout: `$` would let a trailing newline through.
CASE_NUMBER = re.compile(r"(?=[^0-9]*[0-9])[A-Za-z0-9](?:[A-Za-z0-9./-]{0,62}[A-Za-z0-9])?")
OFFICER_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")
ORI = re.compile(r"[A-Z]{2}[A-Z0-9]{7}")
LEVEL = re.compile(r"[a-z0-9][a-z0-9-]{0,15}")

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Period:
    """When a text holds: from the first day on, up to but not including the last date.

    Parameters
    ----------
    effective : date or None
        First day, from midnight UTC; None where the text states none.
    until : date or None
        First day on which it no longer holds; None where none is known.
    """

    effective: date | None = None
    until: date | None = None

    def __str__(self) -> str:
        """Say the period in words.

        Examples
        --------
        >>> print(Period(date(2019, 9, 9)))
        in force from 2019-09-09, no end date known
        """
        start = f"in force from {self.effective}" if self.effective else "in force, no start date stated"
        return f"{start}, {f'until {self.until} (not included)' if self.until else 'no end date known'}"


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
    def digest(self) -> str:
        """SHA-256 over the canonical JSON of request and entities, 64 hexadecimal digits.

        Not for open publication: it covers a case number and an officer id, which are short enough to be
        guessed. The log seals it.
        """
        both = {"request": self.request, "entities": sorted(self.entities, key=lambda one: _key(one["uid"]))}
        text = json.dumps(both, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
        return hashlib.sha256(text.encode("ascii")).hexdigest()

    @property
    def entities_json(self) -> str:
        """The entities as the JSON text Cedar reads."""
        return json.dumps(self.entities)

    def missing_entities(self) -> tuple[str, ...]:
        """List the types of entities that are named but not given.

        Cedar skips a forbid that reads a missing entity, and answers "not a member" about it, so this is
        looked at before Cedar is asked.
        """
        given = {_key(one["uid"]) for one in self.entities}
        named = [self.request["principal"], self.request["resource"], *_named_in(self.request["context"])]
        named += [uid for one in self.entities for uid in (*_named_in(one["attrs"]), *one["parents"])]
        return tuple(dict.fromkeys(uid["type"] for uid in named if _key(uid) not in given))


def cedar_query(
    request: SearchRequest,
    *,
    profile: str,
    period: Period,
    now: datetime,
    catalogue: OffenseCatalogue,
    action: str = IMAGE_COMPARISON,
) -> CedarQuery:
    """Turn one stated request into one question to Cedar.

    Parameters
    ----------
    request : SearchRequest
        What the requester states.
    profile : str
        Name of the profile asked.
    period : Period
        When that profile holds.
    now : datetime
        Time of the request, with its zone; kept to the millisecond.
    catalogue : OffenseCatalogue
        Which codes exist.
    action : str
        ``imageComparison``, or ``dossier``, which no shipped profile permits.

    Returns
    -------
    CedarQuery
        Request and entities.

    Raises
    ------
    InputError
        If the time has no zone.
    """
    offense = catalogue.lookup(request.offense_code)
    officer = _usable(request.requester, OFFICER_ID)
    agency = _usable(request.agency, ORI)
    asked = {
        "principal": _uid("Officer", officer or ""),
        "action": _uid("Action", action),
        "resource": _uid("Profile", profile),
        "context": _context(request, offense, now),
    }
    entities = [
        _entity("Agency", agency or "", {"oriWellFormed": agency is not None}),
        _entity(
            "Officer",
            officer or "",
            {"idWellFormed": officer is not None, "agency": _reference("Agency", agency or "")},
        ),
        _entity(
            "Profile",
            profile,
            {
                "effective": _moment(_midnight(period.effective or FAR_PAST)),
                "until": _moment(_midnight(period.until or FAR_FUTURE)),
            },
        ),
        *_offense_entities(offense),
    ]
    return CedarQuery(asked, tuple(entities))


def _context(request: SearchRequest, offense: Offense | None, now: datetime) -> Json:
    """State the facts; an optional one is there only when it is usable."""
    if now.tzinfo is None:
        msg = f"a decision needs a time with its zone, got {now.isoformat()}"
        raise InputError(msg)
    facts = {
        "now": _moment(now),
        "caseNumberGiven": _given(request.case_number),
        "caseNumber": _usable(request.case_number, CASE_NUMBER),
        "offenseCodeGiven": _given(request.offense_code),
        "offense": _reference("Offense", offense.code) if offense else None,
        "offenseLevelGiven": _given(request.offense_level),
        "offenseLevel": _usable(request.offense_level, LEVEL),
        "felony": request.felony,
        "chargeCitation": request.charge_citation if usable_citation(request.charge_citation) else None,
    }
    return {name: fact for name, fact in facts.items() if fact is not None}


def _offense_entities(offense: Offense | None) -> tuple[Json, ...]:
    """Describe the offense and the classes it stands in."""
    if offense is None:
        return ()
    attributes = {
        "excluded": offense.note == "excluded",
        "notOffense": offense.note == "not_offense",
        "immigration": offense.note == "immigration",
        "wide": offense.is_wide,
    }
    if not offense.on_level_1_list:
        return (_entity("Offense", offense.code, attributes),)
    listed = _entity("Offense", offense.code, attributes, parents=[_uid("OffenseClass", LEVEL_1_CLASS)])
    return (listed, _entity("OffenseClass", LEVEL_1_CLASS, {}))


def _given(field: str | None) -> bool:
    """Tell whether anything but blanks was typed."""
    return field is not None and bool(field.strip())


def _usable(field: str | None, form: re.Pattern[str]) -> str | None:
    """Return the field if it has its form, else None."""
    return field if field is not None and form.fullmatch(field) else None


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _moment(when: datetime) -> Json:
    """Write a time as Cedar's ``datetime``: UTC, milliseconds."""
    text = when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"__extn": {"fn": "datetime", "arg": text}}


def _uid(kind: str, name: str) -> Json:
    return {"type": f"FaceGate::{kind}", "id": name}


def _reference(kind: str, name: str) -> Json:
    return {"__entity": _uid(kind, name)}


def _entity(kind: str, name: str, attributes: Json, *, parents: list[Json] | None = None) -> Json:
    return {"uid": _uid(kind, name), "attrs": attributes, "parents": parents or []}


def _key(uid: Json) -> tuple[str, str]:
    return (uid["type"], uid["id"])


def _named_in(record: Json) -> Iterator[Json]:
    """List the entities a record of facts refers to."""
    return (value["__entity"] for value in record.values() if isinstance(value, dict) and "__entity" in value)
