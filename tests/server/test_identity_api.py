"""``/v1/accounts`` and ``/v1/account`` over HTTP, with real keys and sessions."""

from __future__ import annotations

import json
import warnings
from typing import TYPE_CHECKING, Any, cast

import pyotp
import pytest
from fastapi import FastAPI
from identity_room import OFFICER, PHRASE, POLICE, Room, a_room

from facegate.errors import FacegateError
from facegate.server.api.accounts import router
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem, problem_of
from facegate.server.service import Service

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request
    from starlette.responses import Response

ORIGIN = "https://faces.example"
NEW = {"name": "kim", "roles": ["searcher"], "officer": OFFICER, "agency": POLICE}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    with a_room(tmp_path) as made:
        made.make("root", Role.ADMINISTRATOR)
        made.make("auditor", Role.AUDITOR)
        yield made


def app_of(room: Room) -> FastAPI:
    """Make an application of these routes alone."""
    parts: dict[str, Any] = dict.fromkeys(Service.__dataclass_fields__)
    parts |= {"desk": room.desk, "identity": room.identity, "database": room.engine, "config": room.config}
    app = FastAPI()
    app.state.service = Service(**parts)
    app.include_router(router)

    def tell(request: Request, error: Exception) -> Response:
        del request
        return (error if isinstance(error, Problem) else problem_of(cast("FacegateError", error))).response()

    app.add_exception_handler(Problem, tell)
    app.add_exception_handler(FacegateError, tell)
    return app


def client(room: Room, name: str = "", *, secret: str = "") -> TestClient:
    """Give a browser of somebody who just signed in; nobody's without a name."""
    made = TestClient(app_of(room), base_url=ORIGIN)
    if name:
        secret = secret or room.log_in(name)
        csrf = room.identity.sessions.csrf(secret)
        made.cookies.set("__Host-facegate", secret)
        made.headers.update({"Origin": ORIGIN, "X-CSRF-Token": csrf})
    return made


def test_an_administrator_makes_an_account_and_hands_over_its_first_phrase(room: Room) -> None:
    answer = client(room, "root").post("/v1/accounts", json=NEW)
    assert answer.status_code == 201
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json()["account"]["roles"] == ["searcher"]
    assert room.log_in("kim", answer.json()["first_phrase"], new_phrase=PHRASE)


@pytest.mark.parametrize(("path", "form"), [("/v1/accounts", NEW), ("/v1/account/keys", None)])
def test_a_key_for_repeated_requests_is_refused_where_an_answer_is_given_once(
    room: Room, path: str, form: dict[str, Any] | None
) -> None:
    before = room.desk.ledger.log.size
    answer = client(room, "root").post(path, json=form, headers={"Idempotency-Key": '"a-key-of-mine"'})
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (400, "idempotency-key-refused")
    assert room.desk.ledger.log.size == before


def test_no_answer_holds_what_opens_an_account(room: Room) -> None:
    listed = client(room, "root").get("/v1/accounts").json()
    assert {one["name"] for one in listed} == {"root", "auditor"}
    assert set(listed[0]) == {
        "id", "name", "roles", "officer", "agency", "issuer", "has_second_factor", "disabled", "created",
        "unconfirmed_by", "key_days", "key_until",
    }  # fmt: skip


def test_an_administrator_changes_nothing_of_his_own_account(room: Room) -> None:
    root = room.identity.accounts.by_name("root")
    assert root is not None
    asked = client(room, "root")
    answers = [
        asked.put(f"/v1/accounts/{root.id}/roles", json={"roles": ["searcher"]}),
        asked.put(f"/v1/accounts/{root.id}/in-force", json={"in_force": False}),
        asked.post(f"/v1/accounts/{root.id}/keys", json={}),
        asked.post(f"/v1/accounts/{root.id}/reset"),
    ]
    assert [one.status_code for one in answers] == [409] * 4


