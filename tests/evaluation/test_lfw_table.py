"""LFW by subgroup: the counts that were measured with other code, and the committed result."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from small_run import small_run

from facegate.datasets.embedding import embed_dataset
from facegate.datasets.registry import find_folder, open_dataset
from facegate.evaluation.intervals import wilson
from facegate.evaluation.protocol import AllPairsProtocol, Resampling, parse_protocol
from facegate.evaluation.result import BenchmarkResult
from facegate.settings import Settings

ROOT = Path(__file__).parents[2] / "benchmarks"
# group: people, photos, comparisons, false matches at distance 0.6 and at 0.5. HOG detections only, measured
# with float32 scores by code that shares nothing with facegate.
TABLE = {
    "everybody": (5_718, 13_166, 86_423_825, 533_149, 20_893),
    "White M": (3_017, 7_899, 30_971_575, 258_967, 2_076),
    "White F": (1_069, 2_175, 2_358_289, 22_363, 199),
    "Black M": (228, 366, 66_002, 10_814, 825),
    "Black F": (68, 174, 13_514, 3_130, 476),
    "Asian M": (271, 584, 167_168, 65_436, 10_030),
    "Asian F": (101, 202, 19_560, 6_935, 1_307),
    "Indian M": (30, 49, 1_149, 42, 2),
    "Indian F": (6, 13, 64, 1, 0),
}
INTERVALS_AT_06 = {
    "everybody": (5.490e-3, 6.932e-3), "White M": (7.315e-3, 9.556e-3), "White F": (8.174e-3, 1.100e-2),
    "Black M": (0.1239, 0.2135), "Black F": (0.1471, 0.3451), "Asian M": (0.3227, 0.4648),
    "Asian F": (0.2532, 0.4709),
}  # fmt: skip
A_FEW_IN_TEN_THOUSAND = 5e-4


def lfw_protocol() -> AllPairsProtocol:
    found = parse_protocol((ROOT / "protocols" / "lfw.toml").read_text(encoding="utf-8"), name="lfw.toml")
    assert isinstance(found, AllPairsProtocol)
    return found


@pytest.fixture(scope="module")
def hog_only(tmp_path_factory: pytest.TempPathFactory) -> BenchmarkResult:
    """Embed all of LFW without the fallback detector, as the table was made, and measure."""
    settings = Settings.from_environment()
    if settings.data is None or find_folder("lfw", settings) is None:
        pytest.skip("needs LFW: FACEGATE_DATA is not set or holds no lfw")
    output = tmp_path_factory.mktemp("lfw") / "templates.parquet"
    templates = embed_dataset(open_dataset("lfw", settings), output, cache=settings.cache, fallback=False)
    plain = replace(lfw_protocol(), identification=None, resampling=Resampling(0, 0, 1), folds=0)
    given = tuple(edge for edge in plain.thresholds if not edge.by_rate)
    return small_run(templates, replace(plain, thresholds=given))


@pytest.mark.data
@pytest.mark.slow
def test_counts_agree_with_the_independent_table_within_a_few_in_ten_thousand(
    hog_only: BenchmarkResult,
) -> None:
    loose, strict = (
        next(at for at in hog_only.main.at if at.threshold.name == name)
        for name in ("distance-0.6", "distance-0.5")
    )
    counts = {group.name: group for group in (hog_only.main.total, *hog_only.main.groups)}
    for wide, narrow in zip((loose.overall, *loose.groups), (strict.overall, *strict.groups), strict=True):
        if wide.group in TABLE:
            people, photos, comparisons, at_06, at_05 = TABLE[wide.group]
            enrolled = counts[wide.group].photos - counts[wide.group].failures
            assert wide.fmr is not None
            assert narrow.fmr is not None
            assert (wide.fmr.people, enrolled, wide.fmr.trials) == pytest.approx(
                (people, photos, comparisons), rel=A_FEW_IN_TEN_THOUSAND
            )
            assert wide.fmr.events == pytest.approx(at_06, rel=A_FEW_IN_TEN_THOUSAND, abs=2)
            assert narrow.fmr.events == pytest.approx(at_05, rel=A_FEW_IN_TEN_THOUSAND, abs=2)


@pytest.mark.data
@pytest.mark.slow
def test_intervals_agree_with_the_independent_table(hog_only: BenchmarkResult) -> None:
    at = next(at for at in hog_only.main.at if at.threshold.name == "distance-0.6")
    for rates in (at.overall, *at.groups):
        if rates.group in INTERVALS_AT_06:
            assert rates.fmr is not None
            known = wilson(rates.fmr.estimate, rates.fmr.effective_trials)
            assert (known.low, known.high) == pytest.approx(INTERVALS_AT_06[rates.group], rel=2e-3)
            assert rates.fmr.low <= known.low < known.high <= rates.fmr.high


def committed() -> BenchmarkResult:
    path = ROOT / "results" / "lfw" / "result.json"
    return BenchmarkResult.from_json(path.read_text(encoding="utf-8"), name=path.name)


def test_the_committed_result_is_of_the_committed_protocol() -> None:
    assert committed().provenance.protocol_digest == lfw_protocol().digest


def test_the_committed_result_adds_up() -> None:
    for at in committed().main.at:
        overall = at.overall.fmr
        assert overall is not None
        assert overall.trials == committed().main.non_mated
        assert sum(pair.fmr.events for pair in at.pairs if pair.fmr) == overall.events


def test_the_committed_tables_are_those_of_the_committed_result() -> None:
    text = (ROOT / "results" / "lfw" / "tables" / "rates.csv").read_text(encoding="utf-8")
    rows = [row for row in csv.DictReader(text.splitlines()) if row["included"] == "everybody"]
    events = [
        rates.fmr.events if rates.fmr else None
        for at in committed().main.at
        for rates in (at.overall, *at.groups)
    ]
    assert [int(row["false_matches"]) if row["false_matches"] else None for row in rows] == events
