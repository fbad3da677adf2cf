"""A result laid out as a report: the one content that page and paper write."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import TYPE_CHECKING, Any

from facegate.errors import InputError
from facegate.reporting.report.blocks import Figure, Grid, Report, Section, Words
from facegate.reporting.report.checklist import checklist_section
from facegate.reporting.report.curve_figures import concentration_curve, det_by_group, score_spread
from facegate.reporting.report.growth_figure import growth_figure
from facegate.reporting.report.heat_map import group_heat_map
from facegate.reporting.report.here import here_section
from facegate.reporting.report.method_section import method_section
from facegate.reporting.report.rate_figures import fmr_by_group, ladder
from facegate.reporting.report.search_section import search_section
from facegate.reporting.report.source_sections import (
    people_section,
    sensitivity_section,
    thresholds_section,
)
from facegate.reporting.report.staff import first_page, headline
from facegate.reporting.report.threshold_section import NEVER_ALONE, summary_grid, threshold_part
from facegate.reporting.report.wording import printable
from facegate.reporting.sentences import SYNTHETIC, provenance_sentence

if TYPE_CHECKING:
    from facegate.evaluation.result import BenchmarkResult

WORDS = (
    ("false match", "two different people whose comparison scores at or above the threshold"),
    ("FMR, false match rate", "false matches of all comparisons of two different people; per comparison"),
    (
        "miss, FNMR",
        "a comparison of one person with themselves that scores below the threshold; per comparison",
    ),
    ("FPIR", "searches for people who are not enrolled that return anybody; per search"),
    ("SEL, selectivity", "wrong people returned by such a search, on average"),
    ("FNIR", "searches for enrolled people that do not return them; per search"),
    ("mated, non-mated", "a comparison of one person with themselves; of two different people"),
    ("range, 95 %", "made so that about 95 of 100 such ranges hold the truth"),
    ("dyadic", "counting people, because comparisons that share a person are not independent"),
    ("in-sample", "set and measured on the same people"),
)


def report_of(result: BenchmarkResult) -> Report:
    """Lay a result out.

    Parameters
    ----------
    result : BenchmarkResult
        A finished run.

    Returns
    -------
    Report
        Plain text, tables and drawings; the same result, the same report.

    Raises
    ------
    InputError
        If the result holds no threshold: there is nothing to report.
    """
    if not result.main.at:
        msg = f"the result {result.name[:40]!r} holds no threshold, wanted at least one to report on"
        raise InputError(msg)
    return Report(
        title=result.title,
        question=result.question,
        line=provenance_sentence(result.provenance),
        banner=SYNTHETIC if result.provenance.synthetic else "",
        first_page=first_page(result),
        sections=(
            here_section(result),
            figures_section(result),
            people_section(result),
            thresholds_section(result),
            _at_thresholds(result),
            search_section(result.identification, result.main, drawn=headline(result).threshold.name),
            sensitivity_section(result),
            method_section(result),
            _appendix(result),
            checklist_section(result),
            Section("words", "Words", (Grid("Words", ("word", "meaning"), WORDS, words=True),)),
        ),
    )


def figures_section(result: BenchmarkResult) -> Section:
    """Draw what belongs to the first threshold."""
    at = headline(result)
    return Section(
        "figures",
        "Figures",
        (
            Words(f"All figures but the curves are at threshold {at.threshold.name}."),
            _numbers_off_paper(fmr_by_group(at, name="fmr-by-group")),
            group_heat_map(at, name="heat-map"),
            det_by_group(result.main, at, name="det"),
            growth_figure(result.identification, at, name="growth"),
            ladder(at, name="ladder"),
            score_spread(result.main, at, name="scores"),
            concentration_curve(result.main, name="concentration"),
        ),
    )


def _numbers_off_paper(figure: Figure) -> Figure:
    """Leave a figure's table off the paper, where the table of its threshold holds the same."""
    return replace(figure, numbers=figure.numbers and replace(figure.numbers, on_paper=False))


def as_data(record: Any) -> Any:  # noqa: ANN401  any block
    """Turn a report into lists and dictionaries of printable text.

    Each block says what it is under ``kind``.
    """
    if is_dataclass(record) and not isinstance(record, type):
        named = {field.name: as_data(getattr(record, field.name)) for field in fields(record)}
        return {"kind": type(record).__name__.lower(), **named}
    if isinstance(record, tuple):
        return [as_data(one) for one in record]
    # a drawing's text is made printable where it is drawn, and its line breaks must stay
    return printable(record) if isinstance(record, str) and not record.startswith("<svg ") else record


def _at_thresholds(result: BenchmarkResult) -> Section:
    parts = tuple(threshold_part(result, at, place=place) for place, at in enumerate(result.main.at))
    return Section("rates", "Rates at each threshold", (), parts)


def _appendix(result: BenchmarkResult) -> Section:
    """Lay out summaries that weigh both errors, for comparison with papers."""
    intro = Words(
        "FDR, IR and GARBE weigh both errors by alpha and are here for comparison with papers. "
        f"{NEVER_ALONE}",
        "caution",
    )
    grids = tuple(
        replace(
            summary_grid(at.appendix, f"Both errors in one number, at {at.threshold.name}"),
            on_paper=at is headline(result),
        )
        for at in result.main.at
        if at.appendix
    )
    missing = () if grids else (Words("Not available: none was computed."),)
    return Section("appendix", "Appendix: summaries that weigh both errors", (intro, *grids, *missing))
