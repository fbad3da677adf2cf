"""An agency's home with two cases on its log, every kind of search in the first: for tests of a case file."""

from __future__ import annotations

import atexit
import hashlib
import io
import shutil
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from certified import KEY, a_file
from PIL import Image
from ready_agency import ORIGIN, REQUEST
from review_room import (
    CHIEF,
    FIRST,
    PROSECUTOR,
    REGISTER,
    SECOND,
    evidence,
    found,
    fresh,
    opened,
    released,
    told,
)
from skimage import data as skimage_data
from test_search import IN_FORCE, a_gate, ask

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.signed.notes import VerifierKey
from facegate.errors import VerificationError
from facegate.gate.books import BOOKS
from facegate.gate.home import Home
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.late import enter_late
from facegate.gate.registers.people import register_officer
from facegate.gate.review.correction import correct
from facegate.oversight.case_file import offline_verifier
from facegate.oversight.case_file.archive import pack, unpack
from facegate.oversight.case_file.check import check_case_file
from facegate.oversight.case_file.export import ExportedCase, export_case
from facegate.oversight.case_file.manifest import MANIFEST, NOTE, parse_manifest, sign_manifest
from facegate.oversight.recording.demographics import record_demographics

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.gate.search import Gate

AGENCY, CASE = "CO0160000", "24-001234"
OTHER_CASE, OTHER_OFFICER, OTHER_PERSON = "24-007777", "5566", "person-of-another-case"
OTHER_FACTS = "A matter that belongs to nobody else"
AT = datetime(2026, 11, 22, 15, 0, tzinfo=UTC)


