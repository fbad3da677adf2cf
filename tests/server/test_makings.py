"""Making what takes the whole log: few at a time, once for all who ask for the same."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from facegate.errors import InputError
from facegate.server.acts.makings import Lane, Makings
from facegate.server.problems import Problem

PATIENCE = 10


def test_all_who_ask_for_the_same_at_once_get_what_was_made_once() -> None:
    makings, made, go = Makings(most=1), [], threading.Event()

    def make() -> int:
        assert go.wait(PATIENCE)
        made.append(1)
        return len(made)

    with ThreadPoolExecutor(6) as threads:
        asked = [threads.submit(makings.get, "one", make, lane=Lane.PUBLIC) for _ in range(6)]
        go.set()
        assert [one.result() for one in asked] == [1] * 6
    assert makings.get("one", make, lane=Lane.PUBLIC) == 1


def test_more_than_may_be_made_at_once_are_refused_in_their_lane_alone() -> None:
    makings = Makings(most=1)
    with makings.place(Lane.PUBLIC):
        with pytest.raises(Problem, match="reports are being made") as refused:
            makings.get("one", lambda: 1, lane=Lane.PUBLIC)
        assert refused.value.headers["Retry-After"]
        assert makings.get("two", lambda: 2, lane=Lane.STAFF) == 2
    assert makings.get("one", lambda: 1, lane=Lane.PUBLIC) == 1


def test_what_could_not_be_made_is_not_kept() -> None:
    makings = Makings()

    def broken() -> int:
        msg = "no such period"
        raise InputError(msg)

    with pytest.raises(InputError, match="no such period"):
        makings.get("one", broken, lane=Lane.PUBLIC)
    assert makings.get("one", lambda: 1, lane=Lane.PUBLIC) == 1


def test_only_the_last_results_are_kept() -> None:
    makings = Makings(kept=2)
    for number in (1, 2, 3):
        makings.get(number, partial(int, number), lane=Lane.STAFF)
    assert makings.get(3, lambda: 0, lane=Lane.STAFF) == 3
    assert makings.get(1, lambda: 0, lane=Lane.STAFF) == 0
