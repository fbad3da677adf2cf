"""``/api/v1/recognition``: CompreFace's names, the same gate; nobody before release, no score ever."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest
from desk_room import NO_SEARCH, Room, a_room, stated
from fastapi.exceptions import RequestValidationError
from hypothesis import given, settings
from hypothesis import strategies as st
from ready_home import PHOTO

from facegate.request import Exigency, Instrument, SearchRequest
from facegate.server.api import compreface
from facegate.server.api.search_reply import SLOT
from facegate.server.api.stated_headers import PLACES, form_of
from facegate.server.edge.answering import FOR_PROGRAMS
from facegate.server.edge.rates import policy_of
from facegate.server.edge.settings import EdgeSettings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx import Response

RECOGNIZE = "/api/v1/recognition/recognize"
HEAD = {place: name for name, place in PLACES.items()}


def headers_of(request: dict[str, Any]) -> dict[str, str]:
    """Write a request as headers, as a client of CompreFace would have to."""
    said: dict[str, str] = {}
    for name, value in request.items():
        inner = value.items() if isinstance(value, dict) else [("", value)]
        for part, one in inner:
            text = ",".join(one) if isinstance(one, list | tuple) else str(one)
            text = text.lower() if isinstance(one, bool) else text
            said[HEAD[(name, part) if part else (name,)]] = quote(text, safe="")
    return said


def recognize(room: Room, name: str = "searcher", query: str = "", **changes: Any) -> Response:  # noqa: ANN401  any field
    """Ask as CompreFace's clients do."""
    probe = changes.pop("probe", PHOTO)
    more = changes.pop("headers", {})
    headers = headers_of(stated(**changes)) | more
    files = {"file": ("face.jpg", probe, "image/jpeg")}
    answer: Response = room.as_(name).post(f"{RECOGNIZE}{query}", files=files, headers=headers)
    return answer


@contextmanager
def compatible(folder: Path) -> Iterator[Room]:
    """Open a room that has CompreFace's addresses, too."""
    with a_room(folder) as made:
        made.app.include_router(compreface.router)
        yield made


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with compatible(tmp_path_factory.mktemp("compreface")) as made:
        yield made


def test_a_search_is_answered_in_comprefaces_form_and_shows_nobody(room: Room) -> None:
    answer = recognize(room, query="?limit=0&prediction_count=5&status=true", permit=room.permit())
    said = answer.json()
    (face,) = said["result"]
    assert (answer.status_code, face["subjects"], said["facegate"]["waiting"]) == (200, [], 1)
    assert face["box"]["x_min"] < face["box"]["x_max"]
    assert face["box"]["y_min"] < face["box"]["y_max"]
    assert face["execution_time"].keys() == {"detector"}
    assert said["plugins_versions"].keys() == {"calculator", "detector"}
    assert "similarity" not in answer.text
    assert "embedding" not in answer.text
    assert said["facegate"]["notice"].startswith("A candidate is an investigative lead")


def test_sent_again_under_its_key_it_is_searched_once_and_recorded_as_any_search(room: Room) -> None:
    permit, key = room.permit(), {"Idempotency-Key": "compreface-0001"}
    first = recognize(room, permit=permit, headers=key)
    size, here = room.service.desk.ledger.log.size, room.last_record()
    again = recognize(room, permit=permit, headers=key)
    assert (first.status_code, again.content) == (200, first.content)
    assert room.service.desk.ledger.log.size == size
    room.search()
    assert room.last_record().keys() == here.keys()


