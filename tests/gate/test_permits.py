"""Permits: bound to everything that was approved, good for one search, and not for long."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from facegate.audit.log import AuditLog
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.permits import PermitBook, issue, permit_holds, permits_issued, refuse
from facegate.records import FailedRule
from facegate.request import Action, SearchRequest

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ORIGIN = "facegate.example/permits"
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
PROBE = "9f" * 32
REQUEST = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    requester="8841",
    approver="1120",
    agency="CO0160000",
    on_behalf_of="self",
    gallery="dl",
)


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


@pytest.mark.parametrize(
    "change",
    [
        {"case_number": "24-001235"},
        {"requester": "8842"},
        {"approver": "1121"},
        {"agency": "CO0160001"},
        {"on_behalf_of": "DCICE0100"},
        {"profile": "co-dmv-2019-strict"},
        {"offense_code": "1202"},
        {"gallery": "mugshot"},
        {"action": Action.DOSSIER},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_permit_holds_for_nothing_else(tmp_path: Path, change: dict[str, Any]) -> None:
    with a_ledger(tmp_path) as ledger:
        assert not holds(ledger, issued(ledger), replace(REQUEST, **change))


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
