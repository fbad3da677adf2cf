"""``facegate log monitor``: one line when all is well, a sentence and an exit code of its own when not."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest
from published_home import published, run, search, vkey

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("watched"))[1].parent


@pytest.fixture
def home(exported: Path, tmp_path: Path) -> Path:
    """Copy an installation whose log is published in the folder ``out`` beside it."""
    shutil.copytree(exported, tmp_path / "agency")
    return tmp_path / "agency" / "home"


def watch(home: Path, *more: object) -> Result:
    folder = home.parent
    return run(
        home, "log", "monitor", folder / "out", "--state", folder / "state", "--key", vkey(home), *more
    )


def publish(home: Path) -> None:
    answer = run(home, "log", "export", home.parent / "out")
    assert answer.exit_code == 0, answer.output


def test_a_log_that_grows_passes_in_one_line(home: Path) -> None:
    assert "PASS  21 records, 21 new, root " in watch(home).output
    search(home, 1)
    publish(home)
    answer = watch(home)
    assert answer.exit_code == 0
    assert "PASS  23 records, 2 new, root " in answer.output
    assert "contains every checkpoint seen (2)" in answer.output


def test_an_intent_without_a_result_ends_with_code_17(home: Path) -> None:
    search(home, 1, answered=False)
    publish(home)
    assert "1 intents still in their time" in watch(home).output
    answer = watch(home, "--max-open-seconds", "0")
    assert answer.exit_code == 17
    assert "no result 0 s after the intent: 1 in all, record 21" in answer.output


def test_a_log_put_back_is_a_rollback_with_code_13_and_evidence(home: Path) -> None:
    early = home.parent / "early"
    shutil.copytree(home.parent / "out", early)
    search(home, 1)
    publish(home)
    watch(home)
    shutil.rmtree(home.parent / "out")
    early.rename(home.parent / "out")
    answer = watch(home)
    assert answer.exit_code == 13
    assert "rolled back: it shows 21 records and showed 23 before; evidence: " in answer.output
    [place] = (home.parent / "state" / "evidence").iterdir()
    assert {path.name for path in place.iterdir()} == {"finding.txt", "checkpoint-shown", "checkpoint-kept"}


def test_the_help_lists_every_exit_code(home: Path) -> None:
    said = watch(home, "--help").output
    for code, word in ((12, "fork"), (13, "rollback"), (14, "replaced"), (15, "dropped"), (16, "reordered")):
        assert f"{code}      a" in said or f"{code}      records {word}" in said
        assert word in said


def test_watching_on_tries_a_failing_network_again_and_ends_at_a_finding(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, away, waits = home.parent / "out", home.parent / "away", []

    def sleep(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 1:
            out.rename(away)
        elif len(waits) == 2:
            away.rename(out)
            (out / "checkpoint").write_text("none\n")

    monkeypatch.setattr(time, "sleep", sleep)
    answer = watch(home, "--every", "7")
    assert (answer.exit_code, waits) == (8, [7.0, 7.0])
    assert "PASS  21 records" in answer.output
    assert "it has no checkpoint; it is tried again" in answer.output
