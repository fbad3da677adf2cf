"""Bodies and lines that are broken on purpose: the sender's fault, nothing acts, and the next is served."""

from __future__ import annotations

import json
import socket
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final

import anyio
import pytest
from attacked import Attacked, attacked
from desk_room import stated
from hypothesis import given, settings
from hypothesis import strategies as st
from matrix_grid import OWN, grid
from matrix_plan import FORMS, Plan
from ready_home import PHOTO
from served import asked, serving, spoken
from whole_service import browser

from facegate.policy.request_file import read_json
from facegate.server.edge.json_bodies import JsonBodies
from facegate.server.edge.known_first import OPERATIONS
from facegate.server.edge.takes import Takes
from facegate.server.problems import PROBLEM_JSON

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response

FORM: Final = b'{"case_number":"24-660001","offense_code":"1201"%s}'
UNREADABLE: Final = {
    "no object's end": b'{"case_number":"24-660001"',
    "a key twice": b'{"case_number":"24-660001","case_number":"24-660002","offense_code":"1201"}',
    "a key twice, inside": FORM % b',"x":{"a":1,"a":2}',
    "a number that is none": FORM % b',"x":NaN',
    "infinity": FORM % b',"x":-Infinity',
    "an integer of 5,000 digits": FORM % (b',"x":' + b"9" * 5000),
    "30,000 lists": b"[" * 30_000 + b"]" * 30_000,
    "9,000 objects": b'{"a":' * 9_000 + b"1" + b"}" * 9_000,
    "UTF-16": (FORM % b"").decode().encode("utf-16"),
    "UTF-32": (FORM % b"").decode().encode("utf-32"),
    "a byte order mark": b"\xef\xbb\xbf" + FORM % b"",
    "no UTF-8": FORM % b',"x":"\xff\xfe"',
    "half of a pair of surrogates in bytes": FORM % b',"x":"\xed\xa0\x80"',
    "something behind it": FORM % b"" + b" x",
    "two of them": (FORM % b"") * 2,
    "a comment": b"/* */" + FORM % b"",
    "a NUL": b"\x00" + FORM % b"",
    "thousands of keys": b"{" + b",".join(b'"%x":0' % one for one in range(6_000)) + b',"0":0}',
}
READABLE: Final = {
    "nothing": b"",
    "null": b"null",
    "a list": b"[]",
    "a text": b'"case"',
    "a number": b"1e308",
    "a huge number": b"1e999",
    "an integer of 4,000 digits": b"9" * 4000,
    "half of a pair of surrogates": b'{"case_number":"24-66\\ud800","offense_code":"1201"}',
    "a NUL in a text": b'{"case_number":"24-66\\u0000","offense_code":"1201"}',
    "a field nobody knows": FORM % b',"__proto__":{"admin":true}',
    "another type": b'{"case_number":24660001,"offense_code":["1201"]}',
    "100 lists": FORM % (b',"x":' + b"[" * 100 + b"]" * 100),
}
AS_JSON: Final = {"content-type": "application/json"}
TAKES_JSON: Final = [
    route for route in FORMS if route.startswith("POST") and route != "POST /v1/reports/verify"
]
PART_IN_PART: Final = (
    b'--b\r\nContent-Disposition: form-data; name="request"\r\n'
    b"Content-Type: multipart/mixed; boundary=c\r\n\r\n--c\r\n\r\n{}\r\n--c--\r\n--b--\r\n"
)
MULTIPART: Final = {
    "no boundary": ("multipart/form-data", b"--b\r\n"),
    "an empty boundary": ("multipart/form-data; boundary=", b"--\r\n\r\n"),
    "a boundary of 5,000 signs": ("multipart/form-data; boundary=" + "b" * 5000, b"--b\r\n"),
    "nonsense": ("multipart/form-data; boundary=b", b"nonsense"),
    "no end": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="probe"\r\n\r\nx',
    ),
    "no name": (
        "multipart/form-data; boundary=b",
        b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
    ),
    "10,000 headers of a part": (
        "multipart/form-data; boundary=b",
        b"--b\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\nx\r\n--b--\r\n",
    ),
    "10,000 parts": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 10_000 + b"--b--\r\n",
    ),
    "a part in a part": ("multipart/form-data; boundary=b", PART_IN_PART),
    "a header of another encoding": (
        "multipart/form-data; boundary=b",
        b'--b\r\nContent-Disposition: form-data; name="\xff\xfe"; filename="\x00"\r\n\r\nx\r\n--b--\r\n',
    ),
    "a form of another kind": ("application/x-www-form-urlencoded", b"request=%7B%7D&probe=x"),
    "no form": ("text/plain", b"request"),
    "JSON": ("application/json", b'{"request":{},"probe":""}'),
}
TAKES_PARTS: Final = {
    "/v1/searches": "searcher", "/v1/permits": "supervisor", "/v1/tests": "tester",
    "/v1/enrollments": "enroller", "/v1/benchmarks": "auditor", "/api/v1/recognition/recognize": "searcher",
}  # fmt: skip


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with attacked(tmp_path_factory.mktemp("bodies")) as made:
        yield made


