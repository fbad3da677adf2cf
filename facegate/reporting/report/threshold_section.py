"""The tables of one threshold: rates, ratios, ladder, pairs, summaries with their nulls, checks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facegate.reporting.key_sentences import held_out_sentence, hidden_sentence
from facegate.reporting.numbers import UNKNOWN, named, percent, rounded
from facegate.reporting.report.blocks import Figure, Grid, Part, Words
from facegate.reporting.report.heat_map import pair_grid
from facegate.reporting.report.nist_field import nist_blocks
from facegate.reporting.report.rate_figures import fmr_by_group
from facegate.reporting.report.wording import (
    counts_cell,
    ends_cell,
    failures_cell,
    number_cell,
    percent_cell,
    range_cell,
    rate_cell,
    smallest_cell,
)
from facegate.reporting.sentences import of_photos, silent_groups, threshold_sentence, worst_sentence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.evaluation.group_rates import AtThreshold, GroupRates, Summary
    from facegate.evaluation.result import BenchmarkResult, Measurement
    from facegate.reporting.report.blocks import Block

NEVER_ALONE = (
    "No single number here is to be read alone. Beside each stands what it shows when people's labels are "
    "shuffled, so that all groups are alike: a value inside that range says nothing about groups. Shuffled "
    "groups mix people who are easy to tell apart, so the range is rather too wide than too narrow."
)
MANY = (
    "Many groups are compared at once and no interval is widened for that: among twenty ranges of 95 %, one "
    "is expected to miss the truth."
)
MOST_PAIRS = 120
OPTIMISTIC = "upper bound if no false match had been seen, per million: independent / disjoint pairs"


def threshold_part(result: BenchmarkResult, at: AtThreshold, *, place: int) -> Part:
    """Lay out everything found at one threshold.

    Parameters
    ----------
    result : BenchmarkResult
        The run.
    at : AtThreshold
        One of ``result.main.at``.
    place : int
        Its number; the first is drawn among the figures, not here again.
    """
    name = at.threshold.name
    blocks: list[Block] = [
        Words(threshold_sentence(at.threshold, result.provenance.metric.native_name)),
        Words(worst_sentence(at)),
    ]
    if silent := silent_groups(at):
        blocks.append(Words(f"Too little data for a rate of their own: {'; '.join(silent)}.", "caution"))
    if place:
        blocks.append(fmr_by_group(at, name=f"rates-{place}"))
    if hidden := hidden_sentence(at):
        blocks.append(Words(hidden, "caution"))
    if held := held_out_sentence(at):
        blocks.append(Words(held))
    photos = of_photos(result.input.kind)
    main = (false_match_grid(at), missed_grid(result.main, at, photos=photos))
    blocks += [main[0], reach_grid(at), main[1]]
    blocks += [*_ratios(at), *_ladder(at), *_held_out(at)]
    if place:  # the pairs at the first threshold stand under its heat map
        blocks.append(_pairs(at))
    blocks += [*summary_blocks(at), *nist_blocks(at), *_checks(at)]
    return Part(f"Threshold {name}", tuple(_shorter(blocks, main) if place else blocks))


def _shorter(blocks: list[Block], main: tuple[Grid, ...]) -> Iterator[Block]:
    """Leave all tables but the two main ones off the paper, which says where they are."""
    for block in blocks:
        if isinstance(block, Grid) and block not in main:
            yield replace(block, on_paper=False)
        elif isinstance(block, Figure) and block.numbers is not None:
            # the table below the figure holds the same
            yield replace(block, numbers=replace(block.numbers, on_paper=False))
        else:
            yield block


def _pairs(at: AtThreshold) -> Block:
    """List every pair of groups, or say where the list is: 48 groups make 1,176 pairs."""
    caption = f"Every pair of groups at {at.threshold.name}, per million comparisons"
    if len(at.pairs) > MOST_PAIRS:
        return Words(f"{caption}: {len(at.pairs):,} pairs, in the file tables/group_pairs.csv.")
    return pair_grid(at.pairs, caption)


def false_match_grid(at: AtThreshold) -> Grid:
    """List the false match rate of everybody and each group."""
    return Grid(
        f"False matches at {at.threshold.name}, per million comparisons of two different people",
        (
            "group", "people compared", "false matches of comparisons", "per million", "95 % range",
            "with anybody, per million (95 % range)",
        ),
        tuple(
            (
                rates.group,
                named(rates.fmr.people) if rates.fmr else "0",
                counts_cell(rates.fmr),
                rate_cell(rates.fmr),
                range_cell(rates.fmr),
                f"{rate_cell(rates.against_everybody)} ({range_cell(rates.against_everybody)})"
                if rates.against_everybody
                else UNKNOWN,
            )
            for rates in (at.overall, *at.groups)
        ),
        file="rates",
    )  # fmt: skip


def reach_grid(at: AtThreshold) -> Grid:
    """List how far the data of each group reach, and who carries its false matches."""
    return Grid(
        f"How far the data reach at {at.threshold.name}, and how few people carry false matches",
        (
            "group", "can measure down to", OPTIMISTIC, "one weight per pair of people, per million",
            "share of the most involved person", "share of the most involved 1 %",
        ),
        tuple(_reach_row(rates) for rates in (at.overall, *at.groups)),
        file="rates",
        folded=True,
    )  # fmt: skip


def _reach_row(rates: GroupRates) -> tuple[str, ...]:
    bounds, few = rates.if_none_seen, rates.concentration
    return (
        rates.group,
        smallest_cell(rates.fmr),
        f"{_million(bounds.independent_trials)} / {_million(bounds.disjoint_units)}" if bounds else UNKNOWN,
        _million(rates.people_pair_rate) if rates.people_pair_rate is not None else UNKNOWN,
        percent(few.top_person) if few else "none seen",
        f"{percent(few.top_people)} ({few.n_top_people:,} people)" if few else "none seen",
    )


def missed_grid(measured: Measurement, at: AtThreshold, *, photos: bool = True) -> Grid:
    """List misses beside failures to enroll: a face not found is a miss of another kind.

    Parameters
    ----------
    measured : Measurement
        Who was measured.
    at : AtThreshold
        One threshold.
    photos : bool
        Off where only scores were given: failures to enroll are then not known.
    """
    counts = {one.name: one for one in (measured.total, *measured.groups)}
    return Grid(
        f"Misses (FNMR) at {at.threshold.name} and failures to enroll, by group",
        (
            "group",
            "misses of comparisons of one person",
            "FNMR (95 % range)",
            "people with two photos" if photos else "people",
            "photos without a template" if photos else "failures to enroll",
        ),
        tuple(
            (
                rates.group,
                counts_cell(rates.fnmr),
                percent_cell(rates.fnmr),
                named(rates.fnmr.people) if rates.fnmr else "0",
                failures_cell(counts[rates.group].failures, counts[rates.group].photos if photos else 0),
            )
            for rates in (at.overall, *at.groups)
            if rates.group in counts
        ),
        file="rates",
    )


def summary_grid(summaries: Sequence[Summary], caption: str) -> Grid:
    """List summaries, each with its null and its caution beside it."""
    return Grid(
        caption,
        (
            "summary", "value", "95 % range", "if all alike", "by chance: median, 95 % quantile", "p",
            "formula, source, caution",
        ),
        tuple(
            (
                one.name,
                number_cell(one.value, one.undefined),
                ends_cell(one.low, one.high) if one.value is not None else "",
                rounded(one.ideal),
                _null(one),
                rounded(one.null.p_value) if one.null else UNKNOWN,
                f"{one.formula} ({one.source}). {one.caution} {len(one.groups)} groups.",
            )
            for one in summaries
        ),
        file="summaries",
        words=True,
    )  # fmt: skip


def summary_blocks(at: AtThreshold) -> Iterator[Block]:
    """Lay out the summaries of the groups' rates."""
    if not at.summaries:
        yield Words("Summaries of groups in one number: none was computed at this threshold.")
        return
    yield Words(NEVER_ALONE, "caution")
    yield summary_grid(at.summaries, f"Differences between groups in one number, at {at.threshold.name}")
    yield Words(f"Groups in them: {'; '.join(at.summaries[0].groups)}. The others are left out. {MANY}")


