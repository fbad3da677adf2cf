"""Does asking the gate again and again reveal somebody's template? Four attacks, with and without caps.

Run ``python benchmarks/attacks.py``; some minutes on one core. Setting: one enrolled person, a
template drawn at random on the unit sphere; the attacker controls the probe's template and starts from one
at cosine 0.60; threshold 0.40. That is the upper bound: whoever sends photos moves less freely. Printed is
the cosine between the person's template and the one recovered: 0.60 is nothing gained, 1.00 recovered.

1. *Ridge*: random probes around the start, ridge regression on the answers (exact scores, which no reply
   holds, or the middles of bands of 0.10, which a released list does).
2. *Bisection*: turn towards random directions, halve the angle until the person drops off the list; uses no
   score at all, only shown or not shown.
3. *Patience*: ask probes so far out that few are answered, and learn from those. How far out is chosen by
   somebody who knows the caps.
4. *Both answers*: ask at the distance at which an answer, yes or no, tells most for each approach that it
   costs, and weigh every no by how likely it is that the person is not left out yet.

"Caps" is the real code of `facegate.gate.limits`, asked as the gate asks it: facts before the search, an
intent on the log, the caps on showing after it, a result on the log. Five officers of one agency collude over
a year with as many cases as they like; what is refused is tried under another case, by another officer, on
another day. "No margin" leaves out whom a search approached without showing.

The margin of 0.06 is one of dlib's distance (128 numbers) or of cosine (512). Counted from their mean, dlib's
templates of strangers are 0.674 apart, squared and averaged over LFW, so that a distance a is a cosine of
1 - a * a / 0.674, and 0.06 below a distance of 0.475 is 0.09 of cosine.

What holds at the default caps, mean gain in cosine of 20 people, against 0.02 wanted: ridge with bands and
bisection gain nothing; patience gains 0.006 of 512 numbers and 0.011 of 128; both answers 0.008 and 0.023,
the last **not held**. Whoever was shown too often is left out of lists without a word. Before, his list was
withheld, which told each officer who colluded that he had come near: that gained 0.04 and 0.12. Not run: an
attacker who asks again for a person known to be near, to learn that the count is full. Each such question
uses up a showing, and after a whole batch its answer is one bit of the batch.

``--honest TEMPLATES`` (of ``facegate embed lfw``) asks the other side: ten honest searches a day, for a
year, a supervisor clearing every evening. At a distance of 0.475 (one comparison in 10,000 matches) 4.7 %
of lists leave somebody out or are withheld, 1.3 % without the margin; at 0.388 (one search in 100 for a
stranger shows somebody) 0.1 %. In a gallery of 5,749 people its share, 100 different people a year, is
granted again 11 times and 3 times; without that such an agency would stop after about 180 searches.

The attacks are SYNTHETIC: no face, no finding about anybody.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import secrets
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from scipy.stats import binom, norm

from facegate.audit.entry import Entry
from facegate.audit.sealing.sealed import Opening
from facegate.gallery.snapshot import MOST_APPROACHED
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.clearing import clear, waiting
from facegate.gate.limits.config import Limits
from facegate.gate.limits.counting import LimitFacts, count
from facegate.gate.limits.listing import after_search
from facegate.gate.limits.marks import ProbeMarks
from facegate.gate.limits.near import Nearness
from facegate.gate.limits.searches import Searches
from facegate.records import Candidate, CandidateList, SubjectId
from facegate.request import SearchRequest
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from facegate.audit.canonical import JSONValue
    from facegate.audit.log import AuditLog
    from facegate.decision import Vectors
    from facegate.gate.limits.listing import Listing

    Floats = NDArray[np.float64]

START = 0.60
THRESHOLD = 0.40
# Below the threshold whoever scores there was approached, by dimension: see above.
MARGINS = {128: (0.535**2 - 0.475**2) / 0.674, 512: Limits().approach_margin}
STEP = 0.5
RIDGE = 1e-3
BAND = 0.10
GALLERY = 100_000
OFFICERS = 5
SEEDS = 20
BEGIN = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
YEAR = timedelta(days=365)
AGENCY = "CO0160000"
TARGET = "person-1"
# dlib's templates have length 1.42 on average, those here 1: the measured distance, scaled.
NEARNESS = Nearness(distance=0.34 / 1.42)


class MemoryLog:
    """Stand-in for the log: what the ledger asks of it, without a disk."""

    def __init__(self) -> None:
        self._records: list[tuple[Entry, Opening]] = []

    @property
    def size(self) -> int:
        """Records so far."""
        return len(self._records)

    @property
    def acknowledged(self) -> int:
        """The same: there is no file that could say less."""
        return self.size

    def cover(self) -> None:
        """Do nothing."""

    def leaf(self, index: int) -> bytes:
        """Stand for the leaf hash of a record."""
        return index.to_bytes(32, "big")

    def append(
        self,
        public: Mapping[str, JSONValue],
        sealed: Mapping[str, str],
        *,
        record_key: bytes,
        cover: bool = True,
    ) -> int:
        """Keep a record."""
        del cover
        time = datetime.fromisoformat(str(public["time"]))
        entry = Entry(self.size, str(public["kind"]), time, dict(public), {})
        self._records.append((entry, Opening(record_key, dict(sealed))))
        return entry.seq

    def read(self, start: int = 0) -> Iterator[tuple[Entry, Opening]]:
        """Read records back."""
        yield from self._records[start:]


@dataclass(frozen=True)
class Answer:
    """What the asker learns: refused (by what), withheld, or searched; shown or not; the score."""

    outcome: str
    shown: bool = False
    score: float | None = None
    facts: LimitFacts | None = None


@dataclass
class Desk:
    """Stand-in for the gate: everything but the limits is in order. Without a ledger there are no caps.

    The order is the gate's: facts, intent, search, caps on showing, result, reply.
    """

    template: Floats
    ledger: Ledger | None
    limits: Limits = field(default_factory=Limits)
    margin: float = 0.0
    n_asked: int = 0

    def ask(self, probe: Floats, officer: str, case_number: str, now: datetime) -> Answer:
        """Ask for one search."""
        score = float(probe @ self.template)
        shown = score >= THRESHOLD
        self.n_asked += 1
        if self.ledger is None:
            return Answer("searched", shown, score if shown else None)
        request = SearchRequest("co-dmv-2019", case_number=case_number, requester=officer, agency=AGENCY)
        marks = marks_of(probe)
        facts = count(self.ledger, self.limits, request, now, GALLERY, nearness=NEARNESS).with_marks(marks)
        allowed = all(facts.gate_facts().values())
        intent = record_intent(self.ledger, request, marks, facts, now, allowed=allowed)
        if not allowed:
            return Answer("refused", facts=facts)
        approached = [TARGET] if THRESHOLD - self.margin <= score < THRESHOLD else []
        found = answered([TARGET] if shown else [], approached)
        told = after_search(self.ledger, self.limits, request, found, now, GALLERY)
        record_result(self.ledger, intent, told, now)
        if told.withheld:
            return Answer("withheld")
        shown = bool(told.listed.candidates)
        return Answer("searched", shown, score if shown else None)


def answered(listed: Sequence[str], near: Sequence[str] = (), *, n_above: int | None = None) -> CandidateList:
    """Put together what the gallery answers; scores are made up, as no counter reads them."""
    candidates, approached = (
        tuple(Candidate(SubjectId(one), score) for one in some)
        for some, score in ((listed, 0.5), (near, 0.4))
    )
    return CandidateList(candidates, len(listed) if n_above is None else n_above, approached)


def marks_of(probe: Floats) -> ProbeMarks:
    """Mark a probe that is only a template: its hash is unlike every other's."""
    digest = hashlib.sha256(probe.tobytes()).hexdigest()
    return ProbeMarks(digest, int(digest[:16], 16), int(digest[16:32], 16), probe.astype(np.float16))


