"""The certificate on disk: one byte changed, and it is none."""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from certified import KEY, OTHER_KEY, TRUSTED, a_certificate, a_file, a_result, every_byte
from hypothesis import given
from hypothesis import strategies as st

from facegate.errors import CertificateError
from facegate.evaluation.certificates.file import (
    LARGEST_FILE,
    open_certificate,
    parse_certificate,
    read_bytes,
    sign,
    signed_bytes,
)

if TYPE_CHECKING:
    from pathlib import Path

FILE = a_file()

# The whole file of the hand-built certificate, signed with the key of RFC 8032, section 7.1, test 1.
# Checked without facegate: node writes the same bytes (JSON.stringify with sorted keys), and
#   openssl pkeyutl -verify -pubin -inkey issuer.pem -rawin -in signed -sigfile signature
# says "Signature Verified Successfully".
GOLDEN_SIGNED = "9e2c32a68a9034822e6d30d579765ee00a6482842ce37b3915d2118e186d7756"
GOLDEN_SIGNATURE = "fOxz5Bhrs0Ivd6t/c2HJGZEblnt179LD8Xk9lCePiPR8nNCx6ylgDHtfsrr0jbs5Q0f1aIzW8xWF2oEstpvsDw=="


def opened(data: bytes) -> object:
    return open_certificate(data, TRUSTED, name="certificate.json")


def test_what_was_signed_is_read_again() -> None:
    assert opened(FILE) == a_certificate()


def test_changing_any_one_byte_makes_it_invalid() -> None:
    for changed in every_byte(FILE):
        with pytest.raises(CertificateError):
            opened(changed)


@given(st.binary(max_size=4), st.integers(0, len(FILE)), st.integers(0, 4))
def test_no_other_bytes_are_the_same_certificate(put: bytes, place: int, dropped: int) -> None:
    changed = FILE[:place] + put + FILE[place + dropped :]
    if changed != FILE:
        with pytest.raises(CertificateError):
            opened(changed)


def test_the_bytes_and_the_signature_stay_what_they_were() -> None:
    certificate = replace(a_certificate(), tool_version="0.1.0")
    assert hashlib.sha256(signed_bytes(certificate)).hexdigest() == GOLDEN_SIGNED
    assert sign(certificate, KEY).signature == GOLDEN_SIGNATURE


def test_a_certificate_signed_for_another_format_is_none() -> None:
    certificate = a_certificate()
    for prefix in (b"", b"facegate-certificate/2\n", b"facegate-certificate/1", b"facegate-checkpoint/1\n"):
        signature = base64.b64encode(KEY.sign(prefix + certificate.canonical())).decode()
        signed = replace(sign(certificate, KEY), signature=signature)
        with pytest.raises(CertificateError, match="changed after signing, or is forged"):
            opened(signed.text().encode())


def test_an_issuer_who_is_not_trusted_is_named() -> None:
    with pytest.raises(CertificateError, match=r"issued by elsewhere\.example .* does not trust"):
        opened(a_file(key=OTHER_KEY))


def test_a_stranger_cannot_sign_in_the_name_of_a_trusted_issuer() -> None:
    forged = base64.b64encode(OTHER_KEY.sign(signed_bytes(a_certificate()))).decode()
    signed = replace(sign(a_certificate(), KEY), signature=forged)
    with pytest.raises(CertificateError, match="forged"):
        opened(signed.text().encode())


def test_a_certificate_that_names_another_issuer_is_not_signed() -> None:
    with pytest.raises(CertificateError, match=r"names issuer lab\.example/audit, the key is elsewhere"):
        sign(a_certificate(), OTHER_KEY)


TEXT = FILE.decode()
ODD_FORMS = {
    "a space more": TEXT.replace('"title": ', '"title":  ', 1),
    "a line more": TEXT + "\n",
    "no last line": TEXT.rstrip("\n"),
    "a key twice": TEXT.replace('"title":', '"title": "x",\n  "title":', 1),
    "an unknown field": TEXT.replace('"title":', '"extra": 1,\n  "title":', 1),
    "a missing field": TEXT.replace('  "title": "A test",\n', "", 1),
    "an escape more": TEXT.replace('"A test"', '"\\u0041 test"', 1),
    "a whole number for a rate": TEXT.replace('"upper_bound": 1.0', '"upper_bound": 1', 1),
    "no number": TEXT.replace('"upper_bound": 1.0', '"upper_bound": NaN', 1),
    "another format": TEXT.replace("facegate-certificate/1", "facegate-certificate/2", 1),
    "a list": "[]",
    "nested beyond measure": "[" * 100_000,
    "nothing": "",
}


@pytest.mark.parametrize("odd", ODD_FORMS)
def test_any_other_form_is_refused(odd: str) -> None:
    assert ODD_FORMS[odd] != TEXT
    with pytest.raises(CertificateError, match=r"certificate\.json is no certificate"):
        opened(ODD_FORMS[odd].encode())


@pytest.mark.parametrize("signature", ["", "AAAA", "?" * 88, "\u00e9" * 88])
def test_a_signature_of_another_form_is_refused(signature: str) -> None:
    signed = replace(sign(a_certificate(), KEY), signature=signature)
    with pytest.raises(CertificateError, match="the signature is not"):
        opened(signed.text().encode())


def test_spare_bits_of_base64_do_not_make_a_second_file() -> None:
    signature = json.loads(FILE)["signature"]
    last = signature[-3]
    other = signature[:-3] + chr(ord(last) + 1) + "=="
    assert base64.b64decode(other) == base64.b64decode(signature)
    with pytest.raises(CertificateError):
        opened(TEXT.replace(signature, other).encode())


def test_a_file_of_any_size_or_none_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(CertificateError, match="at most 4,000,000"):
        opened(b" " * (LARGEST_FILE + 1))
    with pytest.raises(CertificateError, match="No such file"):
        read_bytes(tmp_path / "none.json")
    with pytest.raises(CertificateError, match="is no certificate"):
        opened(b"\xff\xfe")


def test_the_form_can_be_read_without_trusting_anybody() -> None:
    assert parse_certificate(FILE, name="x").certificate.issuer == "lab.example/audit"


def test_the_model_and_the_threshold_are_under_the_signature() -> None:
    result = a_result(embedder_digest="00" * 32)
    for other in (
        a_certificate(result),
        replace(a_certificate(), threshold=replace(a_certificate().threshold, score=0.3)),
    ):
        signed = replace(sign(a_certificate(), KEY), certificate=other)
        with pytest.raises(CertificateError, match="changed after signing"):
            opened(signed.text().encode())
