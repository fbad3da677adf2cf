"""The desk where dossiers are approved and asked for: facts looked up, permit bound, then the law.

Approving and asking go the same way, so that a permit is issued for exactly what it will be held to.
"""

from __future__ import annotations

import secrets
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.explaining import explained
from facegate.gate.in_force import read_in_force
from facegate.gate.limits.config import read_limits
from facegate.gate.opening import law_in_force
from facegate.gate.permits import Permit, issue
from facegate.gate.reference_key import reference_key
from facegate.gate.registers.conditions import read_published_policy
from facegate.gate.registers.overlays import overlays_in_force
from facegate.gate.review.dossier import DossierRefusal, ask_dossier, may_dossier, what_is_approved
from facegate.gate.standing_facts import SearchMade, Standing, search_made, standing_facts
from facegate.request import Action

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facegate.gate.home import Home
    from facegate.gate.review.dossier import Dossier
    from facegate.gate.review.dossier_copy import RecordSource
    from facegate.gate.search import Gate
    from facegate.policy.facts import Facts
    from facegate.records import FailedRule
    from facegate.request import SearchRequest


@dataclass(frozen=True, slots=True)
class Asked:
    """One candidate of one search about whom something is asked.

    Parameters
    ----------
    request : SearchRequest
        As stated, its ``dossier_fields`` included; its action is taken to be a dossier.
    search_id : str
        The search it rests on.
    rank : int
        Which candidate of its list, from 1.
    """

    request: SearchRequest
    search_id: str
    rank: int

    @property
    def dossier(self) -> SearchRequest:
        """The request, as a dossier."""
        return replace(self.request, action=str(Action.DOSSIER))

    @property
    def bound(self) -> str:
        """What a permit for it binds beyond the request."""
        return what_is_approved(self.request, search_id=self.search_id, rank=self.rank)


@dataclass(frozen=True, slots=True)
class DossierDesk:
    """Asks and approves dossiers of one agency's home.

    Parameters
    ----------
    place : Standing
        What is looked into.
    key : bytes
        32 secret bytes behind the marks of what leaves.
    """

    place: Standing
    key: bytes = field(repr=False)

    def ask(self, asked: Asked, source: RecordSource, *, permit: str, at: datetime) -> Dossier:
        """Ask for the fields; every attempt is recorded before any record is read.

        Parameters
        ----------
        asked : Asked
            What is asked.
        source : RecordSource
            Who keeps the records.
        permit : str
            The permit issued for it; may be anything.
        at : datetime
            Now.

        Raises
        ------
        InputError
            If there is no such search.
        DossierRefusal
            If a rule fails; recorded, and no record was read.
        PolicyRefusal
            If the source gave other fields than those asked for, or an image that cannot carry a mark;
            recorded, and nothing leaves.
        """
        with self.place.ledger.turn:  # or a second thread would use the permit, too
            return self._ask(asked, source, permit=permit, at=at)

    def _ask(self, asked: Asked, source: RecordSource, *, permit: str, at: datetime) -> Dossier:
        made = search_made(self.place.ledger, asked.search_id)
        try:
            return ask_dossier(
                self.place.ledger,
                self.place.engine,
                source,
                asked.dossier,
                self._facts(asked, made, permit=permit, at=at),
                search_id=asked.search_id,
                rank=asked.rank,
                key=self.key,
                at=at,
                overlays=self._overlays(asked, at),
                permit=permit,
            )
        except DossierRefusal as refusal:
            failed = self._explained(made, refusal.failed, at)
            raise DossierRefusal(str(refusal), failed=failed, record=refusal.record) from refusal

    def may(self, asked: Asked, *, at: datetime) -> tuple[FailedRule, ...]:
        """Say what keeps a dossier from being allowed, all but its permit; nothing is recorded.

        Returns
        -------
        tuple of FailedRule
            None of them: a permit may be issued.

        Raises
        ------
        InputError
            If there is no such search.
        """
        made = search_made(self.place.ledger, asked.search_id)
        facts = self._facts(asked, made, permit="", at=at)
        failed = may_dossier(
            self.place.ledger,
            self.place.engine,
            asked.dossier,
            # Without the digest of a probe, erased, there is nothing a permit could bind.
            replace(facts, gate=replace(facts.gate, permit_holds=bool(made.marks.digest))),
            search_id=asked.search_id,
            rank=asked.rank,
            at=at,
            overlays=self._overlays(asked, at),
        )
        return self._explained(made, failed, at)

    def approve(
        self, asked: Asked, *, at: datetime, random_bytes: Callable[[int], bytes] = secrets.token_bytes
    ) -> Permit:
        """Put a permit on the log. Whether it may be issued was decided before, by `may`.

        Raises
        ------
        InputError
            If there is no such search.
        """
        return issue(
            self.place.ledger,
            asked.dossier,
            probe_digest=search_made(self.place.ledger, asked.search_id).marks.digest,
            at=at,
            random_bytes=random_bytes,
            life=timedelta(hours=self.place.limits.permit_hours),
            only_for=asked.bound,
        )

    def _facts(self, asked: Asked, made: SearchMade, *, permit: str, at: datetime) -> Facts:
        return standing_facts(self.place, asked.dossier, made, at, permit=permit, only_for=asked.bound)

    def _overlays(self, asked: Asked, at: datetime) -> tuple[str, ...]:
        return overlays_in_force(self.place.ledger, asked.request.profile, at)

    def _explained(
        self, made: SearchMade, failed: tuple[FailedRule, ...], at: datetime
    ) -> tuple[FailedRule, ...]:
        return explained(
            failed,
            objections=self.place.certificate_objections(at),
            gallery=self.place.gallery.embedder,
            probe=f"the search was by another ({made.embedder_digest[:12] or 'none is recorded'})",
        )


def desk_of(gate: Gate, key: bytes) -> DossierDesk:
    """Make the desk of a gate that is open: the same registers, law, caps and certificate.

    Parameters
    ----------
    gate : Gate
        Open.
    key : bytes
        32 secret bytes behind the marks of what leaves.
    """
    place = Standing(
        gallery=gate.gallery,
        engine=gate.engine,
        ledger=gate.ledger,
        limits=gate.limits,
        in_force=gate.in_force.now(),
        usage_policy=gate.usage_policy,
    )
    return DossierDesk(place, key)


@contextmanager
def open_desk(home: Home) -> Iterator[DossierDesk]:
    """Open the desk of an agency's folder; no model is loaded, because nobody is compared.

    Parameters
    ----------
    home : Home
        The folder; the gallery must be there.

    Yields
    ------
    DossierDesk
        Ready to be asked.

    Raises
    ------
    GalleryError
        If there is no gallery or it is damaged.
    AuditError
        If the log cannot be written.
    InputError
        If the limits or the usage policy cannot be read.
    """
    with ExitStack() as stack:
        gallery = stack.enter_context(Gallery.open(home.gallery))
        ledger = stack.enter_context(open_ledger(home))
        yield DossierDesk(
            Standing(
                gallery=gallery,
                engine=law_in_force(home),
                ledger=ledger,
                limits=read_limits(home.limits),
                in_force=read_in_force(home),
                usage_policy=read_published_policy(home.folder),
            ),
            reference_key(home, ledger, secrets.token_bytes),
        )
