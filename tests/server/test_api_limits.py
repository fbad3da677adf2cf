"""``/v1/limits``: what waits for a supervisor of the agency, cleared as listed, by nobody concerned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from desk_room import Room, a_room, stated

if TYPE_CHECKING:
    from collections.abc import Iterator

NOTHING = "0" * 64


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Open a room in which a fourth variant of a probe was refused."""
    with a_room(tmp_path_factory.mktemp("limits")) as made:
        permits = [made.permit() for _ in range(4)]
        assert [made.search(permit=one).status_code for one in permits] == [201, 201, 201, 403]
        yield made


def waiting(room: Room, name: str = "supervisor") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = room.as_(name).get("/v1/limits/waiting").json()["waiting"]
    return found


def test_what_waits_is_named_and_nobody_who_was_left_out(room: Room) -> None:
    (one,) = waiting(room)
    assert (one["what"], one["officer"], one["rules"]) == ("variants", "8841", "FG-VARIANTS")
    assert (one["people"], len(one["item"])) == (None, 64)
    assert "astronaut" not in str(one)


def test_a_supervisor_of_another_agency_sees_and_clears_nothing(room: Room) -> None:
    item = waiting(room)[0]["item"]
    assert waiting(room, "other-supervisor") == []
    form = {"item": item, "reason": "why not"}
    assert room.as_("other-supervisor").post("/v1/limits/clearances", json=form).status_code == 404


@pytest.mark.parametrize(
    "form",
    [{"item": "1", "reason": "a"}, {"item": NOTHING}, {"item": NOTHING, "reason": "a", "supervisor": "1"}],
)
def test_a_clearance_that_is_none_is_refused(room: Room, form: dict[str, str]) -> None:
    assert room.as_("supervisor").post("/v1/limits/clearances", json=form).status_code == 422


def test_a_reason_is_in_plain_characters(room: Room) -> None:
    form = {"item": waiting(room)[0]["item"], "reason": " \t"}
    answer = room.as_("supervisor").post("/v1/limits/clearances", json=form)
    assert (answer.status_code, "plain characters" in answer.json()["detail"]) == (422, True)


@pytest.mark.parametrize(
    ("name", "read", "clear"),
    [
        ("", 401, 401),
        ("searcher", 403, 403),
        ("reviewer", 403, 403),
        ("supervisor", 200, 404),
        ("stale", 200, 401),
        ("enroller", 403, 403),
        ("auditor", 200, 403),
        ("misuse-officer", 403, 403),
        ("administrator", 403, 403),
        ("tester", 403, 403),
        ("other-supervisor", 200, 404),
    ],
)
def test_every_role_has_its_answer(room: Room, name: str, read: int, clear: int) -> None:
    form = {"item": NOTHING, "reason": "one more look"}
    assert room.as_(name).get("/v1/limits/waiting").status_code == read
    assert room.as_(name).post("/v1/limits/clearances", json=form).status_code == clear


def test_cleared_it_waits_no_more_and_the_probe_is_searched_again(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with a_room(tmp_path_factory.mktemp("cleared")) as room:
        for one in [room.permit() for _ in range(4)]:
            room.search(permit=one)
        form = {"item": waiting(room)[0]["item"], "reason": "a better crop"}
        cleared = room.as_("supervisor").post("/v1/limits/clearances", json=form)
        assert (cleared.status_code, len(cleared.json()["records"])) == (201, 1)
        assert waiting(room) == []
        assert room.as_("supervisor").post("/v1/limits/clearances", json=form).status_code == 404
        assert room.send("/v1/searches", "searcher", stated(permit=room.permit())).status_code == 201
