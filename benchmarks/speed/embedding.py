"""How fast do photos become templates? Beside ``face_recognition``, on the same photos in the same run.

Run ``python benchmarks/speed/embedding.py``; about five minutes on 2 cores with LFW under ``FACEGATE_DATA``,
else with the astronaut photo in many variants. What is compared:

- **network**: aligned chips to vectors. facegate: one process, one thread a core, batches. The peer:
  ``face_recognition``'s network object, chip by chip as the package calls it, (1) in one process, as a
  program that uses the package does, since its calls do not run beside each other in threads, and (2) in one
  process a core, loaded and warm beforehand, which is the best that can be got out of it. The two sides take
  turns; the ratio is the median over turns, so load on the machine weighs on both alike.
- **photo to template**: photo files to vectors. facegate: ``embed_dataset``, one process a core, from a
  standing start to the finished file, SHA-256 of each photo included, without the CNN fallback, which the
  peer does not have. The peer: ``face_encodings`` over
  ``load_image_file``, (1) in one process and (2) in one process a core, loaded and warm beforehand. In a
  photo with several faces the peer embeds them all, facegate the central one.

Before anything is timed, the vectors of both are compared on every chip.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import skimage.data
from PIL import Image

from facegate.datasets.dataset import Dataset
from facegate.datasets.embedding import embed_dataset
from facegate.durable import replace_bytes
from facegate.faces.dlib_onnx import BATCH, DlibEmbedder
from facegate.faces.photo_file import examine_photo
from facegate.faces.reference import FaceRecognitionEmbedder, load_face_recognition
from facegate.records import Demographics, LabeledPhoto, SubjectId, TemplateId
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from facegate.decision import Vectors
    from facegate.faces.decode import Pixels

CHIPS = 128
PHOTOS = 512
TURNS = 3
SEED = 20_261_122
CORES = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
LARGEST_DIFFERENCE = 1e-5
TARGETS = {"network": 10.0, "photo to template": 4.0}
PEERS = {"one process": 1, "one process a core": CORES}


def main() -> None:
    """Compare vectors, time both sides, print and write what was measured."""
    options = _options()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, paths = _photos(folder, options.photos)
        print(f"measuring on {data} ...", file=sys.stderr, flush=True)
        chips = _chips(paths, options.chips)
        network = _network(chips, folder, options.turns)
        pipeline = _pipeline(paths, folder)
    result = {
        "settings": {"data": data, "chips": len(chips), "photos": len(paths), "turns": options.turns},
        "machine": {"cores": CORES, "load": os.getloadavg(), "architecture": platform.machine()},
        "versions": _versions(),
        "targets": TARGETS,
        "network": network,
        "photo to template": pipeline,
    }
    _print(result)
    if options.output:
        replace_bytes(options.output, (json.dumps(result, indent=2) + "\n").encode())
        print(f"written to {options.output}")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--chips", type=int, default=CHIPS, help="face chips for the network alone")
    parser.add_argument("--photos", type=int, default=PHOTOS, help="photos for photo to template")
    parser.add_argument("--turns", type=int, default=TURNS, help="turns of the network alone")
    parser.add_argument("--output", type=Path, help="write the figures as JSON here")
    options = parser.parse_args()
    if min(options.chips, options.photos, options.turns) < 1 or options.chips > options.photos:
        parser.error("--chips, --photos and --turns must be 1 or more, and chips come from the photos")
    return options


def _photos(folder: Path, count: int) -> tuple[str, list[Path]]:
    """Take photos spread over LFW, or make variants of the astronaut's."""
    data = Settings.from_environment().data
    found = sorted((data / "lfw").rglob("*.jpg")) if data else []
    if len(found) >= count:
        rows = np.linspace(0, len(found) - 1, count).astype(int)
        return "Labeled Faces in the Wild", [found[row] for row in rows]
    return "variants of the astronaut photo", list(_variants(folder / "photos", count))


def _variants(folder: Path, count: int) -> Iterator[Path]:
    """Write crops of 250 pixels around one face, some mirrored, brightness varied."""
    folder.mkdir()
    photo, generator = skimage.data.astronaut(), np.random.default_rng(SEED)
    for number in range(count):
        top, left = generator.integers(0, 40), generator.integers(100, 140)
        crop = photo[top : top + 250, left : left + 250] * generator.uniform(0.6, 1.0)
        path = folder / f"{number:05d}.jpg"
        Image.fromarray(crop.astype(np.uint8)[:, :: generator.choice([1, -1])]).save(path, quality=95)
        yield path


def _chips(paths: Sequence[Path], count: int) -> Pixels:
    """Cut chips out of the first photos that show a face."""
    chips: list[Pixels] = []
    for path in paths:
        chip = examine_photo(path, fallback=False).chip
        if chip is not None:
            chips.append(chip)
        if len(chips) == count:
            break
    return np.stack(chips)


