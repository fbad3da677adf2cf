"""Keys that are remembered: asked of the database once, and forgotten with the first change."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from identity_room import BOTH_DATABASES, Room, a_room, bearing

from facegate.server.database.connect import transaction
from facegate.server.database.tables import accounts, api_keys
from facegate.server.identity.known_keys import KEPT, MOST
from facegate.server.identity.roles import Role
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.server.identity.account import Account


@pytest.fixture(params=BOTH_DATABASES)
def room(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    with a_room(tmp_path_factory.mktemp("known"), postgres=request.param == "PostgreSQL") as made:
        yield made


@contextmanager
def questions(room: Room) -> Iterator[list[str]]:
    """Write down what the database is asked."""
    asked: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: Any) -> None:  # noqa: ANN401
        asked.append(statement)

    sa.event.listen(room.engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        sa.event.remove(room.engine, "before_cursor_execute", note)


def shown_before(room: Room, account: Account) -> str:
    """Give a key that is remembered: shown twice, the first time its use was written down."""
    secret = room.identity.keys.issue(account, days=30, by="setup").secret
    for _ in range(2):
        assert room.identity.identify(bearing(secret)).known
    return secret


def test_the_database_is_not_asked_again(room: Room) -> None:
    secret = shown_before(room, room.searcher())
    with questions(room) as asked:
        caller = room.identity.identify(bearing(secret))
    assert (caller.officer, asked) == ("8841", [])
    assert room.identity.known_at_once(bearing(secret)) == caller


CHANGES: dict[str, Callable[[Room, Account, str], object]] = {
    "the key is revoked": lambda room, account, key: room.identity.keys.revoke(account, key, by="x"),
    "the account is disabled": lambda room, account, _: room.identity.accounts.disable(account, by="x"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_first_request_after_a_change_opens_nothing(
    room: Room, change: Callable[[Room, Account, str], object]
) -> None:
    account = room.searcher()
    secret = shown_before(room, account)
    change(room, account, room.identity.keys.of(account.id)[0].id)
    assert room.identity.known_at_once(bearing(secret)) is None
    with pytest.raises(Problem, match="opens nothing"):
        room.identity.identify(bearing(secret))


def test_another_role_counts_at_once(room: Room) -> None:
    account = room.make("auditor", Role.AUDITOR)
    secret = shown_before(room, account)
    room.identity.accounts.set_roles(account, [Role.MISUSE_OFFICER], by="setup")
    assert Role.AUDITOR not in room.identity.identify(bearing(secret)).roles


def test_a_row_read_before_a_change_was_committed_is_not_kept(room: Room) -> None:
    account = room.searcher()
    secret = shown_before(room, account)
    with transaction(room.engine) as connection:
        connection.execute(sa.update(accounts).where(accounts.c.id == account.id).values(disabled=True))
        room.identity.identify(bearing(secret))  # as it stands until the commit
    assert room.identity.known_at_once(bearing(secret)) is None
    with pytest.raises(Problem, match="opens nothing"):
        room.identity.identify(bearing(secret))


def test_a_change_between_the_question_and_its_being_kept_is_not_missed(room: Room) -> None:
    secret = shown_before(room, room.searcher())
    known = room.identity.keys.known
    changes, [(mark, remembered)] = known.changes, known._by_mark.items()
    with transaction(room.engine) as connection:
        connection.execute(sa.update(api_keys).values(revoked=room.clock.now))
    known.keep(mark, remembered, changes)
    assert room.identity.known_at_once(bearing(secret)) is None


def test_it_is_forgotten_after_a_minute_and_when_the_key_ends(room: Room) -> None:
    secret = shown_before(room, room.searcher())
    room.clock.now += KEPT
    assert room.identity.known_at_once(bearing(secret)) is None


def test_a_key_of_no_account_is_not_remembered(room: Room) -> None:
    shown_before(room, room.searcher())
    for _ in range(2):
        assert room.identity.known_at_once(bearing("fg_live_" + "x" * 43)) is None
        with pytest.raises(Problem, match="opens nothing"):
            room.identity.identify(bearing("fg_live_" + "x" * 43))
    assert len(room.identity.keys.known._by_mark) == 1


def test_no_more_are_remembered_than_there_is_room_for(room: Room) -> None:
    shown_before(room, room.searcher())
    known = room.identity.keys.known
    [remembered] = known._by_mark.values()
    for number in range(MOST + 5):
        known.keep(str(number), remembered, known.changes)
    assert len(known._by_mark) <= MOST
