"""A log's key in a PKCS#11 token: it signs there. Tried on SoftHSM, where that is installed."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from shutil import which
from typing import TYPE_CHECKING

import pytest
from logbook import ORIGIN, append_intents

from facegate.audit.keys.log_keys import LogKeys, create_in_token
from facegate.audit.keys.token_key import TOKEN_FILE, TokenPlace
from facegate.audit.log import AuditLog
from facegate.audit.signed.signed_checkpoint import open_checkpoint
from facegate.errors import AuditError, InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

MODULES = [
    Path("/usr/lib/softhsm/libsofthsm2.so"),
    Path("/usr/lib64/softhsm/libsofthsm.so"),
    Path("/opt/homebrew/lib/softhsm/libsofthsm2.so"),
]
MODULE = next((one for one in MODULES if one.exists()), None)
UTIL = which("softhsm2-util")
PIN = "5678"
NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)

needs_token = pytest.mark.skipif(MODULE is None or UTIL is None, reason="SoftHSM is not installed")


@pytest.fixture(scope="module")
def token(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Make a software token; its library reads where it lies once a process."""
    folder = tmp_path_factory.mktemp("tokens")
    (folder / "store").mkdir()
    (folder / "softhsm2.conf").write_text(f"directories.tokendir = {folder / 'store'}\n")
    before = os.environ.get("SOFTHSM2_CONF")
    os.environ["SOFTHSM2_CONF"] = str(folder / "softhsm2.conf")
    command = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        "facegate",
        "--so-pin",
        "1234",
        "--pin",
        PIN,
    ]
    subprocess.run(command, check=True, capture_output=True)  # noqa: S603  a fixed command
    yield str(MODULE)
    if before is None:
        del os.environ["SOFTHSM2_CONF"]
    else:
        os.environ["SOFTHSM2_CONF"] = before


@needs_token
def test_a_key_in_a_token_signs_checkpoints_that_its_public_half_opens(token: str, tmp_path: Path) -> None:
    create_in_token(tmp_path / "keys", ORIGIN, TokenPlace(token, "facegate", "signs"), PIN)
    keys = LogKeys.read(tmp_path / "keys", pin=PIN)
    assert keys is not None
    with AuditLog.open(tmp_path / "log", origin=ORIGIN) as log:
        append_intents(log, 1)
        signed = keys.sign(log.checkpoint, log.root_at, at=NOW)
    assert open_checkpoint(signed.encode(), keys=keys.vkeys).checkpoint.size == 1
    assert [one.name for one in (tmp_path / "keys").glob("*.pem")] == []


@needs_token
def test_a_key_in_a_token_is_never_overwritten(token: str, tmp_path: Path) -> None:
    place = TokenPlace(token, "facegate", "once")
    create_in_token(tmp_path / "a", ORIGIN, place, PIN)
    with pytest.raises(InputError, match="has a key once already"):
        create_in_token(tmp_path / "b", ORIGIN, place, PIN)


@needs_token
@pytest.mark.parametrize(
    ("label", "pin", "why"),
    [
        ("facegate", "0000", "PinIncorrect"),
        ("missing", PIN, "cannot be used"),
        ("facegate", PIN, "cannot be used"),
    ],
)
def test_a_token_that_cannot_be_used_is_one_sentence(
    token: str, tmp_path: Path, label: str, pin: str, why: str
) -> None:
    create_in_token(tmp_path, ORIGIN, TokenPlace(token, "facegate", f"key-{label}-{pin}"), PIN)
    path = tmp_path / TOKEN_FILE
    if (label, pin) == ("facegate", PIN):
        path.write_text(path.read_text().replace(f"key-{label}-{pin}", "gone"))
    path.write_text(path.read_text().replace('token = "facegate"', f'token = "{label}"'))
    with pytest.raises(AuditError, match=why):
        LogKeys.read(tmp_path, pin=pin)


def with_token_file(folder: Path, text: str) -> None:
    keys = LogKeys.create(folder, ORIGIN, random_bytes=bytes)
    assert keys.vkeys
    (folder / TOKEN_FILE).write_text(text)


def test_without_a_pin_the_token_is_not_asked(tmp_path: Path) -> None:
    with_token_file(tmp_path, 'module = "m"\ntoken = "t"\nkey = "k"\n')
    with pytest.raises(InputError, match="FACEGATE_TOKEN_PIN"):
        LogKeys.read(tmp_path)


@pytest.mark.parametrize("text", ["", "module = 7", 'module = "m"\ntoken = "t"\n', "no toml", 'a = "b"'])
def test_a_token_file_of_another_form_is_refused(tmp_path: Path, text: str) -> None:
    with_token_file(tmp_path, text)
    with pytest.raises(InputError, match=r"log\.token\.toml"):
        LogKeys.read(tmp_path, pin=PIN)


def test_a_module_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with_token_file(tmp_path, 'module = "/nowhere.so"\ntoken = "t"\nkey = "k"\n')
    with pytest.raises(AuditError, match="the key k in the token t cannot be used"):
        LogKeys.read(tmp_path, pin=PIN)
