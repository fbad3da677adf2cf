"""Tokens of a provider: every way in which one is not taken, and what the one that is taken says."""

from __future__ import annotations

import base64
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from fake_provider import CONFIG, EC, ED, ISSUER, RSA, FakeProvider, Key, signed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from identity_room import NOW, OFFICER, POLICE, Clock, Room, a_room, bearing
from joserfc.jwk import ECKey, OctKey, RSAKey

from facegate.server.identity.caller import By
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.server.identity.caller import Caller


@contextmanager
def _opened(folder: Path) -> Iterator[tuple[Room, FakeProvider]]:
    provider = FakeProvider(Clock())
    with a_room(folder, config=CONFIG, http=provider.client()) as room:
        provider.clock = room.clock
        yield room, provider


@pytest.fixture
def both(tmp_path: Path) -> Iterator[tuple[Room, FakeProvider]]:
    with _opened(tmp_path) as opened:
        yield opened


@pytest.fixture
def room(both: tuple[Room, FakeProvider]) -> Room:
    return both[0]


@pytest.fixture
def provider(both: tuple[Room, FakeProvider]) -> FakeProvider:
    return both[1]


def caller(room: Room, token: str) -> Caller:
    return room.identity.identify(bearing(token))


def refused(room: Room, token: str) -> Problem:
    with pytest.raises(Problem) as found:
        caller(room, token)
    return found.value


def raw(header: dict[str, Any], claims: dict[str, Any], signature: bytes = b"") -> str:
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(one).rstrip(b"=").decode() for one in parts)


@pytest.mark.parametrize(("key", "algorithm"), [(EC, "ES256"), (RSA, "RS256"), (ED, "EdDSA")])
def test_a_token_of_the_provider_is_taken(
    room: Room, provider: FakeProvider, key: Key, algorithm: str
) -> None:
    known = caller(room, provider.token(key, algorithm))
    assert (known.by, known.roles) == (By.TOKEN, frozenset({Role.AUDITOR, Role.PUBLIC}))


def test_whom_a_token_is_about_keeps_his_account(room: Room, provider: FakeProvider) -> None:
    first, again = caller(room, provider.token()), caller(room, provider.token())
    assert first.account == again.account
    assert caller(room, provider.token(sub="u-78")).account != first.account
    assert [one["act"] for one in room.records()] == ["made", "made"]
    assert room.sealed()[0]["by"] == "provider"


WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": int(NOW.timestamp()) - 61},
    "not yet": {"nbf": int(NOW.timestamp()) + 61},
    "another audience": {"aud": "somebody-else"},
    "audience of the pages": {"aud": "facegate-pages"},
    "no audience": {"aud": None},
    "empty audience": {"aud": []},
    "another issuer": {"iss": "https://evil.example"},
    "issuer with a slash": {"iss": ISSUER + "/"},
    "issuers": {"iss": [ISSUER]},
    "no issuer": {"iss": None},
    "no end": {"exp": None},
    "end of words": {"exp": "2099-01-01"},
    "end true": {"exp": True},
    "end in a thousand years": {"exp": 99_999_999_999},
    "no beginning": {"nbf": None},
    "no subject": {"sub": None},
    "empty subject": {"sub": ""},
    "subject a number": {"sub": 7},
    "subject with NUL": {"sub": "a\0b"},
    "endless subject": {"sub": "a" * 256},
    "issued tomorrow": {"iat": int(NOW.timestamp()) + 86_400},
}


@pytest.mark.parametrize("changes", WRONG.values(), ids=WRONG)
def test_a_claim_that_is_wrong_is_401(room: Room, provider: FakeProvider, changes: dict[str, Any]) -> None:
    problem = refused(room, provider.token(**changes))
    assert (problem.status, problem.kind) == (401, "not-signed-in")
    assert room.records() == []


HEADERS: dict[str, dict[str, Any]] = {
    "jku": {"jku": "https://evil.example/keys"},
    "x5u": {"x5u": "https://evil.example/cert"},
    "embedded key": {"jwk": EC.as_dict(private=False)},
    "certificates": {"x5c": ["AAAA"]},
    "crit": {"crit": ["kid"]},
    "crit b64": {"crit": ["b64"], "b64": False},
    "b64": {"b64": True},
    "nested": {"cty": "JWT"},
    "no key": {"kid": ""},
    "key of another": {"kid": "somebody"},
    "key of another kind": {"kid": "rsa"},
    "another type": {"typ": "logout+jwt"},
    "invented": {"x": 1},
}


