"""One photo's talk with the process that opens it: nothing that comes back is believed beyond its form.

What is said is shown in `facegate.faces.intake.limits`.
"""

from __future__ import annotations

import select
import signal
import socket
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

from facegate.errors import IntakeError, UnusablePhoto
from facegate.faces.intake import limits as words
from facegate.faces.intake.limits import ENDED, MAX_KEPT_PIXELS, SIZE

if TYPE_CHECKING:
    from facegate.faces.decode import Pixels

OUT_OF_TIME: Final = (-signal.SIGALRM, -signal.SIGXCPU)
CHANNELS: Final = 3
HEAD_BYTES: Final = len(words.KEPT) + SIZE.size


@dataclass(frozen=True, slots=True)
class Conversation:
    """What is said about one photo, until its time is up.

    Parameters
    ----------
    photo : socket
        To the photo's process.
    control : socket
        To the process that tells how that one ended.
    deadline : float
        On the monotonic clock, in seconds.
    """

    photo: socket.socket
    control: socket.socket
    deadline: float

    def answer(self, data: bytes) -> bytearray:
        """Send the file and take what comes back: never more than the largest photo that may come.

        Raises
        ------
        TimeoutError
            If the time is up.
        """
        self._send(data)
        head = self._received(HEAD_BYTES)
        if head[:1] != words.KEPT or len(head) < HEAD_BYTES:
            return head + self._received(words.MAX_SAID_BYTES)
        width, height = SIZE.unpack_from(head, len(words.KEPT))
        if not 0 < width * height <= MAX_KEPT_PIXELS:
            return bytearray()
        return head + self._received(width * height * CHANNELS)

    def _send(self, data: bytes) -> None:
        try:
            self._in_time(self.photo).sendall(data)
            self.photo.shutdown(socket.SHUT_WR)
        except ConnectionError:
            pass  # how it ended is told on the other socket

    def end_told(self) -> int:
        """Learn how the photo's process ended: its exit code, or minus the signal.

        Raises
        ------
        OSError
            If nobody is there to tell it, or the time is up.
        """
        told = self._in_time(self.control).recv(ENDED.size, socket.MSG_WAITALL)
        if len(told) < ENDED.size:
            msg = "it hung up"
            raise ConnectionResetError(msg)
        return int(ENDED.unpack(told)[0])

    def _received(self, most: int) -> bytearray:
        """Take so many bytes, or fewer if the stream ends."""
        taken = bytearray(most)
        view, n = memoryview(taken), 0
        try:
            while n < most and self._something_said() and (more := self.photo.recv_into(view[n:])):
                n += more
        except ConnectionError:
            pass  # how it ended is told on the other socket
        view.release()
        del taken[n:]
        return taken

    def _something_said(self) -> bool:
        """Wait for the photo's process; False if it lives on and the one that would tell its end is gone."""
        speakers = select.poll()
        speakers.register(self.photo, select.POLLIN)
        speakers.register(self.control, select.POLLIN)
        spoke = [descriptor for descriptor, _ in speakers.poll(1000 * max(0.001, self._seconds_left()))]
        if not spoke:
            msg = "its time is up"
            raise TimeoutError(msg)
        return self.photo.fileno() in spoke

    def _seconds_left(self) -> float:
        return self.deadline - time.monotonic()

    def _in_time(self, speaker: socket.socket) -> socket.socket:
        """Let the next wait end with the photo's time."""
        speaker.settimeout(max(0.001, self._seconds_left()))
        return speaker


def judged(answer: bytearray, ended: int, seconds: float) -> Pixels:
    """Take the pixels, or say what is known of why there are none.

    Parameters
    ----------
    answer : bytearray
        What the photo's process said; it is not trusted.
    ended : int
        How that process ended.
    seconds : float
        The time it had.

    Returns
    -------
    ndarray of shape (height, width, 3), uint8
        RGB, at most 8 megapixels.

    Raises
    ------
    UnusablePhoto
        If the photo is at fault.
    IntakeError
        If the process is.
    """
    if ended in OUT_OF_TIME:
        raise too_slow(seconds)
    if ended == -signal.SIGKILL:  # no limit ends it so: the machine was out of memory, or somebody did it
        msg = "the process that opened the photo was ended from outside: send the photo again"
        raise IntakeError(msg)
    if ended:
        msg = f"the photo is damaged: the process that opened it broke down (exit code {ended})"
        raise UnusablePhoto(msg, reason=words.UNREADABLE)
    if answer[:1] == words.UNUSABLE:
        raise _finding(answer[1:])
    if answer[:1] == words.KEPT and len(answer) > HEAD_BYTES:
        width, height = SIZE.unpack_from(answer, len(words.KEPT))
        if len(answer) == HEAD_BYTES + width * height * CHANNELS:
            return np.frombuffer(answer, np.uint8, offset=HEAD_BYTES).reshape(height, width, CHANNELS)
    msg = "the process that opens photos gave an answer that is none: send the photo again"
    raise IntakeError(msg)


def _finding(said: bytearray) -> UnusablePhoto:
    """Take a reason word from the list, and a sentence without control characters."""
    reason, _, sentence = said.decode(errors="replace").partition("\n")
    if reason not in words.REASONS:
        reason, sentence = words.UNREADABLE, "the photo cannot be opened"
    return UnusablePhoto("".join(c if c.isprintable() else "?" for c in sentence), reason=reason)


def too_slow(seconds: float) -> UnusablePhoto:
    """Say that a photo took longer than the seconds it had."""
    msg = f"the photo takes too long to open: wanted at most {seconds:g} seconds; save it anew as plain JPEG"
    return UnusablePhoto(msg, reason=words.TOO_SLOW)
