"""What the README says is run."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from PIL import Image
from skimage import data as skimage_data
from typer.main import get_command
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.errors import FacegateError

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMAND = re.compile(r"^\$ facegate (?P<line>.*?)(?:\s+# exit code (?P<code>\d+))?$", flags=re.MULTILINE)


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a folder as the README assumes it: photos, a probe, and the checkout's published results."""
    portrait = Image.fromarray(skimage_data.astronaut()[:300, 80:380])
    (tmp_path / "photos" / "astronaut").mkdir(parents=True)
    portrait.save(tmp_path / "photos" / "astronaut" / "1.png")
    portrait.resize((250, 250)).save(tmp_path / "probe.jpg")
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.delenv("FACEGATE_HOME", raising=False)
    return tmp_path


def test_every_command_of_the_readme_does_what_it_says(newcomer: Path) -> None:
    found = list(COMMAND.finditer(README))
    assert len(found) > 10
    for command in found:
        answer = CliRunner().invoke(app, shlex.split(command["line"]))
        assert answer.exit_code == int(command["code"] or 0), f"{command[0]}\n{answer.output}"
    assert (newcomer / "home" / "log" / "checkpoint").exists()


def test_every_command_is_in_the_readme() -> None:
    documented = {command["line"].split()[0] for command in COMMAND.finditer(README)} | {"demo"}
    assert documented == set(getattr(get_command(app), "commands", {}))


def test_the_exit_codes_of_the_readme_are_those_of_the_errors() -> None:
    def family(error: type[FacegateError]) -> set[int]:
        return {error.exit_code}.union(*(family(child) for child in error.__subclasses__()))

    sentence = README[README.index("Exit codes:") : README.index("## Rooms")]
    stated = {int(code) for code in re.findall(r"\b(\d+) ", sentence)}
    assert family(FacegateError) - {1} <= stated


def test_every_room_is_in_the_readme() -> None:
    rooms = {path.name for path in (ROOT / "facegate").iterdir() if (path / "__init__.py").exists()}
    assert all(f"`{room}/`" in README for room in rooms)


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
