"""Requests for the policy tests: golden ones with their outcome, random ones, and a plain-Python twin.

The twin is written from the memo and the field rules, not from the Cedar text: it shares with facegate only
the list of codes that exist.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any

from facegate.policy.engine import PolicyEngine
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import GATE_RULES, SHIPPED, load_profiles
from facegate.policy.query import IMAGE_COMPARISON, cedar_query
from facegate.records import SearchRequest

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator
    from pathlib import Path

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
GOOD = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    offense_level="1",
    requester="8841",
    agency="CO0160000",
)
CITATION = "C.R.S. 18-4-401"


@cache
def shipped_engine() -> PolicyEngine:
    return PolicyEngine.load()


@dataclass(frozen=True)
class Case:
    """One question and the ids of the rules it must fail; none means permitted."""

    request: SearchRequest
    fails: tuple[str, ...] = ()
    now: datetime = NOW
    action: str = IMAGE_COMPARISON


def good(**changes: Any) -> SearchRequest:  # noqa: ANN401  fields of several types
    return replace(GOOD, **changes)


def larceny(**changes: Any) -> SearchRequest:  # noqa: ANN401  fields of several types
    """Ask on a code that stands under no word of the list and is no catch-all."""
    return good(offense_code="2303", **changes)


GOLDEN = (
    Case(good()),
    Case(good(felony=True, charge_citation=CITATION)),
    Case(good(offense_code="4801")),
    Case(larceny(felony=True, charge_citation=CITATION)),
    Case(good(), now=datetime(2019, 9, 9, tzinfo=UTC)),
    Case(good(), ("FG-IN-FORCE",), now=datetime(2019, 9, 9, tzinfo=UTC) - timedelta(milliseconds=1)),
    Case(good(), now=datetime(9999, 12, 30, 23, 59, tzinfo=UTC)),
    Case(good(), ("FG-IN-FORCE",), now=datetime(9999, 12, 31, tzinfo=UTC)),
    Case(good(), ("CO-ACTION",), action="dossier"),
    Case(good(case_number=None), ("CO-CASE-NUMBER", "FG-CASE-NUMBER")),
    Case(good(case_number="24 1"), ("CO-CASE-NUMBER", "FG-CASE-FORM")),
    Case(good(offense_code=None), ("CO-LEVEL-1", "FG-OFFENSE-CODE")),
    Case(good(offense_code="1213"), ("CO-LEVEL-1", "FG-OFFENSE-KNOWN")),
    Case(good(offense_level=None), ("FG-OFFENSE-LEVEL",)),
    Case(good(offense_level="2"), ("CO-LEVEL-FITS",)),
    Case(good(offense_level="\u0661"), ("CO-LEVEL-FITS",)),
    Case(larceny(), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    Case(larceny(offense_level="below-1"), ("CO-LEVEL-1",)),
    Case(larceny(felony=True), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    Case(larceny(charge_citation=CITATION), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    Case(larceny(felony=True, charge_citation="felony"), ("CO-LEVEL-1", "CO-LEVEL-FITS")),
    Case(larceny(felony=True, charge_citation=CITATION, offense_level="below-1"), ("CO-LEVEL-FITS",)),
    Case(good(offense_code="3602"), ("FG-NEVER",)),
    Case(good(offense_code="1401", felony=True, charge_citation=CITATION), ("FG-NEVER",)),
    Case(good(offense_code="0913"), ("FG-NOT-OFFENSE",)),
    Case(good(offense_code="8004", felony=True, charge_citation=CITATION), ("FG-IMMIGRATION",)),
    Case(good(offense_code="0999"), ("FG-WIDE-HEADING",)),
    Case(good(offense_code="0999", charge_citation=CITATION)),
    Case(good(requester=None), ("FG-REQUESTER",)),
    Case(good(agency=None), ("FG-AGENCY",)),
    Case(
        good(case_number=None, offense_level=None, offense_code="1499"),
        (
            "CO-CASE-NUMBER",
            "CO-LEVEL-1",
            "FG-CASE-NUMBER",
            "FG-NEVER",
            "FG-WIDE-HEADING",
            "FG-OFFENSE-LEVEL",
        ),
    ),
    Case(good(profile="moratorium"), ("MORATORIUM",)),
    Case(good(profile="moratorium", case_number=None), ("MORATORIUM", "FG-CASE-NUMBER")),
)


def failed_ids(engine: PolicyEngine, case: Case) -> tuple[str, ...]:
    """Ask the engine; what it permits fails nothing."""
    profile = engine.profile(case.request.profile)
    query = cedar_query(
        case.request,
        profile=profile.name,
        period=profile.period,
        now=case.now,
        catalogue=engine.catalogue,
        action=case.action,
    )
    failed, _ = engine._answer(profile, query)
    return tuple(rule.rule_id for rule in failed)


def shipped_copy(folder: Path) -> Path:
    """Copy the shipped profiles, and the gate rules beside their folder, to where a test may spoil them."""
    shutil.copytree(SHIPPED, folder / "profiles")
    shutil.copy(GATE_RULES, folder / GATE_RULES.name)
    return folder / "profiles"


def engine_of(profiles: Path) -> PolicyEngine:
    """Load a copy made by `shipped_copy`, with the gate rules beside it."""
    catalogue = OffenseCatalogue.load()
    gate_rules = profiles.parent / GATE_RULES.name
    schema, loaded = load_profiles(profiles, catalogue=catalogue, gate_rules=gate_rules)
    return PolicyEngine(loaded, schema, catalogue)


CODES = tuple(one.code for one in OffenseCatalogue.load())
CASE_NUMBERS = (
    "24-001234",
    "7",
    "A/1.b-2",
    "x" * 63 + "1",
    None,
    "",
    " ",
    "24 1",
    "ABC",
    "24-1\n",
    "2\u04304",
)
LEVELS = ("1", "below-1", "2", "", None, "Level 1", "\uff11")
OFFICERS = ("8841", "a.b_c-d", None, "", " 8841", "-1", "9" * 33, "8841\u200b")
AGENCIES = ("CO0160000", "DCICE0100", None, "", "co0160000", "CO016000", "CO01600000", "C\u041e0160000")
CITATIONS = (CITATION, "\u00a7 187", None, "", "felony", " 18-4", "18-4\n", "1" * 201)


def random_request(source: random.Random) -> SearchRequest:
    """Draw a request: each field good about four times in five, so that permits and refusals both come."""

    def draw(pool: tuple[str | None, ...], usual: str | None) -> str | None:
        return usual if source.random() < 0.8 else source.choice(pool)

    code = source.choice((*CODES, "9999", "12a1", "", None)) if source.random() < 0.9 else "1201"
    return SearchRequest(
        profile="moratorium" if source.random() < 0.1 else "co-dmv-2019",
        case_number=draw(CASE_NUMBERS, "24-001234"),
        offense_code=code,
        offense_level=draw(LEVELS, "1"),
        felony=source.random() < 0.6,
        charge_citation=draw(CITATIONS, CITATION),
        requester=draw(OFFICERS, "8841"),
        agency=draw(AGENCIES, "CO0160000"),
    )


def random_time(source: random.Random) -> datetime:
    """Draw a time around the day the memo takes effect, or long after it."""
    start = datetime(2019, 9, 9, tzinfo=UTC)
    if source.random() < 0.1:
        return start + timedelta(milliseconds=source.randint(-1000, 1000))
    return NOW


def without_one_field(request: SearchRequest) -> Iterator[SearchRequest]:
    """Leave out each field in turn."""
    yield replace(request, case_number=None)
    yield replace(request, offense_code=None)
    yield replace(request, offense_level=None)
    yield replace(request, charge_citation=None)
    yield replace(request, requester=None)
    yield replace(request, agency=None)
    yield replace(request, felony=False)


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
NEVER = {"3602", "3603", "3609", "3610", "1401", "1402", "1403", "1404", "1499"}
NOT_OFFENSES = {"0913", "1701", "1702"}
IMMIGRATION = {"0301", "0302", "0303", "0399", "8003", "8004", "8005"}
SEE_MIS = {
    *("2007", "2506", "2507", "2509", "2510", "3613", "4901", "4902", "4903"),
    *("5005", "5011", "5012", "5015", "5099", "7099", "7199", "7299", "7399"),
}
DIGITS = set("0123456789")
LETTERS = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
PRINTABLE = {chr(code) for code in range(32, 127)} | {"\u00a7"}


def _case_number_ok(text: str | None) -> bool:
    plain = LETTERS | DIGITS
    return (
        text is not None
        and 1 <= len(text) <= 64
        and set(text) <= plain | set("-/.")
        and bool(set(text) & DIGITS)
        and text[0] in plain
        and text[-1] in plain
    )


def _citation_ok(text: str | None) -> bool:
    return (
        text is not None
        and 1 <= len(text) <= 200
        and set(text) <= PRINTABLE
        and bool(set(text) & DIGITS)
        and text == text.strip()
    )


def _officer_ok(text: str | None) -> bool:
    plain = LETTERS | DIGITS
    if not text:
        return False
    return len(text) <= 32 and text[0] in plain and set(text) <= plain | set("._-")


def _agency_ok(text: str | None) -> bool:
    capitals = {letter for letter in LETTERS if letter.isupper()}
    return (
        text is not None
        and len(text) == 9
        and set(text[:2]) <= capitals
        and set(text[2:]) <= capitals | DIGITS
    )


def _fits(level: str | None, *, level_1: bool) -> bool:
    """Hold a level to an offense: an unreadable one fits none, of the others only "1" says Level 1."""
    readable = level in {"1", "2", "below-1"}
    return readable and (level == "1") == level_1


def _stated(text: str | None) -> bool:
    return text is not None and text.strip() != ""


def twin(request: SearchRequest, now: datetime) -> set[str]:
    """Decide in plain Python: the ids of the rules a request fails, none meaning permitted."""
    code = request.offense_code if request.offense_code in CODES else None
    cited = _citation_ok(request.charge_citation)
    level_1 = code is not None and (code in LEVEL_1_CODES or (request.felony and cited))
    colorado = request.profile == "co-dmv-2019"
    broken = {
        "MORATORIUM": request.profile == "moratorium",
        "CO-CASE-NUMBER": colorado and not _case_number_ok(request.case_number),
        "CO-LEVEL-1": colorado and not level_1,
        "CO-LEVEL-FITS": colorado
        and code is not None
        and _stated(request.offense_level)
        and not _fits(request.offense_level, level_1=level_1),
        "FG-IN-FORCE": colorado and now < datetime(2019, 9, 9, tzinfo=UTC),
        "FG-CASE-NUMBER": not _stated(request.case_number),
        "FG-CASE-FORM": _stated(request.case_number) and not _case_number_ok(request.case_number),
        "FG-OFFENSE-CODE": not _stated(request.offense_code),
        "FG-OFFENSE-KNOWN": _stated(request.offense_code) and code is None,
        "FG-NEVER": code in NEVER,
        "FG-NOT-OFFENSE": code in NOT_OFFENSES,
        "FG-IMMIGRATION": code in IMMIGRATION,
        "FG-WIDE-HEADING": code is not None and (code[2:] == "99" or code in SEE_MIS) and not cited,
        "FG-OFFENSE-LEVEL": not _stated(request.offense_level),
        "FG-REQUESTER": not _officer_ok(request.requester),
        "FG-AGENCY": not _agency_ok(request.agency),
    }
    return {rule for rule, is_broken in broken.items() if is_broken}
