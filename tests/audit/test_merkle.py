"""The Merkle tree against the CT reference tree, an obvious recursion, and every way to lie."""

from __future__ import annotations

import hashlib
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.audit.merkle import EMPTY_ROOT, MerkleTree, leaf_hash
from facegate.audit.proofs import root_from_inclusion_proof, verify_consistency, verify_inclusion
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

CT_ENTRIES = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
NODE_4_6 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
LEAF_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
NODE_6_8 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
NODE_4_8 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"

LEAVES = [leaf_hash(number.to_bytes(8, "big")) for number in range(300)]
TREE = MerkleTree(b"".join(LEAVES))


def ct_tree() -> MerkleTree:
    return MerkleTree(b"".join(map(leaf_hash, CT_ENTRIES)))


# The oracle: RFC 6962 section 2.1 word for word, slow and obvious.


def split(size: int) -> int:
    power = 1
    while power * 2 < size:
        power *= 2
    return power


def oracle_root(leaves: Sequence[bytes]) -> bytes:
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = split(len(leaves))
    return hashlib.sha256(b"\x01" + oracle_root(leaves[:k]) + oracle_root(leaves[k:])).digest()


def oracle_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*oracle_path(m, leaves[:k]), oracle_root(leaves[k:])]
    return [*oracle_path(m - k, leaves[k:]), oracle_root(leaves[:k])]


