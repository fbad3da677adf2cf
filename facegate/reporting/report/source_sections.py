"""Who was measured, what was given, where the thresholds are, what changes on parts of the people."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.numbers import UNKNOWN
from facegate.reporting.report.blocks import Grid, Section, Words
from facegate.reporting.report.wording import failures_cell, percent_cell, range_cell, rate_cell
from facegate.reporting.sentences import of_photos, totals_sentence
from facegate.reporting.tables import sources_text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.group_rates import AtThreshold, GroupRates, UsedThreshold
    from facegate.evaluation.result import BenchmarkResult, Measurement
    from facegate.reporting.report.blocks import Block


def people_section(result: BenchmarkResult) -> Section:
    """Lay out who was measured, and what was given."""
    return Section("people", "Who was measured, and what was given", tuple(_people(result)))


def _people(result: BenchmarkResult) -> Iterator[Block]:
    photos = of_photos(result.input.kind)
    yield Words(totals_sentence(result.main, photos=photos))
    yield _photos_by_group(result) if photos else _people_by_group(result)
    yield Words(_given(result))
    if result.input.findings:
        yield Grid(
            "What the input was checked for",
            ("checked for", "found", "treated"),
            tuple((one.what, f"{one.count:,}", one.treated) for one in result.input.findings),
            file="input_findings",
            words=True,
        )
    if result.input.files:
        rows = tuple(result.input.files.items())
        yield Grid("Files given", ("file", "SHA-256"), rows, file="input_files", words=True)


def _people_by_group(result: BenchmarkResult) -> Grid:
    """List people where only scores were given: no photo is known."""
    return Grid(
        "People by group",
        ("group", "people", "labels from"),
        tuple(
            (one.name, f"{one.people:,}", sources_text(one) or UNKNOWN)
            for one in (result.main.total, *result.main.groups)
        ),
        file="groups",
    )


def _photos_by_group(result: BenchmarkResult) -> Grid:
    """List people, photos and failures to enroll."""
    return Grid(
        "People and photos by group",
        ("group", "people", "with a template", "photos", "photos without a template", "labels from"),
        tuple(
            (
                one.name,
                f"{one.people:,}",
                f"{one.people_enrolled:,}",
                f"{one.photos:,}",
                failures_cell(one.failures, one.photos),
                sources_text(one) or UNKNOWN,
            )
            for one in (result.main.total, *result.main.groups)
        ),
        file="groups",
    )


def _given(result: BenchmarkResult) -> str:
    given = result.input
    direction = "higher was more alike" if given.similarity else "lower was more alike and was turned round"
    people = f"{given.people:,} people" if given.people_named else "people not named"
    return (
        f"Input: {given.kind}, {given.rows:,} rows, {people}, {given.groups:,} groups; in the scores given "
        f"{direction}."
    )


def thresholds_section(result: BenchmarkResult) -> Section:
    """Lay out every threshold, and how it was set."""
    native = result.provenance.metric.native_name
    own_scale = () if native == "score" else (native,)
    grid = Grid(
        "Thresholds",
        ("threshold", "score", *own_scale, "policy", "how it was set", "95 % of thresholds set so", "marks"),
        tuple(
            (
                at.threshold.name,
                f"{at.threshold.score:.6g}",
                *(f"{at.threshold.native:.6g}" for _ in own_scale),
                at.threshold.policy,
                at.threshold.basis,
                _band(at.threshold),
                _marks(at.threshold),
            )
            for at in result.main.at
        ),
        file="thresholds",
        words=True,
    )
    rule = "A comparison at or above a threshold's score is a match; a tie is a match."
    return Section("thresholds", "Thresholds", (Words(rule), grid))


def _band(used: UsedThreshold) -> str:
    if used.low is None or used.high is None:
        return "given, or unknown"
    return f"{used.low:.6g} to {used.high:.6g}"


def _marks(used: UsedThreshold) -> str:
    marks = ["in-sample"] * used.in_sample + ["extrapolated: target unsupported"] * used.unsupported
    return ", ".join(marks) or "none"


def sensitivity_section(result: BenchmarkResult) -> Section:
    """Lay out the same rates on parts of the people, side by side with everybody."""
    name, title = "sensitivity", "Does it hold on parts of the people?"
    if not result.sensitivity:
        return Section(name, title, (Words("Not available: the protocol asks for no second measurement."),))
    measured = (result.main, *result.sensitivity)
    photos = of_photos(result.input.kind)
    about = tuple(Words(f"{one.about}: {totals_sentence(one, photos=photos)}") for one in measured)
    sides = (
        _side_by_side(measured, at.threshold.name, on_paper=not place)
        for place, at in enumerate(result.main.at)
    )
    return Section(name, title, (*about, *sides))


def _side_by_side(measured: tuple[Measurement, ...], threshold: str, *, on_paper: bool) -> Grid:
    """List each group's rate in every measurement."""
    groups = list(dict.fromkeys(rates.group for one in measured for rates in _rates(one, threshold)))
    columns = [f"{kind}: {one.about}" for kind in ("FMR per million", "FNMR") for one in measured]
    rows = []
    for group in groups:
        found = [
            next((rates for rates in _rates(one, threshold) if rates.group == group), None)
            for one in measured
        ]
        rows.append((group, *(_fmr(one) for one in found), *(_fnmr(one) for one in found)))
    return Grid(
        f"Both errors at {threshold}, each part of the people (95 % ranges)",
        ("group", *columns),
        tuple(rows),
        file="rates",
        on_paper=on_paper,
    )


def _rates(measured: Measurement, threshold: str) -> tuple[GroupRates, ...]:
    found: AtThreshold | None = next((at for at in measured.at if at.threshold.name == threshold), None)
    return () if found is None else (found.overall, *found.groups)


def _fmr(rates: GroupRates | None) -> str:
    if rates is None or rates.fmr is None:
        return UNKNOWN
    return f"{rate_cell(rates.fmr)} ({range_cell(rates.fmr)})"


def _fnmr(rates: GroupRates | None) -> str:
    return UNKNOWN if rates is None else percent_cell(rates.fnmr)
