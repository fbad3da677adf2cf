"""The agency's folder for ``service.py``: everything in order, drawn people enrolled, each search approved.

Caps and rates are raised out of the way, the certificate vouches for nothing: see ``service.py``.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import secrets
import sys
from contextlib import closing
from dataclasses import asdict, dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import skimage.data
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from PIL import Image

from facegate.audit.keys.log_keys import LogKeys
from facegate.datasets.populations import demo_population
from facegate.datasets.registry import open_dataset
from facegate.errors import UnusablePhoto
from facegate.evaluation.certificates.certificate import certify
from facegate.evaluation.certificates.file import sign
from facegate.evaluation.certificates.keys import IssuerKey
from facegate.evaluation.result import BenchmarkResult
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.intake.workers import IntakeWorkers
from facegate.faces.photo import only_face
from facegate.gallery.gallery import Gallery
from facegate.gate.adopting import put_in_force
from facegate.gate.books import open_ledger
from facegate.gate.home import LOG_ORIGIN
from facegate.gate.limits.config import Limits
from facegate.gate.naming_keys import name_keys
from facegate.gate.permits import issue
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.conditions import USAGE_POLICY_FILE
from facegate.gate.registers.people import register_officer
from facegate.gate.registers.setup import apply_setup, example_setup, read_setup
from facegate.request import SearchRequest
from facegate.server.config import read_config
from facegate.server.database.connect import open_database
from facegate.server.desk import open_service_desk
from facegate.server.identity.identity import open_identity
from facegate.server.identity.roles import Role
from facegate.settings import Settings
from facegate.templates import TEXT_COLUMNS, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.gate.home import Home
    from facegate.gate.ledger.ledger import Ledger

SEED = 20_261_122
PART_ROWS = 16_384
OFFICERS = 16
CASES = 100
FACES_ENROLLED = 60  # so that some searches find somebody
MOST_OF_ONE_FACE = 600
MOST = 1_000_000  # of any cap
POLICE = "CO0160000"
USAGE_POLICY = b"Nobody searches without a case.\n"
RELEASE_FORM = b"Nothing is sold or passed on.\n"
RESULTS = Path(__file__).parent.parent / "results"


@dataclass(frozen=True)
class Asked:
    """One search that may be made: whose, of which photo, under which permit."""

    key: str
    photo: Path
    request: bytes


def the_photos(folder: Path, needed: int) -> list[Path]:
    """Give real photos: LFW's, one a person first; or changed copies of the one that is in scikit-image."""
    settings = Settings.from_environment()
    if settings.data is not None:
        photos = _of_lfw(settings)
        print(f"Probes: LFW, {min(needed, len(photos)):,} photos of 250 x 250 pixels.")
        return photos
    if needed > MOST_OF_ONE_FACE:
        sys.exit(
            f"{needed:,} searches need real photos: set FACEGATE_DATA, or ask for fewer (--searches 20); "
            "copies of one photo are variants of one probe, and counting them is another measurement"
        )
    print("Probes: copies of one photo of scikit-image's, 300 x 300 pixels: all variants of one probe.")
    return [_copy_of_one_face(folder, number) for number in range(64)]


def _of_lfw(settings: Settings) -> list[Path]:
    """Give LFW's photos in a drawn order, the first one of each person before everybody's second."""
    photos = list(open_dataset("lfw", settings).photos)
    random.Random(SEED).shuffle(photos)  # noqa: S311  drawn, no secret
    first = {photo.subject_id: photo.path for photo in reversed(photos)}
    paths = list(first.values())
    known = set(paths)
    return [*paths, *(photo.path for photo in photos if photo.path not in known)]


def _copy_of_one_face(folder: Path, number: int) -> Path:
    side, quality = 280 + number % 8, 95 - number // 8
    image = Image.fromarray(skimage.data.astronaut()[:300, 80:380]).resize((side, side))
    path, buffer = folder / f"probe-{number}.jpg", io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    path.write_bytes(buffer.getvalue())
    return path


def fill_gallery(home: Home, people: int, photos: Sequence[Path]) -> None:
    """Enroll drawn people in the real network's space, and the faces of some photos."""
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    drawn = demo_population(people, SEED, photos_per_subject=1)
    with Gallery.create(home.gallery, embedder.info) as gallery:
        gallery.enroll(drawn.draw_parts(PART_ROWS, embedder=embedder.info))
        gallery.enroll(iter(faces(embedder, photos[: 3 * FACES_ENROLLED : 3])))


def faces(embedder: DlibEmbedder, photos: Sequence[Path]) -> Iterator[TemplateSet]:
    """Make a template of each photo that shows one face; whoever it shows is named by the photo's place."""
    origin = Origin("speed", "ab" * 32, synthetic=False, tool_version=tool_version())
    for number, path in enumerate(photos):
        try:
            chip = only_face(path.read_bytes(), fallback=False).chip
        except UnusablePhoto:
            continue
        name = np.array([f"photo-{number}"], dtype=np.object_)
        columns: dict[str, Any] = dict.fromkeys(TEXT_COLUMNS, name)
        columns["failure"] = np.array([""], dtype=np.object_)
        quality, vectors = np.ones(1, dtype=np.float32), embedder.embed(chip[None])
        yield TemplateSet(embedder.info, origin, **columns, quality=quality, vectors=vectors)


