"""Filling an agency's gallery: its authority first, withheld people left out, both on the log."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from capability_desk import example_setup, example_without
from ready_agency import make_ready
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.datasets.populations import demo_population
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.enrolling import WITHHELD_FILE, home_of_gallery, read_withheld
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def templates(tmp_path: Path) -> Path:
    """Write two templates each of ten people who do not exist."""
    path = tmp_path / "templates.parquet"
    demo_population(10, seed=1).draw().write(path)
    return path


def a_home(folder: Path, setup: str) -> Home:
    with patch("os.fsync"), open_ledger(Home(folder)) as ledger:
        make_ready(ledger, setup=setup)
    return Home(folder)


def enroll(home: Home, templates: Path, *words: str) -> tuple[int, str]:
    environment = {"FACEGATE_HOME": str(home.folder), "COLUMNS": "200"}
    done = CliRunner().invoke(app, ["gallery", "enroll", str(templates), *words], env=environment)
    return done.exit_code, " ".join(done.output.split())


def log_of(home: Home, *kinds: str) -> list[dict[str, Any]]:
    with open_ledger(home) as ledger:
        read = [entry for entry, _ in ledger.log.read() if entry.kind in kinds]
    return [{**entry.public, "seq": entry.seq} for entry in read]


@pytest.mark.parametrize(
    ("missing", "words"),
    [
        (("authority", "activation"), "nobody is enrolled in gallery 'dl': no authority"),
        (("gallery", "authority", "sharing", "activation"), "an agency is registered here and no gallery"),
    ],
)
def test_p6_nobody_is_enrolled_before_the_authority_is_on_file(
    tmp_path: Path, templates: Path, missing: tuple[str, ...], words: str
) -> None:
    home = a_home(tmp_path / "home", example_without(*missing))
    code, text = enroll(home, templates)
    assert (code, words in text) == (3, True), text
    assert not home.gallery.exists()
    assert log_of(home, "enrollment") == []


def test_p6_naming_the_folder_is_no_way_round(tmp_path: Path, templates: Path) -> None:
    home = a_home(tmp_path / "home", example_without("authority", "activation"))
    (tmp_path / "link").symlink_to(home.folder)
    for folder in (home.gallery, home.folder / ".." / "home" / "gallery", tmp_path / "link" / "gallery"):
        code, _ = enroll(Home(tmp_path / "elsewhere"), templates, "--gallery", str(folder))
        assert code == 3


def test_s14_a_load_is_announced_and_counted_on_the_log(tmp_path: Path, templates: Path) -> None:
    home = a_home(tmp_path / "home", example_setup())
    assert enroll(home, templates)[0] == 0
    announced, done = log_of(home, "enrollment", "enrolled")
    assert (announced["gallery"], announced["authority"]) == ("dl", "C.R.S. 24-72-302(3)")
    assert (done["enrollment"], done["n_templates"], done["n_withheld"]) == (announced["seq"], 20, 0)
    with Gallery.open(home.gallery) as gallery:
        assert gallery.digest == done["gallery_digest"] != announced["gallery_digest"]


def test_a_load_that_fails_leaves_its_announcement_and_nothing_else(tmp_path: Path, templates: Path) -> None:
    home = a_home(tmp_path / "home", example_setup())
    enroll(home, templates)
    assert enroll(home, templates)[0] == 4
    assert [one["kind"] for one in log_of(home, "enrollment", "enrolled")] == [
        "enrollment",
        "enrolled",
        "enrollment",
    ]


def test_p23_whoever_is_withheld_is_not_enrolled_and_only_the_count_is_on_the_log(
    tmp_path: Path, templates: Path
) -> None:
    home = a_home(tmp_path / "home", example_setup())
    (home.folder / WITHHELD_FILE).write_text("synthetic-0000001\nsynthetic-0000003\nnobody-here\n\n")
    code, text = enroll(home, templates)
    assert (code, "withheld: 2 people." in text) == (0, True), text
    with Gallery.open(home.gallery) as gallery:
        assert (gallery.n_subjects, gallery.n_templates) == (8, 16)
    assert log_of(home, "enrolled")[0]["n_withheld"] == 2
    assert b"synthetic-0000001" not in (home.log / "entries").read_bytes()


def test_p23_on_half_a_list_nobody_is_enrolled(tmp_path: Path, templates: Path) -> None:
    home = a_home(tmp_path / "home", example_setup())
    (home.folder / WITHHELD_FILE).write_bytes(b"synthetic-0000001\n\xff\xfe")
    code, text = enroll(home, templates)
    assert (code, "cannot read the list of withheld records" in text) == (2, True), text
    assert not home.gallery.exists()


def test_a_gallery_of_no_agency_is_filled_and_told_that_the_gate_will_refuse(
    tmp_path: Path, templates: Path
) -> None:
    code, text = enroll(Home(tmp_path / "home"), templates)
    assert code == 0
    assert "No agency is registered in" in text
    assert not Home(tmp_path / "home").log.exists()


def test_a_gallery_no_gate_would_search_needs_no_agency_and_hears_nothing_of_one(
    tmp_path: Path, templates: Path
) -> None:
    code, text = enroll(Home(tmp_path / "home"), templates, "--gallery", str(tmp_path / "bench"))
    assert (code, "agency" in text) == (0, False)
    assert home_of_gallery(tmp_path / "bench") is None


def test_no_list_withholds_nobody(tmp_path: Path) -> None:
    assert read_withheld(tmp_path) == frozenset()


def test_a_gallerys_provenance_is_the_same_after_the_ledger_was_made_again(tmp_path: Path) -> None:
    home = a_home(tmp_path / "home", example_setup())
    held = []
    for _ in range(2):
        with open_ledger(home) as ledger:
            held.append([tuple(row) for row in ledger.rows("SELECT * FROM conditions_galleries")])
        home.ledger.unlink()
    assert held[0] == held[1]
    assert '"authority"' in str(held[0])
