"""The FBI's two face services and the template of the Bureau of Justice Assistance in plain Python."""

from __future__ import annotations

from dataclasses import replace

from asked import FACTS, GOOD, Asked, Law
from twin_gate import case_number_ok, code_of
from twin_people import examined, operator_of

from facegate.policy.facts import EXAMINER, AgencyFacts
from facegate.request import PROBE_SOURCES, PURPOSES


def ngi_ips(asked: Asked) -> set[str]:
    request, operator = asked.request, operator_of(asked)
    bureau = operator.agency_class in {"state_police", "justice_department", "fbi"}
    broken = {
        "PURPOSE": request.purpose not in {"criminal_investigation", "fugitive", "human_trafficking"},
        "BUREAU": not (operator.known and operator.active and bureau),
        "LIST": request.candidate_limit not in range(2, 51),
        "LEVEL-ANY": request.offense_level != "any",
    }
    return {f"NGI-{rule}" for rule, is_broken in broken.items() if is_broken}


def face_services(asked: Asked) -> set[str]:
    request, facts = asked.request, asked.facts
    broken = {
        "REQUESTER": facts.agency.agency_class != "fbi",
        "OPEN-CASE": not (case_number_ok(request.case_number) and facts.gate.case_registered),
        "EXAMINER": not examined(asked),
        "LIST": request.candidate_limit not in {1, 2},
        "LEVEL-ANY": request.offense_level != "any",
    }
    return {f"FACE-{rule}" for rule, is_broken in broken.items() if is_broken}


def template(asked: Asked) -> set[str]:
    request = asked.request
    whole = (
        case_number_ok(request.case_number)
        and code_of(request) is not None
        and request.purpose in PURPOSES
        and request.probe_source in PROBE_SOURCES
    )
    broken = {
        "RECORD": not whole,
        "EXAMINER": not examined(asked),
        "LEVEL-ANY": request.offense_level != "any",
    }
    return {f"BJA-{rule}" for rule, is_broken in broken.items() if is_broken}


ANY_LEVEL = replace(GOOD, offense_level="any")
NGI_IPS = Asked(
    replace(ANY_LEVEL, profile="fbi-ngi-ips", action="crossJurisdiction"),
    replace(FACTS, operator=replace(EXAMINER, agency_class="state_police")),
)
FACE = Asked(
    replace(ANY_LEVEL, profile="fbi-face", action="crossJurisdiction", candidate_limit=2),
    replace(
        FACTS,
        operator=replace(EXAMINER, agency_class="fbi"),
        agency=AgencyFacts(known=True, agency_class="fbi"),
    ),
)
BJA = Asked(replace(ANY_LEVEL, profile="bja-template"), replace(FACTS, operator=EXAMINER))

LAWS = (
    Law("fbi-ngi-ips", NGI_IPS, ngi_ips),
    Law("fbi-face", FACE, face_services),
    Law("bja-template", BJA, template),
)