def make_agency(home: Home, people: int, photos: Sequence[Path], n: int, port: int) -> list[Asked]:
    """Put everything in order that the law asks for, and approve each search to come."""
    now = datetime.now(tz=UTC)
    (home.folder / USAGE_POLICY_FILE).write_bytes(USAGE_POLICY)
    home.limits.write_text("".join(f"{name} = {value}\n" for name, value in caps().items()))
    rates = "".join(f"{name}_minute = {MOST}\n" for name in ("address", "account", "heavy", "logins"))
    (home.folder / "server.toml").write_text(f"port = {port}\n[rate_limits]\n{rates}")
    certify_gallery(home, people, now)
    log_keys = LogKeys.create(home.keys, LOG_ORIGIN, random_bytes=secrets.token_bytes)
    with open_ledger(home) as ledger:
        name_keys(ledger, log_keys, now)
        register(ledger, home.folder, now)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    with IntakeWorkers.start(1) as intake, open_service_desk(home, embedder) as desk:
        config = read_config(home)
        with closing(open_identity(desk, open_database(config.database), config)) as identity:
            keys = []
            for number in range(OFFICERS):
                officer = officer_id(number)
                made = identity.accounts.make(
                    f"searcher-{number}", {Role.SEARCHER}, by="setup", officer=officer, agency=POLICE
                )
                keys.append(identity.keys.issue(made.account, days=30, by="setup").secret)
        # Without waiting for the disk: it is not what is measured.
        with patch.object(os, "fsync", lambda _: None):
            return [
                _approved(desk.ledger, intake, number, photos[number % len(photos)], keys)
                for number in range(n)
            ]


def caps() -> dict[str, int]:
    """Raise every cap out of the way, but how many variants of one probe are searched: 1,000."""
    kept = {"window_days", "approach_margin_per_mille", "variants", "permit_hours"}
    raised = {one.name: MOST for one in fields(Limits) if one.name not in kept}
    return {**raised, "variants": 1_000, "permit_hours": 72}


def certify_gallery(home: Home, people: int, now: datetime) -> None:
    """Put a certificate in force that no laboratory signed: the published run's, for a gallery this large."""
    text = (RESULTS / "lfw" / "result.json").read_text(encoding="utf-8")
    key = IssuerKey("nobody.example/speed", Ed25519PrivateKey.generate())
    made = certify(
        BenchmarkResult.from_json(text, name="result.json"),
        "fmr-1e-4",
        result_digest=hashlib.sha256(text.encode()).hexdigest(),
        issuer=key.issuer,
        issued_on=now.date(),
    )
    if made.searches is None:
        sys.exit("the published run of LFW has no searches")
    large = replace(made, searches=replace(made.searches, gallery_size=people + FACES_ENROLLED))
    put_in_force(sign(large, key).text().encode(), home, issuer=key.issuer, now=now, name="the certificate")


def register(ledger: Ledger, folder: Path, now: datetime) -> None:
    """Register the example's agency, its officers and cases."""
    (folder / "usage-policy.txt").write_bytes(USAGE_POLICY)
    (folder / "release-form.txt").write_bytes(RELEASE_FORM)
    apply_setup(ledger, read_setup(example_setup(now.date()), folder=folder), now)
    trained = f"{now + timedelta(days=360):%Y-%m-%d}"
    for number in range(OFFICERS):
        register_officer(
            ledger, agency=POLICE, officer=officer_id(number), role="investigator",
            trained_until=trained, at=now,
        )  # fmt: skip
    for number in range(CASES):
        register_case(
            ledger, agency=POLICE, case_number=case_number(number), registered_by="502", offense_code="1201",
            opened_on=f"{now:%Y-%m-%d}", at=now,
        )  # fmt: skip


def officer_id(number: int) -> str:
    """Name an officer."""
    return f"9{number:03d}"


def case_number(number: int) -> str:
    """Name a case."""
    return f"24-{number:06d}"


def _approved(ledger: Ledger, intake: IntakeWorkers, number: int, photo: Path, keys: Sequence[str]) -> Asked:
    request = SearchRequest(
        profile="co-dmv-2019", case_number=case_number(number % CASES), incident_number="24-88121",
        offense_code="1201", offense_level="1", offense_nibrs="120", fact_narrative="Seen at counter 3.",
        suspicion="reasonable", purpose="criminal_investigation", duty_statement="Robbery unit",
        probe_role="suspect", requester=officer_id(number % OFFICERS), agency=POLICE, operator="77",
        approver="1120", on_behalf_of="self", source_address="10.4.1.7", channel="desk", setting="public",
        probe_source="cctv", probe_edited=False, sketch=False, first_amendment=False, gallery="dl",
        candidate_limit=20, release_form=hashlib.sha256(RELEASE_FORM).hexdigest(),
    )  # fmt: skip
    probe = intake.clean(photo.read_bytes()).data
    permit = issue(
        ledger, request, probe_digest=hashlib.sha256(probe).hexdigest(), at=datetime.now(tz=UTC),
        random_bytes=secrets.token_bytes, life=timedelta(days=3),
    )  # fmt: skip
    stated = {name: value for name, value in asdict(request).items() if value not in (None, ())}
    body = json.dumps({**stated, "permit": permit.permit_id}).encode()
    return Asked(keys[number % OFFICERS], photo, body)
