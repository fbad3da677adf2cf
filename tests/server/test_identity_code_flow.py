"""Signing in to pages at a provider: the way there and back, and every way back that is not one."""

from __future__ import annotations

import warnings
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fake_provider import CLIENT, CONFIG, ISSUER, FakeProvider
from fastapi import FastAPI
from identity_room import NOW, Clock, Room, a_room, with_cookie
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from facegate.server.asking import demand
from facegate.server.identity.caller import By
from facegate.server.identity.roles import Operation, Role
from facegate.server.pages.signing import router
from facegate.server.problems import Problem
from facegate.server.service import Service

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Starlette would rather have httpx2
    from starlette.testclient import TestClient

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request

    from facegate.server.identity.code_flow import Start
    from facegate.server.identity.tokens import Verified


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Room, FakeProvider]]:
    provider = FakeProvider(Clock())
    with a_room(tmp_path, config=CONFIG, http=provider.client()) as room:
        provider.clock = room.clock
        yield room, provider


def test_who_signed_in_at_the_provider_has_a_session(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    flow = room.identity.code_flow
    begun = flow.start("agency")
    state = provider.log_in_at(begun.url)
    verified = flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")
    secret = room.identity.log_in_by_provider(verified, browser="a browser")
    assert room.identity.identify(with_cookie(secret)).by is By.SESSION


def back(room: Room, provider: FakeProvider, begun: Start, **claims: Any) -> Verified:  # noqa: ANN401  any claim
    """Log in at the provider, and come back with what it says."""
    state = provider.log_in_at(begun.url, **claims)
    return room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")


def signed_in(room: Room, provider: FakeProvider, **claims: Any) -> Request:  # noqa: ANN401  any claim
    """Sign in at the provider, and give a request of the session that began."""
    verified = back(room, provider, room.identity.code_flow.start("agency"), **claims)
    return with_cookie(room.identity.log_in_by_provider(verified, browser="a browser"))


STALE: list[dict[str, Any]] = [
    {"auth_time": int((NOW - timedelta(days=3)).timestamp())}, {"auth_time": None}, {"acr": "one-factor"},
]  # fmt: skip


@pytest.mark.parametrize("claims", STALE, ids=str)
def test_a_login_of_long_ago_or_by_one_factor_at_the_provider_approves_nothing(
    both: tuple[Room, FakeProvider], claims: dict[str, Any]
) -> None:
    caller = both[0].identity.identify(signed_in(*both, **claims))
    with pytest.raises(Problem, match="login of the last minutes"):
        demand(caller, Operation.CASE_EXPORT, at=both[0].clock())


def test_a_login_of_now_at_the_provider_is_as_fresh_as_it_says(both: tuple[Room, FakeProvider]) -> None:
    caller = both[0].identity.identify(signed_in(*both))
    assert caller.fresh_at == both[0].clock() - timedelta(minutes=1)


def test_a_session_from_a_provider_lasts_an_hour_and_then_the_provider_is_asked_again(
    both: tuple[Room, FakeProvider],
) -> None:
    room, request, known = both[0], signed_in(*both), []
    for _ in range(5):
        room.clock.go(minutes=12)
        known.append(room.identity.identify_page(request).known)
    assert known == [True] * 4 + [False]


def test_whoever_proves_himself_at_his_provider_again_is_fresh_and_goes_on_where_he_was(
    both: tuple[Room, FakeProvider],
) -> None:
    room, provider = both
    request = signed_in(room, provider, acr="one-factor")
    begun = room.identity.prove_at_provider(request, "/approvals")
    asked = parse_qs(urlsplit(begun.url).query)
    assert [asked[one] for one in ("prompt", "max_age", "acr_values")] == [
        ["login"],
        ["600"],
        ["two-factors"],
    ]
    again = room.identity.code_flow.again(begun.cookie)
    assert again is not None
    secret = room.identity.proved_at_provider(back(room, provider, begun), again, browser="a browser")
    assert again.then == "/approvals"
    assert room.identity.identify(with_cookie(secret)).fresh_at is not None
    assert not room.identity.identify_page(request).known  # the session before it has ended


@pytest.mark.parametrize("claims", STALE, ids=str)
def test_a_provider_that_did_not_ask_again_gives_no_proof(
    both: tuple[Room, FakeProvider], claims: dict[str, Any]
) -> None:
    room, provider = both
    begun = room.identity.prove_at_provider(signed_in(room, provider), "/")
    again = room.identity.code_flow.again(begun.cookie)
    assert again is not None
    with pytest.raises(Problem, match="did not say that you proved yourself just now"):
        room.identity.proved_at_provider(back(room, provider, begun, **claims), again, browser="x")


def test_somebody_elses_proof_is_no_proof(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    begun = room.identity.prove_at_provider(signed_in(room, provider), "/")
    again = room.identity.code_flow.again(begun.cookie)
    assert again is not None
    with pytest.raises(Problem, match="another account") as found:
        room.identity.proved_at_provider(back(room, provider, begun, sub="u-88"), again, browser="x")
    assert found.value.status == 403


def test_whoever_has_a_pass_phrase_is_sent_to_no_provider(both: tuple[Room, FakeProvider]) -> None:
    room, _ = both
    room.make("auditor", Role.AUDITOR)
    with pytest.raises(Problem, match="no such identity provider"):
        room.identity.prove_at_provider(with_cookie(room.log_in("auditor")), "/")


def test_the_pages_lead_to_the_provider_and_back_to_where_one_was(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    browser = TestClient(app_of(room), base_url="https://faces.example", follow_redirects=False)
    for path, then in (("/login/agency", "/"), ("/confirm/at-provider?next=/approvals", "/approvals")):
        sent = browser.get(path)
        state = provider.log_in_at(sent.headers["location"])
        came = browser.get(f"/login/agency/back?state={state}&code=code-1")
        assert (came.status_code, f'href="{then}">Go on' in came.text) == (200, True)
    shown = browser.get("/confirm?next=/approvals").text
    assert 'href="/confirm/at-provider?next=/approvals"' in shown
    assert 'name="phrase"' not in shown


def app_of(room: Room) -> FastAPI:
    """Make an application of the pages of signing in alone."""
    parts: dict[str, Any] = dict.fromkeys(Service.__dataclass_fields__)
    gate = SimpleNamespace(
        gallery=SimpleNamespace(synthetic=True)
    )  # as much of it as a page's frame asks for
    desk = SimpleNamespace(clock=room.clock, gate=gate)
    parts |= {"desk": desk, "identity": room.identity, "database": room.engine, "config": room.config}
    app = FastAPI()
    app.state.service = Service(**parts)
    app.include_router(router)
    return app


def test_the_browser_is_sent_to_the_provider_with_all_it_asks_for(both: tuple[Room, FakeProvider]) -> None:
    url = both[0].identity.code_flow.start("agency").url
    asked = parse_qs(urlsplit(url).query)
    assert url.startswith(f"{ISSUER}/authorize?")
    assert asked["response_type"] == ["code"]
    assert asked["client_id"] == [CLIENT]
    assert asked["redirect_uri"] == ["https://faces.example/login/agency/back"]
    assert {"state", "nonce", "code_challenge"} <= asked.keys()


def test_two_logins_share_nothing(both: tuple[Room, FakeProvider]) -> None:
    flow = both[0].identity.code_flow
    one, other = (parse_qs(urlsplit(flow.start("agency").url).query) for _ in range(2))
    assert all(one[name] != other[name] for name in ("state", "nonce", "code_challenge"))


def test_another_browsers_answer_is_refused(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    flow = room.identity.code_flow
    mine, other = flow.start("agency"), flow.start("agency")
    state = provider.log_in_at(other.url)
    for cookie, said in ((mine.cookie, state), ("", state), ("forged", state), (other.cookie, state + "x")):
        with pytest.raises(Problem, match="not begun in this browser") as found:
            flow.finish("agency", cookie=cookie, state=said, code="code-1")
        assert found.value.status == 401


@pytest.mark.parametrize("code", ["", "another", "a" * 2_001, "a\0b"])
def test_a_code_the_provider_does_not_know_is_401(both: tuple[Room, FakeProvider], code: str) -> None:
    room, provider = both
    begun = room.identity.code_flow.start("agency")
    state = provider.log_in_at(begun.url)
    with pytest.raises(Problem, match="begin again"):
        room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code=code)


def test_a_code_is_used_once(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    begun = room.identity.code_flow.start("agency")
    state = provider.log_in_at(begun.url)
    room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")
    with pytest.raises(Problem, match="begin again"):
        room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")


WRONG: list[dict[str, Any]] = [
    {"nonce": "another"}, {"nonce": None}, {"aud": "somebody"}, {"aud": [CLIENT, "b"]},
    {"azp": "somebody"}, {"iat": None}, {"exp": 1},
]  # fmt: skip


@pytest.mark.parametrize("claims", WRONG, ids=str)
def test_an_id_token_that_is_not_of_this_login_is_401(
    both: tuple[Room, FakeProvider], claims: dict[str, Any]
) -> None:
    room, provider = both
    begun = room.identity.code_flow.start("agency")
    state = provider.log_in_at(begun.url, **claims)
    with pytest.raises(Problem) as found:
        room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")
    assert found.value.status == 401


def test_a_provider_that_is_away_is_503(both: tuple[Room, FakeProvider]) -> None:
    room, provider = both
    begun = room.identity.code_flow.start("agency")
    state = provider.log_in_at(begun.url)
    provider.away = True
    with pytest.raises(Problem, match="cannot be reached") as found:
        room.identity.code_flow.finish("agency", cookie=begun.cookie, state=state, code="code-1")
    assert found.value.status == 503


def test_an_unknown_provider_is_404(both: tuple[Room, FakeProvider]) -> None:
    with pytest.raises(Problem, match="no such identity provider") as found:
        both[0].identity.code_flow.start("nobody")
    assert found.value.status == 404


@contextmanager
def _served(provider: FakeProvider) -> Iterator[str]:
    """Serve the provider on loopback."""

    async def answer(request: Request) -> Response:
        asked = httpx.Request(request.method, str(request.url), content=await request.body())
        said = provider.answer(asked)
        return Response(said.content, said.status_code, media_type="application/json")

    app = Starlette(routes=[Route("/{path:path}", answer, methods=["GET", "POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="critical", lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


def test_it_works_over_a_real_connection(tmp_path: Path) -> None:
    provider = FakeProvider(Clock())
    with _served(provider) as issuer:
        provider.issuer = issuer
        with a_room(tmp_path, config=CONFIG.replace(ISSUER, issuer)) as room:
            begun = room.identity.code_flow.start("agency")
            state = provider.log_in_at(begun.url)
            verified = room.identity.code_flow.finish(
                "agency", cookie=begun.cookie, state=state, code="code-1"
            )
    assert verified.subject == "u-77"