def record_intent(
    ledger: Ledger,
    request: SearchRequest,
    marks: ProbeMarks,
    facts: LimitFacts,
    now: datetime,
    *,
    allowed: bool,
) -> int:
    """Record an intent with the fields that the counters read."""
    public = {
        "search_id": f"search-{ledger.log.size}",
        "action": str(request.action),
        "agency": request.agency or "",
        "decision": "allowed" if allowed else "refused",
        "rules": [] if facts.variants_cleared else ["FG-VARIANTS"],
        "flags": list(facts.flags),
    }
    sealed = {
        "case_number": request.case_number or "",
        "requester": request.requester or "",
        **marks.packed(),
    }
    return ledger.record("intent", at=now, public=cast("Any", public), sealed=sealed)


def record_result(ledger: Ledger, intent: int, told: Listing, now: datetime) -> None:
    """Record a result with the fields that the counters read."""
    public = {
        "intent": intent,
        "outcome": "withheld" if told.withheld else "searched",
        "n_candidates": len(told.listed.candidates),
        "rules": [rule.rule_id for rule in told.withheld],
    }
    sealed = {
        name: json.dumps([[one.subject_id, repr(one.score)] for one in some])
        for name, some in (
            ("candidates", told.listed.candidates),
            ("approached", told.listed.approached),
            ("omitted", told.omitted),
        )
    }
    ledger.record("result", at=now, public=cast("Any", public), sealed=sealed)


