"""Where the key may go: what is taken for a key, for the address of a service, and for its certificate."""

from __future__ import annotations

import ipaddress
import re
import ssl
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from facegate.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

_KEY: Final = re.compile(r"[!-~]{1,8192}")


def demand_key(key: str) -> str:
    """Give a key back, or refuse what no header can hold (RFC 9110, section 5.5); it is not repeated.

    Raises
    ------
    InputError
        If it is none.
    """
    if not _KEY.fullmatch(key):
        msg = "the key has a blank, a line end or a character outside ASCII; wanted it as it was issued"
        raise InputError(msg)
    return key


def demand_address(base_url: str) -> str:
    """Give an address without its last slash; refuse one over which the key would be seen, or that holds one.

    Raises
    ------
    InputError
        If it is no ``https://host[:port]``, nor ``http://`` to this machine.
    """
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname or "", parts.port
    except ValueError as error:
        msg = "the address of the service cannot be read; wanted https://host[:port]"
        raise InputError(msg) from error
    if parts.username is not None or parts.query or parts.fragment or not host:
        msg = "the address of the service is to be https://host[:port], without user, query or fragment"
        raise InputError(msg)
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_here(host)):
        msg = f"the address of the service begins with {parts.scheme or 'nothing'}://; wanted https://"
        raise InputError(msg)
    return base_url.rstrip("/")


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def trust(address: str, authorities: Path | None) -> ssl.SSLContext:
    """Give whom to trust: the authorities named, else the system's; nobody where no TLS will be spoken.

    Raises
    ------
    InputError
        If the authorities cannot be read.
    """
    if not address.startswith("https:"):
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    try:
        return ssl.create_default_context(cafile=None if authorities is None else str(authorities))
    except (OSError, ssl.SSLError) as error:
        msg = "the file of certificate authorities cannot be read; wanted PEM"
        raise InputError(msg) from error
