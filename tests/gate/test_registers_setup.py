"""A setup file: read strictly, all of it or nothing, and loaded again without repeating itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pilot import NOW, POLICE, opened, pilot, pilot_setup, setup_text

from facegate.errors import FacegateError, InputError, PolicyRefusal
from facegate.gate.registers.people import change_officer
from facegate.gate.registers.people_known import find_officer
from facegate.gate.registers.setup import EXAMPLE, apply_setup, example_setup, read_setup

if TYPE_CHECKING:
    from pathlib import Path


def test_the_example_is_read_with_its_files_beside_it(tmp_path: Path) -> None:
    (tmp_path / "usage-policy.txt").write_bytes(b"policy")
    (tmp_path / "release-form.txt").write_bytes(b"form")
    setup = read_setup(example_setup(), folder=tmp_path)
    assert setup.usage_policy == b"policy"
    assert len(setup.statements) == 23


def test_loading_the_same_file_again_records_nothing(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        size = ledger.log.size
        done = apply_setup(ledger, pilot_setup(), NOW)
        assert (dict(done.recorded), done.n_unchanged, ledger.log.size) == ({}, 23, size)


def test_only_what_changed_is_recorded(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        text = setup_text().replace("2027-12-31", "2028-12-31", 1)
        assert dict(apply_setup(ledger, read_setup(text), NOW).recorded) == {"officer": 1}


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ('role = "examiner"', 'role = "boss"', r"\[\[officer\]\] number 1: the role is 'boss'"),
        (
            'signed_by = ["77", "31"]\nobjections',
            'signed_by = ["77", "77"]\nobjections',
            "two different officers",
        ),
        (
            "closes = 2026-09-30",
            "closes = 2027-09-30",
            r"\[\[activation\]\] number 1: no law is activated",
        ),
        ("filed_on = 2026-10-15", "filed_on = 2027-10-15", "filing is 2027-10-15, which is after today"),
        ('signed_by = "1120"', 'signed_by = "1121"', r"\[\[release_form\]\] number 1: whoever signed"),
        ("no_resale = true", "no_resale = false", "must rule out resale"),
        ('"missing_person"', '"fishing"', "purpose is 'fishing', wanted one of"),
        ('owner = "CODMV0000"', 'owner = "CODMV0001"', "no agency CODMV0001 is registered"),
        ('block = "prefix:DCICE"', 'block = "DCICE"', r"\[\[block\]\] number 2: the block is 'DCICE'"),
        ('id = "502"', 'id = "\uff15\uff10\uff12"', r"\[\[officer\]\] number 5: the officer id is not"),
    ],
)
def test_one_mistake_anywhere_and_nothing_is_recorded(tmp_path: Path, old: str, new: str, match: str) -> None:
    text = setup_text()
    assert old in text
    with opened(tmp_path) as ledger:
        with pytest.raises(FacegateError, match=match):
            apply_setup(ledger, read_setup(text.replace(old, new, 1)), NOW)
        assert ledger.log.size == 0
        assert not ledger.rows("SELECT * FROM people_agencies")


@pytest.mark.parametrize(
    ("old", "new", "match"),
    [
        ("role =", "rolle =", r"key officer\[1\].rolle is not known"),
        ("[[notice]]", "[[notices]]", "key notices is not known"),
        ('state = "CO"', "", r"agency\[1\].state is missing"),
        ("count = 1000", 'count = "1000"', "wanted a whole number"),
        ("opens = 2026-09-01", "opens = 2026-09-01T00:00:00Z", "is a time, wanted a day"),
        ("opens = 2026-09-01", "opens = 2026-09-31", "is not TOML"),
        ('digest = "3a', 'file = "f"\ndigest = "3a', "or digest: wanted one of the two"),
    ],
)
def test_a_file_that_is_not_of_its_form_is_refused(old: str, new: str, match: str) -> None:
    text = setup_text()
    assert old in text
    with pytest.raises(InputError, match=match):
        read_setup(text.replace(old, new, 1))


@pytest.mark.parametrize("name", ["/etc/passwd", "../agency.toml", "nowhere.txt", "a\\u0000b"])
def test_only_files_beside_the_setup_are_read(tmp_path: Path, name: str) -> None:
    text = EXAMPLE.read_text().replace('file = "usage-policy.txt"', f'file = "{name}"')
    with pytest.raises(InputError, match=r"usage_policy\.file"):
        read_setup(text, folder=tmp_path)


def test_loading_a_file_lifts_no_suspension(tmp_path: Path) -> None:
    with pilot(tmp_path) as ledger:
        change_officer(ledger, agency=POLICE, officer="8841", standing="suspended", at=NOW)
        with pytest.raises(
            PolicyRefusal, match="number 3: this officer is suspended, and no file lifts that"
        ):
            apply_setup(ledger, pilot_setup(), NOW)
        found = find_officer(ledger, POLICE, "8841")
        assert found is not None
        assert found.standing == "suspended"
