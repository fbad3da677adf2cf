"""Replies that leave when their slot is over: when, and what they do not tell."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facegate.server.slots import SLOT_S, Slots


def leaves_after(work: float, *, slot: float = SLOT_S) -> float:
    """Give the seconds from the gallery's answer to the reply, where what follows takes so many of work."""
    now = 100.0

    def sleep(seconds: float) -> None:
        nonlocal now
        now += seconds

    hold = Slots(slot, clock=lambda: now, sleep=sleep).begin()
    now += work
    hold()
    return now - 100.0


@pytest.mark.parametrize(("work", "slots"), [(0.0, 1), (0.0001, 1), (0.0099, 1), (0.0101, 2), (0.0434, 5)])
def test_a_reply_leaves_when_the_slot_is_over_that_it_was_made_in(work: float, slots: int) -> None:
    assert leaves_after(work) == pytest.approx(slots * SLOT_S)


@given(st.floats(0, 0.0099), st.floats(0, 0.0099))
def test_two_replies_that_fit_into_a_slot_leave_after_the_same_time(one: float, other: float) -> None:
    assert leaves_after(one) == pytest.approx(leaves_after(other), abs=1e-9)


@given(st.floats(0, 10), st.floats(0.001, 1))
def test_no_reply_leaves_before_it_is_made_nor_waits_longer_than_a_slot(work: float, slot: float) -> None:
    assert work - 1e-9 <= leaves_after(work, slot=slot) <= work + slot + 1e-9


def test_slots_of_several_replies_do_not_touch_each_other() -> None:
    now, slept = 0.0, list[float]()
    slots = Slots(0.005, clock=lambda: now, sleep=slept.append)
    first = slots.begin()
    now = 0.002
    second = slots.begin()
    now = 0.004
    second()
    first()
    assert slept == pytest.approx([0.003, 0.001])
