"""Measure whether a photo is known again when it is sent again, and strangers are left alone.

Run ``FACEGATE_DATA=... python benchmarks/near_duplicates.py`` (LFW; some minutes on one core). Prints, at the
distances of `facegate.gate.limits.near.Nearness`, how many changed copies of a probe are flagged (wanted:
99 % at least), how many probes are flagged against the first photo of any of several hundred *other* people
(wanted: 1 % at most), and how many other photos of the *same* person are.

LFW holds press photos, mostly of adults and of men: the figures hold for photos like these.

Run ``python benchmarks/near_duplicates.py --speed`` for what the question costs on one core, by the number of
past probes. Those are drawn at random, of dlib's length and spread: SYNTHETIC, no faces.
"""

from __future__ import annotations

import argparse
import io
import random
import secrets
import sqlite3
import tempfile
import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np
from attacks import MemoryLog
from PIL import Image
from threadpoolctl import threadpool_limits

from facegate.datasets.registry import open_dataset
from facegate.errors import UnusablePhoto
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.faces.photo import central_face
from facegate.gate.ledger.ledger import Ledger
from facegate.gate.limits.marks import ProbeMarks, file_marks, perceptual_hashes, probe_marks
from facegate.gate.limits.near import Nearness, past_probes
from facegate.gate.limits.searches import Searches
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.audit.log import AuditLog
    from facegate.decision import Vectors

NEARNESS = Nearness()
CROP = 0.05


def jpeg(image: Image.Image, quality: int = 95) -> bytes:
    """Encode."""
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return file.getvalue()


def copies(data: bytes) -> Iterator[tuple[str, bytes]]:
    """Change a photo the ways somebody would who sends it again."""
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    cut = round(CROP * width)
    yield "exact", data
    for quality in (50, 70, 90):
        yield f"JPEG q {quality}", jpeg(image, quality)
    yield "cropped 5 %, left and top", jpeg(image.crop((cut, cut, width, height)))
    yield "cropped 5 %, right and bottom", jpeg(image.crop((0, 0, width - cut, height - cut)))
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    yield "mirrored", jpeg(mirrored)
    yield "mirrored, cropped, q 70", jpeg(mirrored.crop((cut, cut, width, height)), 70)


def near(probe: ProbeMarks, past: ProbeMarks) -> bool:
    """Tell whether a probe is a variant of a past one: the rule of one agency's own probes."""
    if probe.digest == past.digest:
        return True
    if probe.face_hash is None or probe.mirror_hash is None or past.face_hash is None:
        return False
    if (
        min((one ^ past.face_hash).bit_count() for one in (probe.face_hash, probe.mirror_hash))
        <= NEARNESS.bits
    ):
        return True
    if probe.template is None or past.template is None:
        return False
    apart = probe.template.astype(np.float32) - past.template.astype(np.float32)
    return float(np.linalg.norm(apart)) <= NEARNESS.distance


AGENCY = "CO0160000"
SIZES = ((50_000, 3_650), (500_000, 10_000), (1_000_000, 73_000))
QUESTIONS = 50


def templates(n: int, source: np.random.Generator) -> Vectors:
    """Draw templates as long and as far apart as dlib's: 1.42 and 0.82, LFW's means."""
    middle = source.standard_normal(128)
    middle *= 1.30 / np.linalg.norm(middle)
    drawn: Vectors = (middle + source.standard_normal((n, 128)) * 0.58 / np.sqrt(128)).astype(np.float32)
    return drawn


def fill(path: Path, n_hashes: int, past: Vectors, source: np.random.Generator) -> None:
    """Put past probes into a ledger's tables: of one agency those with templates, of others the rest."""
    hashes = source.integers(-(2**63), 2**63, n_hashes, dtype=np.int64).tolist()
    connection = sqlite3.connect(path)
    with connection:
        connection.executemany("INSERT INTO limits_hash VALUES (?, ?)", enumerate(hashes))
        connection.executemany(
            "INSERT INTO limits_template VALUES (?, ?, 1, ?)",
            ((seq, AGENCY, one.astype("<f2").tobytes()) for seq, one in enumerate(past)),
        )
    connection.close()


