"""What a request shows of who sends it: an API key, a token or a session; at most one.

A key or token in an address is refused, for it stands in proxies' logs and browsers' histories from then on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.server.identity.caller import By
from facegate.server.problems import Problem, unknown_caller

if TYPE_CHECKING:
    from starlette.requests import Request

LONGEST: Final = 8_192  # characters of a header that is looked at
IN_ADDRESS: Final = frozenset({"api_key", "apikey", "api-key", "x-api-key", "access_token", "id_token"})
SECRET: Final = re.compile(r"fg_(?:live|test)_")
BEARER: Final = re.compile(r"[Bb][Ee][Aa][Rr][Ee][Rr] +([!-~]+)")
VISIBLE: Final = re.compile(r"[!-~]+")


@dataclass(frozen=True, slots=True)
class Shown:
    """What was shown.

    Parameters
    ----------
    by : By
        What it is.
    secret : str
        The key, the token, or the session's cookie; empty for nothing.
    """

    by: By
    secret: str = field(repr=False)


def shown(request: Request, cookie_name: str) -> Shown:
    """Read what a request shows.

    Parameters
    ----------
    request : Request
        Headers, cookies and query are looked at, the body is not.
    cookie_name : str
        Of the session's cookie.

    Raises
    ------
    Problem
        400 for two credentials at once, one in the address, or a header that is too long; 401 for one of no
        known form.
    """
    _demand_none_in_address(request)
    found = [
        *(_of_authorization(value) for value in request.headers.getlist("authorization")),
        *(_key(value) for value in request.headers.getlist("x-api-key")),
    ]
    if cookie := request.cookies.get(cookie_name):
        found.append(Shown(By.SESSION, cookie))
    if len(found) > 1:
        detail = "the request shows two credentials; wanted one API key, one token, or one session"
        raise Problem(HTTPStatus.BAD_REQUEST, "two-credentials", detail)
    return found[0] if found else Shown(By.NOTHING, "")


def _demand_none_in_address(request: Request) -> None:
    for name, value in request.query_params.multi_items():
        if name.lower() in IN_ADDRESS or SECRET.match(value):
            detail = "a key in an address is not taken: send it as a header, and revoke this one"
            raise Problem(HTTPStatus.BAD_REQUEST, "credential-in-address", detail)


def _of_authorization(value: str) -> Shown:
    _demand_short(value)
    found = BEARER.fullmatch(value)
    if found is None:
        detail = "the Authorization header is of no known form; wanted Bearer and a key or token"
        raise unknown_caller(detail)
    secret = found[1]
    return Shown(By.KEY if SECRET.match(secret) else By.TOKEN, secret)


def _key(value: str) -> Shown:
    _demand_short(value)
    if not VISIBLE.fullmatch(value):
        detail = "the X-Api-Key header is of no known form; wanted fg_live_ or fg_test_ and 43 characters"
        raise unknown_caller(detail)
    return Shown(By.KEY, value)


def _demand_short(value: str) -> None:
    if len(value) > LONGEST:
        detail = f"a credential of {len(value):,} characters is not looked at; wanted {LONGEST:,} at most"
        raise Problem(HTTPStatus.BAD_REQUEST, "credential-too-long", detail)
