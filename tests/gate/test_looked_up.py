"""What is looked up before the photo is there: it saves the lookups, and never a refusal."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from ready_agency import REQUEST, permit_for
from ready_home import PHOTO
from test_search import NOW, a_gate, people

from facegate.gate import search as serving
from facegate.gate.limits.config import Limits
from facegate.gate.looked_up import HOLDS_FOR
from facegate.gate.registers.people import change_officer
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from pathlib import Path

    from facegate.gate.search import Gate


DRAWN = {"search_id", "permit_id"}
"""Of a record: what is drawn anew each time."""


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> Any:  # noqa: ANN401  a time
        return self.now


@contextmanager
def calls(owner: object, name: str) -> Iterator[list[object]]:
    """Count how often something is called."""
    asked: list[object] = []
    real = getattr(owner, name)

    def counted(*given: Any, **named: Any) -> object:  # noqa: ANN401  as it takes them
        asked.append(given)
        return real(*given, **named)

    with patch.object(owner, name, counted):
        yield asked


def lookups() -> AbstractContextManager[list[object]]:
    """Count how often the registers are asked."""
    return calls(serving, "look_up")


def questions() -> AbstractContextManager[list[object]]:
    """Count how often the law is asked."""
    return calls(PolicyEngine, "decide")


def test_a_search_that_was_looked_up_ahead_asks_the_registers_once(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate, lookups() as asked:
        permit = permit_for(gate, REQUEST, PHOTO)
        reply = gate.search(REQUEST, PHOTO, permit=permit, ahead=gate.look_up(REQUEST))
        assert (reply.decision, reply.n_candidates, len(asked)) == ("allowed", 1, 1)


def test_a_search_that_is_in_order_asks_the_law_once_and_ahead(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate, questions() as asked:
        permit = permit_for(gate, REQUEST, PHOTO)
        ahead = gate.look_up(REQUEST)
        del asked[:]
        assert gate.search(REQUEST, PHOTO, permit=permit, ahead=ahead).decision == "allowed"
        assert asked == []


def test_the_record_is_the_same_as_of_a_search_that_was_not_looked_up(tmp_path: Path) -> None:
    def recorded(folder: Path, *, ahead: bool) -> dict[str, object]:
        with a_gate(folder, 0.3, clock=Clock()) as gate:
            permit = permit_for(gate, REQUEST, PHOTO)
            gate.search(REQUEST, PHOTO, permit=permit, ahead=gate.look_up(REQUEST) if ahead else None)
            [public] = [dict(entry.public) for entry, _ in gate.ledger.log.read() if entry.kind == "intent"]
        return {name: value for name, value in public.items() if name not in DRAWN}

    assert recorded(tmp_path / "ahead", ahead=True) == recorded(tmp_path / "not", ahead=False)


@pytest.mark.parametrize("permit", ["", "0190a1b2-0000-7000-8000-000000000000"])
def test_what_the_law_said_ahead_does_not_stand_for_a_permit(tmp_path: Path, permit: str) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate:
        reply = gate.search(REQUEST, PHOTO, permit=permit, ahead=gate.look_up(REQUEST))
        assert {rule.rule_id for rule in reply.failed_rules} == {"FG-PERMIT"}


def test_a_permit_for_another_photo_is_refused_though_the_law_was_asked_ahead(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate:
        permit = permit_for(gate, REQUEST, PHOTO + b"another")
        reply = gate.search(REQUEST, PHOTO, permit=permit, ahead=gate.look_up(REQUEST))
        assert {rule.rule_id for rule in reply.failed_rules} == {"FG-PERMIT"}


def test_a_photo_sent_once_too_often_is_refused_though_the_law_was_asked_ahead(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock(), limits=Limits(variants=2)) as gate:

        def ask() -> set[str]:
            permit = permit_for(gate, REQUEST, PHOTO)
            reply = gate.search(REQUEST, PHOTO, permit=permit, ahead=gate.look_up(REQUEST))
            return {rule.rule_id for rule in reply.failed_rules}

        assert [ask() for _ in range(3)] == [set(), set(), {"FG-VARIANTS"}]


def test_the_time_on_the_record_is_when_the_law_was_asked(tmp_path: Path) -> None:
    clock = Clock()
    with a_gate(tmp_path, 0.3, clock=clock) as gate:
        permit = permit_for(gate, REQUEST, PHOTO)
        ahead = gate.look_up(REQUEST)
        clock.now += timedelta(milliseconds=900)
        gate.search(REQUEST, PHOTO, permit=permit, ahead=ahead)
        times = {entry.kind: entry.time for entry, _ in gate.ledger.log.read()}
        assert (times["intent"], times["result"]) == (NOW, clock.now)


def test_looking_up_records_nothing(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3) as gate:
        size = gate.ledger.log.size
        gate.look_up(REQUEST)
        assert gate.ledger.log.size == size


def test_an_officer_suspended_since_is_refused(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate:
        permit = permit_for(gate, REQUEST, PHOTO)
        ahead = gate.look_up(REQUEST)
        change_officer(gate.ledger, agency="CO0160000", officer="8841", at=NOW, standing="suspended")
        assert gate.search(REQUEST, PHOTO, permit=permit, ahead=ahead).decision == "refused"


def _time_passes(gate: Gate, clock: Clock) -> None:
    del gate
    clock.now += HOLDS_FOR


def _time_goes_back(gate: Gate, clock: Clock) -> None:
    del gate
    clock.now -= timedelta(milliseconds=1)


def _somebody_is_enrolled(gate: Gate, clock: Clock) -> None:
    del clock
    gate.gallery.enroll(replace(people(9.0), subject_id=people(1.0, 2.0).subject_id[1:],
                                template_id=people(1.0, 2.0).template_id[1:]))  # fmt: skip


CHANGES: dict[str, Callable[[Gate, Clock], None]] = {
    "a second passes": _time_passes,
    "the clock is set back": _time_goes_back,
    "the gallery grows": _somebody_is_enrolled,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_may_hold_no_more_is_looked_up_again(
    tmp_path: Path, change: Callable[[Gate, Clock], None]
) -> None:
    clock = Clock()
    with a_gate(tmp_path, 0.3, clock=clock) as gate, lookups() as asked:
        permit = permit_for(gate, REQUEST, PHOTO)
        ahead = gate.look_up(REQUEST)
        change(gate, clock)
        gate.search(REQUEST, PHOTO, permit=permit, ahead=ahead)
        assert len(asked) == 2


def test_what_was_looked_up_for_another_request_counts_for_nothing(tmp_path: Path) -> None:
    unknown = replace(REQUEST, case_number="24-999999")
    with a_gate(tmp_path, 0.3, clock=Clock()) as gate:
        permit = permit_for(gate, unknown, PHOTO)
        reply = gate.search(unknown, PHOTO, permit=permit, ahead=gate.look_up(REQUEST))
        assert reply.decision == "refused"
        assert any("case" in rule.say for rule in reply.failed_rules)
