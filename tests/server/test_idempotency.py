"""Idempotency-Key: one act, one answer, and no second act whatever happens in between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from secrets import token_bytes
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st
from postgres_server import service_url

from facegate.errors import AuditError, InputError, PolicyRefusal, StorageError
from facegate.gate.home import Home
from facegate.server.database.connect import open_database
from facegate.server.database.tables import idempotency
from facegate.server.idempotency import (
    IN_FLIGHT_FOR,
    KEPT,
    Answer,
    Idempotency,
    json_answer,
)
from facegate.server.idempotency_key import read_key, request_digest
from facegate.server.problems import Problem, unknown_caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from sqlalchemy import Engine

SECRET = bytes(range(32))
KEY = '"8e03978e-40d5-43dd"'
DIGEST = request_digest("POST", "/v1/searches", b"{}", b"photo")
OTHER = request_digest("POST", "/v1/searches", b"{}", b"another photo")
ANSWER = json_answer(201, {"search_id": "1"}, location="/v1/searches/1")


class Clock:
    """A clock that is set."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 22, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


class Act:
    """Counts how often it acts."""

    def __init__(self, outcome: Answer | BaseException = ANSWER) -> None:
        self.times = 0
        self.outcome = outcome

    def __call__(self) -> Answer:
        self.times += 1
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(service_url(tmp_path))
    yield made
    made.dispose()


@pytest.fixture
def started(engine: Engine, clock: Clock) -> Iterator[Callable[..., Idempotency]]:
    """Give what begins to keep replies, as a service does that starts; ended before the database is."""
    with ExitStack() as stack:

        def start(secret: bytes = SECRET) -> Idempotency:
            made = Idempotency(engine, clock, secret)
            stack.callback(made.close)
            return made

        yield start


@pytest.fixture
def kept(started: Callable[..., Idempotency]) -> Idempotency:
    return started()


def test_the_same_request_acts_once_and_is_answered_the_same(kept: Idempotency) -> None:
    act = Act()
    first = kept.run(KEY, "a", DIGEST, act)
    second = kept.run(KEY, "a", DIGEST, act)
    assert act.times == 1
    assert (second.status, second.body, second.headers) == (first.status, first.body, first.headers)
    assert second.response().headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.response().headers


def test_another_request_under_the_key_is_refused(kept: Idempotency) -> None:
    act = Act()
    kept.run(KEY, "a", DIGEST, act)
    with pytest.raises(Problem, match="another request") as caught:
        kept.run(KEY, "a", OTHER, act)
    assert (caught.value.status, act.times) == (422, 1)


def test_a_key_is_of_one_account(kept: Idempotency) -> None:
    act = Act()
    kept.run(KEY, "a", DIGEST, act)
    assert not kept.run(KEY, "b", DIGEST, act).replayed
    assert act.times == 2


def test_without_a_key_every_request_acts(kept: Idempotency) -> None:
    act = Act()
    kept.run(None, "a", DIGEST, act)
    kept.run(None, "", DIGEST, act)
    assert act.times == 2


def test_a_key_of_nobody_is_refused(kept: Idempotency) -> None:
    act = Act()
    with pytest.raises(Problem, match="somebody who is known"):
        kept.run(KEY, "", DIGEST, act)
    assert act.times == 0


def test_while_the_first_is_worked_on_the_second_is_a_conflict(kept: Idempotency) -> None:
    again = Act()

    def act() -> Answer:
        with pytest.raises(Problem, match="still worked on") as caught:
            kept.run(KEY, "a", DIGEST, again)
        assert caught.value.status == 409
        assert "Retry-After" in caught.value.headers
        return ANSWER

    kept.run(KEY, "a", DIGEST, act)
    assert again.times == 0


def test_of_many_at_once_one_acts(kept: Idempotency) -> None:
    act, together = Act(), threading.Barrier(8)

    def ask() -> int:
        together.wait()
        try:
            return kept.run(KEY, "a", DIGEST, act).status
        except Problem as problem:
            return int(problem.status)

    with ThreadPoolExecutor(8) as pool:
        told = [one.result() for one in [pool.submit(ask) for _ in range(8)]]
    assert act.times == 1
    assert set(told) <= {201, 409}


