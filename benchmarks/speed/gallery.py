"""How fast and how small is the gallery? Enroll, reopen and search drawn templates.

Run ``python benchmarks/speed/gallery.py``; a million templates need about 3 GB of memory, 1 GB of
disk in the temporary folder, and two minutes on 2 cores. What is compared:

- **enroll**: from parts drawn as they are wanted, to files that are flushed to disk; the time
  includes the drawing, which is shown beside it.
- **memory**: growth of the process over the vectors alone, at the end and at its highest, each
  in a process of its own, while enrolling and after reopening.
- **search**: one search of the gallery, beside one bare numpy matrix-vector product over the
  same vectors in the same process and one ``range_search`` of a single faiss index. They take
  turns with a rest between; the ratio is the median over turns, so load on the machine weighs on
  all alike. Every answer is compared with float64 arithmetic in plain numpy.

Everything here is SYNTHETIC: no face, no finding about anybody.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import faiss  # noqa: TID251  the peer that this script measures beside us
import numpy as np
from threadpoolctl import (
    threadpool_info,
    threadpool_limits,
)

from facegate.datasets.populations import demo_population
from facegate.decision import Metric, Threshold, comparison_scores, matches
from facegate.durable import replace_bytes
from facegate.gallery.gallery import Gallery
from facegate.gallery.token import UnsafeMeasurementToken

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from facegate.datasets.synthetic import SyntheticPopulation
    from facegate.decision import Vectors
    from facegate.templates import TemplateSet

TEMPLATES = 1_000_000
PHOTOS = 2
SEED = 20_261_122
PART_ROWS = 16_384
TURNS = 31
DISTANCES = (0.45, 0.6)
"""A strict threshold with a short list, and dlib's usual one, at which 1 % of this gallery match."""
LIMIT = 20
REST = 0.1
"""Seconds before each run: BLAS threads spin for a while after their work and would slow the next one."""
LIMITS = {"enroll seconds": 60.0, "search over numpy": 1.5, "memory over vectors": 1.3}


def main() -> None:
    """Run each phase in a process of its own, then print and write what was measured."""
    options = _options()
    if options.phase:
        print(json.dumps(PHASES[options.phase](options)))
        return
    with tempfile.TemporaryDirectory() as folder:
        measured = {name: _in_own_process(name, options, Path(folder) / "gallery") for name in PHASES}
    result = {"settings": _settings(options), "versions": _versions(), "limits": LIMITS, **measured}
    _print(result)
    if options.output:
        replace_bytes(options.output, (json.dumps(result, indent=2) + "\n").encode())
        print(f"written to {options.output}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--templates", type=int, default=TEMPLATES, help="how many to draw and enroll")
    parser.add_argument("--turns", type=int, default=TURNS, help="searches of each kind")
    parser.add_argument(
        "--threads", type=int, default=len(os.sched_getaffinity(0)), help="cores, for everything alike"
    )
    parser.add_argument("--output", type=Path, help="write the figures as JSON here")
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--phase", choices=PHASES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if not 1 <= options.threads <= len(os.sched_getaffinity(0)):
        parser.error(f"--threads must be 1 to {len(os.sched_getaffinity(0))} here, got {options.threads}")
    if options.templates < 4 * PHOTOS:
        parser.error(f"--templates must be at least {4 * PHOTOS}, got {options.templates}")
    return options


