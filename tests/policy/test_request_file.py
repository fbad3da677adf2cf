"""A request as a file: read strictly, refused by name, and a blank one that reads as it stands."""

from __future__ import annotations

import json
import re
import tomllib
from dataclasses import asdict, fields, replace
from typing import TYPE_CHECKING

import pytest
from asked import EXIGENCY, GOOD, NOW, WARRANT, shipped_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from facegate.errors import InputError
from facegate.policy.blank_request import blank_request
from facegate.policy.facts import Facts, in_order
from facegate.policy.request_fields import EXIGENCY_WORDS, INSTRUMENT_WORDS, REQUEST_WORDS
from facegate.policy.request_file import read_request_file, stated_request
from facegate.request import Exigency, Instrument, SearchRequest

if TYPE_CHECKING:
    from pathlib import Path

LAWS = tuple(shipped_engine().profiles)
KEY = re.compile(r"[a-z_]+ = |\[[a-z._]+\]")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


def written(folder: Path, text: str, name: str = "request.json") -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_what_was_written_as_json_is_read_back(tmp_path: Path) -> None:
    request = replace(GOOD, instrument=WARRANT, exigency=EXIGENCY, dossier_fields=("name",))
    stated = read_request_file(written(tmp_path, json.dumps(asdict(request))))
    assert stated.request == request
    assert stated.facts == in_order(request)
    assert stated.overlays == stated.overridden == ()


def test_toml_says_the_same_as_json(tmp_path: Path) -> None:
    text = 'profile = "p"\nfelony = true\ncandidate_limit = 3\n[instrument]\nkind = "order"\n'
    request = read_request_file(written(tmp_path, text, "r.toml")).request
    paper = Instrument("order", "", "", "", "")
    assert request == SearchRequest("p", felony=True, candidate_limit=3, instrument=paper)


def test_facts_of_the_file_stand_over_those_assumed() -> None:
    facts = {"requester": {"trained": False}, "agency": {"agency_class": "campus"}, "gate": {"shared": False}}
    stated = stated_request({**asdict(GOOD), "facts": facts}, where="r")
    assert not stated.facts.requester.trained
    assert stated.facts.requester.active
    assert stated.facts.agency.agency_class == "campus"
    assert not stated.facts.gate.shared
    assert stated.overridden == ("requester.trained", "agency.agency_class", "gate.shared")


