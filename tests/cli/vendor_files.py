"""Files as a vendor or a laboratory would hand them over, made from one small drawn population."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

import numpy as np
import onnx
import skimage.data
from onnx import TensorProto, helper, numpy_helper
from PIL import Image

from facegate.datasets.populations import cosine_population
from facegate.decision import comparison_scores

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from facegate.templates import TemplateSet

TEMPLATES = cosine_population(24, 9).draw().enrolled
GROUPS = np.array(
    [f"{race}-{sex}" for race, sex in zip(TEMPLATES.race, TEMPLATES.sex, strict=True)], dtype=object
)
HEADING = ("sim", "probe_id", "ref_id", "probe_group", "ref_group", "same", "group")


def write_csv(path: Path, heading: Sequence[str], rows: Iterable[Sequence[object]]) -> Path:
    """Write a CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(heading)
        writer.writerows(rows)
    return path


def square(templates: TemplateSet = TEMPLATES) -> np.ndarray:
    """Score every template with every other."""
    metric = templates.embedder.metric
    return np.array([comparison_scores(templates.vectors, one, metric) for one in templates.vectors])


def score_rows(*, distances: bool = False) -> list[tuple[object, ...]]:
    """List every pair of templates once: score, people, groups, whether they are one person, first group."""
    scores, people = square(), TEMPLATES.subject_id
    return [
        (
            repr(float(1 - scores[i, j] if distances else scores[i, j])),
            people[i],
            people[j],
            GROUPS[i],
            GROUPS[j],
            "yes" if people[i] == people[j] else "no",
            GROUPS[i],
        )
        for i in range(len(people))
        for j in range(i)
    ]


def write_scores(path: Path, *, group: str = "", inside: bool = False, distances: bool = False) -> Path:
    """Write score rows: all, those inside any group, or those inside one group."""
    rows = score_rows(distances=distances)
    if group or inside:
        rows = [row for row in rows if row[3] == row[4] and group in ("", row[3])]
    return write_csv(path, HEADING, rows)


def write_people(path: Path) -> Path:
    """Write who the rows are of: id, race, sex, and a ready-made group."""
    people = zip(TEMPLATES.subject_id, TEMPLATES.race, TEMPLATES.sex, GROUPS, strict=True)
    return write_csv(path, ("id", "race", "sex", "g"), people)


def write_npz(path: Path) -> None:
    """Write vectors and who they are of into one file."""
    texts = {"id": TEMPLATES.subject_id, "race": TEMPLATES.race, "sex": TEMPLATES.sex}
    arrays: dict[str, Any] = {key: column.astype(str) for key, column in texts.items()}
    np.savez(path, emb=TEMPLATES.vectors, **arrays)


def write_photos(folder: Path) -> None:
    """Write three photos of two people: one face cut out three times, once under another name."""
    photo = skimage.data.astronaut()
    for name, top, left in (("ann/1.png", 40, 140), ("ann/2.png", 50, 145), ("bob/1.png", 45, 135)):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.ascontiguousarray(photo[top : top + 160, left : left + 160])).save(folder / name)
    (folder / "labels.csv").write_text("subject,sex,race\nann,F,White\nbob,F,White\n", encoding="utf-8")


def write_network(path: Path, *, side: int, dimension: int) -> None:
    """Write a network of one matrix product over all pixels."""
    weights = np.random.default_rng(5).normal(size=(3 * side * side, dimension)).astype(np.float32)
    nodes = [
        helper.make_node("Flatten", ["image"], ["flat"], axis=1),
        helper.make_node("MatMul", ["flat", "weights"], ["embedding"]),
    ]
    graph = helper.make_graph(
        nodes,
        "tiny",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ("n", 3, side, side))],
        [helper.make_tensor_value_info("embedding", TensorProto.FLOAT, None)],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
    onnx.save(model, str(path))
