"""Tiles: which there are, where they stand, what may stand in them; and the edge that makes them."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.frames import frame
from facegate.audit.merkle import EMPTY_ROOT, HASH_BYTES, MerkleTree
from facegate.audit.published.tile_stack import TileStack
from facegate.audit.published.tiles import ENTRIES, Tile, bundles_of, demand_hashes, read_bundle, tiles_of
from facegate.errors import InputError, VerificationError

LEAVES = b"".join(sha256(number.to_bytes(8, "big")).digest() for number in range(70_000))


def slow_tiles(leaves: bytes, size: int) -> dict[str, bytes]:
    """Every hash tile by the definition: the hash i of tile n of level l is the root over its own leaves."""
    found, level = {}, 0
    while n_hashes := size // 256**level:
        for at in range(0, n_hashes, 256):
            width = min(256, n_hashes - at)
            span = HASH_BYTES * 256**level
            roots = [MerkleTree(leaves[i * span : (i + 1) * span]).root() for i in range(at, at + width)]
            found[Tile(level, at // 256, width).path] = b"".join(roots)
        level += 1
    return found


def stacked(leaves: bytes, *cuts: int) -> tuple[dict[str, bytes], bytes]:
    """Every hash tile as the stack makes them, given the leaves in pieces; and the root."""
    stack, found = TileStack(), {}
    for start, end in zip((0, *cuts), (*cuts, len(leaves) // HASH_BYTES), strict=True):
        for tile, data in stack.take(leaves[start * HASH_BYTES : end * HASH_BYTES]):
            found[tile.path] = data
    return found | {tile.path: data for tile, data in stack.partial()}, stack.root()


def bundle(*entries: bytes) -> bytes:
    return b"".join(frame(entry) for entry in entries)


def test_a_tile_number_stands_in_groups_of_three_digits() -> None:
    assert Tile(0, 1_234_067).path == "tile/0/x001/x234/067"
    assert Tile(3, 67, 1).path == "tile/3/067.p/1"
    assert Tile(ENTRIES, 1_000).path == "tile/entries/x001/000"


def test_70000_records_are_the_tiles_that_the_specification_counts() -> None:
    tiles = list(tiles_of(70_000))
    assert [tile.path for tile in tiles if tile.width < 256] == [
        "tile/0/273.p/112",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]
    assert [sum(tile.level == level for tile in tiles) for level in range(4)] == [274, 2, 1, 0]


def test_256_records_are_one_full_tile_and_a_width_of_one_above() -> None:
    assert [tile.path for tile in tiles_of(256)] == ["tile/0/000", "tile/1/000.p/1"]
    assert [tile.path for tile in bundles_of(256)] == ["tile/entries/000"]


def test_an_empty_log_has_no_tile() -> None:
    assert [*tiles_of(0), *bundles_of(0), *TileStack().partial()] == []
    assert TileStack().root() == EMPTY_ROOT


@pytest.mark.parametrize("tile", [(-2, 0, 1), (64, 0, 1), (0, -1, 1), (0, 0, 0), (0, 0, 257)])
def test_a_tile_that_cannot_be_is_refused(tile: tuple[int, int, int]) -> None:
    with pytest.raises(InputError, match="there is no tile of level"):
        Tile(*tile)


@given(
    size=st.integers(0, 1_500)
    | st.sampled_from([255, 256, 257, 511, 512, 513, 65_535, 65_536, 65_537, 70_000])
)
@settings(deadline=None, max_examples=60)
def test_the_stack_makes_exactly_the_tiles_of_the_definition(size: int) -> None:
    leaves = LEAVES[: size * HASH_BYTES]
    tiles, root = stacked(leaves)
    assert tiles == slow_tiles(leaves, size)
    assert sorted(tiles) == sorted(tile.path for tile in tiles_of(size))
    assert root == MerkleTree(leaves).root()


@given(size=st.integers(0, 1_200), cuts=st.lists(st.integers(0, 1_200), max_size=4))
@settings(deadline=None, max_examples=60)
def test_leaves_in_pieces_make_the_same_tiles(size: int, cuts: list[int]) -> None:
    leaves = LEAVES[: size * HASH_BYTES]
    assert stacked(leaves, *sorted(min(cut, size) for cut in cuts)) == stacked(leaves)


def test_the_stack_refuses_half_a_hash() -> None:
    with pytest.raises(InputError, match="32 bytes each, got 33"):
        TileStack().take(bytes(33))


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=256))
@settings(deadline=None, max_examples=60)
def test_a_bundle_reads_back_as_its_entries(entries: list[bytes]) -> None:
    assert read_bundle(Tile(ENTRIES, 0, len(entries)), bundle(*entries)) == tuple(entries)


@pytest.mark.parametrize("n_cut", range(1, 8))
def test_a_bundle_cut_anywhere_is_refused_and_names_the_record(n_cut: int) -> None:
    with pytest.raises(VerificationError, match=r"001\.p/3 is cut short: . of 3 entries, record 25[678] is"):
        read_bundle(Tile(ENTRIES, 1, 3), bundle(b"", b"", b"abc")[:-n_cut])


def test_a_bundle_with_an_entry_more_is_refused() -> None:
    with pytest.raises(VerificationError, match="is too long: 1 more entries after the 2 wanted"):
        read_bundle(Tile(ENTRIES, 0, 2), bundle(b"a", b"b", b"c"))


def test_a_bundle_with_a_byte_more_is_refused() -> None:
    with pytest.raises(VerificationError, match="is too long: more bytes after the 2 wanted"):
        read_bundle(Tile(ENTRIES, 0, 2), bundle(b"a", b"b") + b"\0")


@pytest.mark.parametrize(("n_bytes", "what"), [(0, "cut short"), (63, "cut short"), (65, "too long")])
def test_a_tile_of_another_length_is_refused(n_bytes: int, what: str) -> None:
    with pytest.raises(VerificationError, match=f"tile/0/000.p/2 is {what}: {n_bytes} bytes, wanted 64"):
        demand_hashes(Tile(0, 0, 2), bytes(n_bytes))
