"""The processes that open photos: killed, stopped, out of memory, asked by many at once, and closed."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from intake_photos import PATIENT, blank_png, encoded, person, private_jpeg, slow_jpeg

from facegate.errors import IntakeError, UnusablePhoto
from facegate.faces.intake import conversation, worker
from facegate.faces.intake import limits as words
from facegate.faces.intake.limits import Limits
from facegate.faces.intake.worker import Worker
from facegate.faces.intake.workers import IntakeWorkers

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.decode import Pixels

PATIENCE_SECONDS = 10.0


@pytest.fixture(scope="module")
def intake() -> Iterator[IntakeWorkers]:
    with IntakeWorkers.start(1, limits=PATIENT) as workers:
        yield workers


@pytest.fixture(scope="module")
def slow() -> bytes:
    return slow_jpeg()


def photo_process(pid: int) -> int:
    """Wait for the process of the photo that is being opened; give its id."""
    children = Path(f"/proc/{pid}/task/{pid}/children")
    patience = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience:
        if found := children.read_text().split():
            return int(found[0])
        time.sleep(0.002)
    pytest.fail("no photo was being opened")


def another_than(pid: int, intake: IntakeWorkers) -> int:
    """Wait until a process was replaced; give the new one's id."""
    patience = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < patience:
        if found := [one for one in intake.pids if one != pid]:
            return found[0]
        time.sleep(0.002)
    pytest.fail("the process was not replaced")


