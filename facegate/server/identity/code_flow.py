"""Signing in to pages at an identity provider: OpenID Connect, authorization code flow with PKCE (RFC 7636).

What the browser carries between the two steps (state, nonce, verifier) is in a cookie that is signed, holds
for ten minutes, and is gone after use; whoever brings another browser's answer has no cookie that fits it
(RFC 9700, section 4.7). It is ``SameSite=Lax``: the way back comes from the provider's site. So the page
that ends the flow must be a page with a link, not a redirect: a browser sends the strict session cookie only
after a step of its own site. So whoever proves himself anew (`Again`) is known on the way back by that signed
cookie, not by his session.

A login at the provider may be of last week. Where proof of now is wanted, the provider is told so
(``prompt=login``, ``max_age``, ``acr_values``: OpenID Connect Core, 3.1.2.1), and what it says of it is
checked: a provider that did not ask again gives no proof.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import httpx
from authlib.oauth2.client import OAuth2Client  # type: ignore[import-untyped]  # Authlib has no annotations
from authlib.oauth2.rfc6749.parameters import (  # type: ignore[import-untyped]  # as above
    prepare_token_request,
)
from itsdangerous import BadData, URLSafeTimedSerializer

from facegate.errors import InputError
from facegate.server.identity.provider_keys import is_own_address, provider_away
from facegate.server.problems import not_here, unknown_caller

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from facegate.server.identity.pepper import Pepper
    from facegate.server.identity.provider_keys import ProviderKeys
    from facegate.server.identity.tokens import Tokens, Verified
    from facegate.server.problems import Problem

FLOW_SECONDS: Final = 600
FRESH_SECONDS: Final = 600
"""How old a login at the provider may be to stand for proof of now; as `facegate.server.asking.FRESH_FOR`."""
LONGEST: Final = 2_000  # characters of what comes back
SCOPE: Final = "openid profile"
FORM: Final = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True, slots=True)
class Start:
    """Where the browser is sent, and the cookie it takes along."""

    url: str
    cookie: str


@dataclass(frozen=True, slots=True)
class Again:
    """Somebody who is signed in, and is to prove himself at his provider once more.

    Parameters
    ----------
    account, session : str
        Whose proof it is to be, and the id of his session, which the new one takes the place of.
    then : str
        Path here that he goes on to.
    """

    account: str
    session: str
    then: str


@dataclass(frozen=True, slots=True)
class CodeFlow:
    """Both steps.

    Parameters
    ----------
    tokens : Tokens
        Checks the id token.
    pepper : Pepper
        What the cookie is signed under.
    http : httpx.Client
        By which the code is exchanged.
    base_url : str
        Of the service; the way back is under it.
    """

    tokens: Tokens
    pepper: Pepper
    http: httpx.Client
    base_url: str

    @property
    def names(self) -> Sequence[str]:
        """Names of the providers there are."""
        return tuple(one.provider.name for one in self.tokens.providers)

    def start(self, name: str, *, again: Again | None = None) -> Start:
        """Begin signing in.

        Parameters
        ----------
        name : str
            Of the provider.
        again : Again, optional
            Who is to prove himself anew; the provider is asked to have him do so, whoever is signed in there.

        Raises
        ------
        Problem
            404 if there is no such provider, 503 if it is away.
        """
        keys = self._keys(name)
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        client = self._client(keys)
        url, _ = client.create_authorization_url(
            self._endpoint(keys, "authorization_endpoint"),
            state,
            verifier,
            nonce=nonce,
            **({} if again is None else _proof_of_now(keys)),
        )
        kept = {"name": name, "state": state, "nonce": nonce, "verifier": verifier}
        if again is not None:
            kept |= {"account": again.account, "session": again.session, "then": again.then}
        cookie = self._signer().dumps(kept)
        return Start(str(url), str(cookie))

    def finish(self, name: str, *, cookie: str, state: str, code: str) -> Verified:
        """End signing in, with what the browser brought back.

        Raises
        ------
        Problem
            401 if it is not this browser's, was changed, is too old, or the provider does not vouch for it;
            404 if there is no such provider, 503 if it is away.
        """
        keys = self._keys(name)
        begun = self._begun(cookie)
        fits = begun.get("name") == name and _same(begun.get("state"), state)
        if not fits or not 0 < len(code) <= LONGEST:
            raise _not_begun()
        token = self._exchanged(keys, code, str(begun.get("verifier")))
        verified = self.tokens.checked(token, keys, audience=keys.provider.client_id, needed=("nonce", "iat"))
        if not _same(begun.get("nonce"), str(verified.claims["nonce"])) or not _for_us(verified):
            raise _not_begun()
        return verified

    def again(self, cookie: str) -> Again | None:
        """Say who was to prove himself anew, by what `start` put into the cookie; None for a plain login.

        Raises
        ------
        Problem
            401 if the cookie is not ours or too old.
        """
        begun = self._begun(cookie)
        if "account" not in begun:
            return None
        return Again(str(begun["account"]), str(begun.get("session")), str(begun.get("then")))

    def _keys(self, name: str) -> ProviderKeys:
        for one in self.tokens.providers:
            if one.provider.name == name:
                return one
        what = "identity provider"
        raise not_here(what)

    def _client(self, keys: ProviderKeys) -> OAuth2Client:
        provider = keys.provider
        back = f"{self.base_url}/login/{provider.name}/back"
        return OAuth2Client(
            None, provider.client_id, _secret(provider.client_secret_file), scope=SCOPE, redirect_uri=back,
            code_challenge_method="S256",
        )  # fmt: skip

    def _endpoint(self, keys: ProviderKeys, name: str) -> str:
        address = keys.settings().get(name, "")
        if not is_own_address(address, keys.provider):
            raise provider_away(keys.provider.name)
        return address

    def _exchanged(self, keys: ProviderKeys, code: str, verifier: str) -> str:
        """Exchange the code for an id token, at the provider, with the verifier that only we know."""
        client = self._client(keys)
        asked = prepare_token_request(
            "authorization_code", "", client.redirect_uri, code=code, code_verifier=verifier
        )
        auth = client.client_auth(client.token_endpoint_auth_method)
        url, headers, body = auth.prepare("POST", self._endpoint(keys, "token_endpoint"), dict(FORM), asked)
        try:
            answer = self.http.post(url, content=body, headers=headers)
            said = answer.json() if answer.is_success else {}
        except (httpx.HTTPError, ValueError) as error:
            raise provider_away(keys.provider.name) from error
        if answer.is_server_error:
            raise provider_away(keys.provider.name)
        token = said.get("id_token") if isinstance(said, dict) else None
        if not isinstance(token, str):
            raise _not_begun()
        return token

    def _begun(self, cookie: str) -> dict[str, Any]:
        try:
            found = self._signer().loads(cookie[:LONGEST], max_age=FLOW_SECONDS)
        except BadData as error:
            raise _not_begun() from error
        return found if isinstance(found, dict) else {}

    def _signer(self) -> URLSafeTimedSerializer:
        return URLSafeTimedSerializer(self.pepper.mark("code flow", "cookie"), salt="facegate-code-flow")


def _proof_of_now(keys: ProviderKeys) -> dict[str, str]:
    """Ask for a login of now, by a second factor where the operator named one."""
    asked = {"prompt": "login", "max_age": str(FRESH_SECONDS)}
    if levels := keys.provider.fresh_acr:
        asked["acr_values"] = " ".join(levels)
    return asked


def _same(one: object, other: str) -> bool:
    return isinstance(one, str) and hmac.compare_digest(one.encode(), other.encode(errors="replace"))


def _for_us(verified: Verified) -> bool:
    """Say whether, of several it is for, we are the one it was issued to (OpenID Connect Core, 3.1.3.7)."""
    party = verified.claims.get("azp")
    several = isinstance(verified.claims.get("aud"), list) and len(verified.claims["aud"]) > 1
    return party == verified.provider.client_id if party is not None or several else True


def _secret(path: Path | None) -> str | None:
    if path is None:
        return None
    try:
        return path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read the client's secret in {path.name}"
        raise InputError(msg) from error


def _not_begun() -> Problem:
    return unknown_caller("this login was not begun in this browser, is too old, or was changed; begin again")
