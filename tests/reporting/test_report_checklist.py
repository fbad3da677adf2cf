"""The checklist: each item answered from the result, or said to be not available."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from sample_result import WORST, full_result, poor_result

from facegate.reporting.report.checklist import checklist
from facegate.reporting.report.nist_field import nist_blocks, resembles_nist

if TYPE_CHECKING:
    from facegate.evaluation.group_rates import AtThreshold

FULL = checklist(full_result())
POOR = checklist(poor_result())


def answers(found: dict[str, list[tuple[str, str]]]) -> dict[str, str]:
    return {item: answer for part in found.values() for item, answer in part}


def like_nist() -> AtThreshold:
    at = full_result().main.at[0]
    return replace(at, groups=at.groups[:1] * 50, threshold=replace(at.threshold, target=3e-5))


def test_every_item_has_an_answer_and_both_results_are_asked_the_same() -> None:
    assert all(answer for answer in answers(FULL).values())
    assert {item for item in answers(FULL) if " was set" not in item} == {
        item for item in answers(POOR) if " was set" not in item
    }
    assert len(FULL) == 9


def test_answers_come_from_the_result() -> None:
    said = answers(FULL)
    assert said["Worst group named"] == WORST
    assert said["Subjects and images"].startswith("1,651 people, 3,302 photos")
    assert said["How fmr-1e-4 was set"].startswith("overall FMR at most 1e-4, on the same people, in-sample")
    assert said["FPIR, FNIR, SEL at (N, T, L) by group, gallery mix"] == (
        "as the data, 1,000 people, operational; equal groups, 600 people"
    )
    assert said["Smallest FMR the data can speak to"] == "1 in 333,000"


def test_what_only_people_can_know_is_not_available() -> None:
    said = answers(FULL)
    for item in (
        "Who ran it, conflicts of interest",
        "Threshold in use where it is deployed",
        "Response time by group",
    ):
        assert said[item].startswith("not available")


def test_a_result_that_knows_nothing_answers_not_available() -> None:
    said = answers(POOR)
    for item in (
        "Software version",
        "DET by group",
        "Summaries, variant named",
        "Recall of the index by group",
        "Draws",
        "Smallest FMR the data can speak to",
    ):
        assert said[item].startswith("not available"), item


def test_nists_field_is_shown_only_beside_fifty_groups_at_its_threshold() -> None:
    at = full_result().main.at[0]
    assert not resembles_nist(at)
    assert "Not compared with the field" in " ".join(getattr(block, "text", "") for block in nist_blocks(at))
    alike = like_nist()
    assert resembles_nist(alike)
    blocks = list(nist_blocks(alike))
    assert ("FMR Max/Min", "6", "5", "419", "341,240") in getattr(blocks[0], "rows", ())
    assert "Compared with the field: NIST FRTE demographics table of 2024-09-20" in getattr(
        blocks[1], "text", ""
    )
