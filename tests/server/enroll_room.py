"""A whole service, uploads for it, and jobs that are waited for."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import numpy as np
from port_room import photo, zipped
from ready_home import PHOTO
from service_room import client_as

from facegate.templates import TEXT_COLUMNS, Origin, TemplateSet, tool_version

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from fastapi import FastAPI
    from httpx import Response

    from facegate.server.service import Service
    from facegate.templates import EmbedderInfo, Labels

WAIT_S = 60.0


def templates(info: EmbedderInfo, subjects: list[str], *, seed: int = 0, **columns: list[str]) -> TemplateSet:
    """Draw one template of each subject; columns given take the place of those made here."""
    n = len(subjects)
    made: dict[str, Labels] = {name: texts(["x"] * n) for name in TEXT_COLUMNS}
    made |= {
        "template_id": texts([f"{seed}-{one}" for one in range(n)]),
        "subject_id": texts(subjects),
        "failure": texts([""] * n),
    }
    made |= {name: texts(values) for name, values in columns.items()}
    vectors = np.random.default_rng(seed).normal(size=(n, info.dimension)).astype(np.float32)
    vectors[made["failure"] != ""] = np.nan
    origin = Origin("test", "cd" * 32, synthetic=False, tool_version=tool_version())
    return TemplateSet(info, origin, **made, quality=np.ones(n, dtype=np.float32), vectors=vectors)


def texts(values: list[str]) -> Labels:
    return np.array(values, dtype=np.object_)


def file_of(made: TemplateSet, folder: Path) -> bytes:
    """Write a template file and give its bytes."""
    path = folder / "made.parquet"
    made.write(path)
    return path.read_bytes()


def album(rows: Mapping[str, str], photos: Mapping[str, bytes] | None = None) -> bytes:
    """Pack photos by name with whom they show: astronauts, unless the photos are given."""
    lines = "\n".join(["file,subject", *(f"{name},{subject}" for name, subject in rows.items())])
    there = photos if photos is not None else dict.fromkeys(rows, PHOTO)
    return zipped({"labels.csv": lines.encode(), **there})


def no_face() -> bytes:
    return photo(200, 10, 10)


def send(
    app: FastAPI, data: bytes, *, given: str = "templates", name: str = "enroller", **headers: str
) -> Response:
    """Upload to the gallery."""
    answer: Response = client_as(app, name).post(
        "/v1/enrollments",
        data={"input": given},
        files={"file": ("../../etc/passwd", io.BytesIO(data), "text/html")},
        headers=headers,
    )
    return answer


def ended(app: FastAPI, service: Service, answer: Response, name: str = "enroller") -> dict[str, Any]:
    """Wait for the job of an answer, and give what it says then."""
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    service.jobs.wait(answer.json()["id"], WAIT_S)
    told: dict[str, Any] = client_as(app, name).get(answer.headers["location"]).json()
    return told


def records(service: Service, *kinds: str) -> list[dict[str, Any]]:
    """Give the public parts of the log's records of some kinds."""
    return [dict(entry.public) for entry, _ in service.desk.ledger.log.read() if entry.kind in kinds]
