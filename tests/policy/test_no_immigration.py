"""T27: immigration use through another code, agency or channel: never without a judicial warrant.

Each test runs over every shipped profile. By default each code meets each class of agency, and each class
each channel; every combination of code, class, channel, action and paper, under overlays too, is slow.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING

import pytest
from asked import CITATION, ORDER, WARRANT, Asked, failed, shipped_engine
from laws import LAWS

from facegate.policy.facts import AgencyFacts
from facegate.request import AGENCY_CLASSES, CHANNELS, Action

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

ENGINE = shipped_engine()
NCIC = ("0301", "0302", "0303", "0399", "8003", "8004", "8005")
NIBRS = ("30A", "30B", "30C", "30D", "49C")
CODES = (*({"offense_code": code} for code in NCIC), *({"offense_nibrs": code} for code in NIBRS))
NO_WARRANT = (None, ORDER, replace(WARRANT, expires="2026-11-21"), replace(WARRANT, kind="exigent"))
OVERLAY = "no-immigration"

# What a text is laid over stands in its base; the felony clause is the back door that a block on 03xx leaves.
BASES = {
    name: law.base.but(felony=True, charge_citation=CITATION, instrument=None) for name, law in LAWS.items()
}
PROFILES = [name for name, base in BASES.items() if not base.overlays]
OPEN = [name for name in PROFILES if not failed(ENGINE, LAWS[name].base)]
BY_PROFILE = pytest.mark.parametrize("name", PROFILES)


def by_agencies(base: Asked, pairs: Iterable[tuple[str, str]]) -> Iterator[Asked]:
    """Ask as, and on behalf of, an agency of a class, through a channel."""
    for agency_class, channel in pairs:
        agency = AgencyFacts(known=True, agency_class=agency_class)
        asked = base.but(channel=channel)
        yield asked.knowing(agency=agency)
        yield asked.but(on_behalf_of="CO0300000").knowing(beneficiary=agency)


def each_class(turn: int) -> Iterator[tuple[str, str]]:
    """Pair each class with one channel, another at each turn: three turns make every pair."""
    for number, agency_class in enumerate(sorted(AGENCY_CLASSES)):
        yield agency_class, sorted(CHANNELS)[(number + turn) % len(CHANNELS)]


def served(base: Asked) -> Iterator[Asked]:
    """Ask on another code, by and for an immigration agency, and to enforce immigration law."""
    agency = AgencyFacts(known=True, agency_class="immigration")
    for channel in sorted(CHANNELS):
        asked = base.but(channel=channel)
        yield asked.knowing(agency=agency)
        yield asked.but(on_behalf_of="CO0300000").knowing(beneficiary=agency)
        yield asked.but(purpose="immigration_enforcement")


@BY_PROFILE
def test_each_immigration_code_is_refused_to_each_agency_class_and_on_each_channel(name: str) -> None:
    for turn, code in enumerate(CODES):
        for asked in by_agencies(BASES[name].but(**code), each_class(turn)):
            assert "FG-IMMIGRATION" in failed(ENGINE, asked), asked


@BY_PROFILE
def test_each_immigration_code_is_refused_on_each_action_whatever_paper_is_no_warrant(name: str) -> None:
    for (turn, code), (number, action) in product(enumerate(CODES), enumerate(Action)):
        paper = NO_WARRANT[(turn + number) % len(NO_WARRANT)]
        asked = BASES[name].but(action=action, instrument=paper, **code)
        assert "FG-IMMIGRATION" in failed(ENGINE, asked), asked


@BY_PROFILE
def test_an_immigration_agency_is_refused_on_each_action_as_requester_and_as_beneficiary(name: str) -> None:
    for action, paper in product(Action, (None, ORDER)):
        for asked in served(BASES[name].but(action=action, instrument=paper)):
            assert "FG-IMMIGRATION-AGENCY" in failed(ENGINE, asked), asked


@pytest.mark.parametrize("name", OPEN)
def test_the_overlay_refuses_the_same_under_its_own_name(name: str) -> None:
    base = replace(BASES[name], overlays=(OVERLAY,))
    for action in Action:
        for code in CODES:
            assert "NOIM-CODE" in failed(ENGINE, base.but(action=action, **code))
        for asked in served(base.but(action=action)):
            assert {"NOIM-AGENCY", "NOIM-PURPOSE"} & failed(ENGINE, asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", BASES)
def test_no_code_class_channel_action_and_paper_together_pass_without_a_warrant(name: str) -> None:
    pairs = [*product(sorted(AGENCY_CLASSES), sorted(CHANNELS))]
    for action, code, paper in product(Action, CODES, (None, ORDER)):
        for asked in by_agencies(BASES[name].but(action=action, instrument=paper, **code), pairs):
            assert "FG-IMMIGRATION" in failed(ENGINE, asked), asked


def test_the_overlay_lets_through_what_each_profile_permits_and_does_not_serve_immigration() -> None:
    overlaid = [replace(LAWS[name].base, overlays=(OVERLAY,)) for name in OPEN]
    assert len(OPEN) >= 5
    assert [failed(ENGINE, asked) for asked in overlaid] == [set()] * len(OPEN)


@pytest.mark.parametrize("code", CODES, ids=lambda code: next(iter(code.values())))
def test_a_judicial_warrant_is_what_was_missing(code: dict[str, str]) -> None:
    base = replace(BASES["co-dmv-2019"], overlays=(OVERLAY,))
    assert failed(ENGINE, base.but(**code)) >= {"FG-IMMIGRATION", "NOIM-CODE"}
    assert failed(ENGINE, base.but(instrument=WARRANT, **code)) == set()
