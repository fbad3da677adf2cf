"""What the operator sets for the service: ``HOME/server.toml``, read strictly.

::

    host = "127.0.0.1"
    port = 8443
    base_url = "https://faces.agency.example"   # what browsers see; cookies and origins are checked by it
    database = "postgresql://facegate@/facegate?host=/run/postgresql"
    tls_certificate = "tls/service.pem"         # paths are from HOME
    tls_key = "tls/service.key"
    trusted_proxies = ["10.0.0.5"]              # whose X-Forwarded-For is believed
    session_minutes = 15                        # without a request
    session_hours = 10                          # in all
    job_days = 90                               # how long it is told what became of long work
    witness_policy = "witnesses.policy"         # C2SP tlog-policy: who is asked to cosign what is published

    [rate_limits]
    address_minute = 600

    [test_port]                                 # see `facegate.server.test_port.limits`
    photos = 2000                               # most photos, or vectors, of one test
    upload_bytes = 62914560
    runs_per_day = 10                           # of one key
    days_kept = 7                               # then results are deleted

    [[oidc]]                                    # see `facegate.server.identity.provider`
    name = "agency"
    issuer = "https://login.agency.example"
    client_id = "facegate"
    client_secret_file = "keys/oidc-secret"
    audience = "facegate"
    algorithms = ["ES256"]
    roles_claim = "groups"
    [oidc.roles]
    "fr-searchers" = "searcher"

A key that is not known is refused: a misspelled limit would be none. Without the file the service answers on
this machine alone.
"""

from __future__ import annotations

import ipaddress
import tomllib
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from facegate.errors import InputError
from facegate.evaluation.toml_keys import Keys
from facegate.server.database.connect import default_url
from facegate.server.identity.provider import Provider, read_provider
from facegate.server.test_port.limits import DEFAULT_LIMITS, MEBIBYTE, PortLimits

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.home import Home

HERE: Final = frozenset({"127.0.0.1", "localhost", "::1"})
MOST: Final = 1_000_000
MOST_PORT: Final = 65_535
MOST_OF_TESTS: Final = {
    "photos": 20_000, "score_rows": 50_000_000, "upload_bytes": 2**31, "photo_bytes": 10 * MEBIBYTE,
    "unpacked_bytes": 2**32, "ratio": 1_000, "labels_bytes": 64 * MEBIBYTE, "runs_per_day": 10_000,
    "running_each": 100, "running_all": 100, "days_kept": 3_650,
}  # fmt: skip
"""What the operator can raise each limit of the test port to; a photo is never larger than a probe may be."""
FILE: Final = "server.toml"


@dataclass(frozen=True, slots=True)
class RateLimits:
    """Requests that are answered; beyond, 429. The gate's own caps come on top (`facegate.gate.limits`).

    Parameters
    ----------
    address_minute : int
        Of one address, a minute.
    account_minute : int
        Of one account, a minute.
    heavy_minute : int
        Of one account, a minute, that carry a photo or start long work; also reports made or verified, of one
        account or of one address from which nobody is known.
    logins_minute : int
        Attempts to sign in, of one address, a minute.
    """

    address_minute: int = 600
    account_minute: int = 300
    heavy_minute: int = 30
    logins_minute: int = 20


@dataclass(frozen=True, slots=True)
class ServerConfig:
    """Settings of the service.

    Parameters
    ----------
    host, port : str, int
        Where it listens.
    base_url : str
        What browsers and clients see, no slash at the end.
    database : str
        Address of the service's database, see `facegate.server.database.connect.open_database`.
    tls_certificate, tls_key : Path or None
        PEM files; None where a proxy in front speaks TLS.
    trusted_proxies : tuple of str
        Addresses or networks whose ``X-Forwarded-For`` and ``X-Forwarded-Proto`` are believed.
    session_idle, session_longest : timedelta
        After which a session ends: without a request, and in all.
    providers : tuple of Provider
        Who may sign people in, see `facegate.server.identity.provider`.
    rate_limits : RateLimits
        How much is answered.
    test_port : PortLimits
        What one test of the independent test port may cost.
    jobs_kept : timedelta
        How long a job is kept once it has ended.
    witness_policy : Path or None
        Policy file that names the witnesses to be asked; None if nobody is.
    """

    host: str
    port: int
    base_url: str
    database: str
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    trusted_proxies: tuple[str, ...] = ()
    session_idle: timedelta = timedelta(minutes=15)
    session_longest: timedelta = timedelta(hours=10)
    providers: tuple[Provider, ...] = ()
    rate_limits: RateLimits = RateLimits()
    test_port: PortLimits = DEFAULT_LIMITS
    jobs_kept: timedelta = timedelta(days=90)
    witness_policy: Path | None = None

    @property
    def origin(self) -> str:
        """Scheme, host and port of `base_url`, as a browser writes them in ``Origin`` (RFC 6454)."""
        return self.base_url

    @property
    def over_tls(self) -> bool:
        """Whether browsers reach it by HTTPS."""
        return self.base_url.startswith("https://")


NAMES: Final = (
    "host", "port", "base_url", "database", "tls_certificate", "tls_key", "trusted_proxies",
    "session_minutes", "session_hours", "rate_limits", "oidc", "test_port", "witness_policy", "job_days",
)  # fmt: skip


