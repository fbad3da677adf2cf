"""The book of accounts: who may be made of whom, and what of it is on the log."""

from __future__ import annotations

from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_room import BOTH_DATABASES, OFFICER, OTHER_OFFICER, PHRASE, POLICE, Room, a_room

from facegate.errors import AuditError, InputError
from facegate.server.identity.account import demand_roles, roles_of, roles_text
from facegate.server.identity.pass_phrases import demand_phrase
from facegate.server.identity.roles import APART, Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(params=BOTH_DATABASES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("accounts"), postgres=request.param == "PostgreSQL") as made:
        yield made


def test_an_account_is_as_it_was_made(room: Room) -> None:
    made = room.searcher()
    assert (made.name, made.roles, made.officer, made.agency) == (
        "searcher", frozenset({Role.SEARCHER}), OFFICER, POLICE,
    )  # fmt: skip
    assert made.id[14] == "7"
    assert room.identity.accounts.find(made.id) == made


def test_a_name_is_found_in_whatever_capitals_and_taken_once(room: Room) -> None:
    room.searcher()
    assert room.identity.accounts.by_name("SEARCHER") is not None
    with pytest.raises(InputError, match="account of that name already"):
        room.make("Searcher", Role.AUDITOR)


@pytest.mark.parametrize("name", ["", " a", "a b", "a\0b", "\u0430dmin", "a" * 65, "<b>", "-a"])
def test_a_name_is_plain(room: Room, name: str) -> None:
    with pytest.raises(InputError, match="not of its form"):
        room.make(name, Role.AUDITOR)


@pytest.mark.parametrize("pair", APART, ids=lambda pair: "-".join(sorted(pair)))
def test_roles_that_must_not_meet_are_refused(pair: frozenset[Role]) -> None:
    with pytest.raises(InputError, match="at once"):
        demand_roles(pair, OFFICER)


@pytest.mark.parametrize("roles", [set(), {Role.PUBLIC}])
def test_an_account_is_for_something(roles: set[Role]) -> None:
    with pytest.raises(InputError, match="wanted at least one"):
        demand_roles(roles, OFFICER)


def test_a_searcher_is_an_officer_in_the_register(room: Room) -> None:
    with pytest.raises(InputError, match="wanted an officer id"):
        room.make("x", Role.SEARCHER)
    with pytest.raises(InputError, match="no officer of that id"):
        room.make("x", Role.SEARCHER, officer="99999", agency=POLICE)
    with pytest.raises(InputError, match="no officer of that id"):
        room.make("x", Role.SEARCHER, officer=OFFICER)
    with pytest.raises(InputError, match="no agency CO9999999"):
        room.make("x", Role.AUDITOR, agency="CO9999999")
    assert room.records() == []


def test_nobody_keeps_the_accounts_with_one_name_and_searches_with_another(room: Room) -> None:
    room.searcher()
    with pytest.raises(InputError, match="administrator and searcher by two accounts"):
        room.make("root", Role.ADMINISTRATOR, officer=OFFICER, agency=POLICE)


def test_neither_does_a_disabled_account_come_back_beside_it(room: Room) -> None:
    first = room.searcher()
    disabled = room.identity.accounts.disable(first, by="setup")
    room.make("auditor", Role.AUDITOR, officer=OFFICER, agency=POLICE)
    with pytest.raises(InputError, match="by two accounts"):
        room.identity.accounts.enable(disabled, by="setup")


def test_making_a_searcher_is_on_the_log_before_anything_else(room: Room) -> None:
    account = room.searcher()
    made = room.records()[0]
    assert (made["kind"], made["act"], made["roles"], made["agency"]) == (
        "account", "made", ["searcher"], POLICE,
    )  # fmt: skip
    assert OFFICER not in repr(made)
    assert "name" not in made
    assert room.sealed()[0] == {
        "account": account.id, "name": "searcher", "officer": OFFICER, "by": "setup", "about": "",
    }  # fmt: skip


def test_where_the_log_cannot_be_written_nobody_is_made(room: Room) -> None:
    failing = AuditError("the disk is full")
    with (
        patch.object(room.desk.ledger, "record", side_effect=failing),
        pytest.raises(AuditError, match="full"),
    ):
        room.searcher()
    assert room.identity.accounts.every() == ()


def test_other_roles_are_a_record_and_end_the_sessions(room: Room) -> None:
    account = room.searcher()
    room.log_in("searcher")
    changed = room.identity.accounts.set_roles(account, {Role.REVIEWER}, by="boss")
    assert room.identity.accounts.demand(account.id).roles == changed.roles == {Role.REVIEWER}
    assert room.records()[-1]["roles"] == ["reviewer"]
    assert room.sealed()[-1]["by"] == "boss"
    assert room.identity.sessions.of(account.id) == ()


def test_the_last_administrator_stays(room: Room) -> None:
    root = room.make("root", Role.ADMINISTRATOR)
    with pytest.raises(InputError, match="last administrator"):
        room.identity.accounts.disable(root, by=root.id)
    with pytest.raises(InputError, match="last administrator"):
        room.identity.accounts.set_roles(root, {Role.AUDITOR}, by=root.id)
    room.make("root2", Role.ADMINISTRATOR)
    assert room.identity.accounts.disable(root, by=root.id).disabled


