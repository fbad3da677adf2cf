"""``/v1/dossiers``: approved, asked for, exactly the fields asked for, and every attempt on the log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from desk_room import NO_SEARCH, Room, a_room, stated

if TYPE_CHECKING:
    from collections.abc import Iterator

KEPT = {"name": "Eileen Example", "date_of_birth": "1956-11-19", "birthplace": "elsewhere"}
REQUEST = stated(operator="31", dossier_fields=["name", "date_of_birth"])


@pytest.fixture
def lead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    with a_room(tmp_path_factory.mktemp("dossiers")) as room:
        (room.service.desk.home.folder / "records.json").write_text(json.dumps({"astronaut": KEPT}))
        yield room, room.released()


def form(name: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any field of the form
    return {"request": REQUEST, "search_id": name, "rank": 1, **changes}


def approved(room: Room, name: str, **changes: Any) -> str:  # noqa: ANN401  any field of the form
    answer = room.as_("supervisor").post("/v1/dossiers/permits", json=form(name, **changes))
    assert answer.status_code == 201, answer.text
    given: str = answer.json()["permit"]
    return given


def test_exactly_the_fields_asked_for_leave_once(lead: tuple[Room, str]) -> None:
    room, name = lead
    given = approved(room, name)
    first = room.as_("searcher").post("/v1/dossiers", json=form(name, permit=given))
    again = room.as_("searcher").post("/v1/dossiers", json=form(name, permit=given))
    assert first.status_code == 201, first.text
    assert first.json()["fields"] == {"name": "Eileen Example", "date_of_birth": "1956-11-19"}
    assert "elsewhere" not in first.text
    assert (again.status_code, [one["id"] for one in again.json()["rules"]]) == (403, ["FG-PERMIT"])


def test_a_refusal_says_rules_and_record_and_reads_nothing(lead: tuple[Room, str]) -> None:
    room, name = lead
    (room.service.desk.home.folder / "records.json").unlink()
    answer = room.as_("searcher").post("/v1/dossiers", json=form(name, rank=2))
    said = answer.json()
    assert (answer.status_code, "RV-NOT-A-LEAD" in [one["id"] for one in said["rules"]]) == (403, True)
    assert said["receipt"]["index"] == room.service.desk.ledger.log.size - 1
    assert (room.last_record()["kind"], room.last_record()["decision"]) == ("dossier", "refused")


def test_an_approval_the_law_forbids_is_refused_and_recorded(lead: tuple[Room, str]) -> None:
    room, name = lead
    asked = {**REQUEST, "dossier_fields": ["birthplace"]}
    answer = room.as_("supervisor").post("/v1/dossiers/permits", json=form(name, request=asked))
    assert (answer.status_code, "RV-FIELDS" in answer.text) == (403, True)
    assert room.last_record()["kind"] == "permit-refused"


def test_a_record_without_the_fields_is_withheld_in_words(lead: tuple[Room, str]) -> None:
    room, name = lead
    (room.service.desk.home.folder / "records.json").write_text("{}")
    answer = room.as_("searcher").post("/v1/dossiers", json=form(name, permit=approved(room, name)))
    assert (answer.status_code, "no record" in answer.json()["detail"]) == (422, True)
    assert room.last_record()["stage"] == "withheld"


@pytest.mark.parametrize("changes", [{"rank": 0}, {"search_id": "7"}, {"request": {}}, {"fields": ["name"]}])
def test_a_form_that_is_none_is_refused(lead: tuple[Room, str], changes: dict[str, object]) -> None:
    room, name = lead
    assert room.as_("searcher").post("/v1/dossiers", json=form(name, **changes)).status_code == 422


def test_a_search_that_is_not_there_has_no_dossier(lead: tuple[Room, str]) -> None:
    room, _ = lead
    assert room.as_("searcher").post("/v1/dossiers", json=form(NO_SEARCH)).status_code == 404


def test_every_role_has_its_answer(lead: tuple[Room, str]) -> None:
    room, name = lead
    answers = {
        # who: approve, ask
        "": (401, 401),
        "searcher": (403, 403),  # the law: without a permit
        "colleague": (403, 422),  # the request states another requester
        "reviewer": (403, 403),
        "supervisor": (201, 403),
        "stale": (401, 403),
        "enroller": (403, 403),
        "auditor": (403, 403),
        "misuse-officer": (403, 403),
        "administrator": (403, 403),
        "tester": (403, 403),
    }
    found = {
        who: (
            room.as_(who).post("/v1/dossiers/permits", json=form(name)).status_code,
            room.as_(who).post("/v1/dossiers", json=form(name)).status_code,
        )
        for who in answers
    }
    assert found == answers


@pytest.mark.parametrize(
    ("who", "path"), [("other-supervisor", "/v1/dossiers/permits"), ("colleague", "/v1/dossiers")]
)
def test_whose_search_it_is_not_gets_no_dossier(lead: tuple[Room, str], who: str, path: str) -> None:
    room, name = lead
    nobody = {key: one for key, one in REQUEST.items() if key not in {"requester", "agency", "approver"}}
    assert room.as_(who).post(path, json=form(name, request=nobody)).status_code == 404
