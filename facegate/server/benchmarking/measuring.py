"""One measurement by a protocol: read what was uploaded, compare, measure by group, write the run.

It is what ``facegate benchmark run`` does, with two differences: the protocol's own file names are never
followed, since what it is about was uploaded; and files that name templates or people are not written, since
runs of the service are public.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from datetime import UTC
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError, StorageError
from facegate.evaluation.inputs.scores import load_scores
from facegate.evaluation.inputs.spec import ScoreFile
from facegate.evaluation.material import scores_material, template_material, templates_summary
from facegate.evaluation.protocol import AllPairsProtocol, parse_protocol
from facegate.evaluation.run import require_usable, run_benchmark
from facegate.evaluation.subgroups import population_of
from facegate.reporting.report import report_html
from facegate.reporting.run_folder import write_run
from facegate.server.enrollment.uploads import stranger_templates
from facegate.server.test_port.files import erase
from facegate.server.test_port.given import NPZ_START, columns_of, named_by_content
from facegate.server.test_port.limits import PortLimits
from facegate.server.test_port.running import DRAWING, REPORT, RESULT

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.evaluation.inputs.spec import ScoresSpec
    from facegate.evaluation.material import Material
    from facegate.evaluation.result import BenchmarkResult
    from facegate.server.jobs.progress import Progress
    from facegate.templates import TemplateSet

LIMITS: Final = PortLimits(photos=20_000)
"""20,000 templates are 200 million comparisons."""
PROTOCOL_BYTES: Final = 64 * 1024
NAME: Final = "the protocol"
PROTOCOL: Final = "protocol.toml"
RUN: Final = "run.json"
COMMAND: Final = "POST /v1/benchmarks"


@dataclass(frozen=True, slots=True)
class Measuring:
    """One measurement in the making.

    Parameters
    ----------
    protocol : AllPairsProtocol
        What is asked.
    text : str
        The protocol as it was sent.
    upload : Path
        What it is about, in a folder of its own.
    run : Path
        Folder to write.
    at : datetime
        When it was asked for.
    """

    protocol: AllPairsProtocol
    text: str
    upload: Path
    run: Path
    at: datetime

    def work(self, told: Progress) -> JSONValue:
        """Do it: the job's work.

        Raises
        ------
        InputError, MeasurementError
            If the upload cannot be measured as the protocol asks.
        StorageError
            If the disk refuses: there is no run then.
        """
        try:
            told(0, None, "reading what was sent")
            material = self._material(told)
            with TemporaryDirectory(dir=self.upload.parent) as scratch:
                result = run_benchmark(
                    material,
                    self.protocol,
                    command=COMMAND,
                    measured_on=self.at.astimezone(UTC).date().isoformat(),
                    folder=Path(scratch),
                    on_progress=lambda n, of: told(n, of, "searching galleries made of the upload"),
                )
            told.check()
            self._write(self._files(result))
        finally:
            erase(self.upload.parent)
        told.said = "the run is whole"
        return {"run": self.run.name, "name": self.protocol.name, "title": self.protocol.title}

    def _write(self, files: dict[str, bytes]) -> None:
        """Write the run; what the disk said is told without the service's own folders."""
        try:
            self.run.parent.mkdir(mode=0o700, exist_ok=True)
            write_run(self.run, files)
        except (OSError, StorageError) as error:
            msg = f"the run could not be kept: {reason_of(error)}; nothing is half written"
            raise StorageError(msg) from error

    def _material(self, told: Progress) -> Material:
        def on_progress(n: int, of: int) -> None:
            told(n, of, "comparing all with all")

        if self.protocol.data.scores is not None:
            return _scored(self.protocol, self.protocol.data.scores, self.upload, told)
        templates = read_templates(self.upload, self.protocol)
        require_usable(self.protocol, templates.embedder.metric)
        summary = templates_summary("templates", templates, population_of(templates, by=self.protocol.by))
        # One core: searches that officers wait for go on meanwhile.
        return template_material(templates, summary, self.protocol, threads=1, on_progress=on_progress)

    def _files(self, result: BenchmarkResult) -> dict[str, bytes]:
        with DRAWING:
            page = report_html(result)
        about = {
            "name": self.protocol.name,
            "title": self.protocol.title,
            "protocol_digest": self.protocol.digest,
            "created": self.at.astimezone(UTC).isoformat(),
        }
        return {
            RESULT: result.to_json().encode(),
            REPORT: page.encode(),
            PROTOCOL: self.text.encode(),
            RUN: json.dumps(about).encode(),
        }


