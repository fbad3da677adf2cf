"""The signed checkpoint: read only with the log's own signature, refused when any known one is bad."""

from __future__ import annotations

from dataclasses import replace

import pytest
from signed_notes import AT, CHECKPOINT, GOLDEN, LOG, WITNESS, log_key, quantum_cosigner

from facegate.audit.signed.notes import Signature
from facegate.audit.signed.signed_checkpoint import open_checkpoint, sign_checkpoint
from facegate.errors import InputError, VerificationError


def test_the_golden_checkpoint_opens_with_the_logs_key() -> None:
    signed = open_checkpoint(GOLDEN, keys=[LOG.key])
    assert (signed.checkpoint, signed.encode()) == (CHECKPOINT, GOLDEN)


def test_the_golden_checkpoint_is_made_by_signing_and_cosigning() -> None:
    signed = sign_checkpoint(CHECKPOINT, [LOG], at=AT)
    assert signed.with_signatures([WITNESS.sign(signed.note.text, at=AT)]).encode() == GOLDEN


def test_a_log_may_sign_with_a_post_quantum_key_beside_the_other() -> None:
    quantum = quantum_cosigner(LOG.name)
    data = sign_checkpoint(CHECKPOINT, [LOG, quantum], at=AT).encode()
    for keys in ([LOG.key], [quantum.key], [LOG.key, quantum.key]):
        assert open_checkpoint(data, keys=keys).checkpoint == CHECKPOINT


def test_a_checkpoint_signed_by_nobody_known_is_refused() -> None:
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        open_checkpoint(GOLDEN, keys=[log_key(number=1).key])
    with pytest.raises(VerificationError, match="known keys: none"):
        open_checkpoint(GOLDEN, keys=[])


def test_a_witness_alone_does_not_make_a_checkpoint() -> None:
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        open_checkpoint(GOLDEN, keys=[WITNESS.key])


def test_a_bad_cosignature_by_a_known_witness_refuses_the_checkpoint() -> None:
    bad = GOLDEN.replace(b"7Mb/Aw==", b"7Mb/Bw==")
    assert open_checkpoint(bad, keys=[LOG.key]).checkpoint == CHECKPOINT
    with pytest.raises(VerificationError, match=r"witness\.example/w1 does not hold"):
        open_checkpoint(bad, keys=[LOG.key, WITNESS.key])


def test_the_key_of_another_log_does_not_open_a_checkpoint() -> None:
    other = replace(LOG, name="other.example/log")
    text = CHECKPOINT.text()
    data = text + b"\n" + other.sign(text, at=AT).line()
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        open_checkpoint(data, keys=[other.key])


def test_a_changed_byte_of_the_signed_text_is_found() -> None:
    end = GOLDEN.index(b"\n\n")
    for at in range(end):
        changed = GOLDEN[:at] + bytes([GOLDEN[at] ^ 1]) + GOLDEN[at + 1 :]
        with pytest.raises(VerificationError):
            open_checkpoint(changed, keys=[LOG.key])


def test_a_newer_signature_by_the_same_key_takes_the_place_of_the_older() -> None:
    signed = open_checkpoint(GOLDEN, keys=[LOG.key])
    again = Signature(WITNESS.name, WITNESS.key.key_id, bytes(72))
    assert signed.with_signatures([again]).note.signatures == (signed.note.signatures[0], again)


def test_signing_without_a_key_or_with_another_logs_key_is_refused() -> None:
    with pytest.raises(InputError, match="at least one key"):
        sign_checkpoint(CHECKPOINT, [], at=AT)
    with pytest.raises(InputError, match="the names differ"):
        sign_checkpoint(CHECKPOINT, [log_key("other.example/log")], at=AT)