@pytest.mark.parametrize("error", [RuntimeError("broke"), AuditError("log down"), KeyboardInterrupt()])
def test_after_an_act_that_broke_off_nothing_acts_again(kept: Idempotency, error: BaseException) -> None:
    again = Act()
    with pytest.raises(type(error)):
        kept.run(KEY, "a", DIGEST, Act(error))
    with pytest.raises(Problem, match="docket") as caught:
        kept.run(KEY, "a", DIGEST, again)
    assert (caught.value.status, again.times) == (409, 0)


def test_a_process_that_died_leaves_a_conflict_that_says_where_to_look(
    kept: Idempotency, started: Callable[..., Idempotency]
) -> None:
    again = Act()

    def dies() -> Answer:
        after_restart = started()
        with pytest.raises(Problem, match=r"begun at 2026-11-22T12:00:00Z .* not begun again"):
            after_restart.run(KEY, "a", DIGEST, again)
        return ANSWER

    kept.run(KEY, "a", DIGEST, dies)
    assert again.times == 0


def test_what_is_in_flight_for_too_long_is_called_unknown(kept: Idempotency, clock: Clock) -> None:
    again = Act()

    def act() -> Answer:
        clock.now += IN_FLIGHT_FOR
        with pytest.raises(Problem, match="its end was not recorded"):
            kept.run(KEY, "a", DIGEST, again)
        return ANSWER

    kept.run(KEY, "a", DIGEST, act)
    assert again.times == 0


def test_a_refusal_of_the_law_is_an_answer_and_is_kept(kept: Idempotency) -> None:
    act = Act(PolicyRefusal("the law says no"))
    with pytest.raises(PolicyRefusal):
        kept.run(KEY, "a", DIGEST, act)
    answer = kept.run(KEY, "a", DIGEST, act)
    assert (answer.status, answer.replayed, act.times) == (403, True, 1)
    assert b"the law says no" in answer.body
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_request_that_was_wrong_is_answered_so_again(kept: Idempotency) -> None:
    act = Act(InputError("the ORI is too short"))
    with pytest.raises(InputError):
        kept.run(KEY, "a", DIGEST, act)
    assert kept.run(KEY, "a", DIGEST, act).status == 422
    assert act.times == 1


def test_a_refusal_that_is_over_when_its_cause_is_frees_the_key(kept: Idempotency) -> None:
    act = Act(unknown_caller())
    with pytest.raises(Problem):
        kept.run(KEY, "a", DIGEST, act)
    act.outcome = ANSWER
    assert kept.run(KEY, "a", DIGEST, act).status == 201


def test_an_answer_is_kept_a_day_and_no_longer(kept: Idempotency, clock: Clock) -> None:
    act = Act()
    kept.run(KEY, "a", DIGEST, act)
    clock.now += KEPT - timedelta(seconds=1)
    assert kept.run(KEY, "a", DIGEST, act).replayed
    clock.now += timedelta(seconds=1)
    assert not kept.run(KEY, "a", DIGEST, act).replayed
    assert act.times == 2


def test_what_is_too_old_is_dropped(kept: Idempotency, clock: Clock) -> None:
    kept.run(KEY, "a", DIGEST, Act())
    assert kept.forget() == 0
    clock.now += KEPT
    assert kept.forget() == 1


@pytest.mark.parametrize(
    "key", ["", "short", '"short"', "x" * 129, 'a"bcdefgh', "key with spaces", "schlüssel-1", "k\n" * 9]
)
def test_a_key_in_no_known_form_is_refused(key: str) -> None:
    with pytest.raises(Problem, match="8 to 128 characters") as caught:
        read_key(key)
    assert caught.value.status == 400


def test_quotes_around_a_key_are_not_of_it() -> None:
    assert read_key('"abcd-1234"') == read_key(" abcd-1234 ") == "abcd-1234"


