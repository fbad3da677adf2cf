"""Signed notes and verifier keys: one spelling, and a reason for each that is refused."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_notes import GOLDEN, LOG, LOG_VKEY, WITNESS, WITNESS_VKEY

from facegate.audit.signed.notes import (
    ED25519,
    LARGEST_NOTE,
    Note,
    Signature,
    VerifierKey,
    parse_keys,
    parse_note,
    parse_signature_lines,
)
from facegate.errors import InputError, VerificationError

SIGNED = Signature("somebody.example", b"abcd", b"signature")

NAMES = st.text(min_size=1, max_size=12).filter(
    lambda name: (
        "+" not in name
        and all(not char.isspace() and char >= " " and not "\ud800" <= char <= "\udfff" for char in name)
    )
)


def test_the_golden_note_is_read_and_written_byte_for_byte() -> None:
    assert parse_note(GOLDEN).encode() == GOLDEN


def test_the_golden_verifier_keys_are_those_of_the_private_keys() -> None:
    assert (LOG.key.line(), WITNESS.key.line()) == (LOG_VKEY, WITNESS_VKEY)


@pytest.mark.parametrize("line", [LOG_VKEY, WITNESS_VKEY])
def test_a_verifier_key_is_read_and_written_alike(line: str) -> None:
    assert VerifierKey.from_line(f"{line}\n").line() == line


def test_the_last_blank_line_separates_text_from_signatures() -> None:
    text = b"one\n\n\xe2\x80\x94 looks.like/a signature\n\ntwo\n"
    assert parse_note(Note(text, (SIGNED,)).encode()) == Note(text, (SIGNED,))


@settings(deadline=None, max_examples=60)
@given(
    text=st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]) | st.just("\n"), max_size=60),
    signatures=st.lists(
        st.builds(Signature, NAMES, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=80)),
        min_size=1,
        max_size=20,
    ),
)
def test_every_note_that_is_written_is_read_as_itself(text: str, signatures: list[Signature]) -> None:
    note = Note(f"{text}\n".encode(), tuple(signatures))
    assert parse_note(note.encode()) == note


def test_sixteen_signatures_of_post_quantum_length_are_accepted() -> None:
    one = Signature("somebody.example", b"abcd", bytes(5_000))
    assert len(parse_note(Note(b"text\n", (one,) * 16).encode()).signatures) == 16


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "blank line"),
        (b"text\n", "blank line"),
        (b"text\n\n", "blank line"),
        (GOLDEN[:-1], "ended by a newline"),
        (GOLDEN.replace(b"\n8\n", b"\n8\r\n"), "control character"),
        (GOLDEN.replace(b"\n8\n", b"\n\t8\n"), "control character"),
        (GOLDEN.replace(b"\n8\n", b"\n\0\n"), "control character"),
        (GOLDEN.replace("—".encode(), b"-"), "no signature line"),
        (GOLDEN.replace("— ".encode(), "—".encode()), "no signature line"),
        (GOLDEN.replace(b" HiEy", b"  HiEy"), "not base64"),
        (GOLDEN.replace(b" HiEy", b"\xc2\xa0HiEy"), "no signature line"),
        (GOLDEN.replace("— facegate".encode(), "— ".encode() + b"+"), "no plus"),
        (GOLDEN.replace(b"Ugw=\n", b"Ugw\n"), "not base64"),
        (GOLDEN.replace(b"Ugw=\n", b"Ugx=\n"), "canonical base64"),
        (GOLDEN + b"\n", "wanted a text"),
        (b"text\n\n" + "— a.example AAAAAA==\n".encode(), "4 bytes"),
        (b"text\n\n" + "— a.example \n".encode(), "0 bytes"),
        (b"text\n\n\xe2\x80\x94 a\xff AAAAAAA=\n", "UTF-8"),
        (b"t\n\n" + SIGNED.line() * 65, "65 signatures"),
        (b"t" * (LARGEST_NOTE + 1), "at most"),
    ],
)
def test_what_is_no_signed_note_is_refused_with_one_reason(data: bytes, reason: str) -> None:
    with pytest.raises(VerificationError, match=reason):
        parse_note(data)


def test_text_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(VerificationError, match="UTF-8"):
        parse_note(b"te\xffxt\n\n" + SIGNED.line())


def test_signature_lines_without_a_note_are_read() -> None:
    assert parse_signature_lines(SIGNED.line() * 2) == (SIGNED, SIGNED)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("", "wanted NAME"),
        ("facegate.example/test", "wanted NAME"),
        ("facegate.example/test+1e2132fa", "wanted NAME"),
        (LOG_VKEY.replace("1e2132fa", "1E2132FA"), "hexadecimal"),
        (LOG_VKEY.replace("1e2132fa", "1e2132fb"), "not that of name and key"),
        (LOG_VKEY.replace("facegate", "facegata"), "not that of name and key"),
        (LOG_VKEY.replace("AQOh", "AQOi"), "not that of name and key"),
        (LOG_VKEY.replace("+AQOh", "+BAOh"), "not that of name and key"),
        (LOG_VKEY.replace("+AQOh", "+AgOh"), "kind 0x02"),
        (LOG_VKEY.replace("VTG4", ""), "30 bytes|not base64|29 bytes"),
        (f"{LOG_VKEY}\n\n", "not base64"),
        (f"{LOG_VKEY} ", "not base64"),
        (f" {LOG_VKEY}", "no spaces"),
        (LOG_VKEY.replace("facegate.example/test", ""), "no spaces"),
        ("a.example+00000000+", "kind 0x00"),
    ],
)
def test_what_is_no_verifier_key_is_refused(line: str, reason: str) -> None:
    with pytest.raises(InputError, match=reason):
        VerifierKey.from_line(line)


def test_a_verifier_key_whose_spare_bits_differ_is_refused() -> None:
    line = VerifierKey("a", ED25519, bytes(32)).line()
    assert line.endswith("AA")
    packed = base64.b64encode(b"\x01" + bytes(31)).decode()  # 32 bytes: two spare bits, one pad
    with pytest.raises(InputError, match="canonical"):
        VerifierKey.from_line(f"a+00000000+{packed[:-2]}B=")


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\u2003b", "a\nb", "a\x00", "\ud800", "x" * 256])
def test_a_name_that_cannot_stand_in_a_note_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="key name"):
        VerifierKey(name, ED25519, bytes(32))


def test_the_same_key_under_another_name_or_kind_has_another_id() -> None:
    public = bytes(range(32))
    ids = {VerifierKey(name, kind, public).key_id for name in ("a", "b") for kind in (1, 4)}
    assert len(ids) == 4


def test_a_file_of_keys_may_hold_comments_and_blank_lines() -> None:
    assert parse_keys(f"# ours\n\n{LOG_VKEY}\n{WITNESS_VKEY}\n") == (LOG.key, WITNESS.key)


@pytest.mark.parametrize("text", ["", "# nothing\n"])
def test_a_file_without_a_key_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="at least one verifier key"):
        parse_keys(text)


def test_two_keys_with_one_name_and_id_are_refused_as_ambiguous() -> None:
    with pytest.raises(InputError, match="by either"):
        parse_keys(f"{LOG_VKEY}\n{LOG_VKEY}\n")
