"""Permits: bound to everything that was approved, good for one search, and not for long."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from facegate.audit.log import AuditLog
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.permits import PermitBook, issue, permit_holds, permits_issued, refuse
from facegate.records import FailedRule
from facegate.request import Action, Exigency, Instrument, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "facegate.example/permits"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROBE = "9f" * 32
WARRANT = Instrument("warrant", "Denver District Court", "26CV1", "2026-11-20", "2026-12-20")
EMERGENCY = Exigency("a child was taken", "1120", "2026-11-22T03:20:11Z")
REQUEST = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    requester="8841",
    approver="1120",
    agency="CO0160000",
    on_behalf_of="self",
    operator="77",
    gallery="dl",
    purpose="criminal_investigation",
    probe_role="suspect",
    probe_source="cctv",
    channel="desk",
    setting="public",
    candidate_limit=5,
    source_address="10.4.1.7",
    instrument=WARRANT,
    exigency=EMERGENCY,
)
ANOTHER: dict[str, Any] = {
    "profile": "co-dmv-2019-strict",
    "action": Action.CROSS_JURISDICTION,
    "case_number": "24-001235",
    "incident_number": "24-001234-2",
    "offense_code": "1202",
    "offense_level": "2",
    "offense_nibrs": "120",
    "felony": True,
    "charge_citation": "C.R.S. 18-4-203",
    "fact_narrative": "He was seen running.",
    "suspicion": "reasonable",
    "instrument": replace(WARRANT, number="26CV2"),
    "exigency": replace(EMERGENCY, at="2026-11-22T05:20:11Z"),
    "purpose": "identify_witness",
    "duty_statement": "Somebody else's duty",
    "probe_role": "witness",
    "requester": "8842",
    "agency": "CO0160001",
    "operator": "78",
    "approver": "1121",
    "on_behalf_of": "DCICE0100",
    "channel": "live",
    "setting": "protest",
    "probe_source": "social_media",
    "probe_edited": False,
    "sketch": False,
    "first_amendment": False,
    "gallery": "mugshot",
    "candidate_limit": 1000,
    "dossier_fields": ("name",),
    "release_form": "3b" * 32,
}


@contextmanager
def a_ledger(folder: Path) -> Iterator[Ledger]:
    numbers = count()

    def random_bytes(n: int) -> bytes:
        return next(numbers).to_bytes(n)

    with (
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, [PermitBook()], random_bytes=random_bytes) as ledger,
    ):
        yield ledger


def issued(ledger: Ledger, request: SearchRequest = REQUEST) -> str:
    permit = issue(ledger, request, probe_digest=PROBE, at=NOW, random_bytes=bytes)
    return permit.permit_id


def use(ledger: Ledger, permit: str, *, decision: str = "allowed") -> None:
    public: dict[str, Any] = {"decision": decision, "search_id": "s"}
    ledger.record("intent", at=NOW, public=public, sealed={"permit_id": permit})


def holds(
    ledger: Ledger,
    permit: str,
    request: SearchRequest = REQUEST,
    *,
    probe: str = PROBE,
    later: timedelta = timedelta(0),
) -> bool:
    return permit_holds(ledger, permit, request, probe_digest=probe, now=NOW + later)


def test_a_permit_holds_for_what_it_was_issued_for(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        assert holds(ledger, issued(ledger))


def test_every_field_of_a_request_is_tried() -> None:
    assert {*ANOTHER, "source_address"} == {one.name for one in fields(SearchRequest)}


@pytest.mark.parametrize("name", sorted(ANOTHER))
def test_a_permit_holds_for_nothing_else(tmp_path: Path, name: str) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
        assert not holds(ledger, permit, replace(REQUEST, **{name: ANOTHER[name]}))
        assert holds(ledger, permit)


@pytest.mark.parametrize(
    "name", sorted(one.name for one in fields(SearchRequest) if getattr(REQUEST, one.name) is not None)
)
def test_leaving_a_field_out_afterwards_is_another_request(tmp_path: Path, name: str) -> None:
    nothing: Any = () if name == "dossier_fields" else None
    left_out = replace(REQUEST, felony=True, dossier_fields=("name",))
    with a_ledger(tmp_path) as ledger:
        held = holds(ledger, issued(ledger, left_out), replace(left_out, **{name: nothing}))
    assert held is (name == "source_address")


@pytest.mark.parametrize("name", [one.name for one in fields(Instrument)])
def test_a_permit_by_one_warrant_holds_under_no_other(tmp_path: Path, name: str) -> None:
    with a_ledger(tmp_path) as ledger:
        other = replace(REQUEST, instrument=replace(WARRANT, **{name: "another"}))
        assert not holds(ledger, issued(ledger), other)


@pytest.mark.parametrize("name", [one.name for one in fields(Exigency)])
def test_a_permit_in_one_emergency_holds_in_no_other(tmp_path: Path, name: str) -> None:
    with a_ledger(tmp_path) as ledger:
        other = replace(REQUEST, exigency=replace(EMERGENCY, **{name: "another"}))
        assert not holds(ledger, issued(ledger), other)


def test_a_permit_holds_at_another_terminal(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        assert holds(ledger, issued(ledger), replace(REQUEST, source_address="10.4.1.8"))


def test_no_two_claims_run_together(tmp_path: Path) -> None:
    one = replace(REQUEST, case_number="24-1", incident_number="2")
    other = replace(REQUEST, case_number="24-", incident_number="12")
    with a_ledger(tmp_path) as ledger:
        assert not holds(ledger, issued(ledger, one), other)


def test_half_a_surrogate_pair_is_bound_like_any_other_claim(tmp_path: Path) -> None:
    odd = replace(REQUEST, fact_narrative="\ud800")
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger, odd)
        assert holds(ledger, permit, odd)
        assert not holds(ledger, permit, replace(odd, fact_narrative="\ud801"))


@pytest.mark.parametrize(
    "bound_to",
    ["", "co-dmv-2019\nimageComparison\nCO0160000\nself\n24-001234\n1201\n8841\n1120\ndl\n" + "9f" * 32],
    ids=["none", "the form before this one"],
)
def test_a_permit_that_binds_less_holds_for_nothing(tmp_path: Path, bound_to: str) -> None:
    sealed = {"permit_id": "old", "bound_to": bound_to}
    with a_ledger(tmp_path) as ledger:
        ledger.record("permit", at=NOW, public={"expires": "2026-11-23T12:00:00.00Z"}, sealed=sealed)
        assert [one.permit_id for one in permits_issued(ledger)] == ["old"]
        assert not holds(ledger, "old")


def test_a_permit_holds_for_no_other_photo(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        assert not holds(ledger, issued(ledger), probe="9e" * 32)


@pytest.mark.parametrize("name", ["", "none", "' OR 1=1 --"])
def test_a_permit_that_was_not_issued_holds_for_nothing(tmp_path: Path, name: str) -> None:
    with a_ledger(tmp_path) as ledger:
        issued(ledger)
        assert not holds(ledger, name)


def test_a_permit_expires_to_the_moment(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
        assert holds(ledger, permit, later=timedelta(hours=24) - timedelta(milliseconds=10))
        assert not holds(ledger, permit, later=timedelta(hours=24))


def test_a_permit_is_used_once(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
        use(ledger, permit)
        assert not holds(ledger, permit)
        assert permits_issued(ledger)[0].used_by == 1


def test_a_refused_search_does_not_use_its_permit_up(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
        use(ledger, permit, decision="refused")
        assert holds(ledger, permit)


def test_a_used_permit_is_used_after_the_ledger_was_made_again(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
        use(ledger, permit)
    (tmp_path / "ledger.db").unlink()
    with a_ledger(tmp_path) as ledger:
        assert not holds(ledger, permit)


def test_a_permit_tells_the_public_neither_case_nor_officer_nor_photo(tmp_path: Path) -> None:
    with a_ledger(tmp_path) as ledger:
        permit = issued(ledger)
    text = (tmp_path / "log" / "entries").read_text(encoding="latin-1")
    assert not [secret for secret in ("24-001234", "8841", "1120", PROBE, permit) if secret in text]


def test_a_refused_permit_is_a_record_with_its_rules(tmp_path: Path) -> None:
    rule = FailedRule("FG-APPROVER", "Nobody approved.", "facegate gate rule", "2026-11-22 checked")
    with a_ledger(tmp_path) as ledger:
        seq = refuse(ledger, replace(REQUEST, agency="not an ORI"), (rule,), at=NOW)
        entry, opening = next(ledger.log.read(seq))
    assert entry.kind == "permit-refused"
    assert entry.public["rules"] == ["FG-APPROVER"]
    assert entry.public["agency"] == ""
    assert opening is not None
    assert opening.values["approver"] == "1120"
