"""A provider's settings and public keys, fetched from where the operator pinned it, and kept.

- Fetched over HTTPS from the issuer's own host alone; no redirect is followed, no address is taken from a
  token.
- Kept for an hour. A key id that is not known is asked for anew, at most once a minute: whoever sends tokens
  with invented ids does not make the service knock at the provider's door.
- Where the provider is away, keys of the last day still hold; after that, tokens are answered 503 and
  everything else goes on.
"""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OKPKey, RSAKey

from facegate.server.identity.provider import is_safe_address
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from facegate.server.identity.provider import Provider

KEPT: Final = timedelta(hours=1)
AGAIN: Final = timedelta(minutes=1)
OLDEST: Final = timedelta(days=1)
MOST_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 50
LEAST_RSA_BITS: Final = 2048
WAIT: Final = 5.0  # seconds
METADATA: Final = "/.well-known/openid-configuration"

PublicKey = ECKey | OKPKey | RSAKey
_KINDS: Final[dict[str, tuple[type[ECKey | OKPKey | RSAKey], str]]] = {
    # By algorithm: the kind of key it is for, and the curve. A key serves its own algorithm and no other.
    "EdDSA": (OKPKey, "Ed25519"),
    "ES256": (ECKey, "P-256"),
    "RS256": (RSAKey, ""),
}


def http_client() -> httpx.Client:
    """Make the client by which providers are asked: no redirects, no proxy of the environment."""
    return httpx.Client(timeout=WAIT, follow_redirects=False, trust_env=False)


class ProviderKeys:
    """Settings and keys of one provider.

    Parameters
    ----------
    provider : Provider
        As pinned.
    http : httpx.Client
        By which it is asked.
    clock : callable
        The time, with its zone.
    """

    def __init__(self, provider: Provider, http: httpx.Client, clock: Callable[[], datetime]) -> None:
        self.provider, self._http, self._clock = provider, http, clock
        self._turn = threading.Lock()
        self._settings: Mapping[str, str] = {}
        self._keys: Mapping[str, Mapping[str, Any]] = {}
        self._fetched: datetime | None = None
        self._tried: datetime | None = None

    def settings(self) -> Mapping[str, str]:
        """Give the provider's addresses, such as ``token_endpoint``.

        Raises
        ------
        Problem
            503 if it is away.
        """
        with self._turn:
            self._refresh(wanted=not self._settings)
            return self._settings

    def key(self, kid: str, algorithm: str) -> PublicKey | None:
        """Give the public key of an id, for one algorithm.

        Parameters
        ----------
        kid : str
            As the token names it.
        algorithm : str
            One of the provider's.

        Returns
        -------
        ECKey, OKPKey, RSAKey or None
            None if the provider has no such key, or has it for something else.

        Raises
        ------
        Problem
            503 if the provider is away and nothing of the last day is known.
        """
        with self._turn:
            self._refresh(wanted=kid not in self._keys)
            found = self._keys.get(kid)
        return None if found is None else _imported(found, algorithm)

    def _refresh(self, *, wanted: bool) -> None:
        """Fetch anew where that is due and allowed."""
        now = self._clock()
        due = wanted or self._fetched is None or now - self._fetched >= KEPT
        if due and (self._tried is None or now - self._tried >= AGAIN):
            self._tried = now
            try:
                self._fetch()
                self._fetched = now
            except (httpx.HTTPError, httpx.InvalidURL, ValueError):
                pass  # what was fetched before still holds, for a day
        if self._fetched is None or now - self._fetched >= OLDEST:
            raise provider_away(self.provider.name)

    def _fetch(self) -> None:
        settings = self._get(f"{self.provider.issuer.rstrip('/')}{METADATA}")
        if settings.get("issuer") != self.provider.issuer:
            msg = "the provider's settings name another issuer"
            raise ValueError(msg)
        addresses = {name: value for name, value in settings.items() if isinstance(value, str)}
        keys = self._get(self._own(addresses.get("jwks_uri", ""))).get("keys")
        if not isinstance(keys, list) or len(keys) > MOST_KEYS:
            msg = "the provider's keys are no list of keys"
            raise ValueError(msg)
        self._settings = addresses
        self._keys = {one["kid"]: one for one in keys if isinstance(one, dict) and _names_itself(one)}

    def _get(self, url: str) -> dict[str, Any]:
        with self._http.stream("GET", url, headers={"Accept": "application/json"}) as answer:
            if answer.status_code != HTTPStatus.OK:
                msg = f"the provider answered {answer.status_code}"
                raise ValueError(msg)
            body = b""
            for part in answer.iter_bytes():
                body += part
                if len(body) > MOST_BYTES:
                    msg = "the provider's answer is too long"
                    raise ValueError(msg)
        value = json.loads(body)
        if not isinstance(value, dict):
            msg = "the provider's answer is no JSON object"
            raise ValueError(msg)  # noqa: TRY004  caught as what came, not what type it has here
        return value

    def _own(self, url: str) -> str:
        """Give back an address of the issuer's own host."""
        if not is_own_address(url, self.provider):
            msg = "the provider names an address of another host"
            raise ValueError(msg)
        return url


def is_own_address(url: str, provider: Provider) -> bool:
    """Say whether an address is of the issuer's own scheme, host and port."""
    mine, its = urlsplit(provider.issuer), urlsplit(url) if is_safe_address(url) else None
    return its is not None and (mine.scheme, mine.netloc) == (its.scheme, its.netloc)


def provider_away(name: str) -> Problem:
    """Say that a provider cannot be asked; keys and sessions work on."""
    detail = f"the identity provider {name} cannot be reached; keys and sessions still work"
    return Problem(HTTPStatus.SERVICE_UNAVAILABLE, "provider-away", detail, headers={"Retry-After": "60"})


def _names_itself(key: Mapping[str, Any]) -> bool:
    return isinstance(key.get("kid"), str) and key.get("use", "sig") == "sig"


def _imported(found: Mapping[str, Any], algorithm: str) -> PublicKey | None:
    """Make a key of what the provider published, if it is one for this algorithm and public."""
    kind, curve = _KINDS[algorithm]
    if found.get("kty") != kind.key_type or found.get("alg", algorithm) not in {algorithm, curve}:
        return None
    if curve and found.get("crv") != curve:
        return None
    try:
        key: PublicKey = kind.import_key({name: value for name, value in found.items() if name != "alg"})
    except (JoseError, ValueError, TypeError, KeyError):
        return None
    raw = key.public_key
    if isinstance(raw, RSAPublicKey) and raw.key_size < LEAST_RSA_BITS:
        return None
    return None if key.is_private else key
