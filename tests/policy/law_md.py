"""Maryland's list of twelve items in plain Python, with its limits on protected activity and databases."""

from __future__ import annotations

from dataclasses import replace

from asked import CITATION, GOOD, Asked, Law
from law_va import runs
from twin_gate import code_of, section_of, stated, suspicion, word_ok

from facegate.request import PROBE_ROLES, PURPOSES


def _codes(*ranges: tuple[int, int]) -> frozenset[str]:
    return frozenset(f"{code:04d}" for first, last in ranges for code in range(first, last + 1))


SECTIONS = (
    *("MD CR 14-101", "MD CR 3-601", "MD CR 11-207", "MD CR 10-304"),  # items 1, 3, 4, 5
    *("MD CR 4-102", "MD CR 4-103", "MD CR 4-203(a)(1)(iii)", "MD CR 4-203(a)(1)(iv)"),  # item 6
    *("MD CR 4-204", "MD CR 4-303(a)(2)"),
    *("MD PS 5-138", "MD PS 5-140", "MD PS 5-141", "MD PS 5-207(c)(16)"),  # item 7
    *("MD PS 5-406(a)(3)", "MD PS 5-703(a)"),
    *("MD CR 10-606", "MD CR 10-607", "MD CR 5-614(a)(1)(xii)", "MD CR 3-802"),  # items 8, 9, 10
)
TRAFFICKING = "MD CR 3-11"  # item 2: title 3, subtitle 11
LISTED_CODES = _codes(
    *[(901, 908), (911, 912), (999, 999), (1001, 1009), (1011, 1011), (1099, 1099)],  # item 1
    *[(1101, 1115), (1118, 1119), (1122, 1122), (1198, 1198), (1201, 1212), (1299, 1299)],
    *[(1301, 1312), (1314, 1315), (2001, 2002), (2006, 2006), (2008, 2008)],
    *[(3802, 3802), (5217, 5217), (6401, 6406), (6411, 6411)],  # items 3, 7, 4, 2
)
THREATS = ("public_safety_threat", "national_security")  # item 11
UNRESTRICTED = {
    "missing_person": "missing",
    "deceased_person": "deceased",
    "incapacitated_person": "incapacitated",
}


def listed(asked: Asked) -> bool:
    """Tell whether the crime is one of the twelve items, as far as a request can show it."""
    request = asked.request
    section = section_of(request)
    if request.purpose in THREATS and stated(request.fact_narrative):
        return True
    if section is None:
        return False
    by_section = section in {one.upper() for one in SECTIONS} or section.startswith(TRAFFICKING)
    of_this_law = section.startswith("MD ") or request.purpose == "fugitive"
    return by_section or (of_this_law and code_of(request) in LISTED_CODES)


def level_fits(asked: Asked) -> bool:
    level = asked.request.offense_level
    if asked.request.purpose in UNRESTRICTED:
        return level == "any"
    return word_ok(level) and (level == "listed") == listed(asked)


def maryland(asked: Asked) -> set[str]:
    request = asked.request
    free = request.purpose in UNRESTRICTED
    shown = UNRESTRICTED.get(request.purpose or "", request.probe_role)
    protected = request.first_amendment is True or request.setting in {"protest", "worship"}
    broken = {
        "MD-OFFENSE": not (free or listed(asked)),
        "MD-LEVEL-FITS": stated(request.offense_level) and not level_fits(asked),
        "MD-PERSON": request.purpose not in PURPOSES
        or request.probe_role not in PROBE_ROLES
        or request.probe_role != shown,
        "MD-PROTECTED": protected and suspicion(asked) < 1,
        "MD-DATABASE": not free and request.gallery not in {"dl", "mugshot"},
        "MD-TRAINED": not runs(asked),
    }
    return {rule for rule, is_broken in broken.items() if is_broken}


BASE = Asked(replace(GOOD, profile="md-2-501", offense_level="listed", charge_citation="MD CR 3-402"))


def _cases() -> tuple[Asked, ...]:
    """Questions that single changes of the base do not reach."""
    shoplifting = BASE.but(offense_code="2303")
    bare = shoplifting.but(charge_citation=None)
    missing = bare.but(purpose="missing_person", probe_role="missing", offense_level="any")
    elsewhere = BASE.but(charge_citation=CITATION)
    return (
        *(shoplifting.but(charge_citation=section) for section in SECTIONS),
        *(
            shoplifting.but(charge_citation=one)
            for one in ("MD CR 3-1102", "MD CR 3-402", "MD CR 3-1", CITATION)
        ),
        *(
            shoplifting.but(offense_level="not-listed", charge_citation=one)
            for one in (CITATION, "MD CR 3-402")
        ),
        *(BASE.but(offense_code=code) for code in ("0909", "1010", "1316", "5217", None)),
        *(bare, bare.but(offense_level="not-listed"), BASE.but(charge_citation=None)),
        *(elsewhere, elsewhere.but(purpose="fugitive"), shoplifting.but(purpose="fugitive")),
        *(elsewhere.but(purpose="fugitive", offense_code=code) for code in ("2303", "9999", None)),
        *(elsewhere.but(purpose=None), elsewhere.but(offense_level="not-listed")),
        *(elsewhere.but(purpose="fugitive", offense_level="not-listed"), BASE.but(purpose="fugitive")),
        BASE.but(purpose="fugitive", charge_citation=None),
        *(bare.but(purpose=one) for one in ("public_safety_threat", "national_security")),
        *(
            bare.but(purpose=one, fact_narrative=None)
            for one in ("public_safety_threat", "national_security")
        ),
        bare.but(purpose="public_safety_threat", offense_level="not-listed"),
        *(missing.but(purpose=one, probe_role=role) for one in UNRESTRICTED for role in PROBE_ROLES),
        *(missing.but(offense_level=level) for level in ("listed", "not-listed", None)),
        *(missing.but(purpose=None), BASE.but(purpose="missing_person", probe_role="missing")),
        *(missing.but(purpose=one, gallery=name) for one in UNRESTRICTED for name in ("press", None)),
        *(BASE.but(gallery=name) for name in ("press", "mugshot")),
        *(BASE.but(first_amendment=True, suspicion=one) for one in ("none", "reasonable", None)),
        *(BASE.but(setting=one, suspicion="none") for one in ("protest", "worship", "private", None)),
        *(BASE.but(setting=one, suspicion=None) for one in ("protest", "worship", "private")),
        missing.but(first_amendment=True, suspicion="none"),
        BASE.but(suspicion="none", first_amendment=None),
    )


LAWS = (Law("md-2-501", BASE, maryland, _cases()),)
