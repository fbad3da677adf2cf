"""Every way to fail is one sentence and an exit code, never a traceback."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from facegate.cli import main
from facegate.cli.console import INTERRUPTED, one_sentence_errors
from facegate.cli.entry import main as entry
from facegate.errors import FacegateError, GalleryError, PolicyRefusal, VerificationError


@pytest.mark.parametrize("error", [FacegateError, GalleryError, PolicyRefusal, VerificationError])
def test_an_error_is_one_sentence_and_its_own_exit_code(
    error: type[FacegateError], capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as caught, one_sentence_errors():
        raise error("what, got [1], wanted [2]")  # noqa: EM101, TRY003  the sentence is the test
    assert caught.value.code == error.exit_code
    assert capsys.readouterr().err == "facegate: what, got [1], wanted [2]\n"


def test_ctrl_c_says_that_nothing_is_half_written(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught, one_sentence_errors():
        raise KeyboardInterrupt
    assert caught.value.code == INTERRUPTED
    assert "nothing is half written" in capsys.readouterr().err


def test_ctrl_c_while_loading_is_one_sentence_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Interrupted:
        def __getattr__(self, _: str) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "facegate.cli.main", Interrupted())
    with pytest.raises(SystemExit) as caught:
        entry()
    assert caught.value.code == INTERRUPTED
    assert "Traceback" not in capsys.readouterr().err


def test_the_installed_command_starts() -> None:
    command = Path(sys.executable).with_name("facegate")
    answer = subprocess.run([command, "--help"], capture_output=True, text=True, check=False)  # noqa: S603  our own command
    assert answer.returncode == 0
    assert "search" in answer.stdout


def test_an_unknown_command_is_a_usage_error() -> None:
    assert CliRunner().invoke(main.app, ["identify"]).exit_code == 2
