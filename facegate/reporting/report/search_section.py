"""The tables about searches: galleries, FPIR and SEL and FNIR, growth, index recall."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from facegate.reporting.key_sentences import EVERYBODY
from facegate.reporting.report.blocks import Grid, Section, Words
from facegate.reporting.report.growth_figure import growth_grid, growth_of
from facegate.reporting.report.wording import counts_cell, failures_cell, per_search_cell, percent_cell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from facegate.evaluation.identification.result import GrowthPoint, Identification
    from facegate.evaluation.result import Measurement
    from facegate.reporting.report.blocks import Block

NAME = "searches"
TITLE = "Searches of a gallery, one to many"
EXPLAINED = (
    "FPIR: share of searches for people who are not enrolled that return anybody. SEL: wrong people returned "
    "by such a search. FNIR: share of searches for enrolled people that do not return them. All are per "
    "search, never per comparison. The longest list cuts SEL short, never FPIR."
)
NOT_SEARCHED = (
    "Not available. No gallery was searched: the input has no templates to search with, or the protocol asks "
    "for none."
)
LONGEST = 60
MIXES = (
    "A gallery of one group moves the risk onto people of that group. A gallery with equal groups is not by "
    "itself equal treatment: compare the mixes."
)


def search_section(found: Identification | None, measured: Measurement, *, drawn: str) -> Section:
    """Lay out everything that searches found.

    Parameters
    ----------
    found : Identification or None
        None where nothing was searched; the section says so.
    measured : Measurement
        Of the same people: failures to enroll stand beside the rates of searches.
    drawn : str
        Threshold whose growth stands under its figure already.
    """
    if found is None:
        return Section(NAME, TITLE, (Words(NOT_SEARCHED),))
    return Section(NAME, TITLE, tuple(_blocks(found, measured, drawn)))


def _blocks(found: Identification, measured: Measurement, drawn: str) -> Iterator[Block]:
    yield Words(EXPLAINED)
    yield Words(f"How: {found.how}. Seed {found.seed}.")
    yield _mixes(found)
    yield Words(MIXES, "caution")
    yield _rates(found, measured)
    yield from _growth(found, drawn)
    yield from _recall(found)


def _growth(found: Identification, drawn: str) -> Iterator[Block]:
    """List growth in every gallery at every threshold, but for what stands under the figure."""
    shown = growth_of(found, drawn)
    places = dict.fromkeys((one.threshold, one.mix) for one in found.growth if one not in shown)
    for threshold, mix in places:
        points = [one for one in found.growth if (one.threshold, one.mix) == (threshold, mix)]
        yield replace(_shown(points, f"{threshold}, gallery {mix}"), on_paper=False)
    for threshold in dict.fromkeys(one.threshold for one in found.model if one.threshold != drawn):
        model = [one for one in found.model if one.threshold == threshold]
        few = len(model) > LONGEST
        shown_model = [one for one in model if one.group == EVERYBODY or not few]
        rest = ", everybody only; each group: tables/model.csv" if few else ""
        grid = growth_grid((), shown_model, f"{threshold} (model, not measurement{rest})")
        yield replace(grid, file="model", on_paper=False)


def _shown(points: Sequence[GrowthPoint], about: str) -> Grid:
    """List growth; with many groups only everybody's, for the file has each group's."""
    if len(points) <= LONGEST:
        return growth_grid(points, (), about)
    everybody = [one for one in points if one.group == EVERYBODY]
    return growth_grid(everybody, (), f"{about}, everybody only (each group: tables/growth.csv)")


def _mixes(found: Identification) -> Grid:
    return Grid(
        "Galleries that were searched",
        ("gallery", "people", "operational", "how chosen", "people by group"),
        tuple(
            (
                mix.name,
                f"{mix.size:,}",
                "yes" if mix.operational else "no",
                mix.how,
                ", ".join(f"{group} {people:,}" for group, people in mix.people.items()),
            )
            for mix in found.mixes
        ),
        file="galleries",
        words=True,
    )


def _rates(found: Identification, measured: Measurement) -> Grid:
    counts = {group.name: group for group in (measured.total, *measured.groups)}
    return Grid(
        "Searches by gallery, threshold and group of the person searched for (95 % ranges)",
        (
            "group", "gallery, threshold, longest list", "returned anybody, of searches",
            "FPIR, % of searches",
            "SEL, wrong people per search", "FNIR, % of searches", "FNIR, first place only",
            "photos without a template",
        ),
        tuple(
            (
                one.group,
                f"{one.mix} ({one.gallery_size:,}), {one.threshold}, {one.limit:,}",
                counts_cell(one.fpir),
                percent_cell(one.fpir),
                per_search_cell(one.sel),
                percent_cell(one.fnir),
                percent_cell(one.fnir_rank_one),
                failures_cell(counts[one.group].failures, counts[one.group].photos),
            )
            for one in found.searches
        ),
        file="searches",
    )  # fmt: skip


def _recall(found: Identification) -> Iterator[Block]:
    """Lay out what an index loses against exact search: its own source of differences."""
    if not found.recall:
        yield Words("Recall of the index against exact search: not available.")
        return
    yield Grid(
        "Recall of the index: share of the exact candidates that it returns (95 % ranges)",
        ("index", "group", "longest list", "found of exact candidates", "recall"),
        tuple(
            (one.index, one.group, f"{one.limit:,}", counts_cell(one.recall), percent_cell(one.recall))
            for one in found.recall
        ),
        file="index_recall",
    )
