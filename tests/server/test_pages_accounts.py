"""Accounts as they are kept, and one's own."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pyotp
import pytest
from whole_service import PHRASE, browser, csrf, whole_service

from facegate.server import asking
from facegate.server.app import create_app
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from httpx import Response
    from starlette.testclient import TestClient

    from facegate.server.identity.account import Account
    from facegate.server.service import Service

SECRET = re.compile(r'<pre id="secret">([^<]+)</pre>')
NEW = "nine otters under a warm bridge"


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with whole_service(tmp_path_factory.mktemp("accounts")) as made:
        yield made


@pytest.fixture(scope="module")
def app(service: Service) -> FastAPI:
    return create_app(service)


@pytest.fixture(scope="module")
def administrator(app: FastAPI) -> TestClient:
    return browser(app, "administrator")


def send(client: TestClient, path: str, *, form: str = "/account", **fields: object) -> Response:
    answer: Response = client.post(path, data={"csrf": csrf(client, form), **fields})
    return answer


def named(service: Service, name: str) -> Account:
    found = service.identity.accounts.by_name(name)
    assert found is not None
    return found


def made(service: Service, administrator: TestClient, name: str, role: str = "auditor") -> Account:
    assert send(administrator, "/accounts", name=name, roles=role).status_code == 200
    return named(service, name)


def test_only_administrators_and_auditors_open_the_list(app: FastAPI) -> None:
    assert browser(app).get("/accounts").headers["location"] == "/sign-in?next=/accounts"
    refused = browser(app, "searcher").get("/accounts")
    assert refused.status_code == 403
    assert "Your account is for other work" in refused.text


def test_an_auditor_reads_the_list_and_is_offered_no_change(app: FastAPI) -> None:
    text = browser(app, "auditor").get("/accounts").text
    assert "supervisor" in text
    assert 'action="/accounts"' not in text


def test_a_new_account_signs_in_with_the_phrase_that_was_shown_once(
    app: FastAPI, service: Service, administrator: TestClient
) -> None:
    answer = send(administrator, "/accounts", name="newcomer", roles="auditor")
    shown = SECRET.search(answer.text)
    assert shown is not None
    stranger = browser(app)
    fields = {"name": "newcomer", "phrase": shown[1], "new_phrase": NEW}
    assert (
        stranger.post("/sign-in", data=fields, headers={"Origin": "http://127.0.0.1:8443"}).status_code == 303
    )
    assert shown[1] not in administrator.get(f"/accounts/{named(service, 'newcomer').id}").text


def test_roles_that_exclude_each_other_are_refused_and_what_was_typed_stays(
    administrator: TestClient,
) -> None:
    answer = send(administrator, "/accounts", name="too-much", roles=["auditor", "administrator"])
    assert answer.status_code == 422
    assert "no account may be administrator and auditor at once" in answer.text.lower().replace("&#39;", "'")
    assert 'value="too-much"' in answer.text
    assert answer.text.count(" checked") == 2


def test_the_pairs_that_exclude_each_other_are_explained(administrator: TestClient) -> None:
    assert "Whoever audits must not have done what he audits" in administrator.get("/accounts").text


def test_a_disabled_account_is_signed_out_at_once(
    app: FastAPI, service: Service, administrator: TestClient
) -> None:
    enroller = browser(app, "enroller")
    path = f"/accounts/{named(service, 'enroller').id}"
    assert (
        send(administrator, f"{path}/in-force", in_force="no").headers["location"].endswith("done=disabled")
    )
    assert enroller.get("/account").status_code == 303
    assert send(administrator, f"{path}/in-force", in_force="yes").status_code == 303
    assert not named(service, "enroller").disabled


def test_an_administrator_does_not_change_his_own_account(
    service: Service, administrator: TestClient
) -> None:
    path = f"/accounts/{named(service, 'administrator').id}"
    assert "This is your own account" in administrator.get(path).text
    assert send(administrator, f"{path}/roles", roles="auditor").status_code == 409


def test_a_login_of_long_ago_is_sent_to_prove_itself_and_changes_nothing(
    service: Service, administrator: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "FRESH_FOR", timedelta(0))
    answer = send(administrator, "/accounts", name="later", roles="auditor")
    assert answer.headers["location"] == "/confirm?next=/accounts"
    assert service.identity.accounts.by_name("later") is None


def test_roles_are_changed(service: Service, administrator: TestClient) -> None:
    account = made(service, administrator, "changing")
    send(administrator, f"/accounts/{account.id}/roles", roles="misuse-officer")
    assert {str(one) for one in named(service, "changing").roles} == {"misuse-officer"}


def test_a_reset_shows_another_first_phrase(service: Service, administrator: TestClient) -> None:
    account = made(service, administrator, "forgetful")
    answer = send(administrator, f"/accounts/{account.id}/reset")
    assert SECRET.search(answer.text)
    assert named(service, "forgetful").phrase != account.phrase


def test_a_key_that_was_allowed_is_shown_once_to_its_holder_and_revoked(
    app: FastAPI, service: Service, administrator: TestClient
) -> None:
    account, holder = named(service, "colleague"), browser(app, "colleague")
    allowed = send(administrator, f"/accounts/{account.id}/key-allowance", days="30")
    assert allowed.headers["location"].endswith("done=allowed")
    assert "may make a key of 30 days" in administrator.get(f"/accounts/{account.id}").text
    assert "Make the key" in holder.get("/account").text
    shown = SECRET.search(send(holder, "/account/keys").text)
    assert shown is not None
    bearer = {"Authorization": f"Bearer {shown[1]}"}
    assert browser(app).get("/v1/cases", headers=bearer).status_code == 200
    key = service.identity.keys.of(account.id)[0]
    assert shown[1] not in holder.get("/account").text
    assert send(holder, f"/account/keys/{key.id}/revoke").headers["location"] == "/account?done=revoked"
    assert browser(app).get("/v1/cases", headers=bearer).status_code == 401


def test_a_testers_key_is_shown_to_the_administrator_once(
    service: Service, administrator: TestClient
) -> None:
    path = f"/accounts/{named(service, 'tester').id}"
    shown = SECRET.search(send(administrator, f"{path}/keys", days="30").text)
    assert shown is not None
    assert shown[1] not in administrator.get(path).text


def test_a_persons_key_is_not_shown_to_an_administrator(service: Service, administrator: TestClient) -> None:
    answer = send(administrator, f"/accounts/{named(service, 'chief').id}/keys", days="30")
    assert (answer.status_code, SECRET.search(answer.text)) == (409, None)
    assert "its holder makes it himself" in answer.text


def test_an_old_login_is_sent_to_prove_itself_before_it_makes_a_key(
    app: FastAPI, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = browser(app, "colleague")
    monkeypatch.setattr(asking, "FRESH_FOR", timedelta(0))
    assert send(client, "/account/keys").headers["location"] == "/confirm?next=/account"


@pytest.mark.parametrize("days", ["0", "367", "soon", ""])
def test_a_key_that_would_hold_for_no_such_time_is_refused(
    service: Service, administrator: TestClient, days: str
) -> None:
    path = f"/accounts/{named(service, 'tester').id}/keys"
    answer = send(administrator, path, days=days)
    assert answer.status_code == 422
    assert "wanted" in answer.text


def test_a_form_of_no_session_changes_nothing(service: Service, administrator: TestClient) -> None:
    path = f"/accounts/{named(service, 'chief').id}/in-force"
    assert administrator.post(path, data={"in_force": "no", "csrf": "made up"}).status_code == 403
    assert not named(service, "chief").disabled


def test_there_is_no_account_of_another_id(administrator: TestClient) -> None:
    assert administrator.get("/accounts/01890a5d-ac96-774b-bcce-b302099a8057").status_code == 404


def test_the_pass_phrase_is_changed_and_every_session_ends(app: FastAPI) -> None:
    client = browser(app, "second")
    differing = send(client, "/account/phrase", old=PHRASE, new=NEW, again=f"{NEW}s")
    assert differing.status_code == 422
    assert send(client, "/account/phrase", old=PHRASE, new=NEW, again=NEW).headers["location"] == "/sign-in"
    assert client.get("/account").status_code == 303


def test_a_second_factor_is_set_up_with_the_secret_that_is_shown(app: FastAPI, service: Service) -> None:
    client = browser(app, "auditor")
    shown = send(client, "/account/second-factor", phrase=PHRASE)
    assert shown.status_code == 200
    assert "otpauth://totp/" in shown.text
    secret = re.search(r'<pre id="seed">([^<]+)</pre>', shown.text)
    assert secret is not None
    code = pyotp.TOTP(secret[1].replace(" ", "")).now()
    assert send(client, "/account/second-factor/confirm", code=code).status_code == 303
    assert named(service, "auditor").has_second_factor


def test_a_wrong_pass_phrase_shows_no_secret(app: FastAPI) -> None:
    answer = send(browser(app, "colleague"), "/account/second-factor", phrase="not the right one at all")
    assert "otpauth" not in answer.text
    assert 'role="alert"' in answer.text


def test_one_of_ones_own_sessions_is_ended(app: FastAPI, service: Service) -> None:
    here, elsewhere = browser(app, "supervisor"), browser(app, "supervisor")
    newest = service.identity.sessions.of(named(service, "supervisor").id)[0]
    assert send(here, f"/account/sessions/{newest.id}/end").status_code == 303
    assert elsewhere.get("/account").status_code == 303
    assert here.get("/account").status_code == 200


def test_a_second_administrator_confirms_what_the_first_one_made(
    app: FastAPI, service: Service, administrator: TestClient
) -> None:
    book = service.identity.accounts
    book.set_phrase(book.make("deputy", {Role.ADMINISTRATOR}, by="setup").account, PHRASE)
    path = f"/accounts/{made(service, administrator, 'awaited').id}"
    assert "another administrator confirms" in administrator.get(path).text.lower().replace("\n", " ")
    assert "waits for a second administrator" in administrator.get("/accounts").text
    deputy = browser(app, "deputy")
    assert "Confirm awaited" in deputy.get(path).text
    assert send(administrator, f"{path}/confirmation").status_code == 409
    assert send(deputy, f"{path}/confirmation").headers["location"].endswith("done=confirmed")
    assert named(service, "awaited").in_force
    reset = administrator.get(f"/accounts/{named(service, 'deputy').id}").text
    assert "facegate init --reset-administrator deputy" in reset


def test_somebody_elses_session_is_not_there(app: FastAPI, service: Service) -> None:
    browser(app, "supervisor")
    other = service.identity.sessions.of(named(service, "supervisor").id)[0]
    answer = send(browser(app, "chief"), f"/account/sessions/{other.id}/end")
    assert answer.status_code == 404
