"""Results in the format of a run, filled by hand: one with every part, one with nothing known.

Counts are small and plain; intervals are the ones that the evaluation room makes of them.
"""

from __future__ import annotations

from facegate.decision import Metric
from facegate.evaluation.group_rates import (
    AtThreshold,
    Check,
    Concentration,
    GroupHeldOut,
    GroupRates,
    GroupRatio,
    HeldOut,
    NistColumn,
    Null,
    PairRate,
    Rung,
    Summary,
    UsedThreshold,
)
from facegate.evaluation.identification.result import (
    GalleryMix,
    GrowthPoint,
    Identification,
    IndexRecall,
    MeanPerSearch,
    ModelPoint,
    SearchRates,
)
from facegate.evaluation.intervals import wilson, zero_count_bounds
from facegate.evaluation.provenance import Finding, InputSummary, Provenance
from facegate.evaluation.rates import Estimate
from facegate.evaluation.result import (
    BenchmarkResult,
    DetCurve,
    Distribution,
    Measurement,
    Method,
)
from facegate.evaluation.subgroups import GroupCounts

HOSTILE = "<script>alert(1)</script> & #import $x$ _a_ *b* @c \\d `e`"
WORST = "Black F"
REFERENCE = "White M"
SMALL = "Asian F"
GROUPS = (WORST, "Black M", "White F", REFERENCE, SMALL, "F, race not recorded")
MILLION = 1_000_000


