"""One guarded search: the only way to search the gallery in serving.

The order is the safety:

1. what registers, counters and the certificate say of the request is looked up, nothing being assumed;
2. the law decides, with every overlay in force, and names every rule that fails;
3. only if it permits, the probe becomes a template, and the law is asked again with what the photo is known
   by: the same face sent again, recompressed or mirrored, counts together;
4. the intent record is durable, or nothing goes on. It uses up the permit;
5. a refusal ends here, with its result record;
6. a one-use token is made from the intent, and the gallery demands it;
7. whoever would be shown too often, or too many of them, keeps the whole list from being shown;
8. the result record is durable, or no candidate leaves;
9. only then the reply. It says how many candidates wait for review, and shows none of them.

An attempt that breaks off after 4 still gets a result record that says so; if the machine dies, the intent
without a result stays visible as a gap in ``facegate log verify``.

Not protected here: somebody who reads the gallery's files without the gate.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from facegate.errors import AuditError, FacegateError, UnusablePhoto
from facegate.evaluation.certificates.check import Use
from facegate.faces.photo import only_face
from facegate.gallery.token import SearchToken
from facegate.gate.attempt import (
    NOBODY_FOUND,
    WITHHELD,
    Attempt,
    record_intent,
    record_result,
    relied_on,
)
from facegate.gate.ledger.ledger import writable
from facegate.gate.ledger.texts import record_texts
from facegate.gate.limits.counting import after_search, limit_facts
from facegate.gate.limits.marks import file_marks, probe_marks
from facegate.gate.permits import permit_holds
from facegate.gate.registers.facts import look_up
from facegate.gate.registers.overlays import overlays_in_force
from facegate.gate.reply import GallerySeen, LogPlace, SearchReply, certificate_seen
from facegate.gate.review.findings import close_review
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.request import COMPARISONS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facegate.decision import Vectors
    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.faces.embedder import Embedder
    from facegate.gallery.gallery import Gallery
    from facegate.gate.in_force import InForce
    from facegate.gate.ledger.ledger import Ledger
    from facegate.gate.limits.config import Limits
    from facegate.gate.limits.counting import LimitFacts
    from facegate.gate.limits.marks import ProbeMarks
    from facegate.gate.reply import CertificateSeen
    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.policy.facts import Facts
    from facegate.records import CandidateList, FailedRule
    from facegate.request import SearchRequest


LONGEST_PROFILE_NAME = 64  # of what is echoed back: the request may hold anything


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
    in_force : InForce
        The certificate in force, or why there is none; it brings the threshold.
    usage_policy : bytes or None
        The usage policy in force here; None if there is none.
    clock : callable
        Gives the time, with its zone; read once per record.
    random_bytes : callable
        Source of ids and of the keys that seal record fields.
    shown : list
        What is told of the certificate, kept between searches; leave it empty.
    """

    gallery: Gallery
    embedder: Embedder
    engine: PolicyEngine
    ledger: Ledger
    limits: Limits
    in_force: InForce
    usage_policy: bytes | None
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes] = field(repr=False)
    shown: list[tuple[Certificate | None, CertificateSeen | None]] = field(default_factory=list, repr=False)

    def search(self, request: SearchRequest, probe: bytes, *, permit: str = "") -> SearchReply:
        """Ask for one image comparison.

        Parameters
        ----------
        request : SearchRequest
            What the requester states.
        probe : bytes
            The photo file as it was sent.
        permit : str
            The permit that was issued for it.

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
        attempt = self._attempt(request, probe, permit)
        marks = file_marks(probe)
        limits = self._limits(attempt, marks)
        facts = with_limits(self._facts(attempt, marks.digest), limits)  # 1
        decided = self._decide(attempt, facts)  # 2
        template: Vectors | None = None
        if decided.permitted:  # 3
            template, marks = self._looked_at(attempt, facts, decided, marks)
            limits = self._limits(attempt, marks)
            if (known := with_limits(facts, limits)) != facts:  # else it is the same question again
                facts = known
                decided = self._decide(attempt, facts)
        intent = self._record_intent(attempt, decided, facts, marks, limits.flags)  # 4
        if not decided.permitted or template is None:  # 5
            failed = self._explained(attempt, decided.failed)
            result = self._record_result(attempt, intent, "refused", failed=failed)
            return self._reply(attempt, intent, result, failed=failed)
        return self._searched(attempt, intent, template, n_tries=limits.n_variants + 1)

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
        attempt = self._attempt(request, probe, "")
        marks = file_marks(probe)
        facts = with_limits(self._facts(attempt, marks.digest), self._limits(attempt, marks))
        facts = replace(facts, gate=replace(facts.gate, permit_holds=True))
        return self._explained(attempt, self._decide(attempt, facts).failed)

    def _attempt(self, request: SearchRequest, probe: bytes, permit: str) -> Attempt:
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
        )

    def _decide(self, attempt: Attempt, facts: Facts) -> PolicyDecision:
        return self.engine.decide(attempt.request, facts, attempt.at, overlays=attempt.overlays)

    def _facts(self, attempt: Attempt, probe_digest: str) -> Facts:
        """Look up everything but the counters; nothing is true that nobody looked up."""
        request, now = attempt.request, attempt.at
        overlays = attempt.overlays
        known = look_up(
            self.ledger,
            request,
            now,
            policy_digest=self.engine.digest(request.profile, overlays),
            published_policy=self.usage_policy,
            overlays=overlays,
        )
        gate = replace(
            known.gate,
            permit_holds=permit_holds(
                self.ledger, attempt.permit_id, request, probe_digest=probe_digest, now=now
            ),
            right_door=request.action in COMPARISONS,
            probe_is_photo=True,  # bytes of a photo are all this takes: there is no way in for a template
            certificate_holds=not self._objections(attempt),
            embedder_fits=self.embedder.info.digest == self.gallery.embedder.digest,
        )
        return replace(known, gate=gate)

    def _limits(self, attempt: Attempt, marks: ProbeMarks) -> LimitFacts:
        size = attempt.gallery.n_subjects
        return limit_facts(self.ledger, self.limits, attempt.request, marks, attempt.at, size)

    def _objections(self, attempt: Attempt) -> tuple[str, ...]:
        """Say what keeps the certificate from holding here and now."""
        use = Use(
            embedder_digest=self.gallery.embedder.digest,
            at=attempt.at,
            gallery_size=attempt.gallery.n_subjects,
            gallery_synthetic=attempt.gallery.synthetic,
        )
        return self.in_force.objections(use)

    def _explained(self, attempt: Attempt, failed: tuple[FailedRule, ...]) -> tuple[FailedRule, ...]:
        """Say what exactly is wrong where a rule of facegate's own can only say that something is."""
        mine, its = self.embedder.info, self.gallery.embedder
        exactly = {
            "FG-CERTIFICATE": " ".join(self._objections(attempt)),
            "FG-EMBEDDER": f"The gallery was made by embedder {its.name} ({its.digest[:12]}), "
            f"the probe would be by {mine.name} ({mine.digest[:12]}).",
        }
        return tuple(replace(rule, say=exactly.get(rule.rule_id) or rule.say) for rule in failed)

    def _looked_at(
        self, attempt: Attempt, facts: Facts, decided: PolicyDecision, marks: ProbeMarks
    ) -> tuple[Vectors, ProbeMarks]:
        """Turn a probe that may be searched into a template of shape (d,), and what it is known by."""
        try:
            face = only_face(attempt.probe)
        except UnusablePhoto as error:
            intent = self._record_intent(attempt, decided, facts, marks, ())
            self._record_result(attempt, intent, f"unusable probe: {error.reason}")
            raise
        template: Vectors = self.embedder.embed(face.chip[None])[0]
        return template, probe_marks(attempt.probe, face.chip, template)

    def _searched(self, attempt: Attempt, intent: int, template: Vectors, *, n_tries: int) -> SearchReply:
        """Search, and show no more than how many wait; the intent is on the log."""
        with self._broken_off_is_recorded(attempt, intent):
            token = SearchToken(
                intent_index=intent,
                probe_digest=file_marks(attempt.probe).digest,
                gallery_digest=attempt.gallery.digest,
            )  # 6
            found = self.gallery.search(
                template,
                threshold=self._certificate.decides,
                limit=attempt.request.candidate_limit or 1,
                token=token,
                margin=self.limits.approach_margin,
            )
            withheld = after_search(
                self.ledger,
                self.limits,
                attempt.request,
                [one.subject_id for one in found.candidates],
                attempt.at,
                attempt.gallery.n_subjects,
                approached=[one.subject_id for one in found.approached],
            )  # 7
        outcome = WITHHELD if withheld else "searched"
        result = self._record_result(attempt, intent, outcome, found=found, failed=withheld)  # 8
        if not (withheld or found.candidates):
            close_review(self.ledger, attempt.search_id, at=self.clock())  # nobody found is a finding, too
        shown = NOBODY_FOUND if withheld else found
        return replace(
            self._reply(attempt, intent, result, failed=withheld, found=shown), n_tries=n_tries
        )  # 9

    @property
    def _seen(self) -> CertificateSeen | None:
        """The certificate as it is shown and recorded, put together once: it is the same for every search."""
        certificate = self.in_force.certificate
        if not self.shown or self.shown[0][0] is not certificate:
            self.shown[:] = [(certificate, certificate_seen(certificate))]
        return self.shown[0][1]

    @property
    def _certificate(self) -> Certificate:
        """The certificate in force; only reached when it holds."""
        if self.in_force.certificate is None:
            msg = "the gate searched without a certificate"
            raise RuntimeError(msg)
        return self.in_force.certificate

    def _record_intent(
        self,
        attempt: Attempt,
        decided: PolicyDecision,
        facts: Facts,
        marks: ProbeMarks,
        flags: tuple[str, ...],
    ) -> int:
        law = decided.profile if decided.policy_digest else ""
        return record_intent(
            self.ledger,
            attempt,
            decided,
            facts=facts,
            policy_texts=record_texts(self.ledger, self.engine, law, attempt.at),
            marks=marks,
            flags=flags,
            relied_on=relied_on(self._seen, embedder_digest=self.embedder.info.digest),
        )

    def _record_result(
        self,
        attempt: Attempt,
        intent: int,
        outcome: str,
        *,
        found: CandidateList = NOBODY_FOUND,
        failed: tuple[FailedRule, ...] = (),
    ) -> int:
        return record_result(
            self.ledger, attempt, intent, at=self.clock(), outcome=outcome, found=found, failed=failed
        )

    @contextmanager
    def _broken_off_is_recorded(self, attempt: Attempt, intent: int) -> Iterator[None]:
        """Give an intent its result record even when the search breaks off, Ctrl-C included."""
        try:
            yield
        except AuditError:
            raise  # the log itself failed: the gap is the record
        except FacegateError:
            self._record_result(attempt, intent, "error")
            raise
        except BaseException:
            self._record_result(attempt, intent, "interrupted")
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
            decision="refused" if failed else "allowed",
            profile=writable(attempt.request.profile)[:LONGEST_PROFILE_NAME],
            failed_rules=failed,
            n_candidates=len(found.candidates),
            n_at_or_above=found.n_at_or_above,
            certificate=self._seen,
            gallery=attempt.gallery,
            log=LogPlace(intent, result, self.ledger.log.root),
        )


def with_limits(facts: Facts, limits: LimitFacts) -> Facts:
    """Put what the counters say into the facts."""
    return replace(facts, gate=replace(facts.gate, **limits.gate_facts()))
