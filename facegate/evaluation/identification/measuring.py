"""Searches measured: who is returned wrongly, who is missed, and how it grows with the gallery.

- The gallery that serves is built, enrolled and searched (`facegate.gallery.gallery`); no
  rate of a search is made from rates of comparisons. The model beside it says it is one.
- The first gallery is the operational one, or has the groups as the data mix them; at least
  one other has another mix, because a rate of searches depends on who else is enrolled.
- Nothing depends on the order of the rows; the same seed gives the same result.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.decision import Threshold
from facegate.errors import InputError
from facegate.evaluation.identification.deal import deal, describe, draw_galleries
from facegate.evaluation.identification.growth import growth_points
from facegate.evaluation.identification.model import model_points
from facegate.evaluation.identification.rates import mates_in, search_rates
from facegate.evaluation.identification.recall import index_recall
from facegate.evaluation.identification.result import Identification
from facegate.evaluation.identification.search import built, confirm, search_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from facegate.decision import Scores
    from facegate.evaluation.identification.deal import Deal, DrawnGallery
    from facegate.evaluation.identification.plan import IdentificationPlan
    from facegate.evaluation.identification.rates import NamedThreshold
    from facegate.evaluation.identification.result import GrowthPoint, IndexRecall, SearchRates
    from facegate.evaluation.identification.search import OpenGallery
    from facegate.evaluation.subgroups import Population
    from facegate.templates import TemplateSet


def measure_identification(
    templates: TemplateSet,
    population: Population,
    thresholds: Sequence[NamedThreshold],
    plan: IdentificationPlan,
    *,
    folder: Path,
    fmr_by_group: Mapping[tuple[str, str], float],
    on_progress: Callable[[int, int], None] | None = None,
) -> Identification:
    """Measure FPIR, SEL and FNIR by searching galleries as they serve.

    Parameters
    ----------
    templates : TemplateSet
        All rows, or the enrolled ones; failures to enroll take no part.
    population : Population
        Of the same templates.
    thresholds : sequence of NamedThreshold
        At least one, by name and score, such as `UsedThreshold`.
    plan : IdentificationPlan
        Whom to enroll, the limit, the galleries and the seed.
    folder : Path
        An existing folder to build galleries in; they are deleted afterwards.
    fmr_by_group : mapping of (str, str) to float
        FMR against everybody by (threshold name, group name), for the model only; an upper
        bound where no false match was seen.
    on_progress : callable or None
        Told searches done and to do.

    Returns
    -------
    Identification
        Rates are None, never zero, where a group has no such search.

    Raises
    ------
    InputError
        If there is no threshold, or a mix names a group that nobody is in.
    MeasurementError
        If there are fewer than 4 people, a mix cannot be drawn, the lowest threshold
        returns too many candidates, or the gallery's search contradicts itself.
    StorageError
        If the disk refuses.
    """
    if not thresholds:
        msg = "searches need at least one threshold, got none"
        raise InputError(msg)
    enrolled = templates.enrolled
    dealt = deal(enrolled, population, plan)
    galleries = draw_galleries(dealt, population, plan)
    n_searches = sum(dealt.strangers.row.size + dealt.mates(gallery.people).row.size for gallery in galleries)
    step = _counter(n_searches, on_progress)
    people = _People(enrolled, population, plan, dealt)
    found = [
        _measure(people, gallery, thresholds, folder, step, with_recall=gallery is galleries[0])
        for gallery in galleries
    ]
    return Identification(
        seed=plan.seed,
        how=describe(dealt, plan),
        mixes=tuple(gallery.mix for gallery in galleries),
        searches=tuple(one for part in found for one in part.searches),
        growth=tuple(one for part in found for one in part.growth),
        model=tuple(
            point
            for (threshold, group), fmr in fmr_by_group.items()
            for point in model_points(threshold=threshold, group=group, fmr=fmr)
        ),
        recall=tuple(one for part in found for one in part.recall),
    )


def strongest_non_mates(
    templates: TemplateSet,
    population: Population,
    plan: IdentificationPlan,
    *,
    floor: Threshold,
    folder: Path,
    on_progress: Callable[[int, int], None] | None = None,
) -> Scores:
    """Search the first gallery for everybody who is not enrolled, and keep the best score.

    Parameters
    ----------
    templates, population, plan, folder, on_progress
        As in `measure_identification`; the same plan searches the same people in the same
        gallery.
    floor : Threshold
        Scores below it are not looked at.

    Returns
    -------
    ndarray of shape (n_searches,), float64
        The best score of each non-mated search; -inf where nobody reaches the floor.

    Raises
    ------
    InputError, MeasurementError, StorageError
        As `measure_identification`.
    """
    enrolled = templates.enrolled
    dealt = deal(enrolled, population, plan)
    first = draw_galleries(dealt, population, plan)[0]
    step = _counter(dealt.strangers.row.size, on_progress)
    with built(enrolled, dealt, first.people, folder=folder) as opened:
        return search_all(opened, enrolled, dealt.strangers, floor, on_search=step).strongest()


@dataclass(frozen=True, slots=True)
class _People:
    """What is the same for every gallery."""

    templates: TemplateSet
    population: Population
    plan: IdentificationPlan
    dealt: Deal


@dataclass(frozen=True, slots=True)
class _Found:
    """What one gallery gave."""

    searches: tuple[SearchRates, ...]
    growth: tuple[GrowthPoint, ...]
    recall: tuple[IndexRecall, ...]


def _measure(
    people: _People,
    drawn: DrawnGallery,
    thresholds: Sequence[NamedThreshold],
    folder: Path,
    step: Callable[[], None],
    *,
    with_recall: bool,
) -> _Found:
    """Build one gallery, search it, and compute everything from the searches."""
    templates, population, plan, dealt = people.templates, people.population, people.plan, people.dealt
    metric, mix, size = templates.embedder.metric, drawn.mix.name, drawn.people.size
    lines = [Threshold(one.score, metric) for one in thresholds]
    lowest = min(lines, key=lambda line: line.score)
    others, own = dealt.strangers, dealt.mates(drawn.people)
    with built(templates, dealt, drawn.people, folder=folder) as opened:
        strangers = search_all(opened, templates, others, lowest, on_search=step)
        confirm(opened, templates, others, strangers, thresholds=lines, limit=plan.limit)
        mated = search_all(opened, templates, own, lowest, on_search=step)
        confirm(opened, templates, own, mated, thresholds=lines, limit=plan.limit)
        recall = tuple(_recall(people, opened)) if with_recall else ()
        mates = mates_in(mated, opened.place_of_person(dealt.entry.size))
    rates = search_rates(
        mix=mix, size=size, thresholds=thresholds, metric=metric, limit=plan.limit,
        population=population, strangers=strangers, mates=mates,
    )  # fmt: skip
    growth = growth_points(
        mix=mix, size=size, thresholds=thresholds, metric=metric, population=population, strangers=strangers
    )
    return _Found(tuple(rates), tuple(growth), recall)


def _recall(people: _People, opened: OpenGallery) -> Iterator[IndexRecall]:
    dealt, plan = people.dealt, people.plan
    return index_recall(
        opened,
        people.templates,
        people.population,
        dealt.one_each(opened.people, people.population.group_of_person),
        entries=dealt.entry[opened.people],
        limit=plan.limit,
        approximate=plan.approximate,
    )


def _counter(total: int, tell: Callable[[int, int], None] | None) -> Callable[[], None]:
    """Count searches, and tell somebody."""
    done = 0

    def step() -> None:
        nonlocal done
        done += 1
        if tell is not None:
            tell(done, total)

    return step
