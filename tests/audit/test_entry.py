"""One record: its golden bytes, and every malformed field refused by writer and reader alike."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from logbook import intent, result

from facegate.audit.canonical import canonical_json
from facegate.audit.commitments import commit
from facegate.audit.entry import LARGEST_ENTRY, encode_entry, parse_entry
from facegate.errors import InputError, VerificationError

COMMITMENT = commit("officer", "8841", bytes(range(32)))


def changed(**fields: Any) -> bytes:  # noqa: ANN401  wrong types on purpose
    """Make a result with some fields set otherwise; None leaves the field out."""
    held = json.loads(encode_entry(3, result(1, of=2), {"officer": COMMITMENT})) | fields
    return canonical_json({name: value for name, value in held.items() if value is not None})


def test_the_golden_bytes_of_a_record() -> None:
    public = {"kind": "intent", "time": "2026-11-22T03:20:11.42Z", "rules": ["CO-1"], "agency": "CO0010000"}
    assert encode_entry(0, public, {"officer": COMMITMENT}) == (
        b'{"agency":"CO0010000","kind":"intent","rules":["CO-1"],"schema":"facegate/entry/v1","sealed":'
        b'{"officer":"0a20f1b179156ccf65706234049f2e8d31047a3ce8b20b12500657324fca93a0"},"seq":0,'
        b'"time":"2026-11-22T03:20:11.42Z"}'
    )


def test_a_record_is_read_back() -> None:
    entry = parse_entry(encode_entry(3, result(1, of=2), {"officer": COMMITMENT}))
    assert (entry.seq, entry.kind, entry.intent) == (3, "result", 2)
    assert entry.time == datetime(2026, 11, 22, 3, 1, tzinfo=UTC)
    assert entry.sealed == {"officer": COMMITMENT.hex()}
    assert entry.public == result(1, of=2)


def test_only_a_result_has_an_intent() -> None:
    assert parse_entry(encode_entry(0, intent(0), {})).intent == -1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"schema": "facegate/entry/v2"}, "wanted 'facegate/entry/v1'"),
        ({"schema": None}, "schema is missing"),
        ({"seq": None}, "seq is missing"),
        ({"seq": "3"}, "seq is '3'"),
        ({"seq": True}, "seq is True"),
        ({"seq": -1}, "seq is -1"),
        ({"kind": ""}, "kind is ''"),
        ({"kind": 7}, "kind is 7"),
        ({"time": None}, "time is missing"),
        ({"time": "2026-11-22T03:20:11Z"}, "wanted UTC"),
        ({"time": "2026-11-22T03:20:11.42+00:00"}, "wanted UTC"),
        ({"time": "2026-11-22 03:20:11.42Z"}, "wanted UTC"),
        ({"time": "2026-02-30T03:20:11.42Z"}, "day"),
        ({"time": "2026-11-22T25:20:11.42Z"}, "hour"),
        ({"sealed": None}, "sealed is missing"),
        ({"sealed": []}, r"sealed is \[\]"),
        ({"sealed": {"officer": "8841"}}, "wanted 64 hexadecimal digits"),
        ({"sealed": {"officer": "A" * 64}}, "wanted 64 hexadecimal digits"),
        ({"sealed": {"Officer": "a" * 64}}, "lower-case"),
        ({"Agency": "CO0010000"}, "lower-case"),
        ({"intent": None}, "intent is missing"),
        ({"intent": 3}, "an earlier record"),
        ({"intent": -1}, "intent is -1"),
        ({"outcome": None}, "outcome is missing"),
    ],
)
def test_a_malformed_record_is_refused(fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(VerificationError, match=reason):
        parse_entry(changed(**fields))


def test_a_list_is_no_record() -> None:
    with pytest.raises(VerificationError, match="a JSON object"):
        parse_entry(b"[]")


@pytest.mark.parametrize("name", ["seq", "schema", "sealed"])
def test_the_fields_the_log_sets_cannot_be_given(name: str) -> None:
    with pytest.raises(InputError, match=f"cannot be named {name}"):
        encode_entry(0, {**intent(0), name: 7}, {})


def test_the_writer_refuses_what_a_reader_would() -> None:
    with pytest.raises(InputError, match=r"cannot be logged: time is .* wanted UTC"):
        encode_entry(0, {**intent(0), "time": "yesterday"}, {})


def test_the_longest_record_fits_and_one_byte_more_does_not() -> None:
    spare = LARGEST_ENTRY - len(encode_entry(0, intent(0, note=""), {}))
    assert len(encode_entry(0, intent(0, note="x" * spare), {})) == 65_535
    with pytest.raises(InputError, match="65,536 bytes, at most 65,535"):
        encode_entry(0, intent(0, note="x" * (spare + 1)), {})


def test_a_long_wrong_value_is_not_printed_whole() -> None:
    with pytest.raises(VerificationError) as caught:
        parse_entry(changed(time="9" * 1_000))
    assert len(str(caught.value)) < 120
