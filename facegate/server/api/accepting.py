"""Which of two forms a client would rather have (RFC 9110, section 12.5.1), and raw bodies up to a size."""

from collections.abc import AsyncIterator
from http import HTTPStatus
from typing import Final

from fastapi import Request

from facegate.server.problems import Problem

JSON: Final = "application/json"
TEXT: Final = "text/plain"
_MATCHES: Final = {JSON: (JSON, "application/*", "*/*"), TEXT: (TEXT, "text/*", "*/*")}


def wants_text(accept: str) -> bool:
    """Whether plain text is wanted more than JSON; of two wanted alike, JSON.

    Parameters
    ----------
    accept : str
        The header; empty if it was not sent.

    Examples
    --------
    >>> wants_text("text/plain"), wants_text("*/*"), wants_text("text/plain;q=0.5, application/json")
    (True, False, False)
    """
    return _wanted(accept, TEXT) > _wanted(accept, JSON)


def _wanted(accept: str, form: str) -> float:
    """Give the weight of a form: that of the most exact range that names it."""
    found = {name: weight for name, weight in map(_range, accept.split(",")) if name}
    return next((found[one] for one in _MATCHES[form] if one in found), 0.0)


def _range(text: str) -> tuple[str, float]:
    name, *options = (part.strip().lower() for part in text.split(";"))
    weight = next((one[2:] for one in options if one.startswith("q=")), "1")
    try:
        return name, min(max(float(weight), 0.0), 1.0)
    except ValueError:
        return name, 0.0


async def bytes_of(request: Request, *, most: int) -> bytes:
    """Read a body of JSON as it was sent, up to a size.

    Raises
    ------
    Problem
        415 if it is said to be anything else, 413 if it is longer: nothing more of it is read.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        detail = f"the body is to be {JSON}"
        raise Problem(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, "unsupported-media-type", detail)
    return b"".join([part async for part in _parts(request, most)])


async def _parts(request: Request, most: int) -> AsyncIterator[bytes]:
    read = 0
    async for part in request.stream():
        read += len(part)
        if read > most:
            detail = f"the body is longer than {most:,} bytes"
            raise Problem(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too-large", detail)
        yield part
