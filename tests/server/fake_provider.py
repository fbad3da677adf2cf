"""An identity provider: publishes keys, signs tokens, and exchanges codes as OpenID Connect says."""

from __future__ import annotations

import base64
import hashlib
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import httpx
from joserfc import jwt
from joserfc.errors import SecurityWarning
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from joserfc.jws import JWSRegistry

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

Key = ECKey | OctKey | OKPKey | RSAKey
ISSUER = "https://login.example"
AUDIENCE, CLIENT = "facegate-api", "facegate-pages"
EC, RSA, ED = (
    ECKey.generate_key("P-256", {"kid": "ec"}),
    RSAKey.generate_key(2048, {"kid": "rsa"}),
    OKPKey.generate_key("Ed25519", {"kid": "ed"}),
)
CONFIG = f"""
base_url = "https://faces.example"
[[oidc]]
name = "agency"
issuer = "{ISSUER}"
client_id = "{CLIENT}"
audience = "{AUDIENCE}"
algorithms = ["ES256", "RS256", "EdDSA"]
roles_claim = "groups"
officer_claim = "badge"
agency_claim = "ori"
fresh_acr = ["two-factors"]
[oidc.roles]
fr-searchers = "searcher"
fr-reviewers = "reviewer"
fr-audit = "auditor"
"""


@dataclass
class FakeProvider:
    """The provider; `away` and `keys` are changed by tests.

    Attributes
    ----------
    asked : list of str
        Paths that were asked for.
    codes : dict
        By code: challenge, nonce and claims, as its login page had them.
    """

    clock: Callable[[], datetime]
    issuer: str = ISSUER
    keys: list[Key] = field(default_factory=lambda: [EC, RSA, ED])
    away: bool = False
    settings: dict[str, Any] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    codes: dict[str, tuple[str, str, dict[str, Any]]] = field(default_factory=dict)

    def client(self) -> httpx.Client:
        return httpx.Client(transport=httpx.MockTransport(self.answer))

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Answer as over the network."""
        self.asked.append(request.url.path)
        if self.away:
            msg = "connection refused"
            raise httpx.ConnectError(msg)
        if request.url.path == "/.well-known/openid-configuration":
            return httpx.Response(200, json=self._settings())
        if request.url.path == "/keys":
            return httpx.Response(200, json={"keys": [one.as_dict(private=False) for one in self.keys]})
        return self.exchange(request.content.decode())

    def exchange(self, body: str) -> httpx.Response:
        """Give an id token for a code, once, to whoever has the verifier (RFC 7636, section 4.6)."""
        form = {name: values[0] for name, values in parse_qs(body).items()}
        challenge, nonce, claims = self.codes.pop(form.get("code", ""), ("", "", {}))
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        if base64.urlsafe_b64encode(digest).rstrip(b"=").decode() != challenge:
            return httpx.Response(400, json={"error": "invalid_grant"})
        token = self.token(**{"aud": CLIENT, "nonce": nonce, "nbf": None, **claims})
        return httpx.Response(200, json={"access_token": "x", "token_type": "Bearer", "id_token": token})

    def log_in_at(self, url: str, code: str = "code-1", **claims: Any) -> str:  # noqa: ANN401  any claim
        """Log somebody in on the provider's page, and give the state that goes back."""
        asked = {name: values[0] for name, values in parse_qs(httpx.URL(url).query.decode()).items()}
        assert asked["code_challenge_method"] == "S256"
        self.codes[code] = (asked["code_challenge"], asked["nonce"], claims)
        return asked["state"]

    def claims(self, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any claim
        now = int(self.clock().timestamp())
        whole = {
            "iss": self.issuer, "aud": AUDIENCE, "sub": "u-77", "exp": now + 300, "nbf": now, "iat": now,
            "groups": ["fr-audit"], "auth_time": now - 60, "acr": "two-factors",
        }  # fmt: skip
        return {name: value for name, value in {**whole, **changes}.items() if value is not None}

    def token(
        self,
        key: Key = EC,
        algorithm: str = "ES256",
        header: dict[str, Any] | None = None,
        **changes: Any,  # noqa: ANN401  any claim
    ) -> str:
        """Sign a token; a claim of None is left out."""
        head = {"alg": algorithm, "kid": key.kid, **(header or {})}
        return signed(head, self.claims(**changes), key)

    def _settings(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "jwks_uri": f"{self.issuer}/keys",
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            **self.settings,
        }


def signed(header: dict[str, Any], claims: dict[str, Any], key: Key) -> str:
    """Sign whatever is asked for, also what nobody should."""
    registry = JWSRegistry(algorithms=[header["alg"]], strict_check_header=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SecurityWarning)
        return jwt.encode(header, claims, key, registry=registry)