def read_config(home: Home) -> ServerConfig:
    """Read the settings of an agency's folder.

    Parameters
    ----------
    home : Home
        The folder; ``server.toml`` may be absent. Where its database is, it knows itself: the environment
        comes before the file.

    Raises
    ------
    InputError
        If the file cannot be read, is no TOML, or holds a key or value that is not wanted.
    """
    path = home.folder / FILE
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        text = ""
    except (OSError, UnicodeDecodeError) as error:
        msg = f"cannot read {path.name}: {error}"
        raise InputError(msg) from error
    return parse_config(text, home.folder, database=home.database)


def parse_config(text: str, folder: Path, *, database: str = "") -> ServerConfig:
    """Read settings from TOML text.

    Parameters
    ----------
    text : str
        As in the module's docstring.
    folder : Path
        What paths in it start from.
    database : str
        Address of the database in the place of the file's; empty if none is.

    Raises
    ------
    InputError
        If it is no TOML, or holds a key or value that is not wanted.
    """
    try:
        keys = Keys(tomllib.loads(text), FILE, "")
    except tomllib.TOMLDecodeError as error:
        msg = f"{FILE} is no TOML: {error}"
        raise InputError(msg) from error
    keys.only(NAMES)
    port = _count(keys, "port", 8443, most=MOST_PORT)
    config = ServerConfig(
        host=keys.text("host", "127.0.0.1"),
        port=port,
        base_url=_base_url(keys, f"http://127.0.0.1:{port}"),
        database=database or keys.text("database", default_url(folder)),
        tls_certificate=folder / keys.text("tls_certificate") if keys.has("tls_certificate") else None,
        tls_key=folder / keys.text("tls_key") if keys.has("tls_key") else None,
        trusted_proxies=_proxies(keys),
        session_idle=timedelta(minutes=_count(keys, "session_minutes", 15, most=240)),
        session_longest=timedelta(hours=_count(keys, "session_hours", 10, most=24)),
        providers=_providers(keys, folder),
        rate_limits=_rate_limits(keys),
        test_port=_test_port(keys),
        jobs_kept=timedelta(days=_count(keys, "job_days", 90, most=3_650)),
        witness_policy=folder / keys.text("witness_policy") if keys.has("witness_policy") else None,
    )
    _demand_safe(keys, config)
    return config


def _demand_safe(keys: Keys, config: ServerConfig) -> None:
    """Refuse settings under which keys and photos would cross a network in the clear."""
    if (config.tls_certificate is None) != (config.tls_key is None):
        keys.refuse("tls_certificate", "and tls_key belong together; wanted both or neither")
    if config.tls_certificate is not None and not config.over_tls:
        keys.refuse("base_url", f"is {config.base_url!r}, wanted https:// where there is a certificate")
    if config.host not in HERE and config.tls_certificate is None and not config.trusted_proxies:
        wanted = "a certificate, or trusted_proxies that speak TLS in front"
        keys.refuse("host", f"is {config.host!r}, reached from other machines without TLS; wanted {wanted}")


def _base_url(keys: Keys, default: str) -> str:
    value = keys.text("base_url", default).rstrip("/")
    try:
        parts = urlsplit(value)
        bare = f"{parts.scheme}://{parts.netloc}" == value and parts.hostname and not parts.username
        port = parts.port
    except ValueError:
        bare, parts, port = None, urlsplit(""), None
    if not bare or parts.scheme not in {"http", "https"} or value != value.lower():
        keys.refuse("base_url", f"is {value[:80]!r}, wanted https:// and a host in small letters, no path")
    if parts.scheme == "http" and parts.hostname not in HERE:
        keys.refuse("base_url", f"is {value[:80]!r}, wanted https:// for any host but this machine")
    if port == {"http": 80, "https": 443}[parts.scheme]:
        keys.refuse("base_url", f"is {value[:80]!r}, wanted it without the port that browsers leave out")
    return value


def _proxies(keys: Keys) -> tuple[str, ...]:
    values = keys.texts("trusted_proxies", [])
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            keys.refuse("trusted_proxies", f"has {value[:40]!r}, wanted addresses or networks")
    return values


def _count(keys: Keys, name: str, default: int, *, most: int) -> int:
    value = keys.count(name, least=1, default=default)
    if value > most:
        keys.refuse(name, f"is {value}, wanted a whole number from 1 to {most:,}")
    return value


def _rate_limits(keys: Keys) -> RateLimits:
    table = keys.table("rate_limits", {})
    names = [one.name for one in fields(RateLimits)]
    table.only(names)
    return RateLimits(**{name: _count(table, name, 1, most=MOST) for name in names if table.has(name)})


def _test_port(keys: Keys) -> PortLimits:
    table = keys.table("test_port", {})
    names = [one.name for one in fields(PortLimits)]
    table.only(names)
    return PortLimits(
        **{name: _count(table, name, 1, most=MOST_OF_TESTS[name]) for name in names if table.has(name)}
    )


def _providers(keys: Keys, folder: Path) -> tuple[Provider, ...]:
    if not keys.has("oidc"):
        return ()
    found = tuple(read_provider(one, folder) for one in keys.tables("oidc"))
    for what in ("name", "issuer"):
        if len({getattr(one, what) for one in found}) != len(found):
            keys.refuse("oidc", f"has two providers of the same {what}; wanted one each")
    return found