@given(st.lists(st.binary(max_size=8), max_size=4), st.lists(st.binary(max_size=8), max_size=4))
@settings(deadline=None, max_examples=100)
def test_different_parts_have_different_digests(one: list[bytes], other: list[bytes]) -> None:
    same = request_digest("POST", "/x", *one) == request_digest("POST", "/x", *other)
    assert same == (one == other)


def test_method_and_path_are_of_the_digest() -> None:
    assert len({request_digest(*one) for one in [("POST", "/x"), ("PUT", "/x"), ("POST", "/y")]}) == 3


def run_and_kept(kept: Idempotency, account: str, act: Act) -> Answer:
    """Ask once, and wait until the answer is kept."""
    answer = kept.run(KEY, account, DIGEST, act)
    kept.run(KEY, account, DIGEST, act)  # whoever sends it again waits for it
    return answer


def row_of(engine: Engine) -> dict[str, object]:
    """Give the one row that stands in the database."""
    with engine.connect() as connection:
        return dict(connection.execute(idempotency.select()).one()._mapping)


def test_whoever_has_the_database_reads_neither_what_was_asked_nor_what_was_answered(
    engine: Engine, kept: Idempotency
) -> None:
    run_and_kept(kept, "a", Act(json_answer(201, {"subject_ref": "fg1-secret"}, location="/v1/searches/9")))
    row = row_of(engine)
    assert row["status"] is None
    assert isinstance(row["headers"], dict)
    assert row["headers"].keys() == {"sealed_by"}
    assert isinstance(row["body"], bytes)
    for told in (b"fg1-secret", b"/v1/searches", b"201"):
        assert told not in row["body"]
    assert DIGEST not in row.values()


def changed_body(row: dict[str, object]) -> dict[str, object]:
    body = row["body"]
    assert isinstance(body, bytes)
    return {"body": body[:-1] + bytes([body[-1] ^ 1])}


TAMPERED = {
    "a changed reply": changed_body,
    "no reply": lambda _: {"body": b""},
    "a short one": lambda _: {"body": b"x" * 13},
    "no word of the key": lambda _: {"headers": ["sealed_by"]},
    "another key's name": lambda _: {"headers": {"sealed_by": "0" * 16}},
    "a reply in the clear": lambda _: {"body": b"{}", "status": 200, "headers": {}},
}


@pytest.mark.parametrize("change", TAMPERED.values(), ids=TAMPERED)
def test_a_kept_reply_that_was_changed_is_not_given_and_nothing_acts_again(
    engine: Engine, kept: Idempotency, change: Callable[[dict[str, object]], dict[str, object]]
) -> None:
    act = Act()
    run_and_kept(kept, "a", act)
    with engine.begin() as connection:
        connection.execute(idempotency.update().values(**change(row_of(engine))))
    with pytest.raises(Problem, match=r"does not open\. It is not begun again: look for it") as refused:
        kept.run(KEY, "a", DIGEST, act)
    assert (refused.value.status, act.times) == (409, 1)


def test_a_state_that_is_none_is_an_end_that_nobody_knows(engine: Engine, kept: Idempotency) -> None:
    act = Act()
    run_and_kept(kept, "a", act)
    with engine.begin() as connection:
        connection.execute(idempotency.update().values(state="again"))
    with pytest.raises(Problem, match="is not begun again"):
        kept.run(KEY, "a", DIGEST, act)
    assert act.times == 1


def test_a_reply_of_another_request_does_not_open_in_its_place(engine: Engine, kept: Idempotency) -> None:
    act = Act()
    run_and_kept(kept, "mallory", act)
    foreign = row_of(engine)["body"]
    run_and_kept(kept, "a", act)
    with engine.begin() as connection:
        connection.execute(idempotency.update().where(idempotency.c.account == "a").values(body=foreign))
    with pytest.raises(Problem, match="does not open"):
        kept.run(KEY, "a", DIGEST, act)
    assert kept.run(KEY, "mallory", DIGEST, act).replayed
    assert act.times == 2


