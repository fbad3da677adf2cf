"""Host and port of the settings, taken before anything says that the service is there."""

from __future__ import annotations

import errno
import socket
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.server.config import ServerConfig


@contextmanager
def listening(config: ServerConfig) -> Iterator[list[socket.socket]]:
    """Bind host and port; nobody is answered before `facegate.server.running.serve` listens.

    Parameters
    ----------
    config : ServerConfig
        What the operator set.

    Yields
    ------
    list of socket
        One for each address of the host; closed at the end.

    Raises
    ------
    InputError
        If the port is taken or not for this user, or the host is no address of this machine.
    """
    with ExitStack() as stack:
        with refused_in_words(config):
            found = socket.getaddrinfo(
                config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
            )
            addresses = dict.fromkeys((family, address) for family, _, _, _, address in found)
            made = [stack.enter_context(_bound(family, address)) for family, address in addresses]
        yield made


@contextmanager
def refused_in_words(config: ServerConfig) -> Iterator[None]:
    """Say in one sentence why host and port cannot be had.

    Raises
    ------
    InputError
        In the place of what the system raised.
    """
    host, port = config.host, config.port
    try:
        yield
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            msg = f"port {port} is taken on {host}: stop what listens there, or choose another with --port"
        else:
            msg = f"cannot listen at {host} port {port}: {error.strerror or type(error).__name__}"
        raise InputError(msg) from error


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    # TCP by name: else asyncio leaves Nagle's algorithm on, and a reply's body waits 40 ms for the word that
    # its head has come (RFC 896, and RFC 1122, section 4.2.3.2).
    made = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # right after a service that was stopped
        if family == socket.AF_INET6:
            made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)  # IPv4 has a socket of its own
        made.bind(address)
    except OSError:
        made.close()
        raise
    return made
