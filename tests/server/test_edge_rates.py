"""Rate limits: quotas, their headers, and bounded memory."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.server.edge.rates import STRANGERS, Buckets, Quota, address_key, policy_of


class Ticking:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_a_quota_lets_through_what_it_says_and_no_more() -> None:
    buckets = Buckets(Quota("search", 3, 60), Ticking())
    assert [buckets.take("a").allowed for _ in range(5)] == [True, True, True, False, False]


def test_one_key_does_not_use_up_anothers_quota() -> None:
    buckets = Buckets(Quota("search", 1, 60), Ticking())
    buckets.take("a")
    assert buckets.take("b").allowed
    assert not buckets.take("a").allowed


def test_tokens_come_back_evenly() -> None:
    clock = Ticking()
    buckets = Buckets(Quota("search", 30, 60), clock)
    for _ in range(30):
        buckets.take("a")
    clock.now += 1.9
    assert not buckets.take("a").allowed
    clock.now += 0.2
    assert buckets.take("a").allowed


def test_after_a_refusal_waiting_as_long_as_told_is_enough() -> None:
    clock = Ticking()
    buckets = Buckets(Quota("login", 7, 60), clock)
    refused = [buckets.take("a") for _ in range(8)][-1]
    assert not refused.allowed
    clock.now += refused.more_in_s
    assert buckets.take("a").allowed


def test_the_header_says_what_is_left_and_when_more_comes() -> None:
    standing = Buckets(Quota("search", 30, 60), Ticking()).take("a")
    assert standing.header() == '"search";r=29;t=2'
    assert standing.quota.header() == '"search";q=30;w=60'


def test_what_is_given_back_can_be_taken_again() -> None:
    buckets = Buckets(Quota("read", 1, 60), Ticking())
    buckets.take("a")
    buckets.give_back("a")
    assert buckets.take("a").allowed


def test_giving_back_makes_no_more_than_the_quota() -> None:
    buckets = Buckets(Quota("read", 2, 60), Ticking())
    buckets.take("a")
    for _ in range(5):
        buckets.give_back("a")
    assert [buckets.take("a").allowed for _ in range(3)] == [True, True, False]


def test_memory_is_bounded_under_many_addresses() -> None:
    buckets = Buckets(Quota("public", 5, 60), Ticking(), most=100)
    for number in range(10_000):
        buckets.take(f"10.{number >> 8}.{number & 255}.1")
    assert len(buckets) == 101


def test_a_flood_of_addresses_gives_nobody_a_fresh_quota() -> None:
    buckets = Buckets(Quota("public", 2, 60), Ticking(), most=10)
    buckets.take("a")
    buckets.take("a")
    for number in range(1000):
        buckets.take(f"x{number}")
    assert not buckets.take("a").allowed


def test_when_all_places_are_taken_strangers_share_one_quota() -> None:
    buckets = Buckets(Quota("public", 2, 60), Ticking(), most=1)
    buckets.take("a")
    assert [buckets.take(f"new{number}").allowed for number in range(3)] == [True, True, False]
    assert STRANGERS not in {address_key("192.0.2.1"), address_key("nonsense")}


def test_places_are_free_again_after_a_window() -> None:
    clock = Ticking()
    buckets = Buckets(Quota("public", 2, 60), clock, most=3)
    for key in "abc":
        buckets.take(key)
    clock.now += 60
    buckets.take("d")
    assert len(buckets) == 1


@given(st.lists(st.floats(0, 5), max_size=60))
@settings(deadline=None, max_examples=60)
def test_in_no_window_more_than_twice_the_quota_is_let_through(pauses: list[float]) -> None:
    clock, through = Ticking(), []
    buckets = Buckets(Quota("write", 4, 10), clock)
    for pause in pauses:
        clock.now += pause
        if buckets.take("a").allowed:
            through.append(clock.now)
    assert all(sum(start <= at < start + 10 for at in through) <= 8 for start in through)


@pytest.mark.parametrize(("requests", "window"), [(0, 60), (1, 0), (-1, 60)])
def test_a_quota_of_nothing_is_refused(requests: int, window: int) -> None:
    with pytest.raises(InputError, match="wanted at least 1"):
        Quota("read", requests, window)


@pytest.mark.parametrize("name", ["", 'a"b', "a b", "é"])
def test_a_name_that_would_break_the_header_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="letters and hyphens"):
        Quota(name, 1, 1)


@pytest.mark.parametrize(
    ("method", "path", "policy"),
    [
        ("POST", "/v1/searches", "search"),
        ("POST", "/api/v1/recognition/recognize", "search"),
        ("POST", "/v1/cases", "write"),
        ("DELETE", "/v1/accounts/x", "write"),
        ("GET", "/v1/searches/x", "read"),
        ("POST", "/v1/reports/verify", "report"),
        ("GET", "/v1/reports/searches", "report"),
        ("GET", "/oversight/reports/searches/file.csv", "report"),
        ("GET", "/v1/reports", "read"),
        ("POST", "/v1/cases/12/case-files", "report"),
        ("POST", "/cases/12/case-file", "report"),
        ("GET", "/log/tile/case-file", "public"),
        ("POST", "/login/agency", "login"),
        ("GET", "/log/checkpoint", "public"),
        ("POST", "/log/checkpoint", "write"),
        ("BREW", "/v1/searches", "search"),
    ],
)
def test_every_request_has_its_policy(method: str, path: str, policy: str) -> None:
    assert policy_of(method, path) == policy


def test_an_ipv6_site_is_one_address() -> None:
    assert address_key("2001:db8:1:2::1") == address_key("2001:db8:1:2:ffff::9")
    assert address_key("2001:db8:1:2::1") != address_key("2001:db8:1:3::1")


def test_what_is_no_address_is_counted_together() -> None:
    assert address_key("unknown") == address_key("'; drop") == "nowhere"
