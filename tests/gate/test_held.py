"""When a reply is held: its result is on record, whatever was found, and others go on meanwhile."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
from ready_agency import REQUEST, permit_for
from ready_home import PHOTO
from test_search import NOW, a_gate, ask

from facegate.audit.entry import INTENT, RESULT, parse_entry
from facegate.audit.log import AuditLog
from facegate.audit.storage import read_entries
from facegate.audit.verify import verify_log
from facegate.errors import AuditError, UnusablePhoto
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.review.docket import docket
from facegate.gate.review.findings import CLOSED, close_review
from facegate.gate.review.state import read
from facegate.request import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Held:
    """Writes down what a search had done when it was to be held from, and when it was held."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "log"
        self.ledger: Ledger | None = None
        self.told: list[tuple[str, int, bool]] = []

    def begin(self) -> Callable[[], None]:
        self.say("answered")
        return lambda: self.say("held")

    def say(self, word: str) -> None:
        assert self.ledger is not None
        # Of the files, as anybody finds them: to ask the log itself would bring them up.
        results = sum(parse_entry(entry).kind == RESULT for entry in read_entries(self.folder))
        self.told.append((word, results, free(self.ledger)))


def free(ledger: Ledger) -> bool:
    """Tell whether another thread gets to ask the ledger."""
    got: list[bool] = []

    def take() -> None:
        got.append(ledger.turn.acquire(timeout=10))
        if got[0]:
            ledger.turn.release()

    other = Thread(target=take)
    other.start()
    other.join()
    return got[0]


@pytest.mark.parametrize(
    ("distances", "limits", "n_found"),
    [((0.9,), Limits(), 0), ((0.3,), Limits(), 1), ((0.1, 0.2), Limits(gallery_least=1), 0)],
    ids=["nobody found", "somebody found", "withheld"],
)
def test_it_is_held_once_its_result_is_on_record_and_while_others_go_on(
    tmp_path: Path, distances: tuple[float, ...], limits: Limits, n_found: int
) -> None:
    held = Held(tmp_path)
    with a_gate(tmp_path, *distances, held=held.begin, limits=limits) as gate:
        held.ledger = gate.ledger
        assert ask(gate, REQUEST, PHOTO).n_candidates == n_found
    assert held.told == [("answered", 0, True), ("held", 1, True)]


@pytest.mark.parametrize("distance", [0.9, 0.3], ids=["nobody found", "somebody found"])
def test_nobody_is_told_of_a_result_that_the_files_do_not_say(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, distance: float
) -> None:
    def full(_: AuditLog) -> None:
        msg = "the disk is full"
        raise AuditError(msg)

    with a_gate(tmp_path, distance) as gate:
        permit = permit_for(gate, REQUEST, PHOTO)
        gate.ledger.rows("SELECT 1")
        monkeypatch.setattr(AuditLog, "cover", full)
        with pytest.raises(AuditError, match="the disk is full"):
            gate.search(REQUEST, PHOTO, permit=permit)


@pytest.mark.parametrize("distance", [0.9, 0.3], ids=["nobody found", "somebody found"])
def test_nothing_of_a_search_is_left_to_be_done_beside_its_reply(tmp_path: Path, distance: float) -> None:
    with a_gate(tmp_path, distance) as gate:
        ask(gate, REQUEST, PHOTO)
        assert not gate.ledger._waiting
        assert gate.ledger._size == gate.ledger.log.acknowledged


def test_an_index_that_is_away_takes_no_reply_away_and_the_next_question_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_: Ledger) -> None:
        msg = "the database is away"
        raise AuditError(msg)

    with a_gate(tmp_path, 0.3) as gate:
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "enter_waiting", away)
            assert ask(gate, REQUEST, PHOTO).n_candidates == 1
            broken.setattr(Ledger, "_catch_up", away)
            with pytest.raises(AuditError, match="away"):
                gate.ledger.rows("SELECT 1")
        assert gate.ledger.value("SELECT 1") == 1
        assert verify_log(tmp_path / "log").n_by_kind["result"] == 1


@pytest.mark.parametrize("way", ["found", "nobody", "refused", "no face"])
def test_whoever_is_told_finds_every_record_in_the_files(tmp_path: Path, way: str) -> None:
    with a_gate(tmp_path, 0.3 if way == "found" else 0.9) as gate:
        if way == "no face":
            with pytest.raises(UnusablePhoto):
                ask(gate, REQUEST, b"no photo")
        else:
            ask(gate, SearchRequest(profile=REQUEST.profile) if way == "refused" else REQUEST, PHOTO)
        verified = verify_log(tmp_path / "log")
        assert verified.open_intents == ()
        assert verified.n_by_kind["result"] == 1


def test_a_search_that_found_nobody_is_closed_though_nobody_reviews_it(tmp_path: Path) -> None:
    with a_gate(tmp_path, 0.9) as gate:
        reply = ask(gate, REQUEST, PHOTO)
        kinds = [entry.kind for entry, _ in gate.ledger.log.read(reply.log.intent)]
        assert kinds == [INTENT, RESULT, CLOSED]
        assert read(gate.ledger, reply.search_id).closed


def test_a_review_that_could_not_be_closed_takes_no_reply_away_and_is_closed_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Ledger.record

    def full(ledger: Ledger, kind: str, **how: Any) -> int:  # noqa: ANN401  passed on
        if kind == CLOSED:
            msg = "the disk is full"
            raise AuditError(msg)
        return real(ledger, kind, **how)

    with a_gate(tmp_path, 0.9) as gate:
        with monkeypatch.context() as broken:
            broken.setattr(Ledger, "record", full)
            reply = ask(gate, REQUEST, PHOTO)
        assert (reply.decision, reply.n_candidates) == ("allowed", 0)
        assert not read(gate.ledger, reply.search_id).closed
        due = docket(gate.ledger, now=NOW + timedelta(days=1))
        assert [(one.what, one.search_id) for one in due] == [("closing", reply.search_id)]
        assert close_review(gate.ledger, reply.search_id, at=NOW + timedelta(days=1)) is not None
        assert read(gate.ledger, reply.search_id).closed


def test_a_refusal_of_the_law_is_not_held(tmp_path: Path) -> None:
    held = Held(tmp_path)
    with a_gate(tmp_path, 0.3, held=held.begin) as gate:
        held.ledger = gate.ledger
        reply = gate.search(SearchRequest(profile=REQUEST.profile), PHOTO, permit="")
    assert reply.decision == "refused"
    assert held.told == []