def test_after_the_key_was_lost_nothing_is_begun_again(
    kept: Idempotency, started: Callable[..., Idempotency]
) -> None:
    act = Act()
    run_and_kept(kept, "a", act)
    other = started(bytes(32))
    with pytest.raises(Problem, match="does not open") as refused:
        other.run(KEY, "a", DIGEST, act)
    assert (refused.value.status, act.times) == (409, 1)


def test_what_an_earlier_version_kept_in_the_clear_is_wiped_and_not_begun_again(
    engine: Engine, kept: Idempotency, started: Callable[..., Idempotency]
) -> None:
    act = Act()
    run_and_kept(kept, "a", act)
    with engine.begin() as connection:
        connection.execute(idempotency.update().values(body=b"fg1-secret", status=201, headers={}))
    newer = started()
    assert row_of(engine)["body"] is None
    with pytest.raises(Problem, match="is not begun again"):
        newer.run(KEY, "a", DIGEST, act)
    assert act.times == 1


@contextmanager
def away(engine: Engine) -> Iterator[None]:
    """Take the table away for a while, and with it everything the service asks of it."""
    with engine.begin() as connection:
        connection.execute(sa.text("ALTER TABLE service_idempotency RENAME TO away"))
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(sa.text("ALTER TABLE away RENAME TO service_idempotency"))


def ends_while(engine: Engine, act: Act, stack: ExitStack) -> Callable[[], Answer]:
    """Give what acts, and whose answer finds no database."""

    def database_away() -> Answer:
        stack.enter_context(away(engine))
        return act()

    return database_away


def test_an_answer_that_could_not_be_kept_is_kept_when_the_database_is_back(
    engine: Engine, kept: Idempotency
) -> None:
    act = Act()
    with ExitStack() as stack:
        assert kept.run(KEY, "a", DIGEST, ends_while(engine, act, stack)) == ANSWER
        with pytest.raises(StorageError):
            kept.run(KEY, "a", DIGEST, act)
    again = kept.run(KEY, "a", DIGEST, act)
    assert (again.replayed, again.body, act.times) == (True, ANSWER.body, 1)


def test_an_answer_that_could_not_be_kept_is_kept_with_the_next(engine: Engine, kept: Idempotency) -> None:
    act = Act()
    with ExitStack() as stack:
        kept.run(KEY, "a", DIGEST, ends_while(engine, act, stack))
    run_and_kept(kept, "b", Act())
    with engine.connect() as connection:
        assert set(connection.execute(sa.select(idempotency.c.state)).scalars()) == {"answered"}


def test_an_answer_that_could_never_be_kept_is_told_and_nothing_acts_again(
    engine: Engine, started: Callable[..., Idempotency], caplog: pytest.LogCaptureFixture
) -> None:
    act, kept = Act(), started()
    with ExitStack() as stack:
        assert kept.run(KEY, "a", DIGEST, ends_while(engine, act, stack)) == ANSWER
        kept.close()
    assert "not kept, their keys are answered with 409: 1" in caplog.text
    with pytest.raises(Problem, match="is not begun again") as refused:
        started().run(KEY, "a", DIGEST, act)
    assert (refused.value.status, act.times) == (409, 1)


def test_answers_of_many_requests_are_kept_when_it_is_closed(started: Callable[..., Idempotency]) -> None:
    kept, keys = started(), [f"many-answers-{one}" for one in range(40)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda key: kept.run(key, "a", DIGEST, Act()), keys))
    kept.close()
    again = started()
    assert all(again.run(key, "a", DIGEST, Act()).replayed for key in keys)


def test_what_is_done_ahead_is_done_before_the_act(kept: Idempotency) -> None:
    order: list[str] = []

    def act() -> Answer:
        order.append("act")
        return ANSWER

    kept.run(KEY, "a", DIGEST, act, ahead=lambda: order.append("ahead"))
    assert order == ["ahead", "act"]


def test_the_key_is_made_once_and_read_by_nobody_else(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.keys.mkdir(mode=0o700)
    made = home.replies_key(token_bytes)
    assert (len(made), home.replies_key(token_bytes)) == (32, made)
    path = home.keys / "replies.key"
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o644)
    with pytest.raises(InputError, match="can be read by others"):
        home.replies_key(token_bytes)
