"""Measure whether a reply tells, by its size or its time, that the person on the probe is enrolled.

Run ``FACEGATE_DATA=... python benchmarks/reply_timing.py``; it needs LFW's photos, and a quarter of an hour
on 2 cores, or an hour with ``--pairs 10000``. Two agencies' folders are made as for ``speed/service.py``,
with galleries of one size: each has half of the people on the probes, enrolled by these very photos, and
drawn people in the place of the others. So lists that wait for review, and all else that searches leave
behind, burden both alike. Both services are opened whole in this process, each behind its whole edge, and
every photo is asked of both, all in one drawn order: so warmth, load, growing logs and what the search before
leaves behind fall on both alike (asked of both one after the other, three searches of four would follow one
of the other kind). In the middle both are made anew and opened in the other order: neither has the better
place in memory. A photo that is like somebody enrolled where its own person is not is left out. Printed are,
for enrolled or not:

- **sizes** of the replies' bodies, and the names of their header fields: each must be one and the same;
- **times** as the client sees them: medians, less than 1 ms apart; Kolmogorov-Smirnov's p, above 0.01; and
  how well one reply's time tells the two apart: the area under the curve of time as a score (Mann-Whitney's U
  over all pairs), 0.50 is no better than a coin, 1.00 always right. Intervals are of 95 %, of 2,000 draws of
  photos with replacement;
- **the same without the work on pixels** (decode, detect, embed), and the median difference of one photo's
  two replies: how long pixels take depends on the photo, whoever it shows, and hides from one reply what many
  of the same photo would show;
- **held**: how long the replies waited for the end of their slot (`facegate.server.slots`), in the middle and
  at the edge: near 0, some leave a slot later than others, and more of one kind than of the other.

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
from contextlib import ExitStack, contextmanager
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
from facegate.server.slots import SLOT_S
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray
    from service_folder import Asked

    from facegate.templates import TemplateSet

PEOPLE: Final = 20_000
PAIRS: Final = 2_000
WARM: Final = 20
SEED: Final = 20_261_123
DRAWS: Final = 2_000
PART_ROWS: Final = 16_384
CREATED: Final = 201
APART_MS: Final = 1.0
LEAST_P: Final = 0.01
PIXELS: Final = frozenset({"decode", "detect", "embed"})


@dataclass(frozen=True)
class Told:
    """One reply: how many were found, how large, with which header fields, after how many seconds."""

    found: int
    size: int
    headers: tuple[str, ...]
    took: float
    rest: float  # without the work on pixels
    held: float  # in its slot


@dataclass(frozen=True)
class Door:
    """One of the two services, as its client knows it, and what it is asked: to warm it, and to measure."""

    client: TestClient
    warm: Sequence[Asked]
    asked: Sequence[Asked]


class Metered(Metrics):
    """The service's counters, which add up the work on pixels besides; one request is asked at a time."""

    pixels = held = 0.0

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage."""
        began = time.perf_counter()
        try:
            with super().stage(name):
                yield
        finally:
            spent = time.perf_counter() - began
            if name in PIXELS:
                Metered.pixels += spent
            if name == "held":
                Metered.held = spent


def main() -> None:
    """Make the folders, ask, print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, default=PEOPLE, help=f"drawn people (default {PEOPLE:,})")
    parser.add_argument("--pairs", type=int, default=PAIRS, help=f"photos asked of both (default {PAIRS:,})")
    options = parser.parse_args()
    if Settings.from_environment().data is None:
        sys.exit("this needs photos of many people: set FACEGATE_DATA to the folder with LFW in it")
    with tempfile.TemporaryDirectory(prefix="facegate-timing-") as folder:
        enrolled, others = measured(Path(folder), options.people, options.pairs)
    show(enrolled, others)
    print(
        f"\nseed {SEED}; {options.people:,} drawn people; {platform.machine()}, {os.cpu_count()} cores, load "
        f"{os.getloadavg()[0]:.1f}, Python {platform.python_version()}"
    )


def measured(folder: Path, people: int, pairs: int) -> tuple[list[Told], list[Told]]:
    """Ask for every photo where its person is enrolled and where not; give the replies of each, by photo."""
    photos = usable(the_photos(folder, pairs + 2 * WARM), pairs + 2 * WARM)
    embedder = DlibEmbedder.load(Settings.from_environment().cache)
    half = len(photos) // 2
    told: tuple[list[Told], list[Told]] = ([], [])
    for first, some in enumerate((photos[:half], photos[half:])):
        halves = one_half(folder / f"{first}", embedder, people, some, first)
        for which in (0, 1):
            told[which].extend(halves[which])
    return told


def one_half(
    folder: Path, embedder: DlibEmbedder, people: int, photos: Sequence[Path], first: int
) -> tuple[list[Told], list[Told]]:
    """Ask for some of the photos; `first` of the two services is opened first."""
    drawn = random.Random(SEED + first)  # noqa: S311  drawn, no secret
    told: tuple[dict[int, Told], dict[int, Told]] = ({}, {})
    sides = sides_of(photos)
    with ExitStack() as stack:
        stack.enter_context(patch.object(opening, "Metrics", Metered))
        doors = {
            which: stack.enter_context(
                opened(
                    folder / f"{which}",
                    embedder,
                    people,
                    photos,
                    [one for one in photos if sides[one] == which],
                )
            )
            for which in (first, 1 - first)
        }
        for door in doors.values():
            for asked in door.warm:
                ask(door.client, asked)
        order = [(number, which) for number in range(len(photos) - WARM) for which in (0, 1)]
        drawn.shuffle(order)
        for number, which in order:
            door = doors[which]
            told[0 if sides[photos[number]] == which else 1][number] = ask(door.client, door.asked[number])
    enrolled, others = ([each[number] for number in sorted(each)] for each in told)
    return enrolled, others


