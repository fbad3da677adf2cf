"""An agency with everything in order: what a search needs before it can be allowed."""

from __future__ import annotations

import atexit
import hashlib
import shutil
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING

from facegate.audit.log import AuditLog
from facegate.gate.books import BOOKS
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.permits import issue
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.papers import file_paper
from facegate.gate.registers.setup import apply_setup, example_setup, read_setup
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from facegate.gate.search import Gate
    from facegate.request import Instrument

ORIGIN = "facegate.example/ready"
SET_UP_AT = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
USAGE_POLICY = b"Nobody searches without a case.\n"
RELEASE_FORM = b"Nothing is sold or passed on. Signed, Sgt. 1120\n"
REQUEST = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    incident_number="24-88121",
    offense_code="1201",
    offense_level="1",
    offense_nibrs="120",
    fact_narrative="Masked man at counter 3; the camera shows his face as he leaves.",
    suspicion="reasonable",
    purpose="criminal_investigation",
    duty_statement="Robbery unit, lead of the case",
    probe_role="suspect",
    requester="8841",
    agency="CO0160000",
    operator="77",
    approver="1120",
    on_behalf_of="self",
    source_address="10.4.1.7",
    channel="desk",
    setting="public",
    probe_source="cctv",
    probe_edited=False,
    sketch=False,
    first_amendment=False,
    gallery="dl",
    candidate_limit=20,
    release_form=hashlib.sha256(RELEASE_FORM).hexdigest(),
)
"""A request that passes, once `make_ready` has been called."""


def permit_for(gate: Gate, request: SearchRequest, probe: bytes) -> str:
    """Issue a permit without asking whether it may be issued: only the permit shall not be missing."""
    return issue(
        gate.ledger,
        request,
        probe_digest=hashlib.sha256(probe).hexdigest(),
        at=gate.clock(),
        random_bytes=gate.random_bytes,
    ).permit_id


def file_warrant(gate: Gate, paper: Instrument, *, case_number: str = "24-001234") -> None:
    """File a judicial paper for a case, as its clerk does: one that is only claimed counts as none."""
    file_paper(
        gate.ledger,
        agency="CO0160000",
        kind=paper.kind,
        case_number=case_number,
        court=paper.court,
        number=paper.number,
        issued=paper.issued,
        expires=paper.expires,
        filed_by="502",
        at=gate.clock(),
    )


def make_ready(ledger: Ledger, *, cases: tuple[str, ...] = ("24-001234",), setup: str = "") -> None:
    """Register the agency of the example setup, and its cases; the usage policy must be `USAGE_POLICY`."""
    with TemporaryDirectory() as folder:
        (Path(folder) / "usage-policy.txt").write_bytes(USAGE_POLICY)
        (Path(folder) / "release-form.txt").write_bytes(RELEASE_FORM)
        apply_setup(ledger, read_setup(setup or example_setup(), folder=Path(folder)), SET_UP_AT)
    for number in cases:
        register_case(
            ledger,
            agency="CO0160000",
            case_number=number,
            registered_by="502",
            offense_code="1201",
            opened_on="2026-11-19",
            at=SET_UP_AT,
        )


@cache
def ready_folder() -> Path:
    """Make log and ledger of a ready agency once; the folder goes with the process."""
    folder = Path(mkdtemp(prefix="facegate-ready-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    numbers = count()
    with (
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(
            folder / "ledger.db", log, BOOKS, random_bytes=lambda n: next(numbers).to_bytes(n)
        ) as ledger,
    ):
        make_ready(ledger)
    return folder


def copy_ready(folder: Path) -> None:
    """Put log and ledger of a ready agency into a folder that has none."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("log", "keys"):
        shutil.copytree(ready_folder() / name, folder / name, dirs_exist_ok=True)
    shutil.copy(ready_folder() / "ledger.db", folder / "ledger.db")
