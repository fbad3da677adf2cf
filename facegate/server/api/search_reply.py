"""What a search is answered with: one shape and one length, whether anybody was found or not.

- Length and shape of the reply are those of any other: whoever only sees that a reply went by learns nothing
  of who is enrolled. Blanks after the JSON fill it up, as JSON allows (RFC 8259, section 2).
- Before its release a list shows nobody: not a rank, not a band. Never an exact score, a template or a name.

Not hidden: how many wait for review is told to whoever asked, in the body.
"""

from collections.abc import Mapping
from typing import Any, Final

from facegate.gate.reply import LIST_NOTICE, CertificateSeen, RatesSeen
from facegate.gate.review.showing import SAYS
from facegate.gate.review.state import REVIEWERS, Stage
from facegate.server.acts.searches import Made, Standing, receipt_of
from facegate.server.api.replies import Reply
from facegate.server.service import Service

SLOT: Final = 2048
"""Replies are as long as a multiple of this, bytes."""
ROOM: Final = 8192
"""Kept free for a list of 50 candidates, their verdicts and the sentence of how it stands, bytes."""


class RuleReply(Reply):
    """A rule that refused; its words are null where only its id is on record."""

    id: str
    say: str | None = None
    cite: str | None = None
    checked: str | None = None


class ReceiptReply(Reply):
    """Where a search stands in the log; ``root`` is of the whole log after it, null when read later."""

    index: int
    intent: int
    root: str | None = None


class CandidateReply(Reply):
    """One line of a released list; ``subject_ref`` is null for one that was not released as a lead."""

    rank: int
    band: str
    subject_ref: str | None
    verdict: str


class ModelReply(Reply):
    """Which model compared; its name is null when another is in use now."""

    name: str | None
    digest: str


class RatesReply(Reply):
    """Error rates of one group as certified; null where the data cannot speak of a rate."""

    group: str
    people: int
    fmr: float | None
    fmr_at_most: float
    fpir: float | None
    fpir_at_most: float | None


class ThresholdReply(Reply):
    """The threshold in force, how it was set, and how often it errs, for everybody and by group."""

    value: float
    native: float
    native_name: str
    basis: str
    in_sample: bool
    certificate: str
    issuer: str
    valid_until: str
    dataset: str
    synthetic: bool
    gallery_size: int | None
    fpir_overall: RatesReply
    fpir_by_group: list[RatesReply]


class SearchReply(Reply):
    """A search; ``candidates`` is empty until the list was released to whoever asks."""

    search_id: str
    decision: str
    status: str
    profile: str
    rules: list[RuleReply]
    receipt: ReceiptReply
    candidates: list[CandidateReply]
    n_candidates: int
    n_at_or_above: int
    mark: str | None
    """Of this recipient's copy; null before its release to him."""
    gallery_root: str
    gallery_synthetic: bool | None
    """Null when read later: the gallery may be another by then."""
    model: ModelReply
    threshold: ThresholdReply | None
    relied_on: str | None
    """Serial of the certificate the search relied on."""
    n_tries: int | None
    """Searches with variants of this probe, this one included; null when read later."""
    probe_kept: bool | None
    """Whether the reviewers find the probe here; null when read later."""
    reviews_needed: int
    notice: str


def made_reply(service: Service, made: Made) -> SearchReply:
    """Tell of a search that was made just now."""
    reply, gate = made.reply, service.desk.gate
    stage = Stage.WAITING if reply.n_candidates else Stage.NOBODY_FOUND
    return SearchReply(
        search_id=reply.search_id,
        decision=reply.decision,
        status=SAYS[stage],
        profile=reply.profile,
        rules=[],
        receipt=ReceiptReply.model_validate(receipt_of(reply)),
        candidates=[],
        n_candidates=reply.n_candidates,
        n_at_or_above=reply.n_at_or_above,
        mark=None,
        gallery_root=reply.gallery.digest,
        gallery_synthetic=reply.gallery.synthetic,
        model=ModelReply(name=gate.embedder.info.name, digest=gate.embedder.info.digest),
        threshold=threshold_reply(reply.certificate),
        relied_on=reply.certificate.serial if reply.certificate else None,
        n_tries=reply.n_tries,
        probe_kept=made.probe_kept,
        reviews_needed=REVIEWERS if reply.n_candidates else 0,
        notice=reply.notice,
    )


def standing_reply(service: Service, standing: Standing) -> SearchReply:
    """Tell how a search stands, with the list as the caller received it."""
    search, received, info = standing.search, standing.received, service.desk.gate.embedder.info
    digest = str(standing.intended.get("embedder_digest", ""))
    lines = received.lines if received else ()
    return SearchReply(
        search_id=search.search_id,
        decision=str(standing.intended.get("decision", "")),
        status=SAYS[search.stage],
        profile=search.profile,
        rules=[RuleReply(id=one) for one in standing.rules],
        receipt=ReceiptReply(
            index=standing.intent if standing.result is None else standing.result, intent=standing.intent
        ),
        candidates=[
            CandidateReply(rank=rank, band=band, subject_ref=ref or None, verdict=verdict)
            for rank, band, ref, verdict in lines
        ],
        n_candidates=search.n_candidates,
        n_at_or_above=search.n_at_or_above,
        mark=received.mark if received else None,
        gallery_root=str(standing.intended.get("gallery_digest", "")),
        gallery_synthetic=None,
        model=ModelReply(name=info.name if info.digest == digest else None, digest=digest),
        threshold=threshold_reply(standing.certificate),
        relied_on=search.certificate or None,
        n_tries=None,
        probe_kept=None,
        reviews_needed=max(REVIEWERS - len(search.findings), 0) if search.stage is Stage.WAITING else 0,
        notice=LIST_NOTICE,
    )


def threshold_reply(seen: CertificateSeen | None) -> ThresholdReply | None:
    """Tell the threshold in force and its error rates; None if no certificate is."""
    if seen is None:
        return None
    return ThresholdReply(
        value=seen.score,
        native=seen.native,
        native_name=seen.native_name,
        basis=seen.basis,
        in_sample=seen.in_sample,
        certificate=seen.serial,
        issuer=seen.issuer,
        valid_until=seen.valid_until,
        dataset=seen.dataset,
        synthetic=seen.synthetic,
        gallery_size=seen.gallery_size,
        fpir_overall=_rates(seen.overall),
        fpir_by_group=[_rates(one) for one in seen.groups],
    )


_OF_THE_OUTCOME: Final[Mapping[str, Any]] = {
    "candidates": [],
    "n_candidates": 0,
    "n_at_or_above": 0,
    "reviews_needed": 0,
    "status": "",
    "mark": None,
}


def padded(reply: SearchReply) -> bytes:
    """Write a reply, filled up with blanks to a length that its outcome has no part in.

    Parameters
    ----------
    reply : SearchReply
        Of any search.

    Returns
    -------
    bytes
        JSON and blanks; a multiple of `SLOT` bytes.
    """
    said = reply.model_dump_json().encode()
    return filled(said, len(reply.model_copy(update=_OF_THE_OUTCOME).model_dump_json().encode()))


def filled(said: bytes, same_for_all: int) -> bytes:
    """Fill JSON up with blanks.

    Parameters
    ----------
    said : bytes
        The reply.
    same_for_all : int
        How long it is without everything that follows from its outcome, bytes.

    Returns
    -------
    bytes
        A multiple of `SLOT` bytes, with room for any outcome.
    """
    length = max(same_for_all + ROOM, len(said))
    return said.ljust(-(-length // SLOT) * SLOT)


def _rates(seen: RatesSeen) -> RatesReply:
    return RatesReply.model_validate(seen)