def test_roles_that_must_not_meet_are_422(room: Room) -> None:
    answer = client(room, "root").post("/v1/accounts", json={**NEW, "roles": ["searcher", "auditor"]})
    assert answer.status_code == 422
    assert "at once" in answer.json()["detail"]


def test_an_auditor_reads_accounts_and_changes_none(room: Room) -> None:
    asked = client(room, "auditor")
    assert asked.get("/v1/accounts").status_code == 200
    assert asked.post("/v1/accounts", json=NEW).status_code == 403


def test_nobody_is_401_everywhere(room: Room) -> None:
    asked = client(room)
    for path in ("/v1/accounts", "/v1/account", "/v1/account/sessions"):
        assert asked.get(path).status_code == 401


def test_an_old_login_changes_no_account(room: Room) -> None:
    secret = room.log_in("root")
    room.clock.go(minutes=11)
    answer = client(room, "root", secret=secret).post("/v1/accounts", json=NEW)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]) == (401, "login-not-fresh")
    assert room.identity.accounts.by_name("kim") is None


def test_an_administrators_key_changes_no_account(room: Room) -> None:
    root = room.identity.accounts.by_name("root")
    assert root is not None
    key = room.identity.keys.issue(root, days=1, by="setup").secret
    headers = {"Authorization": f"Bearer {key}"}
    assert client(room).post("/v1/accounts", json=NEW, headers=headers).status_code == 401


def test_a_form_of_another_site_changes_nothing(room: Room) -> None:
    asked = client(room, "root")
    answer = asked.post("/v1/accounts", json=NEW, headers={"Origin": "https://evil.example"})
    assert answer.status_code == 403


def of(room: Room, name: str) -> str:
    """Give the address of an account."""
    account = room.identity.accounts.by_name(name)
    assert account is not None
    return f"/v1/accounts/{account.id}"


def test_a_person_makes_his_own_key_once_where_one_was_allowed(room: Room) -> None:
    root, auditor = client(room, "root"), client(room, "auditor")
    assert auditor.post("/v1/account/keys").status_code == 422
    allowed = root.post(f"{of(room, 'auditor')}/key-allowance", json={"days": 3})
    assert (allowed.json()["key_days"], "secret" in allowed.text) == (3, False)
    issued = auditor.post("/v1/account/keys").json()
    assert auditor.post("/v1/account/keys").status_code == 422
    bearer = {"Authorization": f"Bearer {issued['secret']}"}
    assert client(room).get("/v1/account", headers=bearer).json()["name"] == "auditor"
    assert issued["secret"] not in auditor.get("/v1/account/keys").text
    assert root.delete(f"{of(room, 'auditor')}/keys/{issued['key']['id']}").json()["revoked"]
    assert client(room).get("/v1/account", headers=bearer).status_code == 401
    assert [one["act"] for one in room.records()][-3:] == ["key-allowed", "key-issued", "key-revoked"]


def test_an_administrator_is_handed_nobodys_key_but_a_testers(room: Room) -> None:
    room.make("guest", Role.TESTER)
    root = client(room, "root")
    refused = root.post(f"{of(room, 'auditor')}/keys", json={})
    assert (refused.status_code, "secret" in refused.json()) == (409, False)
    assert root.post(f"{of(room, 'guest')}/keys", json={}).json()["secret"].startswith("fg_test_")
    assert root.post(f"{of(room, 'guest')}/key-allowance", json={}).status_code == 422


def test_a_key_that_was_allowed_is_made_within_a_week_by_a_session_that_is_fresh(room: Room) -> None:
    client(room, "root").post(f"{of(room, 'auditor')}/key-allowance", json={})
    asked = client(room, "auditor")
    room.clock.go(minutes=11)
    assert asked.post("/v1/account/keys").json()["type"].endswith("login-not-fresh")
    room.clock.go(days=7)
    late = client(room, "auditor").post("/v1/account/keys")
    assert (late.status_code, "for seven days" in late.json()["detail"]) == (422, True)


