"""The caps that a log was counted against: on it once, and every intent names them."""

from __future__ import annotations

import secrets
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, cast

import pytest
from limits_desk import NOW

from attacks import MemoryLog  # isort: skip
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits, limits_digest
from facegate.gate.limits.recorded import LimitsBook, record_limits

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    log = cast("Any", MemoryLog())
    with Ledger.open(tmp_path / "l.db", log, (LimitsBook(),), random_bytes=secrets.token_bytes) as made:
        yield made


def test_caps_are_recorded_once_with_every_value_and_nothing_but_numbers(ledger: Ledger) -> None:
    digests = {record_limits(ledger, Limits(), NOW) for _ in range(3)}
    ((entry, opening),) = ledger.log.read()
    assert opening is not None
    assert (entry.kind, digests, opening.values) == ("limits", {limits_digest(Limits())}, {})
    values = {name: value for name, value in entry.public.items() if name not in {"kind", "time", "digest"}}
    assert values == asdict(Limits())


def test_caps_that_were_changed_and_changed_back_are_two_records(ledger: Ledger) -> None:
    first, loose = Limits(), Limits(case_probes=50)
    given = [record_limits(ledger, limits, NOW) for limits in (first, loose, first)]
    assert given == [limits_digest(first), limits_digest(loose), limits_digest(first)]
    assert [entry.public["case_probes"] for entry, _ in ledger.log.read()] == [10, 50]
