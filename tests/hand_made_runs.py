"""Finished runs made by hand, with every count chosen, for tests of what is done with runs."""

from __future__ import annotations

from dataclasses import replace

from facegate.decision import Metric
from facegate.evaluation.group_rates import AtThreshold, GroupRates, Summary, UsedThreshold
from facegate.evaluation.identification.result import (
    GalleryMix,
    Identification,
    MeanPerSearch,
    SearchRates,
)
from facegate.evaluation.intervals import wilson
from facegate.evaluation.provenance import InputSummary, Provenance
from facegate.evaluation.rates import Estimate
from facegate.evaluation.result import BenchmarkResult, Measurement, Method
from facegate.evaluation.subgroups import GroupCounts

MIX = GalleryMix("as the data", "as they come", operational=True, people={"Black F": 300, "White M": 700})


def estimate(events: int, trials: int, *, people: int = 400, low: float | None = None) -> Estimate:
    """Make a rate with Wilson's range, as if its trials were independent."""
    ends = wilson(events / trials, trials)
    return Estimate(
        events=events,
        trials=trials,
        people=people,
        estimate=events / trials,
        low=ends.low if low is None else low,
        high=ends.high,
        effective_trials=float(trials),
        disjoint_units=people // 2,
        method="hand-made",
    )


def rates(group: str, fmr: Estimate | None, fnmr: Estimate | None = None) -> GroupRates:
    return GroupRates(
        group, fmr, None, against_everybody=None, people_pair_rate=None, concentration=None, fnmr=fnmr
    )


def threshold(name: str, *, score: float = 0.4, target: float | None = None) -> UsedThreshold:
    return UsedThreshold(
        name=name,
        score=score,
        native=1 - score,
        policy="given" if target is None else "overall",
        basis=f"chosen as {name}",
        target=target,
        low=None,
        high=None,
        in_sample=False,
        unsupported=False,
    )


def at(
    used: UsedThreshold, overall: GroupRates, groups: tuple[GroupRates, ...], *, max_min: float | None = 12.0
) -> AtThreshold:
    summary = Summary(
        name="FMR max / min",
        formula="max / min",
        source="here",
        ideal=1.0,
        groups=tuple(one.group for one in groups),
        value=max_min,
        undefined="" if max_min is not None else "a group has no false match",
        low=None,
        high=None,
        null=None,
        caution="",
    )
    return AtThreshold(
        threshold=used,
        overall=overall,
        groups=groups,
        pairs=(),
        worst_group=None,
        ladder=(),
        summaries=(summary,),
        appendix=(),
        ratios=(),
        nist=(),
        checks=(),
        held_out=None,
    )


def counts(name: str, *, people: int = 400, photos: int = 800, failures: int = 8) -> GroupCounts:
    return GroupCounts(name, people, people, photos, failures, {"self-report": people})


def searches(threshold_name: str, *, mix: GalleryMix = MIX, events: int = 40) -> Identification:
    """Make 1,000 searches in one gallery, for everybody and for Black F."""
    found = tuple(
        SearchRates(
            mix=mix.name,
            gallery_size=mix.size,
            threshold=threshold_name,
            limit=20,
            group=group,
            fpir=estimate(events, 1_000),
            sel=MeanPerSearch(total=60, searches=1_000, people=200, mean=0.06, low=0.04, high=0.09),
            fnir=estimate(30, 1_000),
            fnir_rank_one=estimate(50, 1_000),
        )
        for group in ("everybody", "Black F")
    )
    return Identification(seed=1, how="by hand", mixes=(mix,), searches=found, growth=(), model=(), recall=())


def a_run(
    *,
    black_f: Estimate | None = None,
    groups: tuple[GroupRates, ...] | None = None,
    dataset: str = "small",
    dataset_digest: str = "d" * 64,
    synthetic: bool = False,
    identification: Identification | None = None,
) -> BenchmarkResult:
    """Make a run of three groups at two thresholds, ``distance-0.6`` and ``fmr-1e-3``.

    Black F 200 in 10,000 unless given, White M 20 in 10,000, a group of 3 people without any.
    """
    made = groups or (
        rates("Black F", black_f or estimate(200, 10_000), estimate(40, 1_000)),
        rates("White M", estimate(20, 10_000), estimate(20, 1_000)),
        rates("F, race not recorded", replace(estimate(0, 3, people=3), effective_trials=1.0)),
    )
    overall = rates("everybody", estimate(300, 100_000), estimate(60, 2_000))
    strict = tuple(rates(one.group, estimate(5, 10_000), one.fnmr) for one in made)
    total = counts("everybody", people=803, photos=1_606, failures=16)
    measured = Measurement(
        about="everybody",
        total=total,
        groups=tuple(counts(one.group) for one in made),
        non_mated=100_000,
        mated=2_000,
        at=(
            at(threshold("distance-0.6"), overall, made),
            at(threshold("fmr-1e-3", score=0.5, target=1e-3), overall, strict),
        ),
        det=(),
        distributions=(),
    )
    return BenchmarkResult(
        name="small",
        title="A small run",
        question="",
        notes=(),
        provenance=Provenance(
            dataset=dataset,
            dataset_digest=dataset_digest,
            synthetic=synthetic,
            embedder="test",
            embedder_digest="e" * 64,
            metric=Metric.EUCLIDEAN,
            protocol_digest="p" * 64,
            command="",
            measured_on="2026-01-02",
            seed=None,
            versions={},
        ),
        input=InputSummary(
            kind="photos",
            files={},
            rows=1_606,
            people=803,
            people_named=True,
            groups=3,
            similarity=True,
            findings=(),
        ),
        method=Method(
            labels=("race", "sex"),
            reference=None,
            floor=0.3,
            level=0.95,
            bootstrap_draws=0,
            permutation_draws=0,
            seed=0,
            operational_gallery=None,
        ),
        main=measured,
        sensitivity=(),
        identification=identification,
    )