@pytest.mark.parametrize("header", HEADERS.values(), ids=HEADERS)
def test_a_header_that_says_more_is_401(room: Room, provider: FakeProvider, header: dict[str, Any]) -> None:
    assert refused(room, provider.token(header=header)).status == 401
    assert not [path for path in provider.asked if path not in {"/.well-known/openid-configuration", "/keys"}]


def test_a_token_without_a_signature_is_401(room: Room, provider: FakeProvider) -> None:
    for name in ("none", "None", "NONE", ""):
        assert refused(room, raw({"alg": name, "kid": "ec"}, provider.claims())).status == 401
        assert refused(room, raw({"alg": name, "kid": "ec"}, provider.claims(), b"x")).status == 401


@pytest.mark.parametrize("public", [RSA.as_pem(private=False), EC.as_pem(private=False), b'{"keys":[]}'])
def test_a_public_key_is_no_shared_secret(room: Room, provider: FakeProvider, public: bytes) -> None:
    secret = OctKey.import_key(base64.urlsafe_b64encode(public))
    for kid in ("rsa", "ec"):
        forged = signed({"alg": "HS256", "kid": kid}, provider.claims(), secret)
        assert refused(room, forged).status == 401


def test_a_key_with_the_right_name_and_another_owner_is_401(room: Room, provider: FakeProvider) -> None:
    thief = ECKey.generate_key("P-256", {"kid": "ec"})
    assert refused(room, provider.token(thief)).status == 401


def test_a_key_serves_its_own_algorithm_only(room: Room, provider: FakeProvider) -> None:
    assert refused(room, provider.token(RSA, "PS256")).status == 401
    assert refused(room, provider.token(RSA, "RS512")).status == 401


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
def test_a_short_key_is_no_key(room: Room, provider: FakeProvider) -> None:
    weak = RSAKey.generate_key(1024, {"kid": "weak"})
    provider.keys = [weak]
    assert refused(room, provider.token(weak, "RS256")).status == 401


def test_a_provider_that_publishes_a_secret_has_no_key(room: Room, provider: FakeProvider) -> None:
    shared = OctKey.generate_key(256, {"kid": "shared"})
    provider.keys = [shared]
    assert refused(room, provider.token(shared, "HS256")).status == 401


def test_one_changed_letter_is_401(room: Room, provider: FakeProvider) -> None:
    token = provider.token()
    head, body, signature = token.split(".")
    other = "A" if body[10] != "A" else "B"
    assert refused(room, f"{head}.{body[:10]}{other}{body[11:]}.{signature}").status == 401


@pytest.mark.parametrize("token", ["x", "a.b", "a.b.c", "..", "a.b.c.d.e", "a" * 8_000, "e30.e30.e30"])
def test_what_is_no_token_is_401(room: Room, token: str) -> None:
    assert refused(room, token).status == 401


def test_an_unknown_key_is_asked_for_once_a_minute(room: Room, provider: FakeProvider) -> None:
    caller(room, provider.token())
    before = len(provider.asked)
    room.clock.go(seconds=61)
    for n in range(20):
        refused(room, provider.token(header={"kid": f"k{n}"}))
    assert len(provider.asked) == before + 2


def test_a_new_key_is_found_after_a_minute(room: Room, provider: FakeProvider) -> None:
    caller(room, provider.token())
    new = ECKey.generate_key("P-256", {"kid": "new"})
    provider.keys.append(new)
    room.clock.go(seconds=61)
    assert caller(room, provider.token(new)).known


def test_a_key_that_was_withdrawn_is_none_after_an_hour(room: Room, provider: FakeProvider) -> None:
    caller(room, provider.token())
    provider.keys = [RSA]
    room.clock.go(minutes=61)
    assert refused(room, provider.token()).status == 401


