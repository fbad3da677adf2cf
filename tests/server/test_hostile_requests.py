"""Hostile requests at the door of the whole service: photos, words, replays, and ground that gives way."""

from __future__ import annotations

import base64
import json
import sys
import tempfile
from dataclasses import replace
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from unittest.mock import patch

import numpy as np
import pytest
import service_room
import sqlalchemy as sa
from attacked import Attacked, attacked
from desk_room import stated
from hostile_doors import Doors
from hostile_words import watched, words
from intake_photos import (
    PRIVATE_MARKS,
    blank_png,
    encoded,
    gif_bomb,
    jpeg2000_bomb,
    mutated,
    person,
    polyglots,
    private_jpeg,
    text_bomb_png,
    tiff_bomb,
    webp_bomb,
    webp_that_lies,
)
from ready_home import PHOTO
from service_room import CASE, a_service, client_as
from test_intake_hostile import quickest, rise
from whole_service import browser

import facegate
from facegate.gallery.gallery import Gallery
from facegate.gate.home import Home
from facegate.records import SubjectId
from facegate.server.app import create_app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from httpx import Response

BOMBS: Final = {
    "png of 81 megapixels": (blank_png(9000, 9000), 413),
    "png of 900 megapixels": (blank_png(30_000, 30_000), 413),
    "png with 400 MB of text": (text_bomb_png(), 422),
    "gif": (gif_bomb(), 415),
    "tiff": (tiff_bomb(), 415),
    "jpeg 2000": (jpeg2000_bomb(), 415),
    "webp canvas": (webp_bomb(b"VP8X"), 413),
    "webp frame": (webp_that_lies(), 422),
}
OF_THE_MACHINE: Final = ("/proc/stat", "/proc/meminfo", "/sys/fs/cgroup")
"""Asked by libraries how many processors and how much memory there is."""
SAFE_RISE: Final = 200 * 1024 * 1024


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("hostile")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Attacked]:
    with attacked(tmp_path) as made:
        yield made


def title(answer: Response) -> tuple[int, str]:
    """Give status and the last part of the type of a problem."""
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


def searched(room: Attacked, probe: bytes = PHOTO, **changes: Any) -> Response:  # noqa: ANN401  any field
    """Have a photo's search approved, and make it."""
    approved = room.send("/v1/permits", "supervisor", stated(**changes), probe=probe)
    permit = approved.json().get("permit", "none")
    return room.send("/v1/searches", "searcher", stated(permit=permit, **changes), probe=probe)


def alike(answer: Response) -> tuple[int, str, dict[str, str]]:
    """Give all of an answer that could tell one case from another."""
    own = {"x-request-id", "traceparent", "ratelimit"}
    return (
        answer.status_code,
        answer.text,
        {name: value for name, value in answer.headers.items() if name not in own},
    )


# T4, T5, T6: trying again, climbing, membership


def test_variants_of_one_photo_count_as_one_and_after_three_a_supervisor_is_asked(fresh: Attacked) -> None:
    variants = [encoded(person(), quality=quality) for quality in (95, 80, 60, 40)]
    answers = [searched(fresh, one) for one in variants]
    assert [one.status_code for one in answers] == [201, 201, 201, 403]
    assert [one.json().get("n_tries") for one in answers[:3]] == [1, 2, 3]
    waiting = fresh.as_("supervisor").get("/v1/limits/waiting").json()["waiting"]
    assert [(one["officer"], one["case_number"]) for one in waiting] == [("8841", CASE)]


@pytest.mark.parametrize(
    "probe",
    [
        np.zeros(512, np.float32).tobytes(),
        json.dumps([0.1] * 128).encode(),
        b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (128,)}" + bytes(512),
    ],
    ids=["floats", "json", "npy"],
)
def test_a_template_is_no_photo(room: Attacked, probe: bytes) -> None:
    answer = room.send("/v1/searches", "searcher", stated(permit="x"), probe=probe)
    assert title(answer) == (415, "unusable-photo")


@pytest.mark.parametrize("name", ["embedding", "template", "threshold", "score", "min_similarity", "top_k"])
def test_no_field_of_a_search_takes_a_template_or_moves_the_threshold(room: Attacked, name: str) -> None:
    answer = room.send("/v1/searches", "searcher", stated(permit="x") | {name: [0.1] * 128})
    assert title(answer) == (422, "invalid-request")


def test_no_reply_about_a_candidate_holds_a_number_that_could_be_climbed(room: Attacked) -> None:
    found = room.as_("searcher").get(f"/v1/searches/{room.reviewed()}").json()
    (line,) = found["candidates"]
    assert line.keys() == {"rank", "band", "subject_ref", "verdict"}
    assert not [value for value in line.values() if isinstance(value, float)]
    low, high = map(float, line["band"].split("-"))
    assert round(high - low, 6) >= 0.1


