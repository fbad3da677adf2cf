"""The benchmark that asks whether replies tell who is enrolled runs, tiny: only that every figure is told."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from facegate.datasets.registry import find_folder
from facegate.server.slots import SLOT_S
from facegate.settings import Settings

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "reply_timing.py"
APART = r"median [\d.]+ and [\d.]+ ms enrolled and not, [+-][\d.]+ \(-?[\d.]+ to -?[\d.]+\) +(PASS|FAIL)"


@pytest.mark.data
@pytest.mark.slow
def test_every_figure_is_told_and_replies_of_both_kinds_were_held() -> None:
    if find_folder("lfw", Settings.from_environment()) is None:
        pytest.skip("needs LFW: FACEGATE_DATA is not set or holds no lfw")
    done = subprocess.run(  # noqa: S603  ourselves
        [sys.executable, str(SCRIPT), "--people", "2000", "--pairs", "6"],
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    left_out = int(*re.findall(r"left out: (\d) photos", done.stdout))
    n = 6 - left_out
    assert n > 3, done.stdout
    assert re.search(rf"   enrolled: {n} searches, {n} found somebody", done.stdout)
    assert re.search(rf"not enrolled: {n} searches, 0 found somebody", done.stdout)
    assert re.search(r"header names the same of every reply", done.stdout)
    for one in ("whole reply", "without pixels"):
        assert re.search(rf"{one}: {APART}", done.stdout), done.stdout
    told = re.search(r"held: median ([\d.]+) and ([\d.]+) ms", done.stdout)
    assert told is not None, done.stdout
    assert all(0 < float(one) <= 2e3 * SLOT_S for one in told.groups())
