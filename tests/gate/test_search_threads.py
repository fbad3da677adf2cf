"""One gate, several threads: a permit is used up before anybody else can ask whether it was."""

from __future__ import annotations

import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any

from capability_desk import NOW, a_desk, portrait
from ready_agency import REQUEST, permit_for
from test_search import FourNumbers

from facegate.gate.ledger.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import pytest

    from facegate.gate.reply import SearchReply
    from facegate.gate.search import Gate

THREADS = 8


class Slow(FourNumbers):
    """Takes its time between the facts and the intent's record, as a face network does."""

    def embed(self, chips: Any) -> Any:  # noqa: ANN401  as FourNumbers
        time.sleep(0.05)
        return super().embed(chips)


@contextmanager
def often_switched() -> Iterator[None]:
    """Let threads take turns a hundred times as often."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(before / 100)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def at_once(gate: Gate, permits: list[str]) -> list[SearchReply]:
    """Let one thread for each permit ask at the same moment."""
    start = Barrier(len(permits))

    def ask(permit: str) -> SearchReply:
        start.wait()
        return gate.search(REQUEST, portrait(), permit=permit)

    with often_switched(), ThreadPoolExecutor(len(permits)) as threads:
        return list(threads.map(ask, permits))


def test_one_permit_used_by_eight_threads_allows_one_search(tmp_path: Path) -> None:
    with a_desk(tmp_path, embedder=Slow()) as gate:
        permit = permit_for(gate, REQUEST, portrait())
        before = gate.ledger.log.size
        replies = at_once(gate, [permit] * THREADS)
        kinds = [entry.kind for entry, _ in gate.ledger.log.read(before)]
    rules = sorted([rule.rule_id for rule in one.failed_rules] for one in replies)
    assert rules == [[], *[["FG-PERMIT"]] * (THREADS - 1)]
    assert (kinds.count("intent"), kinds.count("result")) == (THREADS, THREADS)


def test_every_intent_of_eight_threads_has_its_own_result(tmp_path: Path) -> None:
    with a_desk(tmp_path) as gate:
        replies = at_once(gate, [permit_for(gate, REQUEST, portrait()) for _ in range(THREADS)])
        read = {entry.seq: entry for entry, _ in gate.ledger.log.read()}
    for one in replies:
        result, intent = read[one.log.result], read[one.log.intent]
        assert (result.kind, result.public["intent"]) == ("result", intent.seq)
        assert result.public["search_id"] == intent.public["search_id"] == one.search_id


def test_nobody_who_waits_for_his_turn_is_refused_for_the_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The time of a request is read in its turn: whoever waited long is not dated back."""
    started, record = time.monotonic(), Ledger.record

    def take_long(self: Ledger, *arguments: Any, **named: Any) -> int:  # noqa: ANN401  passed on
        time.sleep(0.12)
        return record(self, *arguments, **named)

    def clock() -> datetime:
        return NOW + timedelta(hours=1, seconds=time.monotonic() - started)

    with a_desk(tmp_path, clock=clock) as gate:
        monkeypatch.setattr(Ledger, "record", take_long)
        replies = at_once(gate, [""] * 16)
    assert [[rule.rule_id for rule in one.failed_rules] for one in replies] == [["FG-PERMIT"]] * 16
