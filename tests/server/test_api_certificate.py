"""The certificate in force, what is owed, and the calendar of audits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from certified import KEY, a_file, a_result
from reading_room import Room, reading_room

from facegate.durable import replace_bytes
from facegate.evaluation.certificates.certificate import certify
from facegate.gate.adopting import put_in_force
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


def test_a_file_that_is_no_certificate_closes_the_gate_at_once_until_it_is_put_back(room: Room) -> None:
    path = room.service.desk.home.certificate
    kept = path.read_bytes()
    path.write_bytes(json.dumps({"serial": "another"}).encode())
    try:
        told = room.as_().get("/v1/certificate").json()
        assert (told["holds"], told["certificate"]) == (False, None)
        assert "cannot be relied on" in told["objections"][0]
        assert room.as_().get("/v1/certificate/file").status_code == 404
    finally:
        path.write_bytes(kept)
    assert room.as_().get("/v1/certificate").json()["holds"]


def test_a_certificate_that_is_adopted_while_the_service_runs_is_the_one_that_all_speak_of(
    room: Room,
) -> None:
    desk = room.service.desk
    kept, before = desk.home.certificate.read_bytes(), desk.gate.in_force.certificate
    assert before is not None
    at = desk.clock()
    measured = a_result(embedder_digest=before.embedder_digest, measured_on=f"{at:%Y-%m-%d}", seed=2)
    newer = certify(measured, "fmr-1e-3", result_digest="56" * 32, issuer=KEY.issuer, issued_on=at.date())
    put_in_force(a_file(newer), desk.home, issuer=None, now=at, name="newer")
    try:
        told = room.as_().get("/v1/certificate").json()["certificate"]["serial"]
        outside = room.as_().get("/.well-known/facegate.json").json()["certificate"]
        assert {told, outside} == {desk.gate._relying_on_one()._certificate.serial} == {newer.serial}
        assert newer.serial != before.serial
    finally:
        replace_bytes(desk.home.certificate, kept)
    assert desk.gate.in_force.certificate == before


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
