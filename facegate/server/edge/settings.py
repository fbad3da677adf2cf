"""What the edge lets in: sizes, times, rates and names, with their units.

Every number here is a limit against waste of the service, not a rule of law: those stand in the profile.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, TypedDict
from urllib.parse import urlsplit

from facegate.errors import InputError
from facegate.policy.forms import MOST_CANDIDATES
from facegate.server.edge.rates import ADDRESS_QUOTAS, POLICIES, QUOTAS, Quota
from facegate.server.test_port.limits import DEFAULT_LIMITS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.server.config import ServerConfig

MIB: Final = 1024 * 1024
MINUTE: Final = 60
KIB: Final = 1024
JSON_BODY: Final = MIB
"""Largest body that is no upload, a report that is sent to be verified included."""
LEAST_JSON: Final = 64 * KIB
"""Largest body of JSON where `JSON_BODIES` says nothing else."""
PHOTO_REQUEST: Final = 12 * MIB
"""A photo of 10 MB, the form around it, and the request in it."""


TESTS: Final = "/v1/tests"
AROUND: Final = 4 * MIB
"""What a form may add to the file in it."""


class FormLimits(TypedDict, total=False):
    """Limits of a form, as FastAPI takes them."""

    max_files: int
    max_fields: int
    max_part_size: int


UPLOADS: Final[Mapping[str, int]] = {
    "/v1/searches": PHOTO_REQUEST,
    "/v1/permits": PHOTO_REQUEST,
    "/v1/permit-requests": PHOTO_REQUEST,
    "/v1/dossiers": PHOTO_REQUEST,
    "/api/v1/recognition": PHOTO_REQUEST,
    "/v1/policies/explain": PHOTO_REQUEST,
    "/v1/enrollments": 64 * MIB,
    "/v1/benchmarks": 64 * MIB,
    "/enrollment": 64 * MIB,
    TESTS: DEFAULT_LIMITS.upload_bytes + AROUND,
    "/console": PHOTO_REQUEST,
    "/approvals/permits": PHOTO_REQUEST,
}
"""Largest body under a path, bytes; the longest path that fits counts."""

JSON_BODIES: Final[Mapping[str, int]] = {
    "/v1/reports/verify": JSON_BODY,
    "/v1/withdrawals": 512 * KIB,
    "/v1/searches": 256 * KIB,
    "/v1/dossiers": 256 * KIB,
    "/v1/policies/explain": 256 * KIB,
    "/v1/misuse": 256 * KIB,
}
"""Largest body of JSON under a path, where it is not `LEAST_JSON`: lists, and narratives in any script."""

FORM_LIMITS: Final[FormLimits] = {"max_files": 64, "max_fields": 64, "max_part_size": MIB}
"""Limits of multipart forms, for ``FastAPI(form_limits=...)``: files, other fields, bytes of a field.

