"""Signatures of notes: golden vectors both ways, and every way in which one can be bad."""

from __future__ import annotations

import base64
import struct
import sys
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_notes import AT, CHECKPOINT, GOLDEN, LOG, ROOT, WITNESS, cosigner, quantum_cosigner

from facegate.audit.signed.ed25519 import verify_ed25519
from facegate.audit.signed.mldsa44 import private_from_seed, verify_mldsa44
from facegate.audit.signed.notes import ED25519, Note, Signature, VerifierKey, parse_note
from facegate.audit.signed.signing import (
    Ed25519Signer,
    cosigned_at,
    verified_signatures,
    verify_signature,
)
from facegate.errors import AuditError, InputError, VerificationError

TEXT = CHECKPOINT.text()
QUANTUM = quantum_cosigner("witness.example/q")
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493

# The example of Go's golang.org/x/mod/sumdb/note, made by another implementation.
PETER_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PETER_SEED = base64.b64decode("AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz")[1:]
PETER_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann "
    "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
).encode()

# RFC 8032 section 7.1, tests 1 and 2: public key, message, signature.
RFC_8032 = [
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
            "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
            "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
]

# Every point whose order divides 8 (either sign), and the second spellings of two of them.
SMALL_ORDER = [
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
    "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
]


def test_signing_the_golden_checkpoint_gives_the_golden_bytes() -> None:
    signatures = (LOG.sign(TEXT, at=AT), WITNESS.sign(TEXT, at=AT))
    assert Note(TEXT, signatures).encode() == GOLDEN


def test_the_golden_signatures_hold_and_carry_the_golden_time() -> None:
    verified = verified_signatures(parse_note(GOLDEN), [LOG.key, WITNESS.key])
    assert [key for key, _ in verified] == [LOG.key, WITNESS.key]
    assert cosigned_at(verified[1][1]) == AT


def test_a_note_of_another_implementation_holds_and_comes_out_the_same() -> None:
    note = parse_note(PETER_NOTE)
    key = VerifierKey.from_line(PETER_KEY)
    assert verified_signatures(note, [key])
    signer = Ed25519Signer("PeterNeumann", Ed25519PrivateKey.from_private_bytes(PETER_SEED))
    assert signer.key == key
    assert Note(note.text, (signer.sign(note.text, at=AT),)).encode() == PETER_NOTE


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_the_vectors_of_rfc_8032_hold(public: str, message: str, signature: str) -> None:
    verify_ed25519(bytes.fromhex(public), bytes.fromhex(signature), bytes.fromhex(message), what="vector")


@pytest.mark.parametrize(("public", "message", "signature"), RFC_8032)
def test_a_signature_whose_s_is_not_below_the_group_order_is_refused(
    public: str, message: str, signature: str
) -> None:
    whole = bytes.fromhex(signature)
    other = int.from_bytes(whole[32:], "little") + GROUP_ORDER  # the same number modulo the order
    changed = whole[:32] + other.to_bytes(32, "little")
    with pytest.raises(VerificationError, match="does not hold"):
        verify_ed25519(bytes.fromhex(public), changed, bytes.fromhex(message), what="vector")


@pytest.mark.parametrize("length", [0, 1, 32, 63])
def test_a_truncated_ed25519_signature_is_refused(length: int) -> None:
    public, message, signature = (bytes.fromhex(part) for part in RFC_8032[0])
    with pytest.raises(VerificationError, match="does not hold"):
        verify_ed25519(public, signature[:length], message, what="vector")
    with pytest.raises(VerificationError, match="does not hold"):
        verify_ed25519(public, signature + bytes(1), message, what="vector")


@pytest.mark.parametrize("public", SMALL_ORDER)
def test_a_key_of_small_order_for_which_anybody_can_sign_is_refused(public: str) -> None:
    identity = bytes.fromhex(SMALL_ORDER[0])
    with pytest.raises(VerificationError, match="small order"):
        verify_ed25519(bytes.fromhex(public), identity + bytes(32), b"any text", what="forger")