@dataclass
class Colluders:
    """Officers of one agency who try whatever is refused under another case, officer, or day."""

    desk: Desk
    now: datetime = BEGIN
    officers: list[str] = field(default_factory=lambda: [f"officer-{n}" for n in range(OFFICERS)])
    n_cases: int = 1
    n_answered: int = 0
    n_shown: int = 0

    def ask(self, probe: Floats) -> Answer | None:
        """Get an answer by any means; None when the year is over or every officer waits for a supervisor."""
        while self.officers and self.now < BEGIN + YEAR:
            self.now += timedelta(seconds=1)
            answer = self.desk.ask(probe, self.officers[0], f"26-{self.n_cases}", self.now)
            if answer.outcome == "searched":
                self.n_answered += 1
                self.n_shown += answer.shown
                return answer
            if answer.outcome == "withheld":  # officer and case wait now
                self.officers.pop(0)
                self.n_cases += 1
                return answer
            facts = cast("LimitFacts", answer.facts)
            if not facts.variants_cleared:  # it would be refused to everybody: on to another probe
                return answer
            self._work_around(facts)
        return None

    @property
    def told_no_more(self) -> bool:
        """Whether the person was shown as often as the caps bear: from then on every answer is no."""
        return self.desk.ledger is not None and self.n_shown >= self.desk.limits.subject_agency_approaches

    def _work_around(self, facts: LimitFacts) -> None:
        if not facts.within_case_cap:
            self.n_cases += 1
        elif not facts.within_subject_cap or not facts.within_gallery_budget:
            self.officers.pop(0)
            self.n_cases += 1
        elif not (facts.within_agency_cap and facts.breaker_closed) or self.officers[0] == max(self.officers):
            self.now = self.now.replace(hour=8, minute=0, second=0) + timedelta(days=1)
            self.officers.sort()
        else:
            self.officers.append(self.officers.pop(0))


def unit(vector: Floats) -> Floats:
    """Bring a vector to length 1."""
    length: Floats = vector / np.linalg.norm(vector)
    return length


def drawn(d: int, source: np.random.Generator) -> tuple[Floats, Floats]:
    """Draw a template, and a start at cosine 0.60 from it."""
    template = unit(source.standard_normal(d))
    across = source.standard_normal(d)
    across = unit(across - (across @ template) * template)
    return template, START * template + np.sqrt(1 - START**2) * across


def recovered(rows: list[Floats], values: list[float], start: Floats) -> Floats:
    """Solve for the template by ridge regression; without any answer it is the start."""
    if not rows:
        return start
    known, answers = np.array(rows), np.array(values)
    if len(rows) < known.shape[1]:
        weights = np.linalg.solve(known @ known.T + RIDGE * np.eye(len(rows)), answers)
        return unit(known.T @ weights)
    return unit(np.linalg.solve(known.T @ known + RIDGE * np.eye(known.shape[1]), known.T @ answers))


