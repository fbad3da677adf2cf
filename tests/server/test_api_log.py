"""The published log as static files, receipts, and what is needed to check them from outside."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st
from reading_room import Room, reading_room

from facegate.audit.published.published import verify_published
from facegate.audit.published.published_source import FolderSource
from facegate.audit.published.tiles import Tile
from facegate.audit.signed.receipt import parse_receipt, verify_receipt
from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.witnesses.witness_policy import parse_policy
from facegate.errors import StorageError
from facegate.server.acts.public_log import tile_of
from facegate.server.publisher import Publisher, public_folder

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOT_TILES = (
    "0/0",
    "0/000.p/0",
    "0/000.p/256",
    "0/000.p/01",
    "0/x000/001",
    "64/000",
    "00/000",
    "entries/001.p/",
    "%2e%2e/checkpoint",
    "..%2f..%2fkeys%2flog.pem",
    "%2e%2e/%2e%2e/keys/log.pem",
    "0/000%00",
    "entries//000",
    "0/\u0660\u0660\u0660",
    "x" * 500,
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        made.publish()
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Room]:
    with reading_room(tmp_path) as made:
        yield made


class Served:
    """Reads a published log through the service."""

    name = "the service"

    def __init__(self, room: Room) -> None:
        self._client = room.as_()

    def read(self, path: str, *, most: int) -> bytes | None:
        answer = self._client.get(f"/log/{path}")
        assert len(answer.content) <= most
        return answer.content if answer.status_code == 200 else None


def test_whoever_reads_only_what_is_served_verifies_the_whole_log(room: Room) -> None:
    keys = room.service.desk.home.log_keys()
    assert keys is not None
    verified = verify_published(Served(room), keys=keys.vkeys)
    assert verified.signed.checkpoint.size == room.service.desk.ledger.log.size
    assert (
        verified.log
        == verify_published(FolderSource(public_folder(room.service.desk.home)), keys=keys.vkeys).log
    )


def test_the_checkpoint_is_asked_for_again_and_answered_with_304_if_it_is_the_same(room: Room) -> None:
    first = room.as_().get("/log/checkpoint")
    assert (first.headers["cache-control"], first.headers["content-type"]) == (
        "no-cache",
        "text/plain; charset=utf-8",
    )
    again = room.as_().get("/log/checkpoint", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = room.as_().get("/log/checkpoint", headers={"If-None-Match": '"another"'})
    assert other.status_code == 200


def test_a_partial_tile_is_not_kept_for_good_and_a_full_one_is(room: Room) -> None:
    size = room.service.desk.ledger.log.size
    assert size < 256
    partial = room.as_().get(f"/log/{Tile(0, 0, size).path}")
    assert (partial.status_code, partial.headers["cache-control"]) == (200, "no-cache")
    full = public_folder(room.service.desk.home) / "tile/0/000"
    full.write_bytes(b"\0" * 32 * 256)
    try:
        assert "immutable" in room.as_().get("/log/tile/0/000").headers["cache-control"]
    finally:
        full.unlink()


@pytest.mark.parametrize("path", NOT_TILES)
def test_a_path_that_is_no_tiles_name_is_not_there(room: Room, path: str) -> None:
    assert room.as_().get(f"/log/tile/{path}").status_code in {404, 422}


@settings(deadline=None, max_examples=200)
@given(st.text(alphabet="0123456789x/.pentris%\\ ", max_size=24))
def test_whatever_is_asked_only_the_exact_name_of_a_tile_is_one(path: str) -> None:
    found = tile_of(path)
    assert found is None or found.path == f"tile/{path}"


@settings(deadline=None, max_examples=200)
@given(st.integers(-1, 63), st.integers(0, 10**12), st.integers(1, 256))
def test_every_tile_is_found_by_its_own_name(level: int, index: int, width: int) -> None:
    tile = Tile(level, index, width)
    assert tile_of(tile.path.removeprefix("tile/")) == tile


def test_a_record_is_given_as_it_was_hashed(room: Room) -> None:
    answer = room.as_().get("/log/records/0")
    assert answer.status_code == 200
    assert answer.json()["kind"] == room.record(0)[0].kind
    assert room.as_().get("/log/records/999999").status_code == 404
    assert room.as_().get("/log/records/-1").status_code == 422


def test_nothing_published_is_nothing_there(fresh: Room) -> None:
    assert fresh.as_().get("/log/checkpoint").status_code == 404
    assert fresh.as_().get("/log/records/0").status_code == 404


def test_a_receipt_holds_offline_against_the_record(room: Room) -> None:
    answer = room.as_("auditor").get("/v1/receipts/3")
    keys = room.service.desk.home.log_keys()
    assert keys is not None
    record = room.as_().get("/log/records/3").content
    signed = verify_receipt(parse_receipt(answer.content), record, keys=keys.vkeys)
    assert signed.checkpoint.size == room.service.desk.ledger.log.size
    assert answer.headers["facegate-witnessed"] == "not yet"
    assert answer.headers["content-disposition"] == 'attachment; filename="record-3.tlog-proof"'


@pytest.mark.parametrize(
    ("who", "status"), [("", 401), ("administrator", 403), ("enroller", 403), ("tester", 403)]
)
def test_receipts_are_not_for_everybody(room: Room, who: str, status: int) -> None:
    assert room.as_(who).get("/v1/receipts/3").status_code == status


def test_a_receipt_of_another_agencys_record_is_not_there(room: Room) -> None:
    ledger = room.service.desk.ledger
    seq = ledger.record("explain", at=room.service.desk.clock(), public={"agency": "CO0160000"}, sealed={})
    assert room.as_("supervisor").get(f"/v1/receipts/{seq}").status_code == 200
    assert room.as_("other-supervisor").get(f"/v1/receipts/{seq}").status_code == 404
    assert room.as_("auditor").get("/v1/receipts/999999").status_code == 404


def test_without_keys_no_receipt_is_signed(fresh: Room) -> None:
    answer = fresh.as_("auditor").get("/v1/receipts/3")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (503, "no-log-keys")


def test_what_is_needed_to_check_from_outside_is_told_in_one_place(room: Room) -> None:
    told = room.as_().get("/.well-known/facegate.json").json()
    keys = room.service.desk.home.log_keys()
    assert keys is not None
    assert (told["origin"], told["keys"]) == (keys.origin, [one.line() for one in keys.vkeys])
    laws = {one["name"]: one["digest"] for one in told["policies"]}
    assert laws["co-dmv-2019"] == room.service.desk.gate.engine.profile("co-dmv-2019").digest
    assert told["witnesses"] is None
    assert {"searches", "md-510"} <= {one["name"] for one in told["reports"]}


def test_what_is_recorded_is_published_beside_the_work(fresh: Room) -> None:
    fresh.publish()
    desk = fresh.service.desk
    with Publisher(desk, every_seconds=0.01):
        seq = desk.ledger.record("explain", at=desk.clock(), public={"agency": ""}, sealed={})
    assert fresh.as_().get(f"/log/records/{seq}").status_code == 200


def test_witnesses_that_do_not_cosign_are_told_and_asked_again(fresh: Room) -> None:
    fresh.publish()
    desk = fresh.service.desk
    key = Ed25519Cosigner("auditor.example/w", Ed25519PrivateKey.from_private_bytes(bytes(32))).key
    policy = parse_policy(f"witness auditor {key.line()}\nquorum auditor\n")  # it has no address
    publisher = Publisher(desk, policy=policy)
    assert publisher.publish()
    assert "quorum auditor of witnesses is not met" in publisher.unwitnessed
    assert not publisher.publish()  # not before a minute is over
    publisher._ask_at = 0.0
    assert publisher.publish()


def test_a_disk_that_refuses_is_told_and_tried_again(fresh: Room) -> None:
    fresh.publish()
    desk = fresh.service.desk
    desk.ledger.record("explain", at=desk.clock(), public={"agency": ""}, sealed={})
    publisher = Publisher(desk)
    with patch("facegate.server.publisher.publish", side_effect=StorageError("the disk is full")):
        publisher._try()
    assert publisher.trouble == "the disk is full"
    publisher._try()
    assert (publisher.trouble, publisher.size) == ("", desk.ledger.log.size)
