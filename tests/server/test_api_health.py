"""Whether the service is up and ready: every reason by its code, and details for the operator alone."""

from __future__ import annotations

import os
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, NamedTuple
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from reading_room import Room, reading_room

from facegate.errors import InputError
from facegate.gate.closed_law import closed_law
from facegate.gate.in_force import InForce
from facegate.server.publisher import OVERDUE_SECONDS, Publisher
from facegate.server.readiness import LEAVES_OPEN, SAYS, TO_DO, Readiness, write_probe

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Usage(NamedTuple):
    """What a disk says of itself, in bytes."""

    total: int
    used: int
    free: int


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


def codes(room: Room) -> set[str]:
    """Ask anew, and give the reasons; every one of them has its sentence."""
    room.app.state.readiness = Readiness(room.service)
    answer = room.as_().get("/readyz")
    if answer.status_code == 200:
        return set()
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "10")
    told = answer.json()
    assert told["type"].rsplit("/", 1)[-1] == "not-ready"
    assert all(one == {"code": one["code"], "say": SAYS[one["code"]]} for one in told["reasons"])
    return {one["code"] for one in told["reasons"]}


def test_the_process_is_up_whatever_the_gate_says(room: Room) -> None:
    closed = room.replaced(engine=closed_law("a text is not Cedar"))
    assert closed.as_().get("/livez").json() == {"status": "up"}


def test_an_agency_with_everything_in_order_is_ready(room: Room) -> None:
    assert codes(room) == set()


def test_a_log_that_cannot_be_flushed_is_down(room: Room) -> None:
    with patch("os.fsync", side_effect=OSError(5, "Input/output error")):
        assert codes(room) == {"log_down"}
    assert codes(room) == set()


def test_a_log_folder_that_cannot_be_written_is_down(room: Room) -> None:
    with patch("facegate.server.readiness.os.open", side_effect=PermissionError(13, "Permission denied")):
        assert codes(room) == {"log_down"}


def test_a_log_whose_append_failed_is_down_until_it_is_opened_again(tmp_path: Path) -> None:
    with reading_room(tmp_path) as room:
        log = room.service.desk.ledger.log
        assert log.usable
        log._in_doubt = True
        assert codes(room) == {"log_down"}


def test_less_than_five_percent_of_the_disk_is_too_little(room: Room) -> None:
    with patch("shutil.disk_usage", return_value=Usage(1000, 951, 49)):
        assert codes(room) == {"disk_low"}
    with patch("shutil.disk_usage", return_value=Usage(1000, 950, 50)):
        assert codes(room) == set()


def test_an_overdue_audit_closes_the_gate(room: Room) -> None:
    late = room.service.desk.clock() + timedelta(days=4000)
    assert "audit_overdue" in codes(room.replaced(clock=lambda: late))


def test_a_law_that_cannot_be_read_closes_the_gate(room: Room) -> None:
    assert codes(room.replaced(engine=closed_law("a text is not Cedar"))) == {"policy_missing"}


def test_a_usage_policy_that_is_not_the_published_one_closes_the_gate(room: Room) -> None:
    assert codes(room.replaced(usage_policy=b"Search whom you like.\n")) == {"precondition_stale"}
    assert codes(room.replaced(usage_policy=None)) == {"precondition_stale"}


def test_without_a_certificate_the_gate_is_closed(room: Room) -> None:
    assert codes(room.replaced(in_force=InForce(None, "It has run out."))) == {"certificate_not_in_force"}


def test_books_that_cannot_be_reached_are_told(room: Room) -> None:
    gone = sa.exc.OperationalError("SELECT 1", {}, Exception("no route to host"))
    with patch.object(type(room.service.database), "connect", side_effect=gone):
        assert codes(room) == {"database_down"}


def test_a_log_that_is_not_published_for_a_minute_is_a_reason_of_its_own(room: Room) -> None:
    publisher = Publisher(room.service.desk)
    room.app.state.readiness = Readiness(room.service, publisher=publisher, monotonic=count().__next__)
    keyless = InputError("the log has no private key")
    with patch("facegate.server.publisher.signing_keys", side_effect=keyless):
        publisher._try()
        assert room.as_().get("/readyz").status_code == 200  # a hiccup
        publisher._failing_since -= OVERDUE_SECONDS
        publisher._try()  # goes on failing since then
    answer = room.as_("auditor").get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["detail"] == "the service is not in order: log_not_published"
    assert answer.json()["reasons"][0]["details"] == ["the log has no private key"]
    publisher._said = ""
    assert room.as_().get("/readyz").status_code == 200


def test_every_reason_says_what_to_do() -> None:
    assert set(TO_DO) == set(SAYS) > LEAVES_OPEN


@pytest.mark.parametrize(
    ("who", "told"), [("", False), ("searcher", False), ("administrator", True), ("auditor", True)]
)
def test_details_are_for_the_operator_alone(room: Room, who: str, *, told: bool) -> None:
    bare = room.replaced(in_force=InForce(None, "It has run out."))
    reasons = bare.as_(who).get("/readyz").json()["reasons"]
    assert [one.get("details") for one in reasons] == [["It has run out."] if told else None]


def test_whoever_asks_in_a_loop_writes_to_the_disk_once_a_second(room: Room) -> None:
    now = [0.0]
    readiness = Readiness(room.service, monotonic=lambda: now[0])
    with patch("facegate.server.readiness.write_probe") as probe:
        for _ in range(5):
            readiness.reasons()
        assert probe.call_count == 1
        now[0] = 1.0
        readiness.reasons()
        assert probe.call_count == 2


def test_the_probe_leaves_nothing_behind(tmp_path: Path) -> None:
    write_probe(tmp_path)
    assert list(tmp_path.iterdir()) == []
    flushed: list[Any] = []
    with patch("os.fsync", side_effect=flushed.append):
        write_probe(tmp_path)
    assert len(flushed) == 1
    with patch("os.fsync", side_effect=OSError(28, os.strerror(28))), pytest.raises(OSError, match="space"):
        write_probe(tmp_path)
    assert list(tmp_path.iterdir()) == []
