"""The certificate in force, what is owed, and the calendar of audits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from reading_room import Room, reading_room

from facegate.gate.in_force import InForce
from facegate.gate.registers.audits import audit_due

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


def test_anybody_reads_the_certificate_in_force(room: Room) -> None:
    told = room.as_().get("/v1/certificate").json()
    held = room.service.desk.gate.in_force.certificate
    assert held is not None
    assert (told["holds"], told["objections"], told["certificate"]["serial"]) == (True, [], held.serial)
    assert told["certificate"]["overall"]["fmr_at_most"] > 0


def test_without_a_certificate_the_reason_is_told(room: Room) -> None:
    bare = room.replaced(in_force=InForce(None, "The certificate has run out."))
    told = bare.as_().get("/v1/certificate").json()
    assert told == {"holds": False, "objections": ["The certificate has run out."], "certificate": None}
    assert bare.as_().get("/v1/certificate/file").status_code == 404


def test_the_signed_file_is_given_byte_for_byte_as_an_attachment(room: Room) -> None:
    answer = room.as_().get("/v1/certificate/file")
    assert answer.content == room.service.desk.home.certificate.read_bytes()
    assert answer.headers["content-disposition"].startswith("attachment")


def test_a_file_that_is_not_the_one_in_force_is_not_given_for_it(room: Room) -> None:
    path = room.service.desk.home.certificate
    kept = path.read_bytes()
    path.write_bytes(json.dumps({"serial": "another"}).encode())
    try:
        assert room.as_().get("/v1/certificate/file").status_code == 503
    finally:
        path.write_bytes(kept)


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("administrator", 403), ("tester", 403), ("enroller", 403)]
)
def test_the_docket_is_not_for_everybody(room: Room, who: str, status: int) -> None:
    assert room.as_(who).get("/v1/docket").status_code == status


@pytest.mark.parametrize("who", ["searcher", "reviewer", "supervisor", "auditor", "misuse-officer"])
def test_nothing_is_owed_where_nothing_was_searched(room: Room, who: str) -> None:
    assert room.as_(who).get("/v1/docket").json() == {"due": [], "n_overdue": 0}


def test_anybody_reads_when_the_next_audit_is_due(room: Room) -> None:
    told = room.as_().get("/v1/audits").json()
    assert (told["state"], told["next_due"]) == ("current", audit_due(room.service.desk.ledger))
    assert [one["auditor"] for one in told["audits"]]
