"""Manifests: round trip, comparison, and malformed ones."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_sets import put, small_lfw

from facegate.datasets.manifest import FORMAT, Manifest, compare, file_digest, make_manifest
from facegate.errors import DatasetError, StorageError

if TYPE_CHECKING:
    from pathlib import Path

PATTERN = "lfw-deepfunneled/{name}/{name}_{number}.jpg"
names = st.text("ABab_-.", min_size=1, max_size=4).filter(lambda name: name not in (".", ".."))
digests = st.text("0123456789abcdef", min_size=16, max_size=16)


@given(
    st.dictionaries(
        st.one_of(names, st.builds("{0}/{0}_{1:04d}.jpg".format, names, st.integers(1, 3))), digests
    )
)
def test_what_was_written_reads_back_whatever_fits_the_pattern(files: dict[str, str]) -> None:
    manifest = Manifest("lfw", "{name}/{name}_{number}.jpg", files)
    assert Manifest.from_text(manifest.to_text(), source="test") == manifest


def test_a_line_holds_one_person_with_a_digest_a_photo(tmp_path: Path) -> None:
    lines = make_manifest("lfw", small_lfw(tmp_path), PATTERN).to_text().split("\n")
    assert lines[:4] == [FORMAT, "set lfw", f"files {PATTERN}", ""]
    assert [line.split(" ")[0] for line in lines[4:]] == ["Ann_Low", "Bo_Day", "Cy_Ray", "=", ""]
    assert len(lines[4].split(" ")) == 3


def test_a_digest_is_the_head_of_the_files_sha256(tmp_path: Path) -> None:
    file = tmp_path / "one"
    file.write_bytes(b"x" * (3 << 20))
    assert file_digest(file) == hashlib.sha256(b"x" * (3 << 20)).hexdigest()[:16]


def test_a_whole_folder_has_nothing_to_report(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    manifest = make_manifest("lfw", small_lfw(tmp_path), PATTERN)
    found = compare(tmp_path, manifest, on_progress=lambda done, of: seen.append((done, of)))
    assert (found.missing, found.changed, found.extra) == ((), (), ())
    assert seen == [(1, 5), (2, 5), (3, 5), (4, 5), (5, 5)]


def test_missing_changed_and_extra_files_are_told_apart(tmp_path: Path) -> None:
    manifest = make_manifest("lfw", small_lfw(tmp_path), PATTERN)
    (tmp_path / "lfw-deepfunneled/Bo_Day/Bo_Day_0001.jpg").unlink()
    (tmp_path / "person_labels.csv").write_text("other")
    put(tmp_path, "lfw-deepfunneled/Bo_Day/Bo_Day_0002.jpg", "note.txt")
    found = compare(tmp_path, manifest)
    assert found.missing == ("lfw-deepfunneled/Bo_Day/Bo_Day_0001.jpg",)
    assert found.changed == ("person_labels.csv",)
    assert found.extra == ("lfw-deepfunneled/Bo_Day/Bo_Day_0002.jpg",)


def test_a_single_flipped_bit_is_found(tmp_path: Path) -> None:
    manifest = make_manifest("lfw", small_lfw(tmp_path), PATTERN)
    file = tmp_path / "lfw-deepfunneled/Ann_Low/Ann_Low_0002.jpg"
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(bytes(content))
    assert compare(tmp_path, manifest).changed == ("lfw-deepfunneled/Ann_Low/Ann_Low_0002.jpg",)


HEAD = f"{FORMAT}\nset x\nfiles {{name}}.jpg\n\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "is no manifest: wanted facegate-manifest/1, got ''"),
        (HEAD.replace("/1", "/2"), "is no manifest"),
        (HEAD + "a 0123456789abcdef", "is no manifest"),  # cut off in the middle of its last line
        (HEAD + "a 0123\n", "line 5: wanted a new path and digests of 16 hex digits"),
        (HEAD + "a\n", "line 5: wanted a new path"),
        (HEAD + "\n", "line 5: wanted a new path"),
        (HEAD + "a 0123456789abcdef\na 0123456789abcdef\n", "line 6: wanted a new path"),
        (HEAD + "= ../../etc/passwd 0123456789abcdef\n", "line 5: wanted a new path"),
        (HEAD + "= /etc/passwd 0123456789abcdef\n", "line 5: wanted a new path"),
    ],
)
def test_a_malformed_manifest_is_refused(text: str, message: str) -> None:
    with pytest.raises(DatasetError, match=message):
        Manifest.from_text(text, source="test")


def test_a_manifest_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    with pytest.raises(StorageError, match="could not write"):
        Manifest("x", "{name}.jpg", {}).write(blocked / "manifest.txt")
    assert blocked.read_text() == "not a folder"


def test_a_missing_manifest_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="cannot read the manifest"):
        Manifest.read(tmp_path / "manifest.txt")
