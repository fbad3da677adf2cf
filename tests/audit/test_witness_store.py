"""The memory of a witness: on the disk before it answers, whatever happens in between."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest
from signed_notes import AT, LOG, ORIGIN, cosigner, log_key, signed_tree

from facegate.audit.merkle import MerkleTree, leaf_hash
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.audit.witnesses import witness_store
from facegate.audit.witnesses.witness import Request
from facegate.audit.witnesses.witness_store import WitnessStore, origin_hash
from facegate.durable import replace_bytes
from facegate.errors import AuditError, StorageError, VerificationError

if TYPE_CHECKING:
    from contextlib import AbstractContextManager
    from pathlib import Path

WITNESS = cosigner("witness.example/w1")
TREE = MerkleTree(b"".join(leaf_hash(bytes([n])) for n in range(40)))
OTHER = MerkleTree(b"".join(leaf_hash(bytes([n, 1])) for n in range(40)))


def opened(folder: Path) -> AbstractContextManager[WitnessStore]:
    return WitnessStore.open(folder, logs={ORIGIN: [LOG.key]}, cosigners=[WITNESS])


def request(old: int, size: int, tree: MerkleTree = TREE) -> bytes:
    proof = tuple(tree.consistency_proof(old, size))
    return Request(old, proof, signed_tree(tree, size).encode()).encode()


def stored(folder: Path) -> Path:
    return folder / origin_hash(ORIGIN) / "checkpoint"


def test_what_was_cosigned_is_remembered_after_a_restart(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
    with opened(tmp_path) as store:
        assert store.answer(request(0, 9), at=AT).body == b"8\n"
        assert store.answer(request(8, 9), at=AT).status == 200


def test_the_state_is_on_the_disk_before_the_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []

    def watched(path: Path, content: bytes) -> None:
        replace_bytes(path, content)
        order.append("stored")

    monkeypatch.setattr(witness_store, "replace_bytes", watched)
    with opened(tmp_path) as store:
        assert store.answer(request(0, 8), at=AT).status == 200
        order.append("answered")
    assert order == ["stored", "answered"]


def test_a_kill_between_store_and_answer_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def killed(path: Path, content: bytes) -> None:
        replace_bytes(path, content)
        raise KeyboardInterrupt

    with opened(tmp_path) as store, monkeypatch.context() as patched:
        patched.setattr(witness_store, "replace_bytes", killed)
        with pytest.raises(KeyboardInterrupt):
            store.answer(request(0, 8), at=AT)
    with opened(tmp_path) as store:
        assert store.answer(request(0, 8), at=AT).body == b"8\n"  # told, asks again, gets it
        assert store.answer(request(8, 8), at=AT).status == 200
        assert store.answer(request(8, 8, OTHER), at=AT).status == 422


def test_a_disk_that_refuses_gives_no_cosignature_and_the_old_state(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:  # noqa: ARG001  the signature of what it replaces
        msg = "no space left"
        raise StorageError(msg)

    with opened(tmp_path) as store:
        store.answer(request(0, 4), at=AT)
        with monkeypatch.context() as patched:
            patched.setattr(witness_store, "replace_bytes", full)
            with pytest.raises(StorageError, match="no space left"):
                store.answer(request(4, 8), at=AT)
        assert store.answer(request(0, 8), at=AT).body == b"4\n"
        assert store.answer(request(4, 8), at=AT).status == 200


def test_two_requests_at_once_never_roll_the_witness_back(tmp_path: Path) -> None:
    """The race of the specification: N and N + K, both checked against the same old size."""
    start = threading.Barrier(8)
    statuses: list[tuple[int, int]] = []

    def client(size: int) -> None:
        start.wait()
        statuses.append((size, store.answer(request(4, size), at=AT).status))

    with opened(tmp_path) as store:
        store.answer(request(0, 4), at=AT)
        threads = [threading.Thread(target=client, args=(size,)) for size in range(5, 13)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    cosigned = [size for size, status in statuses if status == 200]
    assert sorted(status for _, status in statuses) == [200] + [409] * 7
    assert open_checkpoint(stored(tmp_path).read_bytes(), keys=[LOG.key]).checkpoint.size == cosigned[0]


def test_a_request_in_the_middle_of_another_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The larger tree arrives while the smaller one is being stored: checked only after that."""
    late: list[int] = []

    def slow(path: Path, content: bytes) -> None:
        monkeypatch.setattr(witness_store, "replace_bytes", replace_bytes)
        other = threading.Thread(target=lambda: late.append(store.answer(request(4, 12), at=AT).status))
        other.start()
        other.join(0.2)
        assert other.is_alive()  # it waits
        replace_bytes(path, content)
        waiting.append(other)

    waiting: list[threading.Thread] = []
    with opened(tmp_path) as store:
        store.answer(request(0, 4), at=AT)
        monkeypatch.setattr(witness_store, "replace_bytes", slow)
        assert store.answer(request(4, 8), at=AT).status == 200
        waiting[0].join()
    assert late == [409]