@pytest.fixture(scope="module")
def lead(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    with compatible(tmp_path_factory.mktemp("released")) as made:
        yield made, made.released()


def test_after_the_release_its_recipient_reads_references_and_no_similarity(lead: tuple[Room, str]) -> None:
    room, released = lead
    said = room.as_("searcher").get(f"{RECOGNIZE}/{released}").json()
    own = room.as_("searcher").get(f"/v1/searches/{released}").json()
    subjects = [{"subject": own["candidates"][0]["subject_ref"]}]
    assert said["result"] == [{"box": None, "subjects": subjects}]  # no times: nobody asked for them
    assert said.keys() == {"result", "facegate"}
    assert said["facegate"]["status"] == "released"


def test_whoever_did_not_receive_the_list_reads_nobody(lead: tuple[Room, str]) -> None:
    room, released = lead
    assert room.as_("reviewer").get(f"{RECOGNIZE}/{released}").json()["result"][0]["subjects"] == []
    assert room.as_("other-searcher").get(f"{RECOGNIZE}/{released}").status_code == 404
    assert room.as_("searcher").get(f"{RECOGNIZE}/{NO_SEARCH}").status_code == 404


def test_a_refusal_names_every_rule_and_its_record(room: Room) -> None:
    answer = recognize(room, permit="none", fact_narrative=None, purpose=None)
    said = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (403, "application/problem+json")
    assert len(said["rules"]) > 1
    assert room.last_record()["rules"] == [one["id"] for one in said["rules"]]
    assert said["receipt"]["index"] == room.service.desk.ledger.log.size - 1


def test_without_case_and_offense_the_law_refuses(room: Room) -> None:
    answer = recognize(room, permit="x", case_number=None, offense_code=None)
    assert answer.status_code == 403
    assert len(answer.json()["rules"]) > 1


def test_replies_with_and_without_a_candidate_are_alike_in_length(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    with compatible(tmp_path_factory.mktemp("nobody")) as other:
        one = recognize(other, permit=other.permit())
        other.withdraw_everybody()
        none = recognize(other, permit=other.permit())
    assert [a.json()["facegate"]["waiting"] for a in (one, none)] == [1, 0]
    assert len(one.content) == len(none.content)
    assert len(one.content) % SLOT == 0


@pytest.mark.parametrize(
    ("headers", "field"),
    [
        ({"X-Facegate-Ofense": "0901"}, "X-Facegate-Ofense"),  # misspelt: not the same as not stated
        ({"X-Facegate-Profile": ""}, "X-Facegate-Profile"),
        ({"X-Facegate-Felony": "yes"}, "X-Facegate-Felony"),
        ({"X-Facegate-Candidate-Limit": "twenty"}, "X-Facegate-Candidate-Limit"),
        ({"X-Facegate-Duty-Statement": "100% sure"}, "X-Facegate-Duty-Statement"),
        ({"X-Facegate-Duty-Statement": "%FF"}, "X-Facegate-Duty-Statement"),
        ({"X-Facegate-Permit": "x" * 65}, "X-Facegate-Permit"),
    ],
)
def test_a_header_that_is_not_of_its_form_is_named_and_nothing_is_asked(
    room: Room, headers: dict[str, str], field: str
) -> None:
    before = room.service.desk.ledger.log.size
    changed = {name.lower() for name in headers}
    sent = {name: value for name, value in headers_of(stated()).items() if name not in changed}
    answer = room.as_("searcher").post(RECOGNIZE, files={"file": PHOTO}, headers={**sent, **headers})
    assert answer.status_code == 422, answer.text
    assert [one["field"] for one in answer.json()["errors"]] == [f"header.{field}"]
    assert room.service.desk.ledger.log.size == before


def test_a_header_that_comes_twice_is_refused() -> None:
    with pytest.raises(RequestValidationError) as raised:
        form_of([("x-facegate-profile", "a"), ("x-facegate-case", "1"), ("x-facegate-case", "2")])
    assert [one["loc"] for one in raised.value.errors()] == [("header", "X-Facegate-Case")]


@given(text=st.text(max_size=200).filter(lambda one: "\x00" not in one))
@settings(deadline=None, max_examples=50)
def test_any_text_comes_through_percent_encoded(text: str) -> None:
    sent = [("x-facegate-profile", "p"), ("x-facegate-fact-narrative", quote(text, safe=""))]
    assert form_of(sent).fact_narrative == text


def test_every_field_of_a_request_has_a_header() -> None:
    whole = SearchRequest(
        "p", instrument=Instrument("warrant", "c", "1", "2026-01-01", "2026-02-01"),
        exigency=Exigency("b", "1", "2026-01-01T00:00:00Z"), dossier_fields=("name", "photo"),
        felony=True, sketch=False, candidate_limit=7,
    )  # fmt: skip
    said = {name: value for name, value in asdict(whole).items() if value is not None}
    assert form_of(list(headers_of(said).items())).request() == whole
    assert {place[0] for place in PLACES.values()} == {one.name for one in fields(SearchRequest)} | {"permit"}


@pytest.mark.parametrize(
    ("method", "path", "status", "word"),
    [
        ("POST", "recognition/subjects", 404, "enrolled"),
        ("DELETE", "recognition/faces/01", 404, "enrolled"),
        ("POST", "recognition/faces/01/verify", 404, "enrolled"),
        ("POST", "recognition/embeddings/recognize", 404, "embeddings"),
        ("POST", "verification/verify", 404, "case"),
        ("POST", "detection/detect", 404, "case"),
        ("GET", "static/fg_live_shown/images/01", 404, "revoke"),
        ("GET", "nothing/like/it", 404, "address"),
    ],
)
def test_what_is_not_here_says_why_and_repeats_no_key(
    room: Room, method: str, path: str, status: int, word: str
) -> None:
    answer = room.as_("searcher").request(method, f"/api/v1/{path}")
    assert (answer.status_code, word in answer.json()["detail"]) == (status, True)
    assert "fg_live" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("GET", RECOGNIZE, "POST"),
        ("PUT", RECOGNIZE, "POST"),
        ("DELETE", f"{RECOGNIZE}/{NO_SEARCH}", "GET"),
        ("POST", f"{RECOGNIZE}/{NO_SEARCH}", "GET"),
    ],
)
def test_another_method_is_told_which_one_the_address_takes(
    room: Room, method: str, path: str, allow: str
) -> None:
    answer = room.as_("searcher").request(method, path)
    assert (answer.status_code, answer.headers["allow"]) == (405, allow)
    assert room.as_("searcher").get("/api/v1/recognition/recognizer").status_code == 404


@pytest.mark.parametrize(("name", "status"), [("", 401), ("reviewer", 403), ("administrator", 403)])
def test_only_a_searcher_searches(room: Room, name: str, status: int) -> None:
    before = room.service.desk.ledger.log.size
    assert recognize(room, name, requester=None, agency=None).status_code == status
    assert room.service.desk.ledger.log.size == before


def test_what_is_no_photo_is_refused_and_nothing_is_asked(room: Room) -> None:
    before = room.service.desk.ledger.log.size
    answer = recognize(room, permit="x", probe=b"<svg/>")
    assert (answer.status_code, answer.json()["title"]) == (415, "This photo cannot be used")
    assert room.service.desk.ledger.log.size == before


def test_the_edge_takes_photos_here_and_counts_searches_as_such() -> None:
    assert EdgeSettings().body_limit(RECOGNIZE) == EdgeSettings().body_limit("/v1/searches")
    assert policy_of("POST", RECOGNIZE) == "search"
    assert RECOGNIZE.startswith(FOR_PROGRAMS)
