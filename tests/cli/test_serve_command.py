"""``facegate serve``: answers on a port, stops when it is told to, and refuses what cannot be served."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest
from ready_home import make_home
from typer.testing import CliRunner

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.verify import verify_log
from facegate.cli.main import app
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.naming_keys import name_keys

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE = 90.0


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def give_keys(home: Path) -> None:
    """Make the keys of a log that has none yet."""
    place = Home(home)
    keys = LogKeys.create(place.keys, place.origin, random_bytes=os.urandom)
    with open_ledger(place) as ledger:
        name_keys(ledger, keys, datetime.now(tz=UTC))


def wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            httpx.get(url, timeout=5)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            return
    process.kill()
    pytest.fail(f"no service: {process.communicate()[0]}")


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, str, subprocess.Popen[str]]]:
    home, port = tmp_path_factory.mktemp("served") / "home", free_port()
    make_home(home)
    give_keys(home)
    command = [
        str(Path(sys.executable).with_name("facegate")),
        "serve",
        "--home",
        str(home),
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)  # noqa: S603  our own command
    url = f"http://127.0.0.1:{port}"
    wait_for(f"{url}/livez", process)
    yield home, url, process
    process.kill()
    process.wait()


def test_pages_interface_and_public_log_answer(served: tuple[Path, str, subprocess.Popen[str]]) -> None:
    _, url, _ = served
    with httpx.Client(base_url=url) as client:
        assert client.get("/sign-in").status_code == 200
        assert client.get("/v1/policies").status_code == 200
        assert client.get("/v1/openapi.json").json()["openapi"].startswith("3.1")
        assert client.post("/v1/searches").status_code in {401, 422}


def test_a_command_that_would_write_meanwhile_is_refused(
    served: tuple[Path, str, subprocess.Popen[str]],
) -> None:
    home, _, _ = served
    words = ["case", "open", "24-009999", "--agency", "CO0160000", "--by", "502", "--offense-code", "1201"]
    done = CliRunner().invoke(app, [*words, "--home", str(home)], env={"COLUMNS": "200"})
    assert done.exit_code != 0
    assert "one writer at a time" in done.output


def test_a_second_one_on_the_port_is_one_sentence_and_never_says_that_it_serves(
    served: tuple[Path, str, subprocess.Popen[str]],
) -> None:
    home, url, _ = served
    port = url.rsplit(":", 1)[-1]
    done = CliRunner().invoke(app, ["serve", "--home", str(home), "--port", port], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert f"port {port} is taken on 127.0.0.1: stop what listens there" in done.output
    assert "facegate serves" not in done.output


def test_told_to_stop_it_ends_well_and_the_log_holds(
    served: tuple[Path, str, subprocess.Popen[str]],
) -> None:
    home, url, process = served
    process.send_signal(signal.SIGTERM)
    said, _ = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, said
    assert url in said
    assert "Traceback" not in said
    lines = [line for line in said.splitlines() if " facegate.server." in line]
    assert lines
    assert all(re.match(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\dZ facegate", line) for line in lines)
    assert verify_log(home / "log", max_skew_seconds=3600).size > 0


def test_a_folder_without_an_installation_is_refused_with_what_to_do(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["serve", "--home", str(tmp_path)], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert f"make one with `facegate init --home {tmp_path}`" in done.output


def test_without_the_logs_keys_it_does_not_begin_to_serve(
    served: tuple[Path, str, subprocess.Popen[str]],
) -> None:
    home, _, _ = served  # stopped by the test before
    for name, says in (
        ("log.pem", "Nothing can be signed without it"),
        ("log.vkey", "the log has no keys in"),
    ):
        key = home / "keys" / name
        away = key.rename(home / "away")
        done = CliRunner().invoke(app, ["serve", "--home", str(home), "--port", "1"], env={"COLUMNS": "300"})
        away.rename(key)
        assert done.exit_code == 2
        assert says in done.output
        assert str(home / "keys") in done.output
        assert "from its backup" in done.output


def test_an_unknown_setting_is_refused_before_anything_is_opened(tmp_path: Path) -> None:
    (tmp_path / "gallery").mkdir()
    (tmp_path / "gallery" / "gallery.json").write_text("{}")
    (tmp_path / "server.toml").write_text("prot = 8000\n")
    done = CliRunner().invoke(app, ["serve", "--home", str(tmp_path)], env={"COLUMNS": "200"})
    assert done.exit_code == 2
    assert "prot" in done.output
