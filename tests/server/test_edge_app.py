"""The edge around an application: heads, bodies, headers, rates, and how every error is told."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING

import pytest
from edge_app import BASE, SECRET, TestClient, a_client, an_app
from fastapi.responses import HTMLResponse

from facegate.errors import InputError
from facegate.server.config import RateLimits, ServerConfig
from facegate.server.edge.rates import ADDRESS_QUOTAS, QUOTAS, Quota
from facegate.server.edge.settings import MIB, EdgeSettings, edge_settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import Request

    from facegate.server.problems import Problem

PROBLEM = "application/problem+json"
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.fixture
def client() -> TestClient:
    return a_client()


def chunks(total: int, size: int = 65_536) -> Iterator[bytes]:
    """Give a body of no declared length."""
    for _ in range(total // size):
        yield b"x" * size


# Bodies


def test_a_declared_length_over_the_limit_is_refused_unread(client: TestClient) -> None:
    reply = client.post("/v1/raw", content=b"x" * (MIB + 1))
    assert (reply.status_code, reply.headers["content-type"]) == (413, PROBLEM)
    assert reply.json()["type"].endswith("/body-too-large")
    assert client.app.state.acted == []  # type: ignore[attr-defined]  # the application's own


def test_a_body_that_grows_over_the_limit_is_cut_off_and_nothing_acts(client: TestClient) -> None:
    reply = client.post("/v1/raw", content=chunks(2 * MIB))
    assert (reply.status_code, reply.headers["content-type"]) == (413, PROBLEM)
    assert client.app.state.acted == []  # type: ignore[attr-defined]  # the application's own


def test_a_form_that_grows_over_its_limit_is_cut_off_and_nothing_acts(client: TestClient) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="probe"; filename="a"\r\n\r\n'
    kind = {"content-type": "multipart/form-data; boundary=b"}
    reply = client.post("/v1/searches", content=iter([head, *chunks(13 * MIB)]), headers=kind)
    assert (reply.status_code, reply.json()["title"]) == (413, "Body too large")
    assert client.app.state.acted == []  # type: ignore[attr-defined]  # the application's own


def test_a_body_of_exactly_the_limit_is_taken(client: TestClient) -> None:
    assert client.post("/v1/raw", content=b"x" * MIB).json() == {"bytes": MIB}


def test_a_path_for_photos_takes_a_photo(client: TestClient) -> None:
    reply = client.post("/v1/searches", files={"probe": b"x" * (2 * MIB)}, data={"request": "{}"})
    assert reply.json() == {"bytes": 2 * MIB}


@pytest.mark.parametrize(
    "files",
    [[("probe", (f"f{number}", b"x")) for number in range(65)], [("probe", (None, b"x"))] * 65],
    ids=["files", "fields"],
)
def test_a_form_of_too_many_parts_is_refused(
    client: TestClient, files: list[tuple[str, tuple[str, bytes]]]
) -> None:
    reply = client.post("/v1/searches", files=files)
    assert (reply.status_code, reply.json()["title"]) == (413, "Form too large")


def test_a_field_that_is_too_large_is_refused(client: TestClient) -> None:
    reply = client.post("/v1/searches", files={"probe": b"x"}, data={"request": "y" * (MIB + 1)})
    assert (reply.status_code, reply.json()["title"]) == (413, "Form too large")


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("multipart/form-data", b"--b\r\n"),
        ("multipart/form-data; boundary=b", b"nonsense"),
        ("multipart/form-data; boundary=b", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--"),
        ("multipart/form-data; boundary=" + "b" * 5000, b"--b"),
    ],
)
def test_a_broken_form_is_the_senders_fault(client: TestClient, kind: str, body: bytes) -> None:
    reply = client.post("/v1/searches", content=body, headers={"content-type": kind})
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"] == PROBLEM


# Heads


def test_a_request_of_too_many_headers_is_refused(client: TestClient) -> None:
    reply = client.get("/v1/things", headers={f"x-{number}": "y" for number in range(101)})
    assert (reply.status_code, reply.json()["title"]) == (431, "Head too large")


def test_one_header_that_is_too_large_is_refused(client: TestClient) -> None:
    assert client.get("/v1/things", headers={"x": "y" * 20_000}).status_code == 431


def test_an_address_that_is_too_long_is_refused(client: TestClient) -> None:
    assert client.get("/v1/things?who=" + "y" * 5000).status_code == 414


@pytest.mark.parametrize(
    "host", ["evil.example", "gate.example.evil.example", "a@gate.example", "gate.example/x"]
)
def test_a_request_for_another_host_is_refused(client: TestClient, host: str) -> None:
    reply = client.get("/v1/things", headers={"host": host})
    assert (reply.status_code, reply.json()["title"]) == (421, "Wrong host")
    assert host not in reply.text


@pytest.mark.parametrize("host", ["gate.example", "GATE.example", "gate.example:8443"])
def test_the_services_own_host_is_taken_in_any_spelling(client: TestClient, host: str) -> None:
    assert client.get("/v1/things", headers={"host": host}).status_code == 200


def test_a_load_balancer_may_ask_by_address(client: TestClient) -> None:
    assert client.get("/livez", headers={"host": "10.0.0.7:8443"}).status_code == 200


# What every reply carries


@pytest.mark.parametrize("path", ["/v1/things", "/page", "/nowhere", "/v1/fail/x", "/log/checkpoint"])
def test_every_reply_is_guarded(client: TestClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["strict-transport-security"].startswith("max-age=")
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert "camera=()" in headers["permissions-policy"]
    assert "server" not in headers


def test_a_page_may_use_its_own_scripts_and_nothing_inline(client: TestClient) -> None:
    policy = client.get("/page").headers["content-security-policy"]
    assert "script-src 'self';" in policy
    assert "unsafe" not in policy


def test_only_what_is_public_may_be_kept_by_a_cache(client: TestClient) -> None:
    assert client.get("/page").headers["cache-control"] == "no-store"
    assert client.get("/v1/things").headers["cache-control"] == "no-store"
    assert client.get("/log/checkpoint").headers["cache-control"] == "public, max-age=5"


def test_without_tls_no_browser_is_told_to_stay_with_it() -> None:
    client = TestClient(an_app(EdgeSettings()), base_url="http://127.0.0.1:8000")
    assert "strict-transport-security" not in client.get("/v1/things").headers


def test_a_trace_is_taken_up_with_a_span_of_our_own(client: TestClient) -> None:
    told = client.get("/v1/things", headers={"traceparent": TRACE, "tracestate": "who=jane"}).headers
    assert told["traceparent"].startswith(TRACE[:36])
    assert told["traceparent"] != TRACE
    assert "tracestate" not in told


@pytest.mark.parametrize(
    "sent", ["", "jane.doe@example", TRACE.replace("00-", "ff-", 1), TRACE.upper(), TRACE + "-x"]
)
def test_a_trace_that_is_not_well_formed_is_not_taken_up(client: TestClient, sent: str) -> None:
    told = client.get("/v1/things", headers={"traceparent": sent}).headers["traceparent"]
    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-00", told)
    assert "0af7651916cd43dd" not in told


def test_the_request_id_is_ours_whatever_is_sent(client: TestClient) -> None:
    told = client.get("/v1/things", headers={"x-request-id": "mine"}).headers["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{32}", told)


def test_the_line_of_the_log_holds_neither_query_nor_address(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="facegate.server.requests"):
        client.get(f"/v1/things?who={SECRET}")
    (line,) = [one.getMessage() for one in caplog.records if one.name == "facegate.server.requests"]
    assert re.fullmatch(r"GET /v1/things 200 \d+ ms [0-9a-f]{32}", line)


def test_a_path_cannot_forge_a_line_of_the_log(client: TestClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, logger="facegate.server.requests"):
        client.get("/x%0aGET%20/forged")
    assert all("\n" not in one.getMessage() for one in caplog.records)


# Rates


def few(**requests: int) -> EdgeSettings:
    """Give settings with small quotas."""
    small = {name: Quota(name, many, 60) for name, many in requests.items()}
    return EdgeSettings(base_url=BASE, quotas=QUOTAS | small, address_quotas=ADDRESS_QUOTAS | small)


def test_every_reply_says_how_the_caller_stands() -> None:
    headers = a_client(few(read=3)).get("/v1/things").headers
    assert headers["ratelimit-policy"] == '"read";q=3;w=60'
    assert headers["ratelimit"] == '"read";r=2;t=20'


def test_over_the_quota_is_a_429_that_says_when_to_come_again() -> None:
    client = a_client(few(read=2))
    replies = [client.get("/v1/things") for _ in range(3)]
    assert [one.status_code for one in replies] == [200, 200, 429]
    assert replies[-1].headers["retry-after"] == "30"
    assert replies[-1].json()["violated-policies"] == ["read"]
    assert replies[-1].headers["ratelimit"] == '"read";r=0;t=30'


def test_an_error_counts_and_says_how_the_caller_stands() -> None:
    client = a_client(few(read=1))
    assert client.get("/v1/nowhere").headers["ratelimit"] == '"read";r=0;t=60'
    assert client.get("/v1/nowhere").status_code == 429


def test_a_known_caller_is_counted_at_his_account_and_not_at_the_address() -> None:
    client = a_client(few(read=2))
    assert [client.get("/v1/things?who=a").status_code for _ in range(3)] == [200, 200, 429]
    assert client.get("/v1/things?who=b").status_code == 200
    assert client.get("/v1/things").status_code == 200


def test_a_header_that_claims_another_address_changes_nothing() -> None:
    client = a_client(few(read=1))
    client.get("/v1/things", headers={"x-forwarded-for": "192.0.2.1"})
    assert client.get("/v1/things", headers={"x-forwarded-for": "192.0.2.2"}).status_code == 429


def test_the_operators_limits_are_those_of_the_edge() -> None:
    limits = RateLimits(address_minute=7, account_minute=5, heavy_minute=2, logins_minute=3)
    made = edge_settings(ServerConfig("127.0.0.1", 1, BASE, "sqlite://", rate_limits=limits))
    assert {name: one.requests for name, one in made.quotas.items()} == {
        "search": 2, "report": 2, "write": 5, "read": 5, "login": 3, "public": 7,
    }  # fmt: skip
    assert made.address_quotas["read"].requests == 7
    assert made.hosts == {"gate.example"}


@pytest.mark.parametrize("url", ["gate.example", "ftp://gate.example", "https://"])
def test_an_address_that_names_no_host_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="base_url"):
        EdgeSettings(base_url=url)


def test_a_policy_without_a_limit_is_refused() -> None:
    with pytest.raises(InputError, match="search"):
        EdgeSettings(quotas={name: one for name, one in QUOTAS.items() if name != "search"})


# Errors


@pytest.mark.parametrize(
    ("method", "path", "status", "title"),
    [
        ("GET", "/v1/fail/policy", 403, "The law refuses this"),
        ("GET", "/v1/fail/role", 403, "This is for another role"),
        ("GET", "/v1/fail/database", 503, "Storage down"),
        ("GET", "/v1/fail/unforeseen", 500, "Unforeseen"),
        ("GET", "/v1/nowhere", 404, "Not found"),
        ("DELETE", "/v1/things", 405, "Method not allowed"),
        ("BREW", "/v1/things", 405, "Method not allowed"),
    ],
)
def test_every_error_is_a_problem_that_tells_no_secret(
    client: TestClient, method: str, path: str, status: int, title: str
) -> None:
    reply = client.request(method, path)
    assert (reply.status_code, reply.headers["content-type"]) == (status, PROBLEM)
    assert (reply.json()["status"], reply.json()["title"]) == (status, title)
    assert SECRET not in reply.text


def test_a_wrong_method_is_told_the_right_ones(client: TestClient) -> None:
    assert "GET" in client.delete("/v1/things").headers["allow"]


def test_an_unforeseen_error_is_logged_by_place_and_not_by_text(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    reply = client.get("/v1/fail/unforeseen")
    (line,) = [one.getMessage() for one in caplog.records if one.name == "facegate.server.errors"]
    assert "RuntimeError at tests/server/edge_app.py" in line
    assert reply.headers["x-request-id"] in line
    assert SECRET not in caplog.text


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": SECRET}, "body.name"),
        ({"name": [SECRET]}, "body.name"),
        ({"name": "x", "count": SECRET}, "body.count"),
        ({"name": "x", "other": SECRET}, "body.other"),
        ({"name": "x", f"{SECRET} {SECRET}": 1}, "body.(a name that no field has)"),
        ({}, "body.name"),
        ([SECRET], "body"),
    ],
)
def test_a_form_error_names_the_field_and_never_the_value(
    client: TestClient, body: object, field: str
) -> None:
    reply = client.post("/v1/things", json=body)
    assert (reply.status_code, reply.headers["content-type"]) == (422, PROBLEM)
    assert field in [one["field"] for one in reply.json()["errors"]]
    assert SECRET not in reply.text


@pytest.mark.parametrize(
    "body", [b"{", b"\xff\xfe", b"[" * 50_000, b"1" * 5000, b"NaN", b"null", b'{"name": NaN}']
)
def test_json_that_is_none_is_the_senders_fault(client: TestClient, body: bytes) -> None:
    reply = client.post("/v1/things", content=body, headers={"content-type": "application/json"})
    assert reply.status_code in {400, 422}
    assert reply.headers["content-type"] == PROBLEM


def test_a_browser_gets_a_page_and_a_program_a_problem() -> None:
    def page(request: Request, problem: Problem) -> HTMLResponse:
        return HTMLResponse(f"{request.url.path} {problem.detail}", int(problem.status))

    app = an_app()
    app.state.problem_page = page
    client = TestClient(app, base_url=BASE, headers={"accept": "text/html,*/*"})
    assert client.get("/nowhere").text.startswith("/nowhere there is no such")
    assert client.get("/v1/nowhere").headers["content-type"] == PROBLEM
    assert client.get("/nowhere", headers={"accept": "*/*"}).headers["content-type"] == PROBLEM
