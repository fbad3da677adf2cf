"""Every operation that the service publishes has a method, which asks it in the form that was published."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from client_room import Script
from jsonschema import Draft202012Validator
from ready_agency import REQUEST

from facegate.client.errors import Fault
from facegate.request import SearchRequest
from facegate.server.openapi import bare_app, description_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.client.client import Client

LEFT_OUT = {
    # Operations without a method, and why.
    "POST /api/v1/recognition/recognize": "for clients of CompreFace; here POST /v1/searches is asked",
    "GET /api/v1/recognition/recognize/{search_id}": "likewise; here GET /v1/searches/{search_id}",
}
ID = "01a2008d-7400-7000-8000-000000000009"
DAY = date(2026, 11, 22)
ITEM = "ab" * 32

CALLS: dict[str, Callable[[Client], object]] = {
    "GET /.well-known/facegate.json": lambda c: c.service.about(),
    "GET /livez": lambda c: c.service.alive(),
    "GET /readyz": lambda c: c.service.ready(),
    "GET /metrics": lambda c: c.service.metrics(),
    "GET /log/checkpoint": lambda c: c.log.checkpoint(),
    "GET /log/records/{index}": lambda c: c.log.record(7),
    "GET /log/tile/{path}": lambda c: c.log.tile("entries/000.p/12"),
    "GET /v1/receipts/{index}": lambda c: c.log.receipt(7),
    "GET /v1/account": lambda c: c.account.get(),
    "GET /v1/account/keys": lambda c: c.account.keys(),
    "POST /v1/account/keys": lambda c: c.account.make_key(),
    "DELETE /v1/account/keys/{key_id}": lambda c: c.account.revoke_key(ID),
    "PUT /v1/account/pass-phrase": lambda c: c.account.change_phrase(old="a", new="b"),
    "POST /v1/account/second-factor": lambda c: c.account.begin_second_factor(phrase="a"),
    "PUT /v1/account/second-factor": lambda c: c.account.confirm_second_factor(code="123456"),
    "GET /v1/account/sessions": lambda c: c.account.sessions(),
    "DELETE /v1/account/sessions/{session_id}": lambda c: c.account.end_session(ID),
    "GET /v1/accounts": lambda c: c.accounts.listed(),
    "POST /v1/accounts": lambda c: c.accounts.make("a", ["searcher"], officer="1", agency="CO0160000"),
    "GET /v1/accounts/{account_id}": lambda c: c.accounts.get(ID),
    "PUT /v1/accounts/{account_id}/in-force": lambda c: c.accounts.set_in_force(ID, in_force=False),
    "POST /v1/accounts/{account_id}/confirmation": lambda c: c.accounts.confirm(ID),
    "POST /v1/accounts/{account_id}/key-allowance": lambda c: c.accounts.allow_key(ID, days=30),
    "GET /v1/accounts/{account_id}/keys": lambda c: c.accounts.keys(ID),
    "POST /v1/accounts/{account_id}/keys": lambda c: c.accounts.issue_key(ID, days=30),
    "DELETE /v1/accounts/{account_id}/keys/{key_id}": lambda c: c.accounts.revoke_key(ID, ID),
    "POST /v1/accounts/{account_id}/reset": lambda c: c.accounts.reset(ID),
    "PUT /v1/accounts/{account_id}/roles": lambda c: c.accounts.set_roles(ID, ["auditor"]),
    "GET /v1/audits": lambda c: c.standing.audits(),
    "GET /v1/benchmarks": lambda c: c.benchmarks.listed(),
    "POST /v1/benchmarks": lambda c: c.benchmarks.start(b"protocol", b"data"),
    "GET /v1/benchmarks/{run}": lambda c: c.benchmarks.result(ID),
    "GET /v1/benchmarks/{run}/report.html": lambda c: c.benchmarks.report(ID),
    "GET /v1/cases": lambda c: c.cases.listed(agency="CO0160000", closed=True, limit=3),
    "POST /v1/cases": lambda c: c.cases.open("24-001234", "0901", opened_on=DAY),
    "GET /v1/cases/{record}": lambda c: c.cases.get(7),
    "POST /v1/cases/{record}/amendments": lambda c: c.cases.amend(7, offense_code="0902", reason="wrong"),
    "POST /v1/cases/{record}/case-files": lambda c: c.cases.make_file(7, recipient="Public defender"),
    "POST /v1/cases/{record}/closing": lambda c: c.cases.close(7),
    "POST /v1/cases/{record}/confirmation": lambda c: c.cases.confirm(7),
    "GET /v1/certificate": lambda c: c.standing.certificate(),
    "GET /v1/certificate/file": lambda c: c.standing.certificate_file(),
    "POST /v1/corrections/{correction}/notices": lambda c: c.leads.notify(7, mark="defense", day=DAY),
    "GET /v1/docket": lambda c: c.standing.docket(),
    "POST /v1/dossiers": lambda c: c.dossiers.ask(REQUEST, search_id=ID, rank=1, permit="p"),
    "POST /v1/dossiers/permits": lambda c: c.dossiers.approve(REQUEST, search_id=ID, rank=1),
    "GET /v1/enrollments": lambda c: c.enrollments.listed(),
    "POST /v1/enrollments": lambda c: c.enrollments.start("photos", b"zip"),
    "POST /v1/withdrawals": lambda c: c.enrollments.withdraw(["one"]),
    "GET /v1/jobs": lambda c: c.jobs.listed(),
    "GET /v1/jobs/{job}": lambda c: c.jobs.get(ID),
    "DELETE /v1/jobs/{job}": lambda c: c.jobs.cancel(ID),
    "POST /v1/limits/clearances": lambda c: c.limits.clear(ITEM, reason="seen"),
    "GET /v1/limits/waiting": lambda c: c.limits.waiting(),
    "GET /v1/misuse": lambda c: c.misuse.listed(agency="CO0160000", state="pending", before=9, limit=5),
    "POST /v1/misuse": lambda c: c.misuse.file("no-case", "What happened.", officer="1", searches=[ID]),
    "GET /v1/misuse/docket": lambda c: c.misuse.docket(),
    "POST /v1/misuse/docket/openings": lambda c: c.misuse.open_docket(),
    "POST /v1/misuse/statements": lambda c: c.misuse.file_statement(
        2025, opened=1, confirmed=0, cleared=1, pending=0, outcomes={"training": 1}
    ),
    "GET /v1/misuse/{number}": lambda c: c.misuse.get(7),
    "POST /v1/misuse/{number}/steps": lambda c: c.misuse.note(7, "Asked him."),
    "GET /v1/permits": lambda c: c.permits.listed(),
    "POST /v1/permits": lambda c: c.permits.issue(REQUEST, b"photo"),
    "GET /v1/permit-requests": lambda c: c.permit_requests.listed(),
    "POST /v1/permit-requests": lambda c: c.permit_requests.ask(REQUEST, b"photo"),
    "GET /v1/permit-requests/{ask}": lambda c: c.permit_requests.get(ID),
    "DELETE /v1/permit-requests/{ask}": lambda c: c.permit_requests.withdraw(ID),
    "POST /v1/permit-requests/{ask}/approval": lambda c: c.permit_requests.approve(ID),
    "GET /v1/permit-requests/{ask}/photo": lambda c: c.permit_requests.photo(ID),
    "POST /v1/permit-requests/{ask}/refusal": lambda c: c.permit_requests.send_back(ID, reason="r"),
    "GET /v1/policies": lambda c: c.policies.listed(),
    "POST /v1/policies/explain": lambda c: c.policies.explain(REQUEST, assumed=True),
    "GET /v1/policies/offenses": lambda c: c.policies.offenses(),
    "GET /v1/policies/{name}": lambda c: c.policies.get("co-dmv-2019"),
    "GET /v1/reports": lambda c: c.reports.listed(),
    "POST /v1/reports/verify": lambda c: c.reports.verify(b"{}"),
    "GET /v1/reports/{name}": lambda c: c.reports.make("searches", first_day=DAY, last_day=DAY, size=9),
    "GET /v1/reviews": lambda c: c.reviews.waiting(),
    "POST /v1/searches": lambda c: c.searches.ask(REQUEST, b"photo", permit="p"),
    "GET /v1/searches/{search_id}": lambda c: c.searches.get(ID),
    "POST /v1/searches/{search_id}/corrections": lambda c: c.leads.correct(
        ID, 1, reason="alibi", reference="r"
    ),
    "POST /v1/searches/{search_id}/corroborations": lambda c: c.leads.corroborate(
        ID, 1, evidence="dna", reference="r", day=DAY
    ),
    "POST /v1/searches/{search_id}/disclosures": lambda c: c.leads.disclose(
        ID, state="made", day=DAY, reference="r"
    ),
    "GET /v1/searches/{search_id}/images/probe": lambda c: c.reviews.probe(ID),
    "GET /v1/searches/{search_id}/images/{rank}": lambda c: c.reviews.candidate(ID, 2),
    "GET /v1/searches/{search_id}/notices": lambda c: c.leads.notices(ID),
    "POST /v1/searches/{search_id}/releases": lambda c: c.reviews.release(ID, to="1", to_agency="CO0160000"),
    "POST /v1/searches/{search_id}/reviews": lambda c: c.reviews.find(ID, {1: "agree", 2: "disagree"}),
    "GET /v1/searches/{search_id}/sheet": lambda c: c.reviews.sheet(ID),
    "GET /v1/tests": lambda c: c.tests.listed(),
    "POST /v1/tests": lambda c: c.tests.start("scores", b"csv"),
    "DELETE /v1/tests/{test}": lambda c: c.tests.delete(ID),
    "GET /v1/tests/{test}": lambda c: c.tests.get(ID),
    "GET /v1/tests/{test}/receipt": lambda c: c.tests.receipt(ID),
    "GET /v1/tests/{test}/report.html": lambda c: c.tests.report(ID),
    "GET /v1/tests/{test}/result.json": lambda c: c.tests.result(ID),
    "GET /v1/tests/{test}/scores.csv": lambda c: c.tests.scores(ID),
}
STEPS: dict[str, Callable[[Client], object]] = {
    "close": lambda c: c.misuse.close(7, "confirmed", "Seen.", outcome="warning", officer="1", suspend=True),
    "outcome": lambda c: c.misuse.set_outcome(7, "warning", outcome_text="In writing."),
    "reopen": lambda c: c.misuse.reopen(7, "New words."),
}

TOLD = description_of(bare_app())
OPERATIONS = {
    f"{method.upper()} {path}": operation
    for path, methods in TOLD["paths"].items()
    for method, operation in methods.items()
}


def asked_by(call: Callable[[Client], object]) -> httpx.Request:
    """Give the one request that a method sends."""
    script = Script(httpx.Response(500))
    with script.client() as client, pytest.raises(Fault):
        call(client)
    (request,) = script.asked
    return request


def test_every_operation_has_a_method_or_a_reason() -> None:
    assert set(CALLS) | set(LEFT_OUT) == set(OPERATIONS)
    assert not set(CALLS) & set(LEFT_OUT)


@pytest.mark.parametrize("name", sorted(set(CALLS) & set(OPERATIONS)))
def test_a_method_asks_its_operation_in_the_form_that_was_published(name: str) -> None:
    request = asked_by(CALLS[name])
    method, path = name.split(" ")
    pattern = re.sub(r"\\{path\\}", ".+", re.sub(r"\\{(?!path\\})\w+\\}", "[^/]+", re.escape(path)))
    assert request.method == method
    assert re.fullmatch(pattern, request.url.path), request.url.path
    demand_known_parameters(request, OPERATIONS[name])
    demand_published_body(request, OPERATIONS[name])


@pytest.mark.parametrize("step", sorted(STEPS))
def test_every_step_of_a_case_of_misuse_is_in_its_form(step: str) -> None:
    request = asked_by(STEPS[step])
    assert json.loads(request.content)["step"] == step
    demand_published_body(request, OPERATIONS["POST /v1/misuse/{number}/steps"])


@pytest.mark.parametrize("name", sorted(CALLS))
def test_an_operation_that_takes_a_key_is_sent_one_and_no_other_is(name: str) -> None:
    takes = {one["name"] for one in OPERATIONS[name].get("parameters", ())}
    sent = asked_by(CALLS[name]).headers.get("idempotency-key")
    assert (sent is not None) is ("Idempotency-Key" in takes)


def test_text_and_file_of_a_report_are_asked_for_by_what_is_accepted() -> None:
    text = asked_by(lambda c: c.reports.make_text("searches", first_day=DAY, last_day=DAY))
    file = asked_by(lambda c: c.reports.make_file("searches", first_day=DAY, last_day=DAY))
    assert (text.headers["accept"], file.headers["accept"]) == ("text/plain", "application/json")
    assert text.url == file.url


def test_a_report_is_sent_to_be_verified_byte_for_byte() -> None:
    request = asked_by(lambda c: c.reports.verify(b'{"b": 1,\n "a": 2}\n'))
    assert request.content == b'{"b": 1,\n "a": 2}\n'


def test_what_is_left_out_of_a_request_is_not_sent() -> None:
    request = asked_by(lambda c: c.policies.explain(SearchRequest("co-dmv-2019")))
    assert json.loads(request.content)["request"].keys() == {"profile", "action", "felony", "dossier_fields"}


def demand_known_parameters(request: httpx.Request, operation: dict[str, Any]) -> None:
    known = {one["name"]: one for one in operation.get("parameters", ()) if one["in"] == "query"}
    assert set(request.url.params) <= set(known)
    assert {name for name, one in known.items() if one["required"]} <= set(request.url.params)


def demand_published_body(request: httpx.Request, operation: dict[str, Any]) -> None:
    if "requestBody" not in operation:
        assert request.content == b""
        return
    kind = request.headers["content-type"].partition(";")[0]
    schema = operation["requestBody"]["content"][kind]["schema"]
    whole = {**schema, "components": TOLD["components"]}
    if kind == "application/json":
        Draft202012Validator(whole).validate(json.loads(request.content))
        return
    parts = set(re.findall(rb'form-data; name="(\w+)"', request.content))
    name = schema["$ref"].rpartition("/")[2]
    assert {one.decode() for one in parts} == set(TOLD["components"]["schemas"][name]["properties"])