def oracle_subproof(m: int, leaves: Sequence[bytes], *, known: bool) -> list[bytes]:
    if m == len(leaves):
        return [] if known else [oracle_root(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*oracle_subproof(m, leaves[:k], known=known), oracle_root(leaves[k:])]
    return [*oracle_subproof(m - k, leaves[k:], known=False), oracle_root(leaves[:k])]


def flipped(data: bytes) -> bytes:
    return bytes([data[0] ^ 1, *data[1:]])


def lies(proof: list[bytes]) -> Iterator[list[bytes]]:
    """Every way to get a proof slightly wrong: changed, left out, doubled, swapped, lengthened."""
    for at in range(len(proof)):
        yield [*proof[:at], flipped(proof[at]), *proof[at + 1 :]]
        yield [*proof[:at], *proof[at + 1 :]]
        yield [*proof[:at], proof[at], *proof[at:]]
        yield [*proof[:at], proof[at][:31], *proof[at + 1 :]]
    for at in range(len(proof) - 1):
        yield [*proof[:at], proof[at + 1], proof[at], *proof[at + 2 :]]
    yield [*proof, bytes(32)]
    yield [bytes(32), *proof]
    yield [*proof, EMPTY_ROOT]


def refused(check: Callable[..., None], *leaf: bytes, **claim: object) -> bool:
    try:
        check(*leaf, **claim)
    except VerificationError:
        return True
    return False


def inclusion_lies_told(size: int) -> int:
    """Tell every lie about every leaf of one tree; give their number. All must be refused."""
    told = 0
    root = TREE.root(size)
    for index in range(size):
        leaf, proof = LEAVES[index], TREE.inclusion_proof(index, size)
        verify_inclusion(leaf, index=index, size=size, proof=proof, root=root)
        stories = [(leaf, index, lie, root) for lie in lies(proof)]
        stories += [(flipped(leaf), index, proof, root), (leaf, index, proof, flipped(root))]
        stories += [(leaf, (index + 1) % (size + 1), proof, root), (leaf, -1, proof, root)]
        for shown, at, path, seen in stories:
            told += 1
            assert refused(verify_inclusion, shown, index=at, size=size, proof=path, root=seen)
    return told


def consistency_lies_told(new: int) -> int:
    """Tell every lie about every older size of one tree; give their number. All must be refused."""
    told = 0
    new_root = TREE.root(new)
    for old in range(1, new):
        old_root = TREE.root(old)
        sizes = {"old_size": old, "new_size": new}
        proof = TREE.consistency_proof(old, new)
        verify_consistency(old_size=old, new_size=new, old_root=old_root, new_root=new_root, proof=proof)
        stories = [(old_root, new_root, lie) for lie in lies(proof)]
        stories += [(flipped(old_root), new_root, proof), (old_root, flipped(new_root), proof)]
        stories += [(new_root, old_root, proof), (old_root, new_root, [])]
        for first, second, path in stories:
            told += 1
            assert refused(verify_consistency, **sizes, old_root=first, new_root=second, proof=path)
    return told


@pytest.mark.parametrize("size", range(9))
def test_the_roots_of_the_ct_reference_tree(size: int) -> None:
    assert ct_tree().root(size).hex() == CT_ROOTS[size]


@pytest.mark.parametrize(
    ("index", "size", "proof"),
    [
        (2, 3, [CT_ROOTS[2]]),
        (6, 7, [NODE_4_6, CT_ROOTS[4]]),
        (5, 8, [LEAF_4, NODE_6_8, CT_ROOTS[4]]),
    ],
)
def test_the_inclusion_proofs_of_the_ct_reference_tree(index: int, size: int, proof: list[str]) -> None:
    assert [one.hex() for one in ct_tree().inclusion_proof(index, size)] == proof


@pytest.mark.parametrize(
    ("old", "new", "proof"),
    [(4, 8, [NODE_4_8]), (6, 8, [NODE_4_6, NODE_6_8, CT_ROOTS[4]])],
)
def test_the_consistency_proofs_of_the_ct_reference_tree(old: int, new: int, proof: list[str]) -> None:
    assert [one.hex() for one in ct_tree().consistency_proof(old, new)] == proof


def test_the_tree_of_nothing_is_the_hash_of_nothing() -> None:
    assert MerkleTree().root() == hashlib.sha256().digest() == EMPTY_ROOT


def test_a_node_never_passes_for_a_leaf() -> None:
    left, right = LEAVES[:2]
    assert TREE.root(2) != leaf_hash(left + right)


@pytest.mark.parametrize("size", range(1, 66))
def test_root_and_proofs_equal_the_obvious_recursion(size: int) -> None:
    leaves = LEAVES[:size]
    assert TREE.root(size) == oracle_root(leaves)
    for at in range(size):
        assert TREE.inclusion_proof(at, size) == oracle_path(at, leaves)
        if at:
            assert TREE.consistency_proof(at, size) == oracle_subproof(at, leaves, known=True)


def test_one_leaf_at_a_time_or_all_at_once_make_the_same_tree() -> None:
    grown = MerkleTree()
    for size, leaf in enumerate(LEAVES, start=1):
        grown.append(leaf)
        assert grown.root() == TREE.root(size)
    assert grown.size == TREE.size
    assert [grown.leaf(at) for at in range(300)] == LEAVES


def test_every_lie_about_a_leaf_is_refused_in_trees_up_to_40() -> None:
    assert sum(inclusion_lies_told(size) for size in range(1, 41)) > 10_000


def test_every_lie_about_an_older_tree_is_refused_in_trees_up_to_40() -> None:
    assert sum(consistency_lies_told(size) for size in range(1, 41)) > 10_000


@pytest.mark.slow
@pytest.mark.parametrize("size", range(41, 301))
def test_every_lie_is_refused_in_trees_up_to_300(size: int) -> None:
    assert inclusion_lies_told(size) > size
    assert consistency_lies_told(size) > size


@settings(max_examples=60, deadline=None)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=70), st.data())
def test_any_leaf_of_any_tree_is_proved_and_no_other_entry_in_its_place(
    entries: list[bytes], data: st.DataObject
) -> None:
    tree = MerkleTree(b"".join(map(leaf_hash, entries)))
    index = data.draw(st.integers(0, len(entries) - 1))
    proof = tree.inclusion_proof(index)
    verify_inclusion(leaf_hash(entries[index]), index=index, size=tree.size, proof=proof, root=tree.root())
    other = leaf_hash(entries[index] + b"!")
    with pytest.raises(VerificationError, match=r"leads to root"):
        verify_inclusion(other, index=index, size=tree.size, proof=proof, root=tree.root())


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_any_two_states_of_one_log_are_consistent_and_a_fork_is_not(one: int, two: int) -> None:
    old, new = sorted((one, two))
    proof = TREE.consistency_proof(old, new)
    new_root = TREE.root(new)
    verify_consistency(old_size=old, new_size=new, old_root=TREE.root(old), new_root=new_root, proof=proof)
    fork = MerkleTree(b"".join([*LEAVES[: max(old - 1, 0)], bytes(32)]))
    with pytest.raises(VerificationError, match=r"leads to root"):
        verify_consistency(old_size=old, new_size=new, old_root=fork.root(), new_root=new_root, proof=proof)


