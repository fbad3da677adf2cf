"""``facegate demo``: the whole of facegate once through, one screen a step."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from facegate.audit.verify import verify_log
from facegate.cli.console import console, progress
from facegate.cli.demo_faces import ASTRONAUT, DemoFaces, gather
from facegate.cli.demo_measure import measure_and_certify
from facegate.cli.search import print_reply
from facegate.datasets.synthetic import SyntheticPopulation
from facegate.decision import Threshold
from facegate.errors import CertificateError, UnusablePhoto, VerificationError
from facegate.evaluation.certificates.file import open_certificate
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gallery.gallery import Gallery
from facegate.gate.home import Home
from facegate.gate.in_force import trusted_issuers
from facegate.gate.opening import open_gate
from facegate.gate.reply import SearchReply
from facegate.gate.search import Gate
from facegate.records import LabeledPhoto, SearchRequest
from facegate.reporting.numbers import per_million
from facegate.reporting.terminal import show_result
from facegate.settings import Settings

N_STEPS = 8
MOST_TRIES = 40
ALLOWED = SearchRequest(
    profile="co-dmv-2019",
    case_number="24-001234",
    offense_code="1201",
    offense_level="1",
    requester="8841",
    agency="CO0160000",
)
REFUSED = SearchRequest(
    profile="co-dmv-2019",
    offense_code="2303",
    offense_level="1",
    requester="8841",
    agency="CO0160000",
)


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path("demo"),
    *,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter before each step.")] = False,
) -> None:
    """See the whole of facegate once: faces in, a search allowed, one refused, who is wrongly matched."""
    started = time.monotonic()
    tour = Tour(folder, wait=step)
    faces = tour.data()
    tour.enroll(faces)
    with open_gate(tour.home, DlibEmbedder.load(tour.settings.cache)) as gate:
        probe = tour.allowed_search(gate, faces)
        tour.refused_search(gate, probe)
        tour.strangers_search(gate, faces)
    tour.rates(faces)
    tour.verify()
    tour.tamper()
    tour.farewell(probe, time.monotonic() - started)


class Tour:
    """The steps of the demo, in order, each with a heading.

    Parameters
    ----------
    folder : Path
        The demo's own folder; ``home`` in it is made anew each time.
    wait : bool
        Wait for Enter before each step.
    """

    def __init__(self, folder: Path, *, wait: bool) -> None:
        self.folder = folder
        self.home = Home(folder / "home")
        self.settings = Settings.from_environment()
        self._wait = wait
        self._n_step = 0

    def data(self) -> DemoFaces:
        """Step 1: find faces and turn photos into templates."""
        self._heading("Faces", "Photos become templates: 128 numbers a face, made by dlib's network.")
        with _bar("Photos embedded") as advance:
            faces = gather(self.folder, self.settings, advance)
        console.print(f"Here: {escape(faces.about)}.")
        if faces.synthetic:
            console.print(
                "[yellow]No data set was found (FACEGATE_DATA is not set), so the crowd is drawn by "
                "computer. What follows shows how facegate works, not how faces are confused.[/]"
            )
        n_failed = int((faces.measured.failure != "").sum())
        console.print(f"Failures to enroll among {len(faces.measured):,} photos measured: {n_failed}.")
        return faces

    def enroll(self, faces: DemoFaces) -> None:
        """Step 2: put the templates into the gallery, measure, and put a certificate in force."""
        self._heading("Enroll", "The gallery stands in for a license-photo store. It gives no photo back.")
        shutil.rmtree(self.home.folder, ignore_errors=True)
        with (
            _bar("Templates enrolled") as advance,
            Gallery.create(self.home.gallery, faces.measured.embedder) as gallery,
        ):
            done = 0

            def on_progress(rows: int) -> None:
                nonlocal done
                done += rows
                advance(done, faces.n_enrolled)

            gallery.enroll(faces.enrolled(), on_progress=on_progress)
            console.print(
                f"{gallery.n_subjects:,} people enrolled; gallery digest {gallery.digest[:16]}…: "
                "it changes with every person who comes or goes."
            )
        self._measure(faces)

    def allowed_search(self, gate: Gate, faces: DemoFaces) -> LabeledPhoto:
        """Step 3: a search that the profile allows."""
        self._heading(
            "A search that is allowed",
            f"Probe: {escape(faces.probe_about)}. Robbery (NCIC 1201), case 24-001234, Colorado memo.",
        )
        photo, reply, n_tried = _first(gate, faces.probes, lambda reply: bool(reply.candidates))
        if n_tried > 1:
            console.print(
                f"[dim]{n_tried - 1} earlier probe(s) found nobody: at this threshold some photos of one "
                "person do not match (FNMR below).[/dim]"
            )
        print_reply(reply)
        return photo

    def refused_search(self, gate: Gate, photo: LabeledPhoto) -> None:
        """Step 4: the same face, no case number, shoplifting claimed as Level 1."""
        self._heading(
            "The same face, refused",
            "No case number, and shoplifting (NCIC 2303) claimed as a Level 1 offense. Nothing is searched.",
        )
        print_reply(gate.search(REFUSED, photo.path.read_bytes()))

    def strangers_search(self, gate: Gate, faces: DemoFaces) -> None:
        """Step 5: somebody who is not enrolled."""
        if faces.strangers:
            about = "Probe: a person who is not enrolled. An empty list is the right answer."
            self._heading("A stranger", about)
            _, reply, n_tried = _first(gate, faces.strangers, lambda reply: not reply.candidates)
            if n_tried > 1:
                console.print(
                    f"[dim]{n_tried - 1} other stranger(s) did draw a candidate: see the rates.[/dim]"
                )
        else:
            self._heading(
                "A stranger", "The astronaut is withdrawn from the gallery, and is a stranger from now on."
            )
            with Gallery.open(self.home.gallery, writable=True) as gallery:
                gallery.withdraw([ASTRONAUT])
            reply = gate.search(ALLOWED, faces.probes[0].path.read_bytes())
        print_reply(reply)

    def rates(self, faces: DemoFaces) -> None:
        """Step 6: who is wrongly matched."""
        self._heading(
            "Who is wrongly matched",
            "Every photo measured against every other. Two different people who match are a false match.",
        )
        console.print(show_result(self._result, only=self._certificate.threshold.name))
        if faces.planted is not None:
            self._planted(faces.planted)

    def verify(self) -> None:
        """Step 7: the log holds."""
        self._heading("The log", "Every attempt left an intent and a result record, hashed into one tree.")
        held = verify_log(self.home.log)
        kinds = ", ".join(f"{count} {kind}" for kind, count in held.n_by_kind.items())
        console.print(
            f"[green]PASS[/]  {held.size} records ({kinds}), "
            f"{len(held.open_intents)} searches without a result."
        )
        console.print(f"Root {held.root}")

    def tamper(self) -> None:
        """Step 8: one byte of a copy is flipped, and found."""
        self._heading("Somebody edits the record", "One bit in the middle of a copy of the log is flipped.")
        copy = self.folder / "tampered-log"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.home.log, copy)
        entries = bytearray((copy / "entries").read_bytes())
        entries[len(entries) // 2] ^= 1
        (copy / "entries").write_bytes(entries)
        _must_fail(lambda: verify_log(copy))
        console.print("And somebody edits a copy of the certificate: one bit of the result it speaks of.")
        certificate = bytearray(self.home.certificate.read_bytes())
        certificate[certificate.index(self._certificate.result_digest.encode())] ^= 1
        trusted = trusted_issuers(self.home)
        _must_fail(lambda: open_certificate(bytes(certificate), trusted, name="the copy"))

    def farewell(self, probe: LabeledPhoto, seconds: float) -> None:
        """Say where the files are, and what to try next."""
        home = self.home.folder
        stated = (
            f"--case-number {ALLOWED.case_number} --offense-code {ALLOWED.offense_code} --offense-level "
            f"{ALLOWED.offense_level} --requester {ALLOWED.requester} --agency {ALLOWED.agency}"
        )
        commands = (
            f"facegate log show {home / 'log'}",
            f"facegate search {probe.path} --home {home} --profile moratorium {stated}",
            "facegate policy show co-dmv-2019",
        )
        console.print()
        console.print(
            f"Done in {seconds:.0f} s. Gallery, log, keys and certificate are in {home}, "
            f"the measurement in {self.folder / 'rates'}."
        )
        console.print("Try next (in .venv/bin):")
        for command in commands:
            console.print(f"  {command}", soft_wrap=True, markup=False)

    def _measure(self, faces: DemoFaces) -> None:
        """Measure, have the result certified, and put the certificate in force."""
        measured = measure_and_certify(faces, self.folder, self.home, _bar)
        self._result, self._certificate = measured.result, measured.certificate
        at = measured.certificate.threshold
        console.print(
            f"Threshold: {self._certificate.metric.native_name} {at.native:.4f}, the loosest at which at "
            f"most 1 in {round(1 / measured.target):,} comparisons of different people matches."
        )
        searches = measured.certificate.searches
        size = searches.gallery_size if searches else 0
        console.print(
            f"Certificate {measured.certificate.serial[:16]}… in force: signed for this model, this "
            f"threshold and a gallery like the one of {size:,} people that was searched, "
            f"until {measured.certificate.valid_until}. Without it the gate stays closed. "
            "The key was made for this demo, so it vouches for nobody's honesty."
        )

    def _planted(self, population: SyntheticPopulation) -> None:
        """Hold the measured rates against the true ones, which a drawn population has."""
        at = self._result.main.at[0]
        threshold = Threshold(at.threshold.score, population.metric)
        measured = {rates.group: rates.fmr for rates in at.groups}
        table = Table("group", "true rate per million", "measured, 95 % range", box=SIMPLE)
        for place, group in enumerate(population.groups):
            truth = population.false_match_rate(place, place, threshold)
            found = measured[f"{group.race} {group.sex}"]
            if found is not None:
                interval = f"{per_million(found.low)} to {per_million(found.high)}"
                table.add_row(f"{group.race} {group.sex}", per_million(truth), interval)
        console.print(
            "These people are drawn, so their true rates are known. Does the measurement find them?"
        )
        console.print(table)

    def _heading(self, title: str, about: str) -> None:
        self._n_step += 1
        if self._wait and self._n_step > 1:
            console.input("[dim]Enter for the next step[/dim]")
        console.print()
        console.print(
            Panel(
                about, title=f"{self._n_step} of {N_STEPS}  {title}", title_align="left", border_style="cyan"
            )
        )


def _first(
    gate: Gate, photos: tuple[LabeledPhoto, ...], wanted: Callable[[SearchReply], bool]
) -> tuple[LabeledPhoto, SearchReply, int]:
    """Search one photo after the other until a reply is as wanted; each is a search on the log."""
    reply, photo, n_tried = None, photos[0], 0
    for photo in photos[:MOST_TRIES]:
        try:
            reply = gate.search(ALLOWED, photo.path.read_bytes())
        except UnusablePhoto:
            continue  # two faces in the photo: the gate refuses to choose, and so does the demo
        n_tried += 1
        if wanted(reply):
            break
    if reply is None:
        msg = f"none of {len(photos)} photos shows exactly one face"
        raise UnusablePhoto(msg, reason="several-faces")
    return photo, reply, n_tried


def _must_fail(check: Callable[[], object]) -> None:
    """Show the sentence with which a check refuses; one that does not is a fault of facegate."""
    try:
        check()
    except (VerificationError, CertificateError) as error:
        console.print(f"[red]FAIL[/]  {escape(str(error))}")
        return
    msg = "a flipped bit was not noticed"
    raise RuntimeError(msg)


@contextmanager
def _bar(title: str) -> Iterator[Callable[[int, int], None]]:
    """Show a progress bar; gives the function to advance it."""
    with progress() as bar:
        task = bar.add_task(title, total=None)

        def advance(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield advance
