"""A gate of a ready agency, set up otherwise where a test says so: where tests of the capabilities start."""

from __future__ import annotations

import io
import itertools
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from PIL import Image
from ready_agency import ORIGIN, REQUEST, USAGE_POLICY, copy_ready, make_ready, permit_for
from skimage import data as skimage_data
from test_search import ENGINE, IN_FORCE, INFO, FourNumbers, people

from facegate.audit.log import AuditLog
from facegate.gallery.gallery import Gallery
from facegate.gate.books import BOOKS
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.config import Limits
from facegate.gate.registers import setup as setup_file
from facegate.gate.registers.activation import activate_policy
from facegate.gate.registers.cases import amend_case
from facegate.gate.search import Gate
from facegate.policy.facts import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from facegate.gate.reply import SearchReply
    from facegate.request import SearchRequest

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
POLICE, DMV = "CO0160000", "CODMV0000"


@cache
def portrait() -> bytes:
    """One face, as a file."""
    buffer = io.BytesIO()
    Image.fromarray(skimage_data.astronaut()[:300, 80:380]).save(buffer, "PNG")
    return buffer.getvalue()


@cache
def example_setup() -> str:
    """Give the example setup; it loads every law to name one, so it is made once."""
    return setup_file.example_setup()


def example_without(*tables: str) -> str:
    """Give the example setup without every table of these names."""
    kept: list[str] = []
    for block in example_setup().split("\n\n"):
        heads = {line.strip("[]") for line in block.splitlines() if line.startswith("[")}
        if not heads & set(tables):
            kept.append(block)
    return "\n\n".join(kept)


@contextmanager
def a_desk(
    folder: Path,
    *,
    setup: str = "",
    at: datetime = NOW,
    **changes: Any,  # noqa: ANN401  any field of Gate
) -> Iterator[Gate]:
    """Open a gate over one person who looks like the portrait; of the example agency, or as set up."""
    seconds, counter = itertools.count(), itertools.count(1_000)

    def random_bytes(n: int) -> bytes:
        return next(counter).to_bytes(n)

    if not setup:
        copy_ready(folder)
    with (
        patch("os.fsync"),  # that a record waits for the disk is tested with the log
        Gallery.create(folder / "gallery", INFO) as gallery,
        AuditLog.open(folder / "log", origin=ORIGIN) as log,
        Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=random_bytes) as ledger,
    ):
        if setup:
            make_ready(ledger, setup=setup)
        gallery.enroll(people(0.1))
        gate = Gate(
            gallery=gallery,
            embedder=FourNumbers(),
            engine=ENGINE,
            ledger=ledger,
            limits=Limits(),
            in_force=IN_FORCE,
            usage_policy=USAGE_POLICY,
            clock=lambda: at + timedelta(seconds=next(seconds)),
            random_bytes=random_bytes,
        )
        yield replace(gate, **changes)


def ask(gate: Gate, **changes: Any) -> SearchReply:  # noqa: ANN401  any field of the request
    """Ask with a permit for exactly this: no refusal is for want of one."""
    request = replace(REQUEST, **changes)
    return gate.search(request, portrait(), permit=permit_for(gate, request, portrait()))


def refused(gate: Gate, **changes: Any) -> set[str]:  # noqa: ANN401  any field of the request
    """Ask, and give the rules by which it was refused; a refusal shows nobody and looks at nothing."""
    before = gate.embedder.calls if isinstance(gate.embedder, FourNumbers) else 0
    reply = ask(gate, **changes)
    rules = {rule.rule_id for rule in reply.failed_rules}
    if rules:
        assert (reply.n_candidates, reply.decision) == (0, "refused")
        assert isinstance(gate.embedder, FourNumbers)
        assert gate.embedder.calls == before
    return rules


def refused_in_law(profile: str, *overlays: str, **changes: Any) -> set[str]:  # noqa: ANN401  any field of the request
    """Ask the law alone, every register saying yes, and give the rules by which it refuses."""
    request: SearchRequest = replace(REQUEST, profile=profile, **changes)
    decided = ENGINE.decide(request, in_order(request), NOW, overlays=overlays)
    return {rule.rule_id for rule in decided.failed}


def activate(gate: Gate, *overlays: str, first_day: str = "2026-11-22") -> None:
    """Put the example's law in force with overlays, signed by two."""
    activate_policy(
        gate.ledger,
        profile=REQUEST.profile,
        overlays=overlays,
        policy_digest=ENGINE.digest(REQUEST.profile, overlays),
        authority="C.R.S. 24-72-302(3)",
        first_day=first_day,
        signed_by=("77", "31"),
        at=gate.clock(),
    )


def amend(gate: Gate, offense_code: str) -> None:
    """Have the case's clerk put another offense on the case, so that a search may state it."""
    amend_case(
        gate.ledger,
        agency=POLICE,
        case_number="24-001234",
        offense_code=offense_code,
        amended_by="502",
        reason="as the investigation found",
        at=gate.clock(),
    )


def log_of(gate: Gate, kind: str) -> list[tuple[dict[str, Any], dict[str, str]]]:
    """Give public and sealed parts of every record of a kind."""
    read = [(entry, opening) for entry, opening in gate.ledger.log.read() if entry.kind == kind]
    return [(dict(entry.public), dict(opening.values) if opening else {}) for entry, opening in read]
