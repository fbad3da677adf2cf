"""The guided run: with no data at hand, with real faces, and a second time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

STEPS = 8


def run(folder: Path) -> str:
    answer = CliRunner().invoke(app, ["demo", "--folder", str(folder)], env={"COLUMNS": "120"})
    assert answer.exit_code == 0, answer.output
    return answer.output


def test_the_whole_story_is_told_without_any_data_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.setenv("FACEGATE_CACHE", str(tmp_path / "cache"))
    told = run(tmp_path / "demo")
    assert all(f"{step} of {STEPS}" in told for step in range(1, STEPS + 1))
    for sign in (
        "SYNTHETIC",
        "in force: signed for this model",
        "searches of 10,000",
        "Candidate list: 1 of 100,001 enrolled",
        "investigative lead, not an identification",
        "REFUSED under co-dmv-2019",
        "Colorado DMV memo, 9 September 2019",
        "Candidate list: 0 of 100,000 enrolled",
        "true rate per million",
        "PASS",
        "FAIL",
        "was changed",
        "does not bear the signature of demo.facegate.example",
        "Try next",
    ):
        assert sign in told, sign


@pytest.mark.data
@pytest.mark.slow
def test_real_faces_are_used_where_a_data_set_is_there_and_embedded_once(tmp_path: Path) -> None:
    if Settings.from_environment().data is None:
        pytest.skip("FACEGATE_DATA is not set: no real faces to show")
    first = run(tmp_path / "demo")
    templates = (tmp_path / "demo" / "templates.parquet").stat().st_mtime_ns
    second = run(tmp_path / "demo")
    assert "SYNTHETIC" not in first + second
    assert "Candidate list: 1 of" in first
    assert (tmp_path / "demo" / "templates.parquet").stat().st_mtime_ns == templates
