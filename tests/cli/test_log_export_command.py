"""``facegate log export`` and ``log verify`` of what it published."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from published_home import ORIGIN, made, published, run, search, vkey

from facegate.audit.signed.signing import Ed25519Cosigner
from facegate.audit.witnesses.witness_client import Cosigned
from facegate.gate import witnessing

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.audit.signed.signed_checkpoint import SignedCheckpoint

CAMPUS = Ed25519Cosigner("university.example/w", Ed25519PrivateKey.from_private_bytes(bytes(range(32, 64))))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return published(tmp_path_factory.mktemp("exported"))[1].parent


@pytest.fixture
def home(exported: Path, tmp_path: Path) -> Path:
    """Copy an installation whose log is published in the folder ``out`` beside it."""
    shutil.copytree(exported, tmp_path / "agency")
    return tmp_path / "agency" / "home"


def test_the_log_is_published_and_it_is_said_how_to_check_it(home: Path) -> None:
    search(home, 1)
    answer = run(home, "log", "export", home.parent / "out")
    assert answer.exit_code == 0, answer.output
    assert "23 records published in" in answer.output
    assert "not yet witnessed: no policy was given" in answer.output
    assert f"\n{ORIGIN}\n23\n" in answer.output
    assert f"facegate log verify {home.parent / 'out'} --key {vkey(home)}" in answer.output


def test_what_was_published_verifies_with_the_key(home: Path) -> None:
    answer = run(home, "log", "verify", home.parent / "out", "--key", vkey(home))
    assert answer.exit_code == 0, answer.output
    for words in ("PASS  21 records hold", "10 intent, 1 key, 10 result", "signed   by the key of the log"):
        assert words in answer.output


def test_a_log_without_keys_is_not_published(tmp_path: Path) -> None:
    answer = run(made(tmp_path, keys=False), "log", "export", tmp_path / "out")
    assert answer.exit_code == 2
    assert "has no key to be signed with: make one with `facegate keys init`" in answer.output
    assert not (tmp_path / "out").exists()


def test_no_sealed_value_is_published(home: Path) -> None:
    files = [path.read_bytes() for path in (home.parent / "out").rglob("*") if path.is_file()]
    assert not any(b"24-001234" in data for data in files)


def test_without_enough_cosignatures_it_is_published_and_said_loudly(home: Path, tmp_path: Path) -> None:
    policy = tmp_path / "policy"
    policy.write_text(f"witness campus {CAMPUS.key.line()} http://127.0.0.1:1\nquorum campus\n")
    answer = run(home, "log", "export", home.parent / "out", "--policy", policy)
    assert answer.exit_code == 0, answer.output
    assert "not yet witnessed: 0 of 1 cosigned; the quorum campus of witnesses is not met" in answer.output
    assert not (home / "log" / "cosigned").exists()
    checked = run(home, "log", "verify", home.parent / "out", "--key", vkey(home), "--policy", policy)
    assert checked.exit_code == 8
    assert "FAIL  the quorum campus of witnesses is not met" in checked.output


def test_with_enough_cosignatures_it_is_witnessed_and_the_note_is_kept(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cosign(_: Path, signed: SignedCheckpoint, *_others: object, **_options: object) -> Cosigned:
        signature = CAMPUS.sign(signed.note.text, at=datetime.now(tz=UTC))
        return Cosigned(signed.with_signatures([signature]), ())

    monkeypatch.setattr(witnessing, "cosign", cosign)
    policy, out = tmp_path / "policy", home.parent / "out"
    policy.write_text(f"witness campus {CAMPUS.key.line()}\nquorum campus\n")
    answer = run(home, "log", "export", out, "--policy", policy)
    assert "records published in" in answer.output
    assert "witnessed: 1 of 1 cosigned (campus)" in answer.output
    assert (home / "log" / "cosigned").read_bytes() == (out / "checkpoint").read_bytes()
    run(home, "log", "export", out)  # the same state again, nobody asked: the cosignature stays
    checked = run(home, "log", "verify", out, "--key", vkey(home), "--policy", policy)
    assert (checked.exit_code, "witness  campus" in checked.output) == (0, True)


def test_a_published_log_is_not_verified_without_a_key(home: Path) -> None:
    answer = run(home, "log", "verify", home.parent / "out")
    assert (answer.exit_code, "pass --key VKEYFILE" in answer.output) == (2, True)


def test_a_key_for_the_writers_own_folder_is_refused(home: Path) -> None:
    answer = run(home, "log", "verify", home / "log", "--key", vkey(home))
    assert (answer.exit_code, "are for a published log" in answer.output) == (2, True)


@pytest.mark.parametrize("content", ["", "no key\n", None])
def test_a_key_file_that_is_none_is_told(home: Path, tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "vkey").write_text(content)
    answer = run(home, "log", "verify", home.parent / "out", "--key", tmp_path / "vkey")
    assert answer.exit_code == 2, answer.output


def test_a_changed_record_of_a_published_log_fails_with_its_name(home: Path) -> None:
    path = home.parent / "out" / "tile/entries/000.p/21"
    data = bytearray(path.read_bytes())
    data[-30] ^= 1
    path.write_bytes(data)
    answer = run(home, "log", "verify", home.parent / "out", "--key", vkey(home))
    assert answer.exit_code == 8
    assert "FAIL  record 20 was replaced" in answer.output


def test_a_published_checkpoint_that_was_kept_is_the_beginning(home: Path, tmp_path: Path) -> None:
    shutil.copy(home.parent / "out" / "checkpoint", tmp_path / "kept")
    search(home, 2)
    run(home, "log", "export", home.parent / "out")
    answer = run(
        home, "log", "verify", home.parent / "out", "--key", vkey(home), "--since", tmp_path / "kept"
    )
    assert answer.exit_code == 0, answer.output
    assert "The checkpoint you kept is the beginning of this log" in answer.output


def test_a_published_log_of_another_name_is_refused(home: Path) -> None:
    words = ("log", "verify", home.parent / "out", "--key", vkey(home), "--origin", "other.example/log")
    answer = run(home, *words)
    assert answer.exit_code == 8
    assert f"FAIL  the checkpoint is of the log {ORIGIN}, wanted other.example/log" in answer.output


def test_a_log_put_back_from_a_backup_is_not_published(home: Path, tmp_path: Path) -> None:
    shutil.copytree(home / "log", tmp_path / "backup")
    search(home, 1)
    run(home, "log", "export", home.parent / "out")
    before = (home.parent / "out" / "checkpoint").read_bytes()
    shutil.rmtree(home / "log")
    shutil.copytree(tmp_path / "backup", home / "log")
    answer = run(home, "log", "export", home.parent / "out")
    assert answer.exit_code == 13, answer.output
    assert (home.parent / "out" / "checkpoint").read_bytes() == before
