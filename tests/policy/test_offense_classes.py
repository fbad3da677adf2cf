"""Classes of offenses: read strictly, each code with its reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from own_folder import engine_of, small_copy

from facegate.errors import InputError
from facegate.policy.offense_classes import FILE, LEVEL_1_CLASS, read_classes
from facegate.policy.offenses import OffenseCatalogue
from facegate.policy.profile import SHIPPED

if TYPE_CHECKING:
    from pathlib import Path

CODES = OffenseCatalogue.load().offenses
HEADER = "class,code,why\n"


def read(folder: Path, rows: str) -> dict[str, frozenset[str]]:
    (folder / FILE).write_text(rows, encoding="utf-8")
    return dict(read_classes(folder, CODES)[0])


def test_a_folder_without_classes_has_none(tmp_path: Path) -> None:
    assert read_classes(tmp_path, CODES) == ({}, b"")


def test_rows_are_gathered_by_class(tmp_path: Path) -> None:
    rows = HEADER + "MT-Serious,0901,murder\nMT-Serious,0902,murder\nDET-Part-1,0901,homicide\n"
    assert read(tmp_path, rows) == {
        "MT-Serious": frozenset({"0901", "0902"}),
        "DET-Part-1": frozenset({"0901"}),
    }


def test_the_bytes_of_the_table_are_given_back_for_the_digest(tmp_path: Path) -> None:
    read(tmp_path, HEADER + "MT-Serious,0901,murder\n")
    assert read_classes(tmp_path, CODES)[1] == (tmp_path / FILE).read_bytes()


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("", "starts with the columns .* got nothing"),
        ("class,code\n", "starts with the columns"),
        (HEADER + "MT-Serious,0901\n", "line 2 of offense-classes.csv has 2 columns, wanted 3"),
        (
            HEADER + "MT-Serious,1213,no such\n",
            "line 2 of offense-classes.csv: there is no offense code '1213'",
        ),
        (HEADER + "MT-Serious,901,murder\n", "there is no offense code '901'"),
        (HEADER + "MT-Serious,0901, \n", "wanted a class such as DET-Part-1 and a reason"),
        (HEADER + "serious,0901,murder\n", "wanted a class such as DET-Part-1 and a reason, got 'serious'"),
        (HEADER + f"{LEVEL_1_CLASS},0901,murder\n", "wanted a class such as DET-Part-1"),
        (
            HEADER + "MT-Serious,0901,a\nMT-Serious,0901,b\n",
            "line 3 .* puts code 0901 into MT-Serious a second",
        ),
        (HEADER + 'MT-Serious,0901,"murder\n', "cannot read offense-classes.csv"),
        (HEADER + "MT-Seri\u043eus,0901,murder\n", "cannot read offense-classes.csv"),
    ],
)
def test_a_malformed_table_is_refused_by_line(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, rows)


def test_the_level_1_class_is_made_from_the_offense_table_and_cannot_be_replaced() -> None:
    catalogue = OffenseCatalogue.load(profiles=SHIPPED)
    assert catalogue.classes[LEVEL_1_CLASS] == {one.code for one in catalogue if one.on_level_1_list}
    assert LEVEL_1_CLASS in catalogue.classes_of("0901")
    assert LEVEL_1_CLASS not in catalogue.classes_of("2303")


def test_a_code_lists_its_classes_in_alphabetical_order() -> None:
    catalogue = OffenseCatalogue.load(profiles=SHIPPED)
    for code in CODES:
        assert list(catalogue.classes_of(code)) == sorted(catalogue.classes_of(code))


def test_a_changed_row_changes_the_digest_of_the_catalogue(tmp_path: Path) -> None:
    profiles = small_copy(tmp_path, "co-dmv-2019")
    before = engine_of(profiles).catalogue.digest
    with (profiles / FILE).open("a", encoding="ascii") as file:
        file.write("ZZ-Extra,2303,a test\n")
    assert engine_of(profiles).catalogue.digest != before
