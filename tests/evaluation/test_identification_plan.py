"""The [identification] table of a protocol, read strictly."""

from __future__ import annotations

import tomllib

import pytest

from facegate.errors import InputError
from facegate.evaluation.identification.plan import IdentificationPlan, MixPlan, identification_plan
from facegate.evaluation.toml_keys import Keys

WHOLE = """
enroll = 0.4
limit = 7
approximate = ["hnsw", "pq"]
photos_per_person = 3
people_per_group = 99

[[mix]]
name = "booking photos"
operational = true
shares = { "Black M" = 0.6, "White M" = 0.4 }

[[mix]]
name = "one group"
shares = { "White M" = 1 }
"""


def read(text: str) -> IdentificationPlan:
    return identification_plan(Keys(tomllib.loads(text), "p.toml", "identification."), seed=5)


def test_a_whole_table_is_read() -> None:
    booking = MixPlan("booking photos", {"Black M": 0.6, "White M": 0.4}, operational=True)
    mixes = (booking, MixPlan("one group", {"White M": 1.0}))
    assert read(WHOLE) == IdentificationPlan(0.4, 7, mixes, ("hnsw", "pq"), 5, 3, 99)


def test_an_empty_table_means_the_defaults() -> None:
    assert read("") == IdentificationPlan(seed=5)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("enrol = 0.5", "p.toml: key identification.enrol is not known"),
        ("enroll = 0", "above 0 and below 1, got 0"),
        ("enroll = 1.0", "above 0 and below 1, got 1"),
        ("enroll = 'half'", "identification.enroll"),
        ("limit = 0", "identification.limit is 0, wanted a whole number from 1"),
        ("approximate = ['annoy']", "p.toml: .*'annoy'; known are hnsw, ivf-flat, sq8, pq"),
        ("approximate = ['pq', 'pq']", "approximate indexes must have different names, got pq, pq"),
        ("photos_per_person = 0", "photos_per_person is 0"),
        ("people_per_group = 0", "people_per_group is 0"),
        ("[[mix]]\nname = 'a'", "shares"),
        ("[[mix]]\nname = 'a'\nshares = {g = 0.5}", "p.toml: .*'a': the shares add up to 0.5, wanted 1"),
        ("[[mix]]\nname = 'a'\nshares = {}", "the shares add up to 0, wanted 1"),
        ("[[mix]]\nname = 'a'\nshares = {g = 1.5, h = -0.5}", "the share of 'g' is 1.5"),
        ("[[mix]]\nname = 'a'\nshares = {g = 'all'}", "shares.g"),
        ("[[mix]]\nname = 'as the data'\nshares = {g = 1}", "needs a name of its own"),
        ("[[mix]]\nname = ''\nshares = {g = 1}", "needs a name of its own"),
        ("[[mix]]\nname = 'a'\nshare = {g = 1}", "share is not known"),
        ("[[mix]]\nname = 'a'\noperational = 1\nshares = {g = 1}", "operational"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_key_and_file(text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(text)


def test_two_mixes_of_one_name_are_refused() -> None:
    with pytest.raises(InputError, match="gallery mixes must have different names, got a, a"):
        IdentificationPlan(mixes=(MixPlan("a", {"g": 1.0}), MixPlan("a", {"h": 1.0})))


def test_two_operational_mixes_are_refused() -> None:
    two = tuple(MixPlan(name, {"g": 1.0}, operational=True) for name in ("a", "b"))
    with pytest.raises(InputError, match="one gallery mix at most can be operational"):
        IdentificationPlan(mixes=two)


def test_shares_that_are_not_numbers_are_refused() -> None:
    with pytest.raises(InputError, match="share of 'g' is nan"):
        MixPlan("a", {"g": float("nan")})


def test_a_limit_below_one_is_refused_wherever_it_comes_from() -> None:
    with pytest.raises(InputError, match="limit must be at least 1, got 0"):
        IdentificationPlan(limit=0)


def test_thirds_written_with_seven_digits_add_up() -> None:
    assert MixPlan("a", {"g": 0.3333333, "h": 0.3333333, "i": 0.3333333}).shares["g"] == 0.3333333
