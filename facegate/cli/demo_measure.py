"""The demo's measurement: compare, search, and sign what was found, so that the gate opens."""

import secrets
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
from rich.box import SIMPLE
from rich.table import Table

from facegate.cli.benchmark_runs import digest_of_result, files_of, read_all_pairs
from facegate.cli.demo_faces import DemoFaces
from facegate.datasets.synthetic import SyntheticPopulation
from facegate.decision import Threshold
from facegate.evaluation.certificates.certificate import Certificate, certify
from facegate.evaluation.certificates.file import sign
from facegate.evaluation.certificates.keys import IssuerKey
from facegate.evaluation.identification.measuring import measure_identification
from facegate.evaluation.identification.plan import IdentificationPlan
from facegate.evaluation.material import template_material, templates_summary
from facegate.evaluation.protocol import AllPairsProtocol, parse_protocol
from facegate.evaluation.result import BenchmarkResult
from facegate.evaluation.run import run_benchmark
from facegate.evaluation.subgroups import population_of
from facegate.gate.adopting import put_in_force
from facegate.gate.home import Home
from facegate.reporting.numbers import per_million
from facegate.reporting.report import report_html
from facegate.reporting.run_files import REPORT
from facegate.reporting.run_folder import write_run
from facegate.server.benchmarking.kept_runs import results_folder
from facegate.templates import TemplateSet

Bar = Callable[[str], AbstractContextManager[Callable[[int, int], None]]]
ISSUER = "demo.facegate.example"
WHOLE, HALF = "demo", "demo-every-second-person"
TITLES = {WHOLE: "false matches by race and sex", HALF: "the same, measured on every second person only"}
MANY_COMPARISONS = 2_000_000
CROWD_PLAN = IdentificationPlan(enroll=0.95, people_per_group=250)

PROTOCOL = """
kind = "all-pairs"
name = "{name}"
title = "Demo: {title}"
notes = ["The threshold was set on these same people, so its overall rate is not a forecast for others."]
data.dataset = "demo"
groups.by = ["race", "sex"]
floor.distance = 0.6
resampling = {{ bootstrap = 200, permutations = 200, seed = 1 }}
[[threshold]]
fmr = {target:g}
"""
SEARCHES = """
[identification]
enroll = 0.92  # the gate's gallery holds 95 % of the same people, and the test gallery must reach 90 % of it
"""


@dataclass(frozen=True)
class Measured:
    """What the demo measured, and the certificate made of it.

    Parameters
    ----------
    result : BenchmarkResult
        The run, as it stands in the demo's folder.
    certificate : Certificate
        In force for the demo's gate.
    target : float
        The false match rate that the threshold was set for.
    """

    result: BenchmarkResult
    certificate: Certificate
    target: float


def measure_and_certify(faces: DemoFaces, folder: Path, home: Home, bar: Bar) -> Measured:
    """Measure false matches and searches, keep the run, sign a certificate and put it in force.

    Parameters
    ----------
    faces : DemoFaces
        Who is compared, and who is searched among.
    folder : Path
        The demo's own folder; run and issuer's key are kept there.
    home : Home
        Of the demo's gate.
    bar : callable
        Makes a progress bar from its title.
    """
    protocol = _protocol(faces)
    now = datetime.now(tz=UTC)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        found = _run(faces.measured, protocol, Path(scratch), bar, measured_on=now.date().isoformat())
        if faces.crowd is not None:
            found = _with_crowd(found, faces.crowd(), Path(scratch), bar)
    write_run(folder / "rates", files_of(found), replace=True)
    result, digest = read_all_pairs(folder / "rates"), digest_of_result(folder / "rates")
    key = _issuer_key(folder / "issuer.pem")
    name = result.main.at[0].threshold.name
    drawn_up = certify(result, name, result_digest=digest, issuer=key.issuer, issued_on=now.date())
    data = sign(drawn_up, key).text().encode()
    in_force = put_in_force(data, home, issuer=key.issuer, now=now, name="the demo's certificate")
    return Measured(result, in_force, protocol.thresholds[0].value)


