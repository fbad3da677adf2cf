"""What is decided before a body is read, and what a slow or deaf sender may hold."""

from __future__ import annotations

import socket
import time
from tempfile import SpooledTemporaryFile
from typing import Any

import anyio
import pytest
from edge_app import BASE, TestClient, a_client, an_app
from fastapi import FastAPI
from served import asked, serving, spoken

from facegate.server.api.routers import ROUTERS
from facegate.server.edge.admission import Admission, Places
from facegate.server.edge.json_bodies import AT_ONCE
from facegate.server.edge.known_first import OPERATIONS
from facegate.server.edge.rates import policy_of
from facegate.server.edge.settings import LEAST_JSON, MIB, EdgeSettings
from facegate.server.edge.takes import Takes, Taking
from facegate.server.pages.routers import PAGES
from facegate.server.running import Limits

BROKEN = {
    "an end that never comes": b"--x\r\nfoo",
    "a part without an end": b'--x\r\nContent-Disposition: form-data; name="request"\r\n\r\nx',
    "an end far from the end": b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n--x--'
    + b"y" * 200,
    "nothing": b"",
}
PARTS = {"content-type": "multipart/form-data; boundary=x"}
POST = b"POST /v1/raw HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\n\r\n"


@pytest.fixture
def client() -> TestClient:
    return a_client()


def test_no_file_of_a_form_is_ever_on_the_disk(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: Any) -> None:  # noqa: ANN401  the file
        pytest.fail("a photo was put into a file of the machine")

    monkeypatch.setattr(SpooledTemporaryFile, "rollover", never)
    reply = client.post("/v1/searches", files={"probe": b"x" * (11 * MIB)}, data={"request": "{}"})
    assert reply.json() == {"bytes": 11 * MIB}


@pytest.mark.parametrize("name", BROKEN)
def test_a_form_that_does_not_end_is_malformed_and_nothing_acts(client: TestClient, name: str) -> None:
    reply = client.post("/v1/searches", content=BROKEN[name], headers=PARTS)
    assert (reply.status_code, reply.json()["title"]) == (400, "Malformed request")
    assert client.app.state.acted == []  # type: ignore[attr-defined]  # the application's own


def test_a_form_in_small_pieces_is_found_whole(client: TestClient) -> None:
    content = (
        b'--x\r\nContent-Disposition: form-data; name="request"\r\n\r\n{}\r\n'
        b'--x\r\nContent-Disposition: form-data; name="probe"; filename="a"\r\n\r\nzz\r\n--x--\r\n'
    )
    pieces = iter([content[at : at + 3] for at in range(0, len(content), 3)])
    assert client.post("/v1/searches", content=pieces, headers=PARTS).json() == {"bytes": 2}


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_another_kind_of_body_is_told_what_is_wanted(client: TestClient, kind: str) -> None:
    reply = client.post("/v1/searches", content=b"{}", headers={"content-type": kind})
    assert (reply.status_code, reply.json()["title"]) == (415, "Unsupported media type")
    assert "wanted multipart/form-data" in reply.json()["detail"]


def test_json_where_nothing_takes_it_is_not_read(client: TestClient) -> None:
    kind = {"content-type": "application/json"}
    for method, path, status in [("POST", "/v1/nowhere", 404), ("GET", "/v1/things", 200)]:
        assert client.request(method, path, content=b"{,", headers=kind).status_code == status


@pytest.mark.parametrize("size", [AT_ONCE + 1, LEAST_JSON - 100])
def test_json_of_any_size_is_read_as_strictly(client: TestClient, size: int) -> None:
    kind = {"content-type": "application/json"}
    twice = b'{"name":"a","name":"' + b"x" * size + b'"}'
    assert client.post("/v1/things", content=twice, headers=kind).status_code == 400
    assert client.post("/v1/things", json={"name": "x" * size}).json() == {"name": "x" * size}


@pytest.mark.parametrize("path", ["/v1/things", "/v1/cases"])
def test_json_over_its_limit_is_refused(client: TestClient, path: str) -> None:
    reply = client.post(path, json={"name": "x" * LEAST_JSON})
    assert reply.status_code == (413 if path == "/v1/things" else 404)


def test_every_path_that_takes_a_file_is_known_by_what_it_is_sent_for() -> None:
    routes = [route for router in (*ROUTERS, *PAGES) for route in router.routes]
    taking = Taking(routes)
    paths = {getattr(route, "path", "") for route in routes}
    assert {path for path in paths if taking.of("POST", path) is Takes.PARTS} == set(OPERATIONS)


def test_what_a_route_takes_is_known_by_method_and_form_of_its_path() -> None:
    taking = Taking([route for router in (*ROUTERS, *PAGES) for route in router.routes])
    assert taking.of("POST", "/v1/cases") is Takes.JSON
    assert taking.of("POST", "/v1/cases/7/amendments") is Takes.JSON
    assert taking.of("POST", "/v1/reports/verify") is Takes.OWN
    assert taking.of("POST", "/console/photo") is Takes.OWN
    assert taking.of("GET", "/v1/cases") is Takes.NOTHING
    assert taking.of("POST", "/v1/nowhere") is Takes.NOTHING


