"""A test port with a small embedder: photos of one color, whose color is the face.

Finding a face takes most of a real test's time and is tested with faces. Here a black photo shows no face,
and any other shows one whose template is its color.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image
from postgres_server import service_url
from ready_agency import ORIGIN, copy_ready
from service_fakes import FakeIntake

from facegate.audit.log import AuditLog
from facegate.decision import Metric, Threshold
from facegate.errors import UnusablePhoto
from facegate.faces.decode import decode_photo
from facegate.gate.books import BOOKS
from facegate.gate.ledger.ledger import Ledger
from facegate.server.database.connect import open_database
from facegate.server.jobs.jobs import Jobs
from facegate.server.test_port import photos, running
from facegate.server.test_port.given import Kind
from facegate.server.test_port.limits import PortLimits
from facegate.server.test_port.port import TestPort
from facegate.server.test_port.running import Upload
from facegate.server.test_port.store import RunStore
from facegate.server.test_port.system import System
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    import pytest

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels
    from facegate.server.test_port.store import TestRun

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SMALL = PortLimits(
    photos=40, score_rows=200, upload_bytes=200_000, unpacked_bytes=400_000, photo_bytes=50_000
)
CERTIFICATE = "5e" * 16


class ColorEmbedder:
    """Makes the mean color of a chip its template."""

    info = EmbedderInfo("colors", "ab" * 32, 3, Metric.EUCLIDEAN)

    def embed(self, chips: Pixels) -> Vectors:
        colors = chips.reshape(len(chips), -1, 3).mean(axis=1) / 255
        return np.asarray(colors, dtype=np.float32)


SYSTEM = System(ColorEmbedder(), Threshold(0.9, Metric.EUCLIDEAN), CERTIFICATE)


def color_face(data: bytes) -> SimpleNamespace:
    """Take a photo's only "face"; a black one shows none."""
    pixels = decode_photo(data)
    if not pixels.any():
        msg = "no face found"
        raise UnusablePhoto(msg, reason="no-face")
    return SimpleNamespace(chip=pixels)


def with_colors(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(photos, "only_face", color_face)


def without_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the figures of reports: they take most of a small test's time and have their own tests."""
    monkeypatch.setattr(running, "report_html", lambda result: f"<!doctype html><p>{result.title}</p>")


def photo(red: int, green: int, blue: int) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.full((32, 32, 3), (red, green, blue), dtype=np.uint8)).save(buffer, "PNG")
    return buffer.getvalue()


def people(n: int, *, groups: tuple[str, ...] = ("A", "B"), faceless: int = 0) -> dict[str, bytes]:
    """Give an archive's files: two photos of each person, far from everybody else's; some show no face."""
    files, lines = {}, ["file,subject,group"]
    for person in range(n):
        for shot in range(2):
            name = f"{person:02}-{shot}.png"
            shade = (250 - person * 4, 40 + (person % 5) * 40, 10 + shot)
            files[name] = photo(*shade) if person * 2 + shot >= faceless else photo(0, 0, 0)
            lines.append(f"{name},p{person},{groups[person % len(groups)]}")
    return {"labels.csv": "\n".join(lines).encode(), **files}


def zipped(files: Mapping[str, bytes], *, way: int = zipfile.ZIP_STORED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", way) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name), data, way)  # of 1980: the same files, the same bytes
    return buffer.getvalue()


def npz(**arrays: Any) -> bytes:  # noqa: ANN401  whatever numpy takes
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    return buffer.getvalue()


def sent(folder: Path, kind: Kind, data: bytes) -> Upload:
    """Put an upload where the port would have put it."""
    path = folder / "upload"
    path.write_bytes(data)
    return Upload(path, kind, hashlib.sha256(data).hexdigest())


class Clock:
    """Stands still until it is told to go on."""

    def __init__(self) -> None:
        self.now = AT

    def __call__(self) -> datetime:
        return self.now

    def forward(self, **span: float) -> None:
        self.now += timedelta(**span)


@contextmanager
def a_port(folder: Path, **parts: Any) -> Iterator[TestPort]:  # noqa: ANN401  any part
    """Open a port over a real log, database and jobs; parts given take the place of those made here."""
    copy_ready(folder / "home")
    engine = open_database(service_url(folder))
    numbers = iter(range(10**6))
    with (
        AuditLog.open(folder / "home" / "log", origin=ORIGIN) as log,
        Ledger.open(
            folder / "home" / "ledger.db", log, BOOKS, random_bytes=lambda n: next(numbers).to_bytes(n)
        ) as ledger,
        Jobs(engine, parts.get("clock", Clock())) as jobs,
    ):
        made = TestPort(
            folder=folder / "tests",
            store=RunStore(engine),
            ledger=ledger,
            jobs=jobs,
            intake=FakeIntake(),
            system=lambda _: SYSTEM,
            clock=Clock(),
            random_bytes=lambda n: next(numbers).to_bytes(n),
            limits=SMALL,
        )
        yield replace(made, **parts)
    engine.dispose()


def run_through(port: TestPort, data: bytes, kind: Kind = Kind.PHOTOS, *, account: str = "lab") -> TestRun:
    """Send something and wait for its end."""
    run = port.start(kind, io.BytesIO(data), account=account, agency="")
    port.jobs.wait(str(run.job), 60)
    ended = port.store.find(run.id)
    assert ended is not None
    return ended


def records_of_tests(port: TestPort) -> list[Mapping[str, Any]]:
    return [
        {**entry.public, "seq": entry.seq} for entry, _ in port.ledger.log.read(0) if entry.kind == "test"
    ]
