"""What strangers send to do harm: bombs, private metadata, files that are two things, paths."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from intake_photos import (
    PATIENT,
    PRIVATE_MARKS,
    SECRET,
    blank_png,
    chunks_of,
    gif_bomb,
    jpeg2000_bomb,
    mutated,
    polyglots,
    private_jpeg,
    slow_jpeg,
    text_bomb_png,
    tiff_bomb,
    webp_bomb,
    webp_that_lies,
)

from facegate.errors import UnusablePhoto
from facegate.faces.intake.limits import Limits
from facegate.faces.intake.scans import count_scans
from facegate.faces.intake.workers import CleanPhoto, IntakeWorkers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SAFE_RISE = 200_000_000
PLAIN_CHUNKS = [b"IHDR", b"IDAT", b"IEND"]
SCRIPTS = (
    b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
    b"%PDF-1.7\n",
    b"PK\x03\x04",
    b"<?php 1;",
)
PATHS = [
    (start + up * depth + "etc/passwd" + end).encode()
    for start in ("", "/var/www/", "file://", "C:\\")
    for up in (
        "../",
        "..\\",
        "%2e%2e%2f",
        "..%c0%af",
        "....//",
        "/",
        "http://127.0.0.1/",
        "\\\\host\\",
        "${HOME}/",
    )
    for depth in (1, 3, 6, 12)
    for end in ("", "\x00.jpg", "%00.png", "?x=.webp")
]


@pytest.fixture(scope="module")
def intake() -> Iterator[IntakeWorkers]:
    with IntakeWorkers.start(1, limits=PATIENT) as workers:
        yield workers


def outcome(intake: IntakeWorkers, data: bytes) -> CleanPhoto | str:
    try:
        return intake.clean(data)
    except UnusablePhoto as finding:
        return finding.reason


def rise(act: Callable[[], object]) -> int:
    """Measure by how many bytes this process grew at most while something was done."""
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts from here
    before = _resident("VmRSS")
    act()
    return _resident("VmHWM") - before


def _resident(what: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return 1024 * next(int(line.split()[1]) for line in lines if line.startswith(what))


@pytest.mark.parametrize(
    ("width", "height"),
    [(9000, 9000), (9460, 9460), (13_400, 13_400), (30_000, 30_000)],
    ids=["81", "89", "179", "900"],
)
def test_a_png_bomb_is_too_large_at_once_and_costs_nothing_here(
    intake: IntakeWorkers, width: int, height: int
) -> None:
    bomb, running = blank_png(width, height), intake.pids
    assert outcome(intake, bomb) == "too-large"
    assert rise(lambda: outcome(intake, bomb)) < SAFE_RISE / 10
    assert quickest(lambda: outcome(intake, bomb)) < 0.1
    assert intake.pids == running


def quickest(act: Callable[[], object]) -> float:
    """Measure seconds; of five times the least, since others use this machine."""
    taken = []
    for _ in range(5):
        start = time.perf_counter()
        act()
        taken.append(time.perf_counter() - start)
    return min(taken)


@pytest.mark.parametrize("bomb", [gif_bomb(), tiff_bomb(), jpeg2000_bomb()], ids=["gif", "tiff", "jpeg2000"])
def test_a_bomb_of_another_format_reaches_no_decoder(bomb: bytes) -> None:
    nobody = IntakeWorkers(())
    assert outcome(nobody, bomb) == "unsupported-format"


@pytest.mark.parametrize("kind", [b"VP8X", b"VP8L", b"VP8 "])
def test_a_webp_bomb_is_too_large_at_once(intake: IntakeWorkers, kind: bytes) -> None:
    assert outcome(intake, webp_bomb(kind)) == "too-large"
    assert quickest(lambda: outcome(intake, webp_bomb(kind))) < 0.1


@pytest.mark.parametrize("bomb", [webp_that_lies(), text_bomb_png()], ids=["webp frame", "png text"])
def test_a_bomb_behind_a_modest_header_harms_nobody(intake: IntakeWorkers, bomb: bytes) -> None:
    running = intake.pids
    assert rise(lambda: outcome(intake, bomb)) < SAFE_RISE / 10
    assert outcome(intake, bomb) in {"too-large", "unreadable"}
    assert intake.pids == running


def test_the_largest_photo_that_is_taken_makes_this_process_grow_by_less_than_200_mb(
    intake: IntakeWorkers,
) -> None:
    largest = blank_png(5000, 5000)
    assert rise(lambda: intake.clean(largest)) < SAFE_RISE


def test_a_photo_made_to_decode_slowly_is_stopped_when_its_time_is_up() -> None:
    slow = slow_jpeg()
    with IntakeWorkers.start(1, limits=Limits(seconds=0.3)) as intake:
        running, start = intake.pids, time.monotonic()
        with pytest.raises(UnusablePhoto, match=r"too long to open: wanted at most 0\.3 seconds") as finding:
            intake.clean(slow)
        assert finding.value.reason == "too-slow"
        assert time.monotonic() - start < 4
        assert intake.pids == running


def test_a_jpeg_of_more_scans_than_any_camera_makes_is_not_decoded(intake: IntakeWorkers) -> None:
    with pytest.raises(UnusablePhoto, match="more than 32 scans") as finding:
        intake.clean(slow_jpeg(side=500, n_scans=33))
    assert finding.value.reason == "too-slow"
    assert intake.clean(slow_jpeg(side=500, n_scans=32)).width == 500


def test_scans_behind_fill_bytes_are_counted_and_those_of_a_small_picture_within_are_not() -> None:
    scan = b"\xff\xff\xff\xda\x00\x03\x00\x12\xff\x00\x34\xff\xd0\x56"
    within = b"\xff\xe1\x00\x20" + (scan + bytes(40))[:30]
    assert count_scans(b"\xff\xd8" + within + 5 * scan + b"\xff\xd9" + scan, most=9) == 5
    assert count_scans(b"\xff\xd8" + 5 * scan, most=2) == 3


@pytest.mark.parametrize(
    ("filling", "found"), [(b"\xff", 0), (b"\xff\x00", 0), (b"\xff\xe0\x00\x00", 10), (b"\xff\xd8", 10)]
)
def test_scans_of_a_file_that_is_all_marks_are_counted_at_once(filling: bytes, found: int) -> None:
    start = time.monotonic()
    assert count_scans(b"\xff\xd8" + filling * (4_000_000 // len(filling)), most=9) == found
    assert time.monotonic() - start < 2


def test_a_file_over_ten_megabytes_reaches_no_decoder() -> None:
    assert outcome(IntakeWorkers(()), private_jpeg() + bytes(10_000_000)) == "too-large"


def test_nothing_that_a_photo_tells_of_its_maker_is_kept(intake: IntakeWorkers) -> None:
    photo = private_jpeg()
    assert photo.count(SECRET) == 4
    kept = intake.clean(photo).data
    assert chunks_of(kept) == PLAIN_CHUNKS
    assert not [mark for mark in (SECRET, *PRIVATE_MARKS) if mark in kept]


def check_mutants(intake: IntakeWorkers, n: int) -> None:
    """Send changed photos: the same process answers to the end, and what is kept says nothing."""
    generator, running, n_kept = np.random.default_rng(1789), intake.pids, 0
    photo = private_jpeg(size=(64, 60))
    for _ in range(n):
        found = outcome(intake, mutated(photo, generator))
        if isinstance(found, CleanPhoto):
            n_kept += 1
            assert chunks_of(found.data) == PLAIN_CHUNKS
            assert not [mark for mark in PRIVATE_MARKS if mark in found.data]
        else:
            assert found in {"too-large", "unsupported-format", "unreadable"}
    assert n / 10 < n_kept < n  # both ways were gone
    assert intake.pids == running


def test_no_changed_jpeg_harms_the_process_or_brings_metadata_through(intake: IntakeWorkers) -> None:
    check_mutants(intake, 200)


@pytest.mark.slow
def test_no_jpeg_of_a_thousand_harms_the_process_or_brings_metadata_through(intake: IntakeWorkers) -> None:
    check_mutants(intake, 1000)


@pytest.mark.parametrize("name", polyglots())
def test_of_a_file_that_is_two_things_only_the_picture_is_kept(intake: IntakeWorkers, name: str) -> None:
    sent, other = polyglots()[name]
    kept = intake.clean(sent).data
    assert kept != sent
    assert other not in kept
    assert chunks_of(kept) == PLAIN_CHUNKS
    assert not [mark for mark in PRIVATE_MARKS if mark in kept]


@pytest.mark.parametrize("start", SCRIPTS)
def test_what_starts_as_something_else_is_no_photo_though_one_is_in_it(start: bytes) -> None:
    assert outcome(IntakeWorkers(()), start + private_jpeg()) == "unsupported-format"


@pytest.mark.parametrize("claimed", [b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"])
def test_first_bytes_and_decoder_must_agree(intake: IntakeWorkers, claimed: bytes) -> None:
    assert outcome(intake, claimed + private_jpeg()) == "unreadable"


def test_a_path_or_an_address_reaches_no_decoder() -> None:
    assert len(PATHS) > 500
    assert {outcome(IntakeWorkers(()), path) for path in PATHS} == {"unsupported-format"}


@pytest.mark.parametrize("start", [b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF\x00\x00\x00\x00WEBP"])
def test_a_path_behind_the_first_bytes_of_a_photo_is_never_followed(
    intake: IntakeWorkers, start: bytes
) -> None:
    assert {outcome(intake, start + path) for path in PATHS[::40]} <= {"unreadable", "too-large"}