def _ratios(at: AtThreshold) -> Iterator[Block]:
    if not at.ratios:
        yield Words("Ratios between groups: none is given, because no reference group has a rate.")
        return
    yield Grid(
        f"False match rate over that of {at.ratios[0].reference}, at {at.threshold.name}",
        ("group", "can measure down to", "ratio", "95 % range", "by chance, if all alike, up to"),
        tuple(
            (
                one.group,
                smallest_cell(next((rates.fmr for rates in at.groups if rates.group == one.group), None)),
                number_cell(one.value, one.undefined),
                ends_cell(one.low, one.high),
                number_cell(one.by_chance),
            )
            for one in at.ratios
        ),
        file="ratios",
    )


def _ladder(at: AtThreshold) -> Iterator[Block]:
    if at.ladder:
        yield Grid(
            f"Matching ladder at {at.threshold.name}, per million comparisons",
            ("strangers alike in", "false matches of comparisons", "per million", "95 % range"),
            tuple(
                (
                    ", ".join(rung.same) or "nothing asked: any two people",
                    counts_cell(rung.fmr),
                    rate_cell(rung.fmr),
                    range_cell(rung.fmr),
                )
                for rung in at.ladder
            ),
            file="ladder",
            folded=True,
        )


def _held_out(at: AtThreshold) -> Iterator[Block]:
    held = at.held_out
    if held is None:
        yield Words("Held-out measurement: none (the threshold was given, or no folds were asked for).")
        return
    named = [("everybody", held.overall), *((one.group, one.fmr) for one in held.groups)]
    unsupported = (
        f" In {held.unsupported_folds:,} folds the target was rarer than one comparison."
        if held.unsupported_folds
        else ""
    )
    yield Grid(
        (
            f"Set on some people, measured on others: {held.folds:,} folds, seed {held.seed}, thresholds "
            f"{held.lowest:.6g} to {held.highest:.6g} (score).{unsupported} Per million comparisons"
        ),
        ("group", "false matches of comparisons", "per million", "95 % range"),
        tuple((group, counts_cell(fmr), rate_cell(fmr), range_cell(fmr)) for group, fmr in named),
        file="held_out",
        folded=True,
    )


def _checks(at: AtThreshold) -> Iterator[Block]:
    if not at.checks:
        yield Words("Checks against requirements of standards: none was made at this threshold.")
        return
    yield Words(
        "Requirements of standards and statutes are yardsticks here: most bind others than police searches. "
        "A limit counts as met or broken only where the whole range lies on one side of it."
    )
    yield Grid(
        f"Requirements held against each group, at {at.threshold.name}",
        ("standard", "requirement", "group", "verdict", "why"),
        tuple((one.standard, one.requirement, one.group, one.verdict, one.why) for one in at.checks),
        file="checks",
        words=True,
    )


def _null(one: Summary) -> str:
    if one.null is None:
        return UNKNOWN
    of = f" ({one.null.defined:,} of {one.null.draws:,} draws)" if one.null.defined < one.null.draws else ""
    return f"{rounded(one.null.median)}, {rounded(one.null.high)}{of}"


def _million(rate: float) -> str:
    return rounded(rate * 1_000_000)
