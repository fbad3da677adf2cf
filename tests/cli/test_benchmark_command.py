"""``facegate benchmark`` as a user sees it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.datasets.populations import demo_population

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

PROTOCOL = """
kind = "all-pairs"
name = "tiny"
title = "Tiny"
floor.distance = 0.7
data.synthetic = { population = "demo", subjects = 40, seed = 3 }
[[threshold]]
distance = 0.6
[[threshold]]
fmr = 1e-2
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder with a protocol, no data, and caches of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FACEGATE_HOME", str(tmp_path / "home"))
    (tmp_path / "tiny.toml").write_text(PROTOCOL)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["benchmark", *words])


def said(result: Result) -> str:
    return " ".join(result.output.split())


def test_a_run_prints_the_table_and_leaves_result_and_tables(place: Path) -> None:
    result = run("run", "tiny.toml", "-o", "out")
    assert result.exit_code == 0
    assert "SYNTHETIC" in result.output
    tables = {path.name for path in (place / "out" / "tables").iterdir()}
    assert {"group_pairs.csv", "groups.csv", "rates.csv", "thresholds.csv", "ladder.csv"} <= tables
    assert json.loads((place / "out" / "result.json").read_text())["provenance"]["seed"] == 3


def test_a_run_is_filed_under_its_name_and_digest_and_not_overwritten(place: Path) -> None:
    assert run("run", "tiny.toml").exit_code == 0
    (folder,) = (place / "runs").iterdir()
    assert folder.name.startswith("tiny-")
    again = run("run", "tiny.toml")
    assert (again.exit_code, "exists already" in said(again)) == (2, True)
    assert run("run", "tiny.toml", "--force").exit_code == 0


def test_the_same_run_twice_gives_the_same_bytes(place: Path) -> None:
    run("run", "tiny.toml", "-o", "one")
    run("run", "tiny.toml", "-o", "two")
    one, two = ((place / name / "result.json").read_bytes() for name in ("one", "two"))
    assert one == two


def test_show_prints_a_finished_run_and_one_threshold_alone(place: Path) -> None:
    run("run", "tiny.toml", "-o", str(place / "out"))
    assert "Threshold fmr-1e-2:" in run("show", "out").output
    assert "Threshold fmr-1e-2:" not in run("show", "out", "--threshold", "distance-0.6").output


def test_a_run_without_searches_can_be_certified_and_opens_no_gate(place: Path) -> None:
    run("run", "tiny.toml", "-o", "out")
    assert run("key", "lab.pem", "--name", "lab.example").exit_code == 0
    result = run("certify", "out", "--threshold", "fmr-1e-2", "--key", "lab.pem")
    assert result.exit_code == 0, result.output
    assert "no gate opens with this certificate" in said(result)
    adopted = run("adopt", "out/certificate.json", "--issuer", "lab.pem.pub")
    assert adopted.exit_code == 10
    assert not (place / "home").exists()


def test_a_threshold_that_is_not_in_the_run_is_refused_with_those_that_are(place: Path) -> None:
    run("run", "tiny.toml", "-o", str(place / "out"))
    run("key", "lab.pem", "--name", "lab.example")
    for words in (("show", "out"), ("certify", "out", "--key", "lab.pem")):
        result = run(*words, "--threshold", "best")
        assert result.exit_code == 2
        assert "no threshold 'best'; it has distance-0.6, fmr-1e-2" in said(result)


def test_templates_made_elsewhere_can_be_measured(place: Path) -> None:
    (place / "mine.toml").write_text(PROTOCOL.replace("data.synthetic", 'data.templates = "mine.parquet" #'))
    demo_population(24, 9).draw().write(place / "mine.parquet")
    assert run("run", "mine.toml", "-o", "out").exit_code == 0
    assert json.loads((place / "out" / "result.json").read_text())["main"]["total"]["people"] == 24


def test_templates_of_another_data_set_are_refused(place: Path) -> None:
    (place / "lfw.toml").write_text(PROTOCOL.replace("data.synthetic", 'data.dataset = "lfw" #'))
    demo_population(24, 9).draw().write(place / "mine.parquet")
    result = run("run", "lfw.toml", "--templates", "mine.parquet")
    assert result.exit_code == 2
    assert "protocol tiny is about lfw, mine.parquet holds SYNTHETIC demo (seed 9)" in said(result)


def test_a_data_set_that_is_not_here_is_told_with_what_to_do(place: Path) -> None:
    (place / "lfw.toml").write_text(PROTOCOL.replace("data.synthetic", 'data.dataset = "lfw" #'))
    result = run("run", "lfw.toml")
    assert result.exit_code == 5
    assert "FACEGATE_DATA, which is not set" in said(result)
    assert not (place / "runs").exists()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("kind = ", "tiny.toml is not TOML"),
        (PROTOCOL.replace("title", "titel"), "tiny.toml: key titel is not known"),
        (PROTOCOL.replace("0.7", "0.5"), "threshold distance-0.6 (score 0.4) lies below the floor"),
        (PROTOCOL.replace("fmr = 1e-2", "fmr = 0.9"), "the threshold at FMR 0.9 lies below the floor"),
    ],
)
def test_a_protocol_that_cannot_be_run_is_one_sentence_and_leaves_nothing(
    place: Path, text: str, message: str
) -> None:
    (place / "tiny.toml").write_text(text)
    result = run("run", "tiny.toml", "-o", "out")
    assert result.exit_code != 0
    assert message in said(result)
    assert "Traceback" not in result.output
    assert not (place / "out").exists()


@pytest.mark.usefixtures("place")
def test_a_missing_protocol_or_run_is_one_sentence() -> None:
    for words, code in ((("run", "none.toml"), 2), (("show", "none"), 2), (("adopt", "none.json"), 10)):
        result = run(*words)
        assert result.exit_code == code
        assert "none" in said(result)
        assert "cannot read" in said(result)


def test_ctrl_c_leaves_no_half_run_and_the_earlier_one_as_it_was(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("run", "tiny.toml", "-o", "out")
    before = (place / "out" / "result.json").read_bytes()

    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("facegate.cli.benchmark.run_benchmark", stopped)
    result = run("run", "tiny.toml", "-o", "out", "--force")
    assert result.exit_code == 130
    assert (place / "out" / "result.json").read_bytes() == before
    assert sorted(path.name for path in place.iterdir()) == ["cache", "out", "tiny.toml"]