@pytest.fixture(scope="module")
def plan(room: Attacked) -> Plan:
    return Plan(room)


def refused(answer: Response, *statuses: int) -> None:
    """Hold that an answer is a problem that is the sender's."""
    assert answer.status_code in statuses, answer.text
    assert answer.headers["content-type"] == PROBLEM_JSON


def let_in(route: str) -> str:
    """Give somebody who is let through to what a route does."""
    (cells, *_) = grid()[route].values()
    return next(who for who, cell in zip(OWN, cells, strict=True) if cell not in {"who", "role", "off"})


@pytest.mark.parametrize("name", UNREADABLE)
def test_json_that_two_programs_would_read_differently_is_read_by_none(room: Attacked, name: str) -> None:
    before = room.size
    refused(room.as_("searcher").post("/v1/cases", content=UNREADABLE[name], headers=AS_JSON), 400)
    assert room.size == before


@pytest.mark.parametrize("name", READABLE)
def test_json_of_another_form_is_refused(room: Attacked, name: str) -> None:
    before = room.size
    refused(room.as_("searcher").post("/v1/cases", content=READABLE[name], headers=AS_JSON), 422)
    assert room.size == before


@pytest.mark.parametrize("route", TAKES_JSON)
def test_no_route_acts_on_json_that_is_none(room: Attacked, plan: Plan, route: str) -> None:
    method, path = route.split()
    client, address = room.as_(let_in(route)), path.format_map(plan.there(route, ""))
    before = room.size
    for name in ("a key twice", "a number that is none", "UTF-16", "30,000 lists", "no UTF-8"):
        refused(client.request(method, address, content=UNREADABLE[name], headers=AS_JSON), 400)
    for name in ("nothing", "null", "a list", "an integer of 4,000 digits"):
        refused(client.request(method, address, content=READABLE[name], headers=AS_JSON), 422)
    assert room.size == before


@pytest.mark.parametrize(
    ("path", "status"), [("/v1/cases", 413), ("/v1/dossiers", 401), ("/v1/searches", 401), ("/v1/jobs", 413)]
)
def test_json_of_more_than_a_megabyte_is_taken_nowhere(room: Attacked, path: str, status: int) -> None:
    content = b'{"a":"' + b"x" * 1_048_576 + b'"}'
    refused(room.as_().post(path, content=content, headers=AS_JSON), status)
    refused(room.as_("searcher").post(path, content=content, headers=AS_JSON), 413, 415)


@pytest.mark.parametrize("kind", ["", "text/plain", "application/xml", "application/x-www-form-urlencoded"])
def test_json_that_is_said_to_be_something_else_is_not_read(room: Attacked, kind: str) -> None:
    before = room.size
    refused(room.as_("searcher").post("/v1/cases", content=FORM % b"", headers={"content-type": kind}), 422)
    assert room.size == before


@pytest.mark.parametrize("name", [*UNREADABLE, *READABLE])
def test_a_report_to_be_verified_may_be_anything_and_nobody_signed_in(room: Attacked, name: str) -> None:
    content = {**UNREADABLE, **READABLE}[name]
    answer = room.as_().post("/v1/reports/verify", content=content, headers=AS_JSON)
    assert answer.status_code == 400 or answer.json()["holds"] is False


@pytest.mark.parametrize("said", [0, 1, "false", "off", "no", None, []])
def test_what_could_be_taken_for_false_disables_no_account(room: Attacked, plan: Plan, said: object) -> None:
    answer = room.as_("administrator").put(f"/v1/accounts/{plan.account}/in-force", json={"in_force": said})
    refused(answer, 422)


@given(text=st.text(max_size=40), key=st.text(max_size=10))
@settings(deadline=None, max_examples=60)
def test_json_is_refused_twice_a_key_and_taken_once(text: str, key: str) -> None:
    once = f"{{{json.dumps(key)}:{json.dumps(text)}}}"
    twice = f"{{{json.dumps(key)}:1,{json.dumps(key)}:{json.dumps(text)}}}"
    assert read_json(once) == {key: text}
    with pytest.raises(ValueError, match="comes twice"):
        read_json(twice)


@pytest.mark.parametrize("name", MULTIPART)
@pytest.mark.parametrize("path", TAKES_PARTS)
def test_a_form_of_parts_that_is_broken_is_refused(room: Attacked, path: str, name: str) -> None:
    kind, content = MULTIPART[name]
    before = room.size
    headers = {"content-type": kind, "X-Facegate-Profile": "co-dmv-2019"}
    refused(room.as_(TAKES_PARTS[path]).post(path, content=content, headers=headers), 400, 413, 415, 422)
    assert room.size == before


