"""One guarded search: the only way to search the gallery in serving.

The order is the safety:

1. what would keep the gate closed is collected (no certificate that holds for this model, this
   day and a gallery of this size; a probe by another embedder than the gallery's);
2. the profile decides, and names every rule that fails;
3. the intent record is durable, or nothing goes on;
4. a refusal ends here, with its result record: the probe is not even decoded;
5. the probe becomes a template;
6. a one-use token is made from the intent, and the gallery demands it;
7. the result record is durable, or no candidate leaves;
8. only then the reply.

An attempt that breaks off between 3 and 7 still gets a result record that says so; if the
machine dies, the intent without a result stays visible as a gap in ``facegate log verify``.

Not protected here: somebody who reads the gallery's files without the gate, and a case
number that is well formed but invented.
"""

from __future__ import annotations

import hashlib
import json
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING

from facegate.errors import AuditError, FacegateError, UnusablePhoto
from facegate.evaluation.certificates.check import Use
from facegate.faces.photo import only_face
from facegate.gallery.token import SearchToken
from facegate.gate.reply import GallerySeen, LogPlace, SearchReply, certificate_seen, shown
from facegate.gate.search_id import RANDOM_BYTES, new_search_id
from facegate.policy.query import ORI
from facegate.records import CandidateList, FailedRule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.audit.log import AuditLog
    from facegate.decision import Vectors
    from facegate.evaluation.certificates.certificate import Certificate
    from facegate.faces.embedder import Embedder
    from facegate.gallery.gallery import Gallery
    from facegate.gate.in_force import InForce
    from facegate.policy.engine import PolicyDecision, PolicyEngine
    from facegate.records import SearchId, SearchRequest

CANDIDATE_LIMIT = 20  # the FBI's NGI default; the Colorado memo of 2019 sets no cap of its own
RECORD_KEY_BYTES = 32
LONGEST_PROFILE_NAME = 64  # of what is echoed back: the request may hold anything
HOUSE_RULE = "facegate gate rule, not statute"
HOUSE_CHECKED = "2026-11-22 checked"
NOBODY = CandidateList(candidates=(), n_at_or_above=0)


