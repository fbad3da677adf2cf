"""``facegate embed`` as a user meets it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
import skimage.data
from PIL import Image
from typer.testing import CliRunner

from facegate.cli.embed import failures_by_group
from facegate.cli.main import app
from facegate.datasets.parts import read_detections
from facegate.settings import Settings
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def _environment(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGATE_CACHE", str(cache))
    monkeypatch.setenv("COLUMNS", "120")


@pytest.fixture
def people(tmp_path: Path) -> Path:
    """Make a folder of two people: one with two photos, one whose only photo shows no face."""
    folder = tmp_path / "people"
    photo = skimage.data.astronaut()
    for name, pixels in (
        ("eileen/1.png", photo[40:200, 140:300]),
        ("eileen/2.png", photo[50:210, 145:305]),
        ("nobody/1.png", np.full((60, 60, 3), 128, dtype=np.uint8)),
    ):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.ascontiguousarray(pixels)).save(folder / name)
    return folder


def embed(*arguments: Path | str) -> Result:
    return CliRunner().invoke(app, ["embed", *map(str, arguments)])


def rows(output: str) -> dict[str, list[str]]:
    """Read a printed table: first cell to the others."""
    lines = [line.strip("│┃ ") for line in output.splitlines() if "│" in line]
    return {
        cells[0].strip(): [cell.strip() for cell in cells[1:]]
        for cells in (line.split("│") for line in lines)
    }


def test_a_folder_of_people_becomes_a_template_file(people: Path, tmp_path: Path) -> None:
    result = embed(people, "-o", tmp_path / "t.parquet")
    assert result.exit_code == 0, result.output
    templates = TemplateSet.read(tmp_path / "t.parquet")
    assert sorted(templates.failure) == ["", "", "no-face"]
    assert templates.n_subjects == 2


def test_the_summary_counts_photos_people_templates_and_failures_by_reason(
    people: Path, tmp_path: Path
) -> None:
    table = rows(embed(people, "-o", tmp_path / "t.parquet").stdout)
    wanted = {"photos": "3", "people": "2", "templates": "2", "failures to enroll": "1", "no-face": "1"}
    assert {name: table[name] for name in wanted} == {name: [count] for name, count in wanted.items()}


def test_failures_are_told_by_group_and_not_recorded_is_one(people: Path, tmp_path: Path) -> None:
    table = rows(embed(people, "-o", tmp_path / "t.parquet").stdout)
    assert table["not recorded"] == ["not recorded", "3", "1"]
    assert table["all"] == ["", "3", "1"]


def test_failures_by_group_add_up(people: Path, tmp_path: Path) -> None:
    (people / "labels.csv").write_text("subject,sex,race\neileen,F,White\nnobody,M,Black\n")
    assert embed(people, "-o", tmp_path / "t.parquet").exit_code == 0
    table = failures_by_group(TemplateSet.read(tmp_path / "t.parquet"))
    columns = [list(column.cells) for column in table.columns]
    assert columns == [["Black", "White", "all"], ["M", "F", ""], ["1", "2", "3"], ["1", "0", "1"]]


def test_without_the_fallback_the_slow_detector_is_not_asked(people: Path, tmp_path: Path) -> None:
    (people / "sideways").mkdir()
    sideways = np.ascontiguousarray(skimage.data.astronaut()[20:230, 120:320].swapaxes(0, 1)[::-1])
    Image.fromarray(sideways).save(people / "sideways/1.png")
    assert embed(people, "-o", tmp_path / "with.parquet").exit_code == 0
    assert embed(people, "-o", tmp_path / "without.parquet", "--no-fallback").exit_code == 0
    assert (read_detections(tmp_path / "with.parquet").detector == "cnn").sum() == 1
    assert (read_detections(tmp_path / "without.parquet").detector == "cnn").sum() == 0


def test_an_existing_output_is_refused(people: Path, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"precious")
    result = embed(people, "-o", tmp_path / "t.parquet")
    assert result.exit_code == 2
    assert "exists already; say --force to replace it" in result.stderr
    assert (tmp_path / "t.parquet").read_bytes() == b"precious"


def test_an_existing_output_is_replaced_by_force(people: Path, tmp_path: Path) -> None:
    (tmp_path / "t.parquet").write_bytes(b"old")
    assert embed(people, "-o", tmp_path / "t.parquet", "--force").exit_code == 0
    assert len(TemplateSet.read(tmp_path / "t.parquet")) == 3


def test_a_folder_as_output_is_refused_even_by_force(people: Path, tmp_path: Path) -> None:
    result = embed(people, "-o", tmp_path, "--force")
    assert result.exit_code == 2
    assert "is a folder; wanted a new file" in result.stderr


def test_an_unknown_set_is_one_sentence(tmp_path: Path) -> None:
    result = embed(tmp_path / "nowhere", "-o", tmp_path / "t.parquet")
    assert result.exit_code == 5
    assert result.stderr.startswith("facegate: ")
    assert not (tmp_path / "t.parquet").exists()


def test_zero_workers_are_refused(people: Path, tmp_path: Path) -> None:
    result = embed(people, "-o", tmp_path / "t.parquet", "--workers", "0")
    assert result.exit_code == 2
    assert "number of workers must be 1 or more, got 0" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="Ctrl-C is sent as a POSIX signal to a group of processes")
def test_ctrl_c_is_one_sentence_and_keeps_what_was_finished(people: Path, tmp_path: Path) -> None:
    for number in range(400):
        (people / f"p{number:03d}").mkdir()
        (people / f"p{number:03d}" / "1.png").hardlink_to(people / "eileen/1.png")
    output = tmp_path / "t.parquet"
    program = "from facegate.cli.entry import main; main()"
    arguments = ["embed", str(people), "-o", str(output), "--workers", "2"]
    command = [sys.executable, "-c", program, *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True) as run:  # noqa: S603  our own command
        end = time.monotonic() + 60
        while not list(tmp_path.glob("t.parquet.parts/part-*")) and time.monotonic() < end:
            time.sleep(0.05)
        os.killpg(run.pid, signal.SIGINT)
        _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert said.rstrip().endswith("facegate: stopped; what was finished is kept, nothing is half written")
    assert "Traceback" not in said
    assert not output.exists()
    assert list(tmp_path.glob("t.parquet.parts/part-*"))


@pytest.mark.data
def test_london_embeds_with_few_failures(tmp_path: Path) -> None:
    if Settings.from_environment().data is None:
        pytest.skip("needs the London set: set FACEGATE_DATA to a folder that holds london")
    result = embed("london", "-o", tmp_path / "london.parquet")
    assert result.exit_code == 0, result.output
    templates = TemplateSet.read(tmp_path / "london.parquet")
    assert len(templates) == 204
    assert len(templates.enrolled) >= 203