How large a file may be follows from the limit of the whole body.
"""

LIST_FORM_LIMITS: Final[FormLimits] = {
    "max_files": 0,
    "max_fields": MOST_CANDIDATES + 8,
    "max_part_size": 1024,
}
"""Limits of a form that has one short field for every candidate of a list, of any length that laws know."""

CACHEABLE: Final = ("/log/", "/static/", "/.well-known/facegate.json")
"""Paths whose replies may be kept by a cache: they are public and the same for everybody."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSettings:
    """Limits of the edge.

    Parameters
    ----------
    base_url : str
        Where the service is reached from outside, ``https://host[:port]``. Trusted: it names the host that
        requests must name, and whether browsers are told to stay with TLS.
    more_hosts : tuple of str
        Further host names that requests may name, without port.
    body_bytes : int
        Largest body where `uploads` says nothing else.
    uploads : mapping of str to int
        Largest body under a path, bytes.
    large_bytes, large_at_once : int
        From which size on, bytes, a body is a large one, and how many of those are held at once.
    n_headers, header_bytes : int
        Most header fields, and most bytes of their names and values.
    target_bytes : int
        Longest path with query.
    body_s : float
        Seconds in which a whole body must be here, however large.
    body_grace_s : float
        Seconds a body has before its rate counts.
    body_rate : float
        Least bytes a second after that, averaged from the start.
    quotas : mapping of str to Quota
        Rate limits of an account, by the name of their policy.
    address_quotas : mapping of str to Quota
        Rate limits of an address from which nobody is known, by the name of their policy.
    """

    base_url: str = "http://127.0.0.1:8000"
    more_hosts: tuple[str, ...] = ()
    body_bytes: int = JSON_BODY
    uploads: Mapping[str, int] = field(default_factory=lambda: dict(UPLOADS))
    large_bytes: int = PHOTO_REQUEST
    large_at_once: int = 4
    n_headers: int = 100
    header_bytes: int = 16 * 1024
    target_bytes: int = 4096
    body_s: float = 120.0
    body_grace_s: float = 10.0
    body_rate: float = 4096.0
    quotas: Mapping[str, Quota] = field(default_factory=lambda: dict(QUOTAS))
    address_quotas: Mapping[str, Quota] = field(default_factory=lambda: dict(ADDRESS_QUOTAS))

    def __post_init__(self) -> None:
        parts = urlsplit(self.base_url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            msg = f"base_url is {self.base_url!r}; wanted http:// or https:// and a host name"
            raise InputError(msg)
        if missing := POLICIES - (set(self.quotas) & set(self.address_quotas)):
            msg = f"no rate limit is set for {', '.join(sorted(missing))}; every policy needs one"
            raise InputError(msg)

    @property
    def https(self) -> bool:
        """Whether the service is reached by TLS."""
        return urlsplit(self.base_url).scheme == "https"

    @property
    def hosts(self) -> frozenset[str]:
        """Host names that a request may name, in small letters, without port."""
        own = urlsplit(self.base_url).hostname or ""
        return frozenset({own, *(name.lower() for name in self.more_hosts)})

    def body_limit(self, path: str) -> int:
        """Give the largest body that a path takes, bytes.

        Examples
        --------
        >>> EdgeSettings().body_limit("/v1/searches")
        12582912
        >>> EdgeSettings().body_limit("/v1/searchesx")
        1048576
        """
        return _under(self.uploads, path, self.body_bytes)

    def json_limit(self, path: str) -> int:
        """Give the largest body of JSON that a path takes, bytes.

        Examples
        --------
        >>> EdgeSettings().json_limit("/v1/cases"), EdgeSettings().json_limit("/v1/reports/verify")
        (65536, 1048576)
        """
        return min(self.body_limit(path), _under(JSON_BODIES, path, LEAST_JSON))

    @property
    def largest_body(self) -> int:
        """Largest body that is taken anywhere, bytes."""
        return max(self.body_bytes, *self.uploads.values())


def _under(limits: Mapping[str, int], path: str, otherwise: int) -> int:
    """Give the limit of the longest path that fits."""
    fits = [prefix for prefix in limits if path == prefix or path.startswith(f"{prefix}/")]
    return limits[max(fits, key=len)] if fits else otherwise


def edge_settings(config: ServerConfig, *, more_hosts: tuple[str, ...] = ()) -> EdgeSettings:
    """Give the edge's limits as the operator set them.

    Parameters
    ----------
    config : ServerConfig
        Brings the address from outside and the rate limits, in requests a minute.
    more_hosts : tuple of str
        Further host names that requests may name.
    """
    limits = config.rate_limits
    address, account = limits.address_minute, limits.account_minute
    heavy = limits.heavy_minute
    at_account = {"search": heavy, "write": account, "read": account}
    at_address = {"search": address, "write": address, "read": address}
    both = {"login": limits.logins_minute, "public": address, "report": heavy}
    return EdgeSettings(
        base_url=config.base_url,
        more_hosts=more_hosts,
        uploads={**UPLOADS, TESTS: config.test_port.upload_bytes + AROUND},
        quotas=_by_minute({**at_account, **both}),
        address_quotas=_by_minute({**at_address, **both}),
    )


def _by_minute(requests: Mapping[str, int]) -> dict[str, Quota]:
    return {name: Quota(name, many, MINUTE) for name, many in requests.items()}
