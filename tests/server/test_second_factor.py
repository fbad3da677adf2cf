"""One-time codes: each once, few tries, and what they make fresh."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyotp
import pytest
from identity_room import BOTH_DATABASES, PHRASE, Room, a_room, with_cookie

from facegate.errors import InputError, StorageError
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.server.identity.account import Account


@pytest.fixture(params=BOTH_DATABASES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("factor"), postgres=request.param == "PostgreSQL") as made:
        yield made


def code(room: Room, seed: str, *, seconds: int = 0) -> str:
    return pyotp.TOTP(seed).at(int(room.clock().timestamp()) + seconds)


def enrolled(room: Room, name: str = "auditor") -> tuple[Account, str]:
    """Make an account with a second factor in force, and step out of the code that put it there."""
    account = room.make(name, Role.AUDITOR)
    seed = room.identity.second_factor.begin(account).secret
    room.identity.second_factor.confirm(room.identity.accounts.demand(account.id), code(room, seed))
    room.clock.go(seconds=90)
    return room.identity.accounts.demand(account.id), seed


def test_a_login_asks_for_a_code_once_there_is_a_second_factor(room: Room) -> None:
    _, seed = enrolled(room)
    with pytest.raises(Problem, match="second factor") as found:
        room.log_in("auditor")
    assert (found.value.status, found.value.kind) == (401, "code-wanted")
    assert room.log_in("auditor", code=code(room, seed))


def test_a_seed_counts_only_once_a_code_of_it_was_typed(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    room.identity.second_factor.begin(account)
    assert room.log_in("auditor")
    with pytest.raises(InputError, match="not right"):
        room.identity.second_factor.confirm(room.identity.accounts.demand(account.id), "000000")


def test_a_second_factor_in_force_is_not_replaced(room: Room) -> None:
    account, _ = enrolled(room)
    with pytest.raises(InputError, match="in force"):
        room.identity.second_factor.begin(account)
    with pytest.raises(InputError, match="no second factor to confirm"):
        room.identity.second_factor.confirm(account, "000000")


def test_a_code_is_used_once(room: Room) -> None:
    account, seed = enrolled(room)
    once = code(room, seed)
    assert room.identity.second_factor.check(account, once)
    assert not room.identity.second_factor.check(account, once)


def test_an_older_code_is_worth_nothing_after_a_newer_one(room: Room) -> None:
    account, seed = enrolled(room)
    older, newer = code(room, seed, seconds=-30), code(room, seed, seconds=30)
    assert room.identity.second_factor.check(account, newer)
    assert not room.identity.second_factor.check(account, older)


@pytest.mark.parametrize(
    ("seconds", "right"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)]
)
def test_clocks_may_differ_by_one_step(room: Room, seconds: int, *, right: bool) -> None:
    account, seed = enrolled(room)
    assert room.identity.second_factor.check(account, code(room, seed, seconds=seconds)) is right


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666", "a\0b", "x" * 999]
)
def test_what_is_no_code_is_wrong(room: Room, typed: str) -> None:
    account, _ = enrolled(room)
    assert not room.identity.second_factor.check(account, typed)


def test_five_wrong_codes_lock_and_the_right_one_waits(room: Room) -> None:
    account, seed = enrolled(room)
    assert [room.identity.second_factor.check(account, "x") for _ in range(5)] == [False] * 5
    with pytest.raises(Problem, match="too many attempts") as found:
        room.identity.second_factor.check(account, code(room, seed))
    assert found.value.status == 429
    assert room.records()[-1]["act"] == "locked-out"


def test_a_code_makes_a_session_fresh_and_gives_it_another_id(room: Room) -> None:
    _, seed = enrolled(room)
    old = room.log_in("auditor", code=code(room, seed))
    for _ in range(3):
        room.clock.go(minutes=10)
        room.identity.identify(with_cookie(old))
    new = room.identity.step_up(with_cookie(old), code(room, seed))
    assert room.identity.identify(with_cookie(new)).fresh_at == room.clock.now
    with pytest.raises(Problem, match="session has ended"):
        room.identity.identify(with_cookie(old))


def test_who_has_no_second_factor_types_his_pass_phrase_again(room: Room) -> None:
    room.make("auditor", Role.AUDITOR)
    old = room.log_in("auditor")
    with pytest.raises(Problem, match="pass phrase is wrong"):
        room.identity.step_up(with_cookie(old), "000000")
    room.clock.go(minutes=12)
    new = room.identity.step_up(with_cookie(old), "", phrase=PHRASE)
    assert room.identity.identify(with_cookie(new)).fresh_at == room.clock.now


def test_a_seed_moved_to_another_account_does_not_open(room: Room) -> None:
    account, seed = enrolled(room)
    other = room.make("other", Role.AUDITOR)
    moved = {"totp_secret": account.totp_secret, "totp_on": True}
    room.identity.accounts._write(other.id, moved)
    with pytest.raises(StorageError, match="does not open"):
        room.log_in("other", PHRASE, code=code(room, seed))


def test_the_seed_is_sealed_and_its_use_is_on_the_log(room: Room) -> None:
    account, seed = enrolled(room)
    assert seed.encode() not in (account.totp_secret or b"")
    assert room.records()[-1]["act"] == "second-factor"
    assert seed not in repr(room.sealed())
