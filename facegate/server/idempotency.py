"""Idempotency-Key: a request that is sent twice acts once (draft-ietf-httpapi-idempotency-key-header-06).

- The key is the caller's, and of his account alone. Under it stand a digest of what was asked and the answer.
- Same key, same request: the stored answer, and nothing acts. Another request under the key: 422.
- While the first is worked on: 409. If nobody knows how it ended (the process died, or the act broke off in
  its middle): 409 with a sentence that says where to look. **It is never acted on again under that key**: a
  search that nobody asked for twice must not happen twice.
- The reply does not wait for its being kept (`facegate.server.reply_writer`); whoever sends the key again
  does. A process that is killed in between leaves a key whose end nobody knows.
- Kept 24 hours from the first request, sealed (`facegate.server.sealed_replies`): they name cases and people.
  One that does not open is not believed, and what it answered is not begun again.

The digest is of what was asked, not of the bytes: a form sent again has another boundary. See
`request_digest`. What is to be refused before anything acts (no role, login not fresh, too many requests)
belongs before `run`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, cast

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from starlette.responses import Response

from facegate.errors import FacegateError, VerificationError
from facegate.server.database.connect import transaction
from facegate.server.database.tables import idempotency as table
from facegate.server.idempotency_key import read_key, request_digest
from facegate.server.problems import Problem, problem_of, unknown_caller
from facegate.server.reply_writer import ReplyWriter
from facegate.server.sealed_replies import ReplySeal
from facegate.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy import Engine, Insert

KEPT: Final = timedelta(hours=24)
IN_FLIGHT_FOR: Final = timedelta(seconds=120)
"""No act takes longer; what is in flight for longer has lost its process."""

LOOK: Final = (
    "It is not begun again: look for it in its case and on the docket (GET /v1/docket), and if it is not "
    "there, ask under a new key"
)

SEALED_BY: Final = "sealed_by"
_NOTHING_HAPPENED: Final = frozenset({
    HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    HTTPStatus.TOO_MANY_REQUESTS,
})  # fmt: skip
"""Refusals that are over when their cause is: the key is free again."""

_BEGINNING: Final = Threads(4, "taking-keys")
# Put together once: SQLAlchemy takes longer to write these than the database to answer, at every search.
_HERE: Final = table.c.key_hash == sa.bindparam("mark")
_OLD: Final = table.delete().where(table.c.created <= sa.bindparam("before"))
_UNDER: Final = table.select().where(_HERE)
_FREE: Final = table.delete().where(_HERE)


class State(StrEnum):
    """How far a request under a key has come."""

    IN_FLIGHT = "in-flight"
    ANSWERED = "answered"
    UNKNOWN = "unknown"
    """It broke off, and nobody knows whether it acted."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A reply as it is kept.

    Parameters
    ----------
    status : int
        HTTP status.
    body : bytes
        As it is sent.
    headers : mapping of str to str
        Such as ``Location`` and ``Content-Type``.
    replayed : bool
        Whether it was kept from an earlier request.
    """

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    replayed: bool = False

    def response(self) -> Response:
        """Give the reply; one that was kept says so in ``Idempotency-Replayed``."""
        more = {"Idempotency-Replayed": "true"} if self.replayed else {}
        return Response(self.body, self.status, {**self.headers, **more})


def json_answer(status: int, value: object, **headers: str) -> Answer:
    """Give a reply of JSON.

    Parameters
    ----------
    status : int
        HTTP status.
    value : object
        As `json.dumps` takes it, such as a pydantic model's ``model_dump(mode="json")``.
    **headers : str
        Such as ``Location="/v1/searches/..."``.
    """
    body = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    return Answer(status, body, {"content-type": "application/json", **headers})


@dataclass(frozen=True, slots=True)
class _Kept:
    """What stands under a key."""

    asked: str
    sealed_by: object
    state: State
    sealed: bytes | None
    created: datetime


class Idempotency:
    """Answers kept for requests that are sent again.

    Parameters
    ----------
    engine : Engine
        The service's database, at its newest step. One process has it: what is in flight when this is made
        belongs to a process that is gone.
    clock : callable
        The time, with its zone.
    key : bytes
        32 bytes that seal what is kept, see `facegate.gate.home.Home.replies_key`.
    """

    __slots__ = ("_clock", "_engine", "_seal", "_take", "_writer")

    def __init__(self, engine: Engine, clock: Callable[[], datetime], key: bytes) -> None:
        self._engine = engine
        self._clock = clock
        self._seal = ReplySeal(key)
        self._take = _insert(engine.dialect.name)
        self._writer = ReplyWriter(engine)
        with transaction(engine) as connection:
            in_flight = table.c.state == State.IN_FLIGHT
            connection.execute(table.update().where(in_flight).values(state=State.UNKNOWN))
            # Kept in the clear by an earlier version.
            plain = table.c.status.is_not(None)
            connection.execute(table.update().where(plain).values(status=None, headers={}, body=None))

    def run(
        self,
        key: str | None,
        account: str,
        body_digest: str,
        act: Callable[[], Answer],
        *,
        ahead: Callable[[], object] | None = None,
    ) -> Answer:
        """Act once under a key, or give what the first request under it was answered.

        Parameters
        ----------
        key : str or None
            The field as it was sent, see `read_key`; None where none was: it acts.
        account : str
            Id of the caller's account; not empty where there is a key.
        body_digest : str
            From `request_digest`.
        act : callable
            Acts and gives the reply. A `Problem` or `FacegateError` of status 4xx that it raises is kept as
            the answer, but for those that are over when their cause is (401, 408, 413, 429): these free the
            key. After any other error nobody knows whether it acted.
        ahead : callable, optional
            Called while the key is looked up, and before `act`, if that is called: what takes a while and
            acts on nothing. Raises nothing.

        Returns
        -------
        Answer
            Of this request, or `replayed`.

        Raises
        ------
        Problem
            400 if the key is in no form that is known, 401 if it is nobody's; 409 if the first is in flight,
            nobody knows how it ended, or what is kept does not open; 422 if it asked for something else.
        FacegateError
            As `act`; `StorageError` if the database is away: nothing has acted then, or nobody knows.
        """
        read = read_key(key)
        if read is None:
            return act()
        if not account:
            raise unknown_caller()
        bound = _mark(read, account), account, self._seal.mark(body_digest)
        kept = self._begun(*bound) if ahead is None else self._begun_beside(bound, ahead)
        if kept is not None:
            return self._earlier(kept, bound)
        return self._first(bound, act)

    def close(self) -> None:
        """Keep what was answered, and end; nothing is asked for any more."""
        self._writer.close()

    def forget(self) -> int:
        """Drop what is older than 24 hours.

        Returns
        -------
        int
            How many were dropped.
        """
        with transaction(self._engine) as connection:
            return connection.execute(_OLD, {"before": self._clock() - KEPT}).rowcount

    def _begun_beside(self, bound: tuple[str, str, str], ahead: Callable[[], object]) -> _Kept | None:
        begun = _BEGINNING.submit(self._begun, *bound)
        ahead()
        return begun.result()

    def _begun(self, mark: str, account: str, asked: str) -> _Kept | None:
        """Take a key, or give what stands under it. The insert decides who is first, in one step."""
        self._writer.settle(mark)
        now = self._clock()
        row = {
            "key_hash": mark,
            "account": account,
            "body_digest": asked,
            "headers": {SEALED_BY: self._seal.name},
            "state": State.IN_FLIGHT,
            "created": now,
        }
        with transaction(self._engine) as connection:
            connection.execute(_OLD, {"before": now - KEPT})
            if connection.execute(self._take, row).rowcount == 1:
                return None
            found = connection.execute(_UNDER, {"mark": mark}).one()
        # A row that somebody else wrote is read as one that does not open, not as an error of ours.
        sealed_by = found.headers.get(SEALED_BY) if isinstance(found.headers, dict) else None
        state = State(found.state) if found.state in set(State) else State.UNKNOWN
        return _Kept(found.body_digest, sealed_by, state, found.body, found.created)

    def _earlier(self, kept: _Kept, bound: tuple[str, str, str]) -> Answer:
        if kept.sealed_by != self._seal.name:  # the key is another's: nor can it be told what was asked
            raise unreadable(kept.created)
        if kept.asked != bound[-1]:
            detail = "this Idempotency-Key was used for another request; take a new one"
            raise Problem(HTTPStatus.UNPROCESSABLE_ENTITY, "idempotency-key-reused", detail)
        if kept.state is State.ANSWERED and kept.sealed is not None:
            return self._opened(kept.sealed, bound, kept.created)
        young = self._clock() - kept.created < IN_FLIGHT_FOR
        raise in_flight() if kept.state is State.IN_FLIGHT and young else outcome_unknown(kept.created)

    def _opened(self, sealed: bytes, bound: tuple[str, str, str], begun: datetime) -> Answer:
        try:
            status, headers, body = self._seal.open(sealed, *bound)
        except VerificationError as error:
            raise unreadable(begun) from error
        return Answer(status, body, headers, replayed=True)

    def _first(self, bound: tuple[str, str, str], act: Callable[[], Answer]) -> Answer:
        try:
            answer = act()
        except (Problem, FacegateError) as error:
            self._refused(bound, error if isinstance(error, Problem) else problem_of(error))
            raise
        except BaseException:
            self._ended(bound, State.UNKNOWN)
            raise
        self._ended(bound, State.ANSWERED, answer)
        return answer

    def _refused(self, bound: tuple[str, str, str], problem: Problem) -> None:
        if problem.status in _NOTHING_HAPPENED:
            with transaction(self._engine) as connection:
                connection.execute(_FREE, {"mark": bound[0]})
        elif problem.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            reply = problem.response()
            headers = {"content-type": reply.headers["content-type"], **problem.headers}
            self._ended(bound, State.ANSWERED, Answer(int(problem.status), bytes(reply.body), headers))
        else:
            self._ended(bound, State.UNKNOWN)

    def _ended(self, bound: tuple[str, str, str], state: State, answer: Answer | None = None) -> None:
        def values() -> dict[str, object]:
            if answer is None:
                return {"state": state}
            return {
                "state": state,
                "body": self._seal.seal(answer.status, answer.headers, answer.body, *bound),
            }

        self._writer.put(bound[0], values)


def in_flight() -> Problem:
    """Say that the first request under a key is still worked on."""
    detail = "the first request under this Idempotency-Key is still worked on; ask again in a moment"
    return Problem(HTTPStatus.CONFLICT, "request-in-flight", detail, headers={"Retry-After": "2"})


def outcome_unknown(begun: datetime) -> Problem:
    """Say that nobody knows how a request ended, and how to find out."""
    why = f"was begun at {_told(begun)} and its end was not recorded"
    detail = f"the first request under this Idempotency-Key {why}. {LOOK}"
    return Problem(HTTPStatus.CONFLICT, "outcome-unknown", detail)


def unreadable(begun: datetime) -> Problem:
    """Say that a request was made, and that what is kept of its answer is not to be believed."""
    why = f"was begun at {_told(begun)}, and what is kept of its answer does not open"
    detail = f"the first request under this Idempotency-Key {why}. {LOOK}"
    return Problem(HTTPStatus.CONFLICT, "kept-answer-unreadable", detail)


def _told(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


def _mark(key: str, account: str) -> str:
    """Give what a key is kept under: two accounts with the same key are two."""
    return request_digest("key", account, key.encode())


def _insert(dialect: str) -> Insert:
    make = postgresql.insert if dialect == "postgresql" else sqlite.insert
    return cast("Insert", make(table).on_conflict_do_nothing(index_elements=["key_hash"]))
