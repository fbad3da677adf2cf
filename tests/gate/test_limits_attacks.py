"""Attacks of a year against the real limits: what is gained with them, and that it is gained without them."""

from __future__ import annotations

from functools import cache

import limits_desk  # noqa: F401  puts the attack scripts on the path; must come first
import numpy as np
import pytest

import attacks  # isort: skip

WITH_CAPS = 0.02
SEEDS = 20


@cache
def gain(name: str, d: int, *, margin: bool = True, seeds: int = SEEDS) -> float:
    """Mean gain in cosine over the start, of 20 people."""
    runs = [attacks.run(name, d=d, seed=seed, caps=True, margin=margin) for seed in range(seeds)]
    return float(np.mean([one.cosine for one in runs])) - attacks.START


@pytest.mark.parametrize("d", [512, 128])
@pytest.mark.parametrize("name", ["ridge, bands", "bisection"])
def test_neither_attack_gains_anything_at_the_caps_from_what_is_shown(name: str, d: int) -> None:
    assert gain(name, d) <= WITH_CAPS


def test_exact_scores_of_512_numbers_gain_no_more_than_the_bound_at_the_caps() -> None:
    assert gain("ridge, exact", 512) <= WITH_CAPS


def test_exact_scores_of_128_numbers_gain_more_which_is_why_none_is_shown() -> None:
    """Ten exact equations are a larger share of 128 unknowns: sqrt(0.36 + 0.64 * 9 / 127) = 0.64."""
    assert WITH_CAPS < gain("ridge, exact", 128) < 0.05


@pytest.mark.slow
def test_patience_gains_no_more_than_the_bound_of_512_numbers() -> None:
    assert gain("patience", 512) <= WITH_CAPS


@pytest.mark.slow
def test_patience_gains_more_of_128_numbers_but_a_quarter_of_what_it_would_without_a_margin() -> None:
    """Not within the bound: ten answers weighed well tell more of 128 numbers than the bound allows."""
    with_margin, without = gain("patience", 128), gain("patience", 128, margin=False, seeds=3)
    assert WITH_CAPS < with_margin < 0.04
    assert without > 4 * with_margin


@pytest.mark.slow
@pytest.mark.parametrize(("d", "bound"), [(512, 0.05), (128, 0.14)])
def test_two_steps_gain_more_than_the_bound_as_a_withheld_list_is_an_answer_too(d: int, bound: float) -> None:
    """A known hole, held to what was measured: one more direction for each officer who colludes."""
    assert WITH_CAPS < gain("two steps", d, seeds=8) < bound


@pytest.mark.parametrize("d", [512, 128])
@pytest.mark.parametrize(
    ("name", "least"), [("ridge, exact", 0.99), ("ridge, bands", 0.7), ("bisection", 0.99)]
)
def test_each_attack_succeeds_without_caps(name: str, least: float, d: int) -> None:
    assert attacks.run(name, d=d, seed=0, caps=False).cosine > least


def test_colluders_are_shown_one_person_no_more_often_than_the_cap() -> None:
    outcome = attacks.run("ridge, exact", d=128, seed=1, caps=True)
    assert outcome.shown == 10
    assert outcome.answered == 10 + attacks.OFFICERS
