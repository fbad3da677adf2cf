"""What past probes a probe is like: marks that could not be read are never taken for read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from ready_agency import REQUEST
from ready_home import PHOTO
from test_search import a_gate, ask

from facegate.errors import AuditError
from facegate.gate.limits.kept_marks import KeptTemplates
from facegate.gate.limits.marks import ProbeMarks
from facegate.gate.limits.near import Nearness, PastProbes

if TYPE_CHECKING:
    from pathlib import Path

    from facegate.gate.ledger.ledger import Ledger


def test_templates_that_could_not_be_read_are_read_with_the_next_question(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def away(_store: KeptTemplates, _ledger: Ledger, _since: int) -> None:
        msg = "the database is away"
        raise AuditError(msg)

    # The same template, and hashes like no other's: found by the template alone.
    marks = ProbeMarks("", 0x5555_5555_5555_5555, 0x5555_5555_5555_5555, np.zeros(4, dtype=np.float16))
    with a_gate(tmp_path, 0.9) as gate:
        reply = ask(gate, REQUEST, PHOTO)
        past = PastProbes(gate.ledger, Nearness())
        with monkeypatch.context() as broken:
            broken.setattr(KeptTemplates, "catch_up", away)
            with pytest.raises(AuditError, match="away"):
                past.near(gate.ledger, marks, REQUEST.agency or "", since=0, enough=10)
        near = past.near(gate.ledger, marks, REQUEST.agency or "", since=0, enough=10)
    assert near.own == {reply.log.intent}
