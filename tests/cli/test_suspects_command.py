"""``facegate benchmark suspects`` as a user sees it."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import typer
from hand_made_runs import a_run
from PIL import Image
from typer.testing import CliRunner

from facegate.cli.benchmark_suspects import suspects
from facegate.datasets.populations import demo_population
from facegate.datasets.registry import open_dataset
from facegate.errors import DatasetError, FacegateError, InputError, MeasurementError
from facegate.evaluation.comparison_store import METADATA_KEY, TAIL_FORMAT, tail_parquet
from facegate.evaluation.comparisons import compare_all
from facegate.evaluation.review.exclusions import read_exclusions
from facegate.evaluation.review.suspects import COLUMNS
from facegate.evaluation.subgroups import population_of
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from typer.testing import Result

app = typer.Typer()
app.command()(suspects)
PAIRS = [
    (0.9, "ann/1.jpg", "bob/1.jpg", "ann", "bob", "g", "h"),
    (0.8, "ann/1.jpg", "cid/1.jpg", "ann", "cid", "g", "g"),
    (0.7, "bob/1.jpg", "cid/1.jpg", "bob", "cid", "h", "g"),
]


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def said(result: Result) -> str:
    return " ".join(result.output.split())


def failed(result: Result, kind: type[FacegateError]) -> str:
    assert type(result.exception) is kind, result.exception
    return str(result.exception)


def tail(rows: Sequence[tuple[object, ...]]) -> pa.Table:
    table = pa.table({name: [row[place] for row in rows] for place, name in enumerate(COLUMNS)})
    return table.replace_schema_metadata({METADATA_KEY: json.dumps({"format": TAIL_FORMAT}).encode()})


def finished(folder: Path, *, dataset: str = "folder:people", synthetic: bool = False) -> None:
    folder.mkdir()
    text = a_run(dataset=dataset, synthetic=synthetic).to_json()
    (folder / "result.json").write_text(text, encoding="utf-8")
    pq.write_table(tail(PAIRS), folder / "tail.parquet")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Work beside a run of a folder of three people, with no data folder set."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    finished(tmp_path / "run")
    for person in ("ann", "bob", "cid"):
        (tmp_path / "people" / person).mkdir(parents=True)
        Image.fromarray(np.full((40, 30, 3), 99, np.uint8)).save(tmp_path / "people" / person / "1.jpg")
    return tmp_path


def rows_of(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_a_page_and_a_sheet_are_written_and_the_run_stays_as_it_was(place: Path) -> None:
    before = {path.name: path.read_bytes() for path in (place / "run").iterdir()}
    result = run("run", "-o", "out", "--photos", "people")
    assert result.exit_code == 0, result.exception
    assert sorted(path.name for path in (place / "out").iterdir()) == ["suspects.csv", "suspects.html"]
    assert (place / "out" / "suspects.html").read_text().count("data:image/jpeg") == 6
    assert {path.name: path.read_bytes() for path in (place / "run").iterdir()} == before
    assert "do not publish" in said(result)


def test_the_sheet_can_be_filled_in_and_read(place: Path) -> None:
    run("run", "-o", "out")
    sheet = place / "out" / "suspects.csv"
    sheet.write_text(sheet.read_text().replace("g,h,\n", "g,h,same person\n", 1))
    found = read_exclusions(sheet)
    assert (set(found.people), found.reviewed) == ({"bob"}, 1)


def test_count_and_pairs_a_person_limit_the_sheet(place: Path) -> None:
    assert "1 of 3 pairs" in said(run("run", "-o", "one", "--count", "1"))
    result = run("run", "-o", "two", "--per-person", "1")
    assert "2 pairs were passed over" in said(result)
    assert [row["first_person"] for row in rows_of(place / "two" / "suspects.csv")] == ["ann"]


def test_photos_that_are_not_at_hand_are_placeholders_and_told(place: Path) -> None:
    result = run("run", "-o", "out")
    assert result.exit_code == 0
    assert "which is no data set known by name" in said(result)
    page = (place / "out" / "suspects.html").read_text()
    assert (page.count("data:image/jpeg"), page.count("No photo at hand.")) == (0, 6)


def test_a_known_set_that_is_not_here_is_told_and_the_page_names_no_folder(place: Path) -> None:
    finished(place / "lfw", dataset="lfw")
    result = run("lfw", "-o", "out")
    assert "FACEGATE_DATA, which is not set" in said(result)
    page = (place / "out" / "suspects.html").read_text()
    assert "those of lfw are not at hand" in page
    assert str(place) not in page


def test_the_text_of_a_run_cannot_name_a_folder_of_this_machine(place: Path) -> None:
    finished(place / "sly", dataset="people")
    assert run("sly", "-o", "out").exit_code == 0
    assert "data:image/jpeg" not in (place / "out" / "suspects.html").read_text()


def test_a_synthetic_run_has_no_photos_and_no_warning_of_people(place: Path) -> None:
    finished(place / "drawn", synthetic=True)
    result = run("drawn", "-o", "out")
    assert (result.exit_code, "real people" in said(result)) == (0, False)
    assert "SYNTHETIC" in (place / "out" / "suspects.html").read_text()


def test_a_review_is_never_written_over(place: Path) -> None:
    run("run", "-o", "out")
    (place / "out" / "suspects.csv").write_text("reviewed")
    assert "out exists already" in failed(run("run", "-o", "out"), InputError)
    assert (place / "out" / "suspects.csv").read_text() == "reviewed"


@pytest.mark.parametrize("output", ["run", "run/sheet", "run/../run/x"])
def test_nothing_is_written_into_the_run(place: Path, output: str) -> None:
    assert "lies inside the run" in failed(run("run", "-o", output), InputError)
    assert sorted(path.name for path in (place / "run").iterdir()) == ["result.json", "tail.parquet"]


def test_photos_of_another_set_or_none_are_refused(place: Path) -> None:
    (place / "others" / "eve").mkdir(parents=True)
    (place / "others" / "eve" / "1.jpg").write_bytes(b"")
    assert "holds none of the 3 photos" in failed(run("run", "-o", "out", "--photos", "others"), InputError)
    assert failed(run("run", "-o", "out", "--photos", "nowhere"), DatasetError)
    assert not (place / "out").exists()


def test_a_run_without_its_pairs_is_told(place: Path) -> None:
    (place / "run" / "tail.parquet").write_bytes(b"no parquet")
    assert "cannot read the kept pairs" in failed(run("run", "-o", "out"), InputError)
    pq.write_table(tail(PAIRS).drop_columns(["score"]), place / "run" / "tail.parquet")
    assert "lack the column score" in failed(run("run", "-o", "out"), InputError)
    pq.write_table(tail(PAIRS).replace_schema_metadata(None), place / "run" / "tail.parquet")
    assert "wanted facegate-tail/1, got no format" in failed(run("run", "-o", "out"), InputError)
    pq.write_table(tail(PAIRS).slice(0, 0), place / "run" / "tail.parquet")
    assert "no score reached its floor" in failed(run("run", "-o", "out"), MeasurementError)
    (place / "run" / "tail.parquet").unlink()
    assert "the run kept no pairs" in failed(run("run", "-o", "out"), InputError)
    assert not (place / "out").exists()


def test_the_pairs_of_a_real_comparison_are_read(place: Path) -> None:
    templates = demo_population(60, 5).draw()
    enrolled, population = templates.enrolled, population_of(templates)
    made = compare_all(enrolled.vectors, population, metric=templates.embedder.metric, floor=0.3)
    stored = tail_parquet(
        made, population, template_ids=enrolled.template_id, subject_ids=enrolled.subject_id
    )
    (place / "run" / "tail.parquet").write_bytes(stored)
    assert run("run", "-o", "out", "--per-person", "999", "--count", "30").exit_code == 0
    rows = rows_of(place / "out" / "suspects.csv")
    expected = sorted(made.tail.scores.tolist(), reverse=True)[:30]
    assert [float(row["score"]) for row in rows] == expected
    owner = dict(zip(enrolled.template_id, enrolled.subject_id, strict=True))
    assert all(owner[row["second_photo"]] == row["second_person"] for row in rows)


@pytest.mark.data
def test_photos_of_a_known_set_are_found_by_its_name(tmp_path: Path) -> None:
    settings = Settings.from_environment()
    if settings.data is None:
        pytest.skip("FACEGATE_DATA is not set: no photos of LFW, MEDS or London here")
    photos = open_dataset("london", settings).photos
    finished(tmp_path / "run", dataset="london")
    a, b = photos[0], photos[-1]
    pair = (0.5, a.photo_id, b.photo_id, a.subject_id, b.subject_id, "g", "h")
    pq.write_table(tail([pair]), tmp_path / "run" / "tail.parquet")
    assert run(str(tmp_path / "run"), "-o", str(tmp_path / "out")).exit_code == 0
    assert (tmp_path / "out" / "suspects.html").read_text().count("data:image/jpeg") == 2
