"""A forger who has the keys of the sealed part: other values in the place of those that were sealed."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from facegate.audit.log import AuditLog, Record
from facegate.audit.sealing.sealed import Opening, SealedStore
from facegate.audit.storage import SEALED, read_checkpoint

if TYPE_CHECKING:
    from pathlib import Path


def reseal(log: Path, seq: int, **changed: str) -> None:
    """Change sealed fields of one record, encrypted as the log would have done it."""
    with closing(SealedStore(log / SEALED)) as store:
        held = store.get(seq)
        if held is None:
            msg = f"nothing to change in record {seq}"
            raise LookupError(msg)
        box = store._sealed(seq, Opening(held.record_key, {**held.values, **changed}))
        store._run("UPDATE openings SET box = ? WHERE seq = ?", box, seq)


def unseal(log: Path, *seqs: int) -> None:
    """Erase what opens some records, on record."""
    with AuditLog.open(log, origin=read_checkpoint(log).origin) as opened:
        erase(opened, *seqs)


def erase(log: AuditLog, *seqs: int) -> None:
    """Erase what opens some records of an open log, on record."""
    time = list(log.read())[-1][0].public["time"]
    log.erase(seqs, Record({"time": time, "basis": "court_order"}, {}, bytes(32)))


def destroy(log: Path, *seqs: int) -> None:
    """Destroy what opens some records, without a word on the log."""
    with closing(SealedStore(log / SEALED)) as store:
        store.erase(seqs)


def delete(log: Path, seq: int) -> None:
    """Delete a row as somebody would who has a database tool and no key."""
    with closing(SealedStore(log / SEALED)) as store:
        store._run("DELETE FROM openings WHERE seq = ?", seq)
