"""``facegate gallery`` as a user types it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.datasets.populations import cosine_population, demo_population
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.home import Home

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep an agency's home of its own, and lines long enough to read."""
    monkeypatch.setenv("FACEGATE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "home"


@pytest.fixture
def templates(tmp_path: Path) -> str:
    """Write the templates of ten people who do not exist."""
    path = tmp_path / "templates.parquet"
    demo_population(10, seed=1).draw().write(path)
    return str(path)


def run(*arguments: str, answer: str | None = None) -> Result:
    return CliRunner().invoke(app, ["gallery", *arguments], input=answer)


def said(result: Result) -> str:
    """Join what was printed into one line."""
    return " ".join(result.output.split())


def test_enrolling_makes_the_gallery_counts_and_says_synthetic(home: Path, templates: str) -> None:
    result = run("enroll", templates)
    assert result.exit_code == 0
    counts = "Templates enrolled: 20; subjects new to the gallery: 10; failures to enroll"
    assert counts in said(result)
    assert "SYNTHETIC: drawn vectors without faces were enrolled here" in said(result)
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.n_templates == 20


def test_several_files_are_enrolled_together(tmp_path: Path, templates: str) -> None:
    whole = demo_population(10, seed=1).draw()
    more = tmp_path / "more.parquet"
    whole.select(whole.subject_id == "synthetic-0000001").write(more)
    refused = run("enroll", templates, str(more))
    assert refused.exit_code == 2
    assert "template ids" in refused.output
    assert "Templates enrolled: 20;" in said(run("enroll", templates))


def test_info_shows_what_is_enrolled_and_where_it_comes_from(templates: str) -> None:
    run("enroll", templates)
    result = run("info")
    assert result.exit_code == 0
    for fact in ("synthetic (", "128 components, euclidean", "SYNTHETIC demo (seed 1)", "digest"):
        assert fact in said(result)
    assert "SYNTHETIC: drawn vectors" in said(result)


def test_the_same_templates_twice_are_one_sentence_and_exit_code_4(templates: str) -> None:
    run("enroll", templates)
    result = run("enroll", templates)
    assert result.exit_code == 4
    assert "20 of the first 20 template ids are enrolled already" in said(result)


def test_templates_of_another_embedder_are_one_sentence_and_exit_code_2(
    tmp_path: Path, templates: str
) -> None:
    other = tmp_path / "other.parquet"
    cosine_population(4, seed=1, dimension=128).draw().write(other)
    run("enroll", templates)
    result = run("enroll", str(other))
    assert result.exit_code == 2
    assert "templates of different embedders cannot be compared" in said(result)


def test_a_file_that_is_not_there_makes_no_gallery(home: Path) -> None:
    result = run("enroll", "nosuch.parquet")
    assert result.exit_code == 2
    assert "cannot read templates from nosuch.parquet" in said(result)
    assert not home.exists()


def test_withdrawing_asks_first(home: Path, templates: str) -> None:
    run("enroll", templates)
    declined = run("withdraw", "synthetic-0000001", answer="n\n")
    assert "Withdraw 1 of 10 subjects? It cannot be undone." in said(declined)
    assert declined.exit_code == 1
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.n_subjects == 10


@pytest.mark.parametrize(("option", "answer"), [(["--yes"], None), ([], "y\n")])
def test_withdrawing_removes_the_subjects(
    home: Path, templates: str, option: list[str], answer: str | None
) -> None:
    run("enroll", templates)
    result = run("withdraw", "synthetic-0000001", "synthetic-0000007", *option, answer=answer)
    assert result.exit_code == 0
    assert "Subjects withdrawn: 2; templates deleted: 4; there is no log here" in said(result)
    with Gallery.open(home / "gallery") as gallery:
        assert (gallery.n_templates, gallery.n_subjects) == (16, 8)


def test_withdrawing_in_an_agencys_folder_is_on_the_log_and_names_nobody(home: Path, templates: str) -> None:
    run("enroll", templates)
    with open_ledger(Home(home)) as ledger:
        before = ledger.log.size
    result = run("withdraw", "synthetic-0000001", "synthetic-0000007", "--yes", "--by", "77")
    assert f"templates deleted: 4; record {before + 1} of the log." in said(result)
    with open_ledger(Home(home)) as ledger:
        records = [entry for entry, _ in ledger.log.read(before)]
        assert ledger.log.size == before + 2
    assert [(one.kind, one.public["n_subjects"]) for one in records] == [("withdrawal", 2), ("withdrawn", 2)]
    assert "synthetic-0000001" not in str(records)


def test_while_another_process_holds_the_log_nobody_is_withdrawn(home: Path, templates: str) -> None:
    run("enroll", templates)
    with open_ledger(Home(home)):
        result = run("withdraw", "synthetic-0000001", "--yes")
    assert (result.exit_code != 0, "log" in said(result)) == (True, True)
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.n_subjects == 10


def test_withdrawing_a_stranger_is_refused_with_exit_code_4(templates: str) -> None:
    run("enroll", templates)
    result = run("withdraw", "nobody", "--yes")
    assert result.exit_code == 4
    assert "1 of 1 subject ids are not enrolled; nobody was withdrawn" in said(result)


def test_create_makes_an_empty_gallery_for_dlib_or_for_the_embedder_of_a_file(
    tmp_path: Path, templates: str
) -> None:
    assert "for embedder dlib (" in said(run("create"))
    elsewhere = ["--gallery", str(tmp_path / "elsewhere")]
    assert "for embedder synthetic (" in said(run("create", "--like", templates, *elsewhere))
    assert run("enroll", templates, *elsewhere).exit_code == 0


def test_a_second_create_is_refused_with_exit_code_4() -> None:
    run("create")
    result = run("create")
    assert result.exit_code == 4
    assert "there is a gallery at" in said(result)


@pytest.mark.parametrize("command", [["info"], ["withdraw", "somebody", "--yes"]])
def test_without_a_gallery_it_says_what_to_do(command: list[str]) -> None:
    result = run(*command)
    assert result.exit_code == 4
    assert "no gallery at" in said(result)
    assert "enroll templates first" in said(result)
