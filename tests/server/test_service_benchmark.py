"""The benchmark of the whole service runs, tiny: no figure is judged here, only that each of them is told."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from facegate.server.metrics import STAGES

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "speed" / "service.py"
TOLD = (
    r"searches at 1 clients +[\d.]+ a second +p50 +[\d.]+ +p95 +[\d.]+ +p99 +[\d.]+ ms",
    r"searches at 16 clients +[\d.]+ a second",
    r"nothing done, 1 client +[\d.]+ a second",
    *(rf"\n{stage} +[\d.]+ +[\d.]+" for stage in (*STAGES, "rest")),
    r"search beside a bare product of 2,000 x 128: [\d.]+ and [\d.]+ ms",
    r"its limit at p95 is 10 ms   (PASS|FAIL)",
    r"lowest tenth [+-][\d.]+ MB",
    r"acknowledged but not on the log: 0   PASS",
    r"searches begun and not ended: 0",
    r"searches made and answered to nobody: 0",
)  # fmt: skip


def run(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the script as its reader would, without real photos."""
    environment = {name: value for name, value in os.environ.items() if name != "FACEGATE_DATA"}
    command = [sys.executable, str(SCRIPT), *words]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=500)  # noqa: S603  ourselves


@pytest.mark.slow
def test_the_benchmark_tells_every_figure_and_drops_no_search_it_acknowledged() -> None:
    done = run("--people", "2000", "--searches", "6")
    assert done.returncode == 0, done.stderr[-3000:]
    for one in TOLD:
        assert re.search(one, done.stdout), (one, done.stdout)
    held = re.search(r"\nheld +([\d.]+)", done.stdout)
    assert held is not None
    assert float(held[1]) > 0, "as it is served, replies wait for the end of their slot"


@pytest.mark.slow
def test_ten_thousand_searches_of_one_face_are_refused_before_anything_is_made() -> None:
    done = run("--people", "2000", "--searches", "10000")
    assert done.returncode == 1
    assert "set FACEGATE_DATA" in done.stderr
