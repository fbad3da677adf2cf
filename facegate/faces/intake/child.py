"""The process that opens photos; run as ``python -m facegate.faces.intake.child``, never imported to do so.

It loads the decoders once and forks for each photo. A photo's process holds no other photo, before or
after, and its limits are the kernel's:

1. address space: a photo that unpacks to more ends its own process;
2. processor time and time on the clock: SIGXCPU and SIGALRM, which nobody here catches;
3. no new file or socket, and nothing written to disk: no door out, should a decoder be taken over;
4. no core dump: a photo does not land on disk by way of a crash.

It has one thread, so that forking is safe. It sees no secret: its environment is empty but for paths.

Not protected here: system calls are not filtered. Code that runs inside the photo's process may do what
needs no new descriptor, such as sending signals to processes of the same user.
"""

from __future__ import annotations

import io
import math
import os
import resource
import signal
import socket
import sys

import numpy as np
from PIL import Image

from facegate.errors import UnusablePhoto
from facegate.faces.decode import EXIF_ORIENTATION, MAX_BYTES, decode_photo
from facegate.faces.intake.limits import (
    ENDED,
    KEPT,
    MAX_SAID_BYTES,
    PHOTO,
    READY,
    SIZE,
    TOO_LARGE,
    UNUSABLE,
    Limits,
)
from facegate.faces.intake.pixels import at_most
from facegate.faces.intake.scans import demand_few_scans

RECEIVED_BYTES = 1 << 18
FAILED = 1


def serve(control: socket.socket, limits: Limits) -> None:
    """Open one photo after the other until the other side hangs up.

    Parameters
    ----------
    control : socket
        Brings a socket for each photo; `facegate.faces.intake.limits` shows what is said on both.
    limits : Limits
        For each photo.
    """
    control.sendall(READY)
    while True:
        asked, photos, _, _ = socket.recv_fds(control, len(PHOTO), 1)
        if asked != PHOTO or not photos:
            return
        with socket.socket(fileno=photos[0]) as photo:
            pid = os.fork()
            if not pid:
                _in_a_process_of_its_own(control, photo, limits)
        control.sendall(ENDED.pack(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])))


def _in_a_process_of_its_own(control: socket.socket, photo: socket.socket, limits: Limits) -> None:
    """Open one photo and end, whatever happens; the way back into the loop is closed."""
    code = FAILED
    try:
        control.close()  # a taken-over decoder could else answer for the next photo
        _confine(limits)
        photo.sendall(_answer(_received(photo)))
        code = 0
    finally:
        os._exit(code)


def _confine(limits: Limits) -> None:
    """Give up what opening a photo does not need."""
    seconds = math.ceil(limits.seconds)
    for what, soft, hard in (
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_FSIZE, 0, 0),
        (resource.RLIMIT_NOFILE, 0, 0),
        (resource.RLIMIT_NPROC, 0, 0),
        (resource.RLIMIT_AS, limits.memory_bytes, limits.memory_bytes),
        (resource.RLIMIT_CPU, seconds, seconds + 1),
    ):
        resource.setrlimit(what, (soft, hard))
    signal.signal(signal.SIGALRM, signal.SIG_DFL)  # whoever started us may have ignored or held it back
    signal.signal(signal.SIGXCPU, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def _received(photo: socket.socket) -> bytes:
    """Take the whole file; one byte too many is enough to be refused as too large."""
    data = bytearray()
    while len(data) <= MAX_BYTES and (piece := photo.recv(RECEIVED_BYTES)):
        data += piece
    return bytes(data)


def _answer(data: bytes) -> bytes:
    """Open the photo, or say why not."""
    try:
        demand_few_scans(data)
        pixels = at_most(decode_photo(data))
    except MemoryError:
        return _out_of_memory()
    except UnusablePhoto as finding:
        if isinstance(finding.__cause__, MemoryError):
            return _out_of_memory()
        return _unusable(finding.reason, str(finding))
    height, width = pixels.shape[:2]
    return KEPT + SIZE.pack(width, height) + pixels.tobytes()


def _out_of_memory() -> bytes:
    return _unusable(
        TOO_LARGE, "the photo is too large: opening it takes more memory than one photo may take"
    )


def _unusable(reason: str, sentence: str) -> bytes:
    return UNUSABLE + f"{reason}\n{sentence}".encode()[:MAX_SAID_BYTES]


def _load_decoders() -> None:
    """Open one photo of each kind: what is loaded late could not be loaded where no file may be opened."""
    upright = Image.Exif()
    upright[EXIF_ORIENTATION] = 6
    gray = Image.fromarray(np.zeros((9, 8), np.uint8))
    for kind, mode in (("JPEG", "RGB"), ("PNG", "RGBA"), ("WEBP", "RGB"), ("PNG", "P"), ("PNG", "I;16")):
        for exif in (upright.tobytes(), b"Exif\x00\x00broken"):
            file = io.BytesIO()
            gray.convert(mode).save(file, kind, exif=exif)
            for data in (file.getvalue(), file.getvalue()[:-20]):
                _answer(data)


def _main() -> None:
    descriptor, memory_bytes, seconds = sys.argv[1:]
    _load_decoders()
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, sys.stderr.fileno())  # so far it told of a broken installation; from here on of photos
    with socket.socket(fileno=int(descriptor)) as control:
        serve(control, Limits(int(memory_bytes), float(seconds)))


if __name__ == "__main__":
    _main()
