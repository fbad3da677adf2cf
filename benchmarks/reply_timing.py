"""Measure whether a reply tells, by its size or its time, that the person on the probe is enrolled.

Run ``FACEGATE_DATA=... python benchmarks/reply_timing.py``; it needs LFW's photos, and about ten minutes on 2
cores. An agency's folder is made as for ``speed/service.py``, with drawn people and, of ``--each`` people of
LFW, one photo enrolled. The whole service is opened in this process, behind its whole edge, and asked with
these photos and with as many of people who are not enrolled: one photo a person, each once, in an order drawn
at random (so that warmth, load and a growing log fall on both alike). Printed are, for enrolled or not:

- **sizes** of the replies' bodies, and the names of their header fields: each must be one and the same;
- **times** as the client sees them: medians, and how well one reply's time tells the two apart. That is the
  area under the curve of time as a score (Mann-Whitney's U over all pairs): 0.50 is no better than a coin,
  1.00 always right. Its 95 % interval is of 2,000 draws of people with replacement. Kolmogorov-Smirnov's p
  stands beside it;
- **the same without the work on pixels** (decode, detect, embed): how long that takes depends on the photo,
  whoever it shows, and hides from one reply what many would show.

Not asked here: what the network adds, and somebody who shares the machine. That somebody was found is told to
whoever asked, in the body; this is about everybody else who sees that a reply went by.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import secrets
import sys
import tempfile
import time
import warnings
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final
from unittest.mock import patch

import numpy as np
from PIL import Image
from scipy.stats import ks_2samp, mannwhitneyu

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it would rather have another client than httpx
    from starlette.testclient import TestClient

sys.path.insert(0, str(Path(__file__).parent / "speed"))

from service_folder import faces, make_agency, the_photos

from facegate.datasets.populations import demo_population
from facegate.errors import UnusablePhoto
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import only_face
from facegate.gallery.gallery import Gallery
from facegate.gate.home import Home
from facegate.server import opening
from facegate.server.app import create_app
from facegate.server.config import read_config
from facegate.server.metrics import Metrics
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from service_folder import Asked

PEOPLE: Final = 20_000
EACH: Final = 300
WARM: Final = 20
SEED: Final = 20_261_123
DRAWS: Final = 2_000
PART_ROWS: Final = 16_384
CREATED: Final = 201
PIXELS: Final = frozenset({"decode", "detect", "embed"})


@dataclass(frozen=True)
class Told:
    """One reply: of whom, how large, with which header fields, after how many seconds."""

    enrolled: bool
    found: int
    size: int
    headers: tuple[str, ...]
    took: float
    rest: float  # without the work on pixels


class Metered(Metrics):
    """The service's counters, which add up the work on pixels besides; one request is asked at a time."""

    pixels = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        began = time.perf_counter()
        try:
            with super().stage(name):
                yield
        finally:
            if name in PIXELS:
                Metered.pixels += time.perf_counter() - began