def reason_of(error: BaseException) -> str:
    """Give what the system said, at the root of an error; no path is in it."""
    root = error.__cause__ or error
    return getattr(root, "strerror", None) or "the disk refuses"


def read_protocol(data: bytes) -> tuple[AllPairsProtocol, str]:
    """Read a protocol that a measurement of an upload can follow.

    Parameters
    ----------
    data : bytes
        TOML, at most 64 KiB.

    Returns
    -------
    protocol : AllPairsProtocol
        About templates, or about scores in one file; the names of files in it are not followed.
    text : str
        As it was sent.

    Raises
    ------
    InputError
        If it is none, or asks for what was not uploaded: a data set, a drawn population, a matrix.
    """
    if len(data) > PROTOCOL_BYTES:
        msg = f"{NAME} is larger than {PROTOCOL_BYTES:,} bytes"
        raise InputError(msg)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        msg = f"{NAME} is not text in UTF-8"
        raise InputError(msg) from error
    asked = parse_protocol(text, name=NAME)
    if not isinstance(asked, AllPairsProtocol):
        msg = f"{NAME} asks for LFW's official pairs; wanted all-pairs, as only that is measured here"
        raise InputError(msg)
    source = asked.data
    if source.scores is not None and len(source.scores.files) != 1:
        msg = f"{NAME} names {len(source.scores.files)} files of scores; wanted one, as one is uploaded"
        raise InputError(msg)
    if not (source.templates or source.dataset or source.scores):
        msg = f"{NAME} is about neither templates, nor photos whose templates are uploaded, nor scores"
        raise InputError(msg)
    return asked, text


def look_at(protocol: AllPairsProtocol, upload: Path) -> None:
    """Refuse an upload that can be seen to be bad, before a job is begun.

    Raises
    ------
    InputError
        If it is of another kind than the protocol is about, too large, or damaged.
    MeasurementError
        If the protocol's thresholds cannot be had from it.
    """
    if protocol.data.scores is None:
        templates = read_templates(upload, protocol)
        require_usable(protocol, templates.embedder.metric)
        return
    with upload.open("rb") as file:
        if file.read(len(NPZ_START)) == NPZ_START:
            msg = "scores come as one CSV or one Parquet file; the upload is a zip or npz file"
            raise InputError(msg)
    require_usable(protocol, protocol.data.scores.metric)
    with named_by_content(upload) as path:
        columns_of(path, LIMITS)


def read_templates(upload: Path, protocol: AllPairsProtocol) -> TemplateSet:
    """Read the templates that a protocol is about.

    Raises
    ------
    InputError
        If the file is no template file, holds too many, or is of another data set than the protocol's.
    """
    templates = stranger_templates(upload, LIMITS)
    if len(templates) > LIMITS.photos:
        msg = f"the upload holds {len(templates):,} templates, at most {LIMITS.photos:,} are measured"
        raise InputError(msg)
    wanted = protocol.data.dataset
    if wanted and templates.origin.dataset not in {wanted, f"folder:{Path(wanted).name}"}:
        got = ascii(templates.origin.dataset[:80])
        msg = f"{NAME} is about data set {wanted[:80]!a}, the upload holds templates of {got}"
        raise InputError(msg)
    return templates


def _scored(protocol: AllPairsProtocol, spec: ScoresSpec, upload: Path, told: Progress) -> Material:
    with named_by_content(upload) as path:
        columns_of(path, LIMITS)
        # The protocol's own name of the file is never followed: it would read the service's files.
        here = replace(spec, files=(ScoreFile(path.name, spec.files[0].group),))
        made = load_scores(
            here,
            path.parent,
            floor=protocol.floor,
            by=protocol.by,
            on_progress=lambda n, of: told(n, of, "reading scores"),
        )
    if made.summary.rows > LIMITS.score_rows:
        msg = f"the upload holds {made.summary.rows:,} scores, at most {LIMITS.score_rows:,} are measured"
        raise InputError(msg)
    return scores_material(made, protocol)