@pytest.mark.parametrize(
    "text",
    [
        '{"profile":"a","profile":"co-dmv-2019"}', '{"profile":NaN}', '{"profile":"\\ud800"}', "[" * 60_000,
        '{"profile":' + "9" * 60_000 + "}", "", "null", '{"profile":{"$ref":"x"}}',
        "{" + '"a":0,' * 9_000 + '"b":0}',
    ],
    ids=["twice", "nan", "surrogate", "deep", "digits", "empty", "null", "object", "many"],
)  # fmt: skip
def test_a_request_in_a_form_is_read_as_strictly(room: Attacked, text: str) -> None:
    before = room.size
    for name, path in (("searcher", "/v1/searches"), ("supervisor", "/v1/permits")):
        answer = room.as_(name).post(path, data={"request": text}, files={"probe": ("x", PHOTO)})
        refused(answer, 422)
    assert room.size == before


def test_two_requests_in_one_form_are_refused_or_the_law_sees_the_one_that_is_searched(
    room: Attacked,
) -> None:
    parts = [
        ("request", (None, json.dumps(stated(permit="one")))),
        ("request", (None, json.dumps(stated(purpose="x")))),
    ]
    answer = room.as_("searcher").post("/v1/searches", files=[*parts, ("probe", ("x", PHOTO))])
    refused(answer, 400, 403, 422)


@pytest.mark.slow
def test_ten_thousand_headers_are_refused(room: Attacked) -> None:
    answer = browser(room.app).get("/livez", headers={f"x-{one}": "y" for one in range(10_000)})
    assert answer.status_code == 431


