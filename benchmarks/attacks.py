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
4. *Two steps*: first every yes and each no is weighed by what it tells, at the distance at which an approach
   tells most; then, the count of approaches being full, a withheld list itself is the answer, and is asked
   for so far out that it is rare.

"Caps" is the real code of `facegate.gate.limits`, asked as the gate asks it: facts before the search, an
intent on the log, the caps on showing after it, a result on the log. Five officers of one agency collude over
a year with as many cases as they like; what is refused is tried under another case, by another officer, on
another day. "No margin" leaves out whom a search approached without showing.

The margin of 0.06 is one of dlib's distance (128 numbers) or of cosine (512). Counted from their mean, dlib's
templates of strangers are 0.674 apart, squared and averaged over LFW, so that a distance a is a cosine of
1 - a * a / 0.674, and 0.06 below a distance of 0.475 is 0.09 of cosine.

What holds at the default caps, mean gain in cosine of 20 people: ridge with bands and bisection gain nothing.
Patience gains 0.008 of 512 numbers, and 0.034 of 128, where 0.02 is wanted; without the margin 0.08 and 0.15.
Two steps gain 0.04 and 0.12: **not held**. The caps withhold a list and make its officer wait, which tells
him that he came near, so the gain grows with every officer who colludes. A tighter count does not mend that:
with 3 approaches in place of 10 the two gain 0.03 and 0.11 of 128 numbers (8 people).

``--honest TEMPLATES`` (of ``facegate embed lfw``) asks the other side: ten honest searches a day, for a year.
At a distance of 0.475 (one comparison in 10,000 matches) 5.7 % of searches wait for a supervisor, 0.9 %
without the margin; at 0.388 (one search in 100 for a stranger shows somebody) 0.3 %. In a gallery of 5,749
people its share, 100 different people a year, stops such an agency long before: after 180 searches, or 1,196.

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
from scipy.stats import norm

from facegate.audit.entry import Entry
from facegate.audit.sealed import Opening
from facegate.gallery.snapshot import MOST_APPROACHED
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.clearing import clear, waiting
from facegate.gate.limits.config import Limits
from facegate.gate.limits.counting import LimitFacts, after_search, limit_facts
from facegate.gate.limits.marks import ProbeMarks
from facegate.gate.limits.near import Nearness
from facegate.gate.limits.searches import Searches
from facegate.request import SearchRequest
from facegate.templates import TemplateSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from facegate.audit.log import AuditLog
    from facegate.decision import Vectors

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

    def leaf(self, index: int) -> bytes:
        """Stand for the leaf hash of a record."""
        return index.to_bytes(32, "big")

    def append(self, public: Mapping[str, Any], sealed: Mapping[str, str], *, record_key: bytes) -> int:
        """Keep a record."""
        time = datetime.fromisoformat(public["time"])
        entry = Entry(self.size, public["kind"], time, dict(public), {})
        self._records.append((entry, Opening(record_key, dict(sealed))))
        return self.size - 1

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
        facts = limit_facts(self.ledger, self.limits, request, marks, now, GALLERY, nearness=NEARNESS)
        allowed = all(facts.gate_facts().values())
        intent = record_intent(self.ledger, request, marks, facts, now, allowed=allowed)
        if not allowed:
            return Answer("refused", facts=facts)
        found = [TARGET] if shown else []
        approached = [TARGET] if THRESHOLD - self.margin <= score < THRESHOLD else []
        failed = after_search(self.ledger, self.limits, request, found, now, GALLERY, approached=approached)
        record_result(self.ledger, intent, found, now, withheld=bool(failed), approached=approached,
                      rules=[rule.rule_id for rule in failed])  # fmt: skip
        if failed:
            return Answer("withheld")
        return Answer("searched", shown, score if shown else None)


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


