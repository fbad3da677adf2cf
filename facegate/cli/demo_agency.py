"""The demo's agency: who may ask, permits, and the two people who look before a list is handed on."""

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from facegate.audit.keys.log_keys import LogKeys
from facegate.durable import replace_bytes
from facegate.errors import PolicyRefusal, UnusablePhoto
from facegate.gate.books import open_ledger
from facegate.gate.home import LOG_ORIGIN, Home
from facegate.gate.naming_keys import name_keys
from facegate.gate.permits import issue
from facegate.gate.reference_key import reference_key
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.conditions import USAGE_POLICY_FILE
from facegate.gate.registers.setup import Applied, apply_setup, example_setup, read_setup
from facegate.gate.reply import SearchReply
from facegate.gate.review.findings import record_finding
from facegate.gate.review.registry import Person, registry_of
from facegate.gate.review.release import ReleasedList, release
from facegate.gate.review.showing import open_for_review
from facegate.gate.review.state import Opinion
from facegate.gate.search import Gate
from facegate.records import LabeledPhoto
from facegate.request import SearchRequest

USAGE_POLICY = b"Nobody searches without a case. A candidate is a lead, nothing more.\n"
RELEASE_FORM = b"Nothing is sold or passed on. Signed, Sgt. 1120\n"
POLICE, LICENSE_AUTHORITY = "CO0160000", "CODMV0000"
INVESTIGATOR = Person("8841", POLICE)
SUPERVISOR = Person("1120", POLICE)
EXAMINER = Person("77", LICENSE_AUTHORITY)
RECORDS_DESK = "502"
MOST_TRIES = 8  # of the 10 probes a case may have; two cases together stay below an officer's 20 a day

ROBBERY = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    incident_number="24-88121",
    offense_code="1201",
    offense_level="1",
    offense_nibrs="120",
    fact_narrative="The camera over counter 3 shows his face as he leaves.",
    suspicion="reasonable",
    purpose="criminal_investigation",
    duty_statement="Robbery unit, lead of the case",
    probe_role="suspect",
    requester=INVESTIGATOR.officer,
    agency=POLICE,
    operator=EXAMINER.officer,
    approver=SUPERVISOR.officer,
    on_behalf_of="self",
    source_address="10.4.1.7",
    channel="desk",
    setting="public",
    probe_source="cctv",
    probe_edited=False,
    sketch=False,
    first_amendment=False,
    gallery="dl",
    candidate_limit=20,
    release_form=hashlib.sha256(RELEASE_FORM).hexdigest(),
)
SECOND_ROBBERY = replace(ROBBERY, case_number="24-001301", incident_number="24-88190")
SHOPLIFTING = replace(ROBBERY, case_number=None, offense_code="2303", offense_nibrs="23C")


@dataclass(frozen=True)
class Reviewing:
    """What came of two people looking.

    Parameters
    ----------
    too_early : str
        The sentence with which a release after one finding was refused.
    released : ReleasedList
        What the investigator received.
    """

    too_early: str
    released: ReleasedList


@dataclass(frozen=True)
class Tried:
    """The last of several photos searched one after the other, its reply, and how many were searched."""

    photo: LabeledPhoto
    reply: SearchReply
    n_tried: int


def set_up(folder: Path, home: Home, at: datetime) -> Applied:
    """Write the example agency's papers into the demo's folder, register it, and open two cases.

    Parameters
    ----------
    folder : Path
        The demo's own folder.
    home : Home
        Of the demo's gate.
    at : datetime
        Now; the days of the example are moved to its year.
    """
    replace_bytes(folder / "agency.toml", example_setup(at.date()).encode())
    replace_bytes(folder / "usage-policy.txt", USAGE_POLICY)
    replace_bytes(folder / "release-form.txt", RELEASE_FORM)
    replace_bytes(folder / "request.toml", request_toml(ROBBERY).encode())
    replace_bytes(home.folder / USAGE_POLICY_FILE, USAGE_POLICY)
    setup = read_setup((folder / "agency.toml").read_text(encoding="utf-8"), folder=folder)
    keys = LogKeys.create(home.keys, LOG_ORIGIN, random_bytes=secrets.token_bytes)
    with open_ledger(home) as ledger:
        name_keys(ledger, keys, at)
        applied = apply_setup(ledger, setup, at)
        for request in (ROBBERY, SECOND_ROBBERY):
            register_case(
                ledger,
                agency=POLICE,
                case_number=request.case_number or "",
                registered_by=RECORDS_DESK,
                offense_code=request.offense_code or "",
                opened_on=at.date().isoformat(),
                at=at,
            )
    return applied


