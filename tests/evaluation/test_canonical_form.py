"""Canonical bytes of numbers and text: the vectors of RFC 8785, and laws."""

from __future__ import annotations

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.evaluation.certificates.canonical_form import canonical_bytes

# RFC 8785, appendix B: the double's bits, and how it is written.
NUMBERS = {
    "0000000000000000": "0",
    "8000000000000000": "0",
    "0000000000000001": "5e-324",
    "8000000000000001": "-5e-324",
    "7fefffffffffffff": "1.7976931348623157e+308",
    "ffefffffffffffff": "-1.7976931348623157e+308",
    "4340000000000000": "9007199254740992",
    "c340000000000000": "-9007199254740992",
    "4430000000000000": "295147905179352830000",
    "44b52d02c7e14af5": "9.999999999999997e+22",
    "44b52d02c7e14af6": "1e+23",
    "44b52d02c7e14af7": "1.0000000000000001e+23",
    "444b1ae4d6e2ef4e": "999999999999999700000",
    "444b1ae4d6e2ef4f": "999999999999999900000",
    "444b1ae4d6e2ef50": "1e+21",
    "3eb0c6f7a0b5ed8c": "9.999999999999997e-7",
    "3eb0c6f7a0b5ed8d": "0.000001",
    "41b3de4355555553": "333333333.3333332",
    "41b3de4355555557": "333333333.33333343",
    "becbf647612f3696": "-0.0000033333333333333333",
    "43143ff3c1cb0959": "1424953923781206.2",
}


@pytest.mark.parametrize("bits", NUMBERS)
def test_a_number_is_written_as_rfc_8785_lists_it(bits: str) -> None:
    (number,) = struct.unpack(">d", bytes.fromhex(bits))
    assert canonical_bytes(number).decode() == NUMBERS[bits]


def test_keys_are_sorted_as_rfc_8785_section_3_2_3_shows() -> None:
    keys = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical_bytes(dict.fromkeys(keys))
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_text_is_escaped_only_where_it_must_be() -> None:
    text = '\u20ac$\u000f\nA\'B"\\"/'
    assert canonical_bytes(text).decode() == '"\u20ac$\\u000f\\nA\'B\\"\\\\\\"/"'


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_double_is_read_back_as_it_was(number: float) -> None:
    assert float(canonical_bytes(number)) == number


@pytest.mark.parametrize(
    "odd", [float("nan"), float("inf"), -float("inf"), 2**53, "\ud800", {"a": ["\udfff"]}]
)
def test_what_has_no_certain_form_is_refused(odd: object) -> None:
    with pytest.raises(InputError, match="canonical JSON"):
        canonical_bytes(odd)  # type: ignore[arg-type]
