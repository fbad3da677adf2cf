"""Reading and replacing the certificate in force: whatever is wrong keeps the gate closed, in words."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from certified import EMBEDDER, ISSUED, KEY, OTHER_KEY, a_certificate, a_file, a_result, a_use

from facegate.decision import Metric
from facegate.durable import replace_bytes
from facegate.errors import CertificateError, FacegateError, InputError, StorageError
from facegate.gallery.gallery import Gallery
from facegate.gate.adopting import put_in_force
from facegate.gate.home import Home
from facegate.gate.in_force import Adopted, read_in_force, trusted_issuers
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

NOW = a_use().at


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Put a certificate in force in a new home."""
    place = Home(tmp_path / "home")
    put_in_force(a_file(), place, issuer=KEY.issuer, now=NOW, name="first")
    return place


def files(home: Home) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in home.folder.rglob("*") if path.is_file()}


def test_what_was_adopted_is_in_force(home: Home) -> None:
    held = read_in_force(home)
    assert held.certificate == a_certificate()
    assert held.objections(a_use()) == ()


def test_an_empty_home_says_what_to_do(tmp_path: Path) -> None:
    (say,) = read_in_force(Home(tmp_path)).objections(a_use())
    assert say == "No accuracy certificate is in force; `facegate benchmark adopt` puts one in force."


def damage(home: Home, what: str) -> None:
    if what == "a byte":
        home.certificate.write_bytes(a_file().replace(b"A test", b"A text"))
    elif what == "a folder":
        home.certificate.unlink()
        home.certificate.mkdir()
    elif what == "issuer gone":
        next(home.issuers.iterdir()).unlink()
    elif what == "issuer damaged":
        (home.issuers / "x.pub").write_text("hello")
    elif what == "bounds":
        home.bounds.write_text("fnmr = 1")
    elif what == "bounds of bytes":
        home.bounds.write_bytes(b"\xff")


@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("a byte", "changed after signing"),
        ("a folder", "Is a directory"),
        ("issuer gone", "does not trust"),
        ("issuer damaged", "x.pub is not an issuer's public key"),
        ("bounds", "key fnmr is not known"),
        ("bounds of bytes", "cannot read bounds.toml"),
    ],
)
def test_whatever_is_damaged_is_a_reason_and_no_exception(home: Home, what: str, words: str) -> None:
    damage(home, what)
    held = read_in_force(home)
    assert held.certificate is None
    assert words in held.objections(a_use())[0]


def test_bounds_of_the_agency_are_asked_at_every_search(home: Home) -> None:
    home.bounds.write_text("fmr = 0.01\n")
    (say,) = read_in_force(home).objections(a_use())
    assert "not recorded (1)" in say


def test_a_file_changed_on_the_way_is_not_adopted(home: Home) -> None:
    before = files(home)
    data = a_file(replace(a_certificate(), notes=()))
    with pytest.raises(CertificateError, match="forged"):
        put_in_force(data.replace(b"fmr-1e-3", b"fmr-1e-4"), home, issuer=None, now=NOW, name="x")
    assert files(home) == before


REFUSED: dict[str, tuple[bytes, datetime, str]] = {
    "unknown issuer": (a_file(key=OTHER_KEY), NOW, "does not trust"),
    "expired": (a_file(a_certificate(days=1)), NOW.replace(year=2027), "expired on 2026-11-23"),
    "no searches": (
        a_file(a_certificate(replace(a_result(), identification=None))),
        NOW,
        "returns a wrong person",
    ),
}


@pytest.mark.parametrize("why", REFUSED)
def test_a_certificate_that_does_not_hold_leaves_the_earlier_one(home: Home, why: str) -> None:
    data, now, words = REFUSED[why]
    before = files(home)
    with pytest.raises(CertificateError, match=words):
        put_in_force(data, home, issuer=None, now=now, name="x")
    assert files(home) == before


@pytest.mark.parametrize("digest", [EMBEDDER, "00" * 32])
def test_adopting_asks_the_gallery_that_is_there(tmp_path: Path, digest: str) -> None:
    home = Home(tmp_path)
    Gallery.create(home.gallery, EmbedderInfo("other", digest, 4, Metric.EUCLIDEAN)).close()
    if digest == EMBEDDER:
        assert (
            put_in_force(a_file(), home, issuer=KEY.issuer, now=NOW, name="x").issued_on == ISSUED.isoformat()
        )
        return
    with pytest.raises(CertificateError, match="made by another"):
        put_in_force(a_file(), home, issuer=KEY.issuer, now=NOW, name="x")
    assert not home.certificate.exists()
    assert not home.issuers.exists()


def test_bounds_are_asked_before_adopting(home: Home) -> None:
    home.bounds.write_text("fpir = 0.01")
    with pytest.raises(CertificateError, match="FPIR may be above the bound"):
        put_in_force(a_file(), home, issuer=None, now=NOW, name="x")


def test_a_full_disk_leaves_the_earlier_certificate_and_no_new_trust(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = files(home)

    def full(path: Path, content: bytes) -> None:
        if path == home.certificate:
            msg = "could not write: No space left on device"
            raise StorageError(msg)
        replace_bytes(path, content)

    monkeypatch.setattr("facegate.gate.adopting.replace_bytes", full)
    with pytest.raises(StorageError, match="No space left"):
        put_in_force(a_file(key=OTHER_KEY), home, issuer=OTHER_KEY.issuer, now=NOW, name="x")
    assert files(home) == before


def test_issuers_that_were_trusted_stay_so(home: Home) -> None:
    put_in_force(a_file(key=OTHER_KEY), home, issuer=OTHER_KEY.issuer, now=NOW, name="second")
    assert set(trusted_issuers(home)) == {KEY.issuer.key_id, OTHER_KEY.issuer.key_id}
    assert put_in_force(a_file(), home, issuer=None, now=NOW, name="first").issuer == KEY.name


def test_an_issuer_file_that_is_none_closes_rather_than_trusts_by_halves(home: Home) -> None:
    (home.issuers / "z.pub").write_text("")
    with pytest.raises(InputError, match=r"z\.pub"):
        trusted_issuers(home)


def test_every_refusal_is_an_error_of_the_house(home: Home) -> None:
    with pytest.raises(FacegateError):
        put_in_force(b"", home, issuer=None, now=NOW, name="x")


def test_an_open_gate_sees_what_is_adopted_and_what_is_taken_away(home: Home) -> None:
    adopted = Adopted(home)
    first = adopted.now()
    assert adopted.now() is first  # nothing is read again while nothing changes
    put_in_force(a_file(key=OTHER_KEY), home, issuer=OTHER_KEY.issuer, now=NOW, name="second")
    second = adopted.certificate
    assert (first.certificate is not None, second is not None) == (True, True)
    assert second is not None
    assert second.issuer == OTHER_KEY.name
    (home.issuers / f"{OTHER_KEY.issuer.key_id}.pub").unlink()
    assert adopted.certificate is None  # nobody vouches for it any more
    home.certificate.unlink()
    assert "No accuracy certificate" in adopted.now().why_none


def test_bounds_that_are_set_while_the_gate_is_open_count_at_once(home: Home) -> None:
    adopted = Adopted(home)
    assert adopted.now().objections(a_use()) == ()
    home.bounds.write_text("fmr = 0.000001\n")
    assert adopted.now().objections(a_use()) != ()