def test_a_reply_is_as_long_whoever_is_enrolled_and_has_the_same_headers(fresh: Attacked) -> None:
    one = searched(fresh)
    with Gallery.open(fresh.service.desk.home.gallery, writable=True) as gallery:
        gallery.withdraw([SubjectId("astronaut")])
    none = searched(fresh)
    assert (one.json()["n_candidates"], none.json()["n_candidates"]) == (1, 0)
    assert len(one.content) == len(none.content)
    assert one.headers.keys() == none.headers.keys()
    assert one.headers["content-length"] == none.headers["content-length"]


# T17, T18, T19: photos that are none


@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_refused_and_costs_the_service_nothing(room: Attacked, name: str) -> None:
    bomb, status = BOMBS[name]
    running = room.service.intake.pids

    def thrown() -> None:
        answer = room.send("/v1/searches", "searcher", stated(permit="x"), probe=bomb)
        assert title(answer) == (status, "unusable-photo")

    assert rise(thrown) < SAFE_RISE
    assert room.service.intake.pids == running
    assert room.as_().get("/livez").status_code == 200


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, (_, status) in BOMBS.items() if status == 413])
def test_a_bomb_that_says_how_large_it_is_is_refused_in_a_tenth_of_a_second(
    room: Attacked, name: str
) -> None:
    bomb, _ = BOMBS[name]
    assert quickest(lambda: room.send("/v1/searches", "searcher", stated(permit="x"), probe=bomb)) < 0.1


def check_mutants(room: Attacked, n: int) -> None:
    """Send changed photos; the service answers each as what it is, and lives."""
    generator, running = np.random.default_rng(1789), room.service.intake.pids
    photo, seen = private_jpeg(size=(64, 60)), set()
    for _ in range(n):
        answer = room.send("/v1/searches", "searcher", stated(permit="x"), probe=mutated(photo, generator))
        seen.add(title(answer))
        assert not [mark for mark in PRIVATE_MARKS if mark in answer.content]
    assert seen <= {
        (413, "unusable-photo"),
        (415, "unusable-photo"),
        (422, "unusable-photo"),
        (403, "policy-refusal"),
    }
    assert room.service.intake.pids == running


def test_no_changed_jpeg_brings_the_service_down(room: Attacked) -> None:
    check_mutants(room, 30)


@pytest.mark.slow
def test_no_jpeg_of_a_thousand_brings_the_service_down(room: Attacked) -> None:
    check_mutants(room, 1000)


def test_of_a_photo_that_is_something_else_too_nothing_else_is_kept_or_shown(fresh: Attacked) -> None:
    for name in ("jpeg and page behind", "jpeg and archive", "jpeg and page in a comment"):
        sent, other = polyglots()[name]
        answer = searched(fresh, sent)
        assert answer.status_code == 201, answer.text
        search = answer.json()["search_id"]
        kept = fresh.service.photos.probe(search)
        fresh.as_("second").get(f"/v1/searches/{search}/sheet")
        shown = fresh.as_("second").get(f"/v1/searches/{search}/images/probe")
        assert kept is not None
        assert shown.status_code == 200
        assert (shown.headers["content-type"], shown.headers["x-content-type-options"]) == (
            "image/png",
            "nosniff",
        )
        assert shown.headers["content-disposition"].startswith("attachment")
        for image in (kept, shown.content):
            assert image != sent
            assert not [mark for mark in (other, *PRIVATE_MARKS) if mark in image]


# T20: words that lead elsewhere


def check_words(room: Attacked, folder: Path, n_each: int) -> int:
    """Put words in every place; nothing outside is opened, nobody is called."""
    canary = folder / "canary"
    canary.write_text("the canary sings")
    doors, every = Doors(room), words(canary)
    assert len(every) > 500
    several = cycle(every)
    n_asked, statuses = 0, set()
    with watched() as watch:
        for place in doors.places:
            for word in islice(several, n_each):
                answer = doors.put(place, word)
                n_asked += 1
                statuses.add(answer.status_code)
                assert "the canary sings" not in answer.text
                assert "root:x:" not in answer.text
    assert statuses <= {200, 201, 202, 307, 400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 501, 503}, (
        statuses
    )
    assert watch.called == []
    assert outside(watch.opened, room) == []
    return n_asked


