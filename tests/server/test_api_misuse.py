"""The register of misuse: who files, who reads, who acts, and what nobody learns."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from reading_room import Room, reading_room
from service_room import ELSEWHERE, POLICE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

COMPLAINT = {"misuse_class": "curiosity", "narrative": "looked up a neighbor", "officer": "8841"}
READ = ("/v1/misuse", "/v1/misuse/docket")


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Room]:
    with reading_room(tmp_path) as made:
        yield made


def filed(room: Room, by: str = "supervisor", **more: Any) -> int:  # noqa: ANN401  fields of the form
    answer = room.as_(by).post("/v1/misuse", json={**COMPLAINT, **more})
    assert answer.status_code == 201, answer.text
    return int(answer.json()["number"])


def step(room: Room, number: int, by: str = "inquiry", **form: Any) -> Any:  # noqa: ANN401  a reply
    return room.as_(by).post(f"/v1/misuse/{number}/steps", json=form)


def test_an_officer_of_the_staff_files_and_the_misuse_officer_reads_it(room: Room) -> None:
    number = filed(room)
    held = room.as_("misuse-officer").get(f"/v1/misuse/{number}").json()
    assert (held["agency"], held["officer"], held["state"]) == (POLICE, "8841", "pending")
    assert held["steps"][0]["words"] == {"narrative": "looked up a neighbor"}
    assert held["steps"][0]["by"] == "1120"


def test_what_was_filed_is_sealed_on_the_public_log(room: Room) -> None:
    entry, _ = room.record(filed(room))
    assert "neighbor" not in str(entry.public)
    assert "8841" not in str(entry.public)


def test_nobody_who_is_not_signed_in_files_anything(room: Room) -> None:
    answer = room.as_().post("/v1/misuse", json=COMPLAINT)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (401, "not-signed-in")


@pytest.mark.parametrize("name", ["administrator", "tester"])
def test_whoever_keeps_accounts_or_tests_files_nothing(room: Room, name: str) -> None:
    assert room.as_(name).post("/v1/misuse", json=COMPLAINT).status_code == 403


@pytest.mark.parametrize("path", READ)
@pytest.mark.parametrize("name", ["searcher", "reviewer", "supervisor", "administrator", "tester"])
def test_only_those_who_look_in_read_the_register(room: Room, path: str, name: str) -> None:
    assert room.as_(name).get(path).status_code == 403


@pytest.mark.parametrize("path", [*READ, "/v1/misuse/3"])
def test_the_public_reads_nothing_of_the_register(room: Room, path: str) -> None:
    assert room.as_().get(path).status_code == 401


def test_a_case_is_not_there_for_whom_it_is_about(room: Room) -> None:
    number = filed(room)
    client = room.as_("suspect")
    assert client.get(f"/v1/misuse/{number}").status_code == 404
    assert number not in {one["number"] for one in client.get("/v1/misuse").json()["cases"]}
    assert step(room, number, "suspect", step="note", text="nothing to see").status_code == 404


def test_an_account_of_no_officer_files_nothing_since_a_record_names_who_vouches(room: Room) -> None:
    answer = room.as_("auditor").post("/v1/misuse", json={**COMPLAINT, "agency": POLICE})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (403, "no-officer")


def test_a_detector_is_no_source_for_whoever_is_not_of_oversight(room: Room) -> None:
    answer = room.as_("supervisor").post("/v1/misuse", json={**COMPLAINT, "source": "detector"})
    assert (answer.status_code, "is for auditors and misuse officers" in answer.json()["detail"]) == (
        403,
        True,
    )
    assert filed(room, "inquiry", source="detector")


def test_a_search_that_is_not_there_and_one_of_another_agency_are_refused_alike(room: Room) -> None:
    missing = "01936f00-0000-7000-8000-000000000000"
    answer = room.as_("other-searcher").post("/v1/misuse", json={**COMPLAINT, "searches": [missing]})
    assert answer.status_code == 404


def test_somebody_of_another_agency_may_complain_about_this_one(room: Room) -> None:
    number = filed(room, "other-searcher", agency=POLICE)
    assert room.as_("auditor").get(f"/v1/misuse/{number}").json()["agency"] == POLICE


def test_cases_are_listed_the_newest_first_in_pages(fresh: Room) -> None:
    numbers = [filed(fresh), filed(fresh), filed(fresh, "other-supervisor", agency=ELSEWHERE, officer="300")]
    client = fresh.as_("auditor")
    first = client.get("/v1/misuse", params={"limit": 2}).json()
    assert [one["number"] for one in first["cases"]] == numbers[:0:-1]
    assert first["more"]
    rest = client.get("/v1/misuse", params={"before": numbers[1]}).json()
    assert ([one["number"] for one in rest["cases"]], rest["more"]) == (numbers[:1], False)
    elsewhere = client.get("/v1/misuse", params={"agency": ELSEWHERE}).json()["cases"]
    assert [one["number"] for one in elsewhere] == numbers[2:]


def test_a_case_goes_from_note_to_confirmed_to_outcome_to_pending_again(room: Room) -> None:
    number = filed(room)
    assert step(room, number, step="note", text="asked the witness").status_code == 201
    closed = step(room, number, step="close", state="confirmed", reason="he admitted it")
    assert (closed.status_code, closed.json()["state"]) == (201, "confirmed")
    assert step(room, number, step="outcome", outcome="counseling").status_code == 201
    assert step(room, number, step="reopen", reason="a new witness").json()["state"] == "pending"
    held = room.as_("auditor").get(f"/v1/misuse/{number}").json()
    assert [one["kind"] for one in held["steps"]] == [
        "misuse-opened",
        "misuse-noted",
        "misuse-closed",
        "misuse-outcome",
        "misuse-reopened",
    ]
    assert (held["n_notes"], held["n_reopened"], held["outcome"]) == (1, 1, None)


def test_a_step_that_the_state_does_not_take_is_a_conflict(room: Room) -> None:
    answer = step(room, filed(room), step="reopen", reason="why not")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (409, "wrong-state")


def test_an_auditor_acts_on_no_case(room: Room) -> None:
    assert step(room, filed(room), "auditor", step="note", text="seen").status_code == 403


def test_a_step_on_a_case_that_is_not_there_is_told_so(room: Room) -> None:
    assert step(room, 99_999, step="note", text="seen").status_code == 404
    assert room.as_("auditor").get("/v1/misuse/99999").status_code == 404


@pytest.mark.parametrize(
    "form",
    [
        {"step": "note"},
        {"step": "shred", "text": "all of it"},
        {"step": "close", "state": "pending", "reason": "no"},
        {"step": "note", "text": "x", "extra": 1},
    ],
)
def test_a_step_of_another_form_is_refused(room: Room, form: dict[str, Any]) -> None:
    assert room.as_("inquiry").post(f"/v1/misuse/{filed(room)}/steps", json=form).status_code == 422


def test_an_unknown_class_and_an_unknown_field_are_refused(room: Room) -> None:
    client = room.as_("supervisor")
    assert client.post("/v1/misuse", json={**COMPLAINT, "misuse_class": "boredom"}).status_code == 422
    assert client.post("/v1/misuse", json={**COMPLAINT, "public": True}).status_code == 422


def test_a_year_is_filed_by_its_own_agency_and_only_once_it_is_over(room: Room) -> None:
    counts = {"opened": 0, "confirmed": 0, "cleared": 0, "pending": 0}
    client = room.as_("inquiry")
    assert client.post("/v1/misuse/statements", json={"year": 2025, **counts}).status_code == 201
    assert client.post("/v1/misuse/statements", json={"year": 2200, **counts}).status_code == 422
    assert (
        room.as_("supervisor").post("/v1/misuse/statements", json={"year": 2025, **counts}).status_code == 403
    )


def test_that_the_docket_was_opened_is_on_the_log(fresh: Room) -> None:
    answer = fresh.as_("inquiry").post("/v1/misuse/docket/openings")
    assert answer.status_code == 201
    assert fresh.record(answer.json()["record"])[0].kind == "docket-opened"
    assert fresh.as_("auditor").get("/v1/misuse/docket").json()["days_since_opened"] == 0


KEY = {"Idempotency-Key": '"one-complaint-0001"'}
YEAR_FILED = {"year": 2024, "opened": 0, "confirmed": 0, "cleared": 0, "pending": 0}


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/v1/misuse", COMPLAINT),
        ("/v1/misuse/statements", YEAR_FILED),
        ("/v1/misuse/docket/openings", None),
    ],
)
def test_sent_again_under_its_key_it_is_on_the_log_once(room: Room, path: str, form: object) -> None:
    log, client = room.service.desk.ledger.log, room.as_("inquiry")
    key, before = {"Idempotency-Key": f'"again-{path}"'}, log.size
    first, again = (client.post(path, json=form, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, log.size) == (201, 201, before + 1), again.text
    assert (again.json(), again.headers["idempotency-replayed"]) == (first.json(), "true")


def test_a_step_sent_again_under_its_key_is_taken_once(room: Room) -> None:
    number, log, form = filed(room), room.service.desk.ledger.log, {"step": "note", "text": "asked twice"}
    before, at = log.size, f"/v1/misuse/{number}/steps"
    first, again = (room.as_("inquiry").post(at, json=form, headers=KEY) for _ in range(2))
    assert (first.json(), log.size) == (again.json(), before + 1)
    other = room.as_("inquiry").post(at, json={**form, "text": "another"}, headers=KEY)
    assert (other.status_code, log.size) == (422, before + 1)
