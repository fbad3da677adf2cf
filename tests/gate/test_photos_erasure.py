"""A probe goes with the records of its search, and no probe outlives them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from capability_desk import NOW, a_desk, ask
from photo_files import a_store, files, png

from facegate.errors import PolicyRefusal, StorageError
from facegate.gate.photos.keeping import sweep_probes
from facegate.gate.registers.cases import close_case
from facegate.gate.registers.people import register_officer
from facegate.oversight.events import read_events
from facegate.oversight.expunging import expunge_expired, expunge_search
from facegate.oversight.retention import set_retention

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.photos.store import PhotoStore
    from facegate.gate.search import Gate

SIGNED = ("77", "31")


@pytest.fixture
def gate(tmp_path: Path) -> Iterator[Gate]:
    with a_desk(tmp_path / "desk") as desk:
        yield desk


@pytest.fixture
def store(tmp_path: Path) -> PhotoStore:
    return a_store(tmp_path / "desk")


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "desk" / "log"


def order(store: PhotoStore | None, **changes: Any) -> dict[str, Any]:  # noqa: ANN401  any option
    at = NOW + timedelta(hours=1)
    given = {"basis": "court_order", "authority": "26CV1", "signed_by": SIGNED, "at": at, "photos": store}
    return {**given, **changes}


def probed(gate: Gate, store: PhotoStore) -> str:
    name = str(ask(gate).search_id)
    store.keep_probe(name, png())
    return name


def test_the_probe_of_an_expunged_search_goes_and_others_stay(
    gate: Gate, store: PhotoStore, log: Path
) -> None:
    kept, gone = probed(gate, store), probed(gate, store)
    expunge_search(gate.ledger, read_events(log), gone, **order(store))
    assert (store.probe(gone), store.probe(kept)) == (None, png())


def test_an_erasure_that_is_refused_leaves_the_probe(gate: Gate, store: PhotoStore, log: Path) -> None:
    name = probed(gate, store)
    with pytest.raises(PolicyRefusal):
        expunge_search(gate.ledger, read_events(log), name, **order(store, signed_by=("77",)))
    assert store.probe(name) == png()


def test_the_probe_of_a_search_past_its_term_goes_at_its_end(
    gate: Gate, store: PhotoStore, log: Path
) -> None:
    name, late = probed(gate, store), NOW + timedelta(days=500)
    set_retention(
        gate.ledger,
        record_class="search",
        days=400,
        reason="statute",
        assessment="thirteen months",
        signed_by=SIGNED,
        at=NOW + timedelta(minutes=1),
    )
    close_case(
        gate.ledger,
        agency="CO0160000",
        case_number="24-001234",
        closed_by="502",
        at=NOW + timedelta(minutes=2),
    )
    for officer in SIGNED:
        register_officer(
            gate.ledger,
            agency="CODMV0000",
            officer=officer,
            role="examiner",
            trained_until="2030-01-01",
            at=late - timedelta(days=1),
        )
    early = late - timedelta(days=110)
    expunge_expired(gate.ledger, read_events(log), signed_by=SIGNED, at=early, photos=store)
    assert store.probe(name) == png()
    expunge_expired(gate.ledger, read_events(log), signed_by=SIGNED, at=late, photos=store)
    assert store.probe(name) is None


def test_a_photo_the_disk_did_not_let_go_is_destroyed_by_the_next_sweep(
    gate: Gate, store: PhotoStore, log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    name = probed(gate, store)
    monkeypatch.setattr("facegate.gate.photos.sealed_files.wipe", _refused)
    with pytest.raises(StorageError, match="could not destroy a photo; erase it again"):
        expunge_search(gate.ledger, read_events(log), name, **order(store))
    monkeypatch.undo()
    assert expunge_expired(
        gate.ledger, read_events(log), signed_by=SIGNED, at=NOW + timedelta(hours=2), photos=store
    ) == (-1, ())
    assert store.probe(name) is None


def _refused(_: object) -> None:
    raise OSError(5, "Input/output error")


def test_a_probe_of_no_search_on_the_log_is_swept(gate: Gate, store: PhotoStore, tmp_path: Path) -> None:
    name = probed(gate, store)
    store.keep_probe("of-no-search", png())
    assert sweep_probes(store, gate.ledger) == 1
    assert sweep_probes(store, gate.ledger) == 0
    assert store.probe(name) == png()
    assert len(files(tmp_path / "desk" / "photos")) == 1


def test_where_no_photos_are_kept_nothing_is_swept(gate: Gate) -> None:
    assert sweep_probes(None, gate.ledger) == 0
