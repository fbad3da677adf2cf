"""Signing in to pages at a provider: the way there and back, and every way back that is not one."""

from __future__ import annotations

from contextlib import contextmanager
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
import uvicorn
from fake_provider import CLIENT, CONFIG, ISSUER, FakeProvider
from identity_room import Clock, Room, a_room, with_cookie
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from facegate.server.identity.caller import By
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.requests import Request


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
