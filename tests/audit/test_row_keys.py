"""Keys that can be destroyed one by one: each exactly once, in any order, and no other with it."""

from __future__ import annotations

import os
from hashlib import sha256
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.sealing.row_keys import DEPTH, KEY_BYTES, RowKeys
from facegate.errors import AuditError, InputError, StorageError

if TYPE_CHECKING:
    from pathlib import Path
    from random import Random

ROOT = bytes(range(32))
FORM = b"facegate-row-keys/1\n"
NODE_BYTES = 37
LAST = (1 << DEPTH) - 1

# Near each other, where subtrees are shared, and anywhere, the ends included.
places = st.one_of(st.integers(0, 40), st.integers(240, 280), st.integers(0, LAST), st.just(LAST))
orders = st.lists(places, max_size=12)


def slow_key(seq: int) -> bytes:
    """Walk the whole way down, as the module's own text says it."""
    node = ROOT
    for at in range(DEPTH - 1, -1, -1):
        node = sha256(bytes([seq >> at & 1]) + node).digest()
    return node


def after(order: list[int]) -> RowKeys:
    """Destroy keys one after the other."""
    keys = RowKeys.fresh(ROOT)
    for seq in order:
        keys.destroy([seq])
    return keys


def nodes_of(keys: RowKeys) -> list[tuple[int, int, bytes]]:
    """Read depth, place and seed of every node from the file's bytes."""
    packed = keys.encode().removeprefix(FORM)[:-32]
    rows = [packed[at : at + NODE_BYTES] for at in range(0, len(packed), NODE_BYTES)]
    return [(row[0], int.from_bytes(row[1:5], "big"), row[5:]) for row in rows]


def sealed(packed: bytes) -> bytes:
    """Put form and digest around nodes, as a forger would."""
    return FORM + packed + sha256(FORM + packed).digest()


def node(depth: int, place: int) -> bytes:
    return bytes([depth]) + place.to_bytes(4, "big") + ROOT


@given(seq=places)
@settings(deadline=None, max_examples=100)
def test_a_key_is_the_node_at_the_end_of_its_path(seq: int) -> None:
    assert RowKeys.fresh(ROOT).key(seq) == slow_key(seq)


@given(order=orders, asked=st.lists(places, max_size=8))
@settings(deadline=None, max_examples=200)
def test_destroyed_keys_are_gone_and_all_others_are_as_they_were(order: list[int], asked: list[int]) -> None:
    keys = after(order)
    for seq in [*asked, *order, *(one ^ 1 for one in order)]:
        assert keys.key(seq) == (None if seq in order else slow_key(seq))


@given(order=orders, asked=places)
@settings(deadline=None, max_examples=100)
def test_what_was_asked_before_does_not_outlive_its_destruction(order: list[int], asked: int) -> None:
    keys = RowKeys.fresh(ROOT)
    for seq in order:
        keys.key(asked)
        keys.destroy([seq])
    assert keys.key(asked) == (None if asked in order else slow_key(asked))


@given(order=orders, dice=st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=100)
def test_the_order_of_destruction_leaves_no_trace(order: list[int], dice: Random) -> None:
    shuffled = list(order)
    dice.shuffle(shuffled)
    keys = RowKeys.fresh(ROOT)
    keys.destroy(shuffled)
    assert keys.encode() == after(order).encode() == after(order + order).encode()


@given(order=orders)
@settings(deadline=None, max_examples=40)
def test_no_node_in_the_file_lies_on_the_path_of_a_destroyed_key(order: list[int]) -> None:
    """To derive a key somebody must hold a node above it: there is none, and none holds its value."""
    gone = {slow_key(seq) for seq in order}
    for depth, place, seed in nodes_of(after(order)):
        assert all(seq >> (DEPTH - depth) != place for seq in order)
        assert seed not in gone


@given(order=st.lists(st.integers(0, 20), min_size=1, max_size=6))
@settings(deadline=None, max_examples=10)
def test_nothing_derived_from_any_node_is_a_destroyed_key(order: list[int]) -> None:
    """By trying: four steps down from every node, wherever it says that it stands."""
    gone = {slow_key(seq) for seq in order}
    for _, _, seed in nodes_of(after(order)):
        reached = {seed}
        for _ in range(6):
            assert not reached & gone
            reached = {sha256(bytes([side]) + one).digest() for one in reached for side in (0, 1)}


@given(order=orders)
@settings(deadline=None, max_examples=100)
def test_nodes_never_overlap_and_with_the_destroyed_ones_fill_the_tree(order: list[int]) -> None:
    spans = [(place << (DEPTH - depth), 1 << (DEPTH - depth)) for depth, place, _ in nodes_of(after(order))]
    spans += [(seq, 1) for seq in set(order)]
    at = 0
    for first, width in sorted(spans):
        assert first == at
        at += width
    assert at == 1 << DEPTH


