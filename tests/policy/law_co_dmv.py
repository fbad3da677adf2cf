"""The two readings of the Colorado memo in plain Python, written from the memo."""

from __future__ import annotations

from dataclasses import replace

from asked import CITATION, FACTS, GOOD, Asked, Law
from twin_gate import case_number_ok, citation_ok, code_of, digest_ok, operator_stated, stated, word_ok

from facegate.policy.facts import EXAMINER
from facegate.request import DOSSIER_FIELDS


def _codes(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{code:04d}" for first, last in ranges for code in range(first, last + 1))


LEVEL_1_CODES = _codes(
    *[(101, 105), (199, 199)],  # national security violations
    *[(901, 913), (999, 999), (1001, 1011), (1020, 1021), (1099, 1099)],  # homicide, kidnapping
    *[(1101, 1123), (1198, 1199), (1201, 1212), (1299, 1299)],  # sexual assault, robbery
    *[(1301, 1312), (1314, 1315), (1601, 1602), (2101, 2105), (2199, 2199)],  # assault, threats, extortion
    *[(3601, 3623), (3699, 3699), (3802, 3803), (4801, 4801)],  # sex offenses, cruelty, resisting
    *[(5201, 5217), (5299, 5299)],  # weapons
)


def level_1(asked: Asked, *, strict: bool) -> bool:
    listed = code_of(asked.request) in LEVEL_1_CODES
    felony = asked.request.felony and citation_ok(asked.request.charge_citation)
    return (listed and felony) if strict else (listed or felony)


def colorado(asked: Asked, prefix: str, *, strict: bool) -> set[str]:
    request, facts = asked.request, asked.facts
    code = code_of(request)
    is_level_1 = code is not None and level_1(asked, strict=strict)
    readable = word_ok(request.offense_level)
    fits = readable and (request.offense_level == "1") == is_level_1
    operator = facts.requester if request.operator in {"self", request.requester} else facts.operator
    runs = operator_stated(asked) and operator.known and operator.active
    runs = runs and operator.agency_class == "license_authority"
    asked_for = set(request.dossier_fields)
    broken = {
        "CASE-NUMBER": not case_number_ok(request.case_number),
        "LEVEL-1": not is_level_1,
        "LEVEL-FITS": code is not None and stated(request.offense_level) and not fits,
        "DUTY": not stated(request.duty_statement),
        "RELEASE-FORM": not (digest_ok(request.release_form) and facts.gate.release_form_on_file),
        "FEDERAL": facts.agency.agency_class in {"federal", "fbi", "immigration"}
        and not case_number_ok(request.incident_number),
        "MVIU": request.action == "imageComparison" and not (runs and operator.unit == "MVIU"),
        "LECC": request.action == "dossier" and not (runs and operator.unit == "LECC"),
        "DOSSIER-FIELDS": request.action == "dossier" and not (asked_for and asked_for <= DOSSIER_FIELDS),
    }
    return {f"{prefix}-{rule}" for rule, is_broken in broken.items() if is_broken}


def listed_or_felony(asked: Asked) -> set[str]:
    return colorado(asked, "CO", strict=False)


def listed_and_felony(asked: Asked) -> set[str]:
    return colorado(asked, "COS", strict=True)


BASE = Asked(GOOD)
FELONY = BASE.but(profile="co-dmv-2019-strict", felony=True, charge_citation=CITATION)


def _cases(base: Asked) -> tuple[Asked, ...]:
    """Questions that single changes of the base do not reach."""
    lecc = replace(EXAMINER, unit="LECC", agency_class="license_authority")
    dossier = base.but(action="dossier", dossier_fields=("name", "photo")).knowing(operator=lecc)
    larceny = base.but(offense_code="2303")
    return (
        dossier,
        dossier.but(dossier_fields=()),
        dossier.knowing(operator=replace(lecc, known=False)),
        dossier.knowing(operator=replace(lecc, active=False)),
        dossier.knowing(operator=FACTS.operator),
        dossier.but(operator=None),
        dossier.knowing(operator=replace(lecc, agency_class="police")),
        larceny.but(felony=True, charge_citation=CITATION),
        larceny.but(felony=True, charge_citation=CITATION, offense_level="below-1"),
        larceny.but(felony=False, offense_level="below-1"),
        larceny.but(felony=False, charge_citation=CITATION),
        larceny.but(felony=True, charge_citation=None),
        base.but(felony=False, charge_citation=None),
        base.but(felony=True, charge_citation=None),
        base.but(felony=False, charge_citation=CITATION, offense_level="below-1"),
        base.knowing(agency=replace(FACTS.agency, agency_class="federal")).but(incident_number=None),
        base.knowing(agency=replace(FACTS.agency, agency_class="fbi")).but(incident_number=None),
    )


LAWS = (
    Law("co-dmv-2019", BASE, listed_or_felony, _cases(BASE)),
    Law("co-dmv-2019-strict", FELONY, listed_and_felony, _cases(FELONY)),
)