def ridge(crowd: Colluders, start: Floats, source: np.random.Generator, *, n: int, banded: bool) -> Floats:
    """Attack 1: random probes around the start, the start itself first."""
    rows, values = [], []
    for turn in range(n):
        probe = unit(start + (STEP if turn else 0) * unit(source.standard_normal(start.size)))
        answer = crowd.ask(probe)
        if answer is None:
            break
        if answer.score is not None:
            rows.append(probe)
            score = answer.score
            values.append((np.floor(score / BAND) + 0.5) * BAND if banded else score)
        if crowd.told_no_more:
            break
    return recovered(rows, values, start)


def bisection(
    crowd: Colluders, start: Floats, source: np.random.Generator, *, directions: int, halvings: int
) -> Floats:
    """Attack 2: where does the person drop off the list? The score there is the threshold."""
    rows: list[Floats] = []
    for _ in range(directions):
        across = source.standard_normal(start.size)
        across = unit(across - (across @ start) * start)
        low, high = 0.0, np.pi / 2
        for _ in range(halvings):
            angle = (low + high) / 2
            answer = crowd.ask(np.cos(angle) * start + np.sin(angle) * across)
            if answer is None:
                return recovered(rows, [THRESHOLD] * len(rows), start)
            if answer.outcome == "refused":
                break
            low, high = (angle, high) if answer.shown else (low, angle)
        if crowd.told_no_more or low == 0:  # left out by now: whatever is asked, the answer is no
            break
        angle = (low + high) / 2
        rows.append(np.cos(angle) * start + np.sin(angle) * across)
    return recovered(rows, [THRESHOLD] * len(rows), start)


def spread_of(d: int) -> float:
    """Give how much of the template a random direction across the start has, one standard deviation."""
    return float(np.sqrt((1 - START**2) / (d - 1)))


@dataclass(frozen=True)
class Way:
    """How far out to ask, and what the answers tell there, in standard deviations of a random direction.

    ``yes`` and ``no`` are the mean of what the direction has of the template, given the answer; ``shown`` and
    ``approached`` how likely it is to be shown, and to be shown or nearly.
    """

    angle: float
    edge: float
    yes: float
    no: float
    shown: float
    approached: float

    @property
    def worth(self) -> float:
        """What an answer tells on average: the variance that it explains."""
        return -self.yes * self.no


def ways(d: int, margin: float) -> list[Way]:
    """List how far out one may ask, the farthest last."""
    spread = spread_of(d)
    found = []
    for angle in np.linspace(0.3, 1.45, 400):
        edge = (THRESHOLD - START * np.cos(angle)) / (spread * np.sin(angle))
        nearly = edge - margin / (spread * np.sin(angle))
        if not -3 < edge < 5:  # noqa: PLR2004  beyond, an answer is as good as known before
            continue
        shown, approached, high = norm.sf(edge), norm.sf(nearly), norm.pdf(edge)
        found.append(Way(angle, edge, high / shown, -high / (1 - shown), shown, approached))
    return found


def patience(crowd: Colluders, start: Floats, source: np.random.Generator, *, n: int) -> Floats:
    """Attack 3: ask far out and weigh the few who are answered.

    Without a count of approaches so far out that 12 of all are answered; with it, where a yes tells most
    for each approach that it costs.
    """
    desk = crowd.desk
    all_ways = ways(start.size, desk.margin)
    if desk.ledger is not None and desk.margin:
        way = max(all_ways, key=lambda one: max(one.edge, 0) ** 2 * one.shown / one.approached)
    else:
        way = min(all_ways, key=lambda one: abs(one.shown - 12 / n))
    return asked_at(crowd, start, source, way, n=n)


