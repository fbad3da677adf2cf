"""Montana's serious crimes and Utah's purposes in plain Python."""

from __future__ import annotations

from dataclasses import replace

from asked import CITATION, FACTS, GOOD, ORDER, WARRANT, Asked, Law
from law_va import runs, served_class
from twin_gate import (
    case_number_ok,
    citation_ok,
    code_of,
    paper_kind,
    section_of,
    stated,
    suspicion,
    word_ok,
)
from twin_people import operator_of

from facegate.policy.facts import EXAMINER, AgencyFacts
from facegate.request import AGENCY_CLASSES, PROBE_ROLES, PURPOSES


def _codes(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{code:04d}" for first, last in ranges for code in range(first, last + 1))


SERIOUS_SECTIONS = tuple(
    f"MCA 45-5-{number}"
    for number in (
        *("102", "103", "104", "106", "202", "207", "210", "212", "213", "220", "302", "303", "401", "503"),
        *("504(3)", "508", "602", "603", "622", "625", "627", "628", "702", "703", "704", "705"),
    )
)
SERIOUS_CODES = _codes(
    *[(901, 912), (999, 999), (1001, 1009), (1011, 1011), (1099, 1099)],  # homicide, kidnapping
    *[(1101, 1116), (1118, 1119), (1122, 1122), (1198, 1198)],  # intercourse without consent
    *[(1201, 1212), (1299, 1299), (1301, 1312), (1314, 1315)],  # robbery, aggravated assault
    *[(3614, 3614), (3802, 3802), (3806, 3806)],  # children
    *[(4001, 4002), (4007, 4008), (6401, 6411)],  # prostitution, sexual abuse of children, trafficking
)
VIOLENT_CODES = _codes(
    *[(901, 908), (911, 912), (999, 999), (1001, 1009), (1011, 1011), (1099, 1099)],
    *[(1101, 1115), (1118, 1123), (1198, 1199), (1201, 1212), (1299, 1299), (1301, 1312), (1314, 1315)],
    *[(2001, 2002), (2008, 2008), (5206, 5206), (5208, 5208)],
)
ENFORCEMENT = {"police", "sheriff", "state_police", "campus", "prosecutor", "justice_department", "fbi"}
UNIDENTIFIED = {
    "at_risk_person": "at_risk",
    "deceased_person": "deceased",
    "incapacitated_person": "incapacitated",
}


def serious(asked: Asked) -> bool:
    section = section_of(asked.request)
    if section is None:
        return False
    if "MCA" in section:
        return section in SERIOUS_SECTIONS
    return code_of(asked.request) in SERIOUS_CODES


def montana(asked: Asked) -> set[str]:
    request, operator = asked.request, operator_of(asked)
    justice = operator.known and operator.active and operator.agency_class == "justice_department"
    fits = word_ok(request.offense_level) and (request.offense_level == "serious") == serious(asked)
    broken = {
        "MT-SERIOUS": not serious(asked),
        "MT-LEVEL-FITS": stated(request.offense_level) and not fits,
        "MT-WARRANT": paper_kind(asked) != "warrant",
        "MT-WRITTEN": not stated(request.fact_narrative),
        "MT-JUSTICE": not justice,
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


def utah(asked: Asked) -> set[str]:
    request, facts = asked.request, asked.facts
    purpose, code = request.purpose, code_of(request)
    crime = purpose == "criminal_investigation"
    felony = request.felony and citation_ok(request.charge_citation)
    violent = code in VIOLENT_CODES
    shown = UNIDENTIFIED.get(purpose or "", request.probe_role)
    level_holds = {"felony": felony, "violent": violent, "any": purpose in PURPOSES and not crime}
    operator = operator_of(asked)
    keeps = request.gallery != "dl" or operator.agency_class in {"license_authority", "state_police"}
    broken = {
        "UT-AGENCY": facts.agency.agency_class not in ENFORCEMENT or served_class(asked) not in ENFORCEMENT,
        "UT-WRITTEN": not stated(request.fact_narrative),
        "UT-CASE-NUMBER": not case_number_ok(request.case_number),
        "UT-PURPOSE": purpose not in {"criminal_investigation", "threat_to_life", *UNIDENTIFIED},
        "UT-PERSON": purpose not in PURPOSES
        or request.probe_role not in PROBE_ROLES
        or request.probe_role != shown,
        "UT-CRIME": crime and not (felony or violent),
        "UT-LEVEL-FITS": stated(request.offense_level)
        and not level_holds.get(request.offense_level or "", False),
        "UT-STATEMENT": crime and not (code and stated(request.fact_narrative)),
        "UT-FAIR-PROBABILITY": crime and suspicion(asked) < 1,
        "UT-OPERATOR": not (runs(asked) and word_ok(request.gallery) and keeps),
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


JUSTICE = replace(EXAMINER, agency_class="justice_department")
IN_MONTANA = Asked(
    replace(
        GOOD,
        profile="mt-44-15",
        offense_level="serious",
        charge_citation="MCA 45-5-401",
        instrument=WARRANT,
    )
).knowing(operator=JUSTICE)
IN_UTAH = Asked(
    replace(GOOD, profile="ut-77-23e", offense_level="felony", felony=True, charge_citation="UCA 76-6-302")
)


def _montana_cases() -> tuple[Asked, ...]:
    """Questions that single changes of the base do not reach."""
    elsewhere = IN_MONTANA.but(charge_citation=CITATION)
    shoplifting = IN_MONTANA.but(offense_code="2303")
    return (
        *(shoplifting.but(charge_citation=section) for section in SERIOUS_SECTIONS),
        *(shoplifting.but(charge_citation=one) for one in (CITATION, "MCA 45-6-301", None)),
        *(IN_MONTANA.but(charge_citation=one) for one in ("MCA 45-6-301", "45-5-201, mca", "MCA 45-5-504")),
        *(elsewhere.but(offense_code=code) for code in ("1010", "1199", "6411", "9999", None)),
        *(elsewhere.but(offense_level=level) for level in ("below-serious", None)),
        shoplifting.but(charge_citation=CITATION, offense_level="below-serious"),
        IN_MONTANA.but(charge_citation="MCA 45-6-301", offense_level="below-serious"),
        IN_MONTANA.but(charge_citation=None, offense_level="below-serious"),
        IN_MONTANA.but(instrument=ORDER),
        IN_MONTANA.knowing(operator=replace(JUSTICE, trained=False)),
        IN_MONTANA.but(operator="self").knowing(requester=JUSTICE),
    )


def _utah_cases() -> tuple[Asked, ...]:
    """Questions that single changes of the base do not reach."""
    violent = IN_UTAH.but(offense_level="violent", felony=False, charge_citation=None)
    shoplifting = IN_UTAH.but(offense_code="2303")
    unknown = IN_UTAH.but(
        purpose="at_risk_person", probe_role="at_risk", offense_level="any", suspicion="none", felony=False
    )
    agencies = [AgencyFacts(known=True, agency_class=name) for name in sorted(AGENCY_CLASSES)]
    lone = replace(EXAMINER, agency_class="sheriff")
    return (
        *(
            IN_UTAH.but(purpose=one, probe_role=role)
            for one in sorted(PURPOSES)
            for role in sorted(PROBE_ROLES)
        ),
        *(unknown.but(purpose=one, probe_role=role) for one in UNIDENTIFIED for role in sorted(PROBE_ROLES)),
        *(
            unknown.but(purpose="threat_to_life", offense_level=level)
            for level in ("any", "violent", "felony")
        ),
        *(IN_UTAH.but(on_behalf_of="CO0300000").knowing(agency=one) for one in agencies),
        *(IN_UTAH.but(on_behalf_of="CO0300000").knowing(beneficiary=one) for one in agencies),
        *(violent, violent.but(felony=True), violent.but(charge_citation=CITATION)),
        *(violent.but(offense_level=level) for level in ("felony", "any")),
        *(violent.but(offense_code=code) for code in ("2303", "9999", None)),
        *(shoplifting, shoplifting.but(offense_level="violent"), shoplifting.but(offense_level="any")),
        *(shoplifting.but(felony=False), shoplifting.but(charge_citation=None)),
        shoplifting.but(felony=False, charge_citation=None),
        IN_UTAH.but(offense_code=None, felony=False),
        unknown.but(fact_narrative=None),
        unknown.but(purpose=None),
        unknown.but(offense_code=None),
        IN_UTAH.but(gallery="mugshot").knowing(operator=lone),
        IN_UTAH.but(gallery=None).knowing(operator=lone),
        IN_UTAH.but(gallery="mugshot").knowing(operator=replace(FACTS.operator, trained=False)),
    )


LAWS = (
    Law("mt-44-15", IN_MONTANA, montana, _montana_cases()),
    Law("ut-77-23e", IN_UTAH, utah, _utah_cases()),
)
