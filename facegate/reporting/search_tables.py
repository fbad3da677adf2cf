"""Tables about searches of a gallery; their rates are per search, never per comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.reporting.rows import estimate_columns, selectivity_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.evaluation.identification.result import Identification
    from facegate.evaluation.result import Measurement
    from facegate.reporting.rows import Row


def search_tables(found: Identification | None, measured: Measurement) -> dict[str, list[Row]]:
    """Make every table about searches; all are empty where nothing was searched.

    Parameters
    ----------
    found : Identification or None
        What searches found.
    measured : Measurement
        Of the same people: whoever gave no template was never searched for, and stands beside.
    """
    if found is None:
        return {name: [] for name in ("galleries", "searches", "growth", "model", "index_recall")}
    return {
        "galleries": list(_gallery_rows(found)),
        "searches": list(_search_rows(found, measured)),
        "growth": list(_growth_rows(found)),
        "model": list(_model_rows(found)),
        "index_recall": list(_recall_rows(found)),
    }


def _gallery_rows(found: Identification) -> Iterator[Row]:
    for mix in found.mixes:
        for group, people in mix.people.items():
            yield {
                "gallery_mix": mix.name,
                "operational": mix.operational,
                "gallery_size_people": mix.size,
                "group": group,
                "people_enrolled": people,
                "how_chosen": mix.how,
            }


def _search_rows(found: Identification, measured: Measurement) -> Iterator[Row]:
    counts = {group.name: group for group in (measured.total, *measured.groups)}
    for one in found.searches:
        yield {
            "gallery_mix": one.mix,
            "gallery_size_people": one.gallery_size,
            "threshold": one.threshold,
            "candidate_list_limit": one.limit,
            "group": one.group,
            "photos": counts[one.group].photos,
            "failures_to_enroll": counts[one.group].failures,
            **estimate_columns(
                "fpir", "searches_returning_anybody", "non_mated_searches", one.fpir, unit="search"
            ),
            **selectivity_columns(one.sel),
            **estimate_columns(
                "fnir", "searches_missing_the_mate", "mated_searches", one.fnir, unit="search"
            ),
            **estimate_columns(
                "fnir_rank_1",
                "searches_without_the_mate_first",
                "mated_searches_rank_1",
                one.fnir_rank_one,
                unit="search",
            ),
        }


def _growth_rows(found: Identification) -> Iterator[Row]:
    for point in found.growth:
        yield {
            "gallery_mix": point.mix,
            "threshold": point.threshold,
            "group": point.group,
            "gallery_size_people": point.gallery_size,
            **estimate_columns(
                "fpir", "searches_returning_anybody", "non_mated_searches", point.fpir, unit="search"
            ),
            **selectivity_columns(point.sel),
        }


def _model_rows(found: Identification) -> Iterator[Row]:
    for point in found.model:
        yield {
            "threshold": point.threshold,
            "group": point.group,
            "gallery_size_people": point.gallery_size,
            "model_fpir_per_search": point.fpir,
            "model_sel_people_per_search": point.sel,
        }


def _recall_rows(found: Identification) -> Iterator[Row]:
    for one in found.recall:
        yield {
            "index": one.index,
            "group": one.group,
            "candidate_list_limit": one.limit,
            "recall_candidates_found": one.recall.events if one.recall else None,
            "recall_candidates_exact": one.recall.trials if one.recall else None,
            "recall_share": one.recall.estimate if one.recall else None,
            "recall_low_95": one.recall.low if one.recall else None,
            "recall_high_95": one.recall.high if one.recall else None,
        }
