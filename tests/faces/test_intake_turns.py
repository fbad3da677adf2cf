"""Whose photo is in hand: one of each at a time, and a pause after one that took too long."""

from __future__ import annotations

import threading

import pytest

from facegate.errors import UnusablePhoto
from facegate.faces.intake import turns
from facegate.faces.intake.turns import PAUSE_SECONDS, NotYourTurn, Turns


def slow_photo(held: Turns, whose: str) -> None:
    msg = "the photo took too long to open"
    with held.of(whose):
        raise UnusablePhoto(msg, reason="too-slow")


def test_a_second_photo_of_the_same_account_waits_in_vain_and_one_of_another_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(turns, "OWN_PHOTO_SECONDS", 0.01)
    held = Turns()
    with held.of("one"):
        with held.of("another"):
            pass
        with pytest.raises(NotYourTurn), held.of("one"):
            pytest.fail("two at once")
    with held.of("one"):
        pass


def test_a_second_photo_is_opened_once_the_first_is_done() -> None:
    held, opened = Turns(), threading.Event()

    def second() -> None:
        with held.of("one"):
            opened.set()

    with held.of("one"):
        thread = threading.Thread(target=second)
        thread.start()
        assert not opened.wait(0.05)
    thread.join()
    assert opened.is_set()


def test_whoever_sent_a_photo_that_took_too_long_pauses_and_is_told_for_how_long() -> None:
    seconds = [100.0]
    held = Turns(lambda: seconds[0])
    with pytest.raises(UnusablePhoto):
        slow_photo(held, "one")
    seconds[0] += 0.5
    with pytest.raises(NotYourTurn) as refused, held.of("one"):
        pytest.fail("no pause")
    assert refused.value.again_in_s == PAUSE_SECONDS
    with held.of("another"):
        pass
    seconds[0] += PAUSE_SECONDS
    with held.of("one"):
        pass


def test_a_photo_that_cannot_be_used_for_another_reason_makes_nobody_pause() -> None:
    held, msg = Turns(), "no face"
    with pytest.raises(UnusablePhoto), held.of("one"):
        raise UnusablePhoto(msg, reason="no-face")
    with held.of("one"):
        pass
