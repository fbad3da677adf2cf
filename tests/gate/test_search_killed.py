"""A gate killed in the middle: no search without its intent, no answer without both of its records."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from killed import KILLED, nursery, told
from ready_agency import ORIGIN

from facegate.audit.log import AuditLog
from facegate.audit.verify import verify_log

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.entry import Entry


def recorded(folder: Path) -> dict[int, Entry]:
    """Settle and verify a log, and read all of it."""
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        found = {entry.seq: entry for entry, _ in log.read()}
    assert verify_log(folder / "log").size == len(found)
    return found


def kill_searches(tmp_path: Path, n_kills: int, seed: int) -> tuple[int, int]:
    """Kill gates at random moments; give how often a gallery was looked into, and how many were answered."""
    dice = random.Random(seed)  # noqa: S311  moments to kill at, no secret
    n_looked = n_answered = 0
    with nursery("endless_searcher") as searchers:
        for kill in range(n_kills):
            home, said = tmp_path / str(kill), tmp_path / f"{kill}.said"
            ended = searchers.killed_after(dice.uniform(0, 0.5), str(home), str(said), begun=said)
            assert ended in {KILLED, 0}
            found = recorded(home)
            looked = told(said).count(["looked"])
            allowed = [one for one in found.values() if one.public.get("decision") == "allowed"]
            assert looked <= sum(entry.kind == "intent" for entry in allowed)
            for _, intent, result, search in (words for words in told(said) if words[0] == "answered"):
                first, second = found[int(intent)], found[int(result)]
                assert (first.kind, second.kind, second.public["intent"]) == ("intent", "result", int(intent))
                assert first.public["search_id"] == second.public["search_id"] == search
                n_answered += 1
            n_looked += looked
    return n_looked, n_answered


@pytest.mark.slow
def test_a_killed_gate_never_looked_without_an_intent_on_the_log(tmp_path: Path) -> None:
    n_looked, n_answered = kill_searches(tmp_path, n_kills=2, seed=1)
    assert 0 < n_answered <= n_looked


@pytest.mark.slow
def test_a_gate_killed_a_hundred_times_never_looked_without_an_intent(tmp_path: Path) -> None:
    n_looked, n_answered = kill_searches(tmp_path, n_kills=100, seed=2)
    assert 10 < n_answered <= n_looked
