"""One question to a law, as tests put it: request, facts, time, overlays; and random ones drawn from it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from facegate.policy.engine import PolicyEngine
from facegate.policy.facts import (
    ALL_CLEAR,
    EXAMINER,
    INVESTIGATOR,
    NO_AGENCY,
    NOBODY,
    POLICE,
    ROLES,
    SUPERVISOR,
    AgencyFacts,
    Facts,
    GateFacts,
    OfficerFacts,
)
from facegate.policy.offenses import OffenseCatalogue
from facegate.request import (
    AGENCY_CLASSES,
    CHANNELS,
    DOSSIER_FIELDS,
    PROBE_ROLES,
    PROBE_SOURCES,
    PURPOSES,
    SETTINGS,
    SUSPICIONS,
    Action,
    Exigency,
    Instrument,
    SearchRequest,
)

if TYPE_CHECKING:
    import random
    from collections.abc import Callable, Iterator

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CITATION = "C.R.S. 18-4-401"
WARRANT = Instrument("warrant", "Denver District Court", "26CR1", "2026-11-01", "2026-12-01")
ORDER = replace(WARRANT, kind="order")
EXIGENCY = Exigency("threat to life", "1121", "2026-11-22T03:00:00Z")
FORM = "3a" * 32

GOOD = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    incident_number="24-88121",
    offense_code="1201",
    offense_level="1",
    offense_nibrs="120",
    fact_narrative="Masked man at counter 3; the camera shows his face as he leaves.",
    suspicion="reasonable",
    purpose="criminal_investigation",
    duty_statement="Robbery unit, lead of the case",
    probe_role="suspect",
    requester="8841",
    agency="CO0160000",
    operator="77",
    approver="1120",
    on_behalf_of="self",
    source_address="10.4.1.7",
    channel="desk",
    setting="public",
    probe_source="cctv",
    probe_edited=False,
    sketch=False,
    first_amendment=False,
    gallery="dl",
    candidate_limit=20,
    release_form=FORM,
)
FACTS = Facts(
    requester=INVESTIGATOR,
    operator=replace(EXAMINER, unit="MVIU", agency_class="license_authority"),
    approver=SUPERVISOR,
    declarer=SUPERVISOR,
    agency=POLICE,
    beneficiary=POLICE,
    gate=ALL_CLEAR,
)


@dataclass(frozen=True)
class Asked:
    """One question."""

    request: SearchRequest
    facts: Facts = FACTS
    now: datetime = NOW
    overlays: tuple[str, ...] = ()

    def but(self, **changes: Any) -> Asked:  # noqa: ANN401  fields of several types
        """Change fields of the request."""
        return replace(self, request=replace(self.request, **changes))

    def knowing(self, **changes: Any) -> Asked:  # noqa: ANN401  fields of several types
        """Change facts: those of the gate by their names, others as whole records."""
        of_gate = {one.name for one in fields(GateFacts)} & changes.keys()
        gate = replace(self.facts.gate, **{name: changes.pop(name) for name in of_gate})
        return replace(self, facts=replace(self.facts, gate=gate, **changes))

    def at(self, now: datetime) -> Asked:
        """Ask at another time."""
        return replace(self, now=now)


@dataclass(frozen=True)
class Law:
    """What the tests know of one shipped text.

    ``base`` is permitted. ``twin`` decides in plain Python, from the statute and not from the Cedar text,
    which of the text's own rules a question fails. ``cases`` are questions that, with every single change of
    the base, tell each rule from its mutants.
    """

    name: str
    base: Asked
    twin: Callable[[Asked], set[str]]
    cases: tuple[Asked, ...] = ()


@cache
def shipped_engine() -> PolicyEngine:
    return PolicyEngine.load()


def failed(engine: PolicyEngine, asked: Asked) -> set[str]:
    """Ask the engine; what it permits fails nothing."""
    decision = engine.decide(asked.request, asked.facts, asked.now, overlays=asked.overlays)
    return {rule.rule_id for rule in decision.failed}


CODES = tuple(one.code for one in OffenseCatalogue.load())
CITATIONS = (
    *(
        CITATION,
        "MCA 45-5-102",
        "mca  45-5-504(3)",
        "MD CR 3-802",
        "MD CR 14-101",
        "UCA 76-5-203",
        "\u00a7 187",
    ),
    *(None, "", "felony", " 18-4", "18-4\n", "1" * 201),
)
POOLS: dict[str, tuple[object, ...]] = {
    "action": tuple(Action),
    "case_number": ("24-001234", "7", "A/1.b-2", None, "", " ", "24 1", "ABC", "24-1\n", "2\u04304"),
    "incident_number": ("1", None, "", "no digit", "24-1"),
    "offense_code": (*CODES, "9999", "12a1", "", None),
    "offense_level": (
        *("1", "below-1", "any", "serious", "felony", "violent", "listed", "part-1", "national-security"),
        *("2", "", None, "Level 1", "\uff11"),
    ),
    "offense_nibrs": ("120", "13A", "30A", "30D", "49C", "09C", "12", "", None),
    "felony": (True, False),
    "charge_citation": CITATIONS,
    "fact_narrative": ("He was seen there.", None, " "),
    "suspicion": (*sorted(SUSPICIONS), None, "high"),
    "instrument": (
        *(None, WARRANT, ORDER, replace(WARRANT, kind="letter"), replace(WARRANT, court=" ")),
        *(replace(WARRANT, expires="2026-11-21"), replace(WARRANT, issued="2026-11-23")),
        *(replace(WARRANT, issued="2026-02-30"), replace(ORDER, expires="2026-11-22")),
    ),
    "exigency": (
        *(None, EXIGENCY, replace(EXIGENCY, basis=""), replace(EXIGENCY, declared_by="8841")),
        *(replace(EXIGENCY, at="2026-11-20T11:59:59Z"), replace(EXIGENCY, at="2026-11-22T12:00:01Z")),
        *(replace(EXIGENCY, at="2026-11-22T03:00:00"), replace(EXIGENCY, at="soon")),
    ),
    "purpose": (*sorted(PURPOSES), None, "", "fishing"),
    "duty_statement": ("Robbery unit", None, " "),
    "probe_role": (*sorted(PROBE_ROLES), None, "bystander"),
    "requester": ("8841", "a.b_c-d", None, "", " 8841", "-1", "9" * 33, "8841\u200b", "1120"),
    "agency": ("CO0160000", "DCICE0100", None, "", "co0160000", "CO016000", "C\u041e0160000"),
    "operator": ("77", "self", None, "", "7 7"),
    "approver": ("1120", "8841", None, "", "1 2"),
    "on_behalf_of": ("self", "DCICE0100", "CO0300000", None, "", "them"),
    "source_address": ("10.4.1.7", None, "", "\n"),
    "channel": (*sorted(CHANNELS), None, "Desk"),
    "setting": (*sorted(SETTINGS), None, "mars"),
    "probe_source": (*sorted(PROBE_SOURCES), None, "mail"),
    "probe_edited": (True, False, None),
    "sketch": (True, False, None),
    "first_amendment": (True, False, None),
    "gallery": ("dl", "mugshot", None, "", "../dl"),
    "candidate_limit": (1, 2, 3, 20, 50, 51, 0, -1, 2000, None),
    "dossier_fields": (
        *((), ("name",), ("name", "photo"), tuple(sorted(DOSSIER_FIELDS)), ("ssn",), ("name", "ssn")),
    ),
    "release_form": (FORM, None, "", "3A" * 32, "zz"),
}
"""What each field of a request is changed to."""

DESK = replace(EXAMINER, agency_class="license_authority")
OFFICERS = (
    *(
        NOBODY,
        INVESTIGATOR,
        EXAMINER,
        SUPERVISOR,
        replace(SUPERVISOR, active=False),
        replace(SUPERVISOR, known=False),
    ),
    *(replace(EXAMINER, trained=False), replace(EXAMINER, active=False), replace(EXAMINER, known=False)),
    *(replace(EXAMINER, unit=unit) for unit in ("MVIU", "LECC")),
    *(replace(DESK, unit=unit) for unit in ("MVIU", "LECC")),
    *(replace(DESK, unit=unit, known=False) for unit in ("MVIU", "LECC")),
    *(replace(DESK, unit=unit, active=False) for unit in ("MVIU", "LECC")),
    *(replace(EXAMINER, agency_class=name) for name in sorted(AGENCY_CLASSES)),
    *(replace(EXAMINER, agency_class=name, trained=False) for name in sorted(AGENCY_CLASSES)),
    *(replace(EXAMINER, agency_class=name, known=False) for name in sorted(AGENCY_CLASSES)),
    *(replace(EXAMINER, agency_class=name, active=False) for name in sorted(AGENCY_CLASSES)),
    *(replace(INVESTIGATOR, role=role) for role in sorted(ROLES)),
)
AGENCIES = (
    NO_AGENCY,
    *(AgencyFacts(known=True, agency_class=name) for name in sorted(AGENCY_CLASSES)),
    AgencyFacts(known=False, agency_class="police"),
    AgencyFacts(known=True, blocked=True, agency_class="police"),
)
PEOPLE: dict[str, tuple[OfficerFacts, ...] | tuple[AgencyFacts, ...]] = {
    "requester": OFFICERS,
    "operator": OFFICERS,
    "approver": OFFICERS,
    "declarer": OFFICERS,
    "agency": AGENCIES,
    "beneficiary": AGENCIES,
}
GATE = tuple(one.name for one in fields(GateFacts))


def as_one(asked: Asked) -> Asked:
    """Take of two descriptions of one id what both say: one id may be an officer's at two agencies.

    Requester and operator can be one person, operator and approver too; an approver who is the requester is
    none, so he is described nowhere.
    """
    request, facts = asked.request, asked.facts
    approves = (request.approver or "").lower() != (request.requester or "").lower()
    pairs = [
        ("requester", "operator", request.operator, request.requester),
        ("operator", "approver", request.operator, request.approver if approves else None),
        ("agency", "beneficiary", request.agency, request.on_behalf_of),
    ]
    for one, other, mine, its in pairs:
        if mine and mine == its != "self":
            both = _both(getattr(facts, one), getattr(facts, other))
            facts = replace(facts, **{one: both, other: both})
    return replace(asked, facts=facts)


def _both(one: Any, other: Any) -> Any:  # noqa: ANN401  two kinds of facts
    """Take what two descriptions both say; to be blocked is the worse of the two."""
    said: dict[str, Any] = {}
    for each in fields(one):
        mine, theirs = getattr(one, each.name), getattr(other, each.name)
        if each.name == "blocked":
            said[each.name] = mine or theirs
        elif isinstance(mine, bool):
            said[each.name] = mine and theirs
        else:
            said[each.name] = mine if mine == theirs else ""
    return type(one)(**said)


def single_changes(base: Asked) -> Iterator[Asked]:
    """Change every field of the request and every fact in turn, to everything there is for it."""
    yield base
    for name, pool in POOLS.items():
        for value in pool:
            yield base.but(**{name: value})
    for name, people in PEOPLE.items():
        for one in people:
            yield base.knowing(**{name: one})
    for name in GATE:
        yield base.knowing(**{name: False})


def random_asked(base: Asked, source: random.Random, *, share: float = 0.04) -> Asked:
    """Change each field and each fact with a small probability, so that permits and refusals both come."""
    changes = {name: source.choice(pool) for name, pool in POOLS.items() if source.random() < share}
    if source.random() < 0.5:
        changes["offense_code"] = source.choice(CODES)
    facts: dict[str, Any] = {
        name: source.choice(pool) for name, pool in PEOPLE.items() if source.random() < share
    }
    facts |= dict.fromkeys((name for name in GATE if source.random() < share / 4), False)
    now = base.now
    if source.random() < share:
        now += timedelta(days=source.choice((-4000, -3000, -2200, -1000, -600, -200, 300, 3000)))
    return base.but(**changes).knowing(**facts).at(now)


def without_one_field(asked: Asked) -> Iterator[Asked]:
    """Leave out each field of the request in turn."""
    for one in fields(SearchRequest):
        if one.name not in {"profile", "action"}:
            yield asked.but(**{one.name: one.default})