def both_answers(crowd: Colluders, start: Floats, source: np.random.Generator, *, n: int) -> Floats:
    """Attack 4: ask where an answer tells most for each approach that it costs."""
    desk = crowd.desk
    # Where hardly anybody is approached, the year and the caps on probes end it first.
    answered_ways = [one for one in ways(start.size, desk.margin) if one.shown > 12 / n]
    if desk.ledger is None:
        way = max(answered_ways, key=lambda one: one.worth)
    else:
        way = max(answered_ways, key=lambda one: one.worth / one.approached)
    return asked_at(crowd, start, source, way, n=n)


def asked_at(crowd: Colluders, start: Floats, source: np.random.Generator, way: Way, *, n: int) -> Floats:
    """Ask random directions at one angle from the start; add them up, each by what its answer tells."""
    asked: list[Floats] = []
    shown: list[bool] = []
    for _ in range(n):
        across = source.standard_normal(start.size)
        across = unit(across - (across @ start) * start)
        answer = crowd.ask(np.cos(way.angle) * start + np.sin(way.angle) * across)
        if answer is None:
            break
        if answer.outcome == "searched":
            asked.append(across)
            shown.append(answer.shown)
        if crowd.told_no_more:
            break
    if not asked:
        return start
    told = np.where(shown, way.yes, way.no * still_told(crowd, np.array(shown), way))
    return unit(START * start + spread_of(start.size) * (told @ np.array(asked)))


def still_told(crowd: Colluders, shown: NDArray[np.bool_], way: Way) -> Floats:
    """Give how likely the person was not left out yet, at each answer.

    Up to the last yes that is certain. After it, as many approaches were seen as there were yeses, and the
    probes that were answered "no" hold some more.
    """
    certain = np.ones(len(shown))
    if crowd.desk.ledger is None:
        return certain
    last = int(np.flatnonzero(shown)[-1]) if shown.any() else -1
    left = crowd.desk.limits.subject_agency_approaches - 1 - int(shown.sum())
    unseen = (way.approached - way.shown) / (1 - way.shown)
    noes = np.arange(len(shown)) - int(shown.sum())  # before each answer after the last yes
    after = np.asarray(binom.cdf(left, np.maximum(noes, 0), unseen))
    at_last = binom.cdf(left + 1, max(last + 1 - int(shown.sum()), 0), unseen)
    certain[last + 1 :] = np.minimum(after[last + 1 :] / at_last, 1)
    return certain


