"""What the demo leaves for ``make serve``: people who can sign in, a case to search in, a probe, photos."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from facegate.cli.demo_agency import (
    EXAMINER,
    INVESTIGATOR,
    LICENSE_AUTHORITY,
    POLICE,
    RECORDS_DESK,
    ROBBERY,
    SUPERVISOR,
)
from facegate.cli.demo_faces import ASTRONAUT, DemoFaces
from facegate.durable import replace_bytes
from facegate.errors import UnusablePhoto
from facegate.faces.intake.workers import IntakeWorkers
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.enrolling import Withholding, enroll, gated_home
from facegate.gate.home import Home
from facegate.gate.photos.keeping import keep_enrolled
from facegate.gate.photos.store import PhotoStore
from facegate.gate.registers.cases import register_case
from facegate.records import LabeledPhoto, SubjectId
from facegate.server.config import read_config
from facegate.server.database.connect import open_database
from facegate.server.identity.accounts import Accounts
from facegate.server.identity.owner import demand_own
from facegate.server.identity.pass_phrases import PassPhrases
from facegate.server.identity.pepper import read_pepper
from facegate.server.identity.roles import Role

PHRASE = "seven herons over a slow river"
CASE = "24-001400"
MOST_PORTRAITS = 300  # photos kept for the reviewers: those of people the probes show come first
ENROLLER = "31"


@dataclass(frozen=True)
class Login:
    """Somebody of the demo who can sign in; everybody has the same pass phrase, `PHRASE`."""

    name: str
    roles: frozenset[Role]
    officer: str = ""
    agency: str = ""
    does: str = ""


LOGINS = (
    Login("detective", frozenset({Role.SEARCHER}), INVESTIGATOR.officer, POLICE, "asks for searches"),
    Login(
        "sergeant",
        frozenset({Role.SUPERVISOR, Role.REVIEWER}),
        SUPERVISOR.officer,
        POLICE,
        "approves searches, reviews, releases",
    ),
    Login("examiner", frozenset({Role.REVIEWER}), EXAMINER.officer, LICENSE_AUTHORITY, "reviews"),
    Login("records", frozenset({Role.SEARCHER}), RECORDS_DESK, POLICE, "opens cases, never searches in them"),
    Login("image-desk", frozenset({Role.ENROLLER}), ENROLLER, LICENSE_AUTHORITY, "fills the gallery"),
    Login("auditor", frozenset({Role.AUDITOR}), does="reads everything, changes nothing"),
    Login("inspector", frozenset({Role.MISUSE_OFFICER}), does="keeps the misuse register"),
    Login("administrator", frozenset({Role.ADMINISTRATOR}), does="keeps accounts; cannot search"),
)


@dataclass(frozen=True)
class Served:
    """What stands ready.

    Parameters
    ----------
    address : str
        Where the service will answer.
    probe : Path
        A photo of somebody who is enrolled, to search with.
    """

    address: str
    probe: Path


def make_ready(folder: Path, home: Home, faces: DemoFaces, on_progress: Callable[[int, int], None]) -> Served:
    """Leave accounts, a fresh case, a probe and the photos of some people enrolled.

    Parameters
    ----------
    folder : Path
        The demo's own folder.
    home : Home
        Of its agency; nothing else has its log open.
    faces : DemoFaces
        Who is enrolled, and photos to search with.
    on_progress : callable
        Called with photos kept and in all.
    """
    config = read_config(home)
    engine = open_database(config.database)
    try:
        with open_ledger(home) as ledger:
            demand_own(engine, read_pepper(home, secrets.token_bytes, known=False))
            accounts = Accounts(engine, ledger, PassPhrases(), _now, secrets.token_bytes)
            for one in LOGINS:
                made = accounts.make(one.name, one.roles, by="setup", officer=one.officer, agency=one.agency)
                accounts.set_phrase(made.account, PHRASE)
            register_case(
                ledger,
                agency=POLICE,
                case_number=CASE,
                registered_by=RECORDS_DESK,
                offense_code=ROBBERY.offense_code or "",
                opened_on=_now().date().isoformat(),
                at=_now(),
            )
    finally:
        engine.dispose()
    _put_back(home, faces)
    _keep_photos(home, faces, on_progress)
    probe = folder / f"probe-for-{CASE}{faces.probes[0].path.suffix}"
    replace_bytes(probe, _usable(faces).read_bytes())
    return Served(config.base_url, probe)


def _now() -> datetime:
    return datetime.now(tz=UTC)


def _put_back(home: Home, faces: DemoFaces) -> None:
    """Enroll the astronaut again, whom the demo withdrew to have a stranger; the gated way, on the log."""
    with ExitStack() as stack:
        gated = stack.enter_context(gated_home(home))
        gallery = stack.enter_context(Gallery.open(home.gallery, writable=True))
        if ASTRONAUT in gallery.subject_ids() or faces.strangers:
            return
        first = next(faces.enrolled())
        enroll(gated, gallery, [first], withholding=Withholding(frozenset()), clock=_now)


def _keep_photos(home: Home, faces: DemoFaces, on_progress: Callable[[int, int], None]) -> None:
    portraits = faces.portraits[:MOST_PORTRAITS]
    n_done = 0

    def one_more() -> None:
        nonlocal n_done
        n_done += 1
        on_progress(n_done, len(portraits))

    photos = ((SubjectId(one.subject_id), one.path.read_bytes()) for one in portraits)
    with Gallery.open(home.gallery) as gallery, IntakeWorkers.start() as intake:
        keep_enrolled(
            PhotoStore.open(home), gallery, photos,
            clean=lambda data: intake.clean(data).data, on_progress=one_more,
        )  # fmt: skip


def _usable(faces: DemoFaces) -> Path:
    """Give the first probe that shows one face, of somebody whose photo is kept."""
    with IntakeWorkers.start() as intake:
        for one in faces.probes:
            if _shows_one_face(intake, one):
                return one.path
    return faces.probes[0].path


def _shows_one_face(intake: IntakeWorkers, photo: LabeledPhoto) -> bool:
    try:
        intake.face(photo.path.read_bytes())
    except UnusablePhoto:
        return False
    return True
