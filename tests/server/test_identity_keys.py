"""API keys: what opens, what does not, and what is left behind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_room import BOTH_DATABASES, Room, a_room, asking, bearing

from facegate.errors import InputError
from facegate.server.database.tables import api_keys
from facegate.server.identity.caller import NOBODY, By
from facegate.server.identity.credentials import shown
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.server.identity.account import Account


@pytest.fixture(params=BOTH_DATABASES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("keys"), postgres=request.param == "PostgreSQL") as made:
        yield made


def issued(room: Room, account: Account, days: int = 30) -> str:
    return room.identity.keys.issue(account, days=days, by="setup").secret


def test_a_key_opens_what_its_account_may(room: Room) -> None:
    account = room.searcher()
    caller = room.identity.identify(bearing(issued(room, account)))
    assert (caller.account, caller.by, caller.officer) == (account.id, By.KEY, "8841")
    assert Role.SEARCHER in caller.roles


def test_a_key_is_taken_from_the_other_header_too(room: Room) -> None:
    secret = issued(room, room.searcher())
    assert room.identity.identify(asking(("X-Api-Key", secret))).known


def test_a_key_is_never_fresh_so_it_approves_nothing(room: Room) -> None:
    assert room.identity.identify(bearing(issued(room, room.searcher()))).fresh_at is None


def test_nothing_shown_is_the_public(room: Room) -> None:
    assert room.identity.identify(asking()) == NOBODY


def test_the_secret_is_nowhere_in_the_database(room: Room) -> None:
    secret = issued(room, room.searcher())
    with room.engine.connect() as connection:
        row = connection.execute(sa.select(api_keys)).one()
    assert secret.startswith(row.starts)
    assert secret[12:] not in repr(row)
    assert len(row.mark) == 64


def test_a_revoked_key_opens_nothing_at_once(room: Room) -> None:
    account = room.searcher()
    made = room.identity.keys.issue(account, days=30, by="setup")
    room.identity.keys.revoke(account, made.key.id, by="setup")
    with pytest.raises(Problem, match="revoked") as found:
        room.identity.identify(bearing(made.secret))
    assert found.value.status == 401


def test_a_key_ends_on_its_day(room: Room) -> None:
    secret = issued(room, room.searcher(), days=1)
    room.clock.go(hours=23, minutes=59)
    assert room.identity.identify(bearing(secret)).known
    room.clock.go(minutes=1)
    with pytest.raises(Problem, match="expired"):
        room.identity.identify(bearing(secret))


def test_a_disabled_account_has_no_key_and_gets_none_back(room: Room) -> None:
    account = room.searcher()
    secret = issued(room, account)
    disabled = room.identity.accounts.disable(account, by="setup")
    room.identity.accounts.enable(disabled, by="setup")
    with pytest.raises(Problem, match="opens nothing"):
        room.identity.identify(bearing(secret))


def test_the_last_use_is_kept_to_the_minute(room: Room) -> None:
    account = room.searcher()
    secret = issued(room, account)
    room.identity.identify(bearing(secret))
    first = room.clock.now
    room.clock.go(seconds=30)
    room.identity.identify(bearing(secret))
    assert room.identity.keys.of(account.id)[0].last_used == first


def test_a_testers_key_looks_otherwise(room: Room) -> None:
    tester = room.make("tester", Role.TESTER)
    secret = issued(room, tester)
    assert secret.startswith("fg_test_")
    assert room.identity.identify(bearing(secret)).roles == {Role.TESTER, Role.PUBLIC}


@pytest.mark.parametrize(
    "spoil", [lambda key: key[:-1], lambda key: key + "A", lambda key: key[:-1] + "\x7f"]
)
def test_a_key_that_is_not_whole_is_401(room: Room, spoil: Callable[[str], str]) -> None:
    secret = issued(room, room.searcher())
    with pytest.raises(Problem) as found:
        room.identity.identify(asking(("X-Api-Key", spoil(secret))))
    assert found.value.status == 401
    assert found.value.headers["WWW-Authenticate"].startswith("Bearer")


def test_failed_keys_are_counted(room: Room) -> None:
    with pytest.raises(Problem):
        room.identity.identify(bearing("fg_live_" + "a" * 43))
    assert room.identity.signing_in.failures["key"] == 1


@pytest.mark.parametrize("days", [0, -1, 367])
def test_a_key_holds_for_a_year_at_most(room: Room, days: int) -> None:
    with pytest.raises(InputError, match="wanted 1 to 366"):
        room.identity.keys.issue(room.searcher(), days=days, by="setup")


def test_no_account_hoards_keys(room: Room) -> None:
    account = room.searcher()
    for _ in range(20):
        issued(room, account)
    with pytest.raises(InputError, match="20 keys in force"):
        issued(room, account)


def test_every_key_is_a_record_that_names_nobody(room: Room) -> None:
    account = room.searcher()
    made = room.identity.keys.issue(account, days=30, by="somebody")
    room.identity.keys.revoke(account, made.key.id, by="somebody")
    acts = [one["act"] for one in room.records()]
    assert acts[-2:] == ["key-issued", "key-revoked"]
    assert set(room.records()[-1]) >= {"act", "roles", "agency"}
    assert "searcher" not in {one.get("name") for one in room.records()}
    assert room.sealed()[-1]["about"] == made.key.id
    assert made.secret not in repr(room.sealed())


def test_another_accounts_key_is_not_there(room: Room) -> None:
    mine, other = room.searcher(), room.make("auditor", Role.AUDITOR)
    made = room.identity.keys.issue(mine, days=30, by="setup")
    with pytest.raises(Problem, match="no such key") as found:
        room.identity.keys.revoke(other, made.key.id, by="setup")
    assert found.value.status == 404


SHOWN_TWICE = [
    [("Authorization", "Bearer x"), ("X-Api-Key", "y")],
    [("Authorization", "Bearer x"), ("Authorization", "Bearer y")],
    [("X-Api-Key", "x"), ("Cookie", "__Host-facegate=y")],
    [("Authorization", "Bearer x"), ("Cookie", "__Host-facegate=y")],
]


@pytest.mark.parametrize("headers", SHOWN_TWICE)
def test_two_credentials_at_once_are_refused(headers: list[tuple[str, str]]) -> None:
    with pytest.raises(Problem, match="two credentials") as found:
        shown(asking(*headers), "__Host-facegate")
    assert found.value.status == 400


@pytest.mark.parametrize("query", ["api_key=x", "Access_Token=x", "q=fg_live_x", "q=fg_test_"])
def test_a_key_in_an_address_is_refused_and_to_be_revoked(query: str) -> None:
    with pytest.raises(Problem, match="revoke this one") as found:
        shown(asking(query=query), "__Host-facegate")
    assert found.value.status == 400


@pytest.mark.parametrize(
    "value", ["Basic eDp5", "Bearer", "Bearer  ", "Bearer a b", "Bearer a\x00b", "x", ""]
)
def test_another_scheme_is_401(value: str) -> None:
    with pytest.raises(Problem, match="wanted Bearer") as found:
        shown(asking(("Authorization", value)), "__Host-facegate")
    assert found.value.status == 401


@pytest.mark.parametrize("name", ["Authorization", "X-Api-Key"])
def test_a_header_of_ten_kilobytes_is_not_looked_at(name: str) -> None:
    with pytest.raises(Problem, match="not looked at") as found:
        shown(asking((name, "Bearer " + "a" * 10_240)), "__Host-facegate")
    assert found.value.status == 400


@given(st.text(st.characters(max_codepoint=255), max_size=60))
@settings(deadline=None, max_examples=200)
def test_whatever_a_header_holds_is_answered(value: str) -> None:
    try:
        seen = shown(asking(("Authorization", value)), "__Host-facegate")
    except Problem as problem:
        assert problem.status in {400, 401}  # noqa: PT017  both ends are right
    else:
        assert seen.by in {By.KEY, By.TOKEN}
