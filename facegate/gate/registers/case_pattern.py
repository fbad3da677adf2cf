"""The form of an agency's case numbers, in a language too small to do harm.

``9`` stands for a digit, ``A`` for a capital letter, every other character for itself. Several forms are set
apart by blanks::

    99-999999            24-001234
    9999CR99999 A99-999  2024CR00017, and also B24-117

It is never read as a regular expression: a pattern typed by somebody could then run for hours, or match all.
"""

from __future__ import annotations

from facegate.errors import InputError
from facegate.gate.registers.demands import shown
from facegate.policy.forms import CASE_NUMBER

DIGITS = frozenset("0123456789")
CAPITALS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
PLACES = {"9": DIGITS, "A": CAPITALS}
LONGEST = 200  # characters of all forms together
FEWEST_DIGITS = 2  # with fewer places for digits an agency would have ten cases


def demand_pattern(pattern: str) -> str:
    """Give back a pattern that case numbers can have.

    Parameters
    ----------
    pattern : str
        One or more forms, set apart by single blanks.

    Raises
    ------
    InputError
        If it is empty or too long, or a number of that form could be no case number.
    """
    forms = pattern.split(" ")
    if len(pattern) > LONGEST or not all(map(_is_form, forms)):
        wanted = (
            "forms such as 99-999999: 9 is a digit (at least two of them), A a capital letter; letters, "
            "digits, dashes, slashes and dots stand for themselves"
        )
        msg = f"the pattern of case numbers is {shown(pattern)}, wanted {wanted}"
        raise InputError(msg)
    return pattern


def fits(number: str, pattern: str) -> bool:
    """Tell whether a case number has one of the forms.

    Examples
    --------
    >>> fits("24-001234", "99-999999"), fits("24-1234", "99-999999"), fits("B24-117", "9999CR99999 A99-999")
    (True, False, True)
    """
    return bool(CASE_NUMBER.fullmatch(number)) and any(
        _fits_form(number, form) for form in pattern.split(" ")
    )


def _is_form(form: str) -> bool:
    # A number made from it must be a case number: the example has 0 and A where any may stand.
    return form.count("9") >= FEWEST_DIGITS and CASE_NUMBER.fullmatch(form.replace("9", "0")) is not None


def _fits_form(number: str, form: str) -> bool:
    return len(number) == len(form) and all(
        one in PLACES.get(place, place) for one, place in zip(number, form, strict=True)
    )