def test_every_bit_of_a_signature_matters() -> None:
    signature = WITNESS.sign(TEXT, at=AT)
    for bit in range(len(signature.blob) * 8):
        blob = bytearray(signature.blob)
        blob[bit // 8] ^= 1 << bit % 8
        with pytest.raises(VerificationError):
            verify_signature(WITNESS.key, TEXT, replace(signature, blob=bytes(blob)))


@pytest.mark.parametrize("signer", [LOG, WITNESS, QUANTUM])
def test_a_signature_over_another_text_is_refused(signer: Ed25519Signer) -> None:
    other = replace(CHECKPOINT, size=9).text()
    with pytest.raises(VerificationError, match="does not hold"):
        verify_signature(signer.key, other, signer.sign(TEXT, at=AT))


@pytest.mark.parametrize("signer", [LOG, WITNESS, QUANTUM])
@pytest.mark.parametrize("cut", [1, 8])
def test_a_signature_of_another_length_is_refused(signer: Ed25519Signer, cut: int) -> None:
    signature = signer.sign(TEXT, at=AT)
    for blob in (signature.blob[:-cut], signature.blob + bytes(cut)):
        with pytest.raises(VerificationError, match="wanted"):
            verify_signature(signer.key, TEXT, replace(signature, blob=blob))


def test_a_cosignature_does_not_pass_for_a_plain_signature() -> None:
    plain = VerifierKey(WITNESS.name, ED25519, WITNESS.key.public)
    blob = WITNESS.sign(TEXT, at=AT).blob[8:]
    with pytest.raises(VerificationError, match="does not hold"):
        verify_signature(plain, TEXT, Signature(plain.name, plain.key_id, blob))


def test_a_signature_that_says_to_be_another_keys_is_refused() -> None:
    with pytest.raises(VerificationError, match="is by"):
        verify_signature(LOG.key, TEXT, WITNESS.sign(TEXT, at=AT))


def test_signatures_by_unknown_keys_are_passed_over() -> None:
    forged = Signature("anybody.example", b"abcd", b"no signature at all")
    same_name = replace(forged, name=LOG.name)
    same_id = replace(forged, key_id=LOG.key.key_id)
    note = Note(TEXT, (forged, same_name, LOG.sign(TEXT, at=AT), same_id))
    assert [key for key, _ in verified_signatures(note, [LOG.key])] == [LOG.key]


def test_a_bad_signature_by_a_known_key_refuses_the_whole_note() -> None:
    good = LOG.sign(TEXT, at=AT)
    note = Note(TEXT, (good, replace(good, blob=bytes(64))))
    with pytest.raises(VerificationError, match="does not hold"):
        verified_signatures(note, [LOG.key])


def test_two_known_keys_with_one_name_and_id_are_ambiguous() -> None:
    with pytest.raises(InputError, match="by either"):
        verified_signatures(parse_note(GOLDEN), [LOG.key, LOG.key])


def test_a_post_quantum_cosignature_holds() -> None:
    signature = QUANTUM.sign(TEXT, at=AT)
    verify_signature(QUANTUM.key, TEXT, signature)
    assert (len(signature.blob), cosigned_at(signature)) == (2_428, AT)


def test_a_post_quantum_cosignature_signs_the_binary_structure_of_the_specification() -> None:
    name, origin = b"witness.example/q", b"facegate.example/test"
    message = b"".join(
        [
            b"subtree/v1\n\x00",
            bytes([len(name)]) + name,
            struct.pack(">Q", 1_700_000_000),
            bytes([len(origin)]) + origin,
            struct.pack(">QQ", 0, 8),
            ROOT,
        ]
    )
    signature = QUANTUM.sign(TEXT, at=AT)
    verify_mldsa44(QUANTUM.key.public, signature.blob[8:], message, what="structure")


def test_a_post_quantum_cosignature_does_not_hold_under_another_name() -> None:
    other = replace(QUANTUM, name="witness.example/r")
    blob = QUANTUM.sign(TEXT, at=AT).blob
    with pytest.raises(VerificationError, match="does not hold"):
        verify_signature(other.key, TEXT, Signature(other.name, other.key.key_id, blob))


def test_a_post_quantum_key_signs_no_text_that_is_no_checkpoint() -> None:
    with pytest.raises(VerificationError, match="three lines"):
        QUANTUM.sign(b"any text\n", at=AT)


def test_without_ml_dsa_the_sentence_says_what_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.asymmetric.mldsa", None)
    with pytest.raises(AuditError, match="ML-DSA-44 is missing from the installed package cryptography"):
        private_from_seed(bytes(32))
    with pytest.raises(AuditError, match="ML-DSA-44 is missing"):
        verify_signature(QUANTUM.key, TEXT, Signature(QUANTUM.name, QUANTUM.key.key_id, bytes(2_428)))


@settings(deadline=None, max_examples=50)
@given(seconds=st.integers(0, 253_402_300_799))
def test_a_cosignature_carries_its_time_to_the_second(seconds: int) -> None:
    at = datetime.fromtimestamp(seconds, tz=UTC)
    signature = cosigner("w.example").sign(TEXT, at=at)
    verify_signature(cosigner("w.example").key, TEXT, signature)
    assert cosigned_at(signature) == at


def test_a_plain_signature_has_no_time() -> None:
    with pytest.raises(VerificationError, match="carries no time"):
        cosigned_at(LOG.sign(TEXT, at=AT))


@pytest.mark.parametrize("seconds", [253_402_300_800, 2**63 - 1, 2**64 - 1])
def test_a_time_that_is_no_date_is_refused(seconds: int) -> None:
    blob = struct.pack(">Q", seconds) + bytes(64)
    with pytest.raises(VerificationError, match="no date"):
        verify_signature(WITNESS.key, TEXT, Signature(WITNESS.name, WITNESS.key.key_id, blob))


@pytest.mark.parametrize(
    "at", [AT.replace(tzinfo=None), datetime(1969, 12, 31, tzinfo=UTC)], ids=["no zone", "before 1970"]
)
def test_a_time_that_no_cosignature_can_carry_is_refused(at: datetime) -> None:
    with pytest.raises(InputError, match="cosignature: the time"):
        WITNESS.sign(TEXT, at=at)
