"""Marks in memory against the slow comparison, one past probe after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.gate.limits import hash_kernel
from facegate.gate.limits.hash_kernel import BLOCK, compiled, near_hashes
from facegate.gate.limits.kept_marks import MOST_EVERYWHERE, KeptHashes, KeptTemplates
from facegate.gate.limits.searches import HASH_OFFSET

if TYPE_CHECKING:
    from facegate.decision import Vectors

HASHES = st.integers(0, 2**64 - 1)
AGENCY = "CO0160000"


class Rows:
    """Stand-in for the ledger: the rows of one table, after a position."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.kept = rows

    def rows(self, _: str, *values: Any) -> list[Any]:  # noqa: ANN401  whatever a ledger is asked with
        new = [row for row in self.kept if row["seq"] > values[-1]]
        return [tuple(row.values()) for row in new] if new and "face_hash" in new[0] else new


def slowly_near(past: list[int], first: int, second: int, most: int) -> list[int]:
    return [
        place
        for place, one in enumerate(past)
        if min((one ^ first).bit_count(), (one ^ second).bit_count()) <= most
    ]


def flipped(value: int, n_bits: int, source: np.random.Generator) -> int:
    for place in source.choice(64, n_bits, replace=False):
        value ^= 1 << int(place)
    return value


@given(past=st.lists(HASHES, max_size=30), first=HASHES, second=HASHES, most=st.integers(0, 64))
@settings(max_examples=80, deadline=None)
def test_compiled_and_plain_pass_find_what_the_slow_one_finds(
    past: list[int], first: int, second: int, most: int
) -> None:
    hashes, slow = np.array(past, dtype=np.uint64), slowly_near(past, first, second, most)
    assert near_hashes(hashes, first, second, most).tolist() == slow
    places = np.empty(len(past), dtype=np.int64)
    n = compiled()(hashes, np.uint64(first), np.uint64(second), np.uint64(most), places)
    assert places[:n].tolist() == slow


@pytest.mark.parametrize("n", [BLOCK - 1, BLOCK, BLOCK + 1, 5 * BLOCK + 7])
def test_no_block_of_the_compiled_pass_loses_its_ends(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_kernel, "FEW", 0)
    source = np.random.default_rng(n)
    face, mirror = (int(source.integers(2**64, dtype=np.uint64)) for _ in range(2))
    past = source.integers(2**64, size=n, dtype=np.uint64)
    planted = sorted({0, n // 2, n - 2, n - 1})
    for place in planted:
        past[place] = flipped((face, mirror)[place % 2], int(source.integers(0, 9)), source)
    past[1] = flipped(face, 9, source)
    assert near_hashes(past, face, mirror, 8).tolist() == planted


def test_hashes_are_told_apart_by_bits_and_caught_up_with() -> None:
    face, mirror = 0xFFFF_0000_FFFF_0000, 0x1234_5678_9ABC_DEF0
    source = np.random.default_rng(1)
    made = [flipped(face, 4, source), flipped(mirror, 5, source), flipped(face, 8, source), ~face % 2**64]
    rows = Rows([{"seq": 10 * n, "face_hash": one - HASH_OFFSET} for n, one in enumerate(made)])
    kept = KeptHashes()
    for _ in range(2):  # the second time nothing is new
        kept.catch_up(rows)  # type: ignore[arg-type]  # a stand-in
    close, maybe = kept.within((face, mirror), 4, 8)
    assert (close, maybe.tolist()) == ([0], [0, 10, 20])


def test_of_too_many_alike_the_newest_are_asked_about() -> None:
    rows = Rows([{"seq": n, "face_hash": -HASH_OFFSET} for n in range(MOST_EVERYWHERE + 5)])
    kept = KeptHashes()
    kept.catch_up(rows)  # type: ignore[arg-type]  # a stand-in
    close, maybe = kept.within((0, 2**64 - 1), 4, 8)
    assert len(close) == MOST_EVERYWHERE + 5
    assert maybe.tolist() == list(range(5, MOST_EVERYWHERE + 5))


def template_rows(templates: Vectors, at: int = 100) -> Rows:
    return Rows(
        [{"seq": n, "at": at + n, "template": one.astype("<f2").tobytes()} for n, one in enumerate(templates)]
    )


@pytest.mark.parametrize("d", [1, 2, 5, 128, 512])
@pytest.mark.parametrize("length", [0.1, 1.42, 30.0])
def test_no_template_within_the_distance_is_lost_whatever_the_leading_components_say(
    d: int, length: float
) -> None:
    source = np.random.default_rng(d)
    probe = (length * source.standard_normal(d) / np.sqrt(d)).astype(np.float16).astype(np.float32)
    steps = source.standard_normal((300, d))
    steps *= np.linspace(0, 0.7, 300)[:, None] / np.linalg.norm(steps, axis=1, keepdims=True)
    steps[::3, d // 4 :] = 0  # all of the difference in front
    past = (probe + steps).astype(np.float16).astype(np.float32)
    kept = KeptTemplates(AGENCY, d)
    kept.catch_up(template_rows(past), since=0)  # type: ignore[arg-type]  # a stand-in
    apart = np.linalg.norm(past.astype(np.float64) - probe, axis=1)
    clear = np.abs(apart - 0.34) > 1e-5  # nearer to the edge than float32 tells
    found = np.isin(np.arange(300), kept.within(probe, 0.34, since=0))
    assert (found == (apart <= 0.34))[clear].all()
    assert clear.sum() > 290


def test_templates_from_before_the_window_or_of_another_dimension_are_not_compared() -> None:
    rows = template_rows(np.zeros((4, 8), dtype=np.float32), at=100)
    rows.kept[3]["template"] = bytes(6)
    kept = KeptTemplates(AGENCY, 8)
    kept.catch_up(rows, since=100)  # type: ignore[arg-type]  # a stand-in
    assert kept.within(np.zeros(8, dtype=np.float32), 0.34, since=0).tolist() == [1, 2]
    assert kept.within(np.zeros(8, dtype=np.float32), 0.34, since=101).tolist() == [2]
    assert kept.of(0) is None
    assert kept.of(2) is not None
