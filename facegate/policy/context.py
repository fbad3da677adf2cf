"""What a policy may read about one request: claims in their forms, facts as they were found."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.policy.facts import GateFacts
from facegate.policy.forms import (
    CASE_NUMBER,
    DIGEST,
    GALLERY,
    LEVEL,
    OFFICER_ID,
    ORI,
    PLAIN_TEXT,
    days_in_force,
    declared_at,
    given,
    list_length,
    listed,
    of_form,
    record_fields,
    standard,
    statute_section,
)
from facegate.policy.offenses import usable_citation
from facegate.request import CHANNELS, PROBE_ROLES, PROBE_SOURCES, PURPOSES, SELF, SETTINGS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from facegate.policy.facts import AgencyFacts, Facts, OfficerFacts
    from facegate.policy.offenses import Offense, OffenseCatalogue
    from facegate.request import SearchRequest

Json = dict[str, Any]
ONE_DAY = timedelta(days=1)
GATE = "this"  # there is one gate a question


def context_of(request: SearchRequest, facts: Facts, now: datetime, catalogue: OffenseCatalogue) -> Json:
    """State everything a rule may read; an optional fact is there only when it is usable.

    Raises
    ------
    InputError
        If the time has no zone.
    """
    if now.tzinfo is None:
        msg = f"a decision needs a time with its zone, got {now.isoformat()}"
        raise InputError(msg)
    stated = {
        "now": moment(now),
        "gate": reference("Gate", GATE),
        "agency": reference("Agency", agency_id(request)),
        **_case(request),
        **_offense(request, catalogue),
        **_grounds(request, facts, now),
        **_people(request),
        **_probe(request),
    }
    return {name: fact for name, fact in stated.items() if fact is not None}


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a request names, each by an id of its form; an empty or missing one names nobody.

    Parameters
    ----------
    requester, agency : str
        Officer and ORI; empty where they are not of their form.
    operator, approver : str or None
        Officers; an operator who is the requester himself is no further one.
    benefits : str or None
        ORI of the agency it is made for, unless that is the requesting one.
    """

    requester: str
    agency: str
    operator: str | None
    approver: str | None
    benefits: str | None

    @classmethod
    def by(cls, request: SearchRequest) -> Named:
        """Read whom a request names."""
        return cls(
            requester=requester_id(request),
            agency=agency_id(request),
            operator=None if request.operator == SELF else _operator(request),
            approver=_approver(request),
            benefits=None if request.on_behalf_of == SELF else _beneficiary(request),
        )


def gate_entity(gate: GateFacts) -> Json:
    """Describe the gate: what registers and counters say."""
    return entity("Gate", GATE, {written: getattr(gate, name) for name, written in GATE_FACTS.items()})


def people_entities(named: Named, facts: Facts) -> tuple[Json, ...]:
    """Describe what is known of the requester, and of everybody the context refers to.

    What is known stands in entities, not in the context: it is the same for many requests, and Cedar need
    read it but once.
    """
    found = [
        _officer(named.requester, facts.requester),
        _agency(named.agency, facts.agency),
    ]
    if named.operator:
        found.append(_officer(named.operator, facts.operator))
    if named.approver:
        found.append(_officer(named.approver, facts.approver))
    if named.benefits:
        found.append(_agency(named.benefits, facts.beneficiary))
    return _once(found)


def agency_id(request: SearchRequest) -> str:
    """Give the requesting agency's ORI, empty if it is not of its form."""
    return of_form(request.agency, ORI) or ""


def requester_id(request: SearchRequest) -> str:
    """Give the requester's id, empty if it is not of its form."""
    return of_form(request.requester, OFFICER_ID) or ""


def _case(request: SearchRequest) -> Json:
    return {
        "caseNumberGiven": given(request.case_number),
        "caseNumber": of_form(request.case_number, CASE_NUMBER),
        "incidentNumber": of_form(request.incident_number, CASE_NUMBER),
        "releaseForm": of_form(request.release_form, DIGEST),
    }


def _offense(request: SearchRequest, catalogue: OffenseCatalogue) -> Json:
    offense = catalogue.lookup(request.offense_code)
    nibrs = catalogue.lookup_nibrs(request.offense_nibrs)
    citation = request.charge_citation if usable_citation(request.charge_citation) else None
    return {
        "offenseCodeGiven": given(request.offense_code),
        "offense": reference("Offense", offense.code) if offense else None,
        "offenseLevelGiven": given(request.offense_level),
        "offenseLevel": of_form(request.offense_level, LEVEL),
        "nibrs": nibrs.code if nibrs else None,
        "nibrsImmigration": nibrs is not None and nibrs.immigration,
        "felony": request.felony,
        "chargeCitation": citation,
        "statuteSection": statute_section(citation) if citation else None,
    }


def _grounds(request: SearchRequest, facts: Facts, now: datetime) -> Json:
    days = days_in_force(request.instrument, now) if facts.gate.paper_on_file else None
    declared = declared_at(request.exigency, now, requester=request.requester)
    may_declare = facts.declarer.known and facts.declarer.active
    return {
        "factNarrativeGiven": given(request.fact_narrative),
        "suspicion": standard(request.suspicion),
        "instrument": None if days is None or request.instrument is None else {
            "kind": request.instrument.kind,
            "issued": moment(midnight(days[0])),
            "expires": moment(midnight(days[1] + ONE_DAY) if days[1] < date.max else midnight(days[1])),
        },
        "exigency": {"at": moment(declared)} if declared is not None and may_declare else None,
        "purpose": listed(request.purpose, PURPOSES),
        "dutyStatementGiven": given(request.duty_statement),
        "probeRole": listed(request.probe_role, PROBE_ROLES),
    }  # fmt: skip