def is_running(pid: int) -> bool:
    """Tell whether there is such a process that is not already dead and waiting to be counted."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def all_gone(*pids: int) -> bool:
    patience = time.monotonic() + PATIENCE_SECONDS
    while any(is_running(pid) for pid in pids) and time.monotonic() < patience:
        time.sleep(0.01)
    return not any(is_running(pid) for pid in pids)


def test_a_process_killed_between_photos_is_replaced_and_nobody_notices(intake: IntakeWorkers) -> None:
    before = intake.pids
    os.kill(before[0], signal.SIGKILL)
    assert intake.clean(private_jpeg()).width == 300
    assert intake.pids != before


def test_a_photo_whose_process_is_killed_in_the_middle_is_opened_by_the_next(intake: IntakeWorkers) -> None:
    large = blank_png(4000, 2000)
    with ThreadPoolExecutor() as threads:
        waiting, before = threads.submit(intake.clean, large), intake.pids
        inner = photo_process(before[0])
        os.kill(before[0], signal.SIGKILL)
        assert waiting.result().width == 4000
    assert intake.pids != before
    assert all_gone(*before, inner)


def test_a_photo_whose_process_is_killed_again_and_again_is_given_up(
    intake: IntakeWorkers, slow: bytes
) -> None:
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(intake.clean, slow)
        photo_process(intake.pids[0])
        os.kill(intake.pids[0], signal.SIGKILL)
        photo_process(another_than(intake.pids[0], intake))
        os.kill(intake.pids[0], signal.SIGKILL)
        with pytest.raises(IntakeError, match="ended from outside 2 times"):
            waiting.result()
    assert intake.clean(private_jpeg()).width == 300


def test_only_the_photos_own_process_killed_leaves_the_other_one_as_it_is(
    intake: IntakeWorkers, slow: bytes
) -> None:
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(intake.clean, slow)
        os.kill(photo_process(intake.pids[0]), signal.SIGKILL)
        with pytest.raises(IntakeError, match="ended from outside: send the photo again"):
            waiting.result()
    assert intake.clean(private_jpeg()).width == 300


@pytest.mark.parametrize("how", [signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS])
def test_a_decoder_that_crashes_is_a_finding_about_the_photo(
    intake: IntakeWorkers, slow: bytes, how: signal.Signals
) -> None:
    running = intake.pids
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(intake.clean, slow)
        os.kill(photo_process(running[0]), how)
        with pytest.raises(UnusablePhoto, match="broke down") as finding:
            waiting.result()
    assert finding.value.reason == "unreadable"
    assert intake.pids == running


def test_a_process_that_hangs_is_ended_when_the_time_is_up_and_replaced(slow: bytes) -> None:
    with IntakeWorkers.start(1, limits=Limits(seconds=1)) as intake, ThreadPoolExecutor() as threads:
        hanging, waiting = intake.pids[0], threads.submit(intake.clean, slow)
        inner = photo_process(hanging)
        os.killpg(hanging, signal.SIGSTOP)  # its own alarm cannot ring now
        with pytest.raises(UnusablePhoto, match="wanted at most 1 seconds"):
            waiting.result()
        assert all_gone(hanging, inner)
        assert intake.clean(private_jpeg()).width == 300


def test_a_photo_that_needs_more_memory_than_allowed_is_too_large_and_the_next_one_works() -> None:
    with IntakeWorkers.start(1, limits=Limits(memory_bytes=220_000_000, seconds=60)) as intake:
        running = intake.pids
        with pytest.raises(UnusablePhoto, match="takes more memory") as finding:
            intake.clean(blank_png(5000, 5000))
        assert finding.value.reason == "too-large"
        assert intake.clean(private_jpeg()).width == 300
        assert intake.pids == running


@pytest.mark.slow
@pytest.mark.parametrize(("bits", "color"), [(8, 6), (16, 0)], ids=["transparent", "gray of 16 bits"])
def test_the_largest_photos_of_the_costliest_modes_fit_into_the_memory_of_one(bits: int, color: int) -> None:
    with IntakeWorkers.start(1, limits=PATIENT) as patient:
        assert patient.clean(blank_png(5000, 5000, bits=bits, color=color)).height == 2828


def test_many_threads_at_once_each_get_their_own_photo() -> None:
    sizes = [(40 + n, 90 - n) for n in range(24)]
    photos = [encoded(person(size), "PNG") for size in sizes]
    with IntakeWorkers.start(2) as intake, ThreadPoolExecutor(8) as threads:
        found = list(threads.map(intake.clean, photos))
    assert [(clean.width, clean.height) for clean in found] == sizes


def test_no_more_photos_are_open_at_a_time_than_there_are_processes(slow: bytes) -> None:
    with IntakeWorkers.start(2, limits=Limits(seconds=0.6)) as intake, ThreadPoolExecutor(4) as threads:
        waiting = [threads.submit(intake.clean, slow) for _ in range(3)]
        first = {photo_process(pid) for pid in intake.pids}
        assert len(first) == len(intake.pids) == 2
        assert [type(one.exception()) for one in waiting] == [UnusablePhoto] * 3


def test_who_finds_every_process_busy_is_told_so(slow: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facegate.faces.intake.workers.WAIT_SECONDS", 0.05)
    with IntakeWorkers.start(1) as intake, ThreadPoolExecutor() as threads:
        first = threads.submit(intake.clean, slow)
        photo_process(intake.pids[0])
        with pytest.raises(IntakeError, match=r"busy for 0\.05 seconds: try again later"):
            intake.clean(private_jpeg())
        intake.close()
        assert isinstance(first.exception(), IntakeError)


def test_closing_leaves_no_process_behind_also_in_the_middle_of_a_photo(slow: bytes) -> None:
    intake = IntakeWorkers.start(2)
    outer = intake.pids
    with ThreadPoolExecutor() as threads:
        waiting = threads.submit(intake.clean, slow)
        inner = photo_process(outer[0])
        intake.close()
        assert isinstance(waiting.exception(), IntakeError)
    assert all_gone(*outer, inner)
    assert intake.pids == ()


def test_a_closed_intake_opens_nothing_and_may_be_closed_again() -> None:
    intake = IntakeWorkers.start(1)
    intake.close()
    intake.close()
    with pytest.raises(IntakeError, match="closed: it takes no more photos"):
        intake.clean(private_jpeg())
    assert intake.pids == ()


def test_when_the_service_is_gone_its_processes_end_by_themselves() -> None:
    lone = Worker(Limits())
    running = lone.start()
    running.control.close()  # what the kernel does for a service that was killed
    assert running.process.wait(PATIENCE_SECONDS) == 0


def test_the_threads_that_started_a_process_may_end_without_it() -> None:
    """A kernel can tie a process to the thread that started it; a service's threads come and go."""
    with ThreadPoolExecutor(1) as threads:
        intake = threads.submit(IntakeWorkers.start).result()
    with intake:
        running = intake.pids
        assert intake.clean(private_jpeg()).width == 300
        assert intake.pids == running


