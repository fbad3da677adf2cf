"""``/v1/permits``: approved by a supervisor who is there, for exactly one search of exactly one photo."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from desk_room import Room, a_room, stated
from ready_home import PORTRAIT, encoded

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("permits")) as made:
        yield made


def test_a_permit_is_for_one_search(room: Room) -> None:
    given = room.permit()
    first, second = room.search(permit=given), room.search(permit=given)
    assert (first.status_code, second.status_code) == (201, 403)
    (line,) = room.as_("supervisor").get("/v1/permits").json()["permits"]
    assert (line["permit"], line["requester"], line["used_by"]) == (
        given,
        "8841",
        first.json()["receipt"]["intent"],
    )


def test_a_permit_is_for_one_photo(room: Room) -> None:
    other = encoded(PORTRAIT[:290])
    answer = room.send("/v1/searches", "searcher", stated(permit=room.permit()), probe=other)
    assert [one["id"] for one in answer.json()["rules"]] == ["FG-PERMIT"]


def test_the_same_pixels_in_another_file_are_the_same_photo(room: Room) -> None:
    again = encoded(PORTRAIT, compress_level=1)
    answer = room.send("/v1/searches", "searcher", stated(permit=room.permit()), probe=again)
    assert answer.status_code == 201


def test_a_permit_that_the_law_forbids_is_refused_with_its_rules_and_recorded(room: Room) -> None:
    answer = room.send("/v1/permits", "supervisor", stated(case_number="24-999999"))
    said = answer.json()
    assert answer.status_code == 403
    assert [one["id"] for one in said["rules"]] == room.last_record()["rules"]
    assert (room.last_record()["kind"], said["receipt"]["index"]) == (
        "permit-refused",
        room.service.desk.ledger.log.size - 1,
    )


def test_nobody_approves_in_another_name(room: Room) -> None:
    answer = room.send("/v1/permits", "chief", stated())
    assert (answer.status_code, "approver" in answer.json()["detail"]) == (422, True)


def test_an_approval_asks_for_a_login_of_now(room: Room) -> None:
    answer = room.send("/v1/permits", "stale", stated())
    assert (answer.status_code, answer.json()["title"]) == (401, "Prove once more that it is you")
    assert "insufficient_user_authentication" in answer.headers["www-authenticate"]


def test_every_role_has_its_answer(room: Room) -> None:
    room.permit()
    answers = {
        "": (401, None),
        "searcher": (403, 1),
        "colleague": (403, 0),
        "reviewer": (403, None),
        "enroller": (403, None),
        "auditor": (403, 1),
        "misuse-officer": (403, None),
        "administrator": (403, None),
        "tester": (403, None),
        "other-searcher": (403, 0),
        "other-supervisor": (422, 0),  # its agency is not the one that the request states
    }
    found = {}
    for name in answers:
        listed = room.as_(name).get("/v1/permits")
        n_listed = len(listed.json()["permits"]) if listed.status_code == 200 else None
        found[name] = (room.send("/v1/permits", name, stated()).status_code, n_listed)
    assert found == answers
