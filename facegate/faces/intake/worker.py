"""One process that opens photos, seen from the service.

The service never decodes what a stranger sent. It hands the bytes over and takes back a width, a height and
that many pixels, or a reason word and a sentence: a taken-over decoder can choose pixels, nothing else.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from facegate.errors import IntakeError, UnusablePhoto
from facegate.faces.intake import limits as words
from facegate.faces.intake.conversation import Conversation, judged, too_slow

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels
    from facegate.faces.intake.limits import Limits

CHILD: Final = "facegate.faces.intake.child"
START_SECONDS: Final = 60.0
GRACE_SECONDS: Final = 1.0
"""The kernel ends a photo's process when its time is up; this much later the service ends it itself."""
PASSED_ON: Final = ("PATH", "PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LANG", "LC_ALL")


class WorkerGone(Exception):  # noqa: N818  nothing about the photo: another process may be asked
    """The process was ended from outside, before or while it had the photo."""


@dataclass(frozen=True, slots=True)
class Running:
    """A process and the socket it is told through."""

    process: subprocess.Popen[bytes]
    control: socket.socket

    def kill(self) -> None:
        """Kill it and the photo's process; whoever waits for an answer hears that it hung up."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)  # it leads a group of its own

    def end(self) -> None:
        """Kill it and wait until it is gone."""
        self.kill()
        self.process.wait()
        self.control.close()


@dataclass(slots=True)
class Worker:
    """One process, started anew when it is gone; asked by one thread at a time.

    Parameters
    ----------
    limits : Limits
        For each photo.
    """

    limits: Limits
    _running: Running | None = field(default=None, init=False)
    _closed: bool = field(default=False, init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock, init=False)
    _in_use: threading.Lock = field(default_factory=threading.Lock, init=False)

    @property
    def pid(self) -> int | None:
        """Id of the process, which leads a group with the process of the photo; None if there is none."""
        running = self._running
        return None if running is None else running.process.pid

    def start(self) -> Running:
        """Start the process if there is none.

        Raises
        ------
        IntakeError
            If it does not start, or `close` was called.
        """
        with self._lock:
            if self._closed:
                msg = "the photo intake is closed: it takes no more photos"
                raise IntakeError(msg)
            if self._running is None:
                try:
                    self._running = _started(self.limits)
                except OSError as error:  # no more processes, or no more descriptors
                    msg = f"the process that opens photos cannot be started ({error})"
                    raise IntakeError(msg) from error
            return self._running

    def close(self) -> None:
        """End the process, also in the middle of a photo."""
        with self._lock:
            self._closed = True
            if self._running is not None:
                self._running.kill()
        with self._in_use:  # the thread with a photo in hand lets go of the socket first
            self.drop()

    def drop(self) -> None:
        """End the process; the next photo starts another."""
        with self._lock:
            running, self._running = self._running, None
            if running is not None:
                running.end()

    def opened(self, data: bytes) -> Pixels:
        """Have a photo opened.

        Parameters
        ----------
        data : bytes
            The file as it was sent, at most 10 MB.

        Returns
        -------
        ndarray of shape (height, width, 3), uint8
            RGB, upright, at most 8 megapixels.

        Raises
        ------
        UnusablePhoto
            With the reasons of ``decode_photo``; with ``too-large`` if it took too much memory, ``too-slow``
            if it took too much time, ``unreadable`` if it brought its process down.
        IntakeError
            If the photo's process was killed, or broke the rules of the conversation.
        WorkerGone
            If the process was ended from outside.
        """
        with self._in_use:
            return self._opened(data)

    def _opened(self, data: bytes) -> Pixels:
        running = self.start()
        try:
            return _asked(running, data, self.limits.seconds)
        except UnusablePhoto:
            raise  # a finding about the photo; the process is as good as before
        except TimeoutError as error:
            self.drop()  # nothing it may still say is taken for the next photo's answer
            raise too_slow(self.limits.seconds) from error
        except OSError as error:
            self.drop()
            raise WorkerGone from error
        except BaseException:
            self.drop()
            raise


def _asked(running: Running, data: bytes, seconds: float) -> Pixels:
    """Hand over one photo and wait for what becomes of it."""
    ours, theirs = socket.socketpair()
    with ours:
        with theirs:
            socket.send_fds(running.control, [words.PHOTO], [theirs.fileno()])
        conversation = Conversation(ours, running.control, time.monotonic() + seconds + GRACE_SECONDS)
        answer = conversation.answer(data)
        ended = conversation.end_told()
    return judged(answer, ended, seconds)


def _started(limits: Limits) -> Running:
    """Start a process and wait until it has loaded its decoders."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-P", "-m", CHILD, str(theirs.fileno())]
        try:
            process = subprocess.Popen(  # noqa: S603  our own interpreter and module, nothing from a request
                [*command, str(limits.memory_bytes), str(limits.seconds)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                start_new_session=True,  # so that it can be ended together with the photo's process
            )
        except OSError:
            ours.close()
            raise
    running = Running(process, ours)
    ours.settimeout(START_SECONDS)
    try:
        ready = ours.recv(len(words.READY)) == words.READY
    except OSError:
        ready = False
    if not ready:
        running.end()
        msg = f"the process that opens photos did not start: it ended with exit code {process.returncode}"
        raise IntakeError(msg)
    return running


def _environment() -> dict[str, str]:
    """Pass on paths alone: no PIN, no password of a database is where strangers' photos are decoded."""
    passed_on = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    return {**passed_on, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
