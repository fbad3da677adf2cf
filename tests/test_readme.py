"""What the README says is run: facegate's commands in this process, the few others by the shell."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from PIL import Image
from skimage import data as skimage_data
from typer.main import get_command
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.errors import FacegateError
from facegate.policy.engine import PolicyEngine

if TYPE_CHECKING:
    from collections.abc import Iterator


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
LINE = re.compile(r"^\$ (?P<line>.*?)(?:\s+# exit code (?P<code>\d+))?$", flags=re.MULTILINE)
FACEGATE = "facegate "
PORT = str(free_port())  # the README's may be taken
PRINTED = {"PERMIT": re.compile(r"Permit (\S{36})"), "SEARCH": re.compile(r"\b(01\S{34})\b")}
"""Ids that stand for themselves in the README, and where a command before printed them."""


@pytest.fixture
def newcomer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a folder as the README assumes it: photos, a probe, and the checkout's published results."""
    portrait = Image.fromarray(skimage_data.astronaut()[:300, 80:380])
    (tmp_path / "photos" / "astronaut").mkdir(parents=True)
    portrait.save(tmp_path / "photos" / "astronaut" / "1.png")
    portrait.resize((250, 250)).save(tmp_path / "probe.jpg")
    (tmp_path / "benchmarks").symlink_to(ROOT / "benchmarks")
    monkeypatch.setattr(PolicyEngine, "load", cache(PolicyEngine.load))  # read once, not by every command
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_DATA", raising=False)
    monkeypatch.delenv("FACEGATE_HOME", raising=False)
    return tmp_path


def shell(line: str) -> tuple[int, str]:
    """Run a line that is no command of facegate, such as ``echo``, as a reader would."""
    done = subprocess.run(["bash", "-c", line], capture_output=True, text=True, check=False)  # noqa: S603, S607  the README's own text
    return done.returncode, done.stdout + done.stderr


def facegate(line: str) -> tuple[int, str]:
    """Run a command of facegate; what it prints goes to the file behind ``>``, if there is one."""
    words = shlex.split(line)
    file = words.pop() if words[-2:-1] == [">"] else ""
    answer = CliRunner().invoke(app, words[: len(words) - bool(file)], env={"COLUMNS": "200"})
    if file:
        Path(file).write_text(answer.stdout, encoding="utf-8")
    return answer.exit_code, answer.output


class Service:
    """The one service that the README starts: what is asked of it by curl follows at once."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[str] | None = None

    def start(self, line: str) -> tuple[int, str]:
        """Start it as a reader would, in a process of its own, and wait until it answers."""
        command = [str(Path(sys.executable).with_name("facegate")), *shlex.split(line)]
        self._process = subprocess.Popen(  # noqa: S603  the README's own text
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        until = time.monotonic() + 90
        while self._process.poll() is None and time.monotonic() < until:
            if shell(f"curl -s http://127.0.0.1:{PORT}/livez")[0] == 0:
                return 0, ""
            time.sleep(0.2)
        return self.stop()

    def stop(self) -> tuple[int, str]:
        """Tell it to stop; gives its exit code and all it said."""
        if self._process is None:
            return 0, ""
        self._process.terminate()
        said, _ = self._process.communicate(timeout=60)
        code, self._process = self._process.returncode, None
        return code, said


@pytest.fixture
def service() -> Iterator[Service]:
    one = Service()
    yield one
    one.stop()


def run(line: str, service: Service) -> tuple[int, str]:
    """Run one line of the README; the service is stopped where facegate is used again."""
    if not line.startswith(FACEGATE):
        return shell(line)
    code, said = service.stop()
    assert code == 0, said
    words = line.removeprefix(FACEGATE)
    return service.start(words) if words.startswith("serve ") else facegate(words)


def test_every_command_of_the_readme_does_what_it_says(newcomer: Path, service: Service) -> None:
    found = list(LINE.finditer(README))
    assert len(found) > 30
    ids = dict.fromkeys(PRINTED, "")
    for one in found:
        line = re.sub(r"\b(PERMIT|SEARCH)\b", lambda word: ids[word[0]], one["line"])
        code, output = run(line.replace("8443", PORT), service)
        assert code == int(one["code"] or 0), f"{one[0]}\n{output}"
        if code == 0 and (name := {"permit": "PERMIT", "search": "SEARCH"}.get(line.split()[1])):
            printed = PRINTED[name].search(output)
            assert printed, output
            ids[name] = printed[1]
    assert (newcomer / "home" / "log" / "checkpoint").exists()


def test_every_command_is_in_the_readme() -> None:
    lines = [one["line"] for one in LINE.finditer(README) if one["line"].startswith(FACEGATE)]
    documented = {line.split()[1] for line in lines} | {"demo"}
    assert documented == set(getattr(get_command(app), "commands", {}))


def test_the_exit_codes_of_the_readme_are_those_of_the_errors() -> None:
    def family(error: type[FacegateError]) -> set[int]:
        return {error.exit_code}.union(*(family(child) for child in error.__subclasses__()))

    sentence = README[README.index("Exit codes:") : README.index("## What is controlled")]
    stated = {int(code) for code in re.findall(r"\b(\d+) ", sentence)}
    assert family(FacegateError) - {1} <= stated


def test_every_room_is_in_the_readme() -> None:
    rooms = {path.name for path in (ROOT / "facegate").iterdir() if (path / "__init__.py").exists()}
    assert all(f"`{room}/`" in README for room in rooms)


def test_every_link_of_the_readme_leads_somewhere() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
