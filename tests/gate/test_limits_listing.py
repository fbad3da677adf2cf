"""Whoever is left out of a list: the list is as if he had scored far below the threshold."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.gate.limits.listing import left_out
from facegate.records import Candidate, CandidateList, SubjectId

LIMIT = 5
NEAR = 8  # as many as a search reports apart from its list


def search(scores: dict[str, int], *, threshold: int = 50, margin: int = 10) -> CandidateList:
    """Rank people as the gallery does."""
    near = [one for one in scores.items() if one[1] >= threshold - margin]
    ranked = [
        Candidate(SubjectId(name), score / 100) for name, score in sorted(near, key=lambda o: (-o[1], o[0]))
    ]
    n_above = sum(score >= threshold for score in scores.values())
    n_listed = min(LIMIT, n_above)
    return CandidateList(tuple(ranked[:n_listed]), n_above, tuple(ranked[n_listed:][:NEAR]))


PEOPLE = st.dictionaries(st.sampled_from("abcdefghijkl"), st.integers(30, 99), max_size=12)
SOME = st.sets(st.sampled_from("abcdefghijkl"), max_size=3)


@settings(deadline=None, max_examples=200)
@given(scores=PEOPLE, over=SOME)
def test_a_list_is_as_if_whoever_is_left_out_had_scored_below(scores: dict[str, int], over: set[str]) -> None:
    listed, _ = left_out(search(scores), over)
    without = search({name: 0 if name in over else score for name, score in scores.items()})
    assert listed.candidates == without.candidates
    assert listed.n_at_or_above == without.n_at_or_above
    assert listed.approached == without.approached[: len(listed.approached)]


@settings(deadline=None, max_examples=200)
@given(scores=PEOPLE, over=SOME)
def test_everybody_left_out_above_the_threshold_is_named_and_nobody_else(
    scores: dict[str, int], over: set[str]
) -> None:
    found = search(scores)
    _, omitted = left_out(found, over)
    reported = {one.subject_id for one in (*found.candidates, *found.approached)}
    assert {one.subject_id for one in omitted} == {
        name for name in over & reported if scores.get(name, 0) >= 50
    }


def test_the_next_one_moves_up_and_the_counts_are_without_him() -> None:
    found = search({name: 90 - n for n, name in enumerate("abcdefg")})
    listed, omitted = left_out(found, {"b"})
    assert [one.subject_id for one in listed.candidates] == ["a", "c", "d", "e", "f"]
    assert (listed.n_at_or_above, [one.subject_id for one in omitted]) == (6, ["b"])


def test_a_list_of_nobody_over_is_the_gallerys_own() -> None:
    found = search({"a": 90, "b": 45})
    assert left_out(found, ()) == (found, ())
