"""Do the misuse detectors find misuse? Made-up years of 20,000 searches with 117 planted misuses each.

Run ``python benchmarks/misuse_detectors.py``; some minutes, one year after the other. A year has 120 officers
of eight agencies, honest work with what looks like misuse and is none (night shifts, swapped shifts, people
called out, fugitives searched for again and again, cold cases, colleagues' relatives who really are
suspects), and 117 misuses of seven classes. The log is in the shape the gate writes it.

The weights of the detectors were chosen on the years of seeds 1 to 4. The years reported here have other
seeds (1001 to 1012), made once the weights were fixed.

- Recall: planted misuses of which a search stands in the review queue, over all planted.
- Precision: items of the queue that hold a misuse, over all items.
- Reviews: items for each misuse found. An item is about one officer, and may hold several searches:
  how many is printed, for that is what a reviewer reads.
- One year is what an agency has: the spread over single years is printed beside the sum, and how many of them
  miss a limit.
- Precision is by what weighs most in an item. Of a detector that never weighs most it is not measured here.
- Intervals are exact binomial ones, 95 %, over misuses or items of all years together.

What it shows is little: planted misuse is what its authors imagined, and so are the honest years. The
detectors' authors and the planters are the same people. A real year has misuse that nobody imagined, officers
who know the detectors, and agencies whose files state less. Nothing here says how often officers misuse
anything.

SYNTHETIC: no person, no finding about anybody.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.evaluation.intervals import clopper_pearson
from facegate.evaluation.rates import Rate
from facegate.oversight.detectors.queue import CUT, NAMES, review_queue
from facegate.oversight.detectors.seen import read_log
from facegate.oversight.synthetic_year.measuring import Score, add_up, score_queue
from facegate.oversight.synthetic_year.year import MISUSES, SEARCHES, make_year

if TYPE_CHECKING:
    from collections.abc import Sequence

FIRST_SEED, YEARS = 1001, 12
RECALL_WANTED, REVIEWS_WANTED = 0.8, 5.0


@dataclass(frozen=True, slots=True)
class Measured:
    """What was found in one year, and how many searches its reviews hold, all together."""

    score: Score
    n_held: int


def measure(seed: int) -> Measured:
    """Make one year, look for misuse in it, and say what was found."""
    start = time.perf_counter()
    year = make_year(seed)
    made = time.perf_counter()
    queue = review_queue(read_log(year.events), year.known)
    score = score_queue(year, queue)
    looked = time.perf_counter()
    print(
        f"seed {seed}: {year.n_searches:,} searches, {len(year.searches)} of them misuse, "
        f"{len(year.events):,} records; recall {score.recall:.3f}, precision {score.precision:.3f}, "
        f"{score.n_items} reviews, "
        f"{score.reviews_a_finding:.2f} a finding; made in {made - start:.1f} s, "
        f"looked at in {looked - made:.1f} s",
        flush=True,
    )
    return Measured(score, sum(len(item.searches) for item in queue))


def rate(part: int, whole: int) -> str:
    """Write a rate with its interval."""
    if whole == 0:
        return "not measured"
    span = clopper_pearson(Rate(part, whole))
    return f"{part / whole:.3f} [{span.low:.3f}, {span.high:.3f}]"


def table(score: Score) -> None:
    """Print recall by class of misuse, and precision by what weighs most in an item."""
    print(f"\n{'class of misuse':<20}{'planted':>9}{'found':>8}  recall [95 %]")
    for name, planted in score.planted.items():
        print(f"{name:<20}{planted:>9}{score.found[name]:>8}  {rate(score.found[name], planted)}")
    print(f"{'all':<20}{score.n_planted:>9}{score.n_found:>8}  {rate(score.n_found, score.n_planted)}")
    print(f"\n{'weightiest reason':<20}{'items':>9}{'true':>8}  precision [95 %]")
    for name, items in sorted(score.items.items()):
        print(f"{name:<20}{items:>9}{score.true_items[name]:>8}  {rate(score.true_items[name], items)}")
    print(f"{'all':<20}{score.n_items:>9}{score.n_true:>8}  {rate(score.n_true, score.n_items)}")
    if never := [name for name in NAMES if name not in score.items]:
        print(f"Never the weightiest reason, so their precision is unmeasured: {', '.join(never)}.")


def spread(scores: Sequence[Score]) -> None:
    """Print how single years differ: it is one year that an agency has."""
    recalls = sorted(one.recall for one in scores)
    reviews = sorted(one.reviews_a_finding for one in scores)
    poor, dear = sum(one < RECALL_WANTED for one in recalls), sum(one > REVIEWS_WANTED for one in reviews)
    either = sum(one.recall < RECALL_WANTED or one.reviews_a_finding > REVIEWS_WANTED for one in scores)
    print(f"Single years: recall {recalls[0]:.3f} to {recalls[-1]:.3f}, ", end="")
    print(f"{reviews[0]:.2f} to {reviews[-1]:.2f} reviews a finding.")
    print(f"Of {len(scores)} years {poor} have recall below {RECALL_WANTED}, ", end="")
    print(f"{dear} more than {REVIEWS_WANTED:.0f} reviews a finding; {either} miss one or both.")


def main() -> None:
    """Measure, print, and write the figures if asked."""
    parser = argparse.ArgumentParser(description="Recall and precision of the misuse detectors.")
    parser.add_argument("--years", type=int, default=YEARS)
    parser.add_argument("--seed", type=int, default=FIRST_SEED, help="of the first year")
    parser.add_argument("--out", type=Path, help="write the counts as JSON")
    stated = parser.parse_args()
    seeds = range(stated.seed, stated.seed + stated.years)
    measured = [measure(seed) for seed in seeds]
    scores = [one.score for one in measured]
    n_held = sum(one.n_held for one in measured)
    score = add_up(scores)
    table(score)
    print(f"\n{score.reviews_a_finding:.2f} reviews a misuse found; {REVIEWS_WANTED:.0f} at most wanted.")
    print(f"Recall {score.recall:.3f}; {RECALL_WANTED} at least wanted.")
    spread(scores)
    print(f"A review holds {n_held / score.n_items:.1f} searches on average: ", end="")
    print(f"{n_held / score.n_found:.1f} searches are looked at for each misuse found.")
    print("Planted misuse is what its authors imagined: a real year has other misuse, and other work.")
    if stated.out:
        kept = {
            "synthetic": True,
            "seeds": list(seeds),
            "searches_a_year": SEARCHES,
            "misuses_a_year": MISUSES,
            "cut": CUT,
            "planted": score.planted,
            "found": score.found,
            "items": score.items,
            "true_items": score.true_items,
            "searches_in_items": n_held,
            "recall_by_year": [round(one.recall, 4) for one in scores],
            "reviews_a_finding_by_year": [round(one.reviews_a_finding, 4) for one in scores],
        }
        stated.out.write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
