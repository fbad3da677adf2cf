"""Which offenses a profile admits: counted by asking, and published."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

import pytest
from asked import NOW, WARRANT, shipped_engine
from own_folder import rewritten
from twin_gate import IMMIGRATION, NEVER, NOT_OFFENSES

from facegate.errors import InputError
from facegate.policy.admission import (
    COMPLETE,
    Admission,
    AdmissionCount,
    _kinds,
    admissions,
    count_admissions,
)
from facegate.policy.facts import in_order

if TYPE_CHECKING:
    from facegate.policy.engine import PolicyEngine

ENGINE = shipped_engine()
BY_NAME = pytest.mark.parametrize("name", ENGINE.profiles)
PERMITTING = [name for name, one in ENGINE.profiles.items() if not one.is_overlay]


def counted(name: str, engine: PolicyEngine = ENGINE) -> tuple[int, int]:
    count = count_admissions(admissions(engine, name, NOW))
    return count.on_heading, count.with_felony


def test_colorado_admits_134_on_the_heading_and_443_as_felonies() -> None:
    count = count_admissions(admissions(ENGINE, "co-dmv-2019", NOW))
    assert count == AdmissionCount(n_offenses=462, on_heading=134, with_felony=443)


def test_the_strict_reading_admits_none_on_the_heading_and_134_as_felonies() -> None:
    assert counted("co-dmv-2019-strict") == (0, 134)


@pytest.mark.parametrize("name", ["moratorium", "co-dmv-2019+moratorium"])
def test_the_moratorium_admits_nothing_by_itself_or_over_a_law(name: str) -> None:
    assert counted(name) == (0, 0)


@BY_NAME
def test_a_void_code_and_one_that_is_no_offense_are_in_no_profile(name: str) -> None:
    admitted = admissions(ENGINE, name, NOW)
    for code in NEVER | NOT_OFFENSES | IMMIGRATION:
        assert not admitted[code].on_heading
        assert not admitted[code].with_felony


@pytest.mark.parametrize("name", PERMITTING)
def test_a_law_in_force_admits_something_and_never_all(name: str) -> None:
    on_heading, with_felony = counted(name)
    until = ENGINE.profile(name).period.until
    assert (until is not None and until <= NOW.date()) or with_felony > 0
    assert on_heading <= 443
    assert with_felony <= 443


def test_the_warrant_that_lifts_an_immigration_heading_is_not_counted() -> None:
    request = replace(COMPLETE, profile="co-dmv-2019", offense_code="0301", offense_level="1", felony=True)
    request = replace(request, charge_citation="18-1", instrument=WARRANT)
    assert ENGINE.decide(request, in_order(request), NOW).permitted
    assert not admissions(ENGINE, "co-dmv-2019", NOW)["0301"].with_felony


def test_a_law_for_one_class_of_agency_is_asked_as_that_class() -> None:
    only_fbi = 'forbid (principal, action, resource)\nunless { context.agency.class == "fbi" };'
    text = ENGINE.profile("co-dmv-2019").own_text
    duty = "forbid (principal, action, resource)\nunless { context.dutyStatementGiven };"
    assert duty in text
    assert counted("co-dmv-2019", rewritten(ENGINE, "co-dmv-2019", own=text.replace(duty, only_fbi))) == (
        134,
        443,
    )


def test_a_law_that_serves_another_purpose_is_asked_for_that_purpose() -> None:
    text = ENGINE.profile("co-dmv-2019").own_text
    other = text.replace(
        "{ context.dutyStatementGiven }", '{ context has purpose && context.purpose == "fugitive" }'
    )
    assert other != text
    assert counted("co-dmv-2019", rewritten(ENGINE, "co-dmv-2019", own=other)) == (134, 443)


def test_a_law_that_has_run_out_admits_nothing() -> None:
    text = ENGINE.profile("co-dmv-2019").own_text.replace('@until("")', '@until("2026-11-22")', 1)
    assert counted("co-dmv-2019", rewritten(ENGINE, "co-dmv-2019", own=text)) == (0, 0)


def test_a_law_that_names_a_code_is_asked_code_by_code() -> None:
    text = ENGINE.profile("co-dmv-2019").own_text.replace(
        'context.offense in FaceGate::OffenseClass::"CO-Level-1-List" ||',
        'context.offense == FaceGate::Offense::"1201" ||',
    )
    admitted = admissions(rewritten(ENGINE, "co-dmv-2019", own=text), "co-dmv-2019", NOW)
    assert [code for code, one in admitted.items() if one.on_heading] == ["1201"]


def test_codes_of_one_kind_are_admitted_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    by_kind = admissions(ENGINE, "co-dmv-2019-strict", NOW)
    law = ENGINE.profile("co-dmv-2019-strict")
    assert len(set(_kinds(ENGINE.catalogue, law).values())) < 60
    monkeypatch.setattr(
        "facegate.policy.admission._kinds", lambda catalogue, _: {o.code: o.code for o in catalogue}
    )
    assert admissions(ENGINE, "co-dmv-2019-strict", NOW) == by_kind


def test_every_code_is_answered_for_in_the_order_of_the_catalogue() -> None:
    admitted = admissions(ENGINE, "co-dmv-2019", NOW)
    assert list(admitted) == [one.code for one in ENGINE.catalogue]
    assert admitted["1201"] == Admission(ENGINE.catalogue.offenses["1201"], on_heading=True, with_felony=True)


def test_an_unknown_profile_is_refused() -> None:
    with pytest.raises(InputError, match="no profile 'nope'"):
        admissions(ENGINE, "nope", NOW)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(InputError, match="a decision needs a time with its zone"):
        admissions(ENGINE, "co-dmv-2019", datetime(2026, 11, 22))  # noqa: DTZ001  what is refused