def speed() -> None:
    """Print what one question costs."""
    source = np.random.default_rng(20_261_122)
    print(f"{'past probes':>12} {'of the agency':>14} {'first, s':>9} {'median, ms':>11} {'95 %, ms':>9}")
    for n_hashes, n_templates in SIZES:
        with tempfile.TemporaryDirectory() as folder:
            path, log = Path(folder) / "ledger.db", cast("AuditLog", MemoryLog())
            with Ledger.open(path, log, (Searches(),), random_bytes=secrets.token_bytes) as ledger:
                drawn = templates(n_templates + QUESTIONS, source)
                fill(path, n_hashes, drawn[:n_templates], source)
                first, costs = asked(ledger, drawn[n_templates:], source)
        typical, slow = 1000 * np.median(costs), 1000 * np.percentile(costs, 95)
        print(f"{n_hashes:12,} {n_templates:14,} {first:9.2f} {typical:11.2f} {slow:9.2f}")


def asked(ledger: Ledger, probes: Vectors, source: np.random.Generator) -> tuple[float, list[float]]:
    """Time the first question, which reads the ledger, and the others, in seconds."""
    costs = []
    with threadpool_limits(1):
        for probe in probes:
            face, mirror = (int(source.integers(2**64, dtype=np.uint64)) for _ in range(2))
            marks = ProbeMarks(secrets.token_hex(32), face, mirror, probe.astype(np.float16))
            start = time.perf_counter()
            near = past_probes(ledger, NEARNESS).near(ledger, marks, AGENCY, since=0, enough=64)
            costs.append(time.perf_counter() - start)
            if near.everywhere:
                print(f"a random probe was taken for {len(near.everywhere)} others")
    return costs[0], costs[1:]


def recognition(n_probes: int, n_others: int) -> None:
    """Print who is recognized, of LFW."""
    settings = Settings.from_environment()
    embedder = DlibEmbedder.load(settings.cache, threads=1)

    def marked(data: bytes) -> ProbeMarks | None:
        try:
            chip = central_face(data).chip
        except UnusablePhoto:
            return None
        return probe_marks(file_marks(data).digest, perceptual_hashes(chip), embedder.embed(chip[None])[0])

    people: dict[str, list[bytes]] = defaultdict(list)
    for photo in open_dataset("lfw", settings).photos:
        if len(people[photo.subject_id]) < 2:  # noqa: PLR2004  the probe and one other photo
            people[photo.subject_id].append(photo.path.read_bytes())
    names = sorted(people)
    random.Random(20_261_122).shuffle(names)  # noqa: S311  a reproducible draw
    probes, others = names[:n_probes], names[n_probes : n_probes + n_others]
    past = {name: found for name in probes + others if (found := marked(people[name][0])) is not None}
    flagged: dict[str, list[bool]] = defaultdict(list)
    for name in probes:
        if name not in past:
            continue
        for label, data in copies(people[name][0]):
            copy = marked(data)
            flagged[label].append(copy is not None and near(copy, past[name]))
        flagged["other people"].append(any(near(past[name], past[one]) for one in others if one in past))
        if len(people[name]) > 1 and (second := marked(people[name][1])) is not None:
            flagged["another photo of the same person"].append(near(second, past[name]))
    print(f"bits {NEARNESS.bits}, distance {NEARNESS.distance}; {len(probes)} probes, {len(others)} others")
    for label, answers in flagged.items():
        share = 100 * sum(answers) / len(answers)
        print(f"{label:34} {sum(answers):4} of {len(answers):4} flagged ({share:.1f} %)")


def main() -> None:
    """Print one of the two tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--speed", action="store_true", help="time the question instead; needs no photos")
    parser.add_argument("--probes", type=int, default=200, help="people whose photo is sent again, changed")
    parser.add_argument("--others", type=int, default=500, help="other people, one photo each")
    options = parser.parse_args()
    if options.speed:
        speed()
    else:
        recognition(options.probes, options.others)


if __name__ == "__main__":
    main()