def main() -> None:
    """Make the folder, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"drawn people (default {PEOPLE:,})")
    parser.add_argument("--each", type=int, default=EACH, help=f"searches of each kind (default {EACH})")
    options = parser.parse_args()
    if Settings.from_environment().data is None:
        sys.exit("this needs photos of many people: set FACEGATE_DATA to the folder with LFW in it")
    with tempfile.TemporaryDirectory(prefix="facegate-timing-") as folder:
        told = measured(Path(folder), options.people, options.each)
    show(told)
    print(
        f"\nseed {SEED}; {options.people:,} drawn people; {platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )


def measured(folder: Path, people: int, each: int) -> list[Told]:
    """Enroll half of the people, ask for all of them in a drawn order, and give the replies."""
    drawn = random.Random(SEED)  # noqa: S311  drawn, no secret
    photos = usable(the_photos(folder, 2 * each + WARM), 2 * each + WARM)
    enrolled = set(photos[:each])
    order = photos[: 2 * each]
    drawn.shuffle(order)
    home = Home(folder / "home")
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    with Gallery.create(home.gallery, embedder.info) as gallery:
        parts = demo_population(people, SEED, photos_per_subject=1)
        gallery.enroll(parts.draw_parts(PART_ROWS, embedder=embedder.info))
        gallery.enroll(faces(embedder, photos[:each]))
    every = [*photos[2 * each :], *order]
    asked = make_agency(home, people + each, every, len(every), 8443)
    config = read_config(home)
    with (
        patch.object(opening, "Metrics", Metered),
        opening.open_service(home, config, embedder) as service,
        TestClient(create_app(service), base_url=config.base_url) as client,
    ):
        for one in asked[:WARM]:
            ask(client, one, enrolled=False)
        return [ask(client, one, enrolled=one.photo in enrolled) for one in asked[WARM:]]


def usable(photos: Sequence[Path], needed: int) -> list[Path]:
    """Give the first photos that show one face: any other is refused before anybody is looked for."""
    found: list[Path] = []
    for path in photos:
        try:
            only_face(_as_png(path), fallback=False)
        except UnusablePhoto:
            continue
        found.append(path)
        if len(found) == needed:
            return found
    sys.exit(f"only {len(found):,} photos show one face; ask for fewer (--each {len(found) // 2 - WARM})")


def _as_png(path: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def ask(client: TestClient, asked: Asked, *, enrolled: bool) -> Told:
    """Ask for one search."""
    files = {"probe": ("p", asked.photo.read_bytes(), "image/jpeg")}
    headers = {"Authorization": f"Bearer {asked.key}", "Idempotency-Key": f'"{secrets.token_hex(16)}"'}
    Metered.pixels, began = 0.0, time.perf_counter()
    reply = client.post(
        "/v1/searches", data={"request": asked.request.decode()}, files=files, headers=headers
    )
    took = time.perf_counter() - began
    if reply.status_code != CREATED:
        sys.exit(f"a search was answered {reply.status_code}: {reply.text[:600]}")
    found = json.loads(reply.content)["n_candidates"]
    return Told(
        enrolled, found, len(reply.content), tuple(sorted(reply.headers)), took, took - Metered.pixels
    )


def show(told: Sequence[Told]) -> None:
    """Print sizes, header fields and times."""
    for name, kind in (("enrolled", True), ("not enrolled", False)):
        mine = [one for one in told if one.enrolled is kind]
        found = sum(one.found > 0 for one in mine)
        sizes = " or ".join(f"{size:,}" for size in sorted({one.size for one in mine}))
        print(f"{name:>15}: {len(mine)} searches, {found} found somebody; body {sizes} bytes")
    names = {one.headers for one in told}
    same = "the same of every reply" if len(names) == 1 else f"of {len(names)} kinds: {sorted(names)}"
    print(f"   header names {same}")
    for name, of in (("whole reply", "took"), ("without pixels", "rest")):
        enrolled, others = (
            np.array([getattr(one, of) for one in told if one.enrolled is which]) for which in (True, False)
        )
        low, high = interval(enrolled, others)
        middle = " and ".join(f"{1000 * float(np.median(one)):.2f}" for one in (enrolled, others))
        print(
            f"{name:>15}: median {middle} ms enrolled and not; area {area(enrolled, others):.3f} "
            f"({low:.3f} to {high:.3f}); Kolmogorov-Smirnov p {ks_2samp(enrolled, others).pvalue:.3g}"
        )


def area(longer: NDArray[np.float64], shorter: NDArray[np.float64]) -> float:
    """Give the chance that a time of the first kind is the longer one, ties half; 0.5 tells nothing."""
    return float(mannwhitneyu(longer, shorter).statistic) / (longer.size * shorter.size)


def interval(longer: NDArray[np.float64], shorter: NDArray[np.float64]) -> tuple[float, float]:
    """Give the 95 % interval of `area`, people drawn with replacement."""
    drawn = np.random.default_rng(SEED)
    areas = [
        area(drawn.choice(longer, longer.size), drawn.choice(shorter, shorter.size)) for _ in range(DRAWS)
    ]
    low, high = np.quantile(areas, (0.025, 0.975))
    return float(low), float(high)


if __name__ == "__main__":
    main()
