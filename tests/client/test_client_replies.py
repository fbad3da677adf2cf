"""The client's forms of reply are those that the service publishes: field by field, type by type."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from facegate.client.replies import (
    accounts,
    agency,
    jobs,
    misuse,
    permit_requests,
    policies,
    port,
    reply,
    reports,
    reviewing,
    searching,
    service,
)
from facegate.server.openapi import bare_app, description_of

TOLD = description_of(bare_app())
SCHEMAS: dict[str, Any] = TOLD["components"]["schemas"]
MODULES = (
    accounts, agency, jobs, misuse, permit_requests, policies, port, reply, reports, reviewing, searching,
    service,
)  # fmt: skip
API = "facegate__server__api__"
FORMS: dict[str, type[reply.Reply]] = {
    "AboutReply": service.About,
    "AccountReply": accounts.Account,
    "Alive": service.Alive,
    "AskedLine": permit_requests.AskedForLine,
    "AskedList": permit_requests.AskedForList,
    "AskedReply": permit_requests.AskedFor,
    "AskedWhole": permit_requests.AskedForWhole,
    "AuditReply": agency.Audit,
    "AuditsReply": agency.Audits,
    "CandidateReply": searching.Candidate,
    "CaseOpened": misuse.MisuseCaseOpened,
    "CaseWithSteps": misuse.MisuseCaseWithSteps,
    "CertificateReply": agency.Certificate,
    "CertifiedReply": agency.Certified,
    "ClearedReply": agency.Cleared,
    "DocketOpened": misuse.OversightDocketOpened,
    "DossierReply": reviewing.Dossier,
    "DueReply": agency.Due,
    "ExplainReply": policies.Explained,
    "FailedReply": policies.FailingRule,
    "GroupTotals": port.GroupTotals,
    "HeldReply": reports.ReportChecked,
    "IssuedReply": accounts.IssuedKey,
    "JobList": jobs.Jobs,
    "JobReply": jobs.Job,
    "KeyReply": accounts.ApiKey,
    "KindList": reports.ReportKinds,
    "KindReply": reports.ReportKind,
    "LawDigest": service.LawDigest,
    "LawList": policies.Laws,
    "LawReply": policies.Law,
    "LawWithRules": policies.LawWithRules,
    "LogPlace": service.LogAddresses,
    "LogReply": reports.ReportLog,
    "MadeReply": accounts.MadeAccount,
    "MissingReply": policies.MissingFact,
    "ModelReply": searching.Model,
    "OffenseList": policies.Offenses,
    "OffenseReply": policies.Offense,
    "OwedList": reviewing.OwedNotices,
    "OwedReply": reviewing.OwedNotice,
    "PeriodReply": reports.ReportPeriod,
    "PermitLine": searching.PermitLine,
    "PermitList": searching.Permits,
    "PermitReply": searching.Permit,
    "QuorumReply": service.Quorum,
    "Ready": service.Ready,
    "Recorded": reply.Recorded,
    "ReleaseReply": reviewing.Released,
    "ReportReply": reports.Report,
    "RunList": jobs.BenchmarkRuns,
    "RunReply": jobs.BenchmarkRun,
    "SearchReply": searching.Search,
    "SeedReply": accounts.Seed,
    "SessionReply": accounts.Session,
    "SheetLine": reviewing.SheetLine,
    "SheetReply": reviewing.Sheet,
    "StepRecorded": misuse.MisuseStepRecorded,
    "StepReply": misuse.MisuseStep,
    "TableReply": reports.ReportTable,
    "TestList": port.PortTests,
    "TestReply": port.PortTest,
    "Tested": port.Tested,
    "ThresholdReply": searching.ThresholdInForce,
    "Totals": port.Totals,
    "WithdrawalReply": jobs.Withdrawn,
    "WitnessReply": service.Witness,
    f"{API}cases__CaseList": agency.Cases,
    f"{API}cases__CaseReply": agency.Case,
    f"{API}limits__WaitingList": agency.WaitingItems,
    f"{API}limits__WaitingReply": agency.WaitingItem,
    f"{API}misuse__CaseList": misuse.MisuseCases,
    f"{API}misuse__CaseReply": misuse.MisuseCase,
    f"{API}misuse__DocketReply": misuse.OversightDocket,
    f"{API}misuse__FindingReply": misuse.OversightFinding,
    f"{API}policies__RuleReply": policies.Rule,
    f"{API}reviews__FindingReply": reviewing.Finding,
    f"{API}reviews__WaitingList": reviewing.WaitingReviews,
    f"{API}reviews__WaitingReply": reviewing.WaitingReview,
    f"{API}search_reply__RatesReply": searching.Rates,
    f"{API}search_reply__ReceiptReply": searching.SearchReceipt,
    f"{API}search_reply__RuleReply": searching.RefusingRule,
    f"{API}standing__DocketReply": agency.Docket,
    f"{API}standing__RatesReply": searching.Rates,
    f"{API}tests_made__ReceiptReply": port.PortReceipt,
}
WORDS = {"Role": {"type": "string"}}
"""Published as lists of words; here plain text, so that a newer service's word does no harm."""


