"""The review desk: two people compare without each other's word, see what they chose, and speak once."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
from desk_pages_room import NO_SEARCH, Desks, some_desks, words
from PIL import Image

from facegate.gate.photos.viewing import mark_in
from facegate.policy.forms import MOST_CANDIDATES

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desks]:
    with some_desks(tmp_path_factory.mktemp("desks")) as made:
        yield made


@pytest.fixture(scope="module")
def waiting(desks: Desks) -> str:
    return desks.searched()


@pytest.fixture(scope="module")
def reviewed(desks: Desks) -> str:
    return desks.reviewed()


def test_the_desk_lists_what_waits_and_names_nobody(desks: Desks, waiting: str) -> None:
    page = desks.as_("second").get("/reviews")
    assert (page.status_code, f"/reviews/{waiting}" in page.text) == (200, True)
    assert "astronaut" not in page.text
    assert "0 of 2" in words(page)


def test_a_list_shows_band_and_reference_and_no_opinion_is_chosen(desks: Desks, waiting: str) -> None:
    page = desks.as_("second").get(f"/reviews/{waiting}")
    assert (desks.last_record()["kind"], page.text.count('type="radio"')) == ("review-opened", 3)
    assert " checked" not in page.text
    assert "0.90-1.00" in words(page)
    assert "astronaut" not in page.text


def test_the_probe_has_its_alternative_text_and_no_photo_is_said_in_words(desks: Desks, waiting: str) -> None:
    page = desks.as_("second").get(f"/reviews/{waiting}")
    assert 'alt="Probe: the photo that was searched"' in page.text
    assert "No photo is kept of this person." in page.text


def test_a_photo_stands_inline_under_the_viewers_mark_and_is_kept_by_nobody(
    desks: Desks, waiting: str
) -> None:
    seen = desks.as_("second").get(f"/reviews/{waiting}/images/0")
    said = {name: seen.headers[name] for name in ("content-type", "cache-control", "x-content-type-options")}
    assert said == {
        "content-type": "image/png",
        "cache-control": "no-store",
        "x-content-type-options": "nosniff",
    }
    assert seen.headers["content-disposition"].startswith("inline")
    assert mark_in(seen.content)
    assert Image.open(io.BytesIO(seen.content)).format == "PNG"


def test_a_photo_that_is_not_kept_is_not_there(desks: Desks, waiting: str) -> None:
    assert desks.as_("second").get(f"/reviews/{waiting}/images/2").status_code == 404


def test_a_candidate_left_out_brings_the_form_back_and_says_which(desks: Desks, waiting: str) -> None:
    page = desks.post("second", f"/reviews/{waiting}", {})
    assert (page.status_code, "Candidate 1: choose one of three" in words(page)) == (422, True)
    assert 'href="#field-opinion-1"' in page.text
    assert desks.last_record()["kind"] != "finding"


@pytest.mark.parametrize("chosen", ["sure", "", "agree disagree"])
def test_a_word_that_is_none_was_not_chosen(desks: Desks, waiting: str, chosen: str) -> None:
    assert desks.post("second", f"/reviews/{waiting}", {"opinion-1": chosen}).status_code == 422


def test_what_was_chosen_is_shown_again_before_anything_is_recorded(desks: Desks, waiting: str) -> None:
    page = desks.post("second", f"/reviews/{waiting}", {"opinion-1": "disagree"})
    assert (page.status_code, "I disagree" in words(page)) == (200, True)
    assert "Nothing is recorded yet" in words(page)
    assert desks.last_record()["kind"] != "finding"


def test_a_review_of_the_longest_list_that_a_law_permits_is_taken(desks: Desks, waiting: str) -> None:
    every = {f"opinion-{rank}": "inconclusive" for rank in range(1, MOST_CANDIDATES + 1)}
    page = desks.post("second", f"/reviews/{waiting}", every)
    assert (page.status_code, "Inconclusive" in words(page)) == (200, True)
    assert desks.post("second", f"/reviews/{waiting}", {**every, "change": "yes"}).status_code == 200


@pytest.mark.parametrize("files", [None, {"photo": b"x"}])
def test_a_review_of_more_than_a_list_can_hold_is_not(
    desks: Desks, waiting: str, files: dict[str, bytes] | None
) -> None:
    n_fields = 5 if files else 2 * MOST_CANDIDATES
    every = {f"opinion-{rank}": "inconclusive" for rank in range(1, n_fields)}
    assert desks.post("second", f"/reviews/{waiting}", every, files=files).status_code == 413


def test_going_back_keeps_what_was_chosen(desks: Desks, waiting: str) -> None:
    page = desks.post("second", f"/reviews/{waiting}", {"opinion-1": "inconclusive", "change": "yes"})
    (line,) = [one for one in page.text.splitlines() if " checked" in one]
    assert 'value="inconclusive" checked' in line


def test_a_finding_is_recorded_once_and_shown_to_nobody_else_before_the_second(desks: Desks) -> None:
    at = f"/reviews/{desks.searched()}"
    sent = desks.post("second", f"{at}/finding", {"opinion-1": "disagree"}, of=at)
    assert (sent.status_code, sent.headers["location"]) == (303, at)
    assert desks.last_record()["kind"] == "finding"
    own = desks.as_("second").get(at)
    assert "Your finding is recorded" in words(own)
    assert 'type="radio"' not in own.text
    other = desks.as_("reviewer").get(at)
    assert "disagree" not in words(other).replace("I disagree", "")
    again = desks.post("second", f"{at}/finding", {"opinion-1": "agree"}, of="/reviews")
    assert (again.status_code, "RV-TWICE" in again.text) == (409, True)


def test_both_findings_are_shown_once_both_are_in(desks: Desks, reviewed: str) -> None:
    said = words(desks.as_("second").get(f"/reviews/{reviewed}"))
    assert "Both reviewers have spoken" in said
    assert "Reviewer 77" in said


def test_a_third_reviewer_opens_nothing_and_no_refusal_is_made_of_looking(
    desks: Desks, reviewed: str
) -> None:
    before = desks.service.desk.ledger.log.size
    desks.service.desk.ledger.rows("SELECT 1")
    page = desks.as_("other-reviewer").get(f"/reviews/{reviewed}")
    assert page.status_code == 404  # another agency's
    assert desks.service.desk.ledger.log.size == before


@pytest.mark.parametrize("path", ["/reviews", f"/reviews/{NO_SEARCH}"])
def test_only_reviewers_have_this_desk(desks: Desks, path: str) -> None:
    assert desks.as_().get(path).headers["location"].startswith("/sign-in?next=/reviews")
    for name in ("searcher", "supervisor", "auditor", "administrator"):
        assert desks.as_(name).get(path).status_code == 403


def test_a_form_without_the_pages_token_records_nothing(desks: Desks, waiting: str) -> None:
    before = desks.service.desk.ledger.log.size
    answer = desks.as_("second").post(f"/reviews/{waiting}/finding", data={"opinion-1": "agree"})
    assert (answer.status_code, desks.service.desk.ledger.log.size) == (403, before)
