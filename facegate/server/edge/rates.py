"""Rate limits: token buckets by account or address, told as draft-ietf-httpapi-ratelimit-headers-11 says.

- A policy has a quota of q requests in w seconds. Tokens come back evenly, q / w each second, up to q.
- Header fields, from the draft, number **11** (drafts move): ``RateLimit-Policy: "search";q=30;w=60`` and
  ``RateLimit: "search";r=29;t=2``. r: what is left; t: seconds until more is there, left out when nothing is
  missing. Both are lists of strings with parameters (RFC 9651).
- Memory is bounded. A bucket that is full again says nothing and is dropped. When all places are taken by
  buckets that are not full, whoever is new shares one: a flood from many addresses shuts out strangers, and
  never hands anybody a fresh quota.
"""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from dataclasses import dataclass
from math import ceil
from threading import Lock
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_BUCKETS: Final = 20_000
IPV6_SITE: Final = 64
"""Bits of an IPv6 address that are one subscriber's: whoever has one address has 2**64 of them."""
STRANGERS: Final = "strangers"
"""Key of the bucket that is shared when all places are taken; no address and no account id."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A named policy.

    Parameters
    ----------
    name : str
        Such as ``search``; letters and ``-``.
    requests : int
        How many in a window; at least 1.
    window_s : int
        Length of the window, seconds; at least 1.
    """

    name: str
    requests: int
    window_s: int

    def __post_init__(self) -> None:
        if not self.name.replace("-", "").isalpha() or not self.name.isascii():
            msg = f"a rate limit is named {self.name!r}; wanted letters and hyphens"
            raise InputError(msg)
        if self.requests < 1 or self.window_s < 1:
            msg = f"rate limit {self.name} is {self.requests} in {self.window_s} s; wanted at least 1 in 1 s"
            raise InputError(msg)

    def header(self) -> str:
        """Give its ``RateLimit-Policy`` item.

        Examples
        --------
        >>> Quota("search", 30, 60).header()
        '"search";q=30;w=60'
        """
        return f'"{self.name}";q={self.requests};w={self.window_s}'


POLICIES: Final = frozenset({"search", "report", "write", "read", "login", "public"})
_REQUESTS: Final = {"search": 30, "report": 30, "write": 300, "read": 300, "login": 20, "public": 600}
QUOTAS: Final = {name: Quota(name, many, 60) for name, many in _REQUESTS.items()}
"""What an account has where the operator sets nothing. The law's own caps on searches are counted by the
gate."""
_FEW: Final = {"login": 20, "report": 30}
ADDRESS_QUOTAS: Final = {name: Quota(name, _FEW.get(name, 600), 60) for name in sorted(POLICIES)}
"""What an address has, from which nobody is known."""

_LOGIN: Final = ("/sign-in", "/confirm", "/login/", "/v1/account/", "/oversight/verify")
"""Ways to prove oneself, and what anybody may have computed: few attempts, each address by itself."""
_REPORTS: Final = ("/v1/reports/", "/oversight/reports/")
"""What makes a report, or makes it again to verify it: anybody may, and each reads the whole log."""
_CASE_FILES: Final = ("/case-files", "/case-file")
"""What makes a case file, at the interface and on the page: it, too, reads the whole log."""
_PUBLIC: Final = ("/log/", "/static/", "/.well-known/", "/livez", "/readyz")
_SEARCHES: Final = frozenset({
    "/v1/searches", "/v1/dossiers", "/v1/policies/explain", "/console", "/console/check", "/console/photo",
    "/api/v1/recognition/recognize", "/v1/permit-requests", "/console/asked", "/v1/permits",
})  # fmt: skip
_SEARCHES_UNDER: Final = ("/approvals/permits/law/", "/approvals/asked/", "/console/asked/")
"""Pages that take a photo, or open the one that was handed in."""
_READING: Final = frozenset({"GET", "HEAD", "OPTIONS"})


