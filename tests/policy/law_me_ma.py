"""The laws of Maine and Massachusetts in plain Python, written from summaries and not from the Cedar."""

from __future__ import annotations

from dataclasses import replace

from asked import CITATION, EXIGENCY, FACTS, GOOD, ORDER, WARRANT, Asked, Law
from twin_gate import (
    citation_ok,
    code_of,
    emergency,
    operator_stated,
    ori_ok,
    paper_kind,
    stated,
    suspicion,
)

from facegate.request import PROBE_ROLES


def _codes(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{code:04d}" for first, last in ranges for code in range(first, last + 1))


MAINE_SERIOUS = _codes(
    *[(901, 908), (911, 912), (999, 999)],  # homicide, not by negligence
    *[(1001, 1009), (1011, 1011), (1099, 1099)],  # kidnapping, not by a parent
    *[(1101, 1115), (1118, 1119), (1122, 1122), (1198, 1198)],  # rape, sexual assault by force
    *[(1201, 1212), (1299, 1299), (1301, 1312), (1314, 1315)],  # robbery, aggravated assault
    *[(5001, 5002), (5015, 5015)],  # bail violations
)
IN_NEED = {"deceased", "missing", "at_risk"}


def operator_of(asked: Asked, classes: set[str]) -> bool:
    """Tell whether a registered person of one of these classes of agency runs the comparison."""
    request, facts = asked.request, asked.facts
    operator = facts.requester if request.operator in {"self", request.requester} else facts.operator
    return operator_stated(asked) and operator.known and operator.active and operator.agency_class in classes


def own_work(asked: Asked, agency_class: str, purposes: set[str]) -> bool:
    """Tell whether an agency of that class does this for itself and for one of these purposes."""
    request = asked.request
    for_itself = ori_ok(request.agency) and request.on_behalf_of in {"self", request.agency}
    return asked.facts.agency.agency_class == agency_class and for_itself and request.purpose in purposes


def serious(asked: Asked) -> bool:
    code = code_of(asked.request)
    felony = asked.request.felony and citation_ok(asked.request.charge_citation)
    return code is not None and (code in MAINE_SERIOUS or felony)


def maine(asked: Asked) -> set[str]:
    request = asked.request
    excused = request.probe_role in IN_NEED or own_work(
        asked, "license_authority", {"identity_document_fraud"}
    )
    right_level = "serious" if serious(asked) else "below-serious"
    level_claimed = code_of(request) is not None and stated(request.offense_level)
    broken = {
        "PERSON": request.probe_role not in IN_NEED | {"suspect"},
        "PROBABLE-CAUSE": not (excused or suspicion(asked) == 2),
        "OFFENSE": not (excused or serious(asked)),
        "LEVEL-FITS": level_claimed and request.offense_level != right_level,
        "OPERATOR": not operator_of(asked, {"license_authority", "fbi"}),
    }
    return {f"ME-{rule}" for rule, is_broken in broken.items() if is_broken}


def massachusetts(asked: Asked) -> set[str]:
    excused = own_work(asked, "state_police", {"false_identity_document", "identity_document_fraud"})
    by_court = paper_kind(asked) is not None
    broken = {
        "LEVEL-ANY": asked.request.offense_level != "any",
        "ORDER": not (by_court or emergency(asked) is not None or excused),
        "OPERATOR": not operator_of(asked, {"license_authority", "state_police", "fbi"}),
    }
    return {f"MA-{rule}" for rule, is_broken in broken.items() if is_broken}


MAINE = Asked(replace(GOOD, profile="me-25-6001", offense_level="serious", suspicion="probable_cause"))
MASSACHUSETTS = Asked(replace(GOOD, profile="ma-6-220", offense_level="any", instrument=ORDER))


def _own_work_cases(bare: Asked, agency_class: str, purposes: tuple[str, ...]) -> tuple[Asked, ...]:
    """Ask for an agency's own work on no other ground: whole, and with each part of it missing."""
    owner = replace(FACTS.agency, agency_class=agency_class)
    own = bare.knowing(agency=owner).but(purpose=purposes[0])
    return (
        *(own.but(purpose=purpose) for purpose in purposes),
        own.but(purpose="fugitive"),
        own.but(purpose=None),
        own.but(on_behalf_of=own.request.agency),
        own.but(on_behalf_of="CO0300000"),
        own.but(on_behalf_of="CO0300000", purpose="fugitive"),
        own.but(on_behalf_of=None),
        own.but(agency=None),
        own.knowing(agency=FACTS.agency),
        own.knowing(agency=FACTS.agency).but(on_behalf_of="CO0300000"),
    )


def _maine_cases() -> tuple[Asked, ...]:
    shoplifting = MAINE.but(offense_code="2303", offense_level="below-serious")
    felony = shoplifting.but(felony=True, charge_citation=CITATION, offense_level="serious")
    found = shoplifting.but(suspicion=None)
    return (
        shoplifting,
        shoplifting.but(offense_level="any"),
        shoplifting.but(felony=True),
        shoplifting.but(charge_citation=CITATION),
        felony,
        felony.but(offense_level="below-serious"),
        felony.but(offense_code=None),
        *(found.but(probe_role=role) for role in (*sorted(PROBE_ROLES), None)),
        found.but(probe_role="missing", offense_level="serious"),
        found.but(probe_role="missing", offense_level="any"),
        found.but(probe_role="missing", felony=True, offense_level="serious"),
        found.but(probe_role="missing", charge_citation=CITATION, offense_level="serious"),
        found.but(probe_role="missing", suspicion="probable_cause"),
        MAINE.but(probe_role="missing", suspicion="reasonable"),
        MAINE.but(probe_role="missing", felony=True, charge_citation=CITATION),
        MAINE.but(felony=True, charge_citation=CITATION),
        *_own_work_cases(found, "license_authority", ("identity_document_fraud",)),
    )


def _massachusetts_cases() -> tuple[Asked, ...]:
    bare = MASSACHUSETTS.but(instrument=None)
    return (
        bare,
        bare.but(instrument=WARRANT),
        bare.but(exigency=EXIGENCY),
        bare.but(exigency=replace(EXIGENCY, declared_by="8841")),
        MASSACHUSETTS.but(exigency=EXIGENCY),
        *_own_work_cases(bare, "state_police", ("identity_document_fraud", "false_identity_document")),
    )


LAWS = (
    Law("me-25-6001", MAINE, maine, _maine_cases()),
    Law("ma-6-220", MASSACHUSETTS, massachusetts, _massachusetts_cases()),
)
