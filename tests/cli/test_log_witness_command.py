"""``facegate log witness``: the key made once, and the service as a process of its own."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from facegate.audit.keys.log_keys import LogKeys
from facegate.audit.log import AuditLog
from facegate.audit.log_tree import read_tree
from facegate.audit.witnesses.witness_client import ask_witness
from facegate.audit.witnesses.witness_key import read_witness_key
from facegate.cli.desk import now
from facegate.cli.main import app
from facegate.errors import ForkFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint

ORIGIN = "facegate.example/test"
NAME = "w.example/w1"

# The command as it is, without loading the others: a face index takes seconds that a witness does not need.
ALONE = """
from pathlib import Path
from facegate.cli.console import one_sentence_errors
from facegate.cli.log_witness import witness
with one_sentence_errors():
    witness(key=Path("w.pem"), log=[Path("keys/log.vkey")], state=Path("state"), port=0)
"""


def run(*arguments: object) -> tuple[int, str]:
    done = CliRunner().invoke(app, ["log", "witness", *map(str, arguments)], env={"COLUMNS": "200"})
    return done.exit_code, done.output


@pytest.fixture
def keys(tmp_path: Path) -> LogKeys:
    """Make a log of one record with its keys, and the key of a witness."""
    made = LogKeys.create(tmp_path / "keys", ORIGIN, random_bytes=lambda n: bytes(range(n)))
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append({"kind": "audit", "time": "2026-11-22T03:20:11.42Z"}, {}, record_key=bytes(32))
    assert run("--make-key", NAME, "-o", tmp_path / "w.pem")[0] == 0
    return made


@contextmanager
def running(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the service as a process; gives it and its address."""
    command = [sys.executable, "-c", ALONE]
    process = subprocess.Popen(  # noqa: S603  our own program
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        found = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
        assert found is not None
        yield process, found[0]
    finally:
        process.kill()
        process.communicate()


def asked(address: str, tmp_path: Path, keys: LogKeys, *, old_size: int = 0) -> SignedCheckpoint:
    checkpoint, tree = read_tree(tmp_path / "log")
    signed = keys.sign(checkpoint, tree.root, at=now())
    key = read_witness_key(tmp_path / "w.pem").key
    got = ask_witness(address, key=key, signed=signed, tree=tree, log_keys=keys.vkeys, old_size=old_size)
    return signed.with_signatures(got)


def test_a_key_is_made_for_its_owner_alone_and_its_public_half_printed(tmp_path: Path) -> None:
    code, said = run("--make-key", NAME, "-o", tmp_path / "w.pem")
    line = read_witness_key(tmp_path / "w.pem").key.line()
    assert (code, line in said) == (0, True)
    assert (tmp_path / "w.pem").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "w.pem.pub").read_text() == f"{line}\n"


@pytest.mark.parametrize("left", ["w.pem", "w.pem.pub"])
def test_a_key_is_never_overwritten(tmp_path: Path, left: str) -> None:
    run("--make-key", NAME, "-o", tmp_path / "w.pem")
    before = (tmp_path / left).read_bytes()
    (tmp_path / ({"w.pem", "w.pem.pub"} - {left}).pop()).unlink()
    code, said = run("--make-key", NAME, "-o", tmp_path / "w.pem")
    assert (code, "never overwritten" in said, (tmp_path / left).read_bytes()) == (2, True, before)


def test_a_witness_cosigns_remembers_and_ends_at_ctrl_c(tmp_path: Path, keys: LogKeys) -> None:
    with running(tmp_path) as (process, address):
        cosigned = asked(address, tmp_path, keys)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert [one.name for one in cosigned.note.signatures] == [ORIGIN, NAME]
    assert (process.returncode, "stopped" in errors, "Traceback" in errors) == (130, True, False)


def test_a_log_that_begins_again_is_refused_after_a_restart(tmp_path: Path, keys: LogKeys) -> None:
    with running(tmp_path) as (_, address):
        asked(address, tmp_path, keys)
    (tmp_path / "log").rename(tmp_path / "true-log")
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        log.append({"kind": "audit", "time": "2026-11-22T03:20:12.00Z"}, {}, record_key=bytes(32))
    (tmp_path / "keys/log-signed").unlink()  # the log's own memory is gone too: the witness's is not
    with running(tmp_path) as (_, address), pytest.raises(ForkFound, match="two histories were signed"):
        asked(address, tmp_path, keys, old_size=1)


def test_a_killed_witness_remembers(tmp_path: Path, keys: LogKeys) -> None:
    with running(tmp_path) as (process, address):
        asked(address, tmp_path, keys)
        process.kill()
    with running(tmp_path) as (process, address):
        assert process.stdout is not None
        assert "1 records cosigned so far" in process.stdout.readline()
        assert len(asked(address, tmp_path, keys, old_size=1).note.signatures) == 2


def test_idle_connections_keep_no_log_out(tmp_path: Path, keys: LogKeys) -> None:
    with running(tmp_path) as (_, address), ExitStack() as held:
        host, port = address.removeprefix("http://").split(":")
        for _ in range(300):
            held.enter_context(socket.create_connection((host, int(port)), timeout=5))
        assert len(asked(address, tmp_path, keys).note.signatures) == 2


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ((), "needs --key, --log and --state"),
        (("--make-key", NAME), "name the file for the key with -o"),
        (("--make-key", "a b", "-o", "w.pem"), "no spaces"),
        (("--key", "{}/none.pem", "--log", "{}/keys/log.vkey", "--state", "{}/s"), "cannot read the witness"),
        (("--key", "{}/w.pem", "--log", "{}/w.pem.pub", "--state", "{}/s"), "wanted those of a log"),
        (("--key", "{}/w.pem", "--log", "{}/keys/log.vkey", "--state", "{}/s", "-o", "x"), "belongs to"),
        (("--key", "{}/w.pem", "--log", "{}/none", "--state", "{}/s"), "cannot be read"),
    ],
)
@pytest.mark.usefixtures("keys")
def test_what_cannot_be_done_is_one_sentence_and_exit_code_2(
    tmp_path: Path, arguments: tuple[str, ...], reason: str
) -> None:
    code, said = run(*(one.format(tmp_path) for one in arguments))
    assert (code, reason in said) == (2, True)


@pytest.mark.usefixtures("keys")
def test_a_key_that_others_can_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "w.pem").chmod(0o644)
    code, said = run(
        "--key", tmp_path / "w.pem", "--log", tmp_path / "keys/log.vkey", "--state", tmp_path / "s"
    )
    assert (code, "can be read by others" in said) == (2, True)


@pytest.mark.usefixtures("keys")
def test_a_public_half_of_another_key_is_refused(tmp_path: Path) -> None:
    run("--make-key", NAME, "-o", tmp_path / "v.pem")
    (tmp_path / "v.pem.pub").replace(tmp_path / "w.pem.pub")
    code, said = run(
        "--key", tmp_path / "w.pem", "--log", tmp_path / "keys/log.vkey", "--state", tmp_path / "s"
    )
    assert (code, "is not the public key of" in said) == (2, True)


@pytest.mark.usefixtures("keys")
def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path) -> None:
    options = ["--key", tmp_path / "w.pem", "--log", tmp_path / "keys/log.vkey", "--state", tmp_path / "s"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, said = run(*options, "--port", taken.getsockname()[1])
    assert (code, "cannot listen at 127.0.0.1" in said) == (2, True)