def policy_of(method: str, path: str) -> str:
    """Say which policy counts a request.

    Examples
    --------
    >>> policy_of("POST", "/v1/searches"), policy_of("GET", "/v1/searches"), policy_of("GET", "/livez")
    ('search', 'read', 'public')
    """
    if path.startswith(_LOGIN) and method not in _READING:
        return "login"
    if path.startswith(_REPORTS):
        return "report"
    if path.endswith(_CASE_FILES) and method not in _READING:
        return "report"
    if method in _READING:
        return "public" if path.startswith(_PUBLIC) else "read"
    return "search" if path in _SEARCHES or path.startswith(_SEARCHES_UNDER) else "write"


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands with a policy after a request.

    Parameters
    ----------
    quota : Quota
        The policy.
    allowed : bool
        Whether this request is within it.
    left : int
        Requests left now.
    more_in_s : int
        Seconds until one more is there; 0 if nothing is missing.
    """

    quota: Quota
    allowed: bool
    left: int
    more_in_s: int

    def header(self) -> str:
        """Give its ``RateLimit`` item.

        Examples
        --------
        >>> Standing(Quota("search", 30, 60), True, 29, 2).header()
        '"search";r=29;t=2'
        """
        when = f";t={self.more_in_s}" if self.more_in_s else ""
        return f'"{self.quota.name}";r={self.left}{when}'


class Buckets:
    """Token buckets of one policy, by key.

    Parameters
    ----------
    quota : Quota
        The policy.
    clock : callable
        Seconds, never going back; such as `time.monotonic`.
    most : int
        Most keys that are told apart.
    """

    __slots__ = ("_clock", "_held", "_lock", "_most", "quota")

    def __init__(self, quota: Quota, clock: Callable[[], float], *, most: int = MOST_BUCKETS) -> None:
        self.quota = quota
        self._clock = clock
        self._most = most
        self._held: OrderedDict[str, tuple[float, float]] = (
            OrderedDict()
        )  # key: tokens, and when; oldest first
        self._lock = Lock()  # accounts are counted from the thread pool

    def __len__(self) -> int:
        return len(self._held)

    def take(self, key: str) -> Standing:
        """Take one request from a key's bucket, if one is there."""
        with self._lock:
            now = self._clock()
            place = self._place(key, now)
            tokens = self._tokens(place, now)
            allowed = tokens >= 1
            return self._kept(place, tokens - 1 if allowed else tokens, now, allowed=allowed)

    def give_back(self, key: str) -> None:
        """Give back what a request took: it turned out to be counted elsewhere."""
        with self._lock:
            now = self._clock()
            place = key if key in self._held else STRANGERS
            if place in self._held:
                tokens = min(self._tokens(place, now) + 1, float(self.quota.requests))
                self._kept(place, tokens, now, allowed=True)

    def _place(self, key: str, now: float) -> str:
        """Say under which key somebody is counted; drop buckets that are full again."""
        if key in self._held:
            return key
        while self._held:
            oldest, (_, at) = next(iter(self._held.items()))
            if now - at < self.quota.window_s:  # a whole window untouched: full, whatever it was
                break
            del self._held[oldest]
        return key if len(self._held) < self._most else STRANGERS

    def _tokens(self, key: str, now: float) -> float:
        full = float(self.quota.requests)
        tokens, at = self._held.get(key, (full, now))
        return min(full, tokens + (now - at) * full / self.quota.window_s)

    def _kept(self, key: str, tokens: float, now: float, *, allowed: bool) -> Standing:
        self._held[key] = (tokens, now)
        self._held.move_to_end(key)
        missing = self.quota.requests - tokens
        to_next = (int(tokens) + 1 - tokens) * self.quota.window_s / self.quota.requests
        return Standing(self.quota, allowed, int(tokens), max(1, ceil(to_next)) if missing > 0 else 0)


def address_key(host: str) -> str:
    """Give the key under which an address is counted: itself, or its IPv6 site.

    Examples
    --------
    >>> address_key("192.0.2.7"), address_key("2001:db8::7"), address_key("::ffff:192.0.2.7")
    ('192.0.2.7', '2001:db8::/64', '192.0.2.7')
    """
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return "nowhere"  # a proxy's word that is no address: all of them are one
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