def test_a_tester_stays_one_and_has_no_pass_phrase(room: Room) -> None:
    made = room.identity.accounts.make("tester", {Role.TESTER}, by="setup")
    assert made.first_phrase is None
    with pytest.raises(InputError, match="stays one"):
        room.identity.accounts.set_roles(made.account, {Role.AUDITOR}, by="setup")
    with pytest.raises(InputError, match="testers have keys"):
        room.identity.accounts.reset(made.account, by="setup")


def test_a_first_phrase_opens_nothing_but_its_own_change(room: Room) -> None:
    made = room.identity.accounts.make("auditor", {Role.AUDITOR}, by="setup")
    first = str(made.first_phrase)
    with pytest.raises(Problem, match="first pass phrase") as found:
        room.log_in("auditor", first)
    assert found.value.kind == "pass-phrase-to-be-changed"
    assert room.log_in("auditor", first, new_phrase=PHRASE)
    with pytest.raises(Problem, match="wrong"):
        room.log_in("auditor", first, new_phrase=PHRASE + "!")


def test_a_first_phrase_that_lay_about_for_a_week_is_nothing(room: Room) -> None:
    made = room.identity.accounts.make("auditor", {Role.AUDITOR}, by="setup")
    room.clock.go(days=7)
    with pytest.raises(Problem, match="name or pass phrase is wrong"):
        room.log_in("auditor", str(made.first_phrase), new_phrase=PHRASE)


def test_a_reset_takes_everything_that_opened_the_account(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    room.log_in("auditor")
    room.identity.keys.issue(account, days=3, by="setup")
    made = room.identity.accounts.reset(account, by="boss")
    assert room.identity.sessions.of(account.id) == ()
    assert room.identity.keys.of(account.id)[0].revoked == room.clock.now
    with pytest.raises(Problem, match="wrong"):
        room.log_in("auditor")
    assert room.log_in("auditor", str(made.first_phrase), new_phrase=PHRASE)
    assert "reset" in [one["act"] for one in room.records()]


def test_whoever_has_the_machine_lets_an_administrator_in_again_whatever_held_him_back(room: Room) -> None:
    book = room.identity.accounts
    room.make("root", Role.ADMINISTRATOR)
    waiting = book.make("second", {Role.ADMINISTRATOR}, by="root", waits=True).account
    made = book.let_in_again(book.disable(waiting, by="root"), by="operator")
    assert (made.account.in_force, [one["act"] for one in room.records()][-3:]) == (
        True, ["enabled", "confirmed", "reset"],
    )  # fmt: skip
    assert {one["by"] for one in room.sealed()[-3:]} == {"operator"}
    assert room.log_in("second", str(made.first_phrase), new_phrase=PHRASE)


def test_an_administrator_who_waits_is_not_the_one_who_is_left(room: Room) -> None:
    root = room.make("root", Role.ADMINISTRATOR)
    room.identity.accounts.make("second", {Role.ADMINISTRATOR}, by=root.id, waits=True)
    with pytest.raises(InputError, match="last administrator"):
        room.identity.accounts.disable(root, by=root.id)


def test_a_key_that_was_allowed_is_allowed_no_more_once_the_account_changed(room: Room) -> None:
    book, keys = room.identity.accounts, room.identity.keys
    for change in (book.reset, book.disable):
        account = room.make(f"auditor-{change.__name__}", Role.AUDITOR)
        assert keys.allow(account, days=3, by="setup").key_days == 3
        change(account, by="setup")
        with pytest.raises(InputError, match="no key is allowed"):
            keys.collect(account.id)


@pytest.mark.parametrize(
    ("phrase", "why"),
    [
        ("short", "has 5 characters"),
        ("a" * 201, "has 201 characters"),
        ("ababababababababab", "easy to guess"),
        ("I am Searcher, hello", "easy to guess"),
        ("seven herons over\0a river", "cannot be typed"),
        ("seven herons over\na river", "cannot be typed"),
    ],
)
def test_a_pass_phrase_is_long_and_not_easily_guessed(phrase: str, why: str) -> None:
    with pytest.raises(InputError, match=why) as found:
        demand_phrase(phrase, "searcher")
    assert phrase not in str(found.value)


def test_the_new_phrase_is_another(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    with pytest.raises(InputError, match="the old one"):
        room.identity.accounts.set_phrase(account, PHRASE)


def test_a_phrase_typed_on_another_keyboard_is_the_same(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    room.identity.accounts.set_phrase(account, "caf\u00e9 au lait, twice a day")
    assert room.log_in("auditor", "cafe\u0301 au lait, twice a day")


def test_the_hash_is_argon2id_and_in_no_trace(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    assert str(account.phrase).startswith("$argon2id$")
    assert "argon2" not in repr(account)


def test_two_officers_may_be_two_people(room: Room) -> None:
    room.searcher()
    assert room.make("chief", Role.SUPERVISOR, officer=OTHER_OFFICER, agency=POLICE).agency == POLICE


@given(st.frozensets(st.sampled_from(sorted(Role)), max_size=9))
@settings(deadline=None)
def test_roles_are_read_as_they_were_written(roles: frozenset[Role]) -> None:
    assert roles_of(roles_text(roles)) == roles
