"""How fast is comparing all with all? In turns with numpy, scikit-learn and faiss on the same data.

Run ``python benchmarks/speed/all_pairs.py``: about three minutes on 2 cores that have nothing else
to do. ``--demonstrate`` adds the standing demonstration: 141,421 templates, 1e10 pairs. What is
compared, end to end (tail in float64, histograms of every pair of groups, all mated pairs, checks):

- **numpy**: bare ``numpy.matmul`` tiles over the same upper triangle, on as many cores, products
  thrown away; of several tile sizes the fastest counts. Once as numpy does it (BLAS threads
  share a tile) and once with one tile a core; the faster of the two counts.
- **scikit-learn**: every score of every pair computed and kept, mated or not, then ``roc_curve``.
- **faiss**: ``range_search`` of all templates in a flat index at the same floor. It finds each
  pair twice and each template itself, as it has no way to search a triangle.
- **memory**: highest of a process of its own that compares templates in a memory-mapped file. It is
  stopped after some seconds: what is allocated grows with the templates before the first tile and
  with the tail after, so the later tiles would add their pairs to the tail and nothing else. The
  pages of the file that the kernel keeps mapped are counted apart: it takes them back when needed.

Runs take turns, with the median over turns, so that load on the machine weighs on all alike.

Everything here is SYNTHETIC: no face, no finding about anybody.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import resource
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from facegate.decision import VECTOR_METRICS, Metric
from facegate.durable import replace_bytes
from facegate.evaluation.comparisons import Comparisons, compare_all
from facegate.evaluation.subgroups import GroupCounts, Population
from facegate.evaluation.tiles import TILE

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.decision import Vectors

TEMPLATES = 30_000
DEMONSTRATION = 141_421
PEER_TEMPLATES = 6_000
MEMORY_TEMPLATES = 4_000_000
FEWEST = 1_000
DIMENSION = 128
PHOTOS = 2
GROUPS = (8, 50)
SEED = 20_261_122
SHARE_KEPT = 1e-4
"""The floor lies where the histogram's own data would put an FMR of about this."""
BARE_TILES = (512, 1024, 2048)
LIMITS = {"over numpy": 0.6, "over scikit-learn": 20.0, "over faiss": 3.0, "memory MB": 1000.0}
ROWS_DRAWN_AT_ONCE = 65_536


class Enough(Exception):  # noqa: N818  a planned end, no error
    """The memory run has compared for as long as it was told to."""


def main() -> None:
    """Measure, print and write."""
    options = _options()
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    if options.folder:
        print(json.dumps(_memory_phase(options)))
        return
    compare_all(*_drawn(64, 2), metric=Metric.COSINE, floor=0.5)  # compiles
    result: dict[str, Any] = {"settings": _settings(options), "limits": LIMITS}
    result["against numpy"] = _against_numpy(options.templates, options.turns, options.threads)
    if options.demonstrate:
        result["demonstration"] = _against_numpy(DEMONSTRATION, 1, options.threads)
    result["against scikit-learn"] = _against_scikit_learn(
        options.peer_templates, options.turns, options.threads
    )
    result["against faiss"] = _against_faiss(options.templates, options.turns, options.threads)
    result["memory"] = _memory(options)
    _print(result)
    if options.output:
        replace_bytes(options.output, (json.dumps(result, indent=2) + "\n").encode())
        print(f"written to {options.output}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument(
        "--templates", type=int, default=TEMPLATES, help="compared beside bare numpy and faiss"
    )
    parser.add_argument(
        "--peer-templates", type=int, default=PEER_TEMPLATES, help="compared beside scikit-learn"
    )
    parser.add_argument(
        "--memory-templates", type=int, default=MEMORY_TEMPLATES, help="in the memory-mapped file"
    )
    parser.add_argument("--memory-seconds", type=float, default=15.0, help="compare them for so long")
    parser.add_argument("--turns", type=int, default=3, help="runs of each kind")
    parser.add_argument(
        "--threads", type=int, default=len(os.sched_getaffinity(0)), help="cores, for everything alike"
    )
    parser.add_argument(
        "--demonstrate", action="store_true", help=f"also {DEMONSTRATION:,} templates: 1e10 pairs"
    )
    parser.add_argument("--output", type=Path, help="write the figures as JSON here")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not 1 <= options.threads <= len(os.sched_getaffinity(0)):
        parser.error(f"--threads must be 1 to {len(os.sched_getaffinity(0))} here, got {options.threads}")
    if min(options.templates, options.peer_templates, options.memory_templates) < FEWEST:
        parser.error(f"at least {FEWEST:,} templates are needed for a floor, got fewer")
    return options


