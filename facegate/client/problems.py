"""From the service's problems (RFC 9457) to the client's errors.

What is no problem, such as a proxy's page, is told by its status alone and never repeated: nobody vouches for
what stands in it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from facegate.client.errors import (
    ClientError,
    Closed,
    Conflict,
    Fault,
    NotFound,
    NotFresh,
    NotOffered,
    NotSignedIn,
    OnLog,
    Refused,
    TooMany,
    Unfit,
)
from facegate.records import FailedRule

if TYPE_CHECKING:
    from collections.abc import Mapping

    import httpx

PROBLEM_JSON: Final = "application/problem+json"
LONGEST: Final = 2000
"""Characters of a sentence that are taken."""
_UNFIT: Final = frozenset({400, 405, 406, 408, 411, 413, 414, 415, 421, 422, 431})
_PLAIN: Final[Mapping[int, type[ClientError]]] = {
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.CONFLICT: Conflict,
    HTTPStatus.NOT_IMPLEMENTED: NotOffered,
}


def error_of(response: httpx.Response, *, once: str = "") -> ClientError:
    """Give the error for an answer that is not what was asked for.

    Parameters
    ----------
    response : httpx.Response
        Read whole; its status is not 2xx.
    once : str
        The Idempotency-Key that was sent.

    Returns
    -------
    ClientError
        Of the class of its status, with what the problem tells.
    """
    told, status = _problem(response), response.status_code
    common: dict[str, Any] = {"status": status, "reason": reason_of(response), "once": once}
    say = _sentence(told, response)
    if status == HTTPStatus.FORBIDDEN:
        return Refused(say, rules=_rules(told), receipt=_receipt(told), **common)
    if status == HTTPStatus.UNAUTHORIZED:
        return (NotFresh if common["reason"] == "login-not-fresh" else NotSignedIn)(say, **common)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return TooMany(say, retry_after=retry_after(response), **common)
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        return Closed(say, retry_after=retry_after(response), reasons=_reasons(told), **common)
    if status in _UNFIT:
        return Unfit(say, fields=_fields(told), **common)
    return _PLAIN.get(status, Fault)(say, **common)


def reason_of(response: httpx.Response) -> str:
    """Give the short word of a problem, such as ``busy``; empty for what is no problem."""
    return str(_problem(response).get("type", "")).rpartition("/")[2][:64]


def retry_after(response: httpx.Response, *, now: datetime | None = None) -> float | None:
    """Read ``Retry-After``: seconds, or a day and time (RFC 9110, section 10.2.3).

    Parameters
    ----------
    response : httpx.Response
        Any.
    now : datetime, optional
        With its zone.

    Returns
    -------
    float or None
        Seconds from now, not negative; None if it was not told, or in no such form.
    """
    value = response.headers.get("retry-after", "").strip()
    if value.isascii() and value.isdecimal():
        return float(value[:9])
    try:
        at = parsedate_to_datetime(value)
    except ValueError:
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max(0.0, (at - (now or datetime.now(tz=UTC))).total_seconds())


def _problem(response: httpx.Response) -> Mapping[str, Any]:
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != PROBLEM_JSON:
        return {}
    try:
        told = response.json()
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _sentence(told: Mapping[str, Any], response: httpx.Response) -> str:
    detail = told.get("detail")
    if isinstance(detail, str) and detail:
        return " ".join(detail[:LONGEST].split())
    return f"the service answered {response.status_code} and no reason"


def _rules(told: Mapping[str, Any]) -> tuple[FailedRule, ...]:
    return tuple(
        FailedRule(*(str(one.get(name) or "") for name in ("id", "say", "cite", "checked")))
        for one in _mappings(told, "rules")
    )


def _receipt(told: Mapping[str, Any]) -> OnLog | None:
    held = told.get("receipt")
    if not isinstance(held, dict) or not isinstance(held.get("index"), int):
        return None
    intent, root = held.get("intent"), held.get("root")
    return OnLog(
        held["index"],
        intent if isinstance(intent, int) else None,
        root if isinstance(root, str) else None,
    )


def _fields(told: Mapping[str, Any]) -> dict[str, str]:
    return {str(one.get("field", "")): str(one.get("wanted", "")) for one in _mappings(told, "errors")}


def _reasons(told: Mapping[str, Any]) -> dict[str, str]:
    return {str(one.get("code", "")): str(one.get("say", "")) for one in _mappings(told, "reasons")}


def _mappings(told: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    held = told.get(name)
    return [one for one in held if isinstance(one, dict)] if isinstance(held, list) else []
