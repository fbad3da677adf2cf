"""Commitments: the golden vectors, one field opened and no other, and nothing to guess."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.commitments import check_opening, commit, commit_all, salt_of
from facegate.errors import InputError, VerificationError

KEY = bytes(range(32))
FIELDS = st.from_regex(r"[a-z][a-z0-9_]{0,63}", fullmatch=True)
TEXT = st.text(max_size=40)


@pytest.mark.parametrize(
    ("field", "value", "commitment"),
    [
        ("case_number", "24-001234", "3395d14cd3014cb6b9f013b202b5e6b66160bc9ce4c23a0aebedabcf57579c17"),
        # British spelling on purpose: the published vector was made with this field name, and the name
        # is hashed. Under "offense_ncic" the same value has another commitment.
        ("offence_ncic", "1299", "998e18619e4e6c55ca321932b6dfa08abdb3a2580953018f9d40cad6e6d87855"),
        ("officer", "8841", "0a20f1b179156ccf65706234049f2e8d31047a3ce8b20b12500657324fca93a0"),
    ],
)
def test_the_golden_commitments(field: str, value: str, commitment: str) -> None:
    assert commit(field, value, KEY).hex() == commitment


def test_a_commitment_is_the_hash_that_the_format_states() -> None:
    salt = hmac.new(KEY, b"officer", "sha256").digest()
    stated = hashlib.sha256(b"facegate/commit/v1\x00officer\x00" + salt + b"8841").digest()
    assert commit("officer", "8841", KEY) == stated


@settings(max_examples=50, deadline=None)
@given(FIELDS, TEXT, st.binary(min_size=32, max_size=32))
def test_the_true_opening_is_accepted(field: str, value: str, key: bytes) -> None:
    check_opening(field, salt_of(field, key), value, commit(field, value, key))


@settings(max_examples=50, deadline=None)
@given(st.dictionaries(FIELDS, TEXT), st.binary(min_size=32, max_size=32))
def test_all_fields_of_a_record_are_committed_to_as_each_by_itself(
    values: dict[str, str], key: bytes
) -> None:
    assert commit_all(values, key) == {field: commit(field, value, key) for field, value in values.items()}


@pytest.mark.parametrize(
    ("values", "key", "why"),
    [
        ({"Officer": "8841"}, KEY, "named in lower-case letters"),
        ({"officer": "\ud800"}, KEY, "no valid Unicode"),
        ({}, KEY[:31], "32 bytes, got 31"),
    ],
)
def test_fields_that_cannot_be_committed_to_are_refused(values: dict[str, str], key: bytes, why: str) -> None:
    with pytest.raises(InputError, match=why):
        commit_all(values, key)


@settings(max_examples=50, deadline=None)
@given(FIELDS, TEXT, TEXT)
def test_no_other_value_opens_a_commitment(field: str, value: str, other: str) -> None:
    if value == other:
        return
    with pytest.raises(VerificationError, match="not what the log committed to"):
        check_opening(field, salt_of(field, KEY), other, commit(field, value, KEY))


def test_a_value_cannot_be_passed_off_as_another_field() -> None:
    commitment = commit("officer", "8841", KEY)
    with pytest.raises(VerificationError, match="not what the log committed to"):
        check_opening("approver", salt_of("officer", KEY), "8841", commitment)


def test_the_salt_of_one_field_opens_no_other() -> None:
    commitment = commit("officer", "8841", KEY)
    with pytest.raises(VerificationError, match="not what the log committed to"):
        check_opening("officer", salt_of("case_number", KEY), "8841", commitment)


def test_bytes_cannot_be_shifted_from_salt_to_value() -> None:
    salt = salt_of("officer", KEY)
    commitment = commit("officer", "8841", KEY)
    with pytest.raises(VerificationError, match="salt of 33"):
        check_opening("officer", salt + b"8", "841", commitment)


def test_a_commitment_cut_short_opens_to_nothing() -> None:
    commitment = commit("officer", "8841", KEY)[:31]
    with pytest.raises(VerificationError, match="commitment of 31"):
        check_opening("officer", salt_of("officer", KEY), "8841", commitment)


@pytest.mark.parametrize("field", ["", "Officer", "of ficer", "officer\x00", "8officer", "o" * 65, "ö"])
def test_a_field_of_another_form_is_neither_sealed_nor_opened(field: str) -> None:
    with pytest.raises(InputError, match="lower-case letters"):
        commit(field, "8841", KEY)
    with pytest.raises(VerificationError, match="not a field name"):
        check_opening(field, bytes(32), "8841", bytes(32))


@pytest.mark.parametrize("n_bytes", [0, 16, 31, 33])
def test_a_record_key_of_another_length_is_refused(n_bytes: int) -> None:
    with pytest.raises(InputError, match=f"32 bytes, got {n_bytes}"):
        commit("officer", "8841", bytes(n_bytes))


def test_half_a_surrogate_pair_is_no_text() -> None:
    with pytest.raises(InputError, match="officer is no valid Unicode"):
        commit("officer", "\ud800", KEY)
    with pytest.raises(VerificationError, match="not a field name and a text"):
        check_opening("officer", bytes(32), "\ud800", bytes(32))


def test_a_million_case_numbers_tried_without_the_key_hit_nothing() -> None:
    """A dictionary attack on what the log shows; it does hit the same value sealed without a salt."""
    head = hashlib.sha256(b"facegate/commit/v1\x00case_number\x00")
    unsalted = head.copy()
    unsalted.update(b"24-001234")
    targets = {commit("case_number", "24-001234", KEY): "salted", unsalted.digest(): "unsalted"}
    hits = []
    for number in range(1_000_000):
        guess = head.copy()
        guess.update(b"24-%06d" % number)
        if guess.digest() in targets:
            hits.append(targets[guess.digest()])
    assert hits == ["unsalted"]
