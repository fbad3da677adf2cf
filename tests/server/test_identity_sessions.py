"""Signing in, sessions, forged forms, and how often a pass phrase may be guessed."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher
from identity_room import ADDRESS, BOTH_DATABASES, NOW, Room, a_room, asking, with_cookie
from starlette.responses import Response

from facegate.server.database.tables import sessions
from facegate.server.identity.caller import NOBODY, By
from facegate.server.identity.cookies import Cookies
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

OURS = ("Origin", "https://faces.example")


@pytest.fixture(params=BOTH_DATABASES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    folder = tmp_path_factory.mktemp("sessions")
    with a_room(folder, postgres=request.param == "PostgreSQL") as made:
        made.make("auditor", Role.AUDITOR)
        yield made


def guess(room: Room, name: str, phrase: str = "not the right one", address: str = ADDRESS) -> Problem:
    with pytest.raises(Problem) as found:
        room.identity.log_in(name, phrase, address=address, browser="")
    return found.value


def test_who_signed_in_is_known_and_fresh(room: Room) -> None:
    caller = room.identity.identify(with_cookie(room.log_in("auditor")))
    assert (caller.name, caller.by, caller.fresh_at) == ("auditor", By.SESSION, NOW)


def test_a_session_ends_when_nobody_asks(room: Room) -> None:
    secret = room.log_in("auditor")
    room.clock.go(minutes=14)
    assert room.identity.identify(with_cookie(secret)).known
    room.clock.go(minutes=15)
    with pytest.raises(Problem, match="session has ended"):
        room.identity.identify(with_cookie(secret))
    assert room.identity.identify_page(with_cookie(secret)) == NOBODY


def test_a_session_ends_after_ten_hours_whoever_asks(room: Room) -> None:
    secret = room.log_in("auditor")
    for _ in range(59):
        room.clock.go(minutes=10)
        assert room.identity.identify(with_cookie(secret)).known
    room.clock.go(minutes=10)
    with pytest.raises(Problem, match="session has ended"):
        room.identity.identify(with_cookie(secret))


def test_signing_in_again_ends_what_the_browser_had(room: Room) -> None:
    first = room.log_in("auditor")
    second = room.log_in("auditor", old=first)
    assert first != second
    with pytest.raises(Problem, match="session has ended"):
        room.identity.identify(with_cookie(first))
    assert room.identity.identify(with_cookie(second)).known


def test_signing_out_ends_the_session(room: Room) -> None:
    secret = room.log_in("auditor")
    room.identity.log_out(with_cookie(secret))
    with pytest.raises(Problem, match="session has ended"):
        room.identity.identify(with_cookie(secret))


def test_the_cookie_is_nowhere_in_the_database(room: Room) -> None:
    secret = room.log_in("auditor")
    with room.engine.connect() as connection:
        assert secret not in repr(connection.execute(sa.select(sessions)).all())


def test_what_a_browser_calls_itself_is_kept_as_plain_text(room: Room) -> None:
    account = room.identity.accounts.by_name("auditor")
    room.identity.log_in(
        "auditor", "seven herons over a slow river", address="", browser="Moz\0illa\x1b[31m" + "a" * 900
    )
    assert account is not None
    browser = room.identity.sessions.of(account.id)[0].browser
    assert browser.startswith("Mozilla[31maaa")
    assert len(browser) <= 200


@pytest.mark.parametrize("cookie", ["x", "a" * 10_240, "a\0b", "\xff\xfe"])
def test_an_invented_cookie_is_401(room: Room, cookie: str) -> None:
    with pytest.raises(Problem) as found:
        room.identity.identify(with_cookie(cookie))
    assert found.value.status == 401


def test_a_change_needs_the_sessions_token_and_our_origin(room: Room) -> None:
    secret = room.log_in("auditor")
    token = room.identity.csrf(with_cookie(secret))
    good = with_cookie(secret, OURS, ("X-CSRF-Token", token), method="POST")
    assert room.identity.identify(good).known
    with pytest.raises(Problem, match="not of this session"):
        room.identity.identify(with_cookie(secret, OURS, method="POST"))


@pytest.mark.parametrize(
    "origin", [[], [("Origin", "https://evil.example")], [("Origin", "null")], [OURS, OURS]]
)
def test_a_change_from_elsewhere_is_refused(room: Room, origin: list[tuple[str, str]]) -> None:
    secret = room.log_in("auditor")
    token = room.identity.csrf(with_cookie(secret))
    with pytest.raises(Problem, match="not sent from a page") as found:
        room.identity.identify(with_cookie(secret, *origin, ("X-CSRF-Token", token), method="DELETE"))
    assert found.value.status == 403


def test_a_form_carries_its_own_sessions_token(room: Room) -> None:
    mine, other = room.log_in("auditor"), room.log_in("auditor")
    form = with_cookie(mine, OURS, method="POST", path="/cases")
    room.identity.demand_csrf(form, room.identity.csrf(with_cookie(mine)))
    for wrong in ("", "\u00e9", room.identity.csrf(with_cookie(other))):
        with pytest.raises(Problem, match="not of this session"):
            room.identity.demand_csrf(form, wrong)


def test_without_a_session_no_form_is_taken(room: Room) -> None:
    with pytest.raises(Problem, match="not of this session"):
        room.identity.demand_csrf(asking(OURS, method="POST"), room.identity.csrf(asking()))


def test_the_cookie_is_for_this_host_and_no_script() -> None:
    response = Response()
    Cookies("https://faces.example", over_tls=True).set_session(response, "x")
    said = response.headers["set-cookie"]
    assert said == "__Host-facegate=x; HttpOnly; Path=/; SameSite=strict; Secure"


def test_on_this_machine_the_cookie_has_a_plain_name() -> None:
    response = Response()
    Cookies("http://127.0.0.1:8443", over_tls=False).set_session(response, "x")
    assert response.headers["set-cookie"] == "facegate=x; HttpOnly; Path=/; SameSite=strict"


def test_nobody_learns_which_names_there_are(room: Room) -> None:
    assert guess(room, "auditor").to_json() == guess(room, "nobody").to_json()


def test_an_unknown_name_is_checked_as_long(room: Room) -> None:
    verify = PasswordHasher.verify
    with patch.object(PasswordHasher, "verify", autospec=True, side_effect=verify) as checked:
        guess(room, "nobody")
        guess(room, "auditor")
    hashes = [call.args[1] for call in checked.call_args_list]
    assert len(set(hashes)) == len(hashes) == 2
    assert all(one.startswith("$argon2id$v=19$m=8,t=1,p=1$") for one in hashes)


def test_nobodys_phrase_opens_nothing(room: Room) -> None:
    phrases = room.identity.accounts.phrases
    assert not phrases.fits("nobody's pass phrase, to take as long as somebody's", None)


@pytest.mark.parametrize("name", ["auditor", "AUDITOR", "nobody", "a\0b"])
def test_five_wrong_guesses_lock_whatever_name(room: Room, name: str) -> None:
    assert [guess(room, name).status for _ in range(6)] == [401] * 5 + [429]
    locked = guess(room, name, "seven herons over a slow river")
    assert locked.status == 429
    assert 0 < int(locked.headers["Retry-After"]) <= 600


def test_a_lock_is_on_the_log_and_over_in_ten_minutes(room: Room) -> None:
    for _ in range(6):
        guess(room, "auditor")
    assert [one["act"] for one in room.records()].count("locked-out") == 1
    assert room.identity.signing_in.failures["pass-phrase"] == 5
    room.clock.go(minutes=10)
    assert room.log_in("auditor")


def test_a_right_phrase_forgives_the_wrong_ones(room: Room) -> None:
    for _ in range(3):
        for _ in range(4):
            guess(room, "auditor")
        assert room.log_in("auditor")


def test_good_logins_under_way_lift_no_lock_that_another_attempt_set(room: Room) -> None:
    throttle = room.identity.signing_in.throttle
    locks = [throttle.take("address", ADDRESS, 3) for _ in range(3)]
    assert locks == [False, False, True]
    for _ in range(2):
        throttle.give_back("address", ADDRESS, locked_it=False)
    with pytest.raises(Problem, match="too many attempts"):
        throttle.take("address", ADDRESS, 3)
    throttle.give_back("address", ADDRESS, locked_it=True)
    assert not throttle.take("address", ADDRESS, 3)


def test_one_address_cannot_try_every_name(room: Room) -> None:
    answers = [guess(room, f"name{n}").status for n in range(51)]
    assert answers == [401] * 50 + [429]
    assert guess(room, "auditor", address="198.51.100.1").status == 401


def test_a_hundred_guesses_at_once_are_five(room: Room) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = [int(one.status) for one in pool.map(lambda _: guess(room, "auditor"), range(24))]
    assert answers.count(401) == 5


def test_ones_own_sessions_are_listed_and_ended_one_by_one(room: Room) -> None:
    account = room.identity.accounts.by_name("auditor")
    assert account is not None
    first, second = room.log_in("auditor"), room.log_in("auditor")
    oldest = room.identity.sessions.of(account.id)[-1]
    assert not room.identity.sessions.end_one("somebody else", oldest.id)
    assert room.identity.sessions.end_one(account.id, oldest.id)
    known = [room.identity.identify_page(with_cookie(one)).known for one in (first, second)]
    assert sorted(known) == [False, True]
