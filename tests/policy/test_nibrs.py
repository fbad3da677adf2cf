"""NIBRS codes: the axis of reports, pinned byte for byte."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from asked import GOOD, Asked, failed, shipped_engine
from twin_gate import NIBRS_IMMIGRATION

from facegate.errors import InputError
from facegate.policy.nibrs import NIBRS_TABLE, load_nibrs
from facegate.policy.offenses import OffenseCatalogue

if TYPE_CHECKING:
    from pathlib import Path

CODES, TABLE = load_nibrs()


def test_there_are_84_codes_of_three_characters_each_under_its_own() -> None:
    assert len(CODES) == 84
    assert all(len(code) == 3 and one.code == code and one.name for code, one in CODES.items())


def test_a_crime_is_against_a_person_property_or_society_or_nothing_is_recorded() -> None:
    against = Counter(one.crime_against for one in CODES.values())
    assert against.keys() == {"person", "property", "society", ""}


def test_robbery_stands_under_property_so_person_is_no_stand_in_for_violent() -> None:
    assert CODES["120"].crime_against == "property"


def test_the_immigration_codes_are_those_of_the_gate() -> None:
    assert {code for code, one in CODES.items() if one.immigration} == NIBRS_IMMIGRATION


@pytest.mark.parametrize("code", ["12", "1200", "120 ", "13a", "", None, "\uff1120"])
def test_an_unknown_code_is_none_and_never_a_neighbor(code: str | None) -> None:
    assert OffenseCatalogue.load().lookup_nibrs(code) is None


def test_a_table_edited_by_hand_is_refused(tmp_path: Path) -> None:
    edited = tmp_path / "nibrs.csv"
    edited.write_bytes(TABLE.replace(b"immigration", b"", 1))
    with pytest.raises(InputError, match=r"nibrs\.csv was changed: got digest \w{16}, wanted \w{16}"):
        load_nibrs(edited)


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the NIBRS table none\.csv: No such file"):
        load_nibrs(tmp_path / "none.csv")


def test_the_table_is_the_installed_one() -> None:
    assert NIBRS_TABLE.read_bytes() == TABLE


def test_a_nibrs_code_alone_never_admits() -> None:
    larceny = Asked(GOOD).but(offense_code="2303")
    for code in CODES:
        assert "CO-LEVEL-1" in failed(shipped_engine(), larceny.but(offense_nibrs=code))