@dataclass(frozen=True, slots=True)
class _Attempt:
    """What one attempt is about, read once: intent, token and reply speak of the same thing."""

    search_id: SearchId
    at: datetime
    request: SearchRequest
    probe_digest: str
    gallery: GallerySeen


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
    log : AuditLog
        Where every attempt is recorded before and after.
    in_force : InForce
        The certificate in force, or why there is none; it brings the threshold.
    reference_key : bytes
        Secret behind case-bound subject references.
    clock : callable
        Gives the time, with its zone; read once per record.
    random_bytes : callable
        Source of ids and of the keys that seal record fields.
    limit : int
        Longest candidate list.
    """

    gallery: Gallery
    embedder: Embedder
    engine: PolicyEngine
    log: AuditLog
    in_force: InForce
    reference_key: bytes
    clock: Callable[[], datetime]
    random_bytes: Callable[[int], bytes]
    limit: int = CANDIDATE_LIMIT

    def search(self, request: SearchRequest, probe: bytes) -> SearchReply:
        """Ask for one image comparison.

        Parameters
        ----------
        request : SearchRequest
            What the requester states.
        probe : bytes
            The photo file as it was sent.

        Returns
        -------
        SearchReply
            Allowed with candidates (perhaps none), or refused with every failed rule.
            Either way two records are on the log.

        Raises
        ------
        UnusablePhoto
            If the probe is unreadable, faceless or shows several faces; recorded.
        AuditError
            If a record cannot be written; nothing is searched, or nothing is shown.
        GalleryError
            If the gallery cannot be searched; recorded.
        """
        attempt = self._attempt(request, probe)
        decided = self.engine.decide(request, attempt.at)  # 1, 2
        failed = (*self._closed(attempt), *decided.failed)
        intent = self._append_intent(attempt, decided, failed)  # 3
        if failed:  # 4
            return self._reply(
                attempt, intent, self._append_result(attempt, intent, "refused"), failed=failed
            )
        with self._broken_off_is_recorded(attempt, intent):
            template = self._template(probe)  # 5
            token = SearchToken(
                intent_index=intent,
                probe_digest=attempt.probe_digest,
                gallery_digest=attempt.gallery.digest,
            )
            threshold = self._certificate.decides
            found = self.gallery.search(template, threshold=threshold, limit=self.limit, token=token)  # 6
        result = self._append_result(attempt, intent, "searched", found)  # 7
        return self._reply(attempt, intent, result, found=found)  # 8

    def _attempt(self, request: SearchRequest, probe: bytes) -> _Attempt:
        now = self.clock()
        self.gallery.refresh()  # whoever was withdrawn a moment ago is not in the gallery the intent names
        return _Attempt(
            search_id=new_search_id(now, self.random_bytes(RANDOM_BYTES)),
            at=now,
            request=request,
            probe_digest=hashlib.sha256(probe).hexdigest(),
            gallery=GallerySeen(self.gallery.digest, self.gallery.n_subjects, self.gallery.synthetic),
        )

    @property
    def _certificate(self) -> Certificate:
        """The certificate in force; only reached when the gate is not closed."""
        if self.in_force.certificate is None:
            msg = "the gate searched without a certificate"
            raise RuntimeError(msg)
        return self.in_force.certificate

    def _closed(self, attempt: _Attempt) -> tuple[FailedRule, ...]:
        """Collect what keeps the gate closed whatever the law says."""
        digest = self.gallery.embedder.digest
        use = Use(
            embedder_digest=digest,
            at=attempt.at,
            gallery_size=attempt.gallery.n_subjects,
            gallery_synthetic=attempt.gallery.synthetic,
        )
        reasons = [("FG-CERTIFICATE", say) for say in self.in_force.objections(use)]
        if self.embedder.info.digest != digest:
            say = (
                f"The gallery was made by embedder {self.gallery.embedder.name} ({digest[:12]}), "
                f"the probe would be by {self.embedder.info.name} ({self.embedder.info.digest[:12]})."
            )
            reasons.append(("FG-EMBEDDER", say))
        return tuple(FailedRule(name, say, HOUSE_RULE, HOUSE_CHECKED) for name, say in reasons)

    def _append_intent(
        self, attempt: _Attempt, decided: PolicyDecision, failed: tuple[FailedRule, ...]
    ) -> int:
        """Record what was asked and how the law decided, before anything is done about it."""
        request = attempt.request
        public: dict[str, JSONValue] = {
            "kind": "intent",
            "time": _stamp(attempt.at),
            "search_id": attempt.search_id,
            "action": "imageComparison",
            # Public and open to anybody's typing: only what has the form of an ORI is copied.
            "agency": request.agency if ORI.fullmatch(request.agency or "") else "",
            "profile": decided.profile,
            "policy_digest": decided.policy_digest,
            "schema_digest": decided.schema_digest,
            "catalogue_digest": decided.catalogue_digest,
            "decision": "refused" if failed else "allowed",
            "alarm": decided.alarm or "",
            "rules": [rule.rule_id for rule in failed],
            "gallery_digest": attempt.gallery.digest,
            "embedder_digest": self.embedder.info.digest,
            **_relied_on(self.in_force.certificate),
        }
        # The request digest is sealed too: a bare hash over a case number and an officer id is
        # guessed in seconds from the public part.
        sealed = {
            "request_digest": decided.request_digest,
            "case_number": _sealable(request.case_number),
            "requester": _sealable(request.requester),
            "agency_stated": _sealable(request.agency),
            "offense_code": _sealable(request.offense_code),
            "offense_level": _sealable(request.offense_level),
            "felony": str(request.felony).lower(),
            "charge_citation": _sealable(request.charge_citation),
            "probe_digest": attempt.probe_digest,
        }
        return self.log.append(public, sealed, record_key=self.random_bytes(RECORD_KEY_BYTES))

    def _append_result(
        self, attempt: _Attempt, intent: int, outcome: str, found: CandidateList = NOBODY
    ) -> int:
        """Record what came of an intent; exact scores and subjects are sealed."""
        public: dict[str, JSONValue] = {
            "kind": "result",
            "time": _stamp(self.clock()),
            "search_id": attempt.search_id,
            "intent": intent,
            "outcome": outcome,
            "n_candidates": len(found.candidates),
            "n_at_or_above": found.n_at_or_above,
        }
        exact = [[one.subject_id, repr(one.score)] for one in found.candidates]
        sealed = {"candidates": json.dumps(exact)}
        return self.log.append(public, sealed, record_key=self.random_bytes(RECORD_KEY_BYTES))

    @contextmanager
    def _broken_off_is_recorded(self, attempt: _Attempt, intent: int) -> Iterator[None]:
        """Give an intent its result record even when the search breaks off, Ctrl-C included."""
        try:
            yield
        except UnusablePhoto as error:
            self._append_result(attempt, intent, f"unusable probe: {error.reason}")
            raise
        except AuditError:
            raise  # the log itself failed: the gap is the record
        except FacegateError:
            self._append_result(attempt, intent, "error")
            raise
        except BaseException:
            self._append_result(attempt, intent, "interrupted")
            raise

    def _template(self, probe: bytes) -> Vectors:
        """Turn the probe into one template of shape (d,)."""
        template: Vectors = self.embedder.embed(only_face(probe).chip[None])[0]
        return template

    def _reply(
        self,
        attempt: _Attempt,
        intent: int,
        result: int,
        *,
        failed: tuple[FailedRule, ...] = (),
        found: CandidateList = NOBODY,
    ) -> SearchReply:
        case_number = attempt.request.case_number or ""
        return SearchReply(
            search_id=attempt.search_id,
            decision="refused" if failed else "allowed",
            profile=_sealable(attempt.request.profile)[:LONGEST_PROFILE_NAME],
            failed_rules=failed,
            candidates=shown(found, key=self.reference_key, case_number=case_number),
            n_at_or_above=found.n_at_or_above,
            certificate=certificate_seen(self.in_force.certificate),
            gallery=attempt.gallery,
            log=LogPlace(intent, result, self.log.root),
        )


def _relied_on(certificate: Certificate | None) -> dict[str, JSONValue]:
    """Say which measurement the attempt relies on, as decimal text: the log holds no floats."""
    if certificate is None:
        return {"threshold": "", "certificate": "", "fmr_at_most": "", "fpir_at_most": ""}
    searches = certificate.searches
    return {
        "threshold": repr(certificate.threshold.score),
        "certificate": certificate.serial,
        "fmr_at_most": repr(certificate.overall.upper_bound),
        "fpir_at_most": "" if searches is None else repr(searches.overall.upper_bound),
    }


def _sealable(text: str | None) -> str:
    """Make any claim writable: half a surrogate pair must not keep its refusal off the log."""
    return (text or "").encode(errors="backslashreplace").decode()


def _stamp(moment: datetime) -> str:
    """Write a time as RFC 3339 in UTC with hundredths, as CJIS AU-8 asks."""
    from_utc = moment.astimezone(tz=UTC)
    return f"{from_utc:%Y-%m-%dT%H:%M:%S}.{from_utc.microsecond // 10_000:02d}Z"