def test_overlays_are_read_and_a_profile_from_outside_stands_over_the_files() -> None:
    stated = stated_request({"profile": "p", "overlays": ["a", "b"]}, where="r", profile="q")
    assert (stated.request.profile, stated.overlays) == ("q", ("a", "b"))


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"case_nummer": "1"}, r"r: there is no field 'case_nummer'; did you mean 'case_number'\?"),
        ({"xyzzy": 1}, "no field 'xyzzy'; wanted some of profile, action"),
        ({"felony": "yes"}, "r: felony is text, wanted true or false"),
        ({"felony": 1}, "felony is a number, wanted true or false"),
        ({"candidate_limit": True}, "candidate_limit is true or false, wanted a whole number"),
        ({"candidate_limit": 2.5}, "candidate_limit is a number, wanted a whole number"),
        ({"case_number": 24}, "case_number is a number, wanted text in quotes"),
        ({"dossier_fields": "name"}, "dossier_fields is text, wanted a list of texts"),
        ({"overlays": [1]}, "overlays is a list, wanted a list of texts"),
        ({"overlays": None}, "overlays is null, wanted a list of texts"),
        ({"instrument": "warrant"}, "instrument is text, wanted a table"),
        ({"instrument": {"judge": "x"}}, "r, instrument: there is no field 'judge'"),
        ({"instrument": {"kind": None}}, "r, instrument: kind is null, wanted text"),
        ({"exigency": {"declared": "1"}}, "no field 'declared'; did you mean 'declared_by'"),
        ({"facts": []}, "facts is a list, wanted a table"),
        ({"facts": {"gates": {}}}, "r, facts: there is no field 'gates'; did you mean 'gate'"),
        ({"facts": {"gate": {"share": True}}}, "r, facts.gate: there is no field 'share'; .*'shared'"),
        ({"facts": {"gate": {"shared": "yes"}}}, "r, facts.gate: shared is text, wanted true or false"),
        ({"facts": {"requester": {"role": True}}}, "facts.requester: role is true or false, wanted text"),
        ({"facts": {"agency": 1}}, "facts.agency: agency is a number, wanted a table"),
    ],
)
def test_a_bad_field_is_refused_by_its_name(values: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        stated_request({"profile": "p", **values}, where="r")


@pytest.mark.parametrize("nothing", [{}, {"profile": None}])
def test_a_request_without_a_law_is_refused(nothing: dict[str, object]) -> None:
    with pytest.raises(InputError, match="r: no profile is named"):
        stated_request(nothing, where="r")


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("r.json", "{", "r.json is not JSON"),
        ("r.json", '{"profile": "p", "profile": "q"}', "the key 'profile' comes twice"),
        ("r.json", "[]", "r.json: a request is a list, wanted a table"),
        ("r.json", "[" * 100_000, "r.json is not JSON"),
        ("r.toml", 'profile = "p"\nprofile = "q"', "r.toml is not TOML"),
        ("r.toml", 'profile = "p"\n[instrument]\nissued = 2026-11-22', "issued is a date without quotes"),
        ("r.yaml", "profile: p", "r.yaml: a request is a .json or a .toml file"),
        ("r.json", " " * (1 << 21), "r.json has 2,097,152 bytes, wanted at most 1,048,576"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        read_request_file(written(tmp_path, text, name))


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot read .*none.json: No such file"):
        read_request_file(tmp_path / "none.json")
    (tmp_path / "r.json").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match=r"r\.json is not text in UTF-8"):
        read_request_file(tmp_path / "r.json")


@settings(deadline=None, max_examples=40)
@given(values=st.dictionaries(st.sampled_from([*REQUEST_WORDS, "facts", "overlays"]), JSON, max_size=4))
def test_whatever_is_stated_becomes_a_decision_or_one_sentence(values: dict[str, object]) -> None:
    try:
        stated = stated_request(values, where="r", profile="co-dmv-2019")
    except InputError as error:
        assert str(error).startswith("r")  # noqa: PT017  either outcome is right, nothing else is
    else:
        assert not shipped_engine().decide(stated.request, stated.facts, NOW).permitted


def test_every_field_of_a_request_is_explained() -> None:
    assert set(REQUEST_WORDS) == {one.name for one in fields(SearchRequest)}
    assert set(INSTRUMENT_WORDS) == {one.name for one in fields(Instrument)}
    assert set(EXIGENCY_WORDS) == {one.name for one in fields(Exigency)}


@pytest.mark.parametrize("name", LAWS)
def test_a_blank_request_reads_as_it_stands_and_names_every_field(tmp_path: Path, name: str) -> None:
    text = blank_request(shipped_engine().profile(name))
    stated = read_request_file(written(tmp_path, text, "blank.toml"))
    assert stated.request.profile == name
    assert not stated.request.felony
    assert (stated.request.instrument, stated.request.exigency) == (None, None)
    assert all(f"{one.name} =" in text or f"[{one.name}]" in text for one in fields(SearchRequest))
    assert max(map(len, text.splitlines())) <= 100


def test_a_blank_request_with_every_comment_taken_off_reads_too() -> None:
    lines = blank_request(shipped_engine().profile("co-dmv-2019")).splitlines()
    keys = [line for line in (one.removeprefix("# ") for one in lines) if KEY.match(line)]
    stated = stated_request(tomllib.loads("\n".join(keys)), where="blank")
    assert stated.request.instrument is not None
    assert stated.request.exigency is not None
    assert {one.partition(".")[0] for one in stated.overridden} <= {one.name for one in fields(Facts)}


def test_the_blank_colorado_request_is_one_that_passes() -> None:
    stated = stated_request(tomllib.loads(blank_request(shipped_engine().profile("co-dmv-2019"))), where="b")
    assert shipped_engine().decide(stated.request, stated.facts, NOW).permitted