def _population(n: int, n_groups: int) -> Population:
    """Deal people of two photos into groups of uneven size, photos in no order."""
    rng = np.random.default_rng(SEED + n_groups)
    n_people = n // PHOTOS
    weights = np.arange(1, n_groups + 1) + n_groups
    group = rng.choice(n_groups, n_people, p=weights / weights.sum())
    person = rng.permutation(np.arange(n_people * PHOTOS) // PHOTOS)
    names = tuple(GroupCounts(f"group {g}", 0, 0, 0, 0, {}) for g in range(n_groups))
    return Population(names, person, group[person], group, np.full(n_people, PHOTOS, dtype=np.int64))


def _unit_vectors(n: int, rng: np.random.Generator) -> Vectors:
    vectors: Vectors = rng.standard_normal((n, DIMENSION), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def _drawn(n: int, n_groups: int) -> tuple[Vectors, Population]:
    even = n - n % PHOTOS
    return _unit_vectors(even, np.random.default_rng(SEED)), _population(even, n_groups)


def _floor(vectors: Vectors, metric: Metric) -> float:
    """Put the floor where about one pair in 10,000 lies above it, from a part of the pairs."""
    half = min(2000, len(vectors) // 2)
    cosines = (vectors[:half] @ vectors[half : 2 * half].T).ravel()
    place = cosines.size - max(1, int(SHARE_KEPT * cosines.size))
    at = float(np.partition(cosines, place)[place])
    return at if metric is Metric.COSINE else 1 - (2 - 2 * at) ** 0.5


def _timed(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


def _in_turns(runs: dict[str, Callable[[], object]], turns: int) -> dict[str, list[float]]:
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for turn in range(turns):
        for name, run in runs.items():
            print(f"turn {turn + 1} of {turns}: {name} ...", file=sys.stderr, flush=True)
            seconds[name].append(_timed(run))
    return seconds


def _bare(vectors: Vectors, tile: int) -> None:
    """Multiply the tiles of the upper triangle, each product over the last one."""
    product = np.empty((tile, tile), dtype=np.float32)
    for row in range(0, len(vectors), tile):
        _bare_row(vectors, tile, row, product)


def _bare_row(vectors: Vectors, tile: int, row: int, product: np.ndarray) -> None:
    rows = vectors[row : row + tile]
    for column in range(row, len(vectors), tile):
        columns = vectors[column : column + tile]
        np.matmul(rows, columns.T, out=product[: len(rows), : len(columns)])


def _bare_by_core(vectors: Vectors, tile: int, threads: int) -> None:
    """Multiply the same tiles, one tile a core."""

    def row(start: int) -> None:
        _bare_row(vectors, tile, start, np.empty((tile, tile), dtype=np.float32))

    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(threads) as pool:
        list(pool.map(row, range(0, len(vectors), tile)))


def _against_numpy(n: int, turns: int, threads: int) -> dict[str, Any]:
    """Compare everything, in turns with bare products."""
    n -= n % PHOTOS
    vectors = _unit_vectors(n, np.random.default_rng(SEED))
    populations = {n_groups: _population(n, n_groups) for n_groups in GROUPS}
    runs: dict[str, Callable[[], object]] = {}
    for tile in BARE_TILES:
        runs[f"numpy, tiles of {tile}"] = partial(_bare, vectors, tile)
        runs[f"numpy, tiles of {tile}, one a core"] = partial(_bare_by_core, vectors, tile, threads)
    for metric in VECTOR_METRICS:
        floor = _floor(vectors, metric)
        for n_groups, population in populations.items():
            runs[f"facegate, {metric.value}, {n_groups} groups"] = partial(
                compare_all, vectors, population, metric=metric, floor=floor, threads=threads
            )
    with threadpool_limits(threads, user_api="blas"):
        seconds = _in_turns(runs, turns)
    bare = {name: float(np.median(taken)) for name, taken in seconds.items() if name.startswith("numpy")}
    best = min(bare, key=lambda name: bare[name])
    pairs = n * (n - 1) // 2
    return {
        "templates": n,
        "pairs": pairs,
        "fastest numpy": best,
        "pairs per second": {name: pairs / float(np.median(taken)) for name, taken in seconds.items()},
        "over numpy": {
            name: float(np.median(np.divide(seconds[best], taken)))
            for name, taken in seconds.items()
            if name.startswith("facegate")
        },
    }


def _against_scikit_learn(n: int, turns: int, threads: int) -> dict[str, Any]:
    """Compare everything, in turns with scikit-learn's way."""
    vectors, population = _drawn(n, GROUPS[0])
    floor = _floor(vectors, Metric.COSINE)
    runs: dict[str, Callable[[], object]] = {
        "facegate": lambda: compare_all(
            vectors, population, metric=Metric.COSINE, floor=floor, threads=threads
        ),
        "scikit-learn": lambda: _all_scores_then_curve(vectors, population),
    }
    with threadpool_limits(threads, user_api="blas"):
        return _beside(runs, len(vectors), turns)


def _against_faiss(n: int, turns: int, threads: int) -> dict[str, Any]:
    """Compare everything, in turns with faiss, and check that both find the same pairs."""
    import faiss  # noqa: PLC0415, TID251  the peer; here, so that other phases do not carry its memory

    vectors, population = _drawn(n, GROUPS[0])
    faiss.omp_set_num_threads(threads)
    flat = faiss.IndexFlatIP(DIMENSION)
    flat.add(vectors)
    floor = _floor(vectors, Metric.COSINE)
    beneath = float(np.nextafter(np.float32(floor), np.float32(-1)))  # its comparison is strict
    found: dict[str, Any] = {}
    runs: dict[str, Callable[[], object]] = {
        "facegate": lambda: found.update(
            ours=compare_all(vectors, population, metric=Metric.COSINE, floor=floor, threads=threads)
        ),
        "faiss": lambda: found.update(ranges=flat.range_search(vectors, beneath)),
    }
    beside = _beside(runs, len(vectors), turns)
    _require_agreement(found["ours"], found["ranges"], population)
    return beside


def _beside(runs: dict[str, Callable[[], object]], n: int, turns: int) -> dict[str, Any]:
    """Take seconds in turns, and the median over turns of how many times as fast facegate was."""
    seconds = _in_turns(runs, turns)
    (peer,) = set(runs) - {"facegate"}
    return {
        "templates": n,
        "seconds": {name: float(np.median(taken)) for name, taken in seconds.items()},
        f"over {peer}": float(np.median(np.divide(seconds[peer], seconds["facegate"]))),
    }


def _all_scores_then_curve(vectors: Vectors, population: Population) -> object:
    """Keep every score, then sort them: how a notebook does it."""
    from sklearn.metrics import roc_curve  # noqa: PLC0415  slow to load, and wanted here only

    rows, columns = np.triu_indices(len(vectors), k=1)
    scores = (vectors @ vectors.T)[rows, columns]
    same = population.person_of_template[rows] == population.person_of_template[columns]
    return roc_curve(same, scores)


def _require_agreement(ours: Comparisons, ranges: tuple[Any, Any, Any], population: Population) -> None:
    """Stop if faiss found other pairs, but for those that float32 rounding may move over the floor."""
    limits, _scores, neighbors = ranges
    first = np.repeat(np.arange(len(limits) - 1), np.diff(limits.astype(np.int64)))
    person = population.person_of_template
    theirs = int(((first < neighbors) & (person[first] != person[neighbors])).sum())
    if abs(theirs - len(ours.tail)) > max(5, len(ours.tail) // 1000):
        sys.exit(f"the tails differ: {len(ours.tail):,} pairs, faiss finds {theirs:,}")


def _memory(options: argparse.Namespace) -> dict[str, Any]:
    """Compare a file of templates in a process of its own: its highest memory is nobody else's."""
    with tempfile.TemporaryDirectory() as folder:
        print(f"drawing {options.memory_templates:,} templates to a file ...", file=sys.stderr, flush=True)
        rng = np.random.default_rng(SEED)
        path = Path(folder) / "vectors.npy"
        shape = (options.memory_templates - options.memory_templates % PHOTOS, DIMENSION)
        vectors = np.lib.format.open_memmap(path, mode="w+", dtype=np.float32, shape=shape)
        for start in range(0, len(vectors), ROWS_DRAWN_AT_ONCE):
            some = vectors[start : start + ROWS_DRAWN_AT_ONCE]
            some[:] = _unit_vectors(len(some), rng)
        vectors.flush()
        del vectors
        command = [sys.executable, __file__, "--folder", folder, "--threads", str(options.threads)]
        command += ["--memory-seconds", str(options.memory_seconds)]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  ourselves
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _memory_phase(options: argparse.Namespace) -> dict[str, Any]:
    """Compare for some seconds, watching all along the memory that is not the file's."""
    vectors = np.load(options.folder / "vectors.npy", mmap_mode="r")
    population = _population(len(vectors), GROUPS[1])
    floor = _floor(np.asarray(vectors[:4000]), Metric.COSINE)
    seen, stop = {"done": 0, "to do": 0, "own": 0, "until": 0.0}, threading.Event()

    def watch() -> None:
        while not stop.wait(0.02):
            seen["own"] = max(seen["own"], _status("RssAnon"))

    def on_progress(done: int, to_do: int) -> None:
        now = time.monotonic()
        seen.update({"done": done, "to do": to_do, "until": seen["until"] or now + options.memory_seconds})
        if now > seen["until"]:
            raise Enough

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    with suppress(Enough):
        compare_all(
            vectors,
            population,
            metric=Metric.COSINE,
            floor=floor,
            threads=options.threads,
            on_progress=on_progress,
        )
    stop.set()
    watcher.join()
    return {
        "templates": len(vectors),
        "file MB": vectors.nbytes / 1e6,
        "pairs compared": seen["done"],
        "pairs in all": seen["to do"],
        "own memory MB": seen["own"] / 1e6,
        "highest MB with mapped file": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6,
    }


def _status(name: str) -> int:
    """Read one figure of this process's memory from the kernel, in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return int(fields[name].split()[0]) * 1024


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    return {
        "dimension": DIMENSION,
        "photos a person": PHOTOS,
        "seed": SEED,
        "tile": TILE,
        "share kept": SHARE_KEPT,
        "turns": options.turns,
        "threads": options.threads,
        "thread pools": [f"{one['internal_api']} {one['num_threads']}" for one in threadpool_info()],
        "load of the machine": os.getloadavg(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{name: version(name) for name in ("facegate", "numpy", "numba", "faiss-cpu", "scikit-learn")},
    }


def _print(result: dict[str, Any]) -> None:
    settings = result["settings"]
    print(f"SYNTHETIC, {DIMENSION} components, {settings['threads']} threads,", end=" ")
    print(f"machine load before {settings['load of the machine'][0]:.1f}")
    for part in ("against numpy", "demonstration"):
        if part in result:
            _print_numpy(result[part])
    for peer in ("scikit-learn", "faiss"):
        beside = result[f"against {peer}"]
        print(f"\n{beside['templates']:,} templates, seconds")
        for name, seconds in beside["seconds"].items():
            print(f"  {name:46}{seconds:10.2f}")
        print(f"{'':48}{'measured':>10}{'at least':>10}")
        print(f"  times as fast over {peer:27}{beside[f'over {peer}']:10.1f}{LIMITS[f'over {peer}']:10.1f}")
    memory = result["memory"]
    print(
        f"\n{memory['templates']:,} templates in a file of {memory['file MB']:,.0f} MB, 50 groups:", end=" "
    )
    print(f"{memory['pairs compared']:,} of {memory['pairs in all']:,} pairs compared")
    print(f"{'':48}{'measured':>10}{'at most':>10}")
    print(f"  {'own memory, MB':46}{memory['own memory MB']:10.0f}{LIMITS['memory MB']:10.0f}")
    print(f"  {'highest with mapped pages of the file, MB':46}{memory['highest MB with mapped file']:10.0f}")


def _print_numpy(figures: dict[str, Any]) -> None:
    print(f"\n{figures['templates']:,} templates, {figures['pairs']:,} pairs")
    print(f"{'':48}{'pairs/s':>10}{'/ numpy':>10}{'at least':>10}")
    for name, speed in figures["pairs per second"].items():
        ratio = figures["over numpy"].get(name)
        tail = "" if ratio is None else f"{ratio:10.2f}{LIMITS['over numpy']:10.2f}"
        print(f"  {name:46}{speed:10.3g}{tail}")


if __name__ == "__main__":
    main()
