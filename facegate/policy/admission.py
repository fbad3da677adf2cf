"""Which offenses a profile admits: asked of the engine, kind by kind, not kept in a table.

The count is published with every profile, so that whoever reads "serious offenses only" sees how many
that is.

- Everything but the offense is in order: a warrant in force, probable cause, every field stated, every
  register and counter saying yes. Only the offense, the level stated and the felony claim vary.
- An immigration heading is asked about without the warrant. The warrant is what lifts the refusal laid over
  every profile; with it, nearly any law would seem to admit what all of them refuse.
- A law that admits nothing so may let only some agencies ask or search, or serve other purposes. Those are
  tried then, one at a time: of those that lift a rule, the first under which it admits anything is counted.
- Codes that stand in the same classes of those a law names, under the same note, and are equally wide are one
  to its rules, unless they name a code: one of each kind is asked, and it answers for the others.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date
from typing import TYPE_CHECKING

import cedarpy

from facegate.policy.facts import in_order
from facegate.policy.offenses import Note
from facegate.request import AGENCY_CLASSES, PURPOSES, SELF, Action, Instrument, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Mapping
    from datetime import datetime

    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.policy.facts import Facts
    from facegate.policy.offenses import Offense, OffenseCatalogue
    from facegate.policy.profile import Profile

# Stands for any charge: 59 catch-all headings need one whatever the level. A profile whose rules compare the
# citation gives an example of its own.
ANY_CITATION = "C.R.S. 18-1.3-401"

COMPLETE = SearchRequest(
    profile="",
    case_number="24-001234",
    incident_number="24-88121",
    offense_nibrs="120",
    fact_narrative="The camera over the counter shows his face as he leaves.",
    suspicion="probable_cause",
    purpose="criminal_investigation",
    duty_statement="Lead investigator of the case",
    probe_role="suspect",
    requester="8841",
    agency="CO0160000",
    operator="77",
    approver="1120",
    on_behalf_of=SELF,
    source_address="10.4.1.7",
    channel="desk",
    setting="public",
    probe_source="cctv",
    probe_edited=False,
    sketch=False,
    first_amendment=False,
    gallery="dl",
    candidate_limit=2,
    release_form="0" * 64,
)
"""Complete in every respect but the offense, its citation and the warrant."""


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether one profile admits one offense, everything else being in order.

    Parameters
    ----------
    offense : Offense
        The heading.
    on_heading : bool
        Admitted by its code, a charge citation given, no felony claimed.
    with_felony : bool
        Admitted once felony level is claimed with the citation.
    """

    offense: Offense
    on_heading: bool
    with_felony: bool


@dataclass(frozen=True, slots=True)
class AdmissionCount:
    """How many headings a profile admits.

    Parameters
    ----------
    n_offenses : int
        Headings in the catalogue.
    on_heading, with_felony : int
        Of these, admitted by the code alone, and once a felony is claimed.
    """

    n_offenses: int
    on_heading: int
    with_felony: int


@dataclass(frozen=True, slots=True)
class _Circumstances:
    """What else a law may turn on: classes of `AGENCY_CLASSES` (empty: as `in_order` has them), a purpose."""

    agency: str = ""
    operator: str = ""
    purpose: str = "criminal_investigation"


def admissions(engine: PolicyEngine, profile: str, now: datetime) -> Mapping[str, Admission]:
    """Ask a profile about every offense of the catalogue.

    Parameters
    ----------
    engine : PolicyEngine
        The law.
    profile : str
        Name of a loaded profile, or of one with overlays (``co-dmv-2019+no-immigration``).
    now : datetime
        Time at which it is asked, with its zone.

    Returns
    -------
    Mapping of str to Admission
        By code, in the catalogue's order.

    Raises
    ------
    InputError
        If there is no profile of that name, or the time has no zone.
    """
    law = engine.profile(profile)
    found = _asked(engine, law, now, _Circumstances())
    if _admits(found) or not _can_admit(law, now):
        return found
    usual = _refusing(engine, law, now, _Circumstances())
    lifting = (one for one in _others() if not usual <= _refusing(engine, law, now, one))
    others = (_asked(engine, law, now, one) for one in lifting)
    return next((other for other in others if _admits(other)), found)


def count_admissions(admitted: Mapping[str, Admission]) -> AdmissionCount:
    """Count what `admissions` found."""
    return AdmissionCount(
        n_offenses=len(admitted),
        on_heading=sum(one.on_heading for one in admitted.values()),
        with_felony=sum(one.with_felony for one in admitted.values()),
    )