def sides_of(photos: Sequence[Path]) -> dict[Path, int]:
    """Say of each photo in which of the two services its person is enrolled: of one person always in one."""
    people: dict[str, int] = {}
    return {photo: people.setdefault(photo.parent.name, len(people)) % 2 for photo in photos}


@contextmanager
def opened(
    folder: Path, embedder: DlibEmbedder, people: int, photos: Sequence[Path], mine: Sequence[Path]
) -> Iterator[Door]:
    """Make an agency with the people on some of the photos, to be asked for all of them; open its service."""
    home = Home(folder / "home")
    with Gallery.create(home.gallery, embedder.info) as gallery:
        whole = people + len(photos)
        # In as many parts either way: that is a matter of time as well.
        gallery.enroll(drawn_people(embedder, whole, range(people + len(mine), whole)))
        gallery.enroll(drawn_people(embedder, whole, range(people)))
        gallery.enroll(faces(embedder, mine))
        size = gallery.n_subjects
    every = [*photos[-WARM:], *photos[:-WARM]]
    asked = make_agency(home, size, every, len(every), 8443)
    config = read_config(home)
    with (
        opening.open_service(home, config, embedder) as service,
        TestClient(create_app(service), base_url=config.base_url) as client,
    ):
        yield Door(client, asked[:WARM], asked[WARM:])


def drawn_people(embedder: DlibEmbedder, whole: int, wanted: range) -> Iterator[TemplateSet]:
    """Draw some of so many people, one template each."""
    start = 0
    for part in demo_population(whole, SEED, photos_per_subject=1).draw_parts(
        PART_ROWS, embedder=embedder.info
    ):
        here = np.arange(start, start + len(part))
        start += len(part)
        if (rows := (here >= wanted.start) & (here < wanted.stop)).any():
            yield part.select(rows)


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
    sys.exit(f"only {len(found):,} photos show one face; ask for fewer (--pairs {len(found) - WARM})")


def _as_png(path: Path) -> bytes:
    buffer = io.BytesIO()
    with Image.open(path) as image:
        image.convert("RGB").save(buffer, "PNG")
    return buffer.getvalue()


def ask(client: TestClient, asked: Asked) -> Told:
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
    names = tuple(sorted(reply.headers))
    return Told(found, len(reply.content), names, took, took - Metered.pixels, Metered.held)


def show(enrolled: Sequence[Told], others: Sequence[Told]) -> None:
    """Print sizes, header fields and times."""
    pairs = list(zip(enrolled, others, strict=True))
    kept = [(here, there) for here, there in pairs if here.found and not there.found]
    print(f"{'left out':>15}: {len(pairs) - len(kept):,} photos, like somebody else or like nobody")
    enrolled, others = [here for here, _ in kept], [there for _, there in kept]
    for name, told in (("enrolled", enrolled), ("not enrolled", others)):
        found = sum(one.found > 0 for one in told)
        sizes = " or ".join(f"{size:,}" for size in sorted({one.size for one in told}))
        print(f"{name:>15}: {len(told):,} searches, {found:,} found somebody; body {sizes} bytes")
    names = {one.headers for one in (*enrolled, *others)}
    same = "the same of every reply" if len(names) == 1 else f"of {len(names)} kinds: {sorted(names)}"
    print(f"   header names {same}")
    for name, of in (("whole reply", "took"), ("without pixels", "rest")):
        here, there = (np.array([1e3 * getattr(one, of) for one in told]) for told in (enrolled, others))
        show_times(name, here, there)
    held = [np.percentile([1e3 * one.held for one in told], [50, 1]) for told in (enrolled, others)]
    middles, edges = (" and ".join(f"{one:.2f}" for one in which) for which in zip(*held, strict=True))
    slots = f"slots of {1e3 * SLOT_S:g} ms"
    print(f"{'held':>15}: median {middles} ms, the shortest 1 % up to {edges} ms, {slots}")


def show_times(name: str, here: NDArray[np.float64], there: NDArray[np.float64]) -> None:
    """Print how far times in two places, of the same photos in the same order, are apart; milliseconds."""
    drawn = np.random.default_rng(SEED)
    draws = [drawn.integers(0, here.size, here.size) for _ in range(DRAWS)]
    apart = float(np.median(here) - np.median(there))
    moved = _interval([np.median(here[one]) - np.median(there[one]) for one in draws])
    p = float(ks_2samp(here, there).pvalue)
    areas = _interval([area(here[one], there[one]) for one in draws])
    each = here - there
    one_photo = _interval([np.median(each[one]) for one in draws])
    middles = f"{np.median(here):.2f} and {np.median(there):.2f} ms enrolled and not"
    print(
        f"{name:>15}: median {middles}, {apart:+.3f} ({moved})   {_verdict(abs(apart) < APART_MS)}\n"
        f"{'':>17}Kolmogorov-Smirnov p {p:.3g}   {_verdict(p > LEAST_P)}\n"
        f"{'':>17}area {area(here, there):.3f} ({areas})\n"
        f"{'':>17}difference of one photo's two replies: median {np.median(each):+.3f} ({one_photo})"
    )


def area(longer: NDArray[np.float64], shorter: NDArray[np.float64]) -> float:
    """Give the chance that a time of the first kind is the longer one, ties half; 0.5 tells nothing."""
    return float(mannwhitneyu(longer, shorter).statistic) / (longer.size * shorter.size)


def _interval(values: Sequence[float]) -> str:
    low, high = np.quantile(values, (0.025, 0.975))
    return f"{low:.3f} to {high:.3f}"


def _verdict(good: bool) -> str:  # noqa: FBT001  one word for one question
    return "PASS" if good else "FAIL"


if __name__ == "__main__":
    main()
