"""The line to the service: the one place where anything is sent, asked again, and read.

- TLS is verified, always: there is no switch. Plain HTTP is taken to this machine alone, since over any other
  line it would show the key.
- The key goes as a header and nowhere else: not into an address, a ``repr`` or an error.
- Redirects are not followed: they would carry a request, and its key, to wherever they say.
- Settings of the environment (proxies, netrc) are not read: what it connects to, the caller said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final, TypeVar
from urllib.parse import quote
from uuid import uuid4

import httpx
from pydantic import TypeAdapter, ValidationError

from facegate.client.address import demand_address, demand_key, trust
from facegate.client.errors import ClientError, Fault, Unreachable
from facegate.client.problems import error_of
from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facegate.client.retries import Retries

Kind = TypeVar("Kind")
GET: Final = "GET"
POST: Final = "POST"
JSON: Final = "application/json"
ONCE: Final = "Idempotency-Key"
_ONCE: Final = re.compile(r"[A-Za-z0-9_.:\-]{8,128}")
_OK: Final = range(200, 300)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One thing that is asked of the service.

    Parameters
    ----------
    method, path : str
        What and where; see `place`.
    params : mapping
        Of the address; None is left out.
    body : object
        JSON; None for none.
    content : bytes
        JSON to be sent byte for byte, in the place of `body`.
    form, files : mapping
        Parts of a multipart form.
    accept : str
        The form of answer that is wanted.
    once : str
        Its Idempotency-Key; empty for none.
    again : bool
        It may be asked again at all; that it is safe, its method and key say.
    timeout_s : float or None
        Seconds to wait for each part of its answer; None for the line's own.
    """

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    files: Mapping[str, bytes] | None = field(default=None, repr=False)
    accept: str = JSON
    once: str = ""
    again: bool = True
    timeout_s: float | None = None

    @property
    def safe(self) -> bool:
        """Whether it can be asked again without acting twice."""
        return self.again and (self.method == GET or bool(self.once))