def _network(chips: Pixels, folder: Path, turns: int) -> dict[str, Any]:
    """Time the network alone, in turns."""
    ours = DlibEmbedder.load(folder / "cache")
    difference = float(np.abs(ours.embed(chips) - FaceRecognitionEmbedder().embed(chips)).max())
    if difference > LARGEST_DIFFERENCE:
        sys.exit(f"the vectors differ by {difference:.2g}, wanted at most {LARGEST_DIFFERENCE:g}")
    with _peers() as peers:
        runners: dict[str, Callable[[], object]] = {"facegate": lambda: ours.embed(chips)}
        for name, pool in peers.items():
            runners[name] = _job(pool, PEERS[name], _peer_vectors, chips)
        seconds: dict[str, list[float]] = {name: [] for name in runners}
        for turn in range(turns + 1):
            for name, run in runners.items():
                taken = _seconds(run)
                if turn:  # the first turn warms caches and threads
                    seconds[name].append(taken)
    over = {name: float(np.median(np.divide(seconds[name], seconds["facegate"]))) for name in PEERS}
    per_second = {name: len(chips) / float(np.median(taken)) for name, taken in seconds.items()}
    return {"largest difference": difference, "a second": per_second, "facegate over": over}


def _pipeline(paths: Sequence[Path], folder: Path) -> dict[str, Any]:
    """Time photo files to vectors, once each."""
    photos = tuple(
        LabeledPhoto(TemplateId(f"{row:05d}"), SubjectId("-"), path, Demographics())
        for row, path in enumerate(paths)
    )
    output = folder / "templates.parquet"

    def ours() -> None:
        embed_dataset(Dataset("benchmark", photos), output, cache=folder / "cache", fallback=False)

    seconds = {"facegate": _seconds(ours)}
    with _peers() as peers:
        for name, pool in peers.items():
            seconds[name] = _seconds(_job(pool, PEERS[name], _peer_templates, list(paths)))
    return {
        "a second": {name: len(paths) / taken for name, taken in seconds.items()},
        "facegate over": {name: seconds[name] / seconds["facegate"] for name in PEERS},
    }


def _seconds(run: Callable[[], object]) -> float:
    start = time.perf_counter()
    run()
    return time.perf_counter() - start


# --- the peer, in processes of its own ------------------------------------------------------------------


@contextmanager
def _peers() -> Iterator[dict[str, ProcessPoolExecutor]]:
    """Start the peer's processes, loaded and warm."""
    context = multiprocessing.get_context("spawn")
    pools = {name: ProcessPoolExecutor(count, mp_context=context) for name, count in PEERS.items()}
    try:
        for name, pool in pools.items():
            list(pool.map(_warm, [1.0] * PEERS[name]))
        yield pools
    finally:
        for pool in pools.values():
            pool.shutdown()


def _warm(seconds: float) -> None:
    """Load the package, then hold this process long enough for the others to get their call."""
    FaceRecognitionEmbedder().embed(np.zeros((1, 150, 150, 3), dtype=np.uint8))
    time.sleep(seconds)


def _job(
    pool: ProcessPoolExecutor, count: int, work: Callable[[Any], object], items: Pixels | list[Path]
) -> Callable[[], object]:
    """Deal the items out to the processes, as evenly as can be."""
    shares = [items[start::count] for start in range(count)]
    return lambda: list(pool.map(work, shares))


def _peer_vectors(chips: Pixels) -> Vectors:
    return FaceRecognitionEmbedder().embed(chips)


def _peer_templates(paths: Sequence[Path]) -> int:
    """Do what the package's manual shows; count the faces."""
    package = load_face_recognition()
    return sum(len(package.face_encodings(package.load_image_file(path))) for path in paths)


# --- what was measured ----------------------------------------------------------------------------------


def _versions() -> dict[str, str]:
    packages = ("facegate", "face_recognition", "dlib-bin", "onnxruntime", "numpy", "pillow")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def _print(result: dict[str, Any]) -> None:
    settings, machine = result["settings"], result["machine"]
    print(f"{settings['data']}: {settings['chips']} chips, {settings['photos']} photos;", end=" ")
    print(f"{machine['cores']} cores, machine load {machine['load'][0]:.1f}")
    print(f"largest difference of any component: {result['network']['largest difference']:.2g}")
    print(f"{'':46}{'a second':>10}{'facegate is':>14}{'target':>9}")
    uses = {"network": f"{CORES} threads, batches of {BATCH}", "photo to template": f"{CORES} processes"}
    for phase, use in uses.items():
        measured = result[phase]
        print(f"{phase}: facegate, {use}".ljust(46) + f"{measured['a second']['facegate']:10.1f}")
        for name in PEERS:
            ratio, target = measured["facegate over"][name], TARGETS[phase]
            line = f"  face_recognition, {name}".ljust(46)
            print(f"{line}{measured['a second'][name]:10.1f}{ratio:9.1f} x   {target:6.0f} x")


if __name__ == "__main__":
    main()
