"""A made-up Colorado pilot for tests of the registers: everything in order on the day of `NOW`."""

from __future__ import annotations

import atexit
import hashlib
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from facegate.audit.log import AuditLog
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.facts import look_up
from facegate.gate.registers.register_books import REGISTER_BOOKS
from facegate.gate.registers.setup import Setup, apply_setup, example_setup, read_setup
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.policy.facts import Facts

SET_UP = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
POLICE, DMV = "CO0160000", "CODMV0000"
POLICY = b"We search faces only as the law allows.\n"
FORM = "3a" * 32
REGISTERED = (
    "case_registered",
    "case_by_another",
    "case_number_fits",
    "offense_fits_case",
    "same_state",
    "shared",
)
FILED = (
    "release_form_on_file",
    "authority_on_file",
    "usage_policy_published",
    "audit_current",
    "notice_over",
)
OTHERS = ("policy_activated", "exigency_settled", "clock_forward")

REQUEST = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    purpose="criminal_investigation",
    requester="8841",
    agency=POLICE,
    operator="77",
    approver="1120",
    on_behalf_of="self",
    gallery="dl",
    release_form=FORM,
)


@cache
def setup_text() -> str:
    """Give the example with its two files stated by their digests."""
    text = example_setup().replace(
        'file = "usage-policy.txt"', f'digest = "{hashlib.sha256(POLICY).hexdigest()}"'
    )
    return text.replace('file = "release-form.txt"', f'digest = "{FORM}"')


def pilot_setup() -> Setup:
    return read_setup(setup_text())


@contextmanager
def opened(folder: Path) -> Iterator[Ledger]:
    """Open log and ledger as they stand."""
    with (
        AuditLog.open(folder / "log", origin="facegate.example/test") as log,
        Ledger.open(folder / "ledger.db", log, REGISTER_BOOKS, random_bytes=os.urandom) as ledger,
    ):
        yield ledger


DIGEST = re.findall(r'policy_digest = "([0-9a-f]{64})"', setup_text())[0]


@cache
def _made_once() -> Path:
    """Make the pilot once a run: each record is forced to the disk, and there are twenty of them."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with opened(folder) as ledger:
        apply_setup(ledger, pilot_setup(), SET_UP)
        open_case(ledger, "24-001234")
    return folder


@contextmanager
def pilot(folder: Path) -> Iterator[Ledger]:
    """Open a ledger with the pilot in it, and one case that the records clerk registered."""
    shutil.copytree(_made_once(), folder, dirs_exist_ok=True)
    with opened(folder) as ledger:
        yield ledger


def open_case(ledger: Ledger, number: str, *, by: str = "502", at: datetime = SET_UP) -> int:
    return register_case(
        ledger,
        agency=POLICE,
        case_number=number,
        registered_by=by,
        offense_code="1201",
        opened_on="2026-11-19",
        at=at,
    )


def facts(ledger: Ledger, *, now: datetime = NOW, policy: bytes | None = POLICY, **changes: Any) -> Facts:  # noqa: ANN401  fields of several types
    """Look the pilot's request up, with fields of it changed."""
    request = replace(REQUEST, **changes)

    return look_up(ledger, request, now, policy_digest=DIGEST, published_policy=policy)


def intent(
    ledger: Ledger, at: datetime, *, decision: str = "allowed", exigency_at: str = "", operator: str = "77"
) -> int:
    """Record a search the way the gate does, as far as registers read it."""
    public = {"agency": POLICE, "decision": decision, "gallery": "dl"}
    sealed = {
        "case_number": "24-001234",
        "requester": "8841",
        "approver": "1120",
        "operator": operator,
        "exigency_at": exigency_at,
    }
    return ledger.record("intent", at=at, public=public, sealed=sealed)


def hours(count: float) -> timedelta:
    return timedelta(hours=count)


def days(count: float) -> timedelta:
    return timedelta(days=count)