@pytest.mark.parametrize(
    "path",
    [
        "/v1/permits", "/approvals/permits/law/co-dmv-2019", "/approvals/asked/7/approval",
        "/console/asked/7/search", "/console/photo",
    ],
)  # fmt: skip
def test_whatever_opens_a_photo_is_counted_among_the_searches(path: str) -> None:
    assert policy_of("POST", path) == "search"
    assert policy_of("GET", path) == "read"


# Places


def test_one_address_has_a_share_of_the_places_and_another_has_the_rest() -> None:
    places = Places(4, 3)
    assert [places.take("a") for _ in range(4)] == [True, True, True, False]
    assert [places.take("b"), places.take("b")] == [True, False]
    places.leave("a")
    assert places.take("b")
    assert places.taken == 4


def test_a_body_that_is_whole_when_all_places_are_taken_is_refused_and_not_acted_on() -> None:
    app, sent = an_app(EdgeSettings(base_url=BASE)), []
    admission = Admission(app, most=1)

    async def both() -> None:
        free = anyio.Event()

        async def receive() -> Any:  # noqa: ANN401  a message
            await free.wait()
            return {"type": "http.request", "body": b"x", "more_body": False}

        async def send(message: Any) -> None:  # noqa: ANN401  a message
            sent.append(message.get("status"))

        head = {"type": "http", "method": "POST", "path": "/v1/raw", "query_string": b"", "root_path": ""}
        scope = {**head, "headers": [(b"host", b"gate.example"), (b"content-length", b"1")]}
        async with anyio.create_task_group() as group:
            group.start_soon(admission, scope, receive, send)
            await anyio.sleep(0.05)
            assert admission._working.take("another")
            free.set()
        admission._working.leave("another")

    anyio.run(both)
    assert [one for one in sent if one] == [503]
    assert (app.state.acted, admission.running) == ([], 0)


def test_slow_bodies_of_one_address_keep_nobody_from_being_answered() -> None:
    with serving(an_app(EdgeSettings()), Limits(requests=4, bodies_each=2)) as port:
        lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(6)]
        for line in lines:
            line.sendall(POST + b"x")
        time.sleep(0.2)
        assert asked(port, "GET", "/v1/things").status_code == 200
        assert asked(port, "POST", "/v1/raw", content=b"x").status_code == 503
        for line in lines:
            line.close()


def test_of_large_bodies_few_are_held_at_once() -> None:
    settings = EdgeSettings(large_bytes=50_000, large_at_once=1)
    with serving(an_app(settings)) as port:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(POST + b"x" * 60_000)
            time.sleep(0.2)
            chunked = asked(port, "POST", "/v1/raw", content=iter([b"x" * 60_000]))
            assert (chunked.status_code, chunked.headers["retry-after"]) == (503, "30")
            assert asked(port, "POST", "/v1/raw", content=b"x" * 60_000).status_code == 503
            assert asked(port, "POST", "/v1/raw", content=b"x").status_code == 200
        time.sleep(0.2)
        assert asked(port, "POST", "/v1/raw", content=b"x" * 60_000).status_code == 200


# Lines


def a_large_reply() -> FastAPI:
    """Make an application whose reply no line holds."""
    app = FastAPI()

    @app.get("/large")
    def large() -> str:
        return "x" * (24 * MIB)

    return app


def deaf(port: int, asks: bytes) -> socket.socket:
    """Ask, and read nothing of what comes."""
    line = socket.socket()
    line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    line.connect(("127.0.0.1", port))
    line.sendall(asks)
    return line


@pytest.mark.parametrize("end", [b"", b"Connection: close\r\n"], ids=["kept", "closing"])
def test_a_line_from_which_nothing_is_read_is_cut_and_its_place_is_free(end: bytes) -> None:
    with serving(a_large_reply(), Limits(lines=1, write_s=0.6)) as port:
        line = deaf(port, b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\n" + end + b"\r\n")
        time.sleep(0.5)
        assert spoken(port) == b""
        time.sleep(2.5)
        assert spoken(port, b"GET /none HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        line.close()


def test_a_line_from_which_is_read_slowly_is_not_cut() -> None:
    with serving(a_large_reply(), Limits(write_s=0.6)) as port:
        line = deaf(port, b"GET /large HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n")
        got, began = 0, time.monotonic()
        while more := line.recv(MIB):
            got += len(more)
            if time.monotonic() - began < 2:
                time.sleep(0.05)
        line.close()
    assert got > 24 * MIB


def test_of_one_address_only_a_share_of_the_lines_is_taken_and_behind_a_proxy_all() -> None:
    limits = Limits(lines=9, lines_each=2)
    for trusted, answered in [((), False), (("127.0.0.1",), True)]:
        with serving(an_app(), limits, trusted_proxies=trusted) as port:
            held = [socket.create_connection(("127.0.0.1", port)) for _ in range(2)]
            time.sleep(0.1)
            assert bool(spoken(port, b"nonsense\r\n\r\n")) is answered
            for line in held:
                line.close()
            time.sleep(0.1)
            assert spoken(port, b"nonsense\r\n\r\n").startswith(b"HTTP/1.1 400")
