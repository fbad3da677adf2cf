"""Killed again and again: what a writer was told is durable stays, whole, with its opening and its intent."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from killed import KILLED, nursery, told
from logbook import ORIGIN, entries_of
from sabotage import openings_fit

from facegate.audit.entry import parse_entry
from facegate.audit.log import AuditLog
from facegate.audit.sealing.erasure import erased_by
from facegate.audit.sealing.openings_key import openings_key_of
from facegate.audit.verify import verify_log

if TYPE_CHECKING:
    from pathlib import Path

KILLS_PER_LOG = 25  # then another: a log is read whole each time it is opened
CHECK_EVERY = 5


def check(folder: Path, said: Path) -> int:
    """Settle and verify a log and hold it against what was said; give how many records were acknowledged."""
    AuditLog.open(folder, origin=ORIGIN).close()
    # The sentence about results that answer no intent, or one that has its result, is among verify_log's.
    verified = verify_log(folder, max_skew_seconds=3600)
    entries = [parse_entry(one) for one in entries_of(folder)]
    assert [entry.seq for entry in entries] == list(range(verified.size))
    lines = told(said)
    promised = {int(words[1]): f"search-{words[2]}" for words in lines if words[0] == "record"}
    found = {entry.seq: entry.public.get("search_id") for entry in entries}
    assert promised.items() <= found.items()
    for words in (words for words in lines if words[0] == "erased"):
        runs = erased_by(entries[int(words[1])])
        assert [seq for run in runs for seq in run] == [int(one) for one in words[2:]]
    assert openings_fit(folder)
    assert not list(folder.glob(".*"))
    return len(promised)


def kill_again_and_again(tmp_path: Path, n_kills: int, seed: int) -> int:
    """Kill writers at random moments of opening, appending, erasing; give how many records they wrote."""
    dice = random.Random(seed)  # noqa: S311  moments to kill at, no secret
    n_promised = n_killed = 0
    with nursery("endless_writer") as writers:
        for first in range(0, n_kills, KILLS_PER_LOG):
            home = tmp_path / str(first)
            home.mkdir()
            for kill in range(first, min(first + KILLS_PER_LOG, n_kills)):
                wait = dice.uniform(0, 0.3)
                ended = writers.killed_after(wait, str(home / "log"), str(home / "said"), str(kill + 1))
                assert ended in {KILLED, 0}
                n_killed += ended == KILLED
                if kill % CHECK_EVERY == CHECK_EVERY - 1:
                    check(home / "log", home / "said")
            n_promised += check(home / "log", home / "said")
            assert {one.name for one in openings_key_of(home / "log").parent.iterdir()} <= {
                "openings.key",
                ".openings.key.new",  # of an erasure that never got further; the next one overwrites it
                ".openings.key.old",
            }
    assert n_killed > n_kills * 0.9
    return n_promised


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_writers_are_killed_at_random(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, n_kills=8, seed=1) > 8


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_in_a_thousand_kills(tmp_path: Path) -> None:
    assert kill_again_and_again(tmp_path, n_kills=1_000, seed=2) > 10_000
