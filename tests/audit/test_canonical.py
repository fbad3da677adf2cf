"""Canonical JSON: one value, one sequence of bytes, and nothing else is read."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.canonical import canonical_json, parse_canonical
from facegate.errors import InputError, VerificationError

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUES = st.recursive(
    st.none() | st.booleans() | INTEGERS | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=12,
)


def depth(value: object) -> int:
    if isinstance(value, dict):
        return 1 + max(map(depth, value.values()), default=0)
    if isinstance(value, list):
        return 1 + max(map(depth, value), default=0)
    return 0


@settings(max_examples=150, deadline=None)
@given(VALUES.filter(lambda value: depth(value) <= 8))
def test_what_is_written_is_read_back(value: Any) -> None:  # noqa: ANN401  any JSON value
    assert parse_canonical(canonical_json(value)) == value


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(TEXT, INTEGERS, max_size=6), st.randoms())
def test_the_order_in_which_fields_were_set_leaves_no_trace(held: dict[str, int], random: Any) -> None:  # noqa: ANN401  Hypothesis' own generator
    shuffled = list(held.items())
    random.shuffle(shuffled)
    assert canonical_json(dict(shuffled)) == canonical_json(held)


def test_the_rfc_8785_example_sorts_keys_by_utf16_code_units() -> None:
    """Section 3.2.3; code point order would put the emoji after the Hebrew letter with dagesh."""
    names = ["\u20ac", "\r", "\ufb33", "1", "\U0001f600", "\u0080", "\u00f6"]
    written = canonical_json(dict.fromkeys(names, 0)).decode()
    assert list(json.loads(written)) == ["\r", "1", "\u0080", "\u00f6", "\u20ac", "\U0001f600", "\ufb33"]


def test_the_rfc_8785_example_escapes_only_what_must_be() -> None:
    """Section 3.2.2.2."""
    value = '\u20ac$\u000f\nA\'B"\\\\"/'
    assert canonical_json(value) == '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'.encode()


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (0.5, "a float"),
        ({"score": float("nan")}, "a float"),
        ([b"bytes"], "a bytes"),
        ({1, 2}, "a set"),
        ({1: "one"}, "every key is text"),
        (2**53, r"beyond 2\*\*53"),
        (10**400, r"1329 bits is beyond 2\*\*53"),
        ("\ud800", "surrogate"),
        ({"\ud800": 1}, "surrogate"),
        ([[[[[[[[[1]]]]]]]]], "deeper than 8"),
    ],
)
def test_what_has_no_certain_form_is_not_written(value: Any, reason: str) -> None:  # noqa: ANN401  wrong types on purpose
    with pytest.raises(InputError, match=reason):
        canonical_json(value)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b'{"a": 1}',
        b'{"b":1,"a":1}',
        b'{"a":1,"a":1}',
        b'{"a":1}\n',
        b' {"a":1}',
        b'\xef\xbb\xbf{"a":1}',
        b'{"a":1}{"a":1}',
        b'{"a":01}',
        b'{"a":%d}' % 10**400,
        b'{"a":-0}',
        b'{"a":1.0}',
        b'{"a":1e2}',
        b'{"a":NaN}',
        b'{"a":9007199254740992}',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\x01"}',
        b'{"a":"\\u000F"}',
        b'{"a":"\\ud800"}',
        b'{"a":"\xff"}',
        b"{'a':1}",
        b'{"a":1,}',
        b"[" * 30_000,
        b"1" * 5_000,
    ],
)
def test_any_other_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(VerificationError, match="not canonical JSON"):
        parse_canonical(data)