def test_ones_own_key_is_revoked_by_its_holder_and_by_nobody_else(room: Room) -> None:
    auditor = room.identity.accounts.by_name("auditor")
    assert auditor is not None
    key = room.identity.keys.issue(auditor, days=1, by="setup")
    mine = f"/v1/account/keys/{key.key.id}"
    assert client(room, "root").delete(mine).status_code == 404
    by_key = {"Authorization": f"Bearer {key.secret}"}
    assert client(room).delete(mine, headers=by_key).status_code == 403
    assert client(room, "auditor").delete(mine).json()["revoked"]


def test_what_one_of_two_administrators_makes_opens_nothing_before_the_other_confirmed_it(room: Room) -> None:
    second = room.make("second", Role.ADMINISTRATOR)
    root, other = client(room, "root"), client(room, "second")
    made = root.post("/v1/accounts", json=NEW).json()
    with pytest.raises(Problem, match="another one must confirm") as found:
        room.log_in("kim", made["first_phrase"], new_phrase=PHRASE)
    assert found.value.kind == "account-waits"
    own = root.post(f"{of(room, 'kim')}/confirmation")
    assert (own.status_code, own.json()["type"].rsplit("/", 1)[-1]) == (409, "second-administrator-wanted")
    assert other.post(f"{of(room, 'kim')}/confirmation").json()["unconfirmed_by"] == ""
    assert room.log_in("kim", made["first_phrase"], new_phrase=PHRASE)
    assert room.records()[-2]["act"] == "confirmed"
    assert room.sealed()[-2]["by"] == second.id


def test_a_reset_by_one_of_two_takes_everything_and_gives_nothing_back_alone(room: Room) -> None:
    room.make("second", Role.ADMINISTRATOR)
    theirs = client(room, "auditor")
    first = client(room, "root").post(f"{of(room, 'auditor')}/reset").json()["first_phrase"]
    assert theirs.get("/v1/account").status_code == 401
    with pytest.raises(Problem, match="another one must confirm"):
        room.log_in("auditor", first, new_phrase=PHRASE + "!")
    client(room, "second").post(f"{of(room, 'auditor')}/confirmation")
    assert room.log_in("auditor", first, new_phrase=PHRASE + "!")


def test_roles_that_one_of_two_widens_open_nothing_not_even_to_a_key(room: Room) -> None:
    room.make("second", Role.ADMINISTRATOR)
    auditor = room.identity.accounts.by_name("auditor")
    assert auditor is not None
    bearer = {"Authorization": f"Bearer {room.identity.keys.issue(auditor, days=1, by='setup').secret}"}
    widened = {"roles": ["auditor", "misuse-officer"]}
    client(room, "root").put(f"{of(room, 'auditor')}/roles", json=widened)
    assert client(room).get("/v1/account", headers=bearer).status_code == 401
    client(room, "second").post(f"{of(room, 'auditor')}/confirmation")
    assert client(room).get("/v1/account", headers=bearer).status_code == 200


def test_disabling_the_second_administrator_does_not_leave_the_first_alone(room: Room) -> None:
    room.make("second", Role.ADMINISTRATOR)
    root = client(room, "root")
    root.put(f"{of(room, 'second')}/in-force", json={"in_force": False})
    made = root.post("/v1/accounts", json=NEW).json()
    assert made["account"]["unconfirmed_by"]


def test_no_administrator_is_made_of_another_account_or_reset_by_a_colleague(room: Room) -> None:
    room.make("second", Role.ADMINISTRATOR)
    root = client(room, "root")
    answers = [
        root.put(f"{of(room, 'auditor')}/roles", json={"roles": ["administrator"]}),
        root.put(f"{of(room, 'second')}/roles", json={"roles": ["auditor"]}),
        root.post(f"{of(room, 'second')}/reset"),
    ]
    assert [one.status_code for one in answers] == [422] * 3
    assert "facegate init --reset-administrator second" in answers[2].json()["detail"]


