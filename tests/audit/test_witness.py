"""What a witness answers: every status of the specification, and that nothing moves it back."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from signed_notes import AT, LOG, ORIGIN, cosigner, log_key, quantum_cosigner, signed_tree

from facegate.audit.checkpoint import Checkpoint
from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.signed.notes import parse_signature_lines
from facegate.audit.signed.signed_checkpoint import SignedCheckpoint, open_checkpoint, sign_checkpoint
from facegate.audit.signed.signing import cosigned_at, verify_signature
from facegate.audit.witnesses.witness import (
    FORK,
    UNPROVEN,
    Answer,
    Request,
    WitnessState,
    answer_add_checkpoint,
    parse_request,
)
from facegate.errors import InputError, VerificationError

WITNESS = cosigner("witness.example/w1")
FRESH = WitnessState({})
TREE = MerkleTree(b"".join(leaf_hash(bytes([n])) for n in range(20)))
OTHER = MerkleTree(b"".join(leaf_hash(bytes([n, 1])) for n in range(20)))
BEFORE_THE_FORK = MerkleTree(b"".join(leaf_hash(bytes([n])) for n in range(12)))
AFTER_THE_FORK = MerkleTree(
    b"".join(leaf_hash(bytes([n, n > 4])) if n > 4 else leaf_hash(bytes([n])) for n in range(12))
)

# The request that the specification gives as its example.
EXAMPLE = (
    "old 20852014\n"
    "PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n"
    "jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
    "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n"
    "/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n"
    "\n"
    "example.com/behind-the-sofa\n"
    "20852163\n"
    "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
    "\n"
    "— example.com/behind-the-sofa "
    "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
).encode()


def ask(state: WitnessState, request: bytes, *, at: datetime = AT) -> Answer:
    return answer_add_checkpoint(state, request, logs={ORIGIN: [LOG.key]}, cosigners=[WITNESS], at=at)


def request(old: int, size: int, *, tree: MerkleTree = TREE) -> bytes:
    proof = tuple(tree.consistency_proof(min(old, size), size))
    return Request(old, proof, signed_tree(tree, size).encode()).encode()


def seen(size: int, tree: MerkleTree = TREE) -> WitnessState:
    return ask(FRESH, request(0, size, tree=tree)).state


def test_the_example_of_the_specification_is_read_and_written_byte_for_byte() -> None:
    read = parse_request(EXAMPLE)
    assert (read.old_size, len(read.proof)) == (20_852_014, 4)
    assert read.encode() == EXAMPLE


def test_a_first_checkpoint_is_cosigned_with_the_time() -> None:
    answer = ask(FRESH, request(0, 8))
    (line,) = parse_signature_lines(answer.body)
    verify_signature(WITNESS.key, signed_tree(TREE, 8).note.text, line)
    assert (answer.status, cosigned_at(line), answer.state.size(ORIGIN)) == (200, AT, 8)


def test_the_state_holds_the_signatures_of_log_and_witness() -> None:
    held = seen(8).latest[ORIGIN].encode()
    assert len(open_checkpoint(held, keys=[LOG.key, WITNESS.key]).note.signatures) == 2


@settings(deadline=None, max_examples=60)
@given(sizes=st.lists(st.integers(0, 20), min_size=1, max_size=6).map(sorted))
def test_a_log_that_only_grows_is_cosigned_at_every_step(sizes: list[int]) -> None:
    state, old = FRESH, 0
    for size in sizes:
        answer = ask(state, request(old, size))
        assert (answer.status, answer.state.size(ORIGIN)) == (200, size)
        state, old = answer.state, size


@settings(deadline=None, max_examples=60)
@given(
    asks=st.lists(st.tuples(st.booleans(), st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=12)
)
def test_whatever_is_asked_all_that_is_cosigned_is_one_history(asks: list[tuple[bool, int, int]]) -> None:
    """Two histories that part after record 5 are shown in any order, with true and with wrong old sizes."""
    histories = (BEFORE_THE_FORK, AFTER_THE_FORK)
    state, cosigned = FRESH, []
    for other, old, size in asks:
        tree = histories[other]
        answer = ask(state, request(old, size, tree=tree))
        if answer.status == 200:
            cosigned.append((size, tree.root(size)))
        state = answer.state
    assert [size for size, _ in cosigned] == sorted(size for size, _ in cosigned)
    assert any(all(tree.root(size) == root for size, root in cosigned) for tree in histories)


def test_the_same_checkpoint_is_cosigned_again_with_a_newer_time() -> None:
    answer = ask(seen(8), request(8, 8), at=AT + timedelta(hours=1))
    assert answer.status == 200
    assert cosigned_at(parse_signature_lines(answer.body)[0]) == AT + timedelta(hours=1)


def test_a_witness_with_two_keys_answers_two_lines() -> None:
    quantum = quantum_cosigner("witness.example/w1")
    answer = answer_add_checkpoint(
        FRESH, request(0, 8), logs={ORIGIN: [LOG.key]}, cosigners=[WITNESS, quantum], at=AT
    )
    assert len(parse_signature_lines(answer.body)) == 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"old 4", b"old 04"),
        (b"old 4", b"old -4"),
        (b"old 4", b"old  4"),
        (b"old 4", b"Old 4"),
        (b"old 4", b"4"),
        (b"old 4\n", b""),
        (b"old 4\n", b"old 4\nAAAA\n"),
        (b"old 4\n", b"old 4\n\xff\n"),
        (b"old 4\n", b"old 4\n" + (b"A" * 43 + b"=\n") * 63),
        (b"=\n\n", b"=\n"),
        (b"\n8\n", b"\n08\n"),
        (b"\n8\n", b"\n8\nextension\n"),
        (b"old 4", b"old 9"),
        (b"facegate.example/test HiE", b"facegate.example/test ?iE"),
    ],
)
def test_what_is_no_request_or_runs_backward_is_answered_400(old: bytes, new: bytes) -> None:
    state, whole = seen(4), request(4, 8)
    assert old in whole
    answer = ask(state, whole.replace(old, new, 1))
    assert (answer.status, answer.state) == (400, state)


@pytest.mark.parametrize("body", [b"", b"\n", b"\n\n", b"old 0\n\n", b"\xff" * 100, b"old 0\n" * 100_000])
def test_noise_is_answered_400(body: bytes) -> None:
    assert ask(FRESH, body).status == 400


def test_a_checkpoint_without_a_known_signature_is_answered_403() -> None:
    signed = sign_checkpoint(Checkpoint(ORIGIN, 8, TREE.root(8)), [log_key()], at=AT)
    assert ask(FRESH, Request(0, (), signed.encode()).encode()).status == 403


def test_a_bad_signature_by_a_known_key_is_answered_403() -> None:
    signed = signed_tree(TREE, 8)
    text = Checkpoint(ORIGIN, 9, TREE.root(9)).text()
    moved = text + b"\n" + signed.note.signatures[0].line()
    answer = ask(FRESH, Request(0, (), moved).encode())
    assert (answer.status, answer.state, answer.evidence) == (403, FRESH, None)


def test_an_unknown_log_is_answered_404() -> None:
    other = log_key("other.example/log")
    signed = sign_checkpoint(Checkpoint("other.example/log", 8, TREE.root(8)), [other], at=AT)
    assert ask(FRESH, Request(0, (), signed.encode()).encode()).status == 404


@pytest.mark.parametrize("old", [0, 3, 5])
def test_another_old_size_is_answered_409_with_the_one_last_cosigned(old: int) -> None:
    answer = ask(seen(4), request(old, 8))
    assert (answer.status, answer.body, answer.content_type) == (409, b"4\n", "text/x.tlog.size")


def test_a_smaller_tree_is_answered_409_and_moves_nothing_back() -> None:
    state = seen(8)
    answer = ask(state, request(4, 6))
    assert (answer.status, answer.body, answer.state) == (409, b"8\n", state)


def test_a_log_never_seen_has_size_0() -> None:
    assert ask(FRESH, request(4, 8)).body == b"0\n"


def test_every_changed_hash_of_a_proof_is_answered_422() -> None:
    for old in range(1, 8):
        state = seen(old)
        read = parse_request(request(old, 11))
        for at, one in enumerate(read.proof):
            changed = bytes([one[0] ^ 1]) + one[1:]
            proof = (*read.proof[:at], changed, *read.proof[at + 1 :])
            answer = ask(state, Request(old, proof, read.checkpoint).encode())
            assert (answer.status, answer.state) == (422, state)


def test_another_history_is_answered_422_and_kept_as_evidence() -> None:
    answer = ask(seen(4), request(4, 8, tree=OTHER))
    assert answer.status == 422
    assert answer.evidence is not None
    assert (answer.evidence.kind, answer.evidence.refused.checkpoint.root) == (UNPROVEN, OTHER.root(8))


def test_the_same_size_with_another_root_is_answered_422_and_kept_as_a_fork() -> None:
    state = seen(8)
    answer = ask(state, request(8, 8, tree=OTHER))
    assert (answer.status, answer.state) == (422, state)
    assert answer.evidence is not None
    assert answer.evidence.kind == FORK


@pytest.mark.parametrize(("old", "status"), [(4, 409), (9, 400)])
def test_a_fork_is_kept_as_evidence_even_in_a_request_that_is_refused_for_another_reason(
    old: int, status: int
) -> None:
    answer = ask(seen(8), request(old, 8, tree=OTHER))
    assert answer.status == status
    assert answer.evidence is not None
    assert answer.evidence.kind == FORK


def test_evidence_holds_no_line_that_a_stranger_hung_on_it() -> None:
    more = signed_tree(OTHER, 8, witnesses=[cosigner("stranger.example/w")])
    answer = ask(seen(8), Request(8, (), more.encode()).encode())
    assert answer.evidence is not None
    assert len(answer.evidence.refused.note.signatures) == 1


def test_a_proof_where_the_old_size_is_0_is_answered_422_and_is_no_evidence() -> None:
    whole = parse_request(request(4, 8))
    answer = ask(FRESH, Request(0, whole.proof, whole.checkpoint).encode())
    assert (answer.status, answer.evidence) == (422, None)


def test_an_empty_log_is_cosigned_and_one_with_another_root_answered_422() -> None:
    assert ask(FRESH, request(0, 0)).status == 200
    wrong = sign_checkpoint(Checkpoint(ORIGIN, 0, bytes(32)), [LOG], at=AT)
    assert ask(FRESH, Request(0, (), wrong.encode()).encode()).status == 422


def test_each_log_has_a_state_of_its_own() -> None:
    other = log_key("other.example/log")
    signed: SignedCheckpoint = sign_checkpoint(Checkpoint(other.name, 3, OTHER.root(3)), [other], at=AT)
    logs = {ORIGIN: [LOG.key], other.name: [other.key]}
    body = Request(0, (), signed.encode()).encode()
    answer = answer_add_checkpoint(seen(8), body, logs=logs, cosigners=[WITNESS], at=AT)
    assert (answer.status, answer.state.size(ORIGIN), answer.state.size(other.name)) == (200, 8, 3)


def test_a_clock_at_0_cosigns_nothing() -> None:
    with pytest.raises(InputError, match="the clock is wrong"):
        ask(FRESH, request(0, 8), at=datetime.fromtimestamp(0, tz=UTC))


def test_a_request_that_is_too_long_is_refused() -> None:
    with pytest.raises(VerificationError, match="at most"):
        parse_request(b"x" * 300_000)