@given(order=orders, asked=places)
@settings(deadline=None, max_examples=100)
def test_what_is_encoded_is_read_back(order: list[int], asked: int) -> None:
    keys = after(order)
    again = RowKeys.decode(keys.encode(), "openings.key")
    assert (again.encode(), again.key(asked)) == (keys.encode(), keys.key(asked))
    assert again.untouched == (not order)


@given(order=orders, at=st.integers(0, 10_000), bit=st.integers(0, 7))
@settings(deadline=None, max_examples=100)
def test_a_file_with_one_bit_flipped_is_refused(order: list[int], at: int, bit: int) -> None:
    data = bytearray(after(order).encode())
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(AuditError, match="was changed"):
        RowKeys.decode(bytes(data), "openings.key")


@pytest.mark.parametrize(
    "packed",
    [
        node(0, 0) + node(5, 3),
        node(5, 3) + node(5, 3),
        node(1, 1) + node(32, LAST),
        node(33, 0),
        node(1, 2),
        node(0, 7),
    ],
    ids=["below another", "twice", "the last below", "too deep", "beside the tree", "beside the root"],
)
def test_nodes_that_no_tree_has_are_refused(packed: bytes) -> None:
    """Two nodes for one record would leave its key when it is destroyed."""
    with pytest.raises(AuditError, match="holds a key of some record twice"):
        RowKeys.decode(sealed(packed), "openings.key")


@pytest.mark.parametrize("data", [b"", FORM, sealed(b"")[:-1], b"x" * 100, sealed(node(0, 0)[:-1])])
def test_what_is_no_file_of_keys_is_refused(data: bytes) -> None:
    with pytest.raises(AuditError, match="is not a file of row keys"):
        RowKeys.decode(data, "openings.key")


def test_a_file_in_which_every_key_is_destroyed_is_one() -> None:
    assert RowKeys.decode(sealed(b""), "openings.key").key(7) is None


@pytest.mark.parametrize("seq", [-1, 1 << DEPTH])
def test_there_is_no_place_outside_the_tree(seq: int) -> None:
    keys = RowKeys.fresh(ROOT)
    with pytest.raises(InputError, match="there is no key for record"):
        keys.key(seq)
    with pytest.raises(InputError, match="there is no key for record"):
        keys.destroy([seq])


def test_a_root_has_32_bytes() -> None:
    with pytest.raises(InputError, match="32 bytes, got 31"):
        RowKeys.fresh(bytes(KEY_BYTES - 1))


# On disk.


def on_disk(folder: Path) -> Path:
    path = folder / "keys" / "openings.key"
    RowKeys.create(path, random_bytes=lambda n: ROOT[:n])
    return path


def rewritten(path: Path, *gone: int) -> None:
    keys = RowKeys.read(path)
    keys.destroy(gone)
    keys.write(path)


def test_keys_are_written_for_their_owner_only_and_never_over_others(tmp_path: Path) -> None:
    path = on_disk(tmp_path)
    rewritten(path, 3)
    assert path.stat().st_mode & 0o777 == 0o600
    assert [one.name for one in path.parent.iterdir()] == ["openings.key"]
    with pytest.raises(InputError, match="never overwritten"):
        RowKeys.create(path, random_bytes=os.urandom)
    assert RowKeys.read(path).key(3) is None


def test_keys_that_others_can_read_are_not_used(tmp_path: Path) -> None:
    path = on_disk(tmp_path)
    path.chmod(0o640)
    with pytest.raises(AuditError, match="chmod 600"):
        RowKeys.read(path)


def test_the_old_keys_are_overwritten_in_place(tmp_path: Path) -> None:
    path = on_disk(tmp_path)
    with path.open("rb") as old:
        rewritten(path, 3)
        assert not old.read().strip(b"\x00")


def test_keys_that_are_replaced_while_they_are_read_are_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path, said = tmp_path / "openings.key", os.fstat
    RowKeys.create(path, random_bytes=lambda _: ROOT)
    newer = RowKeys.fresh(bytes(32))

    def replaced(descriptor: int) -> os.stat_result:  # at once behind the reading
        monkeypatch.undo()
        newer.write(path)
        return said(descriptor)

    monkeypatch.setattr(os, "fstat", replaced)
    assert RowKeys.read(path).encode() == newer.encode()


def test_a_folder_without_second_names_takes_keys_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_disk(tmp_path)

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with path.open("rb") as old:
        rewritten(path, 3)
        assert not old.read().strip(b"\x00")
    assert RowKeys.read(path).key(3) is None


def test_a_disk_that_refuses_the_new_keys_leaves_the_old(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = on_disk(tmp_path)

    def refuse(*_: object) -> int:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "pwrite", refuse)
        with pytest.raises(StorageError, match="No space left"):
            rewritten(path, 3)
    assert RowKeys.read(path).key(3) == slow_key(3)
    rewritten(path, 3)
    assert [one.name for one in path.parent.iterdir()] == ["openings.key"]