def answered() -> set[str]:
    """Names of every form in which a 2xx may be answered, those within others included."""
    found: set[str] = set()
    for path, methods in TOLD["paths"].items():
        if path.startswith("/api/"):  # CompreFace's form: no method answers in it
            continue
        for operation in methods.values():
            told = {code: one for code, one in operation["responses"].items() if code.startswith("2")}
            _names(told, found)
    return {name for name in found if SCHEMAS[name].get("type") == "object"}


def _names(value: object, found: set[str]) -> None:
    if isinstance(value, list):
        for one in value:
            _names(one, found)
    if not isinstance(value, dict):
        return
    name = str(value.get("$ref", "")).rpartition("/")[2]
    if name in SCHEMAS and name not in found:
        found.add(name)
        _names(SCHEMAS[name], found)
    for one in value.values():
        _names(one, found)


def plain(schema: Any, held: dict[str, Any]) -> Any:  # noqa: ANN401  JSON
    """Give a schema without words for people, every reference written out."""
    if isinstance(schema, list):
        return sorted((plain(one, held) for one in schema), key=lambda one: json.dumps(one, sort_keys=True))
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return WORDS.get(name) or plain(held[name], held)
    left_out = {"title", "description", "default", "$defs"}
    return {
        name: {field: plain(one, held) for field, one in value.items()}
        if name == "properties"
        else plain(value, held)
        for name, value in schema.items()
        if name not in left_out
    }


@pytest.mark.parametrize("name", sorted(answered()))
def test_a_reply_has_the_form_that_was_published(name: str) -> None:
    own = TypeAdapter(FORMS[name]).json_schema(mode="serialization")
    assert plain(own, own.get("$defs", {})) == plain(SCHEMAS[name], SCHEMAS)


def test_no_form_stands_for_a_reply_that_is_none() -> None:
    assert set(FORMS) == answered()


def test_every_form_has_words_for_people() -> None:
    forms = [one for module in MODULES for one in vars(module).values() if isinstance(one, type)]
    bare = [one for one in forms if issubclass(one, reply.Reply) and not one.__dict__.get("__doc__")]
    assert bare == []


def test_what_a_newer_service_adds_is_left_out() -> None:
    assert reply.Recorded.model_validate_json('{"record": 7, "newer": true}').model_dump() == {"record": 7}


@pytest.mark.parametrize("text", ["{}", '{"record": "7"}', '{"record": null}', "[]", "<html>"])
def test_what_is_missing_or_of_another_type_is_not_guessed(text: str) -> None:
    with pytest.raises(ValidationError, match="Recorded"):
        reply.Recorded.model_validate_json(text)


def test_no_secret_is_in_what_is_printed_or_raised() -> None:
    seed = accounts.Seed(secret="JBSWY3DP", uri="otpauth://totp/x?secret=JBSWY3DP")  # noqa: S106  made up
    assert "JBSWY3DP" not in repr(seed)
    assert "JBSWY3DP" not in str(seed)
    with pytest.raises(ValidationError) as raised:
        accounts.Seed.model_validate_json('{"secret": "JBSWY3DP", "uri": ["JBSWY3DP"]}')
    assert "JBSWY3DP" not in str(raised.value)
