"""The line: what is asked again, what never is, whom the key is shown to, and what every error tells."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from client_room import ADDRESS, KEY, Script, problem
from hypothesis import given, settings
from hypothesis import strategies as st
from ready_agency import REQUEST

from facegate.client.client import Client
from facegate.client.errors import (
    ClientError,
    Closed,
    Conflict,
    Fault,
    NotFound,
    NotFresh,
    NotOffered,
    NotSignedIn,
    OnLog,
    Refused,
    TooMany,
    Unfit,
    Unreachable,
)
from facegate.client.line import place
from facegate.client.problems import error_of, retry_after
from facegate.client.retries import Retries
from facegate.errors import FacegateError, InputError
from facegate.records import FailedRule

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ALIVE = httpx.Response(200, json={"status": "up"})
CASES = httpx.Response(200, json={"cases": [], "more": False})
CLEARED = httpx.Response(201, json={"records": [7]})
GONE = httpx.ReadError("the line broke")


def clear(client: Client) -> object:
    return client.limits.clear("ab" * 32, reason="seen")


def keys(script: Script) -> list[str | None]:
    return [one.headers.get("idempotency-key") for one in script.asked]


@pytest.mark.parametrize(
    "first",
    [
        GONE,
        httpx.ConnectTimeout("late"),
        problem(429, "quota-exceeded", headers={"retry-after": "3"}),
        problem(503, "log-down"),
        httpx.Response(502, text="<html>"),
    ],
)
def test_what_only_reads_is_asked_again(first: httpx.Response | Exception) -> None:
    script = Script(first, CASES)
    with script.client() as client:
        assert client.cases.listed().cases == ()
    assert len(script.asked) == 2


@pytest.mark.parametrize(
    "first",
    [
        GONE,
        problem(503, "busy"),
        problem(503, "stopping"),
        problem(409, "request-in-flight"),
        httpx.Response(504),
    ],
)
def test_what_acts_is_asked_again_under_the_same_key(first: httpx.Response | Exception) -> None:
    script = Script(first, first, CLEARED)
    with script.client() as client:
        clear(client)
    (key,) = set(keys(script))
    assert (len(script.asked), len(str(key))) == (3, 38)  # a UUID in double quotes


def test_two_acts_have_two_keys() -> None:
    script = Script(CLEARED)
    with script.client() as client:
        clear(client)
        clear(client)
    assert len(set(keys(script))) == 2


@pytest.mark.parametrize("kind", ["log-down", "storage-down", "certificate-not-in-force"])
def test_what_acts_is_not_asked_again_where_nobody_knows_whether_it_acted(kind: str) -> None:
    script = Script(problem(503, kind))
    with script.client() as client, pytest.raises(Closed) as raised:
        clear(client)
    assert (len(script.asked), raised.value.reason) == (1, kind)


@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.cases.make_file(7, recipient="the defense"),
        lambda c: c.accounts.issue_key("a"),
        lambda c: c.account.change_phrase(old="a", new="b"),
        lambda c: c.tests.delete("a"),
    ],
)
@pytest.mark.parametrize("first", [GONE, problem(503, "busy"), problem(429, "quota-exceeded")])
def test_what_acts_without_a_key_is_asked_once(
    call: Callable[[Client], object], first: httpx.Response | Exception
) -> None:
    script = Script(first)
    with script.client() as client, pytest.raises(ClientError):
        call(client)
    assert len(script.asked) == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 413, 422, 500, 501])
def test_an_answer_that_stands_is_not_asked_for_again(status: int) -> None:
    script = Script(problem(status, "any"))
    with script.client() as client, pytest.raises(ClientError):
        client.cases.get(7)
    assert len(script.asked) == 1


def test_waits_grow_keep_to_what_was_told_and_end() -> None:
    script = Script(GONE)
    with script.client(most=3, first_s=1.0, longest_s=3.0) as client, pytest.raises(Unreachable):
        client.cases.listed()
    assert script.waited == [1.0, 2.0, 3.0]
    told = Script(problem(429, "quota-exceeded", headers={"retry-after": "2"}), CASES)
    with told.client(first_s=0.5) as client:
        client.cases.listed()
    assert told.waited == [2.5]


def test_a_longer_wait_than_was_allowed_is_the_callers_to_decide() -> None:
    script = Script(problem(429, "quota-exceeded", headers={"retry-after": "60"}))
    with script.client() as client, pytest.raises(TooMany) as raised:
        client.cases.listed()
    assert (script.waited, raised.value.retry_after) == ([], 60.0)


def test_the_photo_is_sent_whole_each_time() -> None:
    script = Script(GONE, problem(422, "unusable-photo"))
    with script.client() as client, pytest.raises(Unfit):
        client.searches.ask(REQUEST, b"the whole photo", permit="p")
    assert [b"the whole photo" in one.content for one in script.asked] == [True, True]


def test_after_a_broken_line_the_caller_is_told_the_key_to_ask_again_under() -> None:
    script = Script(GONE)
    with script.client(most=0) as client:
        with pytest.raises(Unreachable, match="broke off before it answered") as raised:
            client.searches.ask(REQUEST, b"photo")
        again = pytest.raises(Unreachable)
        with again:
            client.searches.ask(REQUEST, b"photo", once=raised.value.once)
    assert len(set(keys(script))) == 1


@pytest.mark.parametrize("once", ["short", "x" * 129, 'a"b-with-quotes', "line\nend-is-none"])
def test_a_key_in_no_known_form_is_refused_before_anything_is_sent(once: str) -> None:
    script = Script(CLEARED)
    with script.client() as client, pytest.raises(InputError, match="8 to 128"):
        client.searches.ask(REQUEST, b"photo", once=once)
    assert script.asked == []


RULE = {"id": "FG-PERMIT", "say": "A permit is needed.", "cite": "gate", "checked": "2026-11-22 checked"}


def test_a_refusal_tells_every_rule_and_where_it_stands() -> None:
    receipt = {"index": 12, "intent": 11, "root": "ab" * 32}
    script = Script(problem(403, "policy-refusal", "It is refused.", rules=[RULE, RULE], receipt=receipt))
    with script.client() as client, pytest.raises(Refused, match=r"^It is refused\.$") as raised:
        client.searches.ask(REQUEST, b"photo")
    rule = FailedRule("FG-PERMIT", "A permit is needed.", "gate", "2026-11-22 checked")
    assert raised.value.rules == (rule, rule)
    assert raised.value.receipt == OnLog(12, 11, "ab" * 32)
    assert (raised.value.reason, raised.value.exit_code) == ("policy-refusal", 3)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(401, "not-signed-in"), NotSignedIn),
        (problem(401, "login-not-fresh"), NotFresh),
        (problem(403, "missing-role"), Refused),
        (problem(404, "not-found"), NotFound),
        (problem(409, "taken-already"), Conflict),
        (problem(413, "too-large"), Unfit),
        (problem(422, "invalid-request"), Unfit),
        (problem(429, "quota-exceeded"), TooMany),
        (problem(500, "unforeseen"), Fault),
        (problem(501, "not-offered"), NotOffered),
        (problem(503, "log-down"), Closed),
        (httpx.Response(302, headers={"location": "https://elsewhere.example"}), Fault),
        (httpx.Response(418), Fault),
    ],
)
def test_every_answer_has_its_error(answer: httpx.Response, kind: type[ClientError]) -> None:
    error = error_of(answer, once="k")
    assert type(error) is kind
    assert isinstance(error, FacegateError)
    assert (error.status, error.once) == (answer.status_code, "k")


def test_what_is_not_of_its_form_is_told_field_by_field() -> None:
    errors = [{"field": "body.reason", "wanted": "at most 200"}]
    error = error_of(problem(422, "invalid-request", errors=errors))
    assert isinstance(error, Unfit)
    assert error.fields == {"body.reason": "at most 200"}


def test_why_the_gate_is_closed_is_told_code_by_code_and_not_asked_again() -> None:
    reasons = [{"code": "audit_overdue", "say": "An audit is overdue."}]
    script = Script(problem(503, "not-ready", reasons=reasons, headers={"retry-after": "10"}))
    with script.client() as client, pytest.raises(Closed) as raised:
        client.service.ready()
    assert raised.value.reasons == {"audit_overdue": "An audit is overdue."}
    assert (raised.value.reason, raised.value.retry_after, len(script.asked)) == ("not-ready", 10.0, 1)


def test_a_page_of_somebody_on_the_way_is_not_repeated() -> None:
    page = httpx.Response(403, text=f"<html>{KEY}</html>", headers={"content-type": "text/html"})
    error = error_of(page)
    assert str(error) == "the service answered 403 and no reason"


MEMBERS = st.sampled_from(["type", "detail", "rules", "receipt", "errors", "reasons", "index"])
LEAVES = st.none() | st.booleans() | st.integers() | st.text(max_size=5)
TOLD = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(MEMBERS, inner),
    max_leaves=8,
)


@given(told=TOLD, status=st.sampled_from([401, 403, 409, 422, 429, 500, 503]))
@settings(deadline=None)
def test_any_json_that_calls_itself_a_problem_becomes_an_error(told: Any, status: int) -> None:  # noqa: ANN401  JSON
    answer = httpx.Response(status, json=told, headers={"content-type": "application/problem+json"})
    assert str(error_of(answer))


@pytest.mark.parametrize("body", ['{"cases": []}', "<html>", "", '{"cases": [7], "more": false}'])
def test_an_answer_in_another_form_than_published_is_a_fault(body: str) -> None:
    with (
        Script(httpx.Response(200, text=body)).client() as client,
        pytest.raises(Fault, match="GET /v1/cases"),
    ):
        client.cases.listed()


def test_a_page_in_the_place_of_a_picture_is_a_fault() -> None:
    script = Script(httpx.Response(200, html="<html>sign in</html>"))
    with script.client() as client, pytest.raises(Fault, match="image/png"):
        client.reviews.probe("01a2008d-7400-7000-8000-000000000009")


def test_a_redirect_is_not_followed() -> None:
    script = Script(httpx.Response(307, headers={"location": "https://elsewhere.example/"}), ALIVE)
    with script.client() as client, pytest.raises(Fault):
        client.service.alive()
    assert [one.url.host for one in script.asked] == ["facegate.example"]


def test_the_key_is_a_header_and_nowhere_else() -> None:
    script = Script(GONE)
    with script.client(most=0) as client:
        with pytest.raises(Unreachable) as raised:
            client.searches.ask(REQUEST, b"photo")
        shown = [
            repr(one) for one in (client, client.searches, client._line, raised.value, client._line.retries)
        ]
    (request,) = script.asked
    assert request.headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in str(request.url)
    assert KEY.encode() not in request.content
    assert not [one for one in (*shown, str(raised.value), repr(raised.value.__cause__)) if KEY in one]


def test_without_a_key_nothing_is_shown() -> None:
    script = Script(ALIVE)
    with script.client(key="") as client:
        client.service.alive()
    assert "authorization" not in script.asked[0].headers


@pytest.mark.parametrize("key", ["two words", "line\nend", "clé", " fg_live_x"])
def test_a_key_that_is_none_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InputError, match="as it was issued") as raised:
        Client(ADDRESS, key=key)
    assert key not in str(raised.value)


@pytest.mark.parametrize(
    "address",
    [
        "http://facegate.example",  # the key would be read on the way
        "http://10.0.0.7:8443",
        "http://127.0.0.1.example",
        "ftp://facegate.example",
        "facegate.example",
        "https://",
        f"https://{KEY}@facegate.example",
        f"https://facegate.example/?key={KEY}",
        "https://facegate.example:port",
    ],
)
def test_an_address_that_would_show_the_key_is_refused(address: str) -> None:
    with pytest.raises(InputError, match="address of the service") as raised:
        Client(address, key=KEY)
    assert KEY not in str(raised.value)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:8443", "http://localhost", "http://[::1]:1", f"{ADDRESS}/"]
)
def test_tls_or_this_machine_is_taken(address: str) -> None:
    with Client(address, transport=httpx.MockTransport(Script(ALIVE))) as client:
        assert client.service.alive().status == "up"


def test_authorities_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    (tmp_path / "none.pem").write_text("no certificate")
    with pytest.raises(InputError, match="wanted PEM"):
        Client(ADDRESS, authorities=tmp_path / "none.pem")


def test_there_is_no_switch_to_leave_tls_unverified() -> None:
    with Client(ADDRESS) as client:
        pool = client._line._http._transport._pool  # type: ignore[attr-defined]  # httpx's own
    assert pool._ssl_context.verify_mode.name == "CERT_REQUIRED"
    assert pool._ssl_context.check_hostname is True


@pytest.mark.parametrize("name", ["..", ".", ""])
def test_an_id_that_would_lead_elsewhere_is_refused(name: str) -> None:
    script = Script(ALIVE)
    with script.client() as client, pytest.raises(InputError, match="made of dots"):
        client.searches.get(name)
    assert script.asked == []


@given(st.text(min_size=1).filter(lambda one: one not in {".", ".."}))
def test_any_id_stays_one_part_of_the_path(name: str) -> None:
    assert place("v1", "searches", name.encode("utf-8", "replace").decode()).count("/") == 3


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7.0),
        ("Sun, 22 Nov 2026 12:00:30 GMT", 30.0),
        ("Sun, 22 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-1", None),
    ],
)
def test_when_to_ask_again_is_read_in_both_its_forms(value: str, seconds: float | None) -> None:
    answer = httpx.Response(503, headers={"retry-after": value})
    assert retry_after(answer, now=datetime(2026, 11, 22, 12, tzinfo=UTC)) == seconds


@given(st.integers(1, 9), st.floats(0, 1), st.none() | st.integers(0, 90))
def test_no_wait_is_longer_than_was_allowed_nor_shorter_than_was_told(
    n: int, part: float, told: int | None
) -> None:
    retries = Retries(most=5, drawn=lambda low, high: low + part * (high - low))
    headers = {} if told is None else {"retry-after": str(told)}
    wait = retries.wait_s(n, problem(429, "quota-exceeded", headers=headers), acts=True)
    if n > 5 or (told is not None and told > retries.longest_s):
        assert wait is None
        return
    assert wait is not None
    assert (told or 0) <= wait <= retries.longest_s


def test_the_client_loads_neither_the_server_nor_a_model() -> None:
    heavy = "'fastapi', 'faiss', 'onnxruntime', 'sqlalchemy', 'numpy'"
    code = f"import sys, facegate.client.client; print([one for one in ({heavy}) if one in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603  our own
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (httpx.ReadTimeout("late"), "did not answer in time"),
        (httpx.ConnectError("refused"), "cannot be reached; nothing was sent"),
        (
            httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed"),
            "not trusted here; nothing was sent",
        ),
        (GONE, "broke off before it answered"),
    ],
)
def test_why_no_answer_came_is_said_in_one_sentence(error: Exception, words: str) -> None:
    with Script(error).client(most=0) as client, pytest.raises(Unreachable, match=words) as raised:
        client.service.alive()
    assert (raised.value.status, raised.value.__cause__) == (0, error)


JOB = {
    "id": "j", "kind": "enrollment", "state": "running", "done": 1, "total": 3, "said": "", "result": None,
    "created": "2026-11-22T12:00:00.00Z", "finished": None,
}  # fmt: skip


def test_a_job_is_waited_for_and_shown_as_it_goes_on() -> None:
    states = [JOB, {**JOB, "done": 2}, {**JOB, "done": 3, "state": "done"}]
    script, seen = Script(*(httpx.Response(200, json=one) for one in states)), list[int]()
    with script.client() as client:
        ended = client.jobs.wait("j", seen=lambda job: seen.append(job.done), every_s=1.5)
    assert (ended.state, seen, script.waited) == ("done", [1, 2, 3], [1.5, 1.5])


def test_waiting_ends_where_the_caller_said_and_the_job_goes_on() -> None:
    script = Script(httpx.Response(200, json=JOB))
    with script.client() as client, pytest.raises(Unreachable, match="running after 1 s") as raised:
        client.jobs.wait("j", every_s=2.0, at_most_s=1.0)
    assert (raised.value.reason, len(script.asked)) == ("still-running", 1)
