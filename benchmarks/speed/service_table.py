"""What ``service.py`` prints of its searches: what clients saw, and where the time went."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import TYPE_CHECKING

import numpy as np
from service_metered import CREATED, HELD, NOT_OURS

from facegate.server.metrics import STAGES

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from service import Told

    Metered = dict[str, list[dict[str, float]]]

LIMIT_MS = 10.0
SEED = 20_261_122
PRODUCTS = 15
CLIENTS = (1, 4, 16)


def print_clients(phase: str, told: Sequence[Told], took: float, worked: float) -> None:
    """Print one row of what clients saw."""
    good = [one.took for one in told if one.status == CREATED]
    if not good:
        sys.exit(f"{phase}: none of {len(told)} searches was answered")
    other = len(told) - len(good)
    more = f"   ({other} of {len(told)} photos unusable, not counted)" if other else ""
    name = "nothing done, 1 client" if phase == "bare" else f"searches {phase} clients"
    p50, p95, p99 = np.percentile(np.array(good) * 1e3, [50, 95, 99])
    say(
        f"{name:<24} {len(told) / took:7.1f} a second   p50 {p50:7.1f}   p95 {p95:7.1f}   p99 {p99:7.1f} ms"
        f"   processor {worked * 1e3:6.1f} ms each{more}"
    )


def read_records(path: Path) -> Metered:
    """Read what the meter wrote: of each phase the answered searches, in milliseconds."""
    by_phase: Metered = {}
    for one in map(json.loads, path.read_text(encoding="utf-8").splitlines()):
        phase = one.pop("phase")
        if one.pop("status") == CREATED:
            by_phase.setdefault(phase, []).append({name: spent * 1e3 for name, spent in one.items()})
    return by_phase


def print_stages(metered: Metered, people: int) -> None:
    """Print how a request's time in the service is shared out."""
    heads = "".join(f"{f'{n} clients: p50, p95, share':>34}" for n in CLIENTS)
    say(f"\n{'stage, ms in the service':<26}{heads}")
    for name in (*STAGES, "rest", "whole"):
        say(f"{name:<26}" + "".join(_cell(metered[f"at {clients}"], name) for clients in CLIENTS))
    search = float(np.median([row["search"] for row in metered["at 1"]]))
    product = bare_product(people)
    say(
        f"search beside a bare product of {people:,} x 128: {search:.2f} and {product:.2f} ms, "
        f"{search / product:.2f} times"
    )


def _cell(rows: Sequence[dict[str, float]], name: str) -> str:
    spent = np.array([_spent(row, name) for row in rows])
    p50, p95 = np.percentile(spent, [50, 95])
    return f"{p50:16.2f}{p95:10.2f}{spent.sum() / sum(row['whole'] for row in rows):8.1%}"


def _spent(row: dict[str, float], name: str) -> float:
    if name == "rest":
        return row["whole"] - sum(row.get(one, 0.0) for one in STAGES)
    return row.get(name, 0.0)


def bare_product(people: int) -> float:
    """Time the product of so many vectors and one, in numpy alone: median, milliseconds."""
    vectors = np.random.default_rng(SEED).standard_normal((people, 128), dtype=np.float32)
    probe, taken = vectors[0].copy(), []
    for _ in range(PRODUCTS):
        began = time.perf_counter()
        _ = vectors @ probe
        taken.append(seconds(began) * 1e3)
        time.sleep(0.1)
    return float(np.median(taken))


def print_other_work(metered: Metered, folder: Path) -> None:
    """Print the service's own work against its limit, with one client; with more beside it."""
    (mid, high), *more = (other_work(metered[f"at {clients}"]) for clients in CLIENTS)
    say(f"\nserver work other than {', '.join(NOT_OURS)}, 1 client: p50 {mid:.2f}, p95 {high:.2f} ms")
    say(f"  its limit at p95 is {LIMIT_MS:g} ms   {verdict(high <= LIMIT_MS)}")
    mid, high = _middle([row["cpu"] for row in metered["at 1"]])
    say(f"  processor time outside these stages, every thread: p50 {mid:.2f}, p95 {high:.2f} ms")
    mid, high = _middle(flushes(folder))
    say(f"  4 waits for the disk in it; one bare write and flush now: p50 {mid:.2f}, p95 {high:.2f} ms")
    mid, high = _middle([row["whole"] for row in metered["bare"]])
    say(f"  a handler that does nothing, behind the same edge: p50 {mid:.2f}, p95 {high:.2f} ms")
    for clients, (mid, high) in zip(CLIENTS[1:], more, strict=True):
        say(f"  {clients} clients, waiting for each other included: p50 {mid:.2f}, p95 {high:.2f} ms")


def other_work(rows: Sequence[dict[str, float]]) -> tuple[float, float]:
    """Give median and 95th percentile of the service's own work in each search, milliseconds."""
    return _middle([row["whole"] - sum(row.get(one, 0.0) for one in (*NOT_OURS, HELD)) for row in rows])


def _middle(values: Sequence[float]) -> tuple[float, float]:
    p50, p95 = np.percentile(np.array(values), [50, 95])
    return float(p50), float(p95)


def flushes(folder: Path) -> list[float]:
    """Time bare writes of 2,000 bytes, each flushed, in milliseconds: what the disk costs by itself."""
    taken = []
    with (folder / "bare").open("wb", buffering=0) as file:
        for _ in range(100):
            began = time.perf_counter()
            file.write(bytes(2_000))
            os.fsync(file.fileno())
            taken.append(seconds(began) * 1e3)
    return taken


def verdict(good: bool) -> str:  # noqa: FBT001  one word for one question
    """Say PASS or FAIL."""
    return "PASS" if good else "FAIL"


def seconds(began: float) -> float:
    """Count the seconds since then."""
    return time.perf_counter() - began


def load() -> str:
    """Say how busy this machine is: processes that wanted a core, over 1, 5 and 15 minutes."""
    return ", ".join(f"{one:.2f}" for one in os.getloadavg())


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)
