"""``facegate benchmark run`` on everything that can be put under test, each through the real command."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner
from vendor_files import (
    GROUPS,
    TEMPLATES,
    square,
    write_csv,
    write_network,
    write_npz,
    write_people,
    write_photos,
    write_scores,
)

from facegate.cli.main import app

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from typer.testing import Result

FRAME = """
kind = "all-pairs"
name = "tiny"
title = "Tiny"
resampling = {{ bootstrap = 20, permutations = 20 }}
floor.{scale} = {floor}
{data}
[[threshold]]
fmr = 0.05
[[threshold]]
{scale} = {given}
"""
SIDES = 'first_group = "probe_group", second_group = "ref_group"'
SUBJECTS = 'first_subject = "probe_id", second_subject = "ref_id"'
LABELS = 'subject = "id", race = "race", sex = "sex"'
N = len(TEMPLATES)
N_PAIRS = N * (N - 1) // 2
MATED = 24


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work in an empty folder, with caches of its own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    return tmp_path


def command(*words: str) -> Result:
    return CliRunner().invoke(app, ["benchmark", *words])


def measured(
    place: Path, data: str, *, scale: str = "score", floor: float = 0.1, given: float = 0.2
) -> dict[str, Any]:
    """Run a protocol about these data, make its page, and read its numbers."""
    text = FRAME.format(data=data, scale=scale, floor=floor, given=given)
    (place / "tiny.toml").write_text(text, encoding="utf-8")
    result = command("run", "tiny.toml", "-o", "out")
    assert result.exit_code == 0, result.output
    report = command("report", "out", "--no-pdf")
    assert report.exit_code == 0, report.output
    assert "</html>" in (place / "out" / "report.html").read_text(encoding="utf-8")
    numbers: dict[str, Any] = json.loads((place / "out" / "result.json").read_text(encoding="utf-8"))
    return numbers


def counts(numbers: dict[str, Any]) -> tuple[int, int]:
    """Take how many non-mated and mated comparisons were made."""
    return numbers["main"]["non_mated"], numbers["main"]["mated"]


def write_npy(path: Path) -> None:
    np.save(path, TEMPLATES.vectors)
    write_people(path.with_suffix(".csv"))


def write_parquet(path: Path) -> None:
    columns = {"emb": list(TEMPLATES.vectors), "id": TEMPLATES.subject_id}
    pq.write_table(pa.table(columns | {"race": TEMPLATES.race, "sex": TEMPLATES.sex}), path)


def write_matrix(path: Path) -> None:
    write_people(path.with_name("people.csv"))
    if path.suffix == ".npy":
        np.save(path, square())
    else:
        np.savetxt(path, square(), delimiter=",")


@pytest.mark.parametrize(
    ("write", "file", "columns"),
    [
        (write_npz, 'file = "v.npz"', f'vector = "emb", {LABELS}'),
        (write_npy, 'file = "v.npy", labels = "v.csv"', LABELS),
        (write_parquet, 'file = "v.parquet"', f'vector = "emb", {LABELS}'),
    ],
    ids=["npz", "npy", "parquet"],
)
def test_vectors_are_measured(place: Path, write: Callable[[Path], None], file: str, columns: str) -> None:
    write(place / file.split('"')[1])
    data = f'data.vectors = {{ {file}, metric = "cosine", columns = {{ {columns} }} }}'
    numbers = measured(place, data, scale="cosine")
    assert numbers["input"]["kind"] == "vectors"
    assert counts(numbers) == (N_PAIRS - MATED, MATED)
    assert len(numbers["main"]["groups"]) == 4


@pytest.mark.parametrize(
    ("columns", "inside", "people"),
    [
        (f"{SUBJECTS}, {SIDES}", False, 24),
        (f'{SUBJECTS}, group = "group"', True, 24),
        (f'mated = "same", {SIDES}', False, 0),
        (f'mated = "same", {SUBJECTS}, {SIDES}', False, 24),
    ],
    ids=["a group a side", "one group a pair", "mated flag", "flag and people"],
)
def test_scores_are_measured(place: Path, columns: str, inside: bool, people: int) -> None:  # noqa: FBT001  parametrized
    write_scores(place / "scores.csv", inside=inside)
    data = f'file = "scores.csv", direction = "similarity", columns = {{ score = "sim", {columns} }}'
    numbers = measured(place, f"data.scores = {{ {data} }}")
    within = [np.count_nonzero(name == GROUPS) ** 2 for name in set(GROUPS)]
    pairs = (sum(within) - N) // 2 if inside else N_PAIRS
    assert counts(numbers) == (pairs - MATED, MATED)
    assert numbers["input"]["people"] == people
    overall = numbers["main"]["at"][0]["overall"]
    assert (overall["fmr"]["people"] > 0, "too narrow" in overall["fmr"]["method"]) == (
        people > 0,
        people == 0,
    )
    assert people or overall["concentration"] is None  # nobody made up carries false matches


def test_scores_in_one_file_a_group_are_measured_and_printed(place: Path) -> None:
    names = sorted(set(GROUPS))
    for letter, name in zip("abcd", names, strict=True):
        write_scores(place / f"{letter}.csv", group=name)
    files = ", ".join(
        f'{{ file = "{letter}.csv", group = "{name}" }}' for letter, name in zip("abcd", names, strict=True)
    )
    data = f'files = [{files}], direction = "similarity", columns = {{ score = "sim", {SUBJECTS} }}'
    numbers = measured(place, f"data.scores = {{ {data} }}")
    assert [group["name"] for group in numbers["main"]["groups"]] == names
    assert command("report", "out").exit_code == 0
    assert (place / "out" / "report.pdf").read_bytes().startswith(b"%PDF")


def test_distances_are_measured_as_distances(place: Path) -> None:
    write_scores(place / "scores.csv", distances=True)
    columns = f'score = "sim", {SUBJECTS}, {SIDES}'
    data = f'data.scores = {{ file = "scores.csv", direction = "distance", columns = {{ {columns} }} }}'
    numbers = measured(place, data, scale="distance", floor=0.9, given=0.8)
    used = [at["threshold"] for at in numbers["main"]["at"]]
    assert (used[1]["name"], used[1]["native"]) == ("distance-0.8", pytest.approx(0.8))
    write_scores(place / "scores.csv")
    (place / "out").rename(place / "distances")
    same = measured(place, data.replace('"distance"', '"similarity"'))
    rates = [[at["overall"]["fmr"]["events"] for at in one["main"]["at"]] for one in (numbers, same)]
    assert rates[0] == rates[1]


def test_a_parquet_file_of_scores_gives_the_numbers_of_the_csv_file(place: Path) -> None:
    write_scores(place / "scores.csv")
    columns = f'score = "sim", {SUBJECTS}, {SIDES}'
    data = f'data.scores = {{ file = "scores.csv", direction = "similarity", columns = {{ {columns} }} }}'
    of_csv = measured(place, data)
    (place / "out").rename(place / "csv")
    rows = np.genfromtxt(place / "scores.csv", delimiter=",", dtype=str, skip_header=1)
    names = ("probe_id", "ref_id", "probe_group", "ref_group")
    texts = {name: rows[:, place] for place, name in enumerate(names, 1)}
    pq.write_table(pa.table({"sim": rows[:, 0].astype(float)} | texts), place / "scores.parquet")
    assert measured(place, data.replace(".csv", ".parquet"))["main"] == of_csv["main"]


@pytest.mark.parametrize("file", ["m.npy", "m.csv"])
def test_a_matrix_is_measured(place: Path, file: str) -> None:
    write_matrix(place / file)
    people = 'rows = "people.csv", people = { subject = "id", group = "g" }'
    numbers = measured(
        place, f'data.matrix = {{ file = "{file}", direction = "similarity", symmetric = true, {people} }}'
    )
    assert counts(numbers) == (N_PAIRS - MATED, MATED)


def test_photos_and_a_network_in_a_file_are_measured(place: Path) -> None:
    write_photos(place / "people")
    write_network(place / "tiny.onnx", side=8, dimension=16)
    (place / "model.toml").write_text(
        'name = "tiny"\nfile = "tiny.onnx"\ndimension = 16\ninput_size = [8, 8]\nlayout = "nchw"\n'
        'color = "rgb"\nmean = 127.5\nscale = 0.0078125\nmetric = "cosine"\nnormalize = true\n'
        'crop = "dlib-chip"\n',
        encoding="utf-8",
    )
    data = 'data.dataset = "people"\ndata.embedder = "model.toml"'
    text = FRAME.format(data=data, scale="cosine", floor=-1, given=-1).replace("fmr = 0.05", "cosine = 1")
    (place / "tiny.toml").write_text(text, encoding="utf-8")
    result = command("run", "tiny.toml", "-o", "out")
    assert result.exit_code == 0, result.output
    numbers = json.loads((place / "out" / "result.json").read_text(encoding="utf-8"))
    assert (counts(numbers), numbers["provenance"]["embedder"]) == ((2, 1), "tiny")
    assert numbers["main"]["at"][1]["overall"]["fmr"]["events"] == 2
    assert command("report", "out", "--no-pdf").exit_code == 0


def test_the_order_of_rows_does_not_matter(place: Path) -> None:
    path = write_scores(place / "scores.csv")
    columns = f'score = "sim", {SUBJECTS}, {SIDES}'
    data = f'data.scores = {{ file = "scores.csv", direction = "similarity", columns = {{ {columns} }} }}'
    first = measured(place, data)
    (place / "out").rename(place / "first")
    heading, *rows = path.read_text(encoding="utf-8").splitlines()
    write_csv(path, heading.split(","), [row.split(",") for row in reversed(rows)])
    assert measured(place, data)["main"] == first["main"]