def test_without_the_provider_tokens_wait_and_keys_go_on(room: Room, provider: FakeProvider) -> None:
    provider.away = True
    problem = refused(room, provider.token())
    assert (problem.status, problem.kind) == (503, "provider-away")
    assert problem.headers["Retry-After"] == "60"
    secret = room.identity.keys.issue(room.searcher(), days=1, by="setup").secret
    assert caller(room, secret).by is By.KEY


def test_known_keys_hold_for_a_day_without_the_provider(room: Room, provider: FakeProvider) -> None:
    caller(room, provider.token())
    provider.away = True
    room.clock.go(hours=23)
    assert caller(room, provider.token()).known
    room.clock.go(hours=1)
    assert refused(room, provider.token()).status == 503


@pytest.mark.parametrize(
    "said",
    [{"issuer": "https://evil.example"}, {"jwks_uri": "https://evil.example/keys"}, {"jwks_uri": 7}],
)
def test_settings_of_another_host_are_not_followed(
    room: Room, provider: FakeProvider, said: dict[str, Any]
) -> None:
    provider.settings = said
    assert refused(room, provider.token()).status == 503
    assert provider.asked == ["/.well-known/openid-configuration"]


def test_a_fresh_login_is_one_with_two_factors_and_a_time(room: Room, provider: FakeProvider) -> None:
    at = int(NOW.timestamp()) - 60
    fresh = caller(room, provider.token()).fresh_at
    assert fresh is not None
    assert fresh.timestamp() == at
    assert caller(room, provider.token(acr="one-factor")).fresh_at is None
    assert caller(room, provider.token(acr=None)).fresh_at is None
    assert caller(room, provider.token(auth_time=None)).fresh_at is None
    assert caller(room, provider.token(auth_time=at + 86_400)).fresh_at is None
    assert caller(room, provider.token(auth_time="now")).fresh_at is None


def test_an_officer_of_a_token_is_in_the_register(room: Room, provider: FakeProvider) -> None:
    known = caller(room, provider.token(groups=["fr-searchers"], badge=OFFICER, ori=POLICE))
    assert (known.officer, known.agency) == (OFFICER, POLICE)
    problem = refused(room, provider.token(sub="u-1", groups=["fr-searchers"], badge="9999", ori=POLICE))
    assert problem.status == 403
    assert "no officer of that id" in problem.detail


@pytest.mark.parametrize("groups", [[], ["unknown"], None, 7, {"fr-audit": 1}, ["fr-audit"] * 501])
def test_a_token_without_a_role_here_is_403(room: Room, provider: FakeProvider, groups: object) -> None:
    assert refused(room, provider.token(groups=groups)).status == 403


def test_roles_that_must_not_meet_do_not_meet_in_a_token(room: Room, provider: FakeProvider) -> None:
    said: dict[str, Any] = {"groups": ["fr-audit", "fr-searchers"], "badge": OFFICER, "ori": POLICE}
    assert refused(room, provider.token(**said)).status == 403


def test_roles_change_with_the_provider_and_on_the_log(room: Room, provider: FakeProvider) -> None:
    caller(room, provider.token())
    changed: dict[str, Any] = {"groups": ["fr-reviewers"], "badge": OFFICER, "ori": POLICE}
    assert Role.REVIEWER in caller(room, provider.token(**changed)).roles
    assert [one["act"] for one in room.records()] == ["made", "person", "roles"]


def test_who_is_disabled_here_stays_so(room: Room, provider: FakeProvider) -> None:
    account = room.identity.accounts.demand(caller(room, provider.token()).account)
    room.identity.accounts.disable(account, by="setup")
    assert refused(room, provider.token()).status == 401


def test_a_providers_name_takes_no_name_that_is_taken(room: Room, provider: FakeProvider) -> None:
    room.make("auditor", Role.AUDITOR)
    names = [caller(room, provider.token(sub=one, preferred_username="Auditor")).name for one in ("a", "b")]
    assert all(name.startswith("agency-") for name in names)
    assert caller(room, provider.token(sub="c", preferred_username="kim@agency.example")).name.startswith(
        "kim"
    )


@given(st.text(st.sampled_from("ab.-_=~eyJ0"), max_size=80))
@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_shown_as_a_token_is_401(room: Room, token: str) -> None:
    assert refused(room, token or "x").status == 401
