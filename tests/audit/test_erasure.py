"""What an erasure names, announces and leaves: pure parts, and the file that says what is about to go."""

from __future__ import annotations

from itertools import islice, pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from logbook import ORIGIN, SEALED, append_intents, entries_of, intent, make_log, record_key

from facegate.audit.canonical import JSONValue, canonical_json
from facegate.audit.entry import encode_entry, parse_entry
from facegate.audit.log import AuditLog, Record
from facegate.audit.sealing.erasure import (
    MOST_RANGES,
    PENDING,
    announce,
    announced,
    demand_erasable,
    erased_by,
    ranges_of,
    withdraw,
)
from facegate.audit.sealing.sealed import SealedStore
from facegate.audit.verify import verify_log
from facegate.errors import InputError, VerificationError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from facegate.audit.sealing.sealed import Opening

TIME = "2026-11-22T04:00:00.00Z"
ON_ORDER = Record({"time": TIME, "basis": "court-order"}, {"order": "26-17"}, record_key(9))


@given(st.lists(st.integers(0, 60), max_size=40))
def test_ranges_hold_exactly_the_places_in_order_and_never_touch(seqs: list[int]) -> None:
    ranges = ranges_of(seqs)
    assert [seq for first, last in ranges for seq in range(first, last + 1)] == sorted(set(seqs))
    assert all(one[1] + 1 < two[0] for one, two in pairwise(ranges))


@given(st.lists(st.integers(0, 60), min_size=1, max_size=40))
def test_an_erasures_record_names_the_records_it_was_given(seqs: list[int]) -> None:
    entry = encode_entry(61, {"kind": "erasure", "time": TIME, "records": ranges_of(seqs)}, {})
    assert {seq for run in erased_by(parse_entry(entry)) for seq in run} == set(seqs)


def test_a_record_of_another_kind_erases_nothing() -> None:
    assert erased_by(parse_entry(encode_entry(3, intent(1, records=[[0, 2]]), {}))) == []


@pytest.mark.parametrize(
    "named",
    [None, [], "0-2", [0, 2], [[0]], [[0, 1, 2]], [[2, 0]], [[-1, 0]], [[0, 3]], [[0, "1"]], [[0, True]], {}],
)
def test_an_erasure_that_does_not_say_what_is_none(named: JSONValue) -> None:
    public: dict[str, JSONValue] = {"kind": "erasure", "time": TIME, "records": named}
    with pytest.raises(VerificationError, match="record 3 names"):
        erased_by(parse_entry(encode_entry(3, public, {})))


@pytest.mark.parametrize("seqs", [[], [-1], [3], [0, 3], list(range(0, 2 * MOST_RANGES + 2, 2))])
def test_what_cannot_be_erased_is_refused_and_nothing_is_done(tmp_path: Path, seqs: list[int]) -> None:
    make_log(tmp_path / "log", 3)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        with pytest.raises(InputError, match="an erasure"):
            log.erase(seqs, ON_ORDER)
        assert (log.size, (tmp_path / "log" / PENDING).exists()) == (3, False)
        assert [opening is not None for _, opening in log.read()] == [True] * 3


def test_the_most_runs_of_records_fit_one_entry() -> None:
    seqs = [10**7 + 2 * at for at in range(MOST_RANGES)]
    demand_erasable(seqs, 10**8)
    public: dict[str, JSONValue] = {"kind": "erasure", "time": TIME, "records": ranges_of(seqs)}
    assert len(erased_by(parse_entry(encode_entry(10**8, public, {})))) == MOST_RANGES


def test_what_is_announced_is_read_back_until_it_is_withdrawn(tmp_path: Path) -> None:
    assert announced(tmp_path) is None
    announce(tmp_path, 9, [4, 2, 3])
    assert announced(tmp_path) == (9, [range(2, 5)])
    withdraw(tmp_path)
    withdraw(tmp_path)
    assert announced(tmp_path) is None


@pytest.mark.parametrize(
    ("held", "sentence"),
    [
        ([1], "was not written by an erasure"),
        ({"records": [[0, 1]]}, "was not written by an erasure"),
        ({"at": "3", "records": [[0, 1]]}, "was not written by an erasure"),
        ({"at": 3, "records": [[0, 3]]}, "none before it"),
        ({"at": 3}, "names no records"),
    ],
)
def test_a_file_that_no_erasure_wrote_is_refused(tmp_path: Path, held: JSONValue, sentence: str) -> None:
    (tmp_path / PENDING).write_bytes(canonical_json(held))
    with pytest.raises(VerificationError, match=sentence):
        announced(tmp_path)


@pytest.mark.parametrize("at", [2, 3, 4])
def test_an_announcement_without_its_record_erases_nothing(tmp_path: Path, at: int) -> None:
    """Whoever can write into the folder cannot have records erased that no record says were."""
    make_log(tmp_path / "log", 3)
    announce(tmp_path / "log", at, [0, 1])
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert (log.recovered, (tmp_path / "log" / PENDING).exists()) == ("", False)
        assert [opening is not None for _, opening in log.read()] == [True] * 3


def test_an_announcement_of_other_records_than_the_log_names_erases_nothing(tmp_path: Path) -> None:
    make_log(tmp_path / "log", 3)
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        at = log.erase([1], ON_ORDER)
    announce(tmp_path / "log", at, [0, 1])
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert [opening is not None for _, opening in log.read()] == [True, False, True, True]


def test_an_erasure_between_a_readers_look_and_his_reading_is_none_that_was_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_log(tmp_path / "log", 2)
    get = SealedStore.get
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:

        def erased_meanwhile(store: SealedStore, seq: int) -> Opening | None:
            if log.size == 2:
                log.erase([seq], ON_ORDER)
            return get(store, seq)

        monkeypatch.setattr(SealedStore, "get", erased_meanwhile)
        assert [opening is not None for _, opening in islice(log.read(), 2)] == [False, True]


def test_whoever_reads_while_the_keys_are_destroyed_finds_the_erasure_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_log(tmp_path / "log", 2)
    erase = SealedStore.erase
    seen: list[bool] = []
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:

        def read_after(store: SealedStore, seqs: Collection[int]) -> None:
            erase(store, seqs)
            seen.extend(opening is not None for _, opening in islice(log.read(), 2))

        monkeypatch.setattr(SealedStore, "erase", read_after)
        log.erase([0], ON_ORDER)
    assert seen == [False, True]


def test_what_was_logged_stays_provable_when_its_content_is_gone(tmp_path: Path) -> None:
    before = make_log(tmp_path / "log", 5)
    entries = entries_of(tmp_path / "log")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        assert log.erase(range(5), ON_ORDER) == 5
        assert append_intents(log, 7) == [6]
    assert entries_of(tmp_path / "log")[:5] == entries
    verified = verify_log(tmp_path / "log", trusted=before, max_skew_seconds=3600)
    assert verified.n_by_kind["erasure"] == 1
    held = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert SEALED["case_number"].encode() not in held
