"""An identity provider, as the operator pinned it: who signs tokens for whom, and what its words mean here.

Nothing about a provider is ever taken from a token: not its keys' address, not its algorithm, not its name.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from facegate.evaluation.toml_keys import Keys

ALGORITHMS: Final = ("EdDSA", "ES256", "RS256")
"""Signatures by a private key only: a shared secret would let whoever can check a token make one."""

BY_CLAIM: Final = frozenset({
    Role.SEARCHER, Role.REVIEWER, Role.SUPERVISOR, Role.ENROLLER, Role.AUDITOR, Role.MISUSE_OFFICER,
    Role.ADMINISTRATOR,
})  # fmt: skip
"""Roles that a provider may give; testers have keys, and the public needs none."""

NAME: Final = re.compile(r"[a-z][a-z0-9-]{0,29}")
HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
NAMES: Final = (
    "name", "issuer", "client_id", "client_secret_file", "audience", "algorithms", "roles_claim", "roles",
    "officer_claim", "agency_claim", "fresh_acr",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Provider:
    """One identity provider.

    Parameters
    ----------
    name : str
        What it is called in addresses here, such as ``agency``.
    issuer : str
        Its ``iss``, to the letter; its settings are fetched from there and nowhere else.
    client_id : str
        Who the service is to it.
    client_secret_file : Path or None
        File with the client's secret; None for a client without one (PKCE stands in).
    audience : str
        The ``aud`` of tokens that may be shown to the API.
    algorithms : tuple of str
        Of `ALGORITHMS`.
    roles_claim : str
        Which claim tells roles; a text or a list of texts.
    roles : mapping of str to Role
        What its words mean here; a word that is not there means nothing.
    officer_claim, agency_claim : str
        Which claims tell officer id and ORI; empty where none does.
    fresh_acr : tuple of str
        Values of ``acr`` that stand for a second factor; empty: ``auth_time`` alone tells a fresh login.
    """

    name: str
    issuer: str
    client_id: str
    client_secret_file: Path | None
    audience: str
    algorithms: tuple[str, ...]
    roles_claim: str
    roles: Mapping[str, Role] = field(hash=False)
    officer_claim: str = ""
    agency_claim: str = ""
    fresh_acr: tuple[str, ...] = ()


def read_provider(keys: Keys, folder: Path) -> Provider:
    """Read one ``[[oidc]]`` table.

    Parameters
    ----------
    keys : Keys
        The table.
    folder : Path
        What the path of the secret starts from.

    Raises
    ------
    InputError
        If a key is missing, not known, or of no use.
    """
    keys.only(NAMES)
    if not NAME.fullmatch(keys.text("name")):
        keys.refuse("name", f"is {keys.text('name')[:40]!r}, wanted small letters, digits and dashes")
    secret = keys.has("client_secret_file")
    return Provider(
        name=keys.text("name"),
        issuer=_issuer(keys),
        client_id=keys.text("client_id"),
        client_secret_file=folder / keys.text("client_secret_file") if secret else None,
        audience=keys.text("audience"),
        algorithms=_algorithms(keys),
        roles_claim=keys.text("roles_claim"),
        roles=_roles(keys.table("roles")),
        officer_claim=keys.text("officer_claim", ""),
        agency_claim=keys.text("agency_claim", ""),
        fresh_acr=keys.texts("fresh_acr", []),
    )


def is_safe_address(url: str) -> bool:
    """Say whether an address is HTTPS, or on this machine.

    Examples
    --------
    >>> is_safe_address("https://login.example/keys"), is_safe_address("http://login.example/keys")
    (True, False)
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    if not parts.hostname or parts.username or parts.fragment:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in HERE)


def _issuer(keys: Keys) -> str:
    value = keys.text("issuer")
    if not is_safe_address(value) or urlsplit(value).query:
        keys.refuse("issuer", f"is {value[:80]!r}, wanted an https:// address as the provider writes it")
    return value


def _algorithms(keys: Keys) -> tuple[str, ...]:
    values = keys.texts("algorithms", list(ALGORITHMS))
    if not values or not set(values) <= set(ALGORITHMS):
        keys.refuse("algorithms", f"is {', '.join(values)[:80]!r}, wanted some of {', '.join(ALGORITHMS)}")
    return values


def _roles(keys: Keys) -> dict[str, Role]:
    allowed = ", ".join(sorted(BY_CLAIM))
    found = {}
    for name in keys.names:
        value = keys.text(name)
        if value not in BY_CLAIM:
            keys.refuse(name, f"is {value[:40]!r}, wanted one of {allowed}")
        found[name] = Role(value)
    return found