def estimate(events: int, trials: int, *, people: int = 400, effective: float | None = None) -> Estimate:
    """Make a rate with a range as wide as ``effective`` independent trials give."""
    counted = float(trials) if effective is None else effective
    units = max(1, people // 2)
    if events == 0:
        bound = zero_count_bounds(trials=trials, disjoint_units=units).disjoint_units
        return Estimate(0, trials, people, 0.0, 0.0, bound, float(units), units, "rule of 3")
    ends = wilson(events / trials, counted)
    return Estimate(
        events, trials, people, events / trials, ends.low, ends.high, counted, units, "Wilson 95 %"
    )


def group_rates(group: str, events: int, trials: int, *, people: int = 400) -> GroupRates:
    """Make both error rates of a group."""
    few = Concentration(0.08, 0.25, max(1, people // 100), tuple(min(1.0, step / 10) for step in range(21)))
    return GroupRates(
        group,
        estimate(events, trials, people=people, effective=trials / 4),
        zero_count_bounds(trials=trials, disjoint_units=people // 2),
        estimate(max(1, events // 3), trials * 2, people=people, effective=trials / 2),
        events / trials * 0.98,
        few if events else None,
        estimate(12, 400, people=people // 2),
    )


def unknown_rates(group: str) -> GroupRates:
    """Make the rates of a group of one person with one photo."""
    return GroupRates(group, None, None, None, None, None, None)


def at_threshold(name: str, *, scale: int = 1, groups: tuple[str, ...] = GROUPS) -> AtThreshold:
    """Make all that was found at one threshold; ``scale`` multiplies false matches."""
    counts = (240, 120, 60, 40)
    rates = (
        *(group_rates(group, n * scale, 80_000) for group, n in zip(groups, counts, strict=False)),
        group_rates(groups[4], 0, 3_000, people=50),
        *(unknown_rates(group) for group in groups[5:]),
    )
    return AtThreshold(
        UsedThreshold(
            name,
            0.42,
            0.58,
            "overall",
            "overall FMR at most 1e-4, on the same people",
            1e-4,
            0.41,
            0.43,
            in_sample=True,
            unsupported=False,
        ),
        group_rates("everybody", 500 * scale, 4_000_000, people=1_650),
        rates,
        tuple(
            PairRate(first, second, _pair(rates, place, other, scale))
            for place, first in enumerate(groups)
            for other, second in enumerate(groups)
            if other >= place
        ),
        groups[0],
        (
            Rung((), estimate(500 * scale, 4_000_000)),
            Rung(("sex",), estimate(420 * scale, 2_000_000)),
            Rung(("sex", "race"), estimate(460 * scale, 400_000)),
        ),
        _summaries(),
        _appendix(),
        _ratios(groups),
        (NistColumn("FMR Max/Min", 6.0, ""), NistColumn("FMR Ratio Old Young", None, "no age was recorded")),
        _checks(groups[0]),
        HeldOut(
            5,
            7,
            0.415,
            0.425,
            0,
            estimate(110, 800_000),
            (GroupHeldOut(groups[0], estimate(50, 16_000)), GroupHeldOut(groups[5], None)),
        ),
    )


def _pair(rates: tuple[GroupRates, ...], place: int, other: int, scale: int) -> Estimate | None:
    """Find the rate of a pair of groups: a group with itself is its own."""
    if place == other:
        return rates[place].fmr
    return estimate(3 * scale * (1 + place + other), 160_000, effective=40_000)


def _summaries() -> tuple[Summary, ...]:
    null = Null(1.3, 1.6, 0.002, 1000, 998)
    four = GROUPS[:4]
    return (
        Summary(
            "FMR max / min",
            "max / min",
            "NIST FRTE",
            1.0,
            four,
            6.0,
            "",
            4.1,
            8.8,
            null,
            "Grows with the number of groups.",
        ),
        Summary(
            "FMR max / geometric mean",
            "max / GM",
            "NIST FRTE",
            1.0,
            four,
            None,
            f"{SMALL}: 0 of 3,000 comparisons",
            None,
            None,
            None,
            "Breaks on zeros.",
        ),
    )


def _appendix() -> tuple[Summary, ...]:
    return (
        Summary(
            "FDR",
            "1 - (alpha A + (1 - alpha) B), alpha 0.5",
            "doi 10.1109/TBIOM.2021.3102862",
            1.0,
            GROUPS[:4],
            0.98,
            "",
            0.97,
            0.99,
            None,
            "At small FMR its FMR term vanishes.",
        ),
        Summary(
            "GARBE",
            "alpha G(x) + (1 - alpha) G(y), alpha 0.5",
            "Howard et al. 2022",
            0.0,
            GROUPS[:4],
            0.31,
            "",
            0.2,
            0.4,
            Null(0.1, 0.2, 0.01, 1000, 1000),
            "Biased upward at small counts.",
        ),
    )


def _ratios(groups: tuple[str, ...]) -> tuple[GroupRatio, ...]:
    return (
        GroupRatio(groups[0], groups[3], 6.0, "", 4.1, 8.8, 1.6),
        GroupRatio(groups[1], groups[3], 3.0, "", 2.0, 4.4, 1.6),
        GroupRatio(groups[2], groups[3], 1.5, "", 0.9, 2.3, 1.6),
        GroupRatio(groups[4], groups[3], None, f"{groups[4]}: 0 of 3,000 comparisons", None, None, None),
    )


def _checks(group: str) -> tuple[Check, ...]:
    rate = estimate(240, 80_000, effective=20_000)
    standard, demand = "NIST SP 800-63A-4", "FMR at most 1 in 10,000"
    return (
        Check(standard, demand, 1e-4, group, rate, "fail", "The lower end 0.0023 is above the limit."),
        Check(standard, demand, 1e-4, SMALL, None, "insufficient data", "No range."),
        Check(standard, demand, 1e-4, "every group", None, "fail", "One group fails."),
    )


def identification(threshold: str, groups: tuple[str, ...] = GROUPS) -> Identification:
    """Make searches of two galleries, with growth, model and index recall."""
    operational = GalleryMix(
        "as the data",
        "half of the people, drawn at random",
        operational=True,
        people={groups[0]: 500, groups[3]: 500},
    )
    equal = GalleryMix(
        "equal groups", "as many of each group", operational=False, people={groups[0]: 300, groups[3]: 300}
    )
    rows = (("everybody", 52), (groups[0], 80), (groups[3], 20))
    searches = tuple(
        SearchRates(
            mix.name,
            mix.size,
            threshold,
            20,
            group,
            estimate(n, 1_000),
            _selectivity(n + 9),
            estimate(40, 900),
            estimate(60, 900),
        )
        for mix in (operational, equal)
        for group, n in rows
    )
    growth = tuple(
        GrowthPoint(
            "as the data",
            threshold,
            group,
            size,
            estimate(max(1, n * size // 1000), 1_000),
            _selectivity(n * size // 1000 + 1),
        )
        for size in (100, 300, 1_000)
        for group, n in rows
    )
    model = tuple(
        ModelPoint(threshold, group, size, 1 - (1 - 5e-5) ** size, 5e-5 * size)
        for size in (1_000, 100_000, 27_000_000)
        for group, _ in rows
    )
    recall = (
        IndexRecall("flat (what serves)", "everybody", 20, estimate(20_000, 20_000)),
        IndexRecall("hnsw", groups[5], 20, None),
    )
    return Identification(
        7, "first photo enrolled, second searched with", (operational, equal), searches, growth, model, recall
    )


def _selectivity(total: int) -> MeanPerSearch:
    return MeanPerSearch(total, 1_000, 900, total / 1_000, total / 1_500, total / 700)


def measurement(about: str = "everybody", *, scale: int = 1, groups: tuple[str, ...] = GROUPS) -> Measurement:
    """Make one population measured at two thresholds."""
    sizes = (400, 400, 400, 400, 50, 1)
    counts = tuple(
        GroupCounts(group, n, n, 2 * n, n // 40, {"self-report": n})
        for group, n in zip(groups, sizes, strict=True)
    )
    photos, failures = sum(one.photos for one in counts), sum(one.failures for one in counts)
    edges = tuple(place / 10 for place in range(-5, 11))
    return Measurement(
        about,
        GroupCounts("everybody", sum(sizes), sum(sizes), photos, failures, {"self-report": sum(sizes)}),
        counts,
        4_000_000,
        1_500,
        (
            at_threshold("fmr-1e-4", scale=scale, groups=groups),
            at_threshold("fmr-1e-3", scale=10 * scale, groups=groups),
        ),
        tuple(
            DetCurve(
                group,
                (0.3, 0.4, 0.5, 0.6),
                tuple(times * rate for rate in (1e-2, 1e-3, 1e-4, 0.0)),
                (0.01, 0.02, 0.05, 0.2),
            )
            for times, group in enumerate(("everybody", *groups[:4]), 1)
        ),
        (
            Distribution(
                "everybody",
                edges,
                (10, 40, 90, 200, 400, 500, 400, 200, 90, 40, 10, 3, 1, 0, 0),
                (0, 0, 0, 0, 0, 0, 1, 3, 10, 40, 90, 200, 90, 40, 10),
            ),
        ),
    )


def full_result(*, groups: tuple[str, ...] = GROUPS, synthetic: bool = True) -> BenchmarkResult:
    """Make a result in which every optional part is there."""
    return BenchmarkResult(
        name="sample",
        title="A sample of every part",
        question="Who is wrongly matched?",
        notes=("Cooperative photographs; nobody tried to look like anybody else.",),
        provenance=Provenance(
            "sample-set",
            "d" * 64,
            synthetic,
            "sample network",
            "e" * 64,
            Metric.EUCLIDEAN,
            "p" * 64,
            "facegate benchmark run sample.toml",
            "2026-01-02",
            7,
            {"facegate": "0.1.0", "numpy": "2.4.6"},
        ),
        input=InputSummary(
            "synthetic",
            {"people.csv": "f" * 64},
            3_302,
            1_651,
            people_named=True,
            groups=6,
            similarity=True,
            findings=(
                Finding("scores that are not numbers", 0, "the run stops"),
                Finding("duplicate photos", 2, "left out"),
            ),
        ),
        method=Method(("race", "sex"), groups[3], 0.3, 0.95, 1000, 1000, 7, 27_000_000),
        main=measurement(groups=groups),
        sensitivity=(measurement("only people labeled by: self-report", scale=2, groups=groups),),
        identification=identification("fmr-1e-4", groups),
    )


def poor_result() -> BenchmarkResult:
    """Make a result of two people with one photo each, whose comparison names nobody."""
    counts = (GroupCounts("A", 1, 1, 1, 0, {}), GroupCounts("B", 1, 1, 1, 1, {}))
    used = UsedThreshold(
        "score-0.5",
        0.5,
        0.5,
        "given",
        "score 0.5, given",
        None,
        None,
        None,
        in_sample=False,
        unsupported=True,
    )
    at = AtThreshold(
        used,
        unknown_rates("everybody"),
        (unknown_rates("A"), unknown_rates("B")),
        (PairRate("A", "B", None),),
        None,
        (),
        (),
        (),
        (),
        (),
        (),
        None,
    )
    main = Measurement("everybody", GroupCounts("everybody", 2, 2, 2, 1, {}), counts, 0, 0, (at,), (), ())
    return BenchmarkResult(
        name="poor",
        title="Nothing is known",
        question="",
        notes=(),
        provenance=Provenance(
            dataset="two",
            dataset_digest="d" * 64,
            synthetic=False,
            embedder="",
            embedder_digest="",
            metric=Metric.COSINE,
            protocol_digest="p" * 64,
            command="",
            measured_on="2026-01-02",
            seed=None,
            versions={},
        ),
        input=InputSummary("scores", {}, 0, 0, False, 2, True, ()),  # noqa: FBT003  fields in order
        method=Method((), None, 0.5, 0.95, 0, 0, 0, None),
        main=main,
        sensitivity=(),
        identification=None,
    )