def outside(opened: set[str], room: Attacked) -> list[str]:
    """Give what was opened outside of the service's folder, its program and its own temporary files."""
    roots = [room.service.desk.home.folder, Path(facegate.__file__).parent, tempfile.gettempdir()]
    mine = (*map(str, roots), sys.prefix, sys.base_prefix, "/dev/urandom", "/proc/self", *OF_THE_MACHINE)
    found = (one for one in opened if not one.startswith(mine) or one.endswith("/canary"))
    return sorted(found)


def test_no_word_in_any_field_or_id_opens_a_file_outside_or_calls_anybody(
    room: Attacked, tmp_path: Path
) -> None:
    assert check_words(room, tmp_path, 2) > 250


@pytest.mark.slow
def test_no_word_of_five_hundred_in_any_field_or_id_opens_a_file_outside(
    fresh: Attacked, tmp_path: Path
) -> None:
    assert check_words(fresh, tmp_path, 16) > 2_000  # each word about five times


# Asked again


def test_a_search_sent_again_under_its_key_is_answered_alike_and_made_once(fresh: Attacked) -> None:
    key = {"Idempotency-Key": '"one-and-the-same-0001"'}
    request = stated(permit=fresh.permit())
    first = fresh.send("/v1/searches", "searcher", request, headers=key)
    size = fresh.size
    again = fresh.send("/v1/searches", "searcher", request, headers=key)
    other = fresh.send("/v1/searches", "searcher", {**request, "purpose": "another"}, headers=key)
    photo = fresh.send("/v1/searches", "searcher", request, probe=encoded(person(), quality=50), headers=key)
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert title(other) == title(photo) == (422, "idempotency-key-reused")
    assert fresh.size == size


@pytest.mark.parametrize(
    "key", ['"+E^OA(}U3WUL~"', '"eight or more words"', "bare-key.0001", '"bare-key.0002"']
)
def test_a_key_of_either_form_is_taken_and_counts(room: Attacked, key: str) -> None:
    form = {"case_number": f"24-55{sum(key.encode()) % 10_000:04d}", "offense_code": "1201"}
    first, again = (
        room.as_("searcher").post("/v1/cases", json=form, headers={"Idempotency-Key": key}) for _ in range(2)
    )
    assert (first.status_code, again.status_code, again.content) == (201, 201, first.content)
    assert again.headers["idempotency-replayed"] == "true"


def test_a_key_of_another_account_gives_nobody_its_answer(room: Attacked) -> None:
    key = {"Idempotency-Key": '"shared-by-accident-01"'}
    form = {"case_number": "24-777001", "offense_code": "1201"}
    mine = room.as_("searcher").post("/v1/cases", json=form, headers=key)
    his = room.as_("other-searcher").post("/v1/cases", json=form, headers=key)
    assert (mine.status_code, his.status_code) == (201, 201)  # each agency has its own numbers
    assert mine.json()["case"] != his.json()["case"]
    assert "idempotency-replayed" not in his.headers


def test_another_agencys_case_is_refused_in_the_words_for_one_that_is_not_registered(room: Attacked) -> None:
    own = {"requester": None, "agency": None, "permit": "x"}
    his = room.send("/v1/searches", "other-searcher", stated(**own))
    none = room.send("/v1/searches", "other-searcher", stated(**own, case_number="24-999999"))
    assert his.status_code == none.status_code == 403
    assert his.json()["rules"] == none.json()["rules"]
    assert len(his.content) == len(none.content)


# Who is none


def test_a_key_or_session_that_ended_or_never_was_is_answered_like_any_other_that_opens_nothing(
    room: Attacked,
) -> None:
    book, identity = room.service.identity.accounts, room.service.identity
    account = book.by_name("colleague")
    assert account is not None
    issued = identity.keys.issue(account, days=1, by="setup")
    identity.keys.revoke(account, issued.key.id, by="setup")
    shown = [f"Bearer {issued.secret}", f"Bearer {issued.secret[:-1]}A", "Bearer fg_live_" + "A" * 43]
    answers = [browser(room.app).get("/v1/account", headers={"Authorization": one}) for one in shown]
    assert {title(one) for one in answers} == {(401, "not-signed-in")}
    assert len({str(alike(one)) for one in answers}) == 1


@pytest.mark.parametrize("algorithm", ["none", "HS256", "EdDSA", "RS256"])
def test_a_token_of_nobody_we_know_opens_nothing(room: Attacked, algorithm: str) -> None:
    said = {"iss": "https://evil.example", "sub": "root", "roles": ["administrator"], "exp": 4e9}
    token = ".".join(_part(one) for one in ({"alg": algorithm, "typ": "JWT"}, said)) + "."
    answer = browser(room.app).get("/v1/accounts", headers={"Authorization": f"Bearer {token}"})
    assert title(answer) == (401, "not-signed-in")


