"""Tokens of an identity provider (JWT, RFC 7519), checked by RFC 8725 and nothing a token says of itself.

The header may name an algorithm of the provider's and a key id; ``jku``, ``jwk``, ``x5u``, ``x5c``, ``crit``,
``b64``, ``cty`` and whatever else is refused unread. Issuer and audience are pinned. Five parts (encrypted,
or nested in another) are refused: nothing is opened in order to find out what it is.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from joserfc import jws
from joserfc.errors import JoseError
from joserfc.jwt import ClaimsOption, JWTClaimsRegistry

from facegate.server.problems import Problem, unknown_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from joserfc.jwa import JWSAlgModel
    from joserfc.jws import CompactSignature

    from facegate.server.identity.provider import Provider
    from facegate.server.identity.provider_keys import ProviderKeys

NEEDED: Final[ClaimsOption] = {"essential": True}
SKEW: Final = 60  # seconds
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{1,1000}\.[A-Za-z0-9_-]{1,8000}\.[A-Za-z0-9_-]{1,1000}")
HEADER: Final = frozenset({"alg", "kid", "typ", "x5t", "x5t#S256"})
"""The thumbprints are there for many providers, and are not looked at."""
TYPES: Final = frozenset({"", "jwt", "at+jwt", "application/at+jwt"})
LONGEST_LIFE: Final = timedelta(hours=24)
LONGEST_SUBJECT: Final = 255  # OpenID Connect Core, section 2


class _Pinned(jws.JWSRegistry):
    """joserfc's registry with a fixed list; what is not on it is refused, and what is, is not warned of.

    RFC 9864 gives ``EdDSA`` a name for each curve and deprecates the old one, which providers still write;
    the curve is pinned by the key.
    """

    max_header_length = 1000

    def get_alg(self, name: str) -> JWSAlgModel:
        if name not in (self.allowed or ()):
            msg = "the algorithm is not one of the provider's"
            raise JoseError(msg)
        return self.algorithms[name]


@dataclass(frozen=True, slots=True)
class Verified:
    """What a provider signed, once everything was checked."""

    provider: Provider
    claims: Mapping[str, Any] = field(repr=False)

    @property
    def subject(self) -> str:
        """Who it is about, as the provider knows him."""
        return str(self.claims["sub"])

    def fresh_at(self, now: datetime) -> datetime | None:
        """Say when he last proved himself: ``auth_time``, and ``acr`` where levels are pinned (RFC 9470)."""
        wanted, at = self.provider.fresh_acr, self.claims.get("auth_time")
        if wanted and self.claims.get("acr") not in wanted:
            return None
        if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at <= now.timestamp() + SKEW:
            return None
        return min(now, datetime.fromtimestamp(at, tz=UTC))


@dataclass(frozen=True, slots=True)
class Tokens:
    """Checks tokens of the providers that are pinned.

    Parameters
    ----------
    providers : sequence of ProviderKeys
        Whose tokens are looked at.
    clock : callable
        The time, with its zone.
    """

    providers: Sequence[ProviderKeys]
    clock: Callable[[], datetime]

    def access(self, token: str) -> Verified:
        """Check a token that was shown to the API.

        Raises
        ------
        Problem
            401 if anything about it is wrong, 503 if its provider is away.
        """
        keys = self._keys_for(token)
        return self.checked(token, keys, audience=keys.provider.audience, needed=("nbf",))

    def checked(
        self, token: str, keys: ProviderKeys, *, audience: str, needed: Sequence[str] = ()
    ) -> Verified:
        """Check a token of one provider.

        Parameters
        ----------
        token : str
            Three parts.
        keys : ProviderKeys
            Whose it must be.
        audience : str
            For whom it must be.
        needed : sequence of str
            Claims it must have besides iss, aud, exp and sub.

        Raises
        ------
        Problem
            401 if anything about it is wrong, 503 if its provider is away.
        """
        try:
            return Verified(keys.provider, self._claims(token, keys, audience, needed))
        except (JoseError, ValueError, OverflowError, RecursionError) as error:
            raise _refused() from error

    def _keys_for(self, token: str) -> ProviderKeys:
        """Find the provider by the issuer a token names; it is checked by what is pinned of that one."""
        try:
            if not TOKEN.fullmatch(token):
                raise _refused()
            said = json.loads(jws.extract_compact(token.encode(), registry=_Pinned()).payload or b"")
        except (JoseError, ValueError, RecursionError) as error:
            raise _refused() from error
        issuer = said.get("iss") if isinstance(said, dict) else None
        for one in self.providers:
            if one.provider.issuer == issuer:
                return one
        raise _refused()

    def _claims(
        self, token: str, keys: ProviderKeys, audience: str, needed: Sequence[str]
    ) -> Mapping[str, Any]:
        if not TOKEN.fullmatch(token):
            raise _refused()
        registry = _Pinned(algorithms=list(keys.provider.algorithms))
        found = jws.extract_compact(token.encode(), registry=registry)
        kid, algorithm = _demand_header(found, registry)
        key = keys.key(kid, algorithm)
        if key is None or not jws.validate_compact(found, key, registry=registry):
            raise _refused()
        claims = json.loads(found.payload or b"", parse_constant=_no_constant)
        if not isinstance(claims, dict):
            raise _refused()
        self._demand_claims(claims, keys.provider.issuer, audience, needed)
        return claims

    def _demand_claims(
        self, claims: dict[str, Any], issuer: str, audience: str, needed: Sequence[str]
    ) -> None:
        now = int(self.clock().timestamp())
        wanted = JWTClaimsRegistry(
            now=now,
            leeway=SKEW,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            sub={"essential": True},
            **dict.fromkeys(needed, NEEDED),
        )
        wanted.validate(claims)
        if claims["exp"] > now + LONGEST_LIFE.total_seconds() + SKEW:
            msg = "it holds too long"
            raise ValueError(msg)
        if not (0 < len(claims["sub"]) <= LONGEST_SUBJECT and claims["sub"].isprintable()):
            msg = "its subject is no name"
            raise ValueError(msg)


def _demand_header(found: CompactSignature, registry: _Pinned) -> tuple[str, str]:
    """Give key id and algorithm of a header that says nothing else of weight."""
    header = found.headers()
    if not set(header) <= HEADER:
        msg = "the header has more than an algorithm and a key id"
        raise ValueError(msg)
    registry.check_header(header)
    if str(header.get("typ", "")).lower() not in TYPES or not header.get("kid"):
        msg = "the header names another type, or no key"
        raise ValueError(msg)
    registry.get_alg(header["alg"])
    return header["kid"], header["alg"]


def _no_constant(word: str) -> None:
    msg = f"{word} is no JSON"
    raise ValueError(msg)


def _refused() -> Problem:
    # One sentence for every fault: whoever tries tokens learns nothing of which check he failed.
    return unknown_caller(
        "this token is not taken: forged, expired, not for this service, or of no known form"
    )
