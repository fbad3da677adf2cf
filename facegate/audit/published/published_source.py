"""Where a published log is read from: a folder, or a web address.

Whoever serves the files is not trusted: a file may be of any length, an answer may never come, and an
address may point somewhere else. So a length is named before anything is read, a wait has an end, and a
redirect is followed only within the host that was asked for.
"""

from __future__ import annotations

import http.client
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from facegate.errors import AuditError, InputError, VerificationError

if TYPE_CHECKING:
    from http.client import HTTPMessage
    from typing import IO

TIMEOUT_SECONDS = 20.0
WEB = ("http", "https")
NOT_THERE = frozenset({404, 410})


class Source(Protocol):
    """Files of a published log."""

    @property
    def name(self) -> str:
        """Where it is, for people."""

    def read(self, path: str, *, most: int) -> bytes | None:
        """Read one file.

        Parameters
        ----------
        path : str
            Under the log's prefix, such as ``tile/0/000``.
        most : int
            Bytes that it may hold.

        Returns
        -------
        bytes or None
            Its content; None if there is no such file.

        Raises
        ------
        VerificationError
            If it is longer.
        AuditError
            If it cannot be read.
        """


def source_of(place: Path | str) -> Source:
    """Tell a web address from a folder.

    Raises
    ------
    InputError
        If it is an address of another kind than http and https, or holds a query.
    """
    if isinstance(place, str) and "://" in place:
        return WebSource(place)
    return FolderSource(Path(place))


def is_web_address(address: str) -> bool:
    """Tell whether files can be asked for under an http or https address.

    Parameters
    ----------
    address : str
        Of printable ASCII: other letters are written as ``%C3%BC`` in a path, as ``xn--`` in a host.

    Examples
    --------
    >>> is_web_address("https://police.example/log"), is_web_address("http://[::1/log")
    (True, False)
    """
    try:
        parts = urllib.parse.urlsplit(address)
        host = (parts.hostname or "").encode("idna")  # as the library does it before it asks
        whole = parts.port is None or parts.port > 0
    except ValueError:
        return False
    printable = address.isascii() and address.isprintable() and " " not in address
    return bool(printable and host and whole and parts.scheme in WEB) and not (parts.query or parts.fragment)


class FolderSource:
    """A folder that holds the published files.

    Parameters
    ----------
    folder : Path
        With ``checkpoint`` in it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def name(self) -> str:
        """The folder."""
        return str(self._folder)

    def read(self, path: str, *, most: int) -> bytes | None:
        """Read one file; see `Source.read`."""
        try:
            with (self._folder / path).open("rb") as file:
                return _limited(path, file.read(most + 1), most)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            msg = f"{path} of the published log {self.name} cannot be read: {error.strerror or error}"
            raise AuditError(msg) from error


class WebSource:
    """An http or https address under which the published files stand.

    Parameters
    ----------
    address : str
        Such as ``https://police.example/log``.
    timeout_seconds : float
        How long one answer may keep us waiting.

    Raises
    ------
    InputError
        If it is another kind of address.
    """

    def __init__(self, address: str, *, timeout_seconds: float = TIMEOUT_SECONDS) -> None:
        if not is_web_address(address):
            msg = f"{address!r} is no place of a log: wanted a folder, or an address such as https://police.example/log"
            raise InputError(msg)
        self._address = address.rstrip("/")
        self._timeout = timeout_seconds
        self._opener = urllib.request.build_opener(_SameHost)

    @property
    def name(self) -> str:
        """The address."""
        return self._address

    def read(self, path: str, *, most: int) -> bytes | None:
        """Read one file; see `Source.read`."""
        try:
            with self._opener.open(f"{self._address}/{path}", timeout=self._timeout) as answer:
                data: bytes = answer.read(most + 1)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code in NOT_THERE:
                return None
            raise self._unreadable(path, f"{error.code} {error.reason}") from error
        except (
            OSError,
            http.client.HTTPException,
            ValueError,
        ) as error:  # ValueError: redirected to nonsense
            raise self._unreadable(path, str(getattr(error, "reason", "") or error)) from error
        return _limited(path, data, most)

    def _unreadable(self, path: str, why: str) -> AuditError:
        return AuditError(f"{path} of the published log {self._address} cannot be fetched: {why}")


class _SameHost(urllib.request.HTTPRedirectHandler):
    """Follows a redirect to the same scheme, host and port, and no other: nobody else speaks for a log."""

    def redirect_request(  # noqa: PLR0917  the library's own method
        self,
        req: urllib.request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: HTTPMessage,
        newurl: str,
    ) -> urllib.request.Request | None:
        asked, offered = urllib.parse.urlsplit(req.full_url), urllib.parse.urlsplit(newurl)
        if (asked.scheme, asked.netloc) != (offered.scheme, offered.netloc):
            why = f"it is redirected to another host, {offered.scheme}://{offered.netloc}"
            raise urllib.error.URLError(why)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _limited(path: str, data: bytes, most: int) -> bytes:
    if len(data) > most:
        msg = f"{path} is too long: more than {most} bytes"
        raise VerificationError(msg)
    return data
