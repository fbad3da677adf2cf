"""What does the gate cost, beside the search? Registers, law, caps and two durable records.

Run ``python benchmarks/speed/gate.py``; a log of 1,000,000 records needs about 6 GB in the temporary folder
and some ten minutes to be made (without flushing: it is not what is measured). Then, on that log, as it
stands in serving and with every flush:

- **the gate**: `Gate.search` of requests that are permitted, each with its permit, in fresh cases. Stand-ins
  take the place of decoding, detecting, embedding and marking the probe (what is done on pixels), and of
  the gallery's search; all else is what serves: registers, permit, certificate, law (asked twice, as
  always), counters, near-duplicates among all past probes, intent, token, result, both on disk.
- **its parts**: registers, counters, law and records one by one, and beside them one bare write and flush of
  as many bytes in the same folder: what the disk costs by itself.
- **decisions alone**: `PolicyEngine.decide`, one core, every shipped profile loaded: what a gate is asked
  (one law, many officers), and generated requests under every profile in turn. Beside each Cedar alone on
  the same questions, law, entities and context written and read in advance: what the engine adds.

The log is drawn, seeded, and SYNTHETIC.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import secrets
import shutil
import sqlite3
import sys
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import cedarpy
import numpy as np
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

import facegate.gate.search as serving
from facegate.audit.log import AuditLog
from facegate.audit.sealing.sealed import SealedStore
from facegate.decision import Metric
from facegate.evaluation.certificates.certificate import certify
from facegate.evaluation.certificates.keys import IssuerKey
from facegate.evaluation.result import BenchmarkResult
from facegate.faces.detect import Detector, FaceBox
from facegate.faces.photo import Face
from facegate.gate.books import BOOKS
from facegate.gate.in_force import InForce
from facegate.gate.ledger.ledger import Ledger, stamp
from facegate.gate.limits import counting
from facegate.gate.limits.config import Limits
from facegate.gate.limits.marks import ProbeMarks, file_marks
from facegate.gate.permits import issue
from facegate.gate.registers.cases import register_case
from facegate.gate.registers.facts import look_up
from facegate.gate.registers.people import register_agency, register_officer
from facegate.gate.registers.setup import apply_setup, example_setup, read_setup
from facegate.gate.registers.sharing import share
from facegate.gate.search import Gate
from facegate.gate.search_id import new_search_id
from facegate.policy.engine import PolicyEngine
from facegate.policy.facts import in_order
from facegate.policy.query import CedarQuery
from facegate.policy.request_set import generated_set
from facegate.records import Candidate, CandidateList, SubjectId
from facegate.request import SearchRequest
from facegate.templates import EmbedderInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from facegate.audit.canonical import JSONValue
    from facegate.evaluation.certificates.check import Use
    from facegate.policy.facts import Facts

RECORDS = 1_000_000
CASES = 10_000
AGENCIES = 50
OFFICERS = 20  # an agency
SEARCHES = 2_000
DECISIONS = 6_000
SEED = 20_261_122
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
YEARS = 3
ORIGIN = "facegate.example/speed"
GALLERY_SIZE = 1_000_000
USAGE_POLICY = b"Nobody searches without a case.\n"
RELEASE_FORM = b"Nothing is sold or passed on.\n"
DIGEST = hashlib.sha256(RELEASE_FORM).hexdigest()
RESULTS = Path(__file__).parent.parent / "results"


@dataclass
class Crowd:
    """Who asks, drawn once."""

    source: random.Random
    numbers: np.random.Generator

    def ori(self, n: int) -> str:
        """Name the n-th agency."""
        return f"CO{n:07d}"

    def agency(self) -> int:
        """Draw an agency."""
        return self.source.randrange(AGENCIES)

    def officer(self) -> str:
        """Draw an officer."""
        return f"9{self.source.randrange(OFFICERS):03d}"

    def marks(self) -> ProbeMarks:
        """Make the marks of a face that was never sent before."""
        template = self.numbers.normal(size=128).astype(np.float32)
        template *= 1.4 / np.linalg.norm(template)  # as long as dlib's templates are
        return ProbeMarks(
            secrets.token_hex(32),
            self.source.getrandbits(64),
            self.source.getrandbits(64),
            template.astype(np.float16),
        )


def main() -> None:
    """Make the log, measure, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=RECORDS, help="records on the log")
    parser.add_argument("--searches", type=int, default=SEARCHES, help="searches to measure")
    parser.add_argument("--folder", type=Path, help="keep the log here, and use it again if it is there")
    options = parser.parse_args()
    folder = options.folder or Path(tempfile.mkdtemp(prefix="facegate-speed-"))
    try:
        if not (folder / "log").exists():
            crowd = Crowd(random.Random(SEED), np.random.default_rng(SEED))  # noqa: S311  drawn, no secret
            make_log(folder, crowd, options.records)
        measure(folder, options.searches)
    finally:
        if options.folder is None:
            shutil.rmtree(folder, ignore_errors=True)


