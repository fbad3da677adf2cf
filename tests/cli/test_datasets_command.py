"""``facegate datasets`` as a user meets it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.datasets.registry import DATASETS
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from facegate.datasets.fetch import Progress


@pytest.fixture(autouse=True)
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Look for sets in empty folders."""
    monkeypatch.setenv("FACEGATE_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["datasets", *arguments])


def one_photo_of_london(tmp_path: Path) -> None:
    (tmp_path / "data/london").mkdir(parents=True)
    (tmp_path / "data/london/001_03.jpg").write_bytes(b"another face")


def test_the_list_has_every_set_and_says_how_to_get_the_absent_ones() -> None:
    result = run("list")
    assert result.exit_code == 0
    for known in DATASETS.values():
        assert f"{known.name}: not here. {known.how_to_get}" in result.output


def test_the_list_says_where_a_set_lies(tmp_path: Path) -> None:
    one_photo_of_london(tmp_path)
    assert f"london: in {tmp_path / 'data/london'}" in run("list").output


def test_a_check_that_fails_names_the_first_files_counts_the_rest_and_exits_with_5(tmp_path: Path) -> None:
    one_photo_of_london(tmp_path)
    result = run("check", "london")
    assert result.exit_code == 5
    assert "changed: 001_03.jpg" in result.output
    assert "missing: 001_08.jpg" in result.output
    assert "missing: and 199 more" in result.output
    assert "london is not whole: 204 files missing, 1 changed, 0 photos too many" in result.output


@pytest.mark.parametrize("command", ["check", "describe", "fetch"])
def test_an_unknown_name_is_one_sentence_with_the_known_ones(command: str) -> None:
    result = run(command, "nosuch")
    assert result.exit_code == 5
    assert len(result.output.strip().splitlines()) == 1
    assert "meds-all-poses, utkface" in result.output


@pytest.mark.parametrize("name", ["london", "meds", "utkface"])
def test_a_set_without_an_address_is_not_fetched_and_the_reason_is_said(name: str) -> None:
    result = run("fetch", name)
    assert result.exit_code == 5
    assert f"data set {name} cannot be fetched. {DATASETS[name].how_to_get}" in result.output


def test_a_set_that_is_there_already_is_not_fetched_over(tmp_path: Path) -> None:
    (tmp_path / "cache/lfw-funneled").mkdir(parents=True)
    result = run("fetch", "lfw")
    assert result.exit_code == 5
    assert "kept under its own name, lfw-funneled" in result.output
    assert "is already there" in result.output


def test_a_fetch_shows_each_step_and_ends_with_where_the_set_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(cache: Path, *, on_progress: Progress) -> Path:
        for step, done, of in (("lfw.tgz", 9, 9), ("unpack", 3, None), ("pairs.txt", 1, 1), ("digest", 4, 4)):
            on_progress(step, done, of)
        return cache / "lfw-funneled"

    monkeypatch.setattr("facegate.cli.datasets.fetch_lfw", fetched)
    result = run("fetch", "lfw-funneled")
    assert result.exit_code == 0
    assert f"lfw-funneled is in {tmp_path / 'cache/lfw-funneled'}" in result.output


def test_a_folder_of_people_is_described_by_group(tmp_path: Path) -> None:
    (tmp_path / "faces/ada").mkdir(parents=True)
    (tmp_path / "faces/ada/1.jpg").touch()
    (tmp_path / "faces/labels.csv").write_text("subject,sex,race\nada,F,Group A\n")
    result = run("describe", str(tmp_path / "faces"), "--markdown")
    assert result.exit_code == 0
    assert "| not recorded | Group A | F | 1 | 0 | 1 |" in result.output


def test_a_bad_label_file_is_one_sentence_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "faces/ada").mkdir(parents=True)
    (tmp_path / "faces/ada/1.jpg").touch()
    (tmp_path / "faces/labels.csv").write_text("subject,sex\nzoe,F\n")
    result = run("describe", str(tmp_path / "faces"))
    assert result.exit_code == 5
    assert "line 2: no folder for this subject" in result.output


def test_a_synthetic_file_shows_its_planted_rates_and_says_synthetic(tmp_path: Path) -> None:
    path = tmp_path / "s.parquet"
    result = run("synthetic", "-o", str(path), "--subjects", "40", "--photos", "3", "--seed", "5")
    assert result.exit_code == 0
    assert "SYNTHETIC demo (seed 5): planted rates at distance 0.6" in result.output
    assert "0.00048" in result.output
    assert "120 SYNTHETIC templates" in result.output
    assert len(TemplateSet.read(path)) == 120


def test_synthetic_people_can_stand_beside_the_templates_of_another_file(tmp_path: Path) -> None:
    first, second = str(tmp_path / "a.parquet"), str(tmp_path / "b.parquet")
    run("synthetic", "-o", first, "--subjects", "4")
    assert run("synthetic", "-o", second, "--subjects", "9", "--beside", first).exit_code == 0
    refused = run("synthetic", "-o", second, "--subjects", "9", "--beside", first, "--space", "cosine")
    assert refused.exit_code == 2
    assert "the population has 512 compared by cosine" in refused.output


def test_a_manifest_of_what_lies_here_is_written_for_maintainers(tmp_path: Path) -> None:
    one_photo_of_london(tmp_path)
    assert run("manifest", "london", "-o", str(tmp_path / "m.txt")).exit_code == 0
    assert (tmp_path / "m.txt").read_text().startswith("facegate-manifest/1\nset london\n")


def test_ctrl_c_while_drawing_leaves_no_file_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facegate.datasets.populations.SyntheticPopulation.draw_parts", interrupted)
    result = run("synthetic", "-o", str(tmp_path / "s.parquet"))
    assert result.exit_code == 130
    assert "nothing is half written" in result.output
    assert not (tmp_path / "s.parquet").exists()
