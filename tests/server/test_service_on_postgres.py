"""The whole service on PostgreSQL, ledger and books: a server that goes away, at any moment, and is back."""

from __future__ import annotations

from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import postgres_server
import pytest
import sqlalchemy as sa
from attacked import Attacked, attacked
from desk_room import stated

from facegate.gate.ledger.postgres_address import parse_address
from facegate.gate.ledger.postgres_index import PostgresIndex

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx import Response

own_server = pytest.mark.skipif(
    postgres_server.chosen() != postgres_server.OWN, reason="the server that was named is not ours to stop"
)
END_ALL = (
    "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity "
    "WHERE application_name LIKE 'facegate%' AND pid <> pg_backend_pid()"
)


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Attacked]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv(postgres_server.CHOSEN, postgres_server.chosen())
        postgres_server.put_everything_there(patched)
        with attacked(tmp_path_factory.mktemp("postgres")) as made:
            yield made


def title(answer: Response) -> tuple[int, str]:
    """Give status and the last part of the type of a problem."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    return answer.status_code, answer.json()["type"].rsplit("/", 1)[-1]


def file_case(room: Attacked, n: int) -> Response:
    form = {"case_number": f"24-77{n:04d}", "offense_code": "1201"}
    key = {"Idempotency-Key": f'"a-server-that-goes-away-{n}"'}
    answer: Response = room.as_("searcher").post("/v1/cases", json=form, headers=key)
    return answer


def end_connections() -> None:
    """End every connection of the service, as an administrator does, and wait until they have ended."""
    with closing(PostgresIndex(parse_address(postgres_server.database_url()))) as other:
        other.value(END_ALL)


def test_ledger_and_books_are_both_there(room: Attacked) -> None:
    assert room.service.database.dialect.name == "postgresql"
    assert room.service.desk.ledger.value("SELECT version()").startswith("PostgreSQL")


@own_server
@pytest.mark.parametrize("mode", ["fast", "immediate"])  # as an administrator does, and as a power cut
def test_without_its_server_everything_is_a_503_and_after_it_everything_works(
    room: Attacked, mode: str
) -> None:
    request, n = stated(permit=room.permit()), len(mode)
    assert file_case(room, n + 100).status_code == 201
    before = room.size
    postgres_server.stop(mode)
    try:
        refused = [room.send("/v1/searches", "searcher", request), file_case(room, n)]
        ready = room.as_().get("/readyz")
    finally:
        postgres_server.start()
    assert {title(one)[0] for one in refused} == {503}
    assert all(int(one.headers["retry-after"]) > 0 for one in refused)
    assert title(ready) == (503, "not-ready")
    assert room.size == before
    assert file_case(room, n + 200).status_code in {201, 503}  # the ledger's line may fail once, not twice
    assert file_case(room, n).status_code == 201
    assert room.send("/v1/searches", "searcher", request).status_code == 201
    assert (
        file_case(room, n + 100).json()["case_number"] == f"24-77{n + 100:04d}"
    )  # as it was answered before


@contextmanager
def ending_at(n: int, engine: sa.Engine) -> Iterator[None]:
    """End every connection before the n-th question of a request, of the ledger or of the service's books."""
    ask, left = PostgresIndex.execute, iter(range(n + 1))

    def count(*_: object) -> None:
        if next(left, None) == n:
            end_connections()

    def asked(index: PostgresIndex, query: str, values: tuple[Any, ...] = ()) -> Any:  # noqa: ANN401  an answer
        if query != END_ALL:
            count()
        return ask(index, query, values)

    sa.event.listen(engine, "before_cursor_execute", count)
    try:
        with patch.object(PostgresIndex, "execute", asked):
            yield
    finally:
        sa.event.remove(engine, "before_cursor_execute", count)


@own_server
def test_wherever_in_a_request_the_connections_end_it_is_a_503_and_nothing_happens_twice(
    room: Attacked,
) -> None:
    room.as_("searcher")  # signed in before
    ended = set()
    for n in range(0, 48, 3):
        before = room.size
        with ending_at(n, room.service.database):
            answer = file_case(room, n + 500)
        assert answer.status_code == 201 or title(answer)[0] == 503, (n, answer.text)
        ended.add((answer.status_code, room.size - before))
        tries = (file_case(room, n + 500) for _ in range(3))  # the ledger's line fails once
        again = next(one for one in tries if one.status_code != 503)
        assert again.status_code in {201, 409}, (n, again.text)
        assert room.size - before == 1 or title(again) == (409, "outcome-unknown"), (n, again.text)
    assert {(503, 0), (201, 1)} <= ended
