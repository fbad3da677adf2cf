"""The laws as anybody reads them, and dry runs that are on the log without what was typed."""

from __future__ import annotations

import hashlib
from dataclasses import asdict, fields
from typing import TYPE_CHECKING, Any

import pytest
from reading_room import Room, reading_room
from ready_agency import REQUEST

from facegate.gate.closed_law import closed_law
from facegate.request import SearchRequest
from facegate.server.api.request_form import RequestForm

if TYPE_CHECKING:
    from collections.abc import Iterator

STATED = {
    name: value
    for name, value in asdict(REQUEST).items()
    if value not in {None, ()} and name not in {"requester", "agency"}
}


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with reading_room(tmp_path_factory.mktemp("room")) as made:
        yield made


def explained(room: Room, by: str = "searcher", *, assumed: bool = False, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  fields
    form = {"request": {**STATED, **changes}, "assumed": assumed}
    answer = room.as_(by).post("/v1/policies/explain", json=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_anybody_lists_the_laws_and_which_is_in_force_here(room: Room) -> None:
    laws = room.as_().get("/v1/policies").json()["policies"]
    assert [one["name"] for one in laws if one["in_force"]] == ["co-dmv-2019"]
    assert {one["kind"] for one in laws} == {"profile", "overlay"}


def test_a_law_is_given_whole_with_every_rule_beside_its_text(room: Room) -> None:
    law = room.as_().get("/v1/policies/co-dmv-2019").json()
    assert hashlib.sha256(law["cedar"].encode()).hexdigest() == law["digest"]
    for rule in (*law["rules"], *law["gate_rules"]):
        assert f'@id("{rule["id"]}")' in rule["cedar"]
        assert rule["cedar"] in law["cedar"]
        assert rule["cite"]
        assert rule["src"]


def test_a_law_that_is_not_there_is_told_so_and_no_path_is_a_name(room: Room) -> None:
    assert room.as_().get("/v1/policies/nowhere-2020").status_code == 404
    assert room.as_().get("/v1/policies/NO%20LAW").status_code == 422
    assert room.as_().get("/v1/policies/..%2Fetc").status_code in {404, 422}


def test_laws_that_cannot_be_read_close_the_list(room: Room) -> None:
    closed = room.replaced(engine=closed_law("two files hold one profile"))
    answer = closed.as_().get("/v1/policies")
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (503, "policy-missing")


def test_anybody_reads_the_offense_codes(room: Room) -> None:
    found = {one["code"]: one for one in room.as_().get("/v1/policies/offenses").json()["offenses"]}
    assert "ROBBERY" in found["1201"]["heading"].upper()


def test_a_request_in_order_would_pass_but_for_nothing(room: Room) -> None:
    told = explained(room)
    assert (told["permitted"], told["rules"], told["grounds"]) == (True, [], "registers")


def test_a_refused_request_is_told_every_rule_its_citation_and_what_is_missing(room: Room) -> None:
    told = explained(room, offense_level=None, duty_statement=None)
    assert not told["permitted"]
    assert all(one["cite"] and one["say"] for one in told["rules"])
    assert {"offense_level", "duty_statement"} <= {one["what"] for one in told["missing"]}


def test_the_registers_are_asked_and_not_taken_for_granted(room: Room) -> None:
    refused = {one["id"] for one in explained(room, case_number="24-999999")["rules"]}
    assert any("CASE" in one for one in refused)
    assert explained(room, case_number="24-999999", assumed=True)["permitted"]


def test_an_auditor_who_is_no_officer_asks_the_law_by_itself(room: Room) -> None:
    told = explained(room, "auditor", requester="8841", agency="CO0160000")
    assert (told["grounds"], told["permitted"]) == ("assumed", True)


def test_a_dry_run_is_on_the_log_and_nothing_typed_stands_there_in_the_clear(room: Room) -> None:
    told = explained(room, fact_narrative="A word nobody may read: xylophone.", offense_code="5707")
    entry, opening = room.record(told["record"])
    assert entry.kind == "explain"
    assert set(entry.public) - {"kind", "time", "seq", "sealed"} == {
        "agency", "profile", "policy_digest", "would", "rules", "grounds"
    }  # fmt: skip
    public = str(entry.public)
    assert all(typed not in public for typed in ("xylophone", "24-001234", "8841", "5707"))
    assert opening.values["by"] == "8841"


def test_a_dry_run_that_is_sent_twice_under_a_key_is_recorded_once(room: Room) -> None:
    form = {"request": {"profile": "co-dmv-2019"}}
    asked = [
        room.as_("searcher").post(
            "/v1/policies/explain", json=form, headers={"Idempotency-Key": '"a-dry-run-01"'}
        )
        for _ in range(2)
    ]
    assert asked[0].json() == asked[1].json()
    assert asked[1].headers["idempotency-replayed"] == "true"


def test_a_law_that_is_none_is_refused_and_its_name_is_not_put_on_the_log(room: Room) -> None:
    told = explained(room, profile="john-doe-of-elm-street")
    assert (told["permitted"], told["policy_digest"], told["missing"]) == (False, None, [])
    assert "john" not in str(room.record(told["record"])[0].public)


def test_a_dry_run_in_anothers_name_is_refused(room: Room) -> None:
    form = {"request": {**STATED, "requester": "8842"}}
    answer = room.as_("searcher").post("/v1/policies/explain", json=form)
    assert answer.status_code == 422
    assert "requester" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "status"), [("", 401), ("reviewer", 403), ("administrator", 403), ("tester", 403)]
)
def test_a_dry_run_is_not_for_everybody(room: Room, name: str, status: int) -> None:
    size = room.service.desk.ledger.log.size
    assert room.as_(name).post("/v1/policies/explain", json={"request": STATED}).status_code == status
    assert room.service.desk.ledger.log.size == size


@pytest.mark.parametrize("changes", [{"felony": "yes"}, {"candidate_limit": "20"}, {"casenumber": "x"}])
def test_a_field_of_another_type_or_name_is_refused(room: Room, changes: dict[str, Any]) -> None:
    form = {"request": {**STATED, **changes}}
    assert room.as_("searcher").post("/v1/policies/explain", json=form).status_code == 422


def test_the_form_has_every_field_of_a_request_and_no_other() -> None:
    assert set(RequestForm.model_fields) == {one.name for one in fields(SearchRequest)}