def _people(request: SearchRequest) -> Json:
    operator, approver, benefits = _operator(request), _approver(request), _beneficiary(request)
    return {
        "operator": reference("Officer", operator) if operator else None,
        "approver": reference("Officer", approver) if approver else None,
        "onBehalfOf": reference("Agency", benefits) if benefits else None,
        "sourceAddressGiven": of_form(request.source_address, PLAIN_TEXT) is not None,
    }


def _probe(request: SearchRequest) -> Json:
    fields = record_fields(request.dossier_fields)
    return {
        "channel": listed(request.channel, CHANNELS),
        "setting": listed(request.setting, SETTINGS),
        "probeSource": listed(request.probe_source, PROBE_SOURCES),
        "probeEdited": request.probe_edited,
        "sketch": request.sketch,
        "firstAmendment": request.first_amendment,
        "gallery": of_form(request.gallery, GALLERY),
        "candidateLimit": list_length(request.candidate_limit),
        "dossierFields": None if fields is None else list(fields),
    }


def _operator(request: SearchRequest) -> str | None:
    """Tell who runs the comparison; ``self`` is the requester."""
    return of_form(request.requester if request.operator == SELF else request.operator, OFFICER_ID)


def _approver(request: SearchRequest) -> str | None:
    """Tell who approves; nobody approves his own request, so that counts as no approval."""
    approver = of_form(request.approver, OFFICER_ID)
    same = approver is not None and approver.casefold() == (request.requester or "").casefold()
    return None if same else approver


def _beneficiary(request: SearchRequest) -> str | None:
    """Tell for whom the search is made; ``self`` is the requesting agency."""
    return of_form(request.agency if request.on_behalf_of == SELF else request.on_behalf_of, ORI)


def _officer(name: str, known: OfficerFacts) -> Json:
    attributes = {
        "idWellFormed": bool(name),
        "known": known.known,
        "active": known.active,
        "trained": known.trained,
        "role": known.role,
        "unit": known.unit,
        "agencyClass": known.agency_class,
    }
    return entity("Officer", name, attributes)


def _agency(name: str, known: AgencyFacts) -> Json:
    attributes = {
        "oriWellFormed": bool(name),
        "known": known.known,
        "blocked": known.blocked,
        "class": known.agency_class,
    }
    return entity("Agency", name, attributes)


def offense_entities(offense: Offense | None, catalogue: OffenseCatalogue) -> tuple[Json, ...]:
    """Describe the offense and the classes it stands in."""
    if offense is None:
        return ()
    attributes = {
        "excluded": offense.note == "excluded",
        "notOffense": offense.note == "not_offense",
        "immigration": offense.note == "immigration",
        "wide": offense.is_wide,
    }
    classes = [uid("OffenseClass", name) for name in catalogue.classes_of(offense.code)]
    described = entity("Offense", offense.code, attributes, parents=classes)
    return (described, *(entity("OffenseClass", one["id"], {}) for one in classes))


def _once(found: Iterable[Json]) -> tuple[Json, ...]:
    """Describe each entity once; of two descriptions of one id the weaker counts.

    An id may be an officer's at two agencies. Were the better description taken, a namesake elsewhere could
    approve, or run the comparison, for somebody who is unknown or suspended here.
    """
    kept: dict[tuple[str, str], Json] = {}
    for one in found:
        key = (one["uid"]["type"], one["uid"]["id"])
        kept[key] = one if key not in kept else _weaker(kept[key], one)
    return tuple(kept.values())


def _weaker(one: Json, other: Json) -> Json:
    """Take of two descriptions what both say: true only if both are true, a word only if it is the same."""
    attributes = {
        name: value and other["attrs"][name]
        if isinstance(value, bool)
        else (value if value == other["attrs"][name] else "")
        for name, value in one["attrs"].items()
    }
    if "blocked" in attributes:  # here true is the worse
        attributes["blocked"] = one["attrs"]["blocked"] or other["attrs"]["blocked"]
    return {**one, "attrs": attributes}


def _camel(name: str) -> str:
    """Write a field's name as the schema does.

    Examples
    --------
    >>> _camel("case_by_another")
    'caseByAnother'
    """
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


GATE_FACTS = {one.name: _camel(one.name) for one in fields(GateFacts)}
"""Each fact of the gate, and its name in the schema."""


def midnight(day: date) -> datetime:
    """Give the first moment of a day, UTC."""
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def moment(when: datetime) -> Json:
    """Write a time as Cedar's ``datetime``: UTC, milliseconds."""
    text = when.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return {"__extn": {"fn": "datetime", "arg": text}}


def uid(kind: str, name: str) -> Json:
    """Name an entity."""
    return {"type": f"FaceGate::{kind}", "id": name}


def reference(kind: str, name: str) -> Json:
    """Refer to an entity inside a context."""
    return {"__entity": uid(kind, name)}


def entity(kind: str, name: str, attributes: Json, *, parents: list[Json] | None = None) -> Json:
    """Describe an entity."""
    return {"uid": uid(kind, name), "attrs": attributes, "parents": parents or []}
