"""Sheets, images, reviews and releases: two people who are blind to each other, then one recipient."""

from __future__ import annotations

import io
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from desk_room import AGREE, NO_SEARCH, Room, a_room
from PIL import Image
from ready_home import PHOTO

from facegate.gate.photos.viewing import mark_in
from facegate.records import SubjectId

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("reviews")) as made:
        yield made


@pytest.fixture(scope="module")
def searched(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Room, str]]:
    with a_room(tmp_path_factory.mktemp("forms")) as made:
        yield made, made.searched()


def rule(answer: Any) -> tuple[int, str]:  # noqa: ANN401  a reply of the client
    said = answer.json()
    assert said["receipt"]["index"] > 0
    return answer.status_code, said["rules"][0]["id"]


def test_a_reviewer_sees_rank_band_and_reference_and_that_he_looked_is_recorded(room: Room) -> None:
    name = room.searched()
    (waits,) = room.as_("second").get("/v1/reviews").json()["reviews"]
    said = room.as_("second").get(f"/v1/searches/{name}/sheet").json()
    (line,) = said["candidates"]
    assert (waits["search_id"], waits["n_findings"]) == (name, 0)
    assert (line.keys(), line["rank"]) == ({"rank", "band", "subject_ref"}, 1)
    assert (room.last_record()["kind"], room.last_record()["decision"]) == ("review-opened", "allowed")


def test_whoever_waits_long_for_his_turn_is_not_refused_for_a_wrong_clock(room: Room) -> None:
    name, ledger, answers = room.searched(), room.service.desk.ledger, []

    def open_it() -> None:
        answers.append(room.as_("second").get(f"/v1/searches/{name}/sheet"))

    with ledger.turn:  # another act, meanwhile
        waiting = threading.Thread(target=open_it)
        waiting.start()
        time.sleep(1.2)
        ledger.record("explain", at=room.service.desk.clock(), public={}, sealed={})
    waiting.join()
    assert (answers[0].status_code, room.last_record()["decision"]) == (200, "allowed"), answers[0].text


def test_a_reviewer_reads_the_others_finding_only_after_his_own(room: Room) -> None:
    name = room.searched()
    at = f"/v1/searches/{name}"
    for reviewer in ("reviewer", "second"):
        room.as_(reviewer).get(f"{at}/sheet")
    room.as_("reviewer").post(f"{at}/reviews", json=AGREE)
    assert room.as_("second").get(f"{at}/sheet").json()["findings"] == []
    room.as_("second").post(f"{at}/reviews", json=AGREE)
    assert len(room.as_("second").get(f"{at}/sheet").json()["findings"]) == 2


def test_a_second_finding_of_one_person_is_a_conflict_and_recorded(room: Room) -> None:
    at = f"/v1/searches/{room.searched()}"
    room.as_("second").get(f"{at}/sheet")
    assert room.as_("second").post(f"{at}/reviews", json=AGREE).status_code == 201
    assert rule(room.as_("second").post(f"{at}/reviews", json=AGREE)) == (409, "RV-TWICE")
    assert room.last_record()["rule"] == "RV-TWICE"


def test_who_has_not_looked_finds_nothing(room: Room) -> None:
    answer = room.as_("second").post(f"/v1/searches/{room.searched()}/reviews", json=AGREE)
    assert rule(answer) == (403, "RV-NOT-OPENED")


@pytest.mark.parametrize(
    "findings",
    [
        [],
        [{"rank": 2, "opinion": "agree"}],
        [{"rank": 1, "opinion": "sure"}],
        [{"rank": 1, "opinion": "agree"}, {"rank": 1, "opinion": "disagree"}],
        [{"rank": 0, "opinion": "agree"}],
    ],
)
def test_a_finding_says_one_word_of_every_candidate(
    searched: tuple[Room, str], findings: list[dict[str, object]]
) -> None:
    room, name = searched
    at = f"/v1/searches/{name}"
    room.as_("second").get(f"{at}/sheet")
    assert room.as_("second").post(f"{at}/reviews", json={"findings": findings}).status_code == 422


