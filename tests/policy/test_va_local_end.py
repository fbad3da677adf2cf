"""Virginia lets local police search until 1 July 2026; the State Police go on, and are no way around it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from asked import Asked, failed, shipped_engine
from law_va import BASE

from facegate.policy.facts import AgencyFacts

ENGINE = shipped_engine()
MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
LAST_MOMENT = datetime(2026, 6, 30, 23, 59, 59, 999_000, tzinfo=UTC)
LOCAL = ("police", "sheriff", "campus", "prosecutor", "other")
BY_CLASS = pytest.mark.parametrize("name", LOCAL)


def of_class(name: str) -> Asked:
    agency = AgencyFacts(known=True, agency_class=name)
    return BASE.knowing(agency=agency, beneficiary=agency)


@BY_CLASS
def test_a_local_agency_may_search_up_to_the_last_moment_of_june(name: str) -> None:
    assert failed(ENGINE, of_class(name).at(LAST_MOMENT)) == set()


@BY_CLASS
def test_a_local_agency_is_refused_from_midnight_on(name: str) -> None:
    for later in (timedelta(0), timedelta(milliseconds=1), timedelta(days=145)):
        assert failed(ENGINE, of_class(name).at(MIDNIGHT + later)) == {"VA-LOCAL-END"}


def test_the_state_police_go_on_after_that_day() -> None:
    for moment in (LAST_MOMENT, MIDNIGHT, MIDNIGHT + timedelta(days=3650)):
        assert failed(ENGINE, BASE.at(moment)) == set()


def test_the_state_police_are_no_way_around_the_end_for_a_local_agency() -> None:
    police = AgencyFacts(known=True, agency_class="police")
    asked = BASE.but(on_behalf_of="VA0300000").knowing(beneficiary=police)
    assert failed(ENGINE, asked.at(LAST_MOMENT)) == set()
    assert failed(ENGINE, asked.at(MIDNIGHT)) == {"VA-LOCAL-END"}


def test_the_day_turns_in_utc_wherever_the_clock_stands() -> None:
    in_virginia = datetime(2026, 6, 30, 20, 0, tzinfo=timezone(timedelta(hours=-4)))
    assert failed(ENGINE, of_class("police").at(in_virginia)) == {"VA-LOCAL-END"}
