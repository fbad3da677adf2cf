"""Results of small drawn populations for the reporting tests."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from small_run import small_run

from facegate.datasets.populations import demo_population
from facegate.evaluation.protocol import AllPairsProtocol, parse_protocol
from facegate.records import NOT_RECORDED

if TYPE_CHECKING:
    from facegate.evaluation.result import BenchmarkResult

PROTOCOL = """
kind = "all-pairs"
name = "small"
title = "A small test"
question = "Who is wrongly matched?"
notes = ["Only a test."]
data.dataset = "demo"
groups.only_label_sources = ["synthetic"]
floor.distance = 0.7
[[threshold]]
distance = 0.6
[[threshold]]
fmr = 1e-6
"""


def small_result(*, synthetic: bool = True) -> BenchmarkResult:
    """Measure 60 drawn people, three of them without a template, one group of a single person."""
    templates = demo_population(60, 5).draw()
    race = templates.race.copy()
    race[:2] = NOT_RECORDED
    failure, vectors = templates.failure.copy(), templates.vectors.copy()
    failure[[10, 50, 90]], vectors[[10, 50, 90]] = "no-face", np.nan
    origin = replace(templates.origin, synthetic=synthetic)
    marked = replace(templates, race=race, failure=failure, vectors=vectors, origin=origin)
    protocol = parse_protocol(PROTOCOL, name="small.toml")
    if not isinstance(protocol, AllPairsProtocol):
        raise TypeError
    return small_run(marked, protocol)
