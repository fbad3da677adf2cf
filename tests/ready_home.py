"""A whole agency's folder for tests of the command line: real log, registers, gallery, certificate, one face.

Dates in the future are counted from today, so that the tests hold on any day; model and law are loaded once.
"""

from __future__ import annotations

import io
import json
import re
import shutil
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import numpy as np
import skimage.data
from certified import KEY, a_file, a_result
from PIL import Image
from ready_agency import REQUEST, USAGE_POLICY, make_ready
from typer.testing import CliRunner

from facegate.audit.storage import read_entries
from facegate.cli.main import app
from facegate.evaluation.certificates.certificate import certify
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import only_face
from facegate.gallery.gallery import Gallery
from facegate.gate import opening
from facegate.gate.adopting import put_in_force
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.opening import law_of_home
from facegate.gate.registers.setup import example_setup
from facegate.policy.engine import PolicyEngine
from facegate.settings import Settings
from facegate.templates import TEXT_COLUMNS, Labels, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from typer.testing import Result


def encoded(pixels: object, form: str = "PNG", **options: object) -> bytes:
    """Write an image file."""
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


PORTRAIT = skimage.data.astronaut()[:300, 80:380]
PHOTO = encoded(PORTRAIT)
STATED: dict[str, Any] = {key: value for key, value in asdict(REQUEST).items() if value not in {None, ()}}


@cache
def _law() -> PolicyEngine:
    return PolicyEngine.load()


@cache
def _embedder() -> DlibEmbedder:
    return DlibEmbedder.load(Settings.from_environment().cache)


def _law_of(home: Home) -> PolicyEngine:
    return law_of_home(home) if home.profiles.exists() else _law()


@contextmanager
def loaded_once() -> Iterator[None]:
    """Keep model and shipped laws between commands; a folder with laws of its own still reads them."""
    with (
        patch.object(DlibEmbedder, "load", lambda _: _embedder()),
        patch.object(opening, "law_of_home", _law_of),
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
    ):
        yield


def make_home(folder: Path) -> Path:
    """Make an agency with everything in order, the astronaut enrolled, a certificate in force."""
    home = Home(folder)
    _enroll(home)
    lately = datetime.now(tz=UTC)
    measured = a_result(embedder_digest=_embedder().info.digest, measured_on=f"{lately:%Y-%m-%d}")
    held = certify(measured, "fmr-1e-3", result_digest="34" * 32, issuer=KEY.issuer, issued_on=lately.date())
    put_in_force(a_file(held), home, issuer=KEY.issuer, now=lately, name="test")
    (folder / "usage-policy.txt").write_bytes(USAGE_POLICY)
    with loaded_once(), open_ledger(home) as ledger:
        next_year = f"{lately + timedelta(days=360):%Y-%m-%d}"
        make_ready(ledger, setup=re.sub(r"2027-\d\d-\d\d", next_year, example_setup()))
    return folder


def _enroll(home: Home) -> None:
    embedder = _embedder()

    def column(text: str) -> Labels:
        return np.array([text], dtype=np.object_)

    columns = {name: column("astronaut") for name in TEXT_COLUMNS} | {"failure": column("")}
    vectors = embedder.embed(only_face(PHOTO).chip[None])
    origin = Origin("test", "ab" * 32, synthetic=False, tool_version=tool_version())
    with Gallery.create(home.gallery, embedder.info) as gallery:
        quality = np.ones(1, dtype=np.float32)
        gallery.enroll(TemplateSet(embedder.info, origin, **columns, quality=quality, vectors=vectors))


def copy_home(made: Path, folder: Path) -> Path:
    """Give a test a home of its own, with a probe and a request beside it."""
    shutil.copytree(made, folder / "home")
    (folder / "probe.png").write_bytes(PHOTO)
    write_request(folder)
    return folder / "home"


def write_request(folder: Path, **changes: Any) -> Path:  # noqa: ANN401  any field of a request
    """Write the request that passes, with some fields changed; None leaves one out."""
    stated = {key: value for key, value in {**STATED, **changes}.items() if value is not None}
    path = folder / "request.json"
    path.write_text(json.dumps(stated))
    return path


def run(home: Path, *words: str) -> Result:
    """Run a command at a home, on a page of 200 columns."""
    environment = {"COLUMNS": "200", "TERM": "dumb", "FACEGATE_HOME": str(home)}
    with loaded_once():
        return CliRunner().invoke(app, list(words), env=environment)


def permit(home: Path, *more: str) -> str:
    """Have a permit issued for the probe and the request beside the home."""
    beside = home.parent
    words = ("permit", "issue", str(beside / "probe.png"), "--request", str(beside / "request.json"))
    answer = run(home, *words, "--json", *more)
    if answer.exit_code:
        raise RuntimeError(answer.output)
    issued: str = json.loads(answer.stdout)["permit"]
    return issued


def search(home: Path, *more: str, with_permit: str = "") -> Result:
    """Search with the probe and the request beside the home."""
    beside = home.parent
    words = (str(beside / "probe.png"), "--request", str(beside / "request.json"), "--permit", with_permit)
    return run(home, "search", *words, *more)


def records(home: Path) -> list[dict[str, Any]]:
    """Read the public part of every record but the texts of laws and the caps."""
    every = [json.loads(data) for data in read_entries(home / "log")]
    return [one for one in every if one["kind"] not in {"policy-text", "limits"}]


def plain(answer: Result) -> str:
    """Give what was printed without frames and line breaks, as somebody reads it."""
    return " ".join(re.sub(r"[│╭╮╰╯─]", " ", answer.output).split())