def test_two_processes_do_not_share_a_state(tmp_path: Path) -> None:
    with opened(tmp_path), pytest.raises(AuditError, match="in use by another process"), opened(tmp_path):
        pass


def test_a_fork_is_kept_with_what_it_contradicts_once(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
        for _ in range(3):
            store.answer(request(8, 8, OTHER), at=AT)
    kept = sorted(stored(tmp_path).with_name("evidence").iterdir())
    sides = [open_checkpoint(path.read_bytes(), keys=[LOG.key]).checkpoint for path in kept]
    assert [path.suffix for path in kept] == [".refused", ".seen"]
    assert [side.size for side in sides] == [8, 8]
    assert [side.root for side in sides] == [OTHER.root(8), TREE.root(8)]


def test_evidence_once_kept_is_not_written_over(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
        store.answer(request(8, 12, OTHER), at=AT)
        store.answer(request(8, 10), at=AT)
        assert store.answer(request(10, 12, OTHER), at=AT).status == 422
    (seen,) = stored(tmp_path).with_name("evidence").glob("*.seen")
    assert open_checkpoint(seen.read_bytes(), keys=[LOG.key]).checkpoint.size == 8


def test_evidence_does_not_fill_the_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness_store, "MOST_UNPROVEN", 2)
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
        for size in range(9, 20):
            assert store.answer(request(8, size, OTHER), at=AT).status == 422
    kept = sorted(path.name[:11] for path in stored(tmp_path).with_name("evidence").iterdir())
    assert kept == ["unproven-18"] * 2 + ["unproven-19"] * 2  # the newest, each with what it contradicts


def test_forks_have_room_of_their_own_and_the_first_ones_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(witness_store, "MOST_UNPROVEN", 2)
    monkeypatch.setattr(witness_store, "MOST_FORKS", 1)
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
        for size in range(9, 15):  # by a stranger who has what was published
            store.answer(request(8, size, OTHER), at=AT)
        store.answer(request(8, 8, OTHER), at=AT)
        another = MerkleTree(b"".join(leaf_hash(bytes([n, 2])) for n in range(8)))
        store.answer(request(8, 8, another), at=AT)
        for size in range(15, 20):
            store.answer(request(8, size, OTHER), at=AT)
    (fork,) = stored(tmp_path).with_name("evidence").glob("fork-*.refused")
    assert open_checkpoint(fork.read_bytes(), keys=[LOG.key]).checkpoint.root == OTHER.root(8)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda note: note.replace(b"\n8\n", b"\n7\n"), "does not hold"),
        (lambda note: note[: len(note) // 2], "does not hold|not a checkpoint"),
        (lambda _: b"", "does not hold"),
        (lambda _: signed_tree(TREE, 8).encode().replace(b"HiEy", b"HiEz"), "not a checkpoint"),
    ],
)
def test_a_state_that_was_edited_is_refused(tmp_path: Path, change: object, reason: str) -> None:
    assert callable(change)
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
    stored(tmp_path).write_bytes(change(stored(tmp_path).read_bytes()))
    with pytest.raises(VerificationError, match=reason), opened(tmp_path):
        pass


def test_the_state_of_one_log_does_not_pass_for_that_of_another(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        store.answer(request(0, 8), at=AT)
    other = "other.example/log"
    stored(tmp_path).parent.rename(tmp_path / origin_hash(other))
    logs = {other: [log_key(other).key]}
    with (
        pytest.raises(VerificationError, match="not a checkpoint of other"),
        WitnessStore.open(tmp_path, logs=logs, cosigners=[WITNESS]),
    ):
        pass


def test_a_state_that_cannot_be_used_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(AuditError, match="cannot be used"), opened(tmp_path / "file"):
        pass


def test_the_newest_checkpoint_is_given_by_the_hash_of_its_origin(tmp_path: Path) -> None:
    with opened(tmp_path) as store:
        assert store.latest(origin_hash(ORIGIN)) is None
        store.answer(request(0, 8), at=AT)
        assert store.latest(origin_hash(ORIGIN)) == stored(tmp_path).read_bytes()
        assert store.latest(origin_hash("other.example/log")) is None