def sent_in(room: Attacked, path: str, shown: dict[str, str], *messages: dict[str, Any]) -> tuple[int, int]:
    """Send a body message by message; gives the status, and how many were taken."""
    headers = {"host": "127.0.0.1:8443", "content-type": "application/json", **shown}
    scope: dict[str, Any] = {
        "type": "http", "http_version": "1.1", "method": "POST", "scheme": "http", "root_path": "",
        "path": path, "raw_path": path.encode(), "query_string": b"",
        "server": ("127.0.0.1", 8443), "client": ("127.0.0.1", 1),
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip
    left, status = list(messages), [0]

    async def receive() -> Any:  # noqa: ANN401  a message
        return left.pop(0) if left else {"type": "http.disconnect"}

    async def send(message: Any) -> None:  # noqa: ANN401  a message
        status.append(message.get("status", status[-1]))

    anyio.run(room.app, scope, receive, send)
    return status[-1], len(messages) - len(left)


def test_a_body_that_ends_early_acts_nothing(room: Attacked) -> None:
    before = room.size
    half = {"type": "http.request", "body": (FORM % b"")[:-5], "more_body": True}
    status, _ = sent_in(room, "/v1/cases", room.shown("searcher"), half, {"type": "http.disconnect"})
    assert room.size == before
    assert status not in {200, 201}


BEGUN: Final = b'--x\r\nContent-Disposition: form-data; name="probe"; filename="a"\r\n\r\nxx'
PART: Final[dict[str, Any]] = {"type": "http.request", "body": BEGUN, "more_body": True}
LONG: Final = {"content-type": "multipart/form-data; boundary=x", "content-length": "9000000"}
OURS: Final = {"origin": "http://127.0.0.1:8443"}


@pytest.mark.parametrize("path", [*OPERATIONS, "/v1/cases", "/v1/dossiers", "/v1/misuse/7/steps"])
def test_nothing_long_is_read_of_anybody_who_is_not_known(room: Attacked, path: str) -> None:
    long = {**LONG, "content-length": "60000"}
    assert sent_in(room, path, long, PART) == (401, 0)
    assert sent_in(room, path, {**long, "authorization": "Bearer fg_live_none"}, PART) == (401, 0)


@pytest.mark.parametrize("path", OPERATIONS)
def test_no_file_is_read_of_somebody_of_another_role(room: Attacked, path: str) -> None:
    assert sent_in(room, path, {**LONG, **room.shown("reviewer")}, PART) == (403, 0)


@pytest.mark.parametrize("path", ["/enrollment", "/console", "/console/photo", "/approvals/permits/law/x"])
def test_no_file_of_a_page_is_read_of_anybody_who_is_not_signed_in(room: Attacked, path: str) -> None:
    assert sent_in(room, path, {**LONG, **OURS}, PART) == (403, 0)
    assert sent_in(room, path, {**LONG, **OURS, "cookie": "facegate=none"}, PART) == (401, 0)
    assert sent_in(room, path, {**LONG, "cookie": "facegate=none"}, PART) == (403, 0)


def test_a_form_of_a_page_that_is_cut_off_is_the_senders_fault(room: Attacked) -> None:
    gone = {"type": "http.disconnect"}
    assert sent_in(room, "/console/photo", {**LONG, **room.shown("searcher")}, PART, gone) == (400, 2)


def test_what_is_long_is_read_of_whoever_may_send_it(room: Attacked) -> None:
    status, taken = sent_in(room, "/v1/searches", {**LONG, **room.shown("searcher")}, PART)
    assert (status, taken) == (400, 1)


def test_no_file_that_is_sent_is_ever_on_the_disk(room: Attacked, monkeypatch: pytest.MonkeyPatch) -> None:
    rolled: list[object] = []
    monkeypatch.setattr(SpooledTemporaryFile, "rollover", rolled.append)
    answer = room.send("/v1/permits", "supervisor", stated(), probe=b"x" * 3_000_000)
    assert answer.json()["type"].endswith("unusable-photo")
    file = {"file": ("x", b"x" * 14_000_000)}
    refused(room.as_("enroller").post("/v1/enrollments", data={"input": "photos"}, files=file), 422)
    page = room.as_("enroller").post("/enrollment", data={"input": "photos", "csrf": "x"}, files=file)
    assert (page.status_code, rolled) == (403, [])


def test_what_is_needed_to_check_from_outside_may_be_kept_by_a_cache(room: Attacked) -> None:
    assert room.as_().get("/.well-known/facegate.json").headers["cache-control"] == "public, max-age=60"


def test_a_body_of_json_reaches_what_is_behind_whole_and_once() -> None:
    parts = [b'{"a":', b'"\xc3\xa9"', b"}"]
    got: list[Any] = []

    async def behind(scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401, ARG001  as ASGI has it
        got.extend([await receive(), await receive()])

    async def receive() -> Any:  # noqa: ANN401  a message
        if not parts:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:  # noqa: ANN401  a message
        raise NotImplementedError(message)

    scope: dict[str, Any] = {
        "type": "http", "path": "/v1/cases", "state": {"takes": Takes.JSON},
        "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip
    anyio.run(JsonBodies(behind, most=lambda _: 100).__call__, scope, receive, send)
    assert got == [
        {"type": "http.request", "body": b'{"a":"\xc3\xa9"}', "more_body": False},
        {"type": "http.disconnect"},
    ]


# Real lines

HEAD: Final = (
    b"POST /v1/cases HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nConnection: close\r\n"
)
LINES: Final = {
    "10,000 headers": (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X-A: b\r\n" * 10_000 + b"\r\n", 431),
    "a header without an end": (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: " + b"b" * 200_000, 431),
    "two lengths": (HEAD + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", 400),
    "a length and chunks": (HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a negative length": (HEAD + b"Content-Length: -1\r\n\r\n", 400),
    "a length of 5,000 digits": (HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400),
    "chunks that are none": (HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "another coding": (HEAD + b"Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400),
    "a NUL in a header": (b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\n\r\n", 400),
    "no host": (b"GET /v1/cases HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
    "two hosts": (
        b"GET /v1/cases HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
        400,
    ),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40), 400),
}


@pytest.fixture(scope="module")
def port(room: Attacked) -> Iterator[int]:
    with serving(room.app) as made:
        yield made


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_speaks_no_proper_http_is_refused_and_the_next_is_served(port: int, name: str) -> None:
    sent, status = LINES[name]
    reply = spoken(port, sent)
    assert reply.startswith(b"HTTP/1.1 ")
    assert int(reply.split()[1]) == status
    assert b"Traceback" not in reply
    assert asked(port, "GET", "/livez").status_code == 200


def test_a_line_that_ends_in_the_middle_of_a_body_acts_nothing(room: Attacked, port: int) -> None:
    before = room.size
    shown = b"".join(f"{k}: {v}\r\n".encode() for k, v in room.shown("searcher").items())
    body = FORM % b""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as line:
        line.sendall(HEAD + shown + b"Content-Length: %d\r\n\r\n" % (len(body) + 1) + body)
    assert asked(port, "GET", "/livez").status_code == 200
    assert room.size == before


def test_json_over_a_real_line_is_read_as_strictly(room: Attacked, port: int) -> None:
    headers = {**room.shown("searcher"), **AS_JSON}
    before = room.size
    for name in ("a key twice", "30,000 lists", "UTF-16"):
        answer = asked(port, "POST", "/v1/cases", content=UNREADABLE[name], headers=headers)
        refused(answer, 400)
    assert room.size == before
    taken = asked(port, "POST", "/v1/cases", content=FORM % b"", headers=headers)
    assert taken.status_code == 201, taken.text
