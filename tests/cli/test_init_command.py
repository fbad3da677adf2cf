"""``facegate init``: a folder from nothing, an administrator once, and next steps that are real commands."""

from __future__ import annotations

import re
import shlex
import socket
import stat
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from certified import KEY, a_file, a_result
from ready_home import PHOTO
from typer.testing import CliRunner

from facegate.audit.verify import verify_log
from facegate.cli.main import app
from facegate.evaluation.certificates.certificate import certify
from facegate.faces.dlib_onnx import dlib_info
from facegate.gallery.gallery import Gallery
from facegate.gate.home import Home
from facegate.server.config import read_config
from facegate.server.database.connect import open_database, transaction
from facegate.server.database.tables import accounts

PATIENCE = 90.0
PHRASE = re.compile(r"^ {4}(\S{24})$", re.MULTILINE)


def init(home: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["init", "--home", str(home), *words], env={"COLUMNS": "200"})
    return done.exit_code, done.output


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    home = tmp_path_factory.mktemp("init") / "home"
    code, said = init(home, "--origin", "dmv.example.gov/face-log")
    assert code == 0, said
    return home, said


def account_rows(home: Path) -> list[tuple[str, str]]:
    engine = open_database(read_config(Home(home)).database)
    with transaction(engine) as connection:
        rows = [(one.name, one.roles) for one in connection.execute(accounts.select())]
    engine.dispose()
    return rows


def test_it_makes_keys_an_empty_gallery_a_log_and_one_administrator(made: tuple[Path, str]) -> None:
    home, _ = made
    with Gallery.open(home / "gallery") as gallery:
        assert gallery.n_subjects == 0
    assert verify_log(home / "log").n_by_kind == {"key": 1, "account": 1}
    assert account_rows(home) == [("administrator", "administrator")]


def test_the_pass_phrase_is_shown_once_and_kept_nowhere(made: tuple[Path, str]) -> None:
    home, said = made
    [phrase] = PHRASE.findall(said)
    held = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert phrase.encode() not in held


def test_no_key_can_be_read_by_others(made: tuple[Path, str]) -> None:
    home, _ = made
    secret = [one for one in (home / "keys").iterdir() if one.suffix in {".key", ".pem"}]
    assert len(secret) >= 3
    assert {stat.S_IMODE(one.stat().st_mode) for one in secret} == {0o600}


def test_run_again_it_changes_nothing_and_makes_nobody(made: tuple[Path, str]) -> None:
    home, _ = made
    before = verify_log(home / "log").root
    code, said = init(home)
    assert (code, PHRASE.findall(said)) == (0, [])
    assert "Its accounts are as they were." in said
    assert "No administrator was made, administrator or other; there are: administrator." in said
    assert verify_log(home / "log").root == before


def test_a_lost_pass_phrase_is_given_anew_at_the_machine_and_on_the_log(made: tuple[Path, str]) -> None:
    home, said = made
    code, again = init(home, "--reset-administrator", "Administrator")
    [phrase] = PHRASE.findall(again)
    assert (code, phrase not in said) == (0, True)
    assert verify_log(home / "log").n_by_kind["account"] == 2


def test_a_name_that_is_no_administrators_is_refused_and_the_right_ones_are_told(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    code, said = init(made[0], "--reset-administrator", "boss")
    assert (code, "no administrator of that name; the administrators are: administrator" in said) == (2, True)
    code, said = init(tmp_path / "nowhere", "--reset-administrator", "administrator")
    assert (code, "there is no installation" in said, (tmp_path / "nowhere").exists()) == (2, True, False)


def test_a_log_keeps_its_name(made: tuple[Path, str]) -> None:
    home, _ = made
    code, said = init(home, "--origin", "elsewhere.example/log")
    assert code == 2
    assert "the log is named dmv.example.gov/face-log and keeps that name" in said


def test_a_log_without_a_name_of_its_own_says_so_and_every_one_asks_for_a_backup(
    made: tuple[Path, str], tmp_path: Path
) -> None:
    home, said = made
    assert f"Back up {home / 'keys'} now" in said
    assert "for good" not in said
    _, unnamed = init(tmp_path / "home")
    assert "It keeps the name facegate.local/log for good." in unnamed
    assert f"remove {tmp_path / 'home'} now and say --origin NAME" in unnamed


def test_what_the_example_names_lies_beside_it_and_says_that_it_is_one(made: tuple[Path, str]) -> None:
    home, _ = made
    for name in re.findall(r'^file = "(.*)"$', (home / "agency.toml").read_text(), re.MULTILINE):
        assert (home / name).read_text().startswith("EXAMPLE, to be replaced")


def certified(folder: Path) -> None:
    """Leave what whoever measured the error rates hands over: a certificate for today, and his key."""
    today = datetime.now(tz=UTC)
    result = a_result(embedder_digest=dlib_info().digest, measured_on=f"{today:%Y-%m-%d}")
    held = certify(result, "fmr-1e-3", result_digest="34" * 32, issuer=KEY.issuer, issued_on=today.date())
    (folder / "CERTIFICATE").write_bytes(a_file(held))
    (folder / "KEY.pub").write_text(KEY.issuer.line())


def ready(url: str, process: subprocess.Popen[str]) -> int:
    """Wait for the service; gives the status of its own word on whether it is ready."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            return httpx.get(f"{url}/readyz", timeout=5).status_code
        except httpx.TransportError:
            time.sleep(0.2)
    process.kill()
    pytest.fail(f"no service: {process.communicate()[0]}")


def test_the_next_steps_as_printed_and_in_order_lead_to_a_service_that_is_ready(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FACEGATE_HOME", raising=False)
    _, said = init(Path("home"))
    steps = [shlex.split(one) for one in re.findall(r"^ {2}\d\. facegate (.*)$", said, re.MULTILINE)]
    assert [" ".join(one[:2]) for one in steps] == [
        "agency load",
        "embed PHOTOS",
        "gallery enroll",
        "benchmark adopt",
        "serve --home",
    ]
    (tmp_path / "PHOTOS" / "astronaut").mkdir(parents=True)
    (tmp_path / "PHOTOS" / "astronaut" / "1.png").write_bytes(PHOTO)
    certified(tmp_path)
    for step in steps[:-1]:
        done = CliRunner().invoke(app, step)
        assert done.exit_code == 0, (step, done.output)
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    (tmp_path / "home" / "server.toml").write_text(f"port = {port}\n")
    command = [str(Path(sys.executable).with_name("facegate")), *steps[-1]]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:  # noqa: S603  our own command
        status = ready(f"http://127.0.0.1:{port}", process)
        process.terminate()
        told, _ = process.communicate(timeout=PATIENCE)
    assert (status, process.returncode) == (200, 0), told
