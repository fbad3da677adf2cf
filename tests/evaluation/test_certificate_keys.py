"""Issuers' keys: made once, for their owner only, and known by one line."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
from certified import KEY, TEST_SECRET
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from facegate.errors import InputError, StorageError
from facegate.evaluation.certificates.keys import Issuer, IssuerKey, public_path

if TYPE_CHECKING:
    from pathlib import Path

# RFC 8032, section 7.1, test 1
PUBLIC = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
OF_EMPTY = (
    "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b"
    "d25bf5f0595bbe24655141438e7a100b"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    IssuerKey.create(tmp_path / "issuer.pem", "lab.example", random_bytes=lambda _: TEST_SECRET)
    return tmp_path / "issuer.pem"


def test_key_and_signature_are_those_of_rfc_8032() -> None:
    assert KEY.issuer.public.hex() == PUBLIC
    assert KEY.sign(b"").hex() == OF_EMPTY
    assert KEY.issuer.signed(b"", bytes.fromhex(OF_EMPTY))
    assert not KEY.issuer.signed(b"x", bytes.fromhex(OF_EMPTY))


def test_a_key_is_read_as_it_was_made(path: Path) -> None:
    key = IssuerKey.read(path)
    assert (key.name, key.issuer.public.hex()) == ("lab.example", PUBLIC)
    assert Issuer.read(public_path(path)) == key.issuer


def test_the_private_key_is_for_its_owner_only(path: Path) -> None:
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert TEST_SECRET not in public_path(path).read_bytes()


def test_a_private_key_that_others_can_read_is_refused(path: Path) -> None:
    path.chmod(0o640)
    with pytest.raises(InputError, match="can be read by others"):
        IssuerKey.read(path)


@pytest.mark.parametrize("there", ["issuer.pem", "issuer.pem.pub"])
def test_no_file_is_ever_overwritten(tmp_path: Path, there: str) -> None:
    (tmp_path / there).write_text("mine")
    with pytest.raises(InputError, match="exists already; a key is never overwritten"):
        IssuerKey.create(tmp_path / "issuer.pem", "lab.example", random_bytes=os.urandom)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [(there, "mine")]


@pytest.mark.parametrize("name", ["", "two words", "a\nb", "-dash", "x" * 65, "caf\u00e9", "a+b"])
def test_a_name_that_could_not_stand_in_a_line_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="issuer name"):
        IssuerKey.create(tmp_path / "issuer.pem", name, random_bytes=os.urandom)
    assert not list(tmp_path.iterdir())


def test_a_disk_that_refuses_leaves_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facegate.durable.os.fsync", full)
    with pytest.raises(StorageError, match="No space left"):
        IssuerKey.create(tmp_path / "issuer.pem", "lab.example", random_bytes=os.urandom)
    assert not list(tmp_path.iterdir())


def test_another_name_with_the_same_key_is_another_issuer() -> None:
    assert Issuer("lab.example", KEY.issuer.public).key_id != KEY.issuer.key_id


LINE = KEY.issuer.line()


@pytest.mark.parametrize(
    "line",
    [
        "",
        LINE.rstrip("\n"),
        LINE + "\n",
        LINE.replace("audit", "audjt"),
        LINE.replace("issuer/1", "issuer/2"),
        LINE.replace(" ", "  ", 1),
        LINE.replace(KEY.issuer.key_id, "0" * 32),
        LINE.replace("=", ""),
        "facegate-issuer/1 a b caf\u00e9\n",
    ],
)
def test_a_line_that_is_not_exactly_one_is_refused(line: str) -> None:
    with pytest.raises(InputError, match=r"public key"):
        Issuer.from_line(line, name="x.pub")


def test_a_public_key_of_another_private_key_is_refused(path: Path) -> None:
    public_path(path).write_text(KEY.issuer.line().replace(KEY.issuer.line(), Issuer("b", bytes(32)).line()))
    with pytest.raises(InputError, match="of another private key"):
        IssuerKey.read(path)


def test_a_key_of_another_kind_is_refused(path: Path) -> None:
    elliptic = generate_private_key(SECP256R1())
    path.write_bytes(elliptic.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    with pytest.raises(InputError, match="not an Ed25519 key"):
        IssuerKey.read(path)


@pytest.mark.parametrize("content", [b"", b"hello", b"\x00" * 20_000])
def test_a_file_that_is_no_key_is_one_sentence(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=r"is not a private key|is no key"):
        IssuerKey.read(path)


def test_a_missing_key_or_public_key_is_one_sentence(path: Path) -> None:
    public_path(path).unlink()
    with pytest.raises(InputError, match=r"cannot read the key .*issuer\.pem\.pub"):
        IssuerKey.read(path)
