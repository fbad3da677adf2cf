"""The manifest: round trip, digest, and every flipped byte."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from enrollees import EUCLIDEAN, ORIGIN

from facegate.errors import GalleryError
from facegate.gallery.manifest import Manifest, SegmentEntry

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

ENTRY = SegmentEntry("000001-0123456789ab.parquet", 3, "cd" * 32)
MANIFEST = Manifest(EUCLIDEAN, sequence=1, origins=(ORIGIN,), n_subjects=2, segments=(ENTRY,))


def test_a_manifest_reads_back_as_it_was_written(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)
    assert Manifest.read(tmp_path) == MANIFEST


def test_the_digest_is_the_hash_of_exactly_these_bytes() -> None:
    text = (
        '{"embedder":{"digest":"' + "ab" * 32 + '","dimension":2,"metric":"euclidean","name":"plane"},'
        '"format":"facegate-gallery/1","n_subjects":2,'
        '"origins":[{"dataset":"test set","dataset_digest":"' + "00" * 32 + '","synthetic":false,'
        '"tool_version":"0"}],'
        '"segments":[{"file":"000001-0123456789ab.parquet","rows":3,"sha256":"' + "cd" * 32 + '"}],'
        '"sequence":1}'
    )
    assert MANIFEST.digest == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize(
    "other",
    [
        replace(MANIFEST, sequence=2),
        replace(MANIFEST, n_subjects=3),
        replace(MANIFEST, origins=()),
        replace(MANIFEST, segments=()),
        replace(MANIFEST, segments=(replace(ENTRY, sha256="ce" * 32),)),
        replace(MANIFEST, embedder=replace(EUCLIDEAN, digest="ac" * 32)),
    ],
)
def test_the_digest_changes_with_everything_in_the_manifest(other: Manifest) -> None:
    assert other.digest != MANIFEST.digest


def test_one_flipped_bit_in_any_byte_is_found(tmp_path: Path) -> None:
    MANIFEST.write(tmp_path)
    path = tmp_path / "gallery.json"
    whole = path.read_bytes()
    for position in range(len(whole) - 1):  # the last byte is the line's end
        flipped = bytearray(whole)
        flipped[position] ^= 1 << position % 8
        path.write_bytes(flipped)
        with pytest.raises(GalleryError, match=r"gallery\.json"):
            Manifest.read(tmp_path)


def test_no_manifest_is_one_sentence_that_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(GalleryError, match=r"no gallery at .*wanted gallery\.json.*enroll templates first"):
        Manifest.read(tmp_path)


def without_a_digest(about: dict[str, Any]) -> None:
    del about["digest"]


def of_another_format(about: dict[str, Any]) -> None:
    about["format"] = "facegate-gallery/2"


def with_an_unknown_key(about: dict[str, Any]) -> None:
    about["color"] = "blue"


def with_a_file_elsewhere(about: dict[str, Any]) -> None:
    about["segments"][0]["file"] = "../../000001-0123456789ab.parquet"


def with_an_empty_segment(about: dict[str, Any]) -> None:
    about["segments"][0]["rows"] = 0


@pytest.mark.parametrize(
    "spoil",
    [
        without_a_digest,
        of_another_format,
        with_an_unknown_key,
        with_a_file_elsewhere,
        with_an_empty_segment,
    ],
)
def test_a_manifest_of_another_form_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], None]
) -> None:
    MANIFEST.write(tmp_path)
    about = json.loads((tmp_path / "gallery.json").read_text())
    spoil(about)
    (tmp_path / "gallery.json").write_text(json.dumps(about))
    with pytest.raises(GalleryError, match=r"cannot read .*wanted a manifest of facegate-gallery/1"):
        Manifest.read(tmp_path)