def test_images_leave_as_attachments_under_the_viewers_mark(room: Room) -> None:
    at = f"/v1/searches/{room.searched()}/images"
    clean = room.service.intake.clean(PHOTO)
    room.service.photos.keep_subject(SubjectId("astronaut"), clean.data)
    probe, first = room.as_("second").get(f"{at}/probe"), room.as_("second").get(f"{at}/1")
    assert probe.headers["content-disposition"] == 'attachment; filename="probe.png"'
    assert (probe.headers["content-type"], probe.headers["cache-control"]) == ("image/png", "no-store")
    assert mark_in(probe.content) == mark_in(first.content) != ""
    assert Image.open(io.BytesIO(first.content)).format == "PNG"


def test_a_photo_that_is_not_kept_is_not_there(room: Room) -> None:
    at = f"/v1/searches/{room.searched()}/images"
    assert room.as_("second").get(f"{at}/1").status_code == 404
    assert room.as_("second").get(f"{at}/2").status_code == 404
    assert room.as_("second").get(f"{at}/0").status_code == 422


def test_whoever_asked_sees_no_image_before_the_release_and_his_marked_one_after(room: Room) -> None:
    name = room.reviewed()
    at = f"/v1/searches/{name}"
    assert room.as_("searcher").get(f"{at}/images/probe").status_code == 403
    released = room.as_("supervisor").post(f"{at}/releases", json={"to": "8841"}).json()
    seen = room.as_("searcher").get(f"{at}/images/probe")
    assert (seen.status_code, mark_in(seen.content)) == (200, released["mark"])


def test_a_list_is_not_released_before_two_findings_nor_twice_to_one(room: Room) -> None:
    at = f"/v1/searches/{room.searched()}"
    early = room.as_("supervisor").post(f"{at}/releases", json={"to": "8841"})
    for reviewer in ("reviewer", "second"):
        room.as_(reviewer).get(f"{at}/sheet")
        room.as_(reviewer).post(f"{at}/reviews", json=AGREE)
    first = room.as_("supervisor").post(f"{at}/releases", json={"to": "8841"})
    again = room.as_("supervisor").post(f"{at}/releases", json={"to": "8841"})
    to_himself = room.as_("supervisor").post(f"{at}/releases", json={"to": "1120"})
    assert rule(early) == (403, "RV-TOO-EARLY")
    assert (first.status_code, first.json()["n_leads"], first.json()["n_withheld"]) == (201, 1, 0)
    assert rule(again) == (409, "RV-TWICE")
    assert rule(to_himself) == (403, "RV-TO-HIMSELF")


ANSWERS = {
    # who: sheet, image, finding, release
    "": (401, 401, 401, 401),
    "searcher": (403, 403, 403, 403),
    "colleague": (403, 404, 403, 403),
    "second": (200, 200, 201, 403),  # RV-TOO-EARLY, or his role in the register
    "supervisor": (403, 403, 403, 403),  # the last is RV-TOO-EARLY
    "stale": (403, 403, 403, 401),
    "enroller": (403, 403, 403, 403),
    "auditor": (403, 403, 403, 403),
    "misuse-officer": (403, 403, 403, 403),
    "administrator": (403, 403, 403, 403),
    "tester": (403, 403, 403, 403),
    "other-searcher": (403, 404, 403, 403),
    "other-reviewer": (404, 404, 404, 404),
    "other-supervisor": (403, 404, 403, 404),
}


def test_every_role_has_its_answer(room: Room) -> None:
    at = f"/v1/searches/{room.searched()}"
    found = {}
    for name in ANSWERS:
        client = room.as_(name)
        found[name] = (
            client.get(f"{at}/sheet").status_code,
            client.get(f"{at}/images/probe").status_code,
            client.post(f"{at}/reviews", json=AGREE).status_code,
            client.post(f"{at}/releases", json={"to": "8841"}).status_code,
        )
    assert found == ANSWERS


def test_a_reviewer_of_another_agency_sees_nothing_waiting(room: Room) -> None:
    room.searched()
    assert room.as_("other-reviewer").get("/v1/reviews").json() == {"reviews": []}
    assert len(room.as_("reviewer").get("/v1/reviews").json()["reviews"]) == 1


def test_a_search_that_is_not_there_has_no_sheet(room: Room) -> None:
    assert room.as_("second").get(f"/v1/searches/{NO_SEARCH}/sheet").status_code == 404
    assert room.as_("second").get("/v1/searches/..%2Fx/sheet").status_code in {404, 422}
