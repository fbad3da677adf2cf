"""``facegate gallery photos`` as a user types it, and what withdrawing and erasing do to the photos kept."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np
import pytest
from photo_files import a_store, files, pixels, png
from PIL import Image
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.datasets.populations import demo_population
from facegate.gallery.gallery import Gallery
from facegate.records import SubjectId

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = SubjectId("synthetic-0000001"), SubjectId("synthetic-0000002")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a folder whose gallery holds ten people who do not exist."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.delenv("FACEGATE_HOME", raising=False)
    templates = demo_population(10, seed=1).draw()
    with Gallery.create(tmp_path / "home" / "gallery", templates.embedder) as made:
        made.enroll(templates)
    return tmp_path / "home"


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Lay out photos: two of one person, one of another, one damaged, one of a stranger."""
    for name, shade in ((f"{ONE}/1.jpg", 1), (f"{ONE}/2.jpg", 2), (f"{TWO}/1.png", 3), ("stranger/1.png", 4)):
        path = tmp_path / "people" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels(shade)).save(path, exif=_where())
    (tmp_path / "people" / ONE / "0.jpg").write_bytes(b"\xff\xd8\xff damaged")
    return tmp_path / "people"


def _where() -> Image.Exif:
    held = Image.Exif()
    held[0x010E] = "taken at the license office"
    return held


def run(*words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, list(words))
    said = str(done.exception) if done.exception and not done.output else done.output
    return done.exit_code, " ".join(said.replace("│", " ").split())


def fill(home: Path) -> None:
    """Keep photos of two people, without the command."""
    store = a_store(home)
    for shade, one in enumerate((ONE, TWO)):
        store.keep_subject(one, png(shade))


def test_photos_of_people_enrolled_are_kept_and_counted(home: Path, people: Path) -> None:
    code, said = run("gallery", "photos", str(people), "--home", str(home))
    assert code == 0, said
    for words in (
        "people whose photo was kept now 2",
        "people enrolled without a photo 8",
        "further photos of the same people, not kept 1",
        "photos of people not enrolled, not kept 1",
        "photos that cannot be opened 1",
        "photos destroyed of people not enrolled any more 0",
    ):
        assert words in said


def test_what_is_kept_is_the_pixels_and_nothing_of_the_file(home: Path, people: Path) -> None:
    run("gallery", "photos", str(people), "--home", str(home))
    kept = a_store(home).subject(TWO) or b""
    assert np.asarray(Image.open(io.BytesIO(kept))).tobytes() == pixels(3).tobytes()
    assert b"license office" not in kept
    assert len(files(home / "photos")) == 2


def test_where_nobody_of_the_folder_is_enrolled_it_says_so(home: Path, people: Path) -> None:
    for name in (ONE, TWO):
        (people / name).rename(people / f"other-{name}")
    code, said = run("gallery", "photos", str(people), "--home", str(home))
    assert code == 0
    assert "None of these photos is of anybody enrolled: are the subject ids those" in said


def test_without_a_gallery_nothing_is_made(tmp_path: Path, people: Path) -> None:
    code, said = run("gallery", "photos", str(people), "--home", str(tmp_path / "nowhere"))
    assert (code, "no gallery at" in said) == (4, True)
    assert not (tmp_path / "nowhere").exists()


def test_withdrawing_destroys_the_photo_of_whoever_goes(home: Path) -> None:
    fill(home)
    code, said = run("gallery", "withdraw", str(ONE), "--gallery", str(home / "gallery"), "--yes")
    assert code == 0, said
    assert "Photos destroyed: 1." in said
    store = a_store(home)
    assert (store.subject(ONE), store.subject(TWO) is None) == (None, False)


def test_withdrawing_where_no_photos_are_kept_makes_none(home: Path) -> None:
    code, said = run("gallery", "withdraw", str(ONE), "--gallery", str(home / "gallery"), "--yes")
    assert code == 0, said
    assert "Photos" not in said
    assert not (home / "photos").exists()


def test_people_are_withdrawn_even_where_the_photos_cannot_be_reached(home: Path) -> None:
    fill(home)
    (home / "keys" / "photos.key").unlink()
    code, said = run("gallery", "withdraw", str(ONE), "--gallery", str(home / "gallery"), "--yes")
    assert code == 2
    assert "Subjects withdrawn: 1;" in said
    assert "photos.key is missing" in said
    with Gallery.open(home / "gallery") as gallery:
        assert ONE not in gallery.subject_ids()
