"""``facegate search`` from the outside: bad probes, missing files, refusals, JSON."""

from __future__ import annotations

import io
import json
import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage.data
from certified import KEY, a_file, a_result
from PIL import Image
from typer.testing import CliRunner

from facegate.audit.verify import verify_log
from facegate.cli.main import app
from facegate.evaluation.certificates.certificate import certify
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import only_face
from facegate.gallery.gallery import Gallery
from facegate.gate.adopting import put_in_force
from facegate.gate.home import Home
from facegate.settings import Settings
from facegate.templates import TEXT_COLUMNS, Labels, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

STATED = [
    "--profile", "co-dmv-2019", "--case-number", "24-001234", "--offense-code", "1201",
    "--offense-level", "1", "--requester", "8841", "--agency", "CO0160000",
]  # fmt: skip


def encoded(pixels: object, form: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(np.asarray(pixels)).save(buffer, form, **options)
    return buffer.getvalue()


PORTRAIT = skimage.data.astronaut()[:300, 80:380]
PHOTO = encoded(PORTRAIT)


def one_label(text: str) -> Labels:
    return np.array([text], dtype=np.object_)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Enroll the astronaut, and put a certificate in force."""
    folder = tmp_path_factory.mktemp("agency")
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    vectors = embedder.embed(only_face(PHOTO).chip[None])
    columns = {name: one_label("astronaut") for name in TEXT_COLUMNS} | {"failure": one_label("")}
    origin = Origin("test", "ab" * 32, synthetic=False, tool_version=tool_version())
    with Gallery.create(folder / "gallery", embedder.info) as gallery:
        quality = np.ones(1, dtype=np.float32)
        gallery.enroll(TemplateSet(embedder.info, origin, **columns, quality=quality, vectors=vectors))
    lately = datetime.now(tz=UTC).date()
    measured_on = a_result(embedder_digest=embedder.info.digest, measured_on=lately.isoformat())
    certificate = certify(
        measured_on, "fmr-1e-3", result_digest="34" * 32, issuer=KEY.issuer, issued_on=lately
    )
    put_in_force(a_file(certificate), Home(folder), issuer=KEY.issuer, now=datetime.now(tz=UTC), name="test")
    return folder


def search(home: Path, probe: Path, *more: str, stated: list[str] = STATED) -> Result:
    return CliRunner().invoke(app, ["search", str(probe), "--home", str(home), *stated, *more])


def test_an_allowed_search_shows_rank_band_rate_and_the_sentence(home: Path, tmp_path: Path) -> None:
    (tmp_path / "probe.png").write_bytes(PHOTO)
    answer = search(home, tmp_path / "probe.png")
    assert answer.exit_code == 0, answer.output
    for sign in ("0.90-1.00", "by lab.example/audit", "not an identification", "Log: intent"):
        assert sign in answer.output


def test_the_json_reply_is_json_and_holds_the_same(home: Path, tmp_path: Path) -> None:
    (tmp_path / "probe.png").write_bytes(PHOTO)
    reply = json.loads(search(home, tmp_path / "probe.png", "--json").stdout)
    assert [one["band"] for one in reply["candidates"]] == ["0.90-1.00"]
    assert reply["certificate"]["overall"]["fmr"] == 1e-3
    assert [one["group"] for one in reply["certificate"]["groups"]] == ["F", "M", "not recorded"]
    assert "astronaut" not in json.dumps(reply)


@pytest.mark.parametrize(
    ("left_out", "words"),
    [("--case-number", "No case number was given."), ("--offense-level", "No offense level was stated.")],
)
def test_without_case_number_or_level_the_search_is_refused_in_words(
    home: Path, tmp_path: Path, left_out: str, words: str
) -> None:
    (tmp_path / "probe.png").write_bytes(PHOTO)
    place = STATED.index(left_out)
    answer = search(home, tmp_path / "probe.png", stated=STATED[:place] + STATED[place + 2 :])
    assert answer.exit_code == 3
    assert "REFUSED" in answer.output
    assert words in answer.output


BAD_PROBES = {
    "empty": (b"", "empty"),
    "text": (b"hello", "unsupported format"),
    "truncated": (PHOTO[: len(PHOTO) // 2], "cannot be decoded"),
    "huge": (encoded(np.zeros((6000, 6000), dtype=np.uint8)), "too large"),
    "animated": (
        encoded(PORTRAIT, "WEBP", save_all=True, append_images=[Image.fromarray(PORTRAIT[::-1])]),
        "animated",
    ),
    "faceless": (encoded(np.full((200, 200, 3), 90, dtype=np.uint8)), "no face found"),
    "two faces": (encoded(np.hstack([PORTRAIT, PORTRAIT])), "2 faces, wanted exactly one"),
    "too many bytes": (b"\xff\xd8" + bytes(10_000_001), "bytes, wanted at most"),
}


@pytest.mark.parametrize("kind", BAD_PROBES)
def test_a_bad_probe_is_one_sentence_and_exit_code_2(home: Path, tmp_path: Path, kind: str) -> None:
    content, sentence = BAD_PROBES[kind]
    (tmp_path / "probe").write_bytes(content)
    answer = search(home, tmp_path / "probe")
    assert answer.exit_code == 2
    assert sentence in answer.stderr
    assert answer.stderr.count("\n") == 1
    assert verify_log(home / "log").open_intents == ()


def test_a_probe_that_is_not_there_is_said_so(home: Path, tmp_path: Path) -> None:
    answer = search(home, tmp_path / "nobody.jpg")
    assert answer.exit_code == 2
    assert "No such file" in answer.stderr


def test_without_a_gallery_nothing_is_made(tmp_path: Path) -> None:
    (tmp_path / "probe.png").write_bytes(PHOTO)
    answer = search(tmp_path / "nowhere", tmp_path / "probe.png")
    assert answer.exit_code == 4
    assert "no gallery at" in answer.stderr
    assert not (tmp_path / "nowhere").exists()


def test_a_certificate_that_was_changed_closes_the_gate_and_the_refusal_is_recorded(
    home: Path, tmp_path: Path
) -> None:
    (tmp_path / "probe.png").write_bytes(PHOTO)
    shutil.copytree(home / "gallery", tmp_path / "home" / "gallery")
    shutil.copytree(home / "issuers", tmp_path / "home" / "issuers")
    changed = (home / "certificate.json").read_bytes().replace(b'"score": 0.4', b'"score": 0.1')
    (tmp_path / "home" / "certificate.json").write_bytes(changed)
    answer = search(tmp_path / "home", tmp_path / "probe.png")
    assert answer.exit_code == 3
    assert "changed after signing" in " ".join(answer.output.split())
    assert verify_log(tmp_path / "home" / "log").n_by_kind == {"intent": 1, "result": 1}