def _part(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


def test_a_session_that_was_signed_out_opens_nothing(room: Attacked) -> None:
    client = browser(room.app, "colleague")
    secret = client.cookies[room.service.identity.cookies.session]
    room.service.identity.sessions.end(secret)
    answer = client.get("/v1/account", headers={"Accept": "application/json"})
    assert title(answer) == (401, "not-signed-in")


@pytest.mark.parametrize("path", ["/v1/searches", "/api/v1/recognition/recognize"])
def test_a_session_asks_for_no_search_without_its_token(room: Attacked, path: str) -> None:
    shown = {name: value for name, value in room.shown("searcher").items() if name != "X-CSRF-Token"}
    files = {"probe": ("x", PHOTO), "file": ("x", PHOTO)}
    headers = {**shown, "X-Facegate-Profile": "co-dmv-2019"}
    request = json.dumps(stated(permit="x"))
    answer = browser(room.app).post(path, data={"request": request}, files=files, headers=headers)
    assert title(answer) == (403, "forged-form")


# Ground that gives way


def failing_after(n: int, engine: sa.Engine) -> Callable[..., Any]:
    """Let so many connections through; then the database is gone."""
    real, left, statement = engine.connect, iter(range(n)), "SELECT"

    def connect() -> Any:  # noqa: ANN401  a connection
        if next(left, None) is None:
            raise sa.exc.OperationalError(statement, {}, Exception("no route to host"))
        return real()

    return connect


def test_wherever_in_a_request_the_database_goes_it_is_a_503_and_nothing_happens_twice(
    room: Attacked,
) -> None:
    client, engine, ended = room.as_("searcher"), room.service.database, set()
    for n in range(12):
        form = {"case_number": f"24-88{n:04d}", "offense_code": "1201"}
        key = {"Idempotency-Key": f'"gone-in-the-middle-{n}"'}
        before = room.size
        failing = failing_after(n, engine)
        with patch.object(type(engine), "connect", lambda _, failing=failing: failing()):
            answer = client.post("/v1/cases", json=form, headers=key)
        assert answer.status_code == 201 or title(answer) == (503, "storage-down"), (n, answer.text)
        ended.add((answer.status_code, room.size - before))
        again = client.post("/v1/cases", json=form, headers=key)
        assert again.status_code in {201, 409}
        assert room.size - before == 1 or title(again) == (409, "outcome-unknown")
    # Gone before it acted; not gone, or only when the answer was to be kept: it is given all the same.
    assert {(503, 0), (201, 1)} <= ended


def test_without_the_database_nothing_is_searched_and_after_it_everything_works(fresh: Attacked) -> None:
    request = stated(permit=fresh.permit())
    fresh.as_("searcher")
    before = fresh.size
    gone = sa.exc.OperationalError("SELECT 1", {}, Exception("no route to host"))
    with patch.object(type(fresh.service.database), "connect", side_effect=gone):
        answer = fresh.send("/v1/searches", "searcher", request)
        ready = fresh.as_().get("/readyz")
    assert title(answer) == (503, "storage-down")
    assert int(answer.headers["retry-after"]) > 0
    assert title(ready) == (503, "not-ready")
    assert fresh.size == before
    assert fresh.send("/v1/searches", "searcher", request).status_code == 201


def test_a_log_that_cannot_be_flushed_lets_nothing_be_searched_until_it_is_opened_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with attacked(tmp_path) as room:
        request = stated(permit=room.permit())
        room.as_("searcher")
        before = room.size
        with patch("os.fsync", side_effect=OSError(28, "No space left on device")):
            refused = room.send("/v1/searches", "searcher", request)
            ready = room.as_().get("/readyz")
        still = room.send("/v1/searches", "searcher", request)
        assert title(refused) == title(still) == (503, "log-down")
        assert title(ready) == (503, "not-ready")
        assert [one["code"] for one in ready.json()["reasons"]] == ["log_down"]
    monkeypatch.setattr(service_room, "a_home", lambda folder: Home(folder / "home"))
    with a_service(tmp_path) as again:
        assert before <= again.desk.ledger.log.size <= before + 1  # the intent of the one that was refused
        app = create_app(replace(again, config=room.service.config))
        client = client_as(app, "searcher")
        client.base_url = "http://127.0.0.1:8443"
        assert client.get("/readyz").status_code == 200
        files = {"probe": ("x", PHOTO)}
        answer = client.post("/v1/searches", data={"request": json.dumps(request)}, files=files)
        assert answer.status_code == 201, answer.text