def test_no_secret_of_the_service_is_in_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FACEGATE_TOKEN_PIN", "4711")
    monkeypatch.setenv("FACEGATE_DATABASE", "postgresql://gate:secret@db/gate")
    with IntakeWorkers.start(1) as intake:
        seen = Path(f"/proc/{intake.pids[0]}/environ").read_bytes()
    assert b"OPENBLAS_NUM_THREADS=1" in seen
    assert b"FACEGATE" not in seen


def test_the_process_of_a_photo_may_open_nothing_and_has_nothing_open_but_that_photo(slow: bytes) -> None:
    with IntakeWorkers.start(1) as intake, ThreadPoolExecutor() as threads:
        waiting = threads.submit(intake.clean, slow)
        inner = photo_process(intake.pids[0])
        assert limits_of(inner)["Max cpu time"] == ["5", "6"]
        limits = limits_of(inner)
        opened = [str(one.readlink()) for one in Path(f"/proc/{inner}/fd").iterdir()]
        intake.close()
        waiting.exception()
    assert limits["Max open files"] == limits["Max file size"] == limits["Max core file size"] == ["0", "0"]
    assert limits["Max address space"] == ["1000000000", "1000000000"]
    assert [one for one in opened if one != os.devnull and not one.startswith("socket:")] == []
    assert sum(one.startswith("socket:") for one in opened) == 1


def limits_of(pid: int) -> dict[str, list[str]]:
    """Read the limits of a process, once the last of them is set."""
    limits: dict[str, list[str]] = {}
    patience = time.monotonic() + PATIENCE_SECONDS
    while limits.get("Max cpu time", ["unlimited"])[0] == "unlimited" and time.monotonic() < patience:
        said = Path(f"/proc/{pid}/limits").read_text().splitlines()
        limits = {line[:26].strip(): line[26:].split()[:2] for line in said}
    return limits


def test_an_installation_that_cannot_start_a_process_is_told_at_the_start(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(worker, "CHILD", "facegate.faces.intake.nothing_of_the_kind")
    with pytest.raises(IntakeError, match="did not start: it ended with exit code"):
        IntakeWorkers.start(1)
    assert "nothing_of_the_kind" in capfd.readouterr().err


def test_a_machine_without_room_for_a_process_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(IntakeError, match=r"cannot be started .*No such file"):
        IntakeWorkers.start(1)


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"K",
        b"X" * 100,
        words.KEPT + words.SIZE.pack(4, 4) + bytes(47),
        words.KEPT + words.SIZE.pack(0, 4),
        words.KEPT + words.SIZE.pack(2**31, 2**31),
    ],
    ids=["none", "begun", "unknown", "short", "no pixels", "too many"],
)
def test_an_answer_against_the_rules_is_no_photo(answer: bytes) -> None:
    """As a taken-over decoder may give it; the process is not asked again."""
    with pytest.raises(IntakeError, match="send the photo again"):
        judged(answer)


def test_what_a_taken_over_decoder_says_is_neither_a_new_reason_nor_a_terminal_command() -> None:
    with pytest.raises(UnusablePhoto, match="cannot be opened") as finding:
        judged(words.UNUSABLE + b"approved\nall is well")
    assert finding.value.reason == "unreadable"
    with pytest.raises(UnusablePhoto, match=r"red \?\[31m"):
        judged(words.UNUSABLE + b"unreadable\nred \x1b[31m")


def judged(answer: bytes) -> Pixels:
    """Let the service hear an answer from a process that ended well."""
    ours, theirs = socket.socketpair()
    told, tells = socket.socketpair()
    with ours, told, tells:
        with theirs:
            theirs.sendall(answer)
        tells.sendall(words.ENDED.pack(0))
        talk = conversation.Conversation(ours, told, time.monotonic() + PATIENCE_SECONDS)
        return conversation.judged(talk.answer(b""), talk.end_told(), 5.0)


def test_an_intake_without_processes_is_not_started() -> None:
    with pytest.raises(ValueError, match="at least 1 process, got 0"):
        IntakeWorkers.start(0)


def test_no_thread_is_left_behind(intake: IntakeWorkers) -> None:
    before = threading.active_count()
    intake.clean(private_jpeg())
    assert threading.active_count() == before