def test_disabling_is_at_once_and_recorded_once(room: Room) -> None:
    auditor = room.identity.accounts.by_name("auditor")
    assert auditor is not None
    theirs, asked = client(room, "auditor"), client(room, "root")
    for _ in range(2):
        answer = asked.put(f"/v1/accounts/{auditor.id}/in-force", json={"in_force": False})
        assert answer.json()["disabled"] is True
    assert theirs.get("/v1/account").status_code == 401
    assert [one["act"] for one in room.records()].count("disabled") == 1


def test_one_changes_ones_own_phrase_with_the_old_one(room: Room) -> None:
    asked = client(room, "auditor")
    new = "nine otters under the old bridge"
    wrong = asked.put("/v1/account/pass-phrase", json={"old": "not this one at all", "new": new})
    assert wrong.status_code == 401
    assert asked.put("/v1/account/pass-phrase", json={"old": PHRASE, "new": new}).status_code == 204
    assert asked.get("/v1/account").status_code == 401
    assert room.log_in("auditor", new)


def test_a_second_factor_is_set_up_in_two_steps(room: Room) -> None:
    asked = client(room, "auditor")
    assert asked.post("/v1/account/second-factor", json={"phrase": "wrong"}).status_code == 401
    seed = asked.post("/v1/account/second-factor", json={"phrase": PHRASE}).json()
    assert seed["uri"].startswith("otpauth://totp/facegate:auditor?")
    code = pyotp.TOTP(seed["secret"]).at(int(room.clock().timestamp()))
    assert asked.put("/v1/account/second-factor", json={"code": code}).status_code == 204
    assert asked.get("/v1/account").json()["has_second_factor"] is True


def test_a_key_that_leaked_changes_nothing_of_its_account(room: Room) -> None:
    auditor = room.identity.accounts.by_name("auditor")
    assert auditor is not None
    key = room.identity.keys.issue(auditor, days=1, by="setup").secret
    asked = client(room)
    asked.headers["X-Api-Key"] = key
    answer = asked.put("/v1/account/pass-phrase", json={"old": PHRASE, "new": PHRASE + "!"})
    assert (answer.status_code, answer.json()["title"]) == (403, "Session wanted")


def test_ones_own_sessions_can_be_ended_and_no_others(room: Room) -> None:
    asked, other = client(room, "auditor"), client(room, "root")
    [mine] = asked.get("/v1/account/sessions").json()
    assert other.delete(f"/v1/account/sessions/{mine['id']}").status_code == 404
    assert asked.delete(f"/v1/account/sessions/{mine['id']}").status_code == 204
    assert asked.get("/v1/account").status_code == 401


BAD = [
    {}, {**NEW, "more": 1}, {**NEW, "roles": []}, {**NEW, "roles": ["chief"]}, {**NEW, "name": "a\0b"},
    {**NEW, "agency": "x"}, {**NEW, "officer": "a\0"}, {**NEW, "name": 7},
]  # fmt: skip


@pytest.mark.parametrize("body", BAD, ids=range(len(BAD)))
def test_a_body_of_another_form_is_422(room: Room, body: dict[str, Any]) -> None:
    answer = client(room, "root").post(
        "/v1/accounts", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert len(room.identity.accounts.every()) == 2


@pytest.mark.parametrize("account_id", ["x", "..%2f..", "00000000-0000-0000-0000-000000000000", "%00"])
def test_an_id_of_another_form_is_not_looked_up(room: Room, account_id: str) -> None:
    assert client(room, "root").get(f"/v1/accounts/{account_id}").status_code in {404, 422}


def test_an_account_that_is_not_there_is_404(room: Room) -> None:
    nobody = "01a2008d-7400-7000-8000-000000000000"
    assert client(room, "root").get(f"/v1/accounts/{nobody}").status_code == 404