def request_toml(request: SearchRequest) -> str:
    """Write a request as the file that ``facegate search --request`` reads."""
    stated = {name: value for name, value in asdict(request).items() if value not in (None, ())}
    return "".join(f"{name} = {json.dumps(value)}\n" for name, value in stated.items())


def search_with_permit(gate: Gate, request: SearchRequest, probe: bytes) -> SearchReply:
    """Have one search of one photo approved, as ``facegate permit issue`` does, and make it.

    Raises
    ------
    PolicyRefusal
        If the law would not let it through, so that no permit is issued.
    """
    if failed := gate.may(request, probe):
        msg = "the demo's search is refused: " + " ".join(rule.say for rule in failed)
        raise PolicyRefusal(msg)
    permit = issue(
        gate.ledger,
        request,
        probe_digest=hashlib.sha256(probe).hexdigest(),
        at=gate.clock(),
        random_bytes=gate.random_bytes,
        life=timedelta(hours=gate.limits.permit_hours),
    )
    return gate.search(request, probe, permit=permit.permit_id)


def first_reply(
    gate: Gate, request: SearchRequest, photos: tuple[LabeledPhoto, ...], *, found: bool
) -> Tried:
    """Search one photo after the other until somebody, or nobody, is found; each under a permit of its own.

    Raises
    ------
    UnusablePhoto
        If none of the first photos shows exactly one face.
    """
    tried, n_tried = None, 0
    for photo in photos[:MOST_TRIES]:
        try:
            reply = search_with_permit(gate, request, photo.path.read_bytes())
        except UnusablePhoto:
            continue  # two faces in the photo: the gate refuses to choose, and so does the demo
        n_tried += 1
        tried = Tried(photo, reply, n_tried)
        if bool(reply.n_candidates) is found:
            break
    if tried is None:
        msg = f"none of {len(photos[:MOST_TRIES])} photos shows exactly one face"
        raise UnusablePhoto(msg, reason="several-faces")
    return tried


def review_and_release(gate: Gate, home: Home, reply: SearchReply) -> Reviewing:
    """Let two people look, each without the other's word, and hand the list to whoever asked.

    A release after one finding is tried as well: it is refused, and the refusal is a record.
    """
    key = reference_key(home, gate.ledger, secrets.token_bytes)
    ranks = range(1, reply.n_candidates + 1)
    _look(gate, reply, EXAMINER, key, [Opinion.AGREE if rank == 1 else Opinion.DISAGREE for rank in ranks])
    try:
        _release(gate, reply, key)
    except PolicyRefusal as refusal:
        too_early = str(refusal)
    else:
        msg = "a list was released after one finding"
        raise RuntimeError(msg)
    opinions = [Opinion.AGREE if rank == 1 else Opinion.INCONCLUSIVE for rank in ranks]
    _look(gate, reply, SUPERVISOR, key, opinions)
    return Reviewing(too_early, _release(gate, reply, key))


def _look(gate: Gate, reply: SearchReply, by: Person, key: bytes, opinions: Iterable[Opinion]) -> None:
    registry = registry_of(gate.ledger)
    open_for_review(gate.ledger, registry, reply.search_id, reviewer=by, key=key, at=gate.clock())
    record_finding(
        gate.ledger,
        registry,
        reply.search_id,
        reviewer=by,
        opinions=dict(enumerate(opinions, start=1)),
        at=gate.clock(),
    )


def _release(gate: Gate, reply: SearchReply, key: bytes) -> ReleasedList:
    return release(
        gate.ledger,
        registry_of(gate.ledger),
        reply.search_id,
        by=SUPERVISOR,
        recipient=INVESTIGATOR,
        certificate=reply.certificate,
        key=key,
        at=gate.clock(),
    )
