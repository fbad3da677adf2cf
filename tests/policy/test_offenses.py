"""The offense catalogue: golden counts, and a table that cannot be edited by hand."""

from __future__ import annotations

import csv
import hashlib
from typing import TYPE_CHECKING

import pytest
from asked import CITATION, GOOD, Asked, failed, shipped_engine
from law_co_dmv import LEVEL_1_CODES
from twin_gate import IMMIGRATION, NEVER, NOT_OFFENSES, SEE_MIS

from facegate.errors import InputError
from facegate.policy.nibrs import NIBRS_TABLE
from facegate.policy.offense_classes import FILE
from facegate.policy.offenses import (
    TABLE,
    Note,
    Offense,
    OffenseCatalogue,
    colorado_level,
    read_offenses,
    usable_citation,
)
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = OffenseCatalogue.load()
HEADER = "code,heading,level_1_word,note\n"


def level(offense: Offense, *, felony: bool = False) -> str:
    return colorado_level(offense, felony=felony, charge_citation=CITATION)


def test_the_catalogue_has_462_headings() -> None:
    assert len(CATALOGUE) == 462


def test_139_headings_stand_on_the_level_1_list() -> None:
    assert sum(level(one) == "1" for one in CATALOGUE) == 139


def test_134_of_these_can_be_searched_for() -> None:
    assert sum(level(one) == "1" and one.is_admissible for one in CATALOGUE) == 134


def test_443_headings_are_admissible_level_1_once_a_felony_is_claimed() -> None:
    assert sum(level(one, felony=True) == "1" and one.is_admissible for one in CATALOGUE) == 443


def test_the_level_1_headings_are_those_of_the_memo_by_code() -> None:
    assert {one.code for one in CATALOGUE if one.on_level_1_list} == LEVEL_1_CODES


@pytest.mark.parametrize(
    ("note", "codes"),
    [(Note.EXCLUDED, NEVER), (Note.NOT_OFFENSE, NOT_OFFENSES), (Note.IMMIGRATION, IMMIGRATION)],
)
def test_each_note_stands_on_exactly_its_codes(note: Note, codes: set[str]) -> None:
    assert {one.code for one in CATALOGUE if one.note is note} == codes


def test_46_codes_end_in_99_and_18_headings_read_see_mis() -> None:
    assert sum(one.code.endswith("99") for one in CATALOGUE) == 46
    assert {one.code for one in CATALOGUE if "SEE MIS" in one.heading} == SEE_MIS
    assert sum(one.is_wide for one in CATALOGUE) == 46 + 18 - 5  # five read SEE MIS and end in 99


def test_a_heading_with_a_comma_is_read_whole() -> None:
    assert CATALOGUE.offenses["2609"].heading == "FRAUD AND ABUSE, COMPUTER"


@pytest.mark.parametrize("code", ["9999", "901", "0901 ", "", "0901\n", "\uff10901", None])
def test_an_unknown_code_is_none_and_never_a_neighbor(code: str | None) -> None:
    assert CATALOGUE.lookup(code) is None


def test_a_felony_without_a_citation_does_not_lift_an_offense() -> None:
    larceny = CATALOGUE.offenses["2303"]
    assert colorado_level(larceny, felony=True, charge_citation=None) == "below-1"
    assert colorado_level(larceny, felony=True, charge_citation="it is one") == "below-1"


def test_a_citation_without_a_felony_does_not_lift_an_offense() -> None:
    assert colorado_level(CATALOGUE.offenses["2303"], felony=False, charge_citation=CITATION) == "below-1"


@pytest.mark.parametrize(
    "citation", ["", " ", "felony", " 18-4-401", "18-4-401\n", "1" * 201, "\u0661\u0668"]
)
def test_an_unusable_citation_counts_as_none(citation: str) -> None:
    assert not usable_citation(citation)


@pytest.mark.parametrize("citation", ["18-4-401", "C.R.S. 18-4-401", "\u00a7 187 PC", "1" * 200, "7"])
def test_a_citation_with_a_section_number_is_usable(citation: str) -> None:
    assert usable_citation(citation)


def test_the_digest_is_over_both_tables_and_the_classes_of_the_folder() -> None:
    tables = TABLE.read_bytes() + NIBRS_TABLE.read_bytes()
    classes = (SHIPPED / FILE).read_bytes()
    assert CATALOGUE.digest == hashlib.sha256(tables).hexdigest()
    assert OffenseCatalogue.load(profiles=SHIPPED).digest == hashlib.sha256(tables + classes).hexdigest()


@pytest.mark.parametrize("felony", [False, True])
def test_cedar_and_colorado_level_agree_on_every_code(felony: bool) -> None:  # noqa: FBT001  pytest names it
    base = Asked(GOOD).but(felony=felony, charge_citation=CITATION)
    for offense in CATALOGUE:
        refused = "CO-LEVEL-1" in failed(shipped_engine(), base.but(offense_code=offense.code))
        assert refused == (level(offense, felony=felony) != "1")


def test_a_table_edited_by_hand_is_refused(tmp_path: Path) -> None:
    edited = tmp_path / "offenses.csv"
    edited.write_bytes(TABLE.read_bytes().replace(b"SEX,,", b"SEX,sex offenses,").replace(b"3602", b"3698"))
    with pytest.raises(InputError, match=r"offenses\.csv was changed: got digest \w{16}, wanted \w{16}"):
        OffenseCatalogue.load(edited)


def test_a_missing_table_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read the offense table none\.csv: No such file"):
        OffenseCatalogue.load(tmp_path / "none.csv")


def test_the_reader_agrees_with_a_plain_one() -> None:
    with TABLE.open(encoding="utf-8", newline="") as file:
        plain = [
            (row["code"], row["heading"], row["level_1_word"], row["note"]) for row in csv.DictReader(file)
        ]
    assert [(one.code, one.heading, one.level_1_word, str(one.note)) for one in CATALOGUE] == plain


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "starts with the columns"),
        ("code,heading\n", "starts with the columns"),
        (HEADER + "0101,TREASON,\n", "line 2 of the offense table has 3 columns, wanted 4"),
        (HEADER + "101,TREASON,,\n", "has code '101', wanted four digits"),
        (HEADER + "\u0660101,TREASON,,\n", "wanted four digits"),
        (HEADER + "0101,,,\n", "wanted four digits and a heading"),
        (HEADER + "0101,TREASON,,void\n", "has note 'void', wanted one of"),
        (HEADER + "0101,TREASON,,\n0101,TREASON,,\n", "line 3 of the offense table repeats code 0101"),
        (HEADER + '0101,"TREASON\n', "is not comma-separated text"),
    ],
)
def test_a_malformed_table_is_refused_by_line(rows: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_offenses(rows)
