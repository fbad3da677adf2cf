"""One guarded search: the only way to search the gallery in serving.

The order is the safety:

1. what registers, counters and the certificate say of the request is looked up, nothing being assumed;
2. the law decides, with every overlay in force, and names every rule that fails;
3. only if it permits, the probe becomes a template, and the law is asked again with what the photo is known
   by: the same face sent again, recompressed or mirrored, counts together;
4. the intent record is durable, or nothing goes on. It uses up the permit;
5. a refusal ends here, with its result record;
6. a one-use token is made from the intent, and the gallery demands it;
7. whoever was shown too often is left out of the list, and a list of too many different people is withheld;
8. the result record is durable, or no candidate leaves; if nobody was found, the review is closed;
9. only then, and when the checkpoint of the log covers the result, the reply. Where it is asked for, it goes
   after the same time whatever was found (`Gate.held`). It says how many candidates wait for review, and
   shows none of them.

Several threads may ask at once. From the last look at registers and counters to 4, and from 7 to 8, one goes
at a time: between "this permit is not used" and the record that uses it up, and between "shown often enough"
and the record that counts once more, nobody else asks. Looking at a photo and searching wait for no turn.

An attempt that breaks off after 2 still gets a result record that says so; if the machine dies, the intent
without a result stays visible as a gap in ``facegate log verify``.

Not protected here: somebody who reads the gallery's files without the gate.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facegate.audit.entry import REFUSED
from facegate.errors import AuditError, UnusablePhoto
from facegate.evaluation.certificates.check import Use
from facegate.faces.photo import only_face
from facegate.gallery.token import SearchToken
from facegate.gate.attempt import (
    NOBODY_FOUND,
    WITHHELD,
    Asked,
    Attempt,
    record_intent,
    record_result,
    relied_on,
)
from facegate.gate.explaining import explained
from facegate.gate.ledger.ledger import writable
from facegate.gate.ledger.texts import record_texts
from facegate.gate.limits.counting import count
from facegate.gate.limits.listing import after_search
from facegate.gate.limits.marks import file_marks, perceptual_hashes, probe_marks
from facegate.gate.limits.recorded import record_limits
from facegate.gate.looked_up import LookedUp
from facegate.gate.permits import permit_holds
from facegate.gate.registers.facts import look_up
from facegate.gate.registers.overlays import overlays_in_force
from facegate.gate.reply import GallerySeen, LogPlace, SearchReply, certificate_seen
from facegate.gate.review.findings import close_at_once
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.request import COMPARISONS
from facegate.threads import Threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import datetime

    from facegate.decision import Vectors
    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.faces.embedder import Embedder
    from facegate.gallery.gallery import Gallery
    from facegate.gate.in_force import Adopted, InForce
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.gate.limits.counting import Counted, LimitFacts
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.gate.reply import CertificateSeen
    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.policy.facts import Facts
    from facegate.records import Candidate, CandidateList, FailedRule
    from facegate.request import SearchRequest


_HASHING = Threads(2, "hashing-probes")
LONGEST_PROFILE_NAME = 64  # of what is echoed back: the request may hold anything


def _untimed(_stage: str) -> AbstractContextManager[None]:
    return nullcontext()


def _nobody_told(_search_id: str) -> None:
    return


def _at_once() -> Callable[[], None]:
    return lambda: None


@dataclass(frozen=True, slots=True)
class Gate:
    """Everything one guarded search needs; time and randomness are given, not taken.

    Parameters
    ----------
    gallery : Gallery
        What is searched.
    embedder : Embedder
        Makes the probe's template; must be the one that made the gallery's.
    engine : PolicyEngine
        The law.
    ledger : Ledger
        Registers and counters, and the log where every attempt is recorded before and after.
    limits : Limits
        Caps in force.
    in_force : InForce or Adopted
        The certificate in force, or why there is none; it brings the threshold. Of one that may be replaced
        meanwhile, each search takes what is in force when it begins, and relies on it to its end.
    usage_policy : bytes or None
        The usage policy in force here; None if there is none.
    clock : callable
        Gives the time, with its zone; read once per record.
    random_bytes : callable
        Source of ids and of the keys that seal record fields.
    shown : list
        What is told of the certificate, kept between searches; leave it empty.
    timed : callable
        Gives a context manager for a stage by its name, of ``policy``, ``detect`` (opening the photo
        included), ``embed``, ``log``, ``search`` and ``held``: whoever wants to know how long each takes.
    held : callable
        Called when the gallery has compared every template; what it gives is called once the result is on
        record, before the reply is given, in no turn. Whoever lets it wait for a set time keeps the time of
        a reply from telling whether somebody was found: a list is sorted, and asked about, and none is not.
    """

    gallery: Gallery
    embedder: Embedder
    engine: PolicyEngine
    ledger: Ledger
    limits: Limits
    in_force: InForce | Adopted
    usage_policy: bytes | None
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes] = field(repr=False)
    shown: list[tuple[Certificate | None, CertificateSeen | None]] = field(default_factory=list, repr=False)
    timed: Callable[[str], AbstractContextManager[None]] = field(default=_untimed, repr=False)
    held: Callable[[], Callable[[], None]] = field(default=_at_once, repr=False)

    def search(
        self,
        request: SearchRequest,
        probe: bytes,
        *,
        permit: str = "",
        original_digest: str = "",
        on_intent: Callable[[str], object] = _nobody_told,
        ahead: LookedUp | None = None,
    ) -> SearchReply:
        """Ask for one image comparison.

        Parameters
        ----------
        request : SearchRequest
            What the requester states.
        probe : bytes
            The photo file as it was sent.
        permit : str
            The permit that was issued for it.
        original_digest : str
            SHA-256 of what was sent, where the probe was written anew from it (opened, turned upright, its
            metadata left out); sealed in the intent, so that the file of a case can be shown to be the one.
        on_intent : callable
            Called with the search's id once the intent of a search that is allowed is durable, before the
            gallery is searched; should be quick. What it raises breaks the search off, and is recorded.
        ahead : LookedUp, optional
            From `look_up`, of this request; what does not hold any more is looked up again.

        Returns
        -------
        SearchReply
            Allowed, with the number of candidates that wait for review (perhaps none), or refused with
            every failed rule. Either way two records are on the log.

        Raises
        ------
        UnusablePhoto
            If the probe is unreadable, faceless or shows several faces; recorded.
        AuditError
            If a record cannot be written; nothing is searched, or nothing is told.
        GalleryError
            If the gallery cannot be searched; recorded.
        """
        marks = file_marks(probe)
        gate = self._relying_on_one()
        with self.ledger.turn:
            with self.timed("policy"):
                attempt = gate._attempt(request, probe, permit, original_digest)  # noqa: SLF001  this gate itself
                if ahead is not None and ahead.holds_for(attempt, self.ledger.log.acknowledged):
                    attempt = replace(attempt, at=ahead.at)  # asked then: the same question, the same answer
                else:
                    ahead = None
                asked = gate._asked(attempt, marks, ahead)  # noqa: SLF001  1, 2
            if not asked.decided.permitted:
                return gate._refused(asked, marks)  # noqa: SLF001
        return gate._search(asked, marks, on_intent)  # noqa: SLF001

    def look_up(self, request: SearchRequest) -> LookedUp:
        """Look up what registers and counters say of a request, before its photo is there.

        Nothing is recorded. The law is asked what it says if permit and photo are in order: that counts for
        a search where they are found to be, and it is asked again where not.

        Parameters
        ----------
        request : SearchRequest
            What will be asked.

        Returns
        -------
        LookedUp
            For `search`.

        Raises
        ------
        AuditError
            If the ledger cannot be asked.
        """
        return self._relying_on_one()._looked_up_ahead(request)  # noqa: SLF001  this gate itself

    def _relying_on_one(self) -> Gate:
        """Give this gate with the certificate that is in force now, and with no other later."""
        return replace(self, in_force=self.in_force.now())

    def _search(self, asked: Asked, marks: ProbeMarks, on_intent: Callable[[str], object]) -> SearchReply:
        """Go on with what the law permits so far."""
        template, marks = self._looked_at(asked, marks)  # 3
        with self.ledger.turn:
            with self.timed("policy"):
                asked = self._asked_again(asked, marks)
            if not asked.decided.permitted:
                return self._refused(asked, marks)
            intent = self._record_intent(asked, marks)  # 4
        with self._broken_off_is_recorded(asked.attempt, intent):
            on_intent(asked.attempt.search_id)
        return self._searched(asked, intent, template, marks)

    def may(self, request: SearchRequest, probe: bytes) -> tuple[FailedRule, ...]:
        """Say what keeps a search from being permitted, all but its permit; nothing is recorded.

        Parameters
        ----------
        request : SearchRequest
            What would be asked.
        probe : bytes
            The photo file, known by its digest only: it is not looked at.

        Returns
        -------
        tuple of FailedRule
            None of them: a permit may be issued.
        """
        return self.dry_run(request, probe).failed

    def dry_run(self, request: SearchRequest, probe: bytes = b"") -> PolicyDecision:
        """Decide as for a search whose permit is in order; nothing is searched and nothing recorded.

        Parameters
        ----------
        request : SearchRequest
            What would be asked.
        probe : bytes
            The photo file, known by its digest only: it is not looked at. Empty if there is none yet: then
            it is no variant of any.

        Returns
        -------
        PolicyDecision
            With every rule that would refuse.
        """
        return self._relying_on_one()._dry_run(request, probe)  # noqa: SLF001  this gate itself

    def _dry_run(self, request: SearchRequest, probe: bytes) -> PolicyDecision:
        with self.ledger.turn:
            asked = self._asked(self._attempt(request, probe, ""), file_marks(probe))
            decided = self._decide(asked.attempt, with_permit(asked.facts, holds=True))
            return replace(decided, failed=self._explained(asked.attempt, decided.failed))

    def _attempt(
        self, request: SearchRequest, probe: bytes, permit: str, original_digest: str = ""
    ) -> Attempt:
        now = self.clock()
        self.gallery.refresh()  # whoever was withdrawn a moment ago is not in the gallery the intent names
        return Attempt(
            search_id=new_search_id(now, self.random_bytes(RANDOM_BYTES)),
            at=now,
            request=request,
            permit_id=permit,
            probe=probe,
            gallery=GallerySeen(self.gallery.digest, self.gallery.n_subjects, self.gallery.synthetic),
            overlays=overlays_in_force(self.ledger, request.profile, now),
            original_digest=original_digest,
        )

    def _asked(self, attempt: Attempt, marks: ProbeMarks, ahead: LookedUp | None = None) -> Asked:
        """Look everything up, or what was not yet, and ask the law."""
        with self.ledger.reading():
            log_size = self.ledger.log.acknowledged
            known, counted = (ahead.known, ahead.counted) if ahead else self._looked_up(attempt)
            limits = counted.with_marks(marks)
            holds = permit_holds(
                self.ledger,
                attempt.permit_id,
                attempt.request,
                probe_digest=marks.digest,
                now=attempt.at,
            )
            facts = with_permit(with_limits(self._facts(attempt, known), limits), holds=holds)
        # What the law was asked ahead took permit and photo to be in order.
        same = ahead is not None and ahead.facts == facts
        decided = ahead.decided if ahead is not None and same else self._decide(attempt, facts)
        return Asked(attempt, log_size, counted, limits, facts, decided)

    def _looked_up_ahead(self, request: SearchRequest) -> LookedUp:
        """Look up, and ask the law as if permit and photo were in order."""
        with self.ledger.turn:
            attempt = self._attempt(request, b"", "")
            with self.ledger.reading():
                log_size = self.ledger.log.acknowledged
                known, counted = self._looked_up(attempt)
                limits = counted.with_marks(file_marks(b""))
        facts = with_permit(with_limits(self._facts(attempt, known), limits), holds=True)
        return LookedUp(attempt, log_size, counted, known, facts, self._decide(attempt, facts))

    def _looked_up(self, attempt: Attempt) -> tuple[Facts, Counted]:
        """Ask registers and counters; nothing is true that nobody looked up."""
        request, overlays = attempt.request, attempt.overlays
        known = look_up(
            self.ledger,
            request,
            attempt.at,
            policy_digest=self.engine.digest(request.profile, overlays),
            published_policy=self.usage_policy,
            overlays=overlays,
        )
        return known, count(self.ledger, self.limits, request, attempt.at, attempt.gallery.n_subjects)

    def _asked_again(self, asked: Asked, marks: ProbeMarks) -> Asked:
        """Ask again now that the photo was looked at; what others recorded meanwhile counts as well."""
        attempt = asked.attempt
        if self.ledger.log.acknowledged != asked.log_size:
            now = self.clock()  # nor may this be recorded as if it had been before theirs
            overlays = overlays_in_force(self.ledger, attempt.request.profile, now)
            return self._asked(replace(attempt, at=now, overlays=overlays), marks)
        limits = asked.counted.with_marks(marks)
        facts = with_limits(asked.facts, limits)
        # Else it is the same question again.
        decided = asked.decided if facts == asked.facts else self._decide(attempt, facts)
        return replace(asked, limits=limits, facts=facts, decided=decided)

    def _decide(self, attempt: Attempt, facts: Facts) -> PolicyDecision:
        return self.engine.decide(attempt.request, facts, attempt.at, overlays=attempt.overlays)

    def _facts(self, attempt: Attempt, known: Facts) -> Facts:
        """Add to what registers know what certificate and embedder say."""
        gate = replace(
            known.gate,
            right_door=attempt.request.action in COMPARISONS,
            probe_is_photo=True,  # bytes of a photo are all this takes: there is no way in for a template
            certificate_holds=not self._objections(attempt),
            embedder_fits=self.embedder.info.digest == self.gallery.embedder.digest,
        )
        return replace(known, gate=gate)

    def _objections(self, attempt: Attempt) -> tuple[str, ...]:
        """Say what keeps the certificate from holding here and now."""
        use = Use(
            embedder_digest=self.gallery.embedder.digest,
            at=attempt.at,
            gallery_size=attempt.gallery.n_subjects,
            gallery_synthetic=attempt.gallery.synthetic,
        )
        return self.in_force.now().objections(use)

    def _explained(self, attempt: Attempt, failed: tuple[FailedRule, ...]) -> tuple[FailedRule, ...]:
        mine = self.embedder.info
        return explained(
            failed,
            objections=self._objections(attempt),
            gallery=self.gallery.embedder,
            probe=f"the probe would be by {mine.name} ({mine.digest[:12]})",
        )

    def _looked_at(self, asked: Asked, marks: ProbeMarks) -> tuple[Vectors, ProbeMarks]:
        """Turn a probe that may be searched into a template of shape (d,), and what it is known by."""
        attempt = asked.attempt
        try:
            with self.timed("detect"):
                face = only_face(attempt.probe)
            # Beside the network: both need the chip alone.
            hashes = _HASHING.submit(perceptual_hashes, face.chip)
            with self.timed("embed"):
                template: Vectors = self.embedder.embed(face.chip[None])[0]
            return template, probe_marks(marks.digest, hashes.result(), template)
        except BaseException as error:
            # Whatever a photo does to the decoder or the network: that it was sent is on the log.
            with self.ledger.turn:
                asked = self._asked_again(asked, marks)
                intent = self._record_intent(asked, marks)
                outcome = _broken_off(error) if asked.decided.permitted else REFUSED
                self._record_result(asked.attempt, intent, outcome, failed=asked.decided.failed)
            raise

    def _refused(self, asked: Asked, marks: ProbeMarks) -> SearchReply:
        """Record a refusal, and say what failed."""
        intent = self._record_intent(asked, marks)  # 4
        with self._broken_off_is_recorded(asked.attempt, intent):
            failed = self._explained(asked.attempt, asked.decided.failed)
        result = self._record_result(asked.attempt, intent, REFUSED, failed=failed)  # 5
        return self._reply(asked.attempt, intent, result, failed=failed)

    def _searched(self, asked: Asked, intent: int, template: Vectors, marks: ProbeMarks) -> SearchReply:
        """Search, and show no more than how many wait; the intent is on the log."""
        attempt = asked.attempt
        holds: list[Callable[[], None]] = []
        with ExitStack() as turn:
            with self._broken_off_is_recorded(attempt, intent):
                token = SearchToken(
                    intent_index=intent,
                    probe_digest=marks.digest,
                    gallery_digest=attempt.gallery.digest,
                )  # 6
                with self.timed("search"):
                    found = self.gallery.search(
                        template,
                        threshold=self._certificate.decides,
                        limit=attempt.request.candidate_limit or 1,
                        token=token,
                        margin=self.limits.approach_margin,
                        on_compared=lambda: holds.append(self.held()),
                    )
                turn.enter_context(self.ledger.turn)
                told = after_search(
                    self.ledger, self.limits, attempt.request, found, attempt.at, attempt.gallery.n_subjects
                )  # 7
            found, withheld = told.listed, told.withheld
            outcome = WITHHELD if withheld else "searched"
            result = self._record_result(
                attempt,
                intent,
                outcome,
                found=found,
                omitted=told.omitted,
                failed=withheld,
                cover=False,
            )  # 8
            shown = NOBODY_FOUND if withheld else found
            reply = self._reply(attempt, intent, result, failed=withheld, found=shown)
        with self.timed("held"):
            if not (withheld or found.candidates):
                self._close_review(attempt)
            with suppress(AuditError):  # the next question says so
                self.ledger.enter_waiting()  # or it is done beside the reply, only of what found somebody
            self.ledger.log.cover()
            for hold in holds:
                hold()
        return replace(reply, n_tries=asked.limits.n_variants + 1)  # 9

    @property
    def _seen(self) -> CertificateSeen | None:
        """The certificate as it is shown and recorded, put together once: it is the same for every search."""
        certificate, kept = self.in_force.certificate, self.shown[:1]
        if kept and kept[0][0] is certificate:
            return kept[0][1]
        seen = certificate_seen(certificate)
        self.shown[:] = [(certificate, seen)]
        return seen  # not what is kept: another search may rely on a newer certificate meanwhile

    @property
    def _certificate(self) -> Certificate:
        """The certificate in force; only reached when it holds."""
        certificate = self.in_force.certificate
        if certificate is None:
            msg = "the gate searched without a certificate"
            raise RuntimeError(msg)
        return certificate

    def _record_intent(self, asked: Asked, marks: ProbeMarks) -> int:
        attempt, decided = asked.attempt, asked.decided
        law = decided.profile if decided.policy_digest else ""
        offense = self.engine.catalogue.lookup(attempt.request.offense_code)
        with self.timed("log"):
            return record_intent(
                self.ledger,
                attempt,
                decided,
                facts=asked.facts,
                policy_texts=record_texts(self.ledger, self.engine, law, attempt.at),
                marks=marks,
                flags=asked.limits.flags,
                relied_on=relied_on(
                    self._seen, embedder_digest=self.embedder.info.digest, bounds=self.in_force.now().bounds
                ),
                limits_digest=record_limits(self.ledger, self.limits, attempt.at),
                offense_class=offense.public_class if offense else "",
            )

    def _record_result(
        self,
        attempt: Attempt,
        intent: int,
        outcome: str,
        *,
        found: CandidateList = NOBODY_FOUND,
        omitted: tuple[Candidate, ...] = (),
        failed: tuple[FailedRule, ...] = (),
        cover: bool = True,
    ) -> int:
        # The clock is read in turn, too: records stand in the order of their times.
        with self.ledger.turn, self.timed("log"):
            result = record_result(
                self.ledger,
                attempt,
                intent,
                at=self.clock(),
                outcome=outcome,
                found=found,
                omitted=omitted,
                failed=failed,
            )
            if cover:  # before anybody is told: whoever looks then finds the record in the files
                self.ledger.log.cover()
            return result

    def _close_review(self, attempt: Attempt) -> None:
        """Close the review of a search that found nobody; if that cannot be recorded, it is on the docket."""
        with suppress(AuditError), self.ledger.turn:
            close_at_once(self.ledger, attempt.search_id, at=self.clock())

    @contextmanager
    def _broken_off_is_recorded(self, attempt: Attempt, intent: int) -> Iterator[None]:
        """Give an intent its result record even when the search breaks off, Ctrl-C included."""
        try:
            yield
        except BaseException as error:
            with suppress(AuditError):  # the log itself failed: then the gap is the record
                self._record_result(attempt, intent, _broken_off(error))
            raise

    def _reply(
        self,
        attempt: Attempt,
        intent: int,
        result: int,
        *,
        failed: tuple[FailedRule, ...] = (),
        found: CandidateList = NOBODY_FOUND,
    ) -> SearchReply:
        return SearchReply(
            search_id=attempt.search_id,
            decision=REFUSED if failed else "allowed",
            profile=writable(attempt.request.profile)[:LONGEST_PROFILE_NAME],
            failed_rules=failed,
            n_candidates=len(found.candidates),
            n_at_or_above=found.n_at_or_above,
            certificate=self._seen,
            gallery=attempt.gallery,
            log=LogPlace(intent, result, self.ledger.log.root),
        )


def _broken_off(error: BaseException) -> str:
    """Say in a result's words what broke a search off."""
    if isinstance(error, UnusablePhoto):
        return f"unusable probe: {error.reason}"
    return "error" if isinstance(error, Exception) else "interrupted"


def with_permit(facts: Facts, *, holds: bool) -> Facts:
    """Put into the facts whether the permit is good for this request and probe."""
    return replace(facts, gate=replace(facts.gate, permit_holds=holds))


def with_limits(facts: Facts, limits: LimitFacts) -> Facts:
    """Put what the counters say into the facts."""
    return replace(facts, gate=replace(facts.gate, **limits.gate_facts()))