def keep_runs(faces: DemoFaces, measured: Measured, folder: Path, home: Home, bar: Bar) -> None:
    """Leave the run where the pages read runs, and a second one on half of the people to compare it with.

    Parameters
    ----------
    faces : DemoFaces
        Who was compared.
    measured : Measured
        The run.
    folder : Path
        The demo's own folder.
    home : Home
        Of the demo's gate.
    bar : callable
        Makes a progress bar from its title.
    """
    people = {one: place for place, one in enumerate(sorted(set(faces.measured.subject_id)))}
    every_second = np.array([people[one] % 2 == 0 for one in faces.measured.subject_id])
    protocol = _read_protocol(PROTOCOL.format(target=measured.target, name=HALF, title=TITLES[HALF]))
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        half = _run(
            faces.measured.select(every_second),
            protocol,
            Path(scratch),
            bar,
            measured_on=measured.result.provenance.measured_on,
        )
    for name, result in ((WHOLE, measured.result), (HALF, half)):
        report = report_html(result).encode()
        write_run(results_folder(home) / name, {**files_of(result), REPORT: report}, replace=True)


def planted_table(result: BenchmarkResult, population: SyntheticPopulation) -> Table:
    """Hold the measured rates against the true ones, which a drawn population has.

    Parameters
    ----------
    result : BenchmarkResult
        The run.
    population : SyntheticPopulation
        Whom it measured.
    """
    at = result.main.at[0]
    threshold = Threshold(at.threshold.score, population.metric)
    measured = {rates.group: rates.fmr for rates in at.groups}
    table = Table("group", "true rate per million", "measured, 95 % range", box=SIMPLE)
    for place, group in enumerate(population.groups):
        truth = population.false_match_rate(place, place, threshold)
        found = measured[f"{group.race} {group.sex}"]
        if found is not None:
            interval = f"{per_million(found.low)} to {per_million(found.high)}"
            table.add_row(f"{group.race} {group.sex}", per_million(truth), interval)
    return table


def _run(
    templates: TemplateSet, protocol: AllPairsProtocol, scratch: Path, bar: Bar, *, measured_on: str
) -> BenchmarkResult:
    summary = templates_summary("templates", templates, population_of(templates, by=protocol.by))
    with bar("Comparisons made") as advance:
        material = template_material(templates, summary, protocol, on_progress=advance)
    with bar("Searches made") if protocol.identification else nullcontext() as step:
        return run_benchmark(
            material,
            protocol,
            command="facegate demo",
            measured_on=measured_on,
            folder=scratch,
            on_progress=step,
        )


def _with_crowd(result: BenchmarkResult, crowd: TemplateSet, scratch: Path, bar: Bar) -> BenchmarkResult:
    """Search the drawn crowd itself: a certificate holds for a gallery as large as the one searched."""
    population = population_of(crowd, by=result.method.labels)
    thresholds = [at.threshold for at in result.main.at]
    with bar("Searches made") as advance:
        found = measure_identification(
            crowd,
            population,
            thresholds,
            CROWD_PLAN,
            folder=scratch,
            fmr_by_group={},
            on_progress=advance,
        )
    origin = crowd.origin
    note = f"Searches were measured on other drawn people: {origin.dataset}, digest {origin.dataset_digest}."
    return replace(result, identification=found, notes=(*result.notes, note))


def _issuer_key(path: Path) -> IssuerKey:
    """Take the key of an earlier demo, or make one: a key is never overwritten."""
    if path.exists():
        return IssuerKey.read(path)
    return IssuerKey.create(path, ISSUER, random_bytes=secrets.token_bytes)


def _protocol(faces: DemoFaces) -> AllPairsProtocol:
    """Aim at a rate that this many comparisons can speak to."""
    n = len(faces.measured)
    target = 1e-4 if n * n > MANY_COMPARISONS else 1e-3
    text = PROTOCOL.format(target=target, name=WHOLE, title=TITLES[WHOLE])
    return _read_protocol(text if faces.crowd else text + SEARCHES)


def _read_protocol(text: str) -> AllPairsProtocol:
    protocol = parse_protocol(text, name="the demo's protocol")
    if not isinstance(protocol, AllPairsProtocol):
        msg = "the demo's protocol compares all with all"
        raise TypeError(msg)
    return protocol