def portrait(*, mirrored: bool = False) -> bytes:
    """One face, as a file; mirrored it is another probe of the same face."""
    pixels = skimage_data.astronaut()[:300, 80:380]
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, ::-1] if mirrored else pixels).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def _made() -> Path:
    """Make the home once; the folder goes with the process."""
    folder = Path(mkdtemp(prefix="facegate-case-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    with patch("os.fsync"), a_gate(folder, 0.1, 0.3, 0.53, 0.9) as gate:
        _other_case(gate)
        _searches(gate)
    home = Home(folder)
    home.issuers.mkdir()
    (home.issuers / f"{KEY.issuer.key_id}.pub").write_text(KEY.issuer.line())
    assert IN_FORCE.certificate is not None
    home.certificate.write_bytes(a_file(IN_FORCE.certificate))
    LogKeys.create(home.keys, ORIGIN, random_bytes=lambda n: bytes(range(n)))
    return folder


def _other_case(gate: Gate) -> None:
    """Search in a case that must not show in the first one's file, by somebody who asks nothing in it."""
    at = gate.clock()
    register_officer(
        gate.ledger,
        agency=AGENCY,
        officer=OTHER_OFFICER,
        role="investigator",
        unit="Fraud",
        trained_until="2027-11-22",
        at=at,
    )
    register_case(
        gate.ledger,
        agency=AGENCY,
        case_number=OTHER_CASE,
        registered_by="502",
        offense_code="1201",
        opened_on="2026-11-19",
        at=at,
    )
    request = replace(REQUEST, case_number=OTHER_CASE, requester=OTHER_OFFICER, fact_narrative=OTHER_FACTS)
    ask(gate, request, portrait(mirrored=True))
    sealed = {
        "case_number": OTHER_CASE,
        "subject_id": OTHER_PERSON,
        "supervisor": "1120",
        "reason": "shown often",
    }
    gate.ledger.record(
        "clearance", at=gate.clock(), public={"agency": AGENCY, "what": "subject"}, sealed=sealed
    )


def _searches(gate: Gate) -> None:
    """Search with candidates, refused, with nobody found; enter one late; review, release, corroborate."""
    reply = ask(gate, REQUEST, portrait())
    gate.search(REQUEST, portrait())  # without a permit
    gate.search(replace(REQUEST, case_number=f" {CASE}"), portrait())  # mistyped: refused, and of this case
    late = {
        "agency": AGENCY,
        "case_number": CASE,
        "searched_by": "8841",
        "searched_at": "2026-11-21T08:00:00Z",
        "entered_by": "502",
        "asked_by_way_of": "telephone",
        "purpose": "criminal_investigation",
        "found": "nobody",
        "reason": "The terminal was down.",
    }
    ledger, one = gate.ledger, reply.search_id
    enter_late(ledger, **late, at=gate.clock())
    minutes = (AT - timedelta(hours=2) + timedelta(minutes=n) for n in count())
    opened(ledger, one, FIRST, SECOND, at=next(minutes))
    found(ledger, one, FIRST, "agree", "disagree", at=next(minutes))
    found(ledger, one, SECOND, "agree", "inconclusive", at=next(minutes))
    released(ledger, one, at=next(minutes))
    evidence(ledger, one, at=next(minutes))
    told(ledger, one, by=PROSECUTOR, at=next(minutes))
    record_demographics(
        ledger,
        search_id=one,
        of="probe",
        sex="female",
        race="not_known",
        age_band="25_34",
        by="8841",
        by_agency=AGENCY,
        at=next(minutes),
    )
    correct(
        ledger, REGISTER, one, rank=1, reason="was_elsewhere", reference="A-1", by=CHIEF, at=next(minutes)
    )


def a_home(folder: Path) -> Home:
    """Give a test a home of its own."""
    shutil.copytree(_made(), folder / "home")
    return Home(folder / "home")


@contextmanager
def open_case(home: Home) -> Iterator[Ledger]:
    """Open log and ledger of a home."""
    numbers = count(1)
    with (
        patch("os.fsync"),
        AuditLog.open(home.log, origin=ORIGIN) as log,
        Ledger.open(home.ledger, log, BOOKS, random_bytes=partial(fresh, log, numbers)) as ledger,
    ):
        yield ledger


def exported(home: Home, **changes: Any) -> ExportedCase:  # noqa: ANN401  any option
    """Export the first case."""
    keys = home.log_keys()
    assert keys is not None
    options: dict[str, Any] = {"agency": AGENCY, "number": CASE, "keys": keys, "clock": lambda: AT}
    with open_case(home) as ledger:
        return export_case(ledger, home, **{**options, **changes})


@cache
def case_file() -> bytes:
    """Export the first case once."""
    with TemporaryDirectory() as folder:
        return exported(a_home(Path(folder))).data


def log_key() -> str:
    """Give the published key of the log."""
    keys = LogKeys.read(_made() / "keys")
    assert keys is not None
    return keys.vkeys[0].line()


def forged(change: Callable[[dict[str, bytes]], object], **about: Any) -> bytes:  # noqa: ANN401  any field
    """Change files of the case file and sign the new list: as whoever holds the log's key could."""
    files = unpack(case_file())
    manifest, keys = parse_manifest(files.pop(MANIFEST)), LogKeys.read(_made() / "keys")
    del files[NOTE]
    change(files)
    listed = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
    assert keys is not None
    manifest = replace(manifest, **{"files": listed, **about})
    note = sign_manifest(manifest, keys.signers, at=AT)
    return pack({**files, MANIFEST: manifest.encode(), NOTE: note})


def offline(data: bytes, *keys: str) -> str:
    """Ask the offline verifier: the line of the check that fails; empty if none does."""
    said: list[str] = []
    passed = offline_verifier.check(data, list(keys), said.append)
    failed = [line for line in said if line.startswith("FAIL")]
    assert passed == (not failed)
    return "".join(failed)


def within(data: bytes, *keys: str) -> str:
    """Ask the package's own checks: why the file is refused; empty if it is not."""
    try:
        check_case_file(data, keys=tuple(map(VerifierKey.from_line, keys)))
    except VerificationError as error:
        return str(error)
    return ""
