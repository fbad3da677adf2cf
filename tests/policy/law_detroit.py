"""Detroit's directive 307.5 and the Williams settlement in plain Python, from what is known of them."""

from __future__ import annotations

from dataclasses import replace

from asked import FACTS, GOOD, WARRANT, Asked, Law
from twin_gate import NIBRS_IMMIGRATION, code_of, section_of, stated, suspicion, word_ok
from twin_people import approver_of, beneficiary_of, examined

from facegate.policy.facts import EXAMINER, AgencyFacts
from facegate.request import PURPOSES

HOMICIDES = {"0901", "0902", "0903", "0904", "0905", "0906", "0907", "0908", "0911", "0912", "0999"}
SEXUAL_ASSAULTS = {f"{code}" for code in range(1101, 1124) if code != 1116} | {"1198", "1199"}
ROBBERIES = {f"{code}" for code in range(1201, 1213)} | {"1299"}
AGGRAVATED_ASSAULTS = {f"{code}" for code in range(1301, 1313)} | {"1314", "1315"}
PART_1 = HOMICIDES | SEXUAL_ASSAULTS | ROBBERIES | AGGRAVATED_ASSAULTS
DWELLINGS = {"2202", "2204"}
HOME_INVASION_1 = "MCL 750.110a(2)"


def detroit(asked: Asked) -> set[str]:
    request, code = asked.request, code_of(asked.request)
    violent = code in PART_1
    invaded = code in DWELLINGS and section_of(request) in {"MCL 750.110A(2)", "M.C.L. 750.110A(2)"}
    wanted = "part-1" if violent else "home-invasion-1" if invaded else None
    level = request.offense_level if word_ok(request.offense_level) else None
    fits = code is not None and level is not None
    fits = fits and (level == wanted if wanted else level not in {"part-1", "home-invasion-1"})
    broken = {
        "SUSPICION": suspicion(asked) < 1,
        "OFFENSE": not (violent or invaded),
        "LEVEL-FITS": not fits,
        "IMMIGRATION": for_immigration(asked),
        "EXAMINER": not examined(asked),
        "SUPERVISOR": not _by_supervisor(asked),
    }
    return {f"DET-{rule}" for rule, is_broken in broken.items() if is_broken}


def for_immigration(asked: Asked) -> bool:
    """Tell whether immigration is served, or not ruled out: 3.6 knows no exception."""
    request, beneficiary = asked.request, beneficiary_of(asked)
    return (
        request.purpose not in PURPOSES - {"immigration_enforcement"}
        or beneficiary is None
        or "immigration" in {beneficiary.agency_class, asked.facts.agency.agency_class}
        or request.offense_nibrs in NIBRS_IMMIGRATION
    )


def _by_supervisor(asked: Asked) -> bool:
    who = approver_of(asked)
    return who.known and who.active and who.role == "supervisor"


def williams(asked: Asked) -> set[str]:
    """Ask for facts and suspicion before a photo or record of somebody shown leaves."""
    request = asked.request
    leaves = request.action in {"dossier", "enrichment"}
    broken = {
        "EVIDENCE": leaves and not (stated(request.fact_narrative) and suspicion(asked) >= 1),
        "TRAINED": not asked.facts.requester.trained,
    }
    return {f"WIL-{rule}" for rule, is_broken in broken.items() if is_broken}


DETROIT = Asked(
    replace(GOOD, profile="detroit-307.5", offense_level="part-1"),
    replace(FACTS, operator=EXAMINER),
)
IMMIGRATION = AgencyFacts(known=True, agency_class="immigration")


def _levels_of(base: Asked) -> tuple[Asked, ...]:
    """Claim each level for a burglary of a dwelling and for a larceny, charged and not."""
    return tuple(
        base.but(offense_code=code, charge_citation=citation, offense_level=level)
        for code in ("2202", "2204", "2203", "1201", None)
        for citation in (HOME_INVASION_1, "M.C.L. 750.110a(2)", "MCL 750.110a(3)", None)
        for level in ("part-1", "home-invasion-1", "other", None)
    )


DOSSIER = Asked(
    replace(GOOD, action="dossier", dossier_fields=("name", "photo")),
    replace(FACTS, operator=replace(EXAMINER, unit="LECC", agency_class="license_authority")),
    overlays=("williams-2024",),
)

LAWS = (
    Law(
        "detroit-307.5",
        DETROIT,
        detroit,
        (
            *_levels_of(DETROIT),
            DETROIT.but(purpose="immigration_enforcement", instrument=WARRANT),
            DETROIT.but(on_behalf_of="CO0300000").knowing(beneficiary=IMMIGRATION),
            DETROIT.but(on_behalf_of="CO0300000").knowing(agency=IMMIGRATION),
        ),
    ),
    Law(
        "williams-2024",
        DOSSIER,
        williams,
        tuple(
            DOSSIER.but(action=action, **without)
            for action in ("dossier", "enrichment", "imageComparison", "crossJurisdiction")
            for without in ({}, {"fact_narrative": None}, {"suspicion": "none"}, {"suspicion": None})
        ),
    ),
)
