"""A log told as a story: events for reports, put together by hand, without a gate."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from facegate.gate.ledger.event import Event
from facegate.oversight.sources import LogState

if TYPE_CHECKING:
    from facegate.audit.canonical import JSONValue

LOG = LogState("facegate.example/told", 0, "00" * 32)
ORDER = {"instrument": {"kind": "order"}}
EXIGENT = {"exigency": {"at": "2023-10-02"}}


def at(text: str) -> datetime:
    """Read a day, or a moment of one, in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class Told:
    """Events in order.

    Parameters
    ----------
    profile : str
        The law of its searches.
    """

    def __init__(self, profile: str = "") -> None:
        self.events: list[Event] = []
        self._profile = profile

    def add(self, kind: str, day: str, sealed: dict[str, str] | None = None, /, **public: JSONValue) -> int:
        """Add one record; give its position."""
        self.events.append(Event(len(self.events), kind, at(day), public, sealed or {}))
        return len(self.events) - 1

    def agency(self, ori: str, *, agency_class: str = "police", state: str = "CO") -> None:
        """Register an agency."""
        self.add("agency", "2020-01-01", ori=ori, agency_class=agency_class, state=state)

    def gallery(
        self, name: str, *, owner: str, source: str = "license photos", kind: str = "license"
    ) -> None:
        """Register a gallery."""
        provenance = {"source": source}
        self.add("gallery", "2020-01-01", gallery=name, owner=owner, gallery_kind=kind, provenance=provenance)

    def search(
        self,
        day: str,
        *,
        agency: str = "A00000001",
        gallery: str = "dl",
        offense: str = "robbery",
        purpose: str = "criminal_investigation",
        agency_class: str = "police",
        n_candidates: int | None = 0,
        stated: dict[str, object] | None = None,
        case: str = "24-1",
        **public: JSONValue,
    ) -> str:
        """Ask for a search, and have its result; None leaves the result out. Give its id."""
        number = len(self.events)
        search_id = f"search-{number}"
        question = {"request": {"context": {"probeSource": "cctv", **(stated or {})}}}
        asked: dict[str, JSONValue] = {
            "search_id": search_id,
            "action": "imageComparison",
            "agency": agency,
            "agency_class": agency_class,
            "gallery": gallery,
            "offense_class": offense,
            "purpose": purpose,
            "profile": self._profile,
            "decision": "allowed",
            "embedder_digest": "ab" * 32,
            **public,
        }
        sealed = {"question": json.dumps(question), "case_number": case, "requester": "8841"}
        self.add("intent", day, sealed, **asked)
        if n_candidates is not None:
            found: dict[str, JSONValue] = {"search_id": search_id, "n_candidates": n_candidates}
            self.add("result", day, intent=number, outcome="searched", **found)
        return search_id

    def reviewed(self, search_id: str, day: str, *, n_agreed: int) -> None:
        """Close a review."""
        self.add(
            "review-closed",
            day,
            search_id=search_id,
            decision="allowed",
            outcome="reviewed",
            n_agreed=n_agreed,
        )

    def released(self, search_id: str, day: str, *, n_leads: int) -> None:
        """Release the list."""
        self.add("release", day, search_id=search_id, decision="allowed", n_leads=n_leads)

    def outcome(self, search_id: str, day: str, what: str) -> None:
        """Record what came of a search."""
        self.add("outcome", day, {"offense_charged": "1201"}, search_id=search_id, what=what, day=day[:10])

    def person(
        self, search_id: str, day: str, of: str, *, sex: str = "male", race: str = "white", age: str = "25_34"
    ) -> None:
        """Record demographics."""
        self.add("demographics", day, {"sex": sex, "race": race, "age_band": age}, search_id=search_id, of=of)
