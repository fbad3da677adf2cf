"""The reporting checklist: each item answered from the result, or "not available".

The items follow the scopes of ISO/IEC 19795-1 and 19795-10 and NIST's demographics page.
An answer never says more than the result holds; what only people can know (consent,
conflicts of interest) is not available here and says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from facegate.reporting.numbers import UNKNOWN, one_in, per_million
from facegate.reporting.report.blocks import Grid, Part, Section, Words
from facegate.reporting.report.staff import headline
from facegate.reporting.report.wording import NOT_AVAILABLE
from facegate.reporting.sentences import silent_groups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.result import BenchmarkResult

Answer: TypeAlias = tuple[str, str]
ASK = f"{NOT_AVAILABLE}: only the people who ran the test can say"


def checklist_section(result: BenchmarkResult) -> Section:
    """Lay out every item with its answer."""
    answers = checklist(result)
    missing = sum(answer.startswith(NOT_AVAILABLE) for part in answers.values() for _, answer in part)
    total = sum(len(part) for part in answers.values())
    intro = Words(
        f"{total - missing} of {total} items are answered from the result, {missing} are not available. An "
        "answer says what was done, not that it was done well."
    )
    parts = tuple(
        Part(title, (Grid(f"Checklist: {title.lower()}", ("item", "answer"), tuple(part), words=True),))
        for title, part in answers.items()
    )
    return Section("checklist", "Reporting checklist", (intro,), parts)


def checklist(result: BenchmarkResult) -> dict[str, list[Answer]]:
    """Answer every item of the checklist.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    dict of str to list of (str, str)
        Items and answers under nine headings; an answer that the result does not hold
        begins with ``not available``.
    """
    return {
        "Test": list(_test(result)),
        "Data": list(_data(result)),
        "Failures": list(_failures(result)),
        "Comparisons": list(_comparisons(result)),
        "Thresholds": list(_thresholds(result)),
        "Rates": [*_rates(result), *_search_rates(result)],
        "Summary": list(_summary(result)),
        "Uncertainty": list(_uncertainty(result)),
        "Throughput and interpretation": list(_interpretation(result)),
    }


def _test(result: BenchmarkResult) -> Iterator[Answer]:
    origin = result.provenance
    yield "Evaluation type", "technology evaluation on stored data; neither a scenario nor an operation"
    model = f"model digest {origin.embedder_digest}" if origin.embedder_digest else "model file unknown"
    yield "System, model, version, date", f"{origin.embedder or UNKNOWN}; {model}; {origin.measured_on}"
    versions = ", ".join(f"{name} {number}" for name, number in origin.versions.items())
    yield "Software version", versions or NOT_AVAILABLE
    yield "Command line", origin.command or NOT_AVAILABLE
    yield "Seeds", f"resampling {result.method.seed}; data {'none' if origin.seed is None else origin.seed}"
    yield "Who ran it, conflicts of interest", ASK


def _data(result: BenchmarkResult) -> Iterator[Answer]:
    total, origin = result.main.total, result.provenance
    yield (
        "Source, license, consent",
        f"{NOT_AVAILABLE} for {origin.dataset}: see the data sheet of the data set",
    )
    yield (
        "Subjects and images",
        (
            f"{total.people:,} people, {total.photos:,} photos; by group in the section on people"
            if result.input.people_named or total.people
            else f"{NOT_AVAILABLE}: people are not named"
        ),
    )
    sources = ", ".join(f"{name} {people:,}" for name, people in total.label_sources.items())
    yield "How labels of groups were made", sources or NOT_AVAILABLE
    yield (
        "Error of the labels of groups",
        ("measured again on parts of the people, side by side" if result.sensitivity else NOT_AVAILABLE),
    )
    silent = silent_groups(headline(result))
    yield (
        "Groups too small, merged or suppressed",
        (f"none merged or suppressed; without a rate of their own: {'; '.join(silent) or 'none'}"),
    )
    found = "; ".join(f"{one.what}: {one.count:,}, {one.treated}" for one in result.input.findings)
    yield "Known errors and exclusions, with counts", found or NOT_AVAILABLE
    yield (
        "Overlap with training data",
        ("none: the vectors were drawn" if origin.synthetic else NOT_AVAILABLE),
    )


def _failures(result: BenchmarkResult) -> Iterator[Answer]:
    total = result.main.total
    said = (
        f"{total.failures:,} of {total.photos:,} photos, by group in the tables; left out of the rates, not "
        "counted as non-matches"
    )
    yield "Failures to enroll or acquire by group", said if total.photos else NOT_AVAILABLE


def _comparisons(result: BenchmarkResult) -> Iterator[Answer]:
    main = result.main
    pairs = len(headline(result).pairs)
    yield (
        "Counts, by group and pair of groups",
        (f"{main.non_mated:,} non-mated, {main.mated:,} mated; {pairs:,} pairs of groups in the tables"),
    )
    listed = result.input.kind == "scores"
    yield "Which pairs", "those of the score list given" if listed else "all against all, none sampled"
    named = "by name: one person's photos are mated" if result.input.people_named else NOT_AVAILABLE
    yield "Exclusion of the same person, twins", f"{named}; twins are not known"
    yield "Zero effort", "every non-mated pair is zero effort: nobody tried to look like somebody else"
    yield (
        "Score direction, type, ties",
        (
            f"{'higher' if result.input.similarity else 'lower, turned round,'} is more alike; metric "
            f"{result.provenance.metric.value}; a tie with the threshold is a match"
        ),
    )


def _thresholds(result: BenchmarkResult) -> Iterator[Answer]:
    for at in result.main.at:
        marks = ", in-sample" if at.threshold.in_sample else ""
        fmr = at.overall.fmr
        rate = f"overall FMR {per_million(fmr.estimate)} per million" if fmr else "overall FMR unknown"
        yield (
            f"How {at.threshold.name} was set",
            (f"{at.threshold.basis}{marks}; score {at.threshold.score:.6g}; {rate}; by group in the tables"),
        )
    yield "Threshold in use where it is deployed", ASK


def _rates(result: BenchmarkResult) -> Iterator[Answer]:
    at = headline(result)
    known = sum(one.fmr is not None for one in at.groups)
    yield "FMR by group with range, counts, people", f"{known} of {len(at.groups)} groups; the rest unknown"
    known = sum(one.fnmr is not None for one in at.groups)
    yield "FNMR by group with range, counts, people", f"{known} of {len(at.groups)} groups; the rest unknown"
    curves = len(result.main.det)
    yield "DET by group", f"{curves} curves" if curves else NOT_AVAILABLE
    yield "Full matrix of groups", f"{len(at.pairs):,} pairs of groups" if at.pairs else NOT_AVAILABLE


def _search_rates(result: BenchmarkResult) -> Iterator[Answer]:
    found = result.identification
    searched = found is not None and bool(found.searches)
    mixes = (
        "; ".join(
            f"{mix.name}, {mix.size:,} people{', operational' * mix.operational}" for mix in found.mixes
        )
        if found is not None
        else ""
    )
    yield "FPIR, FNIR, SEL at (N, T, L) by group, gallery mix", mixes if searched else NOT_AVAILABLE
    recall = len(found.recall) if found is not None else 0
    yield "Recall of the index by group", f"{recall} rows in the tables" if recall else NOT_AVAILABLE


def _summary(result: BenchmarkResult) -> Iterator[Answer]:
    at = headline(result)
    yield "Summaries, variant named", ", ".join(one.name for one in at.summaries) or NOT_AVAILABLE
    yield "Worst group named", at.worst_group or f"{NOT_AVAILABLE}: no group has a rate of its own"
    nulls = sum(one.null is not None for one in at.summaries)
    yield (
        "Null or permutation p beside it",
        (f"{nulls} of {len(at.summaries)} summaries" if nulls else NOT_AVAILABLE),
    )
    yield "No single score alone", "each stands beside the table of groups, its null and its caution"


def _uncertainty(result: BenchmarkResult) -> Iterator[Answer]:
    method, fmr = result.method, headline(result).overall.fmr
    unit = "person" if result.input.people_named else "comparison: people are not named"
    yield "Method, level, unit", f"{fmr.method if fmr else NOT_AVAILABLE}; {method.level:.0%}; unit: {unit}"
    draws = f"{method.bootstrap_draws:,} bootstrap, {method.permutation_draws:,} permutations"
    yield "Draws", draws if method.bootstrap_draws or method.permutation_draws else NOT_AVAILABLE
    yield "Where no event was seen", "both bounds of the rule of 3, named: independent and disjoint pairs"
    yield "Smallest FMR the data can speak to", one_in(fmr.smallest_rate) if fmr else NOT_AVAILABLE
    yield "Many comparisons at once", "stated beside the summaries; no range is widened for it"


def _interpretation(result: BenchmarkResult) -> Iterator[Answer]:
    yield "Response time by group", NOT_AVAILABLE
    yield "What it does not show", f"first page; {len(result.notes)} notes of the protocol"
    yield "Page in plain language", "first page"
    yield "Every number as data", "result.json with its published schema; a CSV file for every table"