def make_log(folder: Path, crowd: Crowd, n_records: int) -> None:
    """Write registers, cases and a history of searches, as a gate would have."""
    started = time.perf_counter()
    with unflushed(), AuditLog.open(folder / "log", origin=ORIGIN) as log:
        with opened(folder, log) as ledger:
            register(ledger, folder)
        question = question_of()
        n_searches = max(0, (n_records - log.size) // 2)
        for number in range(n_searches):
            write_search(log, crowd, number, n_searches, question)
            if number % 20_000 == 0:
                say(f"\r{log.size:,} of {n_records:,} records", end="")
    say(f"\r{n_records:,} records written in {time.perf_counter() - started:.0f} s (not measured)")


def register(ledger: Ledger, folder: Path) -> None:
    """Register the example's agency, fifty others, and the cases."""
    (folder / "usage-policy.txt").write_bytes(USAGE_POLICY)
    (folder / "release-form.txt").write_bytes(RELEASE_FORM)
    setup = example_setup().replace('file = "release-form.txt"', f'digest = "{DIGEST}"')
    at = NOW - timedelta(days=2)
    apply_setup(ledger, read_setup(setup, folder=folder), at)
    crowd = Crowd(random.Random(0), np.random.default_rng(0))  # noqa: S311  only its ids are used
    for agency in range(AGENCIES):
        ori = crowd.ori(agency)
        register_agency(
            ledger,
            ori=ori,
            agency_class="police",
            state="CO",
            case_pattern="99-999999",
            name="Example",
            at=at,
        )
        share(
            ledger,
            gallery="dl",
            to=f"ori:{ori}",
            purpose="criminal_investigation",
            first_day="2026-01-01",
            at=at,
        )
        for officer in [f"9{number:03d}" for number in range(OFFICERS)] + ["1120", "502"]:
            role = {"1120": "supervisor", "502": "records"}.get(officer, "investigator")
            register_officer(
                ledger, agency=ori, officer=officer, role=role, trained_until="2027-12-31", at=at
            )
        ledger.record(
            "release-form", at=at, public={"agency": ori},
            sealed={"digest": DIGEST, "signed_by": "1120", "signed_on": "2026-10-01", "no_resale": "yes"},
        )  # fmt: skip
    for number in range(CASES):
        register_case(
            ledger, agency=crowd.ori(number % AGENCIES), case_number=case_number(number), registered_by="502",
            offense_code="1201", opened_on="2026-11-01", at=at,
        )  # fmt: skip


def case_number(number: int) -> str:
    """Name a case: the n-th belongs to agency n modulo the number of agencies."""
    return f"24-{number:06d}"


def write_search(log: AuditLog, crowd: Crowd, number: int, of: int, question: str) -> None:
    """Append the two records of one past search, spread evenly over some years."""
    at = NOW - timedelta(days=3) - timedelta(days=365 * YEARS) * (1 - number / of)
    search_id = str(new_search_id(at, number.to_bytes(10)))
    agency = crowd.agency()
    public: dict[str, JSONValue] = {
        "kind": "intent", "time": stamp(at), "search_id": search_id, "action": "imageComparison",
        "agency": crowd.ori(agency), "agency_class": "police", "beneficiary": crowd.ori(agency),
        "beneficiary_class": "police", "purpose": "criminal_investigation", "channel": "desk",
        "gallery": "dl",
        "profile": "co-dmv-2019", "policy_digest": DIGEST, "policy_texts": "", "schema_digest": DIGEST,
        "catalogue_digest": DIGEST, "decision": "allowed", "alarm": "", "rules": [], "flags": [],
        "gallery_digest": DIGEST, "embedder_digest": DIGEST, "threshold": "0.5", "certificate": DIGEST,
        "fmr_at_most": "0.001", "fpir_at_most": "0.1",
    }  # fmt: skip
    # Past cases are not those that are open now: these would have used up their probes.
    sealed = {
        "question": question, "request_digest": DIGEST,
        "case_number": f"23-{crowd.source.randrange(10**6):06d}",
        "requester": crowd.officer(), "approver": "1120", "operator": "77",
        "agency_stated": crowd.ori(agency),
        "permit_id": search_id, "offense_code": "1201", "offense_nibrs": "120", "offense_level": "1",
        "felony": "false", "charge_citation": "", "exigency_at": "", **crowd.marks().packed(),
    }  # fmt: skip
    intent = log.append(public, sealed, record_key=secrets.token_bytes(32))
    found = [[f"person-{crowd.source.randrange(GALLERY_SIZE)}", "0.55"]] if number % 3 else []
    log.append(
        {"kind": "result", "time": stamp(at), "search_id": search_id, "intent": intent, "outcome": "searched",
         "n_candidates": len(found), "n_at_or_above": len(found), "rules": []},
        {"candidates": json.dumps(found)}, record_key=secrets.token_bytes(32),
    )  # fmt: skip


def measure(folder: Path, n_searches: int) -> None:
    """Open the log as a gate does, and time everything."""
    started = time.perf_counter()
    with AuditLog.open(folder / "log", origin=ORIGIN) as log:
        verified = time.perf_counter()
        with opened(folder, log) as ledger:
            caught_up = time.perf_counter()
            say(f"{log.size:,} records, {CASES:,} cases, {AGENCIES * OFFICERS:,} officers.")
            say(f"Opened: log {verified - started:.1f} s, ledger {caught_up - verified:.1f} s.")
            gate = a_gate(ledger)
            # Faces that no earlier run on this log has sent: they would be variants.
            crowd = Crowd(random.Random(SEED + log.size), np.random.default_rng(SEED + log.size))  # noqa: S311  as above
            with stand_ins(crowd):
                print_row("the gate, two records on disk", gate_times(gate, n_searches))
            parts(gate, crowd, folder)
    decisions(gate.engine)
    say(
        f"{platform.processor() or platform.machine()}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}"
    )


def gate_times(gate: Gate, n_searches: int) -> list[float]:
    """Time searches that are permitted, each with its own permit, case after case."""
    taken = []
    first = gate.ledger.log.size  # an earlier run on this log has used up its cases
    for number in range(first, first + n_searches):
        request = request_of(number)
        probe = secrets.token_bytes(64)
        permit = issue(
            gate.ledger, request, probe_digest=file_marks(probe).digest, at=gate.clock(),
            random_bytes=gate.random_bytes,
        )  # fmt: skip
        started = time.perf_counter()
        reply = gate.search(request, probe, permit=permit.permit_id)
        taken.append(time.perf_counter() - started)
        if reply.decision != "allowed":
            sys.exit(f"search {number} was refused: {[rule.rule_id for rule in reply.failed_rules]}")
    return taken[n_searches // 20 :]  # the first few fill caches


def parts(gate: Gate, crowd: Crowd, folder: Path) -> None:
    """Time what a search is made of, one by one."""
    request, digest = request_of(7), gate.engine.digest("co-dmv-2019")
    marks = crowd.marks()

    def registers() -> None:
        look_up(gate.ledger, request, gate.clock(), policy_digest=digest, published_policy=USAGE_POLICY)

    facts = in_order(request)
    print_row("  registers", repeated(registers))
    print_row(
        "  counters and near-duplicates",
        repeated(lambda: counted(gate, request, marks)),
    )
    print_row("  the law, once", repeated(lambda: gate.engine.decide(request, facts, NOW)))
    sealed = {f"field_{number}": "x" * 20 for number in range(18)}
    print_row(
        "  one record, on disk",
        repeated(lambda: gate.ledger.record("note", at=gate.clock(), public={"n": 1}, sealed=sealed)),
    )
    with (folder / "bare").open("wb", buffering=0) as file:

        def bare() -> None:
            file.write(b"x" * 2_000)
            os.fsync(file.fileno())

        print_row("  bare write and flush of 2,000 bytes", repeated(bare))

        def four() -> None:
            for _ in range(4):
                bare()

        print_row("  four of them, as many as a search makes", repeated(four))


def counted(gate: Gate, request: SearchRequest, marks: ProbeMarks) -> None:
    """Count as one search does: by the file before the photo is looked at, by all its marks after."""
    first = counting.count(gate.ledger, gate.limits, request, gate.clock(), GALLERY_SIZE)
    first.with_marks(file_marks(b"photo"))
    first.with_marks(marks)


def decisions(engine: PolicyEngine) -> None:
    """Count decisions a second, one core: as a gate is asked, and over every shipped profile."""
    say(f"Decisions alone, {len(engine.profiles)} profiles loaded:")
    asked = [request_of(number) for number in range(DECISIONS)]
    print_rates("one law, many officers", engine, [(one, in_order(one)) for one in asked])
    stated = generated_set(500, seed=SEED, now=NOW, catalogue=engine.catalogue).requests
    laws = sorted(engine.profiles)
    drawn = [
        (replace(one.request, profile=laws[n % len(laws)]), one.facts) for n, one in enumerate(stated * 12)
    ]
    print_rates("generated requests, every profile in turn", engine, drawn[:DECISIONS])


def print_rates(name: str, engine: PolicyEngine, asked: Sequence[tuple[SearchRequest, Facts]]) -> None:
    """Time the engine, then Cedar alone on the same questions."""
    started = time.process_time()
    decided = [engine.decide(request, facts, NOW) for request, facts in asked]
    ours = len(asked) / (time.process_time() - started)
    ready = []
    for (request, _), one in zip(asked, decided, strict=True):
        query = CedarQuery.from_text(one.question)
        entities = cedarpy.Entities.from_json_str(query.known.text, schema=engine.schema.handle)
        question = {**query.request, "context": query.context_json}
        ready.append((question, engine.profiles[request.profile].handle, entities))
    started = time.process_time()
    for question, law, entities in ready:
        cedarpy.is_authorized(question, law, entities, engine.schema.handle)
    bare = len(ready) / (time.process_time() - started)
    say(f"  {name:<42} {ours:8,.0f} a second; Cedar alone {bare:8,.0f}; ratio {ours / bare:.2f}")


def repeated(step: Callable[[], object], times: int = 300) -> list[float]:
    """Time one step again and again."""
    taken = []
    for _ in range(times):
        started = time.perf_counter()
        step()
        taken.append(time.perf_counter() - started)
    return taken[times // 10 :]


def print_row(name: str, taken: list[float]) -> None:
    """Print median and 99th percentile in milliseconds."""
    median, high = np.percentile(np.array(taken) * 1e3, [50, 99])
    say(f"{name:<40} median {median:7.2f} ms   p99 {high:7.2f} ms")


def request_of(number: int) -> SearchRequest:
    """Give a request that passes: fresh case, one of many officers."""
    case = number % CASES
    return SearchRequest(
        profile="co-dmv-2019", case_number=case_number(case), incident_number="24-88121", offense_code="1201",
        offense_level="1", offense_nibrs="120", fact_narrative="Seen at counter 3.", suspicion="reasonable",
        purpose="criminal_investigation", duty_statement="Robbery unit", probe_role="suspect",
        requester=f"9{(number // AGENCIES) % OFFICERS:03d}", agency=f"CO{case % AGENCIES:07d}", operator="77",
        approver="1120", on_behalf_of="self", source_address="10.4.1.7", channel="desk", setting="public",
        probe_source="cctv", probe_edited=False, sketch=False, first_amendment=False, gallery="dl",
        candidate_limit=20, release_form=DIGEST,
    )  # fmt: skip


class DrawnGallery:
    """Stands in for the gallery: its size, and somebody who was never shown before."""

    digest = "ab" * 32
    n_subjects = GALLERY_SIZE
    synthetic = False

    def __init__(self, embedder: EmbedderInfo) -> None:
        self.embedder = embedder
        self._next = GALLERY_SIZE

    def refresh(self) -> None:
        """Nobody was withdrawn."""

    def search(self, *_: object, **__: object) -> CandidateList:
        """Find somebody who was never shown before."""
        self._next += 1
        return CandidateList((Candidate(SubjectId(f"person-{self._next}"), 0.55),), 1)


class DrawnEmbedder:
    """Stands in for the embedder."""

    def __init__(self, info: EmbedderInfo) -> None:
        self.info = info

    def embed(self, chips: Any) -> Any:  # noqa: ANN401  stands in
        """Give back what was given."""
        return chips


class AskedAnyway(InForce):
    """The certificate of the published LFW run, asked as always; its small gallery is let pass."""

    def objections(self, use: Use) -> tuple[str, ...]:
        """Look, and object to nothing."""
        super().objections(use)
        return ()


def in_force() -> InForce:
    """Certify the published run with a key that vouches for nothing."""
    text = (RESULTS / "lfw" / "result.json").read_text(encoding="utf-8")
    result = BenchmarkResult.from_json(text, name="result.json")
    key = IssuerKey("nobody.example/speed", Ed25519PrivateKey.generate())
    certificate = certify(
        result, "fmr-1e-4", result_digest=hashlib.sha256(text.encode()).hexdigest(), issuer=key.issuer,
        issued_on=NOW.date(),
    )  # fmt: skip
    return AskedAnyway(certificate)


def a_gate(ledger: Ledger) -> Gate:
    """Put the gate together as `open_gate` does, with stand-ins for what is not measured."""
    info = EmbedderInfo("stand-in", "ab" * 32, 128, Metric.EUCLIDEAN)
    ticks = count(1)
    latest = datetime.fromisoformat(ledger.value("SELECT latest FROM clock_latest"))
    start = max(NOW, latest)  # an earlier run on this log may have gone further
    return Gate(
        gallery=DrawnGallery(info),  # type: ignore[arg-type]
        embedder=DrawnEmbedder(info),
        engine=PolicyEngine.load(),
        ledger=ledger,
        # Two thousand searches on one day: the caps are looked up as always, but set out of the way.
        limits=Limits(agency_day_probes=100_000, officer_day_probes=100_000, breaker_floor=100_000),
        in_force=in_force(),
        usage_policy=USAGE_POLICY,
        clock=lambda: start + timedelta(milliseconds=20 * next(ticks)),
        random_bytes=secrets.token_bytes,
    )


@contextmanager
def stand_ins(crowd: Crowd) -> Iterator[None]:
    """Put drawn faces and marks in the place of what is done on pixels."""
    face = Face(np.zeros((150, 150, 3), dtype=np.uint8), FaceBox(0, 0, 150, 150, 1.0, Detector.HOG), 1)

    def marks(digest: str, *_: object) -> ProbeMarks:
        return replace(crowd.marks(), digest=digest)

    hashed = patch.object(serving, "perceptual_hashes", lambda _: (0, 0))
    marked = patch.object(serving, "probe_marks", marks)
    with patch.object(serving, "only_face", lambda _: face), hashed, marked:
        yield


@contextmanager
def unflushed() -> Iterator[None]:
    """Make the log without waiting for the disk: only while it is made, never while it is measured."""
    opened_store = SealedStore.__init__

    def quick(self: SealedStore, path: Path) -> None:
        opened_store(self, path)
        self._run("PRAGMA synchronous = OFF")

    with patch.object(os, "fsync", lambda _: None), patch.object(SealedStore, "__init__", quick):
        yield


@contextmanager
def opened(folder: Path, log: AuditLog) -> Iterator[Ledger]:
    """Open the ledger of a log."""
    with Ledger.open(folder / "ledger.db", log, BOOKS, random_bytes=secrets.token_bytes) as ledger:
        yield ledger


def question_of() -> str:
    """Give a question as long as real ones are."""
    request = request_of(0)
    return PolicyEngine.load().decide(request, in_order(request), NOW).question


def say(text: str, *, end: str = "\n") -> None:
    """Print at once."""
    print(text, end=end, flush=True)


if __name__ == "__main__":
    main()