class Line:
    """The line to one service.

    Parameters
    ----------
    base_url : str
        ``https://host[:port]``; ``http://`` to this machine alone.
    key : str
        An API key, or a token of a provider that the service knows; empty for nobody.
    timeout_s : float
        Seconds to wait for a connection, and for each part of an answer.
    authorities : Path or None
        PEM file of the certificate authorities to trust instead of the system's.
    retries : Retries
        When something is asked again.
    transport : httpx.BaseTransport or None
        Carries requests in the place of a connection.

    Raises
    ------
    InputError
        If address, key or authorities cannot be used.
    """

    __slots__ = ("_http", "address", "retries")

    def __init__(
        self,
        base_url: str,
        key: str,
        *,
        timeout_s: float,
        authorities: Path | None,
        retries: Retries,
        transport: httpx.BaseTransport | None,
    ) -> None:
        self.address = demand_address(base_url)
        self.retries = retries
        headers = {"User-Agent": f"facegate-client/{version('facegate')}"}
        if key:
            headers["Authorization"] = f"Bearer {demand_key(key)}"
        self._http = httpx.Client(
            base_url=self.address,
            headers=headers,
            timeout=timeout_s,
            verify=trust(self.address if transport is None else "", authorities),
            transport=transport,
            trust_env=False,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"<Line to {self.address}>"

    def close(self) -> None:
        """End every connection."""
        self._http.close()

    def get(self, path: str, kind: type[Kind], *, again: bool = True, **params: object) -> Kind:
        """Read something."""
        return self.read(Asked(method=GET, path=path, params=params, again=again), kind)

    def act(
        self, path: str, kind: type[Kind], body: object = None, *, once: str | None = None, keyed: bool = True
    ) -> Kind:
        """Ask for something that acts; under a key where the service keeps one, else it is asked once."""
        name = fresh_key(once) if keyed else ""
        return self.read(Asked(method=POST, path=path, body=body, once=name), kind)

    def change(self, method: str, path: str, kind: type[Kind], body: object = None) -> Kind:
        """Change or end something; asked once."""
        return self.read(Asked(method=method, path=path, body=body), kind)

    def upload(
        self,
        path: str,
        kind: type[Kind],
        form: Mapping[str, str],
        files: Mapping[str, bytes],
        *,
        once: str | None = None,
    ) -> Kind:
        """Send a form with files, under a key."""
        return self.read(Asked(method=POST, path=path, form=form, files=files, once=fresh_key(once)), kind)

    def read(self, asked: Asked, kind: type[Kind]) -> Kind:
        """Ask, and read the answer as what it is said to be.

        Raises
        ------
        ClientError
            Of the class that says why there is no such answer.
        """
        answer = self.send(asked)
        if kind is type(None):
            return kind()
        try:
            return TypeAdapter(kind).validate_json(answer.content)
        except ValidationError as error:
            fields = ", ".join(
                sorted({".".join(map(str, one["loc"])) or "all of it" for one in error.errors()})
            )
            msg = f"the answer of {asked.method} {asked.path} is not in the form that was published: {fields}"
            raise Fault(msg, status=answer.status_code, reason="unreadable", once=asked.once) from error

    def fetch(self, asked: Asked) -> httpx.Response:
        """Ask for a file, and refuse one of another kind than was asked for: a page of somebody on the way.

        Raises
        ------
        ClientError
            Of the class that says why there is no such file.
        """
        answer = self.send(asked)
        kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != asked.accept:
            msg = f"the answer of {asked.method} {asked.path} is no {asked.accept}"
            raise Fault(msg, status=answer.status_code, reason="unreadable")
        return answer

    def send(self, asked: Asked) -> httpx.Response:
        """Ask, again where that is safe, and give the answer; see `Retries`.

        Raises
        ------
        ClientError
            For every answer but 2xx, and for none.
        """
        earlier: ClientError | None = None
        n_asked = 0
        while True:
            n_asked += 1
            got = self._asked_once(asked)
            if isinstance(got, httpx.Response) and got.status_code in _OK:
                return got
            error = error_of(got, once=asked.once) if isinstance(got, httpx.Response) else got
            answer = got if isinstance(got, httpx.Response) else None
            wait = self.retries.wait_s(n_asked, answer, acts=bool(asked.once)) if asked.safe else None
            if wait is None:
                error.__cause__ = error.__cause__ or earlier  # what it was tried again for
                raise error
            earlier = error
            self.retries.pause(wait)

    def _asked_once(self, asked: Asked) -> httpx.Response | Unreachable:
        """Give the answer, or say why there is none."""
        headers = {"Accept": asked.accept} | ({ONCE: f'"{asked.once}"'} if asked.once else {})
        if asked.content is not None:
            headers["Content-Type"] = JSON
        params = {name: _as_text(one) for name, one in asked.params.items() if one is not None}
        files = {name: (name, data, "application/octet-stream") for name, data in (asked.files or {}).items()}
        try:
            return self._http.request(
                asked.method,
                asked.path,
                params=params or None,
                content=asked.content,
                json=asked.body,
                data=asked.form,
                files=files or None,
                headers=headers,
                timeout=httpx.USE_CLIENT_DEFAULT if asked.timeout_s is None else asked.timeout_s,
            )
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            unreachable = Unreachable(f"{self.address} {_why(error)}", reason="unreachable", once=asked.once)
            unreachable.__cause__ = error
            return unreachable


def place(*parts: object, slashes: bool = False) -> str:
    """Give a path; a part that was handed in stays one part, whatever is in it.

    Examples
    --------
    >>> place("v1", "searches", "../accounts")
    '/v1/searches/..%2Faccounts'
    """
    quoted = (quote(str(part), safe="/" if slashes else "") for part in parts)
    found = "/" + "/".join(quoted)
    if {"", ".", ".."} & set(found[1:].split("/")):
        msg = "an id is empty or made of dots; wanted the id as the service gave it"
        raise InputError(msg)
    return found


def fresh_key(once: str | None = None) -> str:
    """Give an Idempotency-Key: the one that was chosen, or a new one (draft-ietf-httpapi-idempotency-key).

    Raises
    ------
    InputError
        If the chosen one is in no form that the service takes.
    """
    if once is None:
        return str(uuid4())
    if not _ONCE.fullmatch(once):
        msg = "an Idempotency-Key has 8 to 128 letters, digits, '_', '.', ':' or '-', such as a UUID"
        raise InputError(msg)
    return once


def _as_text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _why(error: Exception) -> str:
    """Say why no answer came, in words that hold nothing of what was sent."""
    if isinstance(error, httpx.TimeoutException):
        return "did not answer in time"
    if "CERTIFICATE_VERIFY_FAILED" in str(error):
        return "shows a TLS certificate that is not trusted here; nothing was sent"
    if isinstance(error, httpx.ConnectError):
        return "cannot be reached; nothing was sent"
    return f"broke off before it answered ({type(error).__name__})"
