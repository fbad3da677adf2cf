"""What benchmarks/README.md shows is run: every protocol line, table row and command, on stand-in data."""

from __future__ import annotations

import csv
import re
import shlex
import shutil
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner
from vendor_files import (
    HEADING,
    TEMPLATES,
    score_rows,
    square,
    write_csv,
    write_network,
    write_npz,
    write_people,
    write_photos,
    write_scores,
)

from facegate.cli.main import app
from facegate.datasets.populations import demo_population
from facegate.errors import BoundBroken
from facegate.evaluation.protocol import AllPairsProtocol, parse_protocol
from facegate.faces.onnx_file import KEYS, EmbedderFile

if TYPE_CHECKING:
    from typer.testing import Result

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
README = (BENCHMARKS / "README.md").read_text(encoding="utf-8")
PROTOCOL, NETWORK = re.findall(r"```toml\n(.*?)```", README, flags=re.DOTALL)
COMMANDS = [line for line in README.split("```\n")[-2].splitlines() if "facegate benchmark" in line]
DATA_LINE = next(line for line in PROTOCOL.splitlines() if line.startswith("data"))
EXAMPLES = re.findall(r"`(data[^`=]* = [^`]*)`", README)
QUICK = "resampling = { bootstrap = 20, permutations = 20 }\n"


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with caches and a home of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("FACEGATE_HOME", str(tmp_path / "home"))
    return tmp_path


def command(*words: str) -> Result:
    return CliRunner().invoke(app, words)


def fitted(text: str) -> str:
    """Fit the example's numbers to the small scores that stand in for a vendor's."""
    for old, new in (("floor.score = 0.3 ", "floor.score = 0.1 "), ("1e-4", "5e-2"), ("= 0.45", "= 0.2")):
        assert old in text
        text = text.replace(old, new)
    return text


def write_stand_ins(place: Path) -> None:
    """Write every file that the README names."""
    write_scores(place / "scores.csv")
    for letter, name in (("a", "Group A-F"), ("b", "Group B-F")):
        write_scores(place / f"{letter}.csv", group=name)
    write_people(place / "people.csv")
    np.save(place / "m.npy", square())
    np.save(place / "v.npy", TEMPLATES.vectors)
    write_npz(place / "v.npz")
    TEMPLATES.write(place / "mine.parquet")
    write_photos(place / "people")
    write_network(place / "my-model.onnx", side=112, dimension=512)
    (place / "my-model.toml").write_text(NETWORK, encoding="utf-8")


def test_the_ten_lines_are_about_ten_and_run_to_the_report(place: Path) -> None:
    write_stand_ins(place)
    (place / "vendor-x.toml").write_text(QUICK + fitted(PROTOCOL), encoding="utf-8")
    commands = re.findall(r"`(facegate benchmark [^`]* runs/vendor-x)`", README)
    assert len(commands) == 2
    for line in commands:
        result = command(*shlex.split(line)[1:])
        assert result.exit_code == 0, (line, result.output)
    assert (place / "runs" / "vendor-x" / "report.pdf").exists()
    assert len([line for line in PROTOCOL.splitlines() if line]) <= 11


@pytest.mark.parametrize("example", EXAMPLES)
def test_each_input_of_the_table_runs(place: Path, example: str) -> None:
    write_stand_ins(place)
    if "mated" in example:  # one group for both sides: such a file holds no pairs across groups
        write_scores(place / "scores.csv", inside=True)
    text = QUICK + PROTOCOL.replace(DATA_LINE, example).replace("fmr = 1e-4", "score = 1")
    text = re.sub(r"^floor.*$", "floor.score = -9", text, flags=re.MULTILINE)
    (place / "mine.toml").write_text(text, encoding="utf-8")
    result = command("benchmark", "run", "mine.toml", "-o", "out")
    assert result.exit_code == 0, (result.output, result.exception)


