"""The made-up year: the same for a seed, of the gate's shape, and what the detectors find in it."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

import pytest
from misuse_office import office
from ready_agency import make_ready

from facegate.audit.log import AuditLog
from facegate.errors import InputError, MeasurementError
from facegate.gate.books import BOOKS
from facegate.gate.ledger.event import Event
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.registers.cases import amend_case, close_case
from facegate.gate.registers.late import enter_late
from facegate.oversight.detectors.queue import review_queue
from facegate.oversight.detectors.seen import read_log
from facegate.oversight.misuse.words import CLASSES
from facegate.oversight.synthetic_year.measuring import Score, add_up, score_queue
from facegate.oversight.synthetic_year.planted import MIXTURE
from facegate.oversight.synthetic_year.year import SyntheticYear, make_year

if TYPE_CHECKING:
    from pathlib import Path

SMALL = {"n_searches": 1200, "n_misuses": 14, "n_agencies": 2, "n_officers": 6}
HELD_OUT = range(2001, 2003)


@cache
def year(seed: int = 2000) -> SyntheticYear:
    return make_year(seed, **SMALL)


def measured(made: SyntheticYear) -> Score:
    return score_queue(made, review_queue(read_log(made.events), made.known))


def test_the_same_seed_makes_the_same_year_and_another_seed_another() -> None:
    again = make_year(2000, **SMALL)
    assert again.events == year().events
    assert again.searches == year().searches
    assert year(HELD_OUT[0]).events[:50] != year().events[:50]


def test_a_year_has_as_many_searches_and_misuses_as_asked() -> None:
    intents = [event for event in year().events if event.kind == "intent"]
    assert len(intents) == year().n_searches == 1200
    assert len(year().planted) == 14
    assert set(year().searches.values()) == set(range(14))
    assert {event.text("search_id") for event in intents} >= year().searches.keys()


def test_every_planted_class_is_one_of_the_register_and_the_mixture_is_that_of_clets_size() -> None:
    assert sum(MIXTURE.values()) == 117
    assert MIXTURE.keys() <= CLASSES.keys()
    assert Counter(one.misuse_class for one in year().planted).keys() == MIXTURE.keys()


def test_records_stand_in_the_order_of_their_times_and_results_name_their_intent() -> None:
    events = year().events
    assert [event.seq for event in events] == list(range(len(events)))
    assert all(a.time <= b.time for a, b in itertools.pairwise(events))
    results = [event for event in events if event.kind == "result"]
    intents = [events[int(str(event.public["intent"]))] for event in results]
    pairs = zip(results, intents, strict=True)
    assert all(one.text("search_id") == other.text("search_id") for one, other in pairs)


def test_the_truth_stands_nowhere_in_the_records() -> None:
    text = json.dumps([[dict(event.public), dict(event.sealed)] for event in year().events[:4000]])
    assert not any(word in text for word in ("misuse", "planted", "stalking"))


def _shapes(events: tuple[Event, ...]) -> dict[str, set[tuple[frozenset[str], frozenset[str]]]]:
    found: dict[str, set[tuple[frozenset[str], frozenset[str]]]] = {}
    ours = {"seq", "schema", "sealed"}  # what the log itself adds
    for event in events:
        shape = (frozenset(event.public) - ours, frozenset(event.sealed))
        found.setdefault(event.kind, set()).add(shape)
    return found


def test_registers_write_the_fields_that_the_year_has(tmp_path: Path) -> None:
    with (
        patch("os.fsync"),
        AuditLog.open(tmp_path / "log", origin="facegate.example/t") as log,
        Ledger.open(tmp_path / "ledger.db", log, BOOKS, random_bytes=os.urandom) as ledger,
    ):
        make_ready(ledger)
        agency, number = "CO0160000", "24-001234"
        at = next(entry.time for entry, _ in log.read())
        stated: dict[str, Any] = {"agency": agency, "case_number": number, "at": at}
        amend_case(ledger, **stated, offense_code="0999", amended_by="502", reason="as found")
        enter_late(
            ledger,
            **stated,
            searched_by="502",
            searched_at=at.isoformat(),
            entered_by="502",
            asked_by_way_of="telephone",
            purpose="criminal_investigation",
            found="not_known",
            reason="the line was down",
        )
        close_case(ledger, **stated, closed_by="502")
        real = tuple(
            Event(entry.seq, entry.kind, entry.time, entry.public, opening.values)
            for entry, opening in log.read()
            if opening is not None
        )
    written, made = _shapes(real), _shapes(year().events)
    for kind in ("case", "case-amended", "case-closed", "late"):
        assert made[kind] == written[kind], kind


def test_honest_work_looks_like_misuse_often_enough_to_be_a_trial() -> None:
    queue = review_queue(read_log(year().events), year().known)
    honest = [item for item in queue if not any(one in year().searches for one in item.searches)]
    reasons = {one.detector for item in honest for one in item.detections}
    assert {"off shift", "idle case", "same person"} <= reasons


def test_t7_most_planted_misuse_is_found_at_few_reviews_each() -> None:
    """A small year has wide limits; the whole one, with the figures wanted, is the slow test below."""
    score = add_up(measured(year(seed)) for seed in HELD_OUT)
    assert score.recall >= 0.65
    assert score.reviews_a_finding <= 6.5


def test_a_year_without_the_agencies_files_hides_families_and_shifts() -> None:
    from facegate.oversight.detectors.circumstances import Known  # noqa: PLC0415  used in this test only

    blind = score_queue(year(), review_queue(read_log(year().events), Known()))
    assert blind.recall < measured(year()).recall


@pytest.mark.slow
def test_t7_recall_is_at_least_80_percent_at_five_reviews_a_finding_in_whole_years() -> None:
    """The first six years of ``benchmarks/misuse_detectors.py``, none of which the weights were chosen on."""
    score = add_up(measured(make_year(seed)) for seed in range(1001, 1007))
    assert score.n_planted == 6 * 117
    assert score.recall >= 0.8
    assert score.reviews_a_finding <= 5


def test_a_year_with_too_few_searches_for_its_misuse_is_refused() -> None:
    with pytest.raises(InputError, match="got 10 searches, 5 misuses, 8 agencies of 15"):
        make_year(1, n_searches=10, n_misuses=5)


def test_rates_over_nothing_are_unknown() -> None:
    with pytest.raises(MeasurementError, match="a rate over planted misuse needs at least one, got 0"):
        _ = Score().recall
    with pytest.raises(MeasurementError, match="items in the queue"):
        _ = Score().precision
    with pytest.raises(MeasurementError, match="misuse found"):
        _ = Score().reviews_a_finding


def test_a_misuse_is_found_only_by_an_item_about_its_officer(tmp_path: Path) -> None:
    made = year()
    queue = review_queue(read_log(made.events), made.known)
    true = [item for item in queue if any(one in made.searches for one in item.searches)]
    assert measured(made).n_true == len(true)
    with office(tmp_path):  # an empty office finds nothing
        assert score_queue(made, ()).n_found == 0
