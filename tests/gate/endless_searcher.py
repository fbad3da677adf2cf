"""Searches through one gate until it is killed, and says what it looked at and what it was told."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, cast

from capability_desk import a_desk, ask
from killed import Teller

from facegate.gate.limits.config import Limits

if TYPE_CHECKING:
    from facegate.gallery.gallery import Gallery

SECONDS = 3.0
MANY = 1_000_000
OUT_OF_THE_WAY = Limits(
    case_probes=MANY,
    officer_day_probes=MANY,
    agency_day_probes=MANY,
    subject_agency_searches=MANY,
    subject_searches=MANY,
    subject_agency_approaches=MANY,
    gallery_least=MANY,
    breaker_floor=MANY,
    variants=MANY,
)


class Watched:
    """A gallery that says when it is looked into, before it looks."""

    def __init__(self, gallery: Any, out: Teller) -> None:  # noqa: ANN401  stands in for a gallery
        self._gallery, self._out = gallery, out

    def search(self, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401  passed on
        self._out.tell("looked")
        return self._gallery.search(*arguments, **options)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  all else is the gallery's
        return getattr(self._gallery, name)


def prepare() -> None:
    """Search once: what the first search loads, every process then has."""
    with TemporaryDirectory() as folder, a_desk(Path(folder) / "home") as gate:
        ask(gate)


def begin(folder: str, said: str) -> None:
    """Search; lines are ``looked`` and ``answered INTENT RESULT SEARCH``."""
    until = time.monotonic() + SECONDS
    with a_desk(Path(folder), limits=OUT_OF_THE_WAY) as gate:
        out = Teller(said)
        watched = replace(gate, gallery=cast("Gallery", Watched(gate.gallery, out)))
        while time.monotonic() < until:
            reply = ask(watched)
            out.tell(f"answered {reply.log.intent} {reply.log.result} {reply.search_id}")