def attack(name: str, crowd: Colluders, start: Floats, source: np.random.Generator) -> Floats:
    """Run one attack at the size at which it succeeds without caps."""
    d = start.size
    if name == "ridge, exact":
        return ridge(crowd, start, source, n=2 * d, banded=False)
    if name == "ridge, bands":
        return ridge(crowd, start, source, n=8 * d, banded=True)
    if name == "bisection":
        return bisection(crowd, start, source, directions=5 * d // 4, halvings=8)
    return (patience if name == "patience" else both_answers)(crowd, start, source, n=2000)


ATTACKS = ("ridge, exact", "ridge, bands", "bisection", "patience", "both answers")

SETTINGS = (("none", False, False), ("no margin", True, False), ("caps", True, True))


@dataclass(frozen=True)
class Outcome:
    """What one run gained: cosine with the template at the end, probes asked, answered, shown."""

    cosine: float
    asked: int
    answered: int
    shown: int


def run(name: str, *, d: int, seed: int, caps: bool, margin: bool = True) -> Outcome:
    """Run one attack on one drawn person."""
    source = np.random.default_rng(seed)
    template, start = drawn(d, source)
    with tempfile.TemporaryDirectory() as folder:
        log = cast("AuditLog", MemoryLog())
        path = Path(folder) / "ledger.db"
        with Ledger.open(path, log, (Searches(),), random_bytes=secrets.token_bytes) as ledger:
            desk = Desk(template, ledger if caps else None, margin=MARGINS[d] if margin else 0.0)
            crowd = Colluders(desk)
            found = attack(name, crowd, start, source)
    return Outcome(float(found @ template), desk.n_asked, crowd.n_answered, crowd.n_shown)


HONEST_A_DAY = 10
LONGEST_LIST = 10
SERVED = 0.475  # distance at which one comparison of strangers in 10,000 matches
OFTEN = 10
ONE_IN_A_HUNDRED = 0.99
ANY_SHARE = 1_000_000  # of different people shown in a year: lifts the share of the gallery, to see the rest


@dataclass
class HonestYear:
    """What a year of honest searches ran into: lists withheld or incomplete, since when, what was cleared."""

    n_searches: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
    cleared: Counter[str] = field(default_factory=Counter)
    first_withheld: int | None = None


def honest_scores(templates: TemplateSet) -> tuple[Floats, Vectors]:
    """Compare a year of probes, each of another person, with a gallery of everybody's first photo.

    A probe is a person's last photo; whoever has one photo only is then not enrolled.

    Returns
    -------
    scores : ndarray of shape (probes, people), float64
        Similarity; minus infinity where the photo would meet itself.
    probes : ndarray of shape (probes, d), float32
    """
    subjects, vectors = templates.enrolled.subject_id, templates.enrolled.vectors
    _, first, people, photos = np.unique(
        subjects.astype(str), return_index=True, return_inverse=True, return_counts=True
    )
    last = np.zeros(len(first), dtype=np.int64)
    last[people] = np.arange(len(people))
    chosen = np.random.default_rng(0).permutation(len(first))[: HONEST_A_DAY * YEAR.days]
    probes, enrolled = vectors[last[chosen]], vectors[first]
    squared = np.square(probes).sum(1)[:, None] + np.square(enrolled).sum(1) - 2 * probes @ enrolled.T
    scores: Floats = 1 - np.sqrt(np.maximum(squared.astype(np.float64), 0))
    alone = photos[chosen] == 1
    scores[np.flatnonzero(alone), chosen[alone]] = -np.inf
    return scores, probes


def honest_year(scores: Floats, probes: Vectors, limits: Limits, line: float, margin: float) -> HonestYear:
    """Ask them all of the real limits: one case each; a supervisor clears every evening."""
    told = HonestYear()
    with tempfile.TemporaryDirectory() as folder:
        path, log = Path(folder) / "ledger.db", cast("AuditLog", MemoryLog())
        with Ledger.open(path, log, (Searches(),), random_bytes=secrets.token_bytes) as ledger:
            for number, (row, probe) in enumerate(zip(scores, probes, strict=True)):
                day, turn = divmod(number, HONEST_A_DAY)
                now = BEGIN + timedelta(days=day, minutes=turn)
                if turn == 0:
                    told.cleared.update(clear_all(ledger, limits, now - timedelta(hours=9), scores.shape[1]))
                order = np.argsort(-row)[: int((row >= line - margin).sum())]
                listed = [f"s{one}" for one in order if row[one] >= line][:LONGEST_LIST]
                near = [one for one in (f"s{one}" for one in order) if one not in listed][:MOST_APPROACHED]
                request = SearchRequest(
                    "co-dmv-2019", case_number=f"26-{number}", requester=f"o{turn}", agency=AGENCY
                )
                marks = marks_of(probe)
                facts = count(ledger, limits, request, now, scores.shape[1]).with_marks(marks)
                told.n_searches += 1
                told.refused.update(name for name, holds in facts.gate_facts().items() if not holds)
                allowed = all(facts.gate_facts().values())
                intent = record_intent(ledger, request, marks, facts, now, allowed=allowed)
                if not allowed:
                    continue
                found = answered(listed, near if margin else [], n_above=int((row >= line).sum()))
                listing = after_search(ledger, limits, request, found, now, scores.shape[1])
                record_result(ledger, intent, listing, now)
                rules = [rule.rule_id for rule in listing.withheld]
                told.withheld.update(["FG-CAP-SUBJECT"] * bool(listing.omitted) + rules)
                if (listing.omitted or rules) and told.first_withheld is None:
                    told.first_withheld = day + 1
    return told


def clear_all(ledger: Ledger, limits: Limits, now: datetime, gallery_size: int) -> list[str]:
    """Clear whatever waits, as a supervisor would who finds nothing amiss; name what it was."""
    cleared = []
    while items := waiting(ledger, limits, now, gallery_size=gallery_size):  # one share frees several lists
        item = items[0]
        cleared.append(item.what)
        clear(
            ledger,
            limits,
            item,
            supervisor="S-1",
            supervisor_known=True,
            reason="cleared by the supervisor",
            at=now,
        )
    return cleared


def print_honest(path: Path) -> None:
    """Print what honest searches run into: at two thresholds, with and without parts of the caps."""
    scores, probes = honest_scores(TemplateSet.read(path))
    margin, lifted = Limits().approach_margin, Limits(gallery_least=ANY_SHARE)
    # Of probes of people with one photo nobody is enrolled: whoever is found is a stranger.
    strangers = scores[np.isneginf(scores).any(axis=1)].max(axis=1)
    strict = float(np.quantile(strangers, ONE_IN_A_HUNDRED))
    print(f"{len(scores):,} searches of {scores.shape[1]:,} people, {HONEST_A_DAY} a day for a year")
    for line in (1 - SERVED, strict):
        print(f"distance {1 - line:.3f}: {(strangers >= line).mean():.1%} of searches for strangers show one")
        for name, near in (("shown", 0.0), ("near", margin)):
            count = (scores >= line - near).sum(0)
            print(f"  {name:5} {count.sum() / len(scores):.2f} people a search; one person at most "
                  f"{np.percentile(count, 99):.0f} times for 99 %, {count.max()} for the unluckiest, "
                  f"more than {OFTEN} times for {(count > OFTEN).mean():.2%}")  # fmt: skip
        for name, limits, width in (
            ("caps", Limits(), margin),
            ("any share of the gallery", lifted, margin),
            ("and no margin", lifted, 0.0),
        ):
            year = honest_year(scores, probes, limits, line, width)
            n = sum(year.withheld.values())
            share, day = n / year.n_searches, year.first_withheld
            print(f"  {name:24} incomplete {n:4} ({share:.1%}), first on day {day}; "
                  f"by {dict(year.withheld)}; refused by {dict(year.refused)}; "
                  f"cleared {dict(year.cleared)}", flush=True)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--attacks", nargs="+", choices=ATTACKS, default=ATTACKS)
    parser.add_argument("--settings", nargs="+", choices=[one[0] for one in SETTINGS])
    parser.add_argument("--dimensions", type=int, nargs="+", choices=[512, 128], default=[512, 128])
    parser.add_argument("--json", type=Path, help="also write the figures here")
    parser.add_argument(
        "--honest", type=Path, metavar="TEMPLATES", help="ask what honest use runs into instead"
    )
    options = parser.parse_args()
    if options.honest:
        print_honest(options.honest)
        return
    print(
        f"Cosine with the template, mean of {options.seeds} seeds (least-most); the start is at {START:.2f}"
    )
    print(f"{'attack':14} {'d':>4} {'caps':10} {'cosine':>24} {'asked':>8} {'shown':>7}")
    told = []
    for name in options.attacks:
        for d in options.dimensions:
            for label, caps, margin in SETTINGS:
                if label not in (options.settings or [label]):
                    continue
                seeds = options.seeds if caps else min(3, options.seeds)
                runs = [run(name, d=d, seed=seed, caps=caps, margin=margin) for seed in range(seeds)]
                cosines = np.array([one.cosine for one in runs])
                asked, shown = np.mean([one.asked for one in runs]), np.mean([one.shown for one in runs])
                spread = f"{cosines.mean():.3f} ({cosines.min():.3f}-{cosines.max():.3f})"
                print(f"{name:14} {d:4} {label:10} {spread:>24} {asked:8.0f} {shown:7.1f}", flush=True)
                told.append({"attack": name, "d": d, "caps": label, "cosines": cosines.tolist(),
                             "asked": float(asked), "shown": float(shown)})  # fmt: skip
    if options.json:
        options.json.write_text(json.dumps(told, indent=1))


if __name__ == "__main__":
    main()