@pytest.mark.parametrize(("n_hashes", "reason"), [(2, "too few"), (4, "too many")])
def test_an_inclusion_proof_of_another_length_leads_to_no_root(n_hashes: int, reason: str) -> None:
    proof = [*TREE.inclusion_proof(3, 8), bytes(32)][:n_hashes]
    with pytest.raises(VerificationError, match=f"{n_hashes} hashes are {reason} for leaf 3 of 8"):
        root_from_inclusion_proof(LEAVES[3], index=3, size=8, proof=proof)


@pytest.mark.parametrize(("n_hashes", "reason"), [(2, "too few"), (4, "too many")])
def test_a_consistency_proof_of_another_length_is_refused_for_it(n_hashes: int, reason: str) -> None:
    proof = [*TREE.consistency_proof(6, 8), bytes(32)][:n_hashes]
    with pytest.raises(VerificationError, match=f"{n_hashes} hashes are {reason}"):
        verify_consistency(old_size=6, new_size=8, old_root=TREE.root(6), new_root=TREE.root(8), proof=proof)


def test_random_bytes_are_no_proof() -> None:
    for n_hashes, index in itertools.product(range(6), range(9)):
        proof = [bytes([n_hashes]) * 32] * n_hashes
        with pytest.raises(VerificationError):
            verify_inclusion(LEAVES[0], index=index, size=9, proof=proof, root=TREE.root(9))


def test_sizes_that_run_backward_are_refused() -> None:
    with pytest.raises(VerificationError, match="run backward"):
        verify_consistency(old_size=3, new_size=2, old_root=bytes(32), new_root=bytes(32), proof=[])


def test_hashes_for_a_tree_that_needs_none_are_refused() -> None:
    root = TREE.root(5)
    with pytest.raises(VerificationError, match="wanted none"):
        verify_consistency(old_size=5, new_size=5, old_root=root, new_root=root, proof=[root])


def test_a_root_of_the_wrong_width_is_refused() -> None:
    with pytest.raises(VerificationError, match="31 bytes, wanted 32"):
        root_from_inclusion_proof(bytes(31), index=0, size=1, proof=[])


@pytest.mark.parametrize(
    "ask",
    [
        lambda: TREE.root(301),
        lambda: TREE.leaf(300),
        lambda: TREE.inclusion_proof(5, 5),
        lambda: TREE.inclusion_proof(-1),
        lambda: TREE.consistency_proof(7, 6),
        lambda: TREE.consistency_proof(7, 301),
    ],
)
def test_what_the_tree_does_not_have_it_does_not_prove(ask: Callable[[], object]) -> None:
    with pytest.raises(InputError, match=r"there is no .* leaves"):
        ask()


def test_leaf_hashes_of_the_wrong_width_are_refused() -> None:
    with pytest.raises(InputError, match="got 33 bytes"):
        MerkleTree(bytes(33))
    with pytest.raises(InputError, match="got 31"):
        MerkleTree().append(bytes(31))
