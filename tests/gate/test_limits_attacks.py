"""Attacks of a year against the real limits: what is gained with them, and that it is gained without them."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import pytest
from limits_desk import SmallDesk  # puts the attack scripts on the path; must come first

import attacks  # isort: skip

if TYPE_CHECKING:
    from pathlib import Path

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
@pytest.mark.parametrize("d", [512, 128])
def test_patience_gains_no_more_than_the_bound(d: int) -> None:
    assert gain("patience", d) <= WITH_CAPS


@pytest.mark.slow
def test_without_a_margin_patience_gains_several_times_as_much() -> None:
    assert gain("patience", 128, margin=False, seeds=3) > 4 * WITH_CAPS


@pytest.mark.slow
@pytest.mark.parametrize(("d", "bound"), [(512, WITH_CAPS), (128, 0.03)])
def test_weighing_every_no_gains_little_more_as_nobody_is_told_who_is_left_out(d: int, bound: float) -> None:
    """Of 128 numbers not within the bound: 0.023. While his list was withheld instead, 0.04 and 0.12."""
    assert gain("both answers", d) <= bound


def test_colluders_are_shown_one_person_no_more_often_than_the_cap(tmp_path: Path) -> None:
    """Nobody waits and nothing is withheld: every answer after the tenth is a list without him."""
    template, start = attacks.drawn(128, np.random.default_rng(1))
    desk = SmallDesk(tmp_path)
    crowd = attacks.Colluders(attacks.Desk(template, desk.ledger))
    source = np.random.default_rng(2)
    probes = [attacks.unit(start + 0.5 * attacks.unit(source.standard_normal(128))) for _ in range(40)]
    answers = [crowd.ask(probe) for probe in probes]
    assert [answer.outcome for answer in answers if answer] == ["searched"] * 40
    assert crowd.n_shown == 10
    assert not any(answer.shown for answer in answers[20:] if answer)
    desk.ledger.close()


@pytest.mark.parametrize("d", [512, 128])
@pytest.mark.parametrize(
    ("name", "least"), [("ridge, exact", 0.99), ("ridge, bands", 0.7), ("bisection", 0.99)]
)
def test_each_attack_succeeds_without_caps(name: str, least: float, d: int) -> None:
    assert attacks.run(name, d=d, seed=0, caps=False).cosine > least
