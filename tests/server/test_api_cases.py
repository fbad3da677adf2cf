"""``/v1/cases``: opened by one, confirmed by another, read by its agency alone."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from desk_room import Room, a_room, stated
from service_room import CASE, POLICE

from facegate.audit.keys.log_keys import LogKeys
from facegate.gate.home import Home
from facegate.oversight.case_file.archive import unpack
from facegate.oversight.case_file.check import check_case_file
from facegate.server.database.tables import idempotency

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response

NUMBERS = iter(f"24-{number:06d}" for number in range(500_000, 600_000))


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("cases")) as made:
        home = made.service.desk.home
        LogKeys.create(home.keys, home.origin, random_bytes=os.urandom)
        yield made


def opened(room: Room, name: str = "searcher", **changes: str) -> dict[str, Any]:
    form = {"case_number": next(NUMBERS), "offense_code": "1201", "opened_on": "2026-11-19", **changes}
    answer = room.as_(name).post("/v1/cases", json=form)
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/v1/cases/{answer.json()['case']}"
    case: dict[str, Any] = answer.json()
    return case


def test_a_case_is_named_by_its_record_and_read_again(room: Room) -> None:
    case = opened(room)
    assert (case["agency"], case["registered_by"], case["confirmed_by"]) == (POLICE, "8841", None)
    assert room.as_("supervisor").get(f"/v1/cases/{case['case']}").json() == case
    assert room.last_record()["kind"] == "case"


def test_a_number_that_is_open_is_a_conflict(room: Room) -> None:
    again = {"case_number": CASE, "offense_code": "0911"}
    answer = room.as_("supervisor").post("/v1/cases", json=again)
    assert (answer.status_code, answer.json()["title"]) == (409, "Case open already")


@pytest.mark.parametrize(
    ("form", "word"),
    [
        ({"offense_code": "1201"}, "case_number"),
        ({"case_number": "24-000777", "offense_code": 1201}, "offense_code"),
        ({"case_number": "24-000777", "offense_code": "1201", "agency": "CO0010100"}, "agency"),
        ({"case_number": "24-000777", "offense_code": "1201", "opened_on": "soon"}, "opened_on"),
        ({"case_number": "777", "offense_code": "1201"}, "form of agency"),
        ({"case_number": "24-000777", "offense_code": "9999"}, "offense code"),
        ({"case_number": "24-000777", "offense_code": "1201", "opened_on": "2099-01-01"}, "day"),
    ],
)
def test_a_case_that_is_none_is_refused_in_words(room: Room, form: dict[str, object], word: str) -> None:
    answer = room.as_("searcher").post("/v1/cases", json=form)
    assert answer.status_code == 422
    assert word in answer.text


def test_whoever_opened_a_case_searches_under_it_once_a_supervisor_confirmed_it(room: Room) -> None:
    case = opened(room)
    asked = stated(case_number=case["case_number"], permit="x")
    before = {one["id"] for one in room.send("/v1/searches", "searcher", asked).json()["rules"]}
    confirmed = room.as_("chief").post(f"/v1/cases/{case['case']}/confirmation")
    after = {one["id"] for one in room.send("/v1/searches", "searcher", asked).json()["rules"]}
    assert (confirmed.status_code, confirmed.json()["confirmed_by"]) == (200, "1121")
    assert "FG-PERMIT" in after < before
    assert room.as_("chief").post(f"/v1/cases/{case['case']}/confirmation").status_code == 409


def test_nobody_confirms_his_own_case(room: Room) -> None:
    case = opened(room, "supervisor")
    answer = room.as_("supervisor").post(f"/v1/cases/{case['case']}/confirmation")
    assert (answer.status_code, "himself" in answer.json()["detail"]) == (403, True)


def test_an_amendment_ends_the_confirmation(room: Room) -> None:
    at = f"/v1/cases/{opened(room)['case']}"
    room.as_("chief").post(f"{at}/confirmation")
    form = {"offense_code": "0911", "reason": "it was a killing"}
    amended = room.as_("searcher").post(f"{at}/amendments", json=form).json()
    assert (amended["offense_code"], amended["offense_by"], amended["confirmed_by"]) == ("0911", "8841", None)


def test_a_closed_case_is_listed_on_demand_and_changed_no_more(room: Room) -> None:
    case = opened(room)
    at = f"/v1/cases/{case['case']}"
    assert room.as_("supervisor").post(f"{at}/closing").json()["is_open"] is False
    assert room.as_("supervisor").post(f"{at}/closing").status_code == 409
    of_open = room.as_("searcher").get("/v1/cases").json()["cases"]
    every = room.as_("searcher").get("/v1/cases", params={"closed": True}).json()["cases"]
    assert [one["case"] for one in every if one not in of_open][-1] == case["case"]


def test_what_a_register_refuses_names_the_field(room: Room) -> None:
    said = room.as_("searcher").post("/v1/cases", json={"case_number": "777", "offense_code": "1201"}).json()
    assert said["errors"] == [{"field": "case_number", "words": said["detail"]}]


def test_a_list_that_is_cut_says_so(room: Room) -> None:
    opened(room)
    cut = room.as_("searcher").get("/v1/cases", params={"limit": 1}).json()
    assert (len(cut["cases"]), cut["more"]) == (1, True)


def test_somebody_of_no_agency_must_say_whose_cases(room: Room) -> None:
    auditor = room.as_("auditor")
    assert auditor.get("/v1/cases").status_code == 422
    assert auditor.get("/v1/cases", params={"agency": POLICE}).json()["cases"]


def test_sent_again_under_its_key_a_case_is_opened_once(room: Room) -> None:
    form = {"case_number": next(NUMBERS), "offense_code": "1201"}
    key = {"Idempotency-Key": '"case-one-0001"'}
    first = room.as_("searcher").post("/v1/cases", json=form, headers=key)
    again = room.as_("searcher").post("/v1/cases", json=form, headers=key)
    assert (first.status_code, again.status_code, again.json()) == (201, 201, first.json())


ALL = (
    "", "searcher", "reviewer", "supervisor", "stale", "enroller", "auditor", "misuse-officer",
    "administrator", "tester", "other-searcher", "other-supervisor",
)  # fmt: skip
"""Who asks, in the order of the answers below."""


@pytest.mark.parametrize(
    ("method", "end", "form", "statuses"),
    [
        ("GET", "", None, (401, 200, 404, 200, 200, 403, 200, 200, 403, 403, 404, 404)),
        ("POST", "/closing", None, (401, 409, 403, 409, 409, 403, 403, 403, 403, 403, 404, 404)),
        (
            "POST",
            "/amendments",
            {"offense_code": "0911", "reason": "another"},
            (401, 409, 403, 409, 409, 403, 403, 403, 403, 403, 404, 404),
        ),
        ("POST", "/confirmation", None, (401, 403, 403, 409, 401, 403, 403, 403, 403, 403, 403, 404)),
        (
            "POST",
            "/case-files",
            {"recipient": "Public defender"},
            (401, 403, 403, 201, 401, 403, 201, 403, 403, 403, 403, 404),
        ),
    ],
)
def test_every_role_has_its_answer_about_a_case_that_is_closed(
    room: Room, method: str, end: str, form: dict[str, str] | None, statuses: tuple[int, ...]
) -> None:
    at = f"/v1/cases/{opened(room)['case']}"
    room.as_("supervisor").post(f"{at}/closing")
    found = tuple(room.as_(name).request(method, f"{at}{end}", json=form).status_code for name in ALL)
    assert dict(zip(ALL, found, strict=True)) == dict(zip(ALL, statuses, strict=True))


def test_every_role_has_its_answer_about_opening_one(room: Room) -> None:
    form = {"case_number": CASE, "offense_code": "1201"}
    found = tuple(room.as_(name).post("/v1/cases", json=form).status_code for name in ALL[:10])
    assert found == (401, 409, 403, 409, 409, 403, 403, 403, 403, 403)


DEFENDER = "Ana Nu\u00f1ez, public defender"


def exported(room: Room, name: str = "supervisor", recipient: object = DEFENDER, **headers: str) -> Response:
    """Ask for the case file of the case that everybody searches in."""
    cases = room.as_("supervisor").get("/v1/cases").json()["cases"]
    record = next(one["case"] for one in cases if one["case_number"] == CASE)
    answer: Response = room.as_(name).post(
        f"/v1/cases/{record}/case-files", json={"recipient": recipient}, headers=headers
    )
    return answer


def test_a_case_file_passes_every_check_and_holds_every_search_refused_ones_too(room: Room) -> None:
    assert room.search().status_code == 201
    assert room.search(permit="none").status_code == 403
    on_log = [
        (one.public["search_id"], one.public["decision"])
        for one, opening in room.service.desk.ledger.log.read()
        if one.kind == "intent" and opening is not None and opening.values["case_number"] == CASE
    ]
    answer, keys = exported(room), room.service.desk.home.log_keys()
    assert keys is not None
    checked = check_case_file(answer.content, keys=keys.vkeys)
    files = unpack(answer.content)
    asked = [json.loads(files[name])[0]["public"] for name in files if name.endswith("request.json")]
    assert sorted((one["search_id"], one["decision"]) for one in asked) == sorted(on_log)
    assert {decision for _, decision in on_log} == {"allowed", "refused"}
    assert (checked.manifest.number, checked.key_from_file) == (CASE, False)


def test_a_case_file_is_a_download_that_names_its_record_and_no_case(room: Room) -> None:
    answer = exported(room)
    record = room.service.desk.ledger.log.size - 1
    assert (answer.status_code, answer.headers["content-type"]) == (201, "application/zip")
    assert answer.headers["content-disposition"] == f'attachment; filename="case-file-{record}.zip"'
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["facegate-record"] == str(record)
    assert answer.headers["facegate-manifest"] == room.last_record()["manifest_digest"]


@pytest.mark.parametrize(("name", "by"), [("supervisor", "1120"), ("auditor", "auditor")])
def test_that_a_case_file_was_made_is_on_the_log_with_its_recipient_sealed(
    room: Room, name: str, by: str
) -> None:
    assert exported(room, name).status_code == 201
    log = room.service.desk.ledger.log
    [(entry, opening)] = log.read(log.size - 1)
    assert opening is not None
    assert (entry.kind, entry.public["agency"]) == ("case-file", POLICE)
    assert dict(opening.values) == {"case_number": CASE, "recipient": DEFENDER, "exported_by": by}
    assert not {CASE, DEFENDER, by} & set(entry.public.values())


@pytest.mark.parametrize(
    "recipient",
    ["", " ", "x" * 201, "two\nlines", "a\u2028b", "a\u202eb", " blank", "blank ", "\x1b[2J", None, ["a"]],
)
def test_a_case_file_for_nobody_or_for_more_than_a_line_is_not_made(room: Room, recipient: object) -> None:
    size = room.service.desk.ledger.log.size
    answer = exported(room, recipient=recipient)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "body.recipient")
    assert room.service.desk.ledger.log.size == size


def test_the_longest_line_names_a_recipient(room: Room) -> None:
    assert exported(room, recipient="x" * 200).status_code == 201


def replies_kept(room: Room) -> int:
    with room.service.database.connect() as connection:
        return int(connection.execute(sa.select(sa.func.count()).select_from(idempotency)).scalar_one())


def test_a_key_for_repeated_requests_is_refused_for_a_case_file_and_nothing_is_made(room: Room) -> None:
    kept, size = replies_kept(room), room.service.desk.ledger.log.size
    answer = exported(room, **{"Idempotency-Key": '"case-file-0001"'})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (400, "idempotency-key-refused")
    assert "no Idempotency-Key is taken here" in answer.json()["detail"]
    assert (replies_kept(room), room.service.desk.ledger.log.size) == (kept, size)


def test_without_keys_of_the_log_no_case_file_is_made(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    size = room.service.desk.ledger.log.size
    monkeypatch.setattr(Home, "log_keys", lambda *_, **__: None)
    answer = exported(room)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (503, "no-log-keys")
    assert room.service.desk.ledger.log.size == size
