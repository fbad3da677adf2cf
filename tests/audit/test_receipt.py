"""Receipts: what holds, and that every line and every hash of one matters."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_notes import AT, LOG, cosigner, log_key, signed_tree

from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.signed.receipt import Receipt, parse_receipt, verify_receipt
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import VerificationError

if TYPE_CHECKING:
    from facegate.audit.signed.notes import VerifierKey

ENTRIES = [f"record {at}".encode() for at in range(13)]
TREE = MerkleTree(b"".join(leaf_hash(entry) for entry in ENTRIES))
A, B = cosigner("a.example/w"), cosigner("b.example/w")
POLICY = parse_policy(
    f"witness a {A.key.line()}\nwitness b {B.key.line()}\ngroup both all a b\nquorum both\n"
)


def receipt(index: int, size: int = TREE.size, *, extra: bytes | None = None) -> Receipt:
    proof = tuple(TREE.inclusion_proof(index, size))
    return Receipt(index, proof, signed_tree(TREE, size, witnesses=[A]).encode(), extra)


def test_a_receipt_is_written_as_the_specification_says() -> None:
    lines = receipt(12, extra=b"x").encode().decode().split("\n")
    assert lines[:3] == ["c2sp.org/tlog-proof@v1", "extra eA==", "index 12"]
    assert lines[5:8] == ["", "facegate.example/test", "13"]


@settings(deadline=None, max_examples=60)
@given(size=st.integers(1, 13), data=st.data(), extra=st.none() | st.binary(max_size=30))
def test_every_receipt_reads_as_written_and_holds(
    size: int, data: st.DataObject, extra: bytes | None
) -> None:
    index = data.draw(st.integers(0, size - 1))
    made = receipt(index, size, extra=extra)
    read = parse_receipt(made.encode())
    assert read == made
    assert verify_receipt(read, ENTRIES[index], keys=[LOG.key]).checkpoint.size == size


def test_the_receipt_of_the_only_record_has_no_hashes() -> None:
    made = receipt(0, 1)
    assert made.proof == ()
    verify_receipt(parse_receipt(made.encode()), ENTRIES[0], keys=[LOG.key])


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (b"tlog-proof@v1", b"tlog-proof@v2", "first line"),
        (b"c2sp.org/tlog-proof@v1\n", b"", "first line"),
        (b"index 5", b"index 05", "without leading zeros"),
        (b"index 5", b"index -5", "without leading zeros"),
        (b"index 5", b"index  5", "without leading zeros"),
        (b"index 5\n", b"", "index line"),
        (b"index 5", b"extra eA==", "index line"),
        (b"index 5", b"extra eA", "not base64"),
        (b"index 5", b"extra eB==\nindex 5", "canonical"),
        (b"=\n\nfacegate", b"=\nfacegate", "hash|base64"),
        (b"\n\n", b"\n\n\n", "three lines|origin"),
        (b"index 5\n", b"index 5\nAAAA\n", "3 bytes"),
        (b"index 5\n", b"index 5\n\xff\n", "ASCII"),
        (b"index 5\n", b"index 5\r\n", "leading zeros"),
        (b"index 5\n", b"index 5\n" + b"A" * 43 + b"=\n", "too many|root"),
        (b"index 5\n", b"index 5\n" + (b"A" * 43 + b"=\n") * 65, "at most 64"),
        (b"index 5", b"extra " + b"A" * 400_000 + b"\nindex 5", "at most"),
    ],
)
def test_a_receipt_in_any_other_form_is_refused(old: bytes, new: bytes, reason: str) -> None:
    data = receipt(5).encode()
    assert old in data
    with pytest.raises(VerificationError, match=reason):
        verify_receipt(parse_receipt(data.replace(old, new, 1)), ENTRIES[5], keys=[LOG.key])


def test_a_receipt_without_a_checkpoint_is_refused() -> None:
    with pytest.raises(VerificationError, match="blank line"):
        parse_receipt(b"c2sp.org/tlog-proof@v1\nindex 0\n")


def test_every_line_of_a_receipt_matters() -> None:
    lines = receipt(5).encode().split(b"\n")
    for at in range(len(lines)):
        if b"a.example" in lines[at]:  # a witness that nobody asks for
            continue
        without = b"\n".join(lines[:at] + lines[at + 1 :])
        with pytest.raises(VerificationError):
            verify_receipt(parse_receipt(without), ENTRIES[5], keys=[LOG.key])


def test_every_hash_of_every_receipt_matters() -> None:
    for index in range(TREE.size):
        made = receipt(index)
        for at, one in enumerate(made.proof):
            changed = bytes([one[0] ^ 1]) + one[1:]
            proof = (*made.proof[:at], changed, *made.proof[at + 1 :])
            with pytest.raises(VerificationError, match="leads to root"):
                verify_receipt(replace(made, proof=proof), ENTRIES[index], keys=[LOG.key])


def test_every_character_of_a_receipt_but_those_of_unknown_witnesses_matters() -> None:
    data = receipt(5, 6).encode()
    end = data.index("— a.example".encode())
    for at in range(end):
        changed = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        with pytest.raises(VerificationError):
            verify_receipt(parse_receipt(changed), ENTRIES[5], keys=[LOG.key])


def test_a_receipt_proves_no_other_record() -> None:
    with pytest.raises(VerificationError, match="leads to root"):
        verify_receipt(receipt(5), ENTRIES[6], keys=[LOG.key])


@pytest.mark.parametrize("index", [4, 6, 12, 13, 10**15])
def test_a_receipt_proves_no_other_place(index: int) -> None:
    with pytest.raises(VerificationError, match="inclusion proof"):
        verify_receipt(replace(receipt(5), index=index), ENTRIES[5], keys=[LOG.key])


def test_the_checkpoint_of_another_size_does_not_fit() -> None:
    with pytest.raises(VerificationError, match="inclusion proof"):
        verify_receipt(replace(receipt(5), checkpoint=receipt(5, 12).checkpoint), ENTRIES[5], keys=[LOG.key])


@pytest.mark.parametrize("key", [log_key(number=1).key, log_key("other.example/log").key, A.key])
def test_a_receipt_does_not_hold_under_another_key(key: VerifierKey) -> None:
    with pytest.raises(VerificationError, match="not signed by a known key of that log"):
        verify_receipt(receipt(5), ENTRIES[5], keys=[key])


def test_a_receipt_with_a_policy_needs_its_quorum() -> None:
    with pytest.raises(VerificationError, match="b has not cosigned"):
        verify_receipt(receipt(5), ENTRIES[5], keys=[LOG.key], policy=POLICY)
    both = replace(receipt(5), checkpoint=signed_tree(TREE, witnesses=[A, B]).encode())
    verify_receipt(both, ENTRIES[5], keys=[LOG.key], policy=POLICY)


def test_a_receipt_stays_valid_for_years() -> None:
    both = replace(receipt(5), checkpoint=signed_tree(TREE, witnesses=[A, B]).encode())
    verify_receipt(both, ENTRIES[5], keys=[LOG.key], policy=POLICY, now=AT + timedelta(days=3_650))


def test_a_receipt_cosigned_in_the_future_is_refused() -> None:
    both = replace(receipt(5), checkpoint=signed_tree(TREE, witnesses=[A, B]).encode())
    with pytest.raises(VerificationError, match="in the future"):
        verify_receipt(both, ENTRIES[5], keys=[LOG.key], policy=POLICY, now=AT - timedelta(hours=1))
