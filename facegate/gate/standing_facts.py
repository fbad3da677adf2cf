"""Facts of a request that sends no probe of its own: a dossier, which rests on a search that was made.

- Registers are asked as for a search.
- What the gate finds out by looking at a probe is taken from the record of that search: its digest (a permit
  binds it), that it was a photo, and the model that compared it, which must still be the gallery's.
- A dossier is no probe and no variant of one. So it is counted as the search it rests on was, and nobody has
  to clear one more variant; all that waits for a supervisor, or is used up, still refuses.

Not counted here: how many dossiers a case has asked for. Each needs a released lead and a permit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from facegate.evaluation.certificates.check import Use
from facegate.gate.limits.counting import count
from facegate.gate.limits.marks import ProbeMarks
from facegate.gate.permits import permit_holds
from facegate.gate.registers.facts import look_up
from facegate.gate.registers.overlays import overlays_in_force
from facegate.gate.review.state import read
from facegate.request import Action

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gallery.gallery import Gallery
    from facegate.gate.in_force import InForce
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.policy.engine import PolicyEngine
    from facegate.policy.facts import Facts, GateFacts
    from facegate.request import SearchRequest


@dataclass(frozen=True, slots=True)
class Standing:
    """What is looked into, opened together.

    Parameters
    ----------
    gallery : Gallery
        What was searched.
    engine : PolicyEngine
        The law.
    ledger : Ledger
        Registers, counters, and the log.
    limits : Limits
        Caps in force.
    in_force : InForce
        The certificate in force, or why there is none.
    usage_policy : bytes or None
        The usage policy in force here; None if there is none.
    """

    gallery: Gallery
    engine: PolicyEngine
    ledger: Ledger
    limits: Limits
    in_force: InForce
    usage_policy: bytes | None

    def certificate_objections(self, at: datetime) -> tuple[str, ...]:
        """Say what keeps the certificate from holding for this gallery now, one sentence each."""
        use = Use(
            embedder_digest=self.gallery.embedder.digest,
            at=at,
            gallery_size=self.gallery.n_subjects,
            gallery_synthetic=self.gallery.synthetic,
        )
        return self.in_force.objections(use)


@dataclass(frozen=True, slots=True)
class SearchMade:
    """What the log says of the search that a request rests on.

    Parameters
    ----------
    marks : ProbeMarks
        Of its probe; empty after an erasure, and then no permit holds.
    embedder_digest : str
        The model that compared it.
    searched : bool
        The gallery answered, and the list was not withheld: a photo had been looked at.
    """

    marks: ProbeMarks
    embedder_digest: str
    searched: bool


def search_made(ledger: Ledger, search_id: str) -> SearchMade:
    """Read what the log says of a search.

    Parameters
    ----------
    ledger : Ledger
        With the book of reviews.
    search_id : str
        Which search; may be anything.

    Raises
    ------
    InputError
        If there is no such search.
    """
    outcome = read(ledger, search_id).outcome
    intent = ledger.value("SELECT intent FROM review_searches WHERE search_id = ?", search_id)
    entry, opening = next(iter(ledger.log.read(intent)))
    return SearchMade(
        marks=ProbeMarks.unpack({} if opening is None else opening.values),
        embedder_digest=str(entry.public.get("embedder_digest", "")),
        searched=outcome == "searched",
    )


def standing_facts(
    place: Standing,
    request: SearchRequest,
    made: SearchMade,
    at: datetime,
    *,
    permit: str = "",
    only_for: str = "",
) -> Facts:
    """Look up every fact of a request that rests on a search made before.

    Parameters
    ----------
    place : Standing
        What is looked into.
    request : SearchRequest
        As stated.
    made : SearchMade
        The search it rests on.
    at : datetime
        Now.
    permit : str
        The permit named; may be anything.
    only_for : str
        What the permit must bind beyond request and probe.

    Returns
    -------
    Facts
        Nothing is true that nobody looked up.
    """
    overlays = overlays_in_force(place.ledger, request.profile, at)
    known = look_up(
        place.ledger,
        request,
        at,
        policy_digest=place.engine.digest(request.profile, overlays),
        published_policy=place.usage_policy,
        overlays=overlays,
    )
    digest = made.marks.digest
    gate = replace(
        _counted(place, request, made, at, known.gate),
        permit_holds=bool(digest)
        and permit_holds(place.ledger, permit, request, probe_digest=digest, now=at, only_for=only_for),
        right_door=request.action == Action.DOSSIER,
        probe_is_photo=made.searched,
        certificate_holds=not place.certificate_objections(at),
        embedder_fits=made.embedder_digest == place.gallery.embedder.digest,
    )
    return replace(known, gate=gate)


def _counted(
    place: Standing, request: SearchRequest, made: SearchMade, at: datetime, known: GateFacts
) -> GateFacts:
    """Add what the counters say: of the probe as it was searched, and of variants as nobody sends one."""
    counted = count(place.ledger, place.limits, request, at, place.gallery.n_subjects)
    searched, unsent = counted.with_marks(made.marks), counted.with_marks(None)
    return replace(known, **{**searched.gate_facts(), "variants_cleared": unsent.variants_cleared})
