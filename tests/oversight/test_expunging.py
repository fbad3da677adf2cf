"""Expungement: all records of one search, on two signatures, and the gate's memory of it gone, too."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from capability_desk import NOW, a_desk, ask, portrait

from facegate.audit.sealing.erasure import erased_by
from facegate.errors import AuditError, InputError, PolicyRefusal
from facegate.gate.ledger.event import Event
from facegate.gate.registers.cases import close_case
from facegate.gate.registers.people import register_officer
from facegate.oversight.events import read_events
from facegate.oversight.expunging import expunge_expired, expunge_search, records_of_search
from facegate.oversight.misuse.acting import By
from facegate.oversight.misuse.recording import open_case
from facegate.oversight.retention import set_retention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.search import Gate

ORDER: dict[str, Any] = {
    "basis": "court_order",
    "authority": "Denver Dist. Ct. 26CV1",
    "signed_by": ("77", "31"),
    "at": NOW + timedelta(hours=1),
    "photos": None,
}


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with a_desk(tmp_path / "desk") as desk:
        yield desk


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "desk" / "log"


def kinds(gate: Gate, seqs: tuple[int, ...]) -> list[str]:
    return [entry.kind for entry, _ in gate.ledger.log.read() if entry.seq in seqs]


def counted(gate: Gate) -> int:
    """Count the probes of the officer that the gate remembers."""
    return int(gate.ledger.value("SELECT count(*) FROM limits_search WHERE officer = '8841'"))


def test_permit_intent_and_result_of_a_search_go_together(gate: Gate, log: Path) -> None:
    kept, gone = ask(gate), ask(gate)
    found = records_of_search(read_events(log), gone.search_id)
    assert kinds(gate, found) == ["permit", "intent", "result"]
    assert not set(found) & set(records_of_search(read_events(log), kept.search_id))


def test_after_an_erasure_the_records_stand_and_do_not_open(gate: Gate, log: Path) -> None:
    reply = ask(gate)
    before = gate.ledger.log.size
    seq, seqs = expunge_search(gate.ledger, read_events(log), reply.search_id, **ORDER)
    opened = {entry.seq: opening for entry, opening in gate.ledger.log.read()}
    assert (seq, gate.ledger.log.size) == (before, before + 1)
    assert [opened[one] for one in seqs] == [None, None, None]
    assert sum(opening is None for opening in opened.values()) == 3


def test_the_erasure_names_records_and_basis_in_public_and_seals_the_rest(gate: Gate, log: Path) -> None:
    reply = ask(gate)
    seq, seqs = expunge_search(gate.ledger, read_events(log), reply.search_id, **ORDER)
    [(entry, opening)] = [one for one in gate.ledger.log.read() if one[0].seq == seq]
    assert (entry.kind, entry.public["basis"], entry.public["n_records"]) == ("erasure", "court_order", 3)
    assert [at for some in erased_by(entry) for at in some] == list(seqs)
    assert opening is not None
    assert opening.values == {
        "authority": "Denver Dist. Ct. 26CV1",
        "signed_by_1": "77",
        "signed_by_2": "31",
    }


def test_the_gate_s_own_index_forgets_at_once(gate: Gate, log: Path, tmp_path: Path) -> None:
    reply = ask(gate)
    assert counted(gate) == 1
    expunge_search(gate.ledger, read_events(log), reply.search_id, **{**ORDER, "at": gate.clock()})
    assert counted(gate) == 0
    held = b"".join(one.read_bytes() for one in (tmp_path / "desk").glob("ledger.db*"))
    assert hashlib.sha256(portrait()).hexdigest().encode() not in held
    assert ask(gate).decision == "allowed"


def test_an_erasure_needs_two_signatures_and_erases_nothing_without(gate: Gate, log: Path) -> None:
    reply = ask(gate)
    for signed_by in (("77",), ("77", "77"), ("77", "8841")):
        with pytest.raises(PolicyRefusal):
            expunge_search(
                gate.ledger, read_events(log), reply.search_id, **{**ORDER, "signed_by": signed_by}
            )
    assert all(opening is not None for _, opening in gate.ledger.log.read())


@pytest.mark.parametrize("changes", [{"basis": "wish"}, {"authority": " "}])
def test_an_erasure_names_its_ground(gate: Gate, log: Path, changes: dict[str, str]) -> None:
    reply = ask(gate)
    with pytest.raises(InputError):
        expunge_search(gate.ledger, read_events(log), reply.search_id, **{**ORDER, **changes})
    assert all(opening is not None for _, opening in gate.ledger.log.read())


def test_a_search_by_hand_goes_by_the_number_of_its_record() -> None:
    event = Event(7, "late", NOW, {"agency": "CO0160000"}, {"searched_by": "8841"})
    assert records_of_search([event], "late-7") == (7,)


def test_a_search_that_is_not_there_erases_nothing(gate: Gate, log: Path) -> None:
    with pytest.raises(InputError, match="knows no search"):
        expunge_search(gate.ledger, read_events(log), "nobody", **ORDER)


def close(gate: Gate) -> None:
    at = NOW + timedelta(minutes=2)
    close_case(gate.ledger, agency="CO0160000", case_number="24-001234", closed_by="502", at=at)


STATUTE: dict[str, Any] = {**ORDER, "basis": "statute", "authority": "C.R.S. 24-72-705"}


def test_on_a_statute_no_search_of_an_open_case_goes_and_on_a_court_order_it_does(
    gate: Gate, log: Path
) -> None:
    reply, other = ask(gate), ask(gate)
    with pytest.raises(PolicyRefusal, match="on a statute the search is not erased: its case is open"):
        expunge_search(gate.ledger, read_events(log), reply.search_id, **STATUTE)
    assert all(opening is not None for _, opening in gate.ledger.log.read())
    assert len(expunge_search(gate.ledger, read_events(log), other.search_id, **ORDER)[1]) == 3
    close(gate)
    assert len(expunge_search(gate.ledger, read_events(log), reply.search_id, **STATUTE)[1]) == 3


@pytest.mark.parametrize("names", ["search", "officer"])
def test_on_a_statute_nothing_goes_that_an_inquiry_into_misuse_rests_on(
    gate: Gate, log: Path, names: str
) -> None:
    reply = ask(gate)
    close(gate)
    about: dict[str, Any] = {"searches": [reply.search_id]} if names == "search" else {"officer": "8841"}
    number = open_case(
        gate.ledger,
        agency="CO0160000",
        source="complaint",
        misuse_class="curiosity",
        narrative="a neighbor",
        by=By("502", "CO0160000"),
        at=NOW + timedelta(minutes=3),
        **about,
    )
    with pytest.raises(PolicyRefusal, match=f"misuse case {number} is pending and rests on it"):
        expunge_search(gate.ledger, read_events(log), reply.search_id, **STATUTE)
    assert expunge_search(gate.ledger, read_events(log), reply.search_id, **ORDER)[1]


def test_f12_what_is_past_its_term_is_erased_with_proof_and_only_that(gate: Gate, log: Path) -> None:
    reply = ask(gate)
    set_retention(
        gate.ledger,
        record_class="search",
        days=400,
        reason="statute",
        assessment="thirteen months after the case",
        signed_by=("77", "31"),
        at=NOW + timedelta(minutes=1),
    )
    late = NOW + timedelta(days=500)
    for officer in ("77", "31"):
        register_officer(
            gate.ledger,
            agency="CODMV0000",
            officer=officer,
            role="examiner",
            trained_until="2030-01-01",
            at=late - timedelta(days=1),
        )
    held = expunge_expired(gate.ledger, read_events(log), signed_by=("77", "31"), at=late, photos=None)
    assert held == (-1, ())  # the case is open
    close_case(
        gate.ledger,
        agency="CO0160000",
        case_number="24-001234",
        closed_by="502",
        at=NOW + timedelta(minutes=2),
    )
    assert expunge_expired(
        gate.ledger, read_events(log), signed_by=("77", "31"), at=late - timedelta(days=110), photos=None
    ) == (-1, ())
    seq, seqs = expunge_expired(gate.ledger, read_events(log), signed_by=("77", "31"), at=late, photos=None)
    assert kinds(gate, seqs) == ["intent", "result"]
    assert reply.search_id
    [entry] = [one for one, _ in gate.ledger.log.read() if one.seq == seq]
    assert entry.public["basis"] == "retention"


def test_an_erasure_that_the_disk_refuses_is_finished_when_the_log_is_opened_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with a_desk(tmp_path / "desk") as gate:
        reply = ask(gate)
        monkeypatch.setattr("facegate.audit.sealing.row_keys.RowKeys.write", _full)
        with pytest.raises(AuditError, match="full"):
            expunge_search(gate.ledger, read_events(tmp_path / "desk" / "log"), reply.search_id, **ORDER)
        monkeypatch.undo()
    reopened = [event for event in _reopened(tmp_path / "desk") if event[1] is None]
    assert len(reopened) == 3


def _full(*_: object) -> None:
    raise OSError(28, "the disk is full")


def _reopened(folder: Path) -> list[tuple[int, object]]:
    from facegate.audit.log import AuditLog  # noqa: PLC0415  opened as it is found

    with AuditLog.open(folder / "log", origin="facegate.example/ready") as log:
        assert "erasure" in log.recovered
        return [(entry.seq, opening) for entry, opening in log.read()]