def record_result(
    ledger: Ledger,
    intent: int,
    found: list[str],
    now: datetime,
    *,
    withheld: bool,
    approached: list[str],
    rules: list[str],
) -> None:
    """Record a result with the fields that the counters read."""
    public = {
        "intent": intent,
        "outcome": "withheld" if withheld else "searched",
        "n_candidates": len(found),
        "rules": rules,
    }
    sealed = {
        "candidates": json.dumps([[one, "0.5"] for one in found]),
        "approached": json.dumps([[one, "0.4"] for one in approached]),
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
            if answer.outcome == "withheld":  # officer and case wait now; and somebody was found
                self.officers.pop(0)
                self.n_cases += 1
                self.n_answered += 1
                return answer
            facts = cast("LimitFacts", answer.facts)
            if not facts.variants_cleared:  # it would be refused to everybody: on to another probe
                return answer
            self._work_around(facts)
        return None

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
            found = answer.shown or answer.outcome == "withheld"
            low, high = (angle, high) if found else (low, angle)
        angle = (low + high) / 2
        rows.append(np.cos(angle) * start + np.sin(angle) * across)
    return recovered(rows, [THRESHOLD] * len(rows), start)


def spread_of(d: int) -> float:
    """Give how much of the template a random direction across the start has, one standard deviation."""
    return float(np.sqrt((1 - START**2) / (d - 1)))


@dataclass(frozen=True)
class Way:
    """How far out to ask, and what the answers tell there, in standard deviations of a random direction.

    ``yes``, ``no`` and ``withheld`` are the mean of what the direction has of the template, given the answer;
    ``shown`` and ``approached`` how likely each is.
    """

    angle: float
    edge: float
    yes: float
    no: float
    withheld: float
    shown: float
    approached: float


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
        found.append(
            Way(
                angle,
                edge,
                high / shown,
                -high / (1 - shown),
                norm.pdf(nearly) / approached,
                shown,
                approached,
            )
        )
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
    learned = asked_at(crowd, start, source, way, n=n)
    return unit(START * start + spread_of(start.size) * learned)


def two_steps(crowd: Colluders, start: Floats, source: np.random.Generator, *, n: int) -> Floats:
    """Attack 4: fill the count of approaches with answers that tell most, then go where one is rare.

    Once the count is full, a withheld list tells of an approach: each officer who is left learns one
    direction by it, as far out as the probes last.
    """
    desk = crowd.desk
    all_ways = ways(start.size, desk.margin)

    def told(way: Way) -> float:
        worth = -way.yes * way.no  # of one answer, yes or no
        return worth if desk.ledger is None else worth / way.approached

    # Where hardly anybody is approached, the year and the caps on probes end it first.
    first = max((one for one in all_ways if one.shown > 12 / n), key=told)
    learned = asked_at(crowd, start, source, first, n=n, to_the_first_withheld=True)
    if len(crowd.officers) < OFFICERS:
        rare = min(all_ways, key=lambda one: abs(one.approached - 2 * OFFICERS / n))
        learned += asked_at(crowd, start, source, rare, n=n)
    return unit(START * start + spread_of(start.size) * learned)


def asked_at(
    crowd: Colluders,
    start: Floats,
    source: np.random.Generator,
    way: Way,
    *,
    n: int,
    to_the_first_withheld: bool = False,
) -> Floats:
    """Ask random directions at one angle from the start; add them up, each by what its answer tells."""
    learned = np.zeros(start.size)
    for _ in range(n):
        across = source.standard_normal(start.size)
        across = unit(across - (across @ start) * start)
        answer = crowd.ask(np.cos(way.angle) * start + np.sin(way.angle) * across)
        if answer is None:
            break
        if answer.outcome == "withheld":
            learned += way.withheld * across
            if to_the_first_withheld:
                break
        elif answer.outcome == "searched":
            learned += (way.yes if answer.shown else way.no) * across
    return learned


def attack(name: str, crowd: Colluders, start: Floats, source: np.random.Generator) -> Floats:
    """Run one attack at the size at which it succeeds without caps."""
    d = start.size
    if name == "ridge, exact":
        return ridge(crowd, start, source, n=2 * d, banded=False)
    if name == "ridge, bands":
        return ridge(crowd, start, source, n=8 * d, banded=True)
    if name == "bisection":
        return bisection(crowd, start, source, directions=5 * d // 4, halvings=8)
    return (patience if name == "patience" else two_steps)(crowd, start, source, n=2000)


ATTACKS = ("ridge, exact", "ridge, bands", "bisection", "patience", "two steps")


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
    """What a year of honest searches ran into: days of the first list withheld, and how many were."""

    n_searches: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    withheld: Counter[str] = field(default_factory=Counter)
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
                order = np.argsort(-row)[: int((row >= line - margin).sum())]
                listed = [f"s{one}" for one in order if row[one] >= line][:LONGEST_LIST]
                near = [one for one in (f"s{one}" for one in order) if one not in listed][:MOST_APPROACHED]
                request = SearchRequest(
                    "co-dmv-2019", case_number=f"26-{number}", requester=f"o{turn}", agency=AGENCY
                )
                marks = marks_of(probe)
                facts = limit_facts(ledger, limits, request, marks, now, scores.shape[1])
                told.n_searches += 1
                told.refused.update(name for name, holds in facts.gate_facts().items() if not holds)
                allowed = all(facts.gate_facts().values())
                intent = record_intent(ledger, request, marks, facts, now, allowed=allowed)
                if not allowed:
                    continue
                failed = after_search(
                    ledger, limits, request, listed, now, scores.shape[1], approached=near if margin else []
                )
                rules = [rule.rule_id for rule in failed]
                record_result(
                    ledger, intent, listed, now, withheld=bool(failed), rules=rules,
                    approached=near if margin else [],
                )  # fmt: skip
                told.withheld.update(rules)
                if failed and told.first_withheld is None:
                    told.first_withheld = day + 1
                if turn == HONEST_A_DAY - 1:
                    clear_all(ledger, limits, now + timedelta(hours=9))
    return told


def clear_all(ledger: Ledger, limits: Limits, now: datetime) -> None:
    """Clear whatever waits, as a supervisor would who finds nothing amiss."""
    for item in waiting(ledger, limits, now):
        clear(
            ledger,
            limits,
            item,
            supervisor="S-1",
            supervisor_known=True,
            reason="cleared by the supervisor",
            at=now,
        )


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
            print(f"  {name:24} withheld {n:4} ({share:.1%}), first on day {day}; by {dict(year.withheld)}; "
                  f"refused by {dict(year.refused)}", flush=True)  # fmt: skip


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--seeds", type=int, default=SEEDS)
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
    for name in ATTACKS:
        for d in (512, 128):
            for label, caps, margin in SETTINGS:
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
