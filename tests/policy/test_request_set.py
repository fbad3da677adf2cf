"""Request sets: generated from a seed, or read from a file of JSON lines."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, fields, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from asked import EXIGENCY, GOOD, NOW, WARRANT, shipped_engine

from facegate.errors import InputError
from facegate.policy.facts import GateFacts
from facegate.policy.forms import days_in_force, declared_at
from facegate.policy.mixture import AGENCIES, FAMILIES, FIELD_WEIGHTS, OF_LAW, OPERATORS, PAPERS, ROLE_OF
from facegate.policy.request_file import StatedRequest
from facegate.policy.request_set import generated_set, moved, read_request_set
from facegate.request import (
    AGENCY_CLASSES,
    CHANNELS,
    PROBE_ROLES,
    PROBE_SOURCES,
    PURPOSES,
    SETTINGS,
    SUSPICIONS,
    Action,
    SearchRequest,
)

if TYPE_CHECKING:
    from pathlib import Path

CATALOGUE = shipped_engine().catalogue
SET = generated_set(2000, seed=1, now=NOW, catalogue=CATALOGUE)
LISTS = {
    "action": set(Action),
    "purpose": PURPOSES,
    "suspicion": SUSPICIONS,
    "channel": CHANNELS,
    "setting": SETTINGS,
    "probe_source": PROBE_SOURCES,
}


def written(folder: Path, *lines: object) -> Path:
    path = folder / "set.jsonl"
    path.write_text("\n".join(one if isinstance(one, str) else json.dumps(one) for one in lines))
    return path


def test_the_same_seed_gives_the_same_set_and_another_another() -> None:
    again = generated_set(2000, seed=1, now=NOW, catalogue=CATALOGUE)
    assert again == SET
    later = generated_set(2000, seed=1, now=NOW + timedelta(days=9, seconds=7), catalogue=CATALOGUE)
    assert later.digest == SET.digest
    assert generated_set(2000, seed=2, now=NOW, catalogue=CATALOGUE).digest != SET.digest


def test_a_longer_set_begins_with_the_shorter_one() -> None:
    assert generated_set(50, seed=1, now=NOW, catalogue=CATALOGUE).requests == SET.requests[:50]


def test_every_value_of_the_mixture_exists() -> None:
    for name, values in LISTS.items():
        assert set(FIELD_WEIGHTS[name]) - {None} <= set(values)
    assert AGENCIES.keys() | OPERATORS.keys() <= AGENCY_CLASSES
    assert set(ROLE_OF) <= PURPOSES
    assert set(ROLE_OF.values()) <= PROBE_ROLES
    assert FIELD_WEIGHTS.keys() <= {one.name for one in fields(SearchRequest)}
    for family in FAMILIES:
        assert any(one.code.startswith(family.start) for one in CATALOGUE)
        assert CATALOGUE.lookup_nibrs(family.nibrs) is not None


def test_shares_come_out_as_weighted() -> None:
    agencies = Counter(one.facts.agency.agency_class for one in SET.requests)
    papers = sum(one.request.instrument is not None for one in SET.requests)
    assert agencies["police"] / 2000 == pytest.approx(AGENCIES["police"] / sum(AGENCIES.values()), abs=0.04)
    assert papers / 2000 == pytest.approx((PAPERS["warrant"] + PAPERS["order"]) / 100, abs=0.03)
    assert len({one.request.offense_code for one in SET.requests}) > 250


def test_registers_are_in_order_and_papers_hold_on_the_day() -> None:
    for one in SET.requests:
        assert all(getattr(one.facts.gate, fact.name) for fact in fields(GateFacts))
        paper, danger = one.request.instrument, one.request.exigency
        assert paper is None or days_in_force(paper, NOW)
        assert danger is None or declared_at(danger, NOW, requester=one.request.requester)
        assert one.facts.requester.agency_class == one.facts.agency.agency_class


def test_the_set_says_that_it_is_not_real() -> None:
    assert "2,000 requests generated from seed 1" in SET.source
    assert "not real requests" in SET.source


@pytest.mark.parametrize("n", [0, -1, 1_000_001])
def test_a_set_of_an_impossible_size_is_refused(n: int) -> None:
    with pytest.raises(InputError, match=f"1 to 1,000,000 requests, got {n}"):
        generated_set(n, seed=1, now=NOW, catalogue=CATALOGUE)


def test_papers_move_with_the_day_and_nothing_else_does() -> None:
    stated = StatedRequest(replace(GOOD, instrument=WARRANT, exigency=EXIGENCY), SET.requests[0].facts)
    later = moved(stated, timedelta(days=400))
    assert days_in_force(later.request.instrument, NOW + timedelta(days=400))
    assert declared_at(later.request.exigency, NOW + timedelta(days=400), requester="8841")
    assert moved(later, timedelta(days=-400)).request.instrument == WARRANT
    assert replace(later.request, instrument=WARRANT, exigency=EXIGENCY) == stated.request


def test_a_date_that_is_none_stays_as_it_is() -> None:
    paper = replace(WARRANT, issued="soon", expires="9999-12-31")
    stated = StatedRequest(replace(GOOD, instrument=paper), SET.requests[0].facts)
    assert moved(stated, timedelta(days=1)).request.instrument == paper


def test_a_set_read_from_a_file_is_what_was_written(tmp_path: Path) -> None:
    line = {"case_number": "1", "offense_level": OF_LAW, "facts": {"gate": {"shared": False}}}
    found = read_request_set(written(tmp_path, line, "", asdict(GOOD)))
    assert [one.request.case_number for one in found.requests] == ["1", GOOD.case_number]
    assert not found.requests[0].facts.gate.shared
    assert found.source.startswith("2 requests read from set.jsonl")
    assert len(found.digest) == 64


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{", "set.jsonl, line 2 is not JSON"),
        ("[]", "set.jsonl, line 2: a request is a list"),
        ({"case": "1"}, r"set.jsonl, line 2: there is no field 'case'"),
        ({"overlays": ["x"]}, r"set.jsonl, line 2: overlays belong to the laws compared"),
    ],
)
def test_a_bad_line_is_refused_by_its_number(tmp_path: Path, line: object, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_request_set(written(tmp_path, {"case_number": "1"}, line))


def test_an_empty_set_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"set\.jsonl holds no request"):
        read_request_set(written(tmp_path, "", " "))
