"""Who one search found: candidates in order with exact scores, people left out, and people near."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

from facegate.gate.review.state import REVIEWERS, Opinion, Verdict
from facegate.oversight.case_file.chances import NOT_RECORDED
from facegate.oversight.case_file.steps import erased_sentence
from facegate.reporting.report.blocks import Grid, Words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.oversight.case_file.records import CaseRecord, CaseSearch
    from facegate.reporting.report.blocks import Block


def people_found(search: CaseSearch, result: CaseRecord) -> Iterator[Block]:
    """Lay out who was found.

    Parameters
    ----------
    search : CaseSearch
        One that compared the photo with the gallery.
    result : CaseRecord
        Its result.
    """
    if result.opened is None:
        yield Words(erased_sentence(result), "alarm")
        return
    total, listed = result.number("n_at_or_above"), _people(result, "candidates")
    if result.text("outcome") == "withheld":
        yield Words(
            "The system withheld the list because it held too many different people; nobody received it. Who "
            "stood on it is below.",
            "caution",
        )
    elif total is not None and total > len(listed):
        yield Words(
            f"{total:,} people reached the threshold; the list was cut to the {len(listed):,} most alike."
        )
    if listed:
        yield _candidates(search, listed)
    else:
        yield Words("Nobody stood on the list.")
    yield from _beside(
        _people(result, "omitted"),
        "People who reached the threshold and were left out of the list",
        "Whoever an agency was shown very often is left out until a supervisor clears it. They were as much "
        "alike as the scores say, and whoever asked did not see them.",
        "Nobody who reached the threshold was left out of the list.",
    )
    yield from _beside(
        _people(result, "approached"),
        "People just below the threshold",
        "They are not candidates. The system keeps them to notice when one person is searched for again and "
        "again.",
        "Nobody was recorded just below the threshold.",
    )


def _beside(people: tuple[tuple[str, str], ...], caption: str, says: str, nobody: str) -> Iterator[Block]:
    if not people:
        yield Words(nobody)
        return
    rows = tuple((who, score) for who, score in people)
    yield Grid(caption, ("person (id in the gallery)", "score"), rows, words=True)
    yield Words(says)


def _candidates(search: CaseSearch, listed: tuple[tuple[str, str], ...]) -> Grid:
    findings = [one for one in search.of_kind("finding") if one.opened is not None]
    opinions = [_opinions(one) for one in findings]
    references = _references(search)
    rows = []
    for rank, (who, score) in enumerate(listed, start=1):
        words = [some[rank - 1] if rank <= len(some) else "not said" for some in opinions]
        said = [*words, *["none yet"] * (REVIEWERS - len(words))][:REVIEWERS]
        lead = f"{_together(words)}; {references.get(rank, 'not released')}"
        lead += "".join(f"; PROVED WRONG since (record {seq})" for seq in proved_wrong(search, rank))
        rows.append((str(rank), who, score, _above(search, score), ", ".join(said), lead))
    columns = (
        "rank",
        "person (id in the gallery)",
        "score",
        "above the threshold by",
        "the two reviewers",
        "what came of it",
    )
    return Grid("Candidates, most alike first", columns, tuple(rows), words=True)


def _together(words: list[str]) -> str:
    known = [Opinion(one) for one in words if one in set(Opinion)]
    return str(Verdict.of(known)) if len(known) == REVIEWERS else "not reviewed by two"


def proved_wrong(search: CaseSearch, rank: int) -> list[int]:
    """List the records that say that a candidate was the wrong person."""
    return [one.seq for one in search.of_kind("correction") if one.number("rank") == rank]


def _above(search: CaseSearch, score: str) -> str:
    threshold = search.intent.text("threshold")
    return f"{Decimal(score) - Decimal(threshold):.4f}" if threshold else NOT_RECORDED


def _references(search: CaseSearch) -> dict[int, str]:
    """Give under which reference each candidate was released; later releases say the same."""
    found: dict[int, str] = {}
    for one in search.of_kind("release"):
        for rank, _, reference, _ in _json_list(one, "candidates"):
            found[int(rank)] = f"released under reference {reference}" if reference else "withheld"
    return found


def _opinions(finding: CaseRecord) -> list[str]:
    return [str(one) for one in _json_list(finding, "findings")]


def _people(result: CaseRecord, name: str) -> tuple[tuple[str, str], ...]:
    return tuple((str(who), str(score)) for who, score in _json_list(result, name))


def _json_list(record: CaseRecord, name: str) -> list[list[str]]:
    text = record.text(name)
    value = json.loads(text) if text else []
    return value if isinstance(value, list) else []
