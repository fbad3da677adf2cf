"""The edge of the list asked for with photos of real faces, at the real caps and in a real gallery."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, cast

import limits_desk  # noqa: F401  puts the attack scripts on the path; must come first
import numpy as np
import pytest

import attacks  # isort: skip

from facegate.datasets.registry import find_folder, open_dataset
from facegate.decision import Metric, Threshold
from facegate.errors import UnusablePhoto
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import central_face
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import UnsafeMeasurementToken
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.limits.counting import count
from facegate.gate.limits.listing import after_search
from facegate.gate.limits.marks import file_marks, perceptual_hashes, probe_marks
from facegate.gate.limits.searches import Searches
from facegate.request import SearchRequest
from facegate.settings import Settings
from facegate.templates import Labels, Origin, TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from pathlib import Path

    from facegate.audit.log import AuditLog
    from facegate.datasets.dataset import Dataset
    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels
    from facegate.records import SubjectId

SERVED = Threshold.from_native(0.475, Metric.EUCLIDEAN)
N_OTHERS = 40
HALVINGS = 8
LIMITS = Limits()


@dataclass
class Faces:
    """Chips of one person twice, and of others once."""

    embedder: DlibEmbedder
    target: SubjectId
    enrolled: Pixels
    start: Pixels
    others: dict[str, Pixels]

    def template(self, chip: Pixels) -> Vectors:
        """Embed one chip."""
        made: Vectors = self.embedder.embed(chip[None])[0]
        return made


@pytest.fixture(scope="module")
def faces() -> Faces:
    settings = Settings.from_environment()
    if settings.data is None or find_folder("lfw", settings) is None:
        pytest.skip("needs LFW: FACEGATE_DATA is not set or holds no lfw")
    lfw, embedder = open_dataset("lfw", settings), DlibEmbedder.load(settings.cache, threads=1)
    for first, second in pairwise(lfw.photos):
        if first.subject_id != second.subject_id:
            continue
        try:
            chips = [central_face(photo.path.read_bytes()).chip for photo in (first, second)]
        except UnusablePhoto:
            continue
        made = embedder.embed(np.stack(chips))
        if np.linalg.norm(made[0] - made[1]) < 0.4:  # an easy start
            others = dict(_others(lfw, first.subject_id))
            return Faces(embedder, first.subject_id, chips[0], chips[1], others)
    pytest.fail("no two photos of one person within 0.4")


def _others(lfw: Dataset, target: SubjectId) -> Iterator[tuple[str, Pixels]]:
    """Take one face each of people spread over the set."""
    firsts = {photo.subject_id: photo for photo in reversed(lfw.photos) if photo.subject_id != target}
    n = 0
    for subject, photo in list(firsts.items())[:: len(firsts) // (2 * N_OTHERS)]:
        try:
            yield subject, central_face(photo.path.read_bytes()).chip
        except UnusablePhoto:
            continue
        n += 1
        if n == N_OTHERS:
            return


@dataclass
class PhotoDesk:
    """Real gallery, marks and limits; whatever else the gate asks is in order."""

    faces: Faces
    gallery: Gallery
    ledger: Ledger
    n_asked: int = 0
    limits: Limits = field(default_factory=Limits)

    def ask(self, probe: Pixels, officer: str, case_number: str, now: datetime) -> attacks.Answer:
        """Ask for one search with a face, as `facegate.gate.search` does."""
        self.n_asked += 1
        template = self.faces.template(probe)
        marks = probe_marks(file_marks(probe.tobytes()).digest, perceptual_hashes(probe), template)
        request = SearchRequest(
            "co-dmv-2019", case_number=case_number, requester=officer, agency=attacks.AGENCY
        )
        size = self.gallery.n_subjects
        facts = count(self.ledger, self.limits, request, now, size).with_marks(marks)
        allowed = all(facts.gate_facts().values())
        intent = attacks.record_intent(self.ledger, request, marks, facts, now, allowed=allowed)
        if not allowed:
            return attacks.Answer("refused", facts=facts)
        found = self.gallery.search(
            template, threshold=SERVED, limit=10, token=UnsafeMeasurementToken(),
            margin=self.limits.approach_margin,
        )  # fmt: skip
        told = after_search(self.ledger, self.limits, request, found, now, size)
        attacks.record_result(self.ledger, intent, told, now)
        listed = {one.subject_id for one in told.listed.candidates}
        return attacks.Answer("withheld" if told.withheld else "searched", self.faces.target in listed)


@pytest.fixture
def desk(faces: Faces, tmp_path: Path) -> Iterator[PhotoDesk]:
    names = [faces.target, *faces.others]
    chips = np.stack([faces.enrolled, *faces.others.values()])
    log = cast("AuditLog", attacks.MemoryLog())
    with (
        Gallery.create(tmp_path / "gallery", faces.embedder.info) as gallery,
        Ledger.open(tmp_path / "ledger.db", log, (Searches(),), random_bytes=secrets.token_bytes) as ledger,
    ):
        gallery.enroll(_templates(faces.embedder, names, chips))
        yield PhotoDesk(faces, gallery, ledger)


def _templates(embedder: DlibEmbedder, names: list[str], chips: Pixels) -> TemplateSet:
    def column(values: list[str]) -> Labels:
        return np.array(values, dtype=object)

    blank = column([""] * len(names))
    return TemplateSet(
        embedder=embedder.info,
        origin=Origin(dataset="LFW, some", dataset_digest="00" * 32, synthetic=False, tool_version="0"),
        template_id=column([f"t-{name}" for name in names]),
        subject_id=column(names),
        failure=blank,
        quality=np.full(len(names), np.nan, dtype=np.float32),
        vectors=embedder.embed(chips),
        **dict.fromkeys(
            ("photo_digest", "sex", "race", "age_class", "label_source"),
            column(["not recorded"] * len(names)),
        ),
    )


def blended(first: Pixels, second: Pixels, share: float) -> Pixels:
    """Lay one face over another: `share` of the second."""
    mixed: Pixels = np.rint((1 - share) * first.astype(float) + share * second).astype(np.uint8)
    return mixed


@pytest.mark.data
@pytest.mark.slow
def test_bisection_with_blended_photos_is_told_little_and_then_nothing(faces: Faces, desk: PhotoDesk) -> None:
    """Without caps 40 others and 8 halvings are 320 answers; with them twenty tell of him, then none does."""
    crowd = attacks.Colluders(cast("attacks.Desk", desk))
    for other in faces.others.values():
        low, high = 0.0, 1.0
        for _ in range(HALVINGS):
            answer = crowd.ask(cast("attacks.Floats", blended(faces.start, other, (low + high) / 2)))
            if answer is None or answer.outcome == "refused":
                break
            middle = (low + high) / 2
            low, high = (middle, high) if answer.shown else (low, middle)
    about_target = desk.ledger.value("SELECT COUNT(*) FROM limits_shown WHERE subject = ?", str(faces.target))
    assert 0 < crowd.n_shown <= LIMITS.subject_agency_searches
    assert crowd.n_shown <= about_target <= LIMITS.subject_agency_approaches
    found = attacks.Colluders(cast("attacks.Desk", desk)).ask(cast("attacks.Floats", faces.start))
    assert found is None or not found.shown  # though it is he
    assert desk.n_asked > about_target
