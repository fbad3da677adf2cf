"""The little language of case numbers: exact, and never a regular expression."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.gate.registers.case_pattern import demand_pattern, fits


@pytest.mark.parametrize("number", ["24-001234", "00-000000"])
def test_a_number_of_the_form_fits(number: str) -> None:
    assert fits(number, "99-999999")


@pytest.mark.parametrize(
    "number",
    [
        "24-00123",
        "24-0012345",
        "24001234",
        "2A-001234",
        " 24-001234",
        "24-001234\n",
        "24-00123\uff14",
        "24\u2010001234",
    ],
)
def test_a_number_of_another_form_does_not_fit(number: str) -> None:
    assert not fits(number, "99-999999")


@pytest.mark.parametrize("number", ["\u041224-17", "b24-17", "824-17"])
def test_a_capital_is_a_plain_capital(number: str) -> None:
    assert fits("B24-17", "A99-99")
    assert not fits(number, "A99-99")


def test_any_of_several_forms_will_do() -> None:
    assert fits("2024CR00017", "99-999999 9999CR99999")
    assert not fits("2024CR00017 24-001234", "99-999999 9999CR99999")


@pytest.mark.parametrize(
    "pattern",
    ["", " ", "99 ", "9", "ABC", "99-", ".*99", "99+", "(99)", "[0-9]99", "99\u2010999", "9" * 65, "\\d99"],
)
def test_a_pattern_that_case_numbers_cannot_have_is_refused(pattern: str) -> None:
    with pytest.raises(InputError, match="the pattern of case numbers is"):
        demand_pattern(pattern)


@settings(deadline=None, max_examples=200)
@given(st.from_regex(r"[A-Z0-9][A-Z0-9./-]{2,20}[A-Z0-9]", fullmatch=True))
def test_a_number_fits_the_pattern_made_from_it(number: str) -> None:
    digits = "".join("9" if one.isdigit() else one for one in number)
    if digits.count("9") >= 2:
        assert fits(number, demand_pattern(digits))


@settings(deadline=None, max_examples=200)
@given(st.text(max_size=12))
def test_nothing_but_nine_plain_characters_fits(number: str) -> None:
    plain = (
        len(number) == 9 and number.isascii() and number[2] == "-" and number.replace("-", "", 1).isdigit()
    )
    assert fits(number, "99-999999") == plain