def test_the_table_shows_each_way_in() -> None:
    shown = {key for example in EXAMPLES for key in tomllib.loads(example)["data"]}
    assert shown == {"scores", "vectors", "matrix", "dataset", "embedder", "templates"}


def test_other_words_of_the_table_are_read(place: Path) -> None:
    flag = 'duplicates = "keep"'
    distances = PROTOCOL.replace('"similarity"', f'"distance", {flag}').replace("score =", "distance =")
    distances = distances.replace("floor.score", "floor.distance").replace("{ distance =", "{ score =")
    assert flag in README
    found = parse_protocol(distances.replace("0.3 ", "0.9 "), name="mine.toml")
    assert isinstance(found, AllPairsProtocol)
    assert found.data.scores is not None
    assert found.thresholds[1].name == "distance-0.45"
    sides = DATA_LINE.replace("_group =", "_race =")
    assert "`first_race`, `second_race`" in README
    rows = [(*row[:3], *(str(group).split("-")[0] for group in row[3:5]), *row[5:]) for row in score_rows()]
    write_csv(place / "scores.csv", HEADING, rows)
    (place / "mine.toml").write_text(QUICK + fitted(PROTOCOL.replace(DATA_LINE, sides)), encoding="utf-8")
    result = command("benchmark", "run", "mine.toml", "-o", "out")
    assert result.exit_code == 0, result.output


def test_the_network_block_shows_every_key_and_loads(place: Path) -> None:
    write_network(place / "my-model.onnx", side=112, dimension=512)
    (place / "my-model.toml").write_text(NETWORK, encoding="utf-8")
    assert set(tomllib.loads(NETWORK)) == set(KEYS) - {"sha256"}
    assert "`sha256" in NETWORK
    assert EmbedderFile.read(place / "my-model.toml").load(threads=1).info.dimension == 512


def drawn_for_lfw(place: Path) -> None:
    """Lay down the real protocol, about templates drawn for it instead of photos."""
    drawn, races = demo_population(400, 9).draw(), {"Group A": "White", "Group B": "Black"}
    labels = np.array([races[race] for race in drawn.race], dtype=object)
    human = np.full(len(drawn), "human", dtype=object)
    folder = place / "benchmarks" / "protocols"
    folder.mkdir(parents=True)
    replace(drawn, race=labels, label_source=human).write(folder / "drawn.parquet")
    text = (BENCHMARKS / "protocols" / "lfw.toml").read_text(encoding="utf-8")
    for old, new in (('dataset = "lfw"', 'templates = "drawn.parquet"'), ("= 500", "= 10")):
        assert old in text
        text = text.replace(old, new)
    (folder / "lfw.toml").write_text(text, encoding="utf-8")


def review(sheet: Path) -> None:
    """Write a verdict on the first pair into the sheet, as a reviewer would."""
    heading, *rows = csv.reader(sheet.read_text(encoding="utf-8").splitlines())
    rows[0][heading.index("verdict")] = "both people"
    write_csv(sheet, heading, rows)


@pytest.mark.slow
def test_each_command_of_the_last_block_runs(place: Path) -> None:
    drawn_for_lfw(place)
    for line in COMMANDS:
        words = shlex.split(line.split("facegate ")[1], comments=True)
        if words[1] == "compare":
            shutil.copytree(place / "runs" / "lfw", place / "benchmarks" / "results" / "lfw")
        if "--exclude" in words:
            review(place / "review" / "suspects.csv")
        result = command(*words)
        verdict = result.exit_code == BoundBroken.exit_code and words[1] == "check"
        assert verdict or result.exit_code == 0, (line, result.output, result.exception)


def test_every_subcommand_is_shown() -> None:
    shown = {shlex.split(line.split("facegate benchmark ")[1])[0] for line in COMMANDS}
    names = set(re.findall(r"│ ([a-z]+) ", command("benchmark", "--help").output))
    assert shown == names
