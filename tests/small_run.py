"""A whole run over a small template set, without files: for the tests of several rooms."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from facegate.evaluation.material import template_material, templates_summary
from facegate.evaluation.run import run_benchmark
from facegate.evaluation.subgroups import population_of

if TYPE_CHECKING:
    from facegate.evaluation.protocol import AllPairsProtocol
    from facegate.evaluation.result import BenchmarkResult
    from facegate.templates import TemplateSet


def small_run(templates: TemplateSet, asked: AllPairsProtocol) -> BenchmarkResult:
    """Compare and measure a template set as the command does."""
    summary = templates_summary("templates", templates, population_of(templates, by=asked.by))
    material = template_material(templates, summary, asked)
    with tempfile.TemporaryDirectory() as folder:
        return run_benchmark(
            material,
            asked,
            command="facegate benchmark run test.toml",
            measured_on="2026-01-02",
            folder=Path(folder),
        )
