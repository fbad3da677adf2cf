"""Plain sentences are filled from intervals, and say unknown where there is none."""

from __future__ import annotations

from dataclasses import replace

from sample_result import full_result, poor_result

from facegate.decision import Metric
from facegate.evaluation.group_rates import Concentration, GroupRates, UsedThreshold
from facegate.evaluation.intervals import ZeroCountBounds
from facegate.evaluation.provenance import Provenance
from facegate.evaluation.rates import Estimate
from facegate.reporting.key_sentences import hidden_sentence
from facegate.reporting.sentences import (
    concentration_sentence,
    false_match_sentence,
    missed_sentence,
    provenance_sentence,
    support_sentence,
    threshold_sentence,
    totals_sentence,
)


def rates(events: int, low: float, high: float, *, effective: float = 100_000.0) -> GroupRates:
    fmr = Estimate(events, 100_000, 500, events / 100_000, low, high, effective, 250, "m")
    return GroupRates("Black F", fmr, ZeroCountBounds(3e-5, 0.012), None, None, None, None)


UNKNOWN = GroupRates("White M", None, None, None, None, None, None)


def test_a_rate_is_said_in_a_million_comparisons_with_its_range() -> None:
    assert false_match_sentence(rates(123, 0.0008, 0.0019)) == (
        "Out of 1,000,000 comparisons between two different people of the same group (Black F), the system "
        "would call about 1,230 of them a match (between 800 and 1,900, 95 %)."
    )


def test_nothing_seen_is_said_with_both_bounds() -> None:
    said = false_match_sentence(rates(0, 0.0, 0.012))
    assert "none called a match in 100,000 comparisons" in said
    assert "very likely below 12,000 per million" in said
    assert "below 30 if comparisons that share a person were independent" in said


def test_too_few_to_say_gives_the_upper_end_only() -> None:
    said = false_match_sentence(rates(2, 0.000001, 0.0004, effective=50_000.0))
    assert (
        "2 of 100,000 comparisons were called a match, too few of them or too few people to give a rate"
        in said
    )
    assert "likely below 400 per million" in said


def test_an_unknown_rate_is_said_to_be_unknown_and_why() -> None:
    assert "unknown, because there are no two of them to compare" in false_match_sentence(UNKNOWN)
    assert "unknown, because nobody has two templates" in missed_sentence(UNKNOWN)
    assert support_sentence(UNKNOWN) == ""
    assert concentration_sentence(UNKNOWN) == ""


def test_what_the_data_cannot_measure_is_said_as_one_in_so_many() -> None:
    assert (
        support_sentence(rates(123, 0, 1))
        == "Our data cannot measure rates rarer than 1 in 33,300 for Black F."
    )


def test_how_few_people_carry_the_false_matches_is_said() -> None:
    few = GroupRates("everybody", None, None, None, None, Concentration(0.25, 0.5, 12, (0.0, 1.0)), None)
    assert concentration_sentence(few) == (
        "The most involved 1 % (12 people) have part in 50 % of all false matches, one single person in 25 %."
    )


def test_a_threshold_says_where_it_is_how_it_was_set_and_what_that_is_worth() -> None:
    used = UsedThreshold(
        "fmr-1e-9",
        0.7,
        0.3,
        "overall",
        "overall FMR at most 1e-9",
        1e-9,
        None,
        None,
        in_sample=True,
        unsupported=True,
    )
    said = threshold_sentence(used, "distance")
    assert said.startswith("Threshold fmr-1e-9: distance 0.3 (score 0.7), overall FMR at most 1e-9.")
    assert "not a forecast for other people" in said
    assert "No observation supports it" in said


def test_a_score_is_not_said_twice() -> None:
    used = UsedThreshold(
        "score-3", 3.0, 3.0, "given", "score 3, given", None, None, None, in_sample=False, unsupported=False
    )
    assert threshold_sentence(used, "score") == "Threshold score-3: score 3, given."
    assert threshold_sentence(used, "distance").startswith("Threshold score-3: distance 3 (score 3), score 3")


def test_groups_too_small_for_a_rate_that_lie_above_the_worst_one_are_named() -> None:
    worst = replace(rates(300, 0.002, 0.004), group="White F")
    small = replace(rates(79, 0.4, 0.9, effective=20.0), group="Black M")
    below = replace(rates(0, 0.0, 0.9, effective=20.0), group="Black F")
    at = replace(full_result().main.at[0], groups=(worst, small, below), worst_group="White F")
    assert hidden_sentence(at) == (
        "Too few people for a rate, and yet their whole range lies above that: "
        "Black M (79 of 100,000 comparisons, 500 people)."
    )
    assert hidden_sentence(replace(at, groups=(worst, below))) == ""
    assert hidden_sentence(replace(at, worst_group=None)) == ""


def test_scores_without_a_model_say_that_nobody_can_say_which_it_was() -> None:
    origin = Provenance(
        dataset="vendor",
        dataset_digest="d" * 64,
        synthetic=False,
        embedder="",
        embedder_digest="",
        metric=Metric.COSINE,
        protocol_digest="p",
        command="",
        measured_on="2026-01-02",
        seed=None,
        versions={},
    )
    said = provenance_sentence(origin)
    assert "Embedder: not named (only scores were given: nobody can say which model)" in said
    assert said.endswith("with facegate of unknown version.")


def test_failures_to_enroll_are_unknown_where_no_photo_is_named() -> None:
    main = full_result().main
    assert "41 photos (1.24 %) gave no template" in totals_sentence(main)
    unnamed = replace(main, total=replace(poor_result().main.total, photos=0, failures=0))
    assert totals_sentence(unnamed).startswith("No photos are named, so failures to enroll are unknown.")
