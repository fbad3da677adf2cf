"""Words that lead a careless program out of its folder or onto the network, and a watch over both."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TARGETS: Final = (
    "etc/passwd", "proc/self/environ", "root/.ssh/id_ed25519", "home/keys/log.key", "windows/win.ini",
    "var/lib/facegate/service.db",
)  # fmt: skip
CLIMBS: Final = (
    "/", "../" * 8, "..\\" * 8, "....//" * 8, "..;/" * 8, "%2e%2e%2f" * 8, "%252e%252e%252f" * 8,
    "%c0%ae%c0%ae/" * 8, "\u2025/" * 8, "\uff0e\uff0e\uff0f" * 8, "./././../../", "x/../../../../",
)  # fmt: skip
SCHEMES: Final = (
    "file:///", "file://localhost/", "http://169.254.169.254/", "http://[::1]:22/", "http://0x7f000001/",
    "https://127.0.0.1:1@evil.example/", "gopher://127.0.0.1:6379/_", "dict://127.0.0.1:11211/",
    "ftp://127.0.0.1/", "jar:http://127.0.0.1!/", "php://filter/resource=", "data:text/plain,", "\\\\evil\\",
    "//evil.example/", "ldap://127.0.0.1/", "netdoc:///",
)  # fmt: skip
ENDS: Final = ("", "\x00.png", "%00.jpg", "?x=.png", "#.png", ";.jpg")


def words(canary: Path) -> tuple[str, ...]:
    """Give more than 500 words; some lead to a file that nobody may open.

    Parameters
    ----------
    canary : Path
        That file.
    """
    climbing = [climb + target + end for climb, target, end in product(CLIMBS, TARGETS, ENDS)]
    fetching = [scheme + target + end for scheme, target, end in product(SCHEMES, TARGETS[:2], ENDS[:3])]
    there = [str(canary), quote(str(canary), safe=""), f"file://{canary}", "../" * 12 + str(canary)[1:]]
    return (*there, *climbing, *fetching, "~root", "$HOME/.netrc", "`id`", "$(id)", "{{7*7}}", "%s%n")


@dataclass
class Watch:
    """What the interpreter was asked for while somebody watched.

    Parameters
    ----------
    on : bool
        Whether it is noted.
    opened : set of str
        Files and folders, by their real path.
    called : list of str
        Connections, names looked up, programs started.
    """

    on: bool = False
    opened: set[str] = field(default_factory=set)
    called: list[str] = field(default_factory=list)

    def hook(self, event: str, arguments: tuple[object, ...]) -> None:
        """Note one event (PEP 578)."""
        if not self.on:
            return
        if event in {"open", "os.listdir", "os.scandir"} and isinstance(arguments[0], str | bytes):
            self.opened.add(os.path.realpath(os.fsdecode(arguments[0])))
        elif event in {"socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec"}:
            self.called.append(f"{event} {arguments!r}"[:200])


_WATCH: Final = Watch()
sys.addaudithook(_WATCH.hook)  # one for the whole run: a hook cannot be taken away again


@contextmanager
def watched() -> Iterator[Watch]:
    """Note what is opened and called in the meantime, in this process."""
    _WATCH.opened.clear()
    _WATCH.called.clear()
    _WATCH.on = True
    try:
        yield _WATCH
    finally:
        _WATCH.on = False