def _admits(found: Mapping[str, Admission]) -> bool:
    return any(one.on_heading or one.with_felony for one in found.values())


def _can_admit(law: Profile, now: datetime) -> bool:
    """Tell whether other circumstances could help: none lifts a missing permit or a law that has run out."""
    start, end = law.period.effective or date.min, law.period.until or date.max
    in_force = start <= now.astimezone(UTC).date() < end
    return in_force and any(rule.action == Action.IMAGE_COMPARISON for rule in law.rules)


def _others() -> Iterator[_Circumstances]:
    """List the circumstances tried when the usual ones admit nothing: who asks, who searches, for what."""
    classes = sorted(AGENCY_CLASSES)
    yield from (_Circumstances(agency=one) for one in classes)
    yield from (_Circumstances(operator=one) for one in classes)
    yield from (_Circumstances(agency=one, operator=one) for one in classes)
    yield from (_Circumstances(purpose=one) for one in sorted(PURPOSES))


def _asked(
    engine: PolicyEngine, law: Profile, now: datetime, circumstances: _Circumstances
) -> Mapping[str, Admission]:
    """Ask about one code of each kind, and let it answer for the others."""
    kinds = _kinds(engine.catalogue, law)
    answers: dict[Hashable, tuple[bool, bool]] = {}
    for one in engine.catalogue:
        if (kind := kinds[one.code]) not in answers:
            on_heading = _decisions(engine, law, now, circumstances, one, felony=False)
            with_felony = _decisions(engine, law, now, circumstances, one, felony=True)
            answers[kind] = (any(it.permitted for it in on_heading), any(it.permitted for it in with_felony))
    return {one.code: Admission(one, *answers[kinds[one.code]]) for one in engine.catalogue}


def _kinds(catalogue: OffenseCatalogue, law: Profile) -> Mapping[str, Hashable]:
    """Say of each code what a rule can tell it by; the code itself where some rule names a code."""
    rules = cedarpy.policies_to_json_str(law.text)
    if '"FaceGate::Offense"' in rules:
        return {one.code: one.code for one in catalogue}
    named = {name for name in catalogue.classes if f'"{name}"' in rules}
    return {
        one.code: (frozenset(named.intersection(catalogue.classes_of(one.code))), one.note, one.is_wide)
        for one in catalogue
    }


def _decisions(
    engine: PolicyEngine,
    law: Profile,
    now: datetime,
    circumstances: _Circumstances,
    offense: Offense,
    *,
    felony: bool,
) -> Iterator[PolicyDecision]:
    """Ask about one offense at each level that the law knows."""
    name, *overlays = law.name.split("+")
    request = replace(
        COMPLETE,
        profile=name,
        offense_code=offense.code,
        felony=felony,
        charge_citation=law.citation or ANY_CITATION,
        instrument=None if offense.note is Note.IMMIGRATION else _warrant(now),
        purpose=circumstances.purpose,
    )
    facts = _facts(request, circumstances)
    for level in law.levels:
        yield engine.decide(replace(request, offense_level=level), facts, now, overlays=tuple(overlays))


def _refusing(
    engine: PolicyEngine, law: Profile, now: datetime, circumstances: _Circumstances
) -> frozenset[str]:
    """Name the rules that refuse an offense without a note at every level: what circumstances must lift."""
    offense = next(one for one in engine.catalogue if one.is_admissible)
    answers = _decisions(engine, law, now, circumstances, offense, felony=True)
    return frozenset.intersection(*(frozenset(rule.rule_id for rule in one.failed) for one in answers))


def _warrant(now: datetime) -> Instrument:
    """Make a warrant that is in force on the day of the question."""
    today = now.astimezone(UTC).date().isoformat()
    return Instrument("warrant", "District Court", "26CR1", issued=today, expires=today)


def _facts(request: SearchRequest, circumstances: _Circumstances) -> Facts:
    """Let every register say yes, of people and agencies of the classes wanted."""
    facts = in_order(request)
    if circumstances.agency:
        agency = replace(facts.agency, agency_class=circumstances.agency)
        requester = replace(facts.requester, agency_class=circumstances.agency)
        facts = replace(facts, agency=agency, beneficiary=agency, requester=requester)
    if circumstances.operator:
        operator = replace(facts.operator, agency_class=circumstances.operator)
        facts = replace(facts, operator=operator)
    return facts