def _in_own_process(phase: str, options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """Run one phase alone: its highest memory is nobody else's."""
    numbers = {"--templates": options.templates, "--turns": options.turns, "--threads": options.threads}
    flags = [str(word) for pair in numbers.items() for word in pair]
    command = [sys.executable, __file__, "--phase", phase, "--folder", str(folder), *flags]
    print(f"measuring: {phase} ...", file=sys.stderr, flush=True)
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603  ourselves
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _population(options: argparse.Namespace) -> SyntheticPopulation:
    return demo_population(options.templates // PHOTOS, SEED, photos_per_subject=PHOTOS)


def _enroll(options: argparse.Namespace) -> dict[str, Any]:
    """Enroll drawn parts into a new gallery on disk."""
    population = _population(options)
    drawing = 0.0

    def parts() -> Iterator[TemplateSet]:
        nonlocal drawing
        drawn = population.draw_parts(PART_ROWS)
        while True:
            start = time.perf_counter()
            part = next(drawn, None)
            drawing += time.perf_counter() - start
            if part is None:
                return
            yield part

    before = _memory()["VmRSS"]
    start = time.perf_counter()
    with Gallery.create(options.folder, population.embedder) as gallery:
        gallery.enroll(parts())
        seconds = time.perf_counter() - start
        grown = _growth(before, gallery)
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    return {"seconds": seconds, "of which drawing": drawing, "bytes on disk": size, **grown}


def _reopen(options: argparse.Namespace) -> dict[str, Any]:
    """Open the gallery again, every checksum verified."""
    before = _memory()["VmRSS"]
    start = time.perf_counter()
    with Gallery.open(options.folder) as gallery:
        return {"seconds": time.perf_counter() - start, **_growth(before, gallery)}


def _search(options: argparse.Namespace) -> dict[str, Any]:
    """Search in turns with numpy and faiss, at each threshold."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: options.threads])
    faiss.omp_set_num_threads(options.threads)
    population = _population(options)
    vectors: Vectors = np.concatenate([part.vectors for part in population.draw_parts(PART_ROWS)])
    flat = faiss.IndexFlatL2(population.dimension)
    flat.add(vectors)
    with threadpool_limits(options.threads), Gallery.open(options.folder) as gallery:
        blas = [f"{one['internal_api']} {one['num_threads']}" for one in threadpool_info()]
        rounds = {
            str(distance): _turns(gallery, vectors, flat, distance, options.turns) for distance in DISTANCES
        }
    return {"thread pools": blas, "at distance": rounds}


def _probe(vectors: Vectors) -> Vectors:
    """Make another photo of somebody enrolled, nobody's exact template."""
    probe: Vectors = ((vectors[0] + vectors[1]) / 2).astype(np.float32)
    return probe


def _turns(
    gallery: Gallery, vectors: Vectors, flat: faiss.IndexFlatL2, distance: float, turns: int
) -> dict[str, Any]:
    probe = _probe(vectors)
    threshold = Threshold.from_native(distance, Metric.EUCLIDEAN)
    token = UnsafeMeasurementToken()
    runners: dict[str, Callable[[], object]] = {
        "gallery": lambda: gallery.search(probe, threshold=threshold, limit=LIMIT, token=token),
        "numpy": lambda: vectors @ probe,
        "faiss": lambda: flat.range_search(probe[None], distance**2),
    }
    seconds: dict[str, list[float]] = {name: [] for name in runners}
    for turn in range(turns + 1):
        for name, run in runners.items():
            time.sleep(REST)
            start = time.perf_counter()
            run()
            if turn:  # the first turn warms caches and threads
                seconds[name].append(time.perf_counter() - start)
    medians = {f"{name} ms": 1e3 * float(np.median(taken)) for name, taken in seconds.items()}
    over = {
        f"gallery over {peer}": float(np.median(np.divide(seconds["gallery"], seconds[peer])))
        for peer in ("numpy", "faiss")
    }
    return {**medians, **over, "subjects found": _verified(gallery, vectors, probe, threshold)}


def _verified(gallery: Gallery, vectors: Vectors, probe: Vectors, threshold: Threshold) -> int:
    """Compare the answer with float64 arithmetic over all vectors."""
    found = gallery.search(probe, threshold=threshold, limit=LIMIT, token=UnsafeMeasurementToken())
    blocks = [
        comparison_scores(probe, vectors[i : i + 8192], Metric.EUCLIDEAN)
        for i in range(0, len(vectors), 8192)
    ]
    best = np.maximum.reduceat(np.concatenate(blocks), np.arange(0, len(vectors), PHOTOS))
    wanted = int(np.count_nonzero(matches(best, threshold)))
    top = np.sort(best)[::-1][: len(found.candidates)]
    if found.n_at_or_above != wanted or [one.score for one in found.candidates] != top.tolist():
        sys.exit(f"the gallery's answer is wrong: {found.n_at_or_above} subjects found, {wanted} wanted")
    return wanted


def _memory() -> dict[str, int]:
    """Read this process's memory from the kernel, in bytes (Linux)."""
    lines = Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    fields = dict(line.split(":", 1) for line in lines)
    return {name: int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM")}


def _growth(before: int, gallery: Gallery) -> dict[str, float]:
    """Compare what the process grew by with the vectors alone."""
    now = _memory()
    vectors = gallery.n_templates * gallery.embedder.dimension * 4
    return {
        "vectors bytes": vectors,
        "memory over vectors": (now["VmRSS"] - before) / vectors,
        "highest memory over vectors": (now["VmHWM"] - before) / vectors,
    }


def _settings(options: argparse.Namespace) -> dict[str, Any]:
    population = _population(options)
    return {
        "templates": population.n_templates,
        "subjects": population.n_subjects,
        "dimension": population.dimension,
        "data": population.origin.dataset,
        "data digest": population.origin.dataset_digest,
        "turns": options.turns,
        "threads": options.threads,
        "load of the machine": os.getloadavg(),
    }


def _versions() -> dict[str, str]:
    packages = ("facegate", "numpy", "faiss-cpu", "pyarrow")
    return {
        "python": platform.python_version(),
        "machine": platform.machine(),
        **{name: version(name) for name in packages},
    }


def _print(result: dict[str, Any]) -> None:
    settings, enroll, reopen = result["settings"], result["enroll"], result["reopen"]
    print(f"SYNTHETIC: {settings['templates']:,} templates of {settings['subjects']:,} subjects,", end=" ")
    print(f"{settings['threads']} threads, machine load {settings['load of the machine'][0]:.1f}")
    print(f"{'':44}{'measured':>10}{'limit':>8}")
    _row("enroll to disk, seconds", enroll["seconds"], LIMITS["enroll seconds"])
    _row("  of which drawing the templates", enroll["of which drawing"])
    _row("reopen with checksums, seconds", reopen["seconds"])
    for phase, figures in (("enrolling", enroll), ("reopening", reopen)):
        _row(f"memory after {phase} / vectors", figures["memory over vectors"], LIMITS["memory over vectors"])
        _row(
            f"  highest while {phase} / vectors",
            figures["highest memory over vectors"],
            LIMITS["memory over vectors"],
        )
    for distance, figures in result["search"]["at distance"].items():
        print(f"one search at distance {distance}: {figures['subjects found']:,} subjects found")
        for name in ("gallery", "numpy", "faiss"):
            _row(f"  {name}, ms", figures[f"{name} ms"])
        _row("  gallery / numpy", figures["gallery over numpy"], LIMITS["search over numpy"])
        _row("  gallery / faiss", figures["gallery over faiss"])


def _row(name: str, value: float, limit: float | None = None) -> None:
    print(f"{name:44}{value:10.2f}{'' if limit is None else f'{limit:8.1f}'}")


PHASES: dict[str, Callable[[argparse.Namespace], dict[str, Any]]] = {
    "enroll": _enroll,
    "reopen": _reopen,
    "search": _search,
}


if __name__ == "__main__":
    main()
