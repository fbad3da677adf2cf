"""``facegate demo``: the whole of facegate once through, one screen a step."""

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.markup import escape
from rich.panel import Panel
from rich.table import Table

from facegate.audit.published.publish import publish
from facegate.audit.published.published import verify_published
from facegate.audit.replay import replay_log
from facegate.audit.verify import verify_log
from facegate.cli.console import console, progress
from facegate.cli.demo_agency import (
    EXAMINER,
    INVESTIGATOR,
    LICENSE_AUTHORITY,
    POLICE,
    RECORDS_DESK,
    ROBBERY,
    SECOND_ROBBERY,
    SHOPLIFTING,
    SUPERVISOR,
    Tried,
    first_reply,
    review_and_release,
    set_up,
)
from facegate.cli.demo_faces import ASTRONAUT, DemoFaces, gather
from facegate.cli.demo_measure import keep_runs, measure_and_certify, planted_table
from facegate.cli.demo_service import CASE, LOGINS, PHRASE, make_ready
from facegate.cli.log_export import signing_keys
from facegate.cli.search import certificate_text, print_reply
from facegate.durable import replace_bytes
from facegate.errors import CertificateError, VerificationError
from facegate.evaluation.certificates.file import open_certificate
from facegate.faces.dlib_onnx import DlibEmbedder
from facegate.gallery.gallery import Gallery
from facegate.gate.books import open_ledger
from facegate.gate.home import Home
from facegate.gate.in_force import trusted_issuers
from facegate.gate.opening import open_gate
from facegate.gate.reply import SearchReply
from facegate.gate.review.release import ReleasedList
from facegate.gate.search import Gate
from facegate.gate.witnessing import sign_and_witness
from facegate.oversight.case_file.check import check_case_file
from facegate.oversight.case_file.export import export_case
from facegate.records import LabeledPhoto
from facegate.reporting.terminal import show_result
from facegate.settings import Settings

N_STEPS = 12


def demo(
    folder: Annotated[Path, typer.Option(help="Where the demo keeps its files.")] = Path("demo"),
    *,
    step: Annotated[bool, typer.Option("--step", help="Wait for Enter before each step.")] = False,
) -> None:
    """See the whole of facegate once: a search allowed, reviewed, refused, and who is wrongly matched."""
    started = time.monotonic()
    tour = Tour(folder, wait=step)
    faces = tour.data()
    tour.enroll(faces)
    tour.agency()
    with open_gate(tour.home, DlibEmbedder.load(tour.settings.cache)) as gate:
        tried = tour.allowed_search(gate, faces)
        tour.review(gate, tried.reply)
        tour.refused_search(gate, tried.photo)
        tour.strangers_search(gate, faces)
    tour.rates(faces)
    tour.verify()
    tour.tamper()
    tour.outside()
    tour.service(faces)
    tour.farewell(time.monotonic() - started)


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

    def agency(self) -> None:
        """Step 3: who may ask, under which law; a case is opened."""
        self._heading(
            "The agency",
            "No register, no search: people, cases, sharing, authority, notice and audit must be on file.",
        )
        applied = set_up(self.folder, self.home, datetime.now(tz=UTC))
        n_records = sum(applied.recorded.values())
        console.print(
            f"Police department {POLICE}: {INVESTIGATOR.officer} investigates and asks, {SUPERVISOR.officer} "
            f"supervises and approves each search, {RECORDS_DESK} registered the case {ROBBERY.case_number}."
        )
        console.print(
            f"License authority {LICENSE_AUTHORITY}: owns the photos, shares them with that department for "
            f"stated purposes, and its examiner {EXAMINER.officer} compares. Immigration agencies are "
            "blocked."
        )
        console.print(
            f"In force: {ROBBERY.profile}, this very text, activated under two signatures. All of it is "
            f"made up and stands in {self.folder / 'agency.toml'}: {n_records} records of the log."
        )

    def allowed_search(self, gate: Gate, faces: DemoFaces) -> Tried:
        """Step 4: a search that the law allows."""
        self._heading(
            "A search that is allowed",
            f"Probe: {escape(faces.probe_about)}. Robbery (NCIC 1201), case {ROBBERY.case_number}, under "
            f"Colorado's memo. {SUPERVISOR.officer} permits it: this photo, case and officer, once.",
        )
        tried = first_reply(gate, ROBBERY, faces.probes, found=True)
        if tried.n_tried > 1:
            console.print(
                f"[dim]{tried.n_tried - 1} earlier probe(s) found nobody: at this threshold some photos of "
                "one person do not match (FNMR below).[/dim]"
            )
        _print_waiting(tried.reply)
        return tried

    def review(self, gate: Gate, reply: SearchReply) -> None:
        """Step 5: two people look, then the list is released."""
        self._heading(
            "Two people look",
            f"Each says of every candidate agree, disagree or inconclusive, without the other's word. Here "
            f"the demo answers for {EXAMINER.officer} and {SUPERVISOR.officer}: no person compared anything.",
        )
        if not reply.n_candidates:
            console.print("Nobody was found, so there is nothing to review.")
            return
        done = review_and_release(gate, self.home, reply)
        console.print(f"After one finding, a release is refused: {escape(done.too_early)}.")
        console.print(f"After two, {SUPERVISOR.officer} releases the list to {INVESTIGATOR.officer}:")
        console.print(_released(done.released))

    def refused_search(self, gate: Gate, photo: LabeledPhoto) -> None:
        """Step 6: the same photo, no case number, shoplifting claimed as Level 1."""
        self._heading(
            "The same face, refused",
            "No case number, no permit, and shoplifting (NCIC 2303) claimed as a Level 1 offense. "
            "Nothing is searched, and every rule that fails is named.",
        )
        print_reply(gate.search(SHOPLIFTING, photo.path.read_bytes()))

    def strangers_search(self, gate: Gate, faces: DemoFaces) -> None:
        """Step 7: somebody who is not enrolled."""
        if faces.strangers:
            about = "Probe: a person who is not enrolled, in a second case. Nobody is the right answer."
            self._heading("A stranger", about)
        else:
            self._heading(
                "A stranger",
                "The astronaut is withdrawn from the gallery, and is a stranger from now on. A second case.",
            )
            with Gallery.open(self.home.gallery, writable=True) as gallery:
                gallery.withdraw([ASTRONAUT])
        tried = first_reply(gate, SECOND_ROBBERY, faces.strangers or faces.probes, found=False)
        if tried.n_tried > 1:
            console.print(
                f"[dim]{tried.n_tried - 1} other stranger(s) did draw a candidate: see the rates.[/dim]"
            )
        _print_waiting(tried.reply)
        if not tried.reply.n_candidates:
            console.print("That nobody was found is a result too, and a record: the review is closed as nil.")

    def rates(self, faces: DemoFaces) -> None:
        """Step 8: who is wrongly matched."""
        self._heading(
            "Who is wrongly matched",
            "Every photo measured against every other. Two different people who match are a false match.",
        )
        console.print(show_result(self._result, only=self._certificate.threshold.name))
        if faces.planted is not None:
            console.print(
                "These people are drawn, so their true rates are known. Does the measurement find them?"
            )
            console.print(planted_table(self._result, faces.planted))

    def verify(self) -> None:
        """Step 9: the log holds, and every decision comes out of it again."""
        self._heading("The log", "Every step left its record, hashed into one tree. Is it whole, and right?")
        held = verify_log(self.home.log)
        kinds = ", ".join(f"{count} {kind}" for kind, count in held.n_by_kind.items())
        console.print(
            f"[green]PASS[/]  {held.size} records hold, {len(held.open_intents)} searches without a result."
        )
        console.print(f"[dim]{kinds}[/dim]")
        console.print(f"[dim]Root {held.root}[/dim]")
        again = replay_log(self.home.log)
        if again.differences:
            raise VerificationError(again.differences[0].why)
        console.print(
            f"[green]PASS[/]  {again.n_same} decisions made again, from the texts of the law on the log: "
            "each came out as logged, by the same rules."
        )

    def tamper(self) -> None:
        """Step 10: one byte of a copy is flipped, and found."""
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

    def outside(self) -> None:
        """Step 11: what those get who do not trust the operator, and how each checks it."""
        self._heading(
            "Seen from outside",
            "The log is signed and published as plain files; the defense gets one file for its case.",
        )
        keys = signing_keys(self.home)
        signed, _ = sign_and_witness(self.home, keys, None, datetime.now(tz=UTC))
        public = self.folder / "public"
        shutil.rmtree(public, ignore_errors=True)
        publish(self.home.log, public, signed.encode())
        found = verify_published(public, keys=keys.vkeys)
        console.print(
            f"[green]PASS[/]  {found.log.size} records in {public}: signature, every record, every tile. "
            "Nothing that is sealed is in it."
        )
        with open_ledger(self.home) as ledger:
            made = export_case(
                ledger,
                self.home,
                agency=POLICE,
                number=ROBBERY.case_number or "",
                keys=keys,
                clock=partial(datetime.now, tz=UTC),
            )
        replace_bytes(self.folder / "case.zip", made.data)
        check_case_file(made.data, keys=keys.vkeys)
        console.print(
            f"[green]PASS[/]  {self.folder / 'case.zip'}: every search of case {ROBBERY.case_number}, "
            "opened, with proofs and a verifier that needs neither facegate nor this machine."
        )
        console.print("[dim]No witness cosigned here: a demo has nobody outside to ask.[/dim]")

    def service(self, faces: DemoFaces) -> None:
        """Step 12: what `make serve` will show."""
        self._heading(
            "In the browser",
            "The same gate with pages: people sign in, each for his own work. Accounts are made, on the log.",
        )
        with _bar("Photos kept for the reviewers") as advance:
            self._served = make_ready(self.folder, self.home, faces, advance)
        keep_runs(faces, self._measured, self.folder, self.home, _bar)
        table = Table("name", "what he does", box=SIMPLE)
        for one in LOGINS:
            table.add_row(one.name, one.does)
        console.print(table)
        console.print(f"Everybody's pass phrase, in this demo only: [bold]{PHRASE}[/]")
        console.print(
            f"To search with: case {CASE}, NCIC code {ROBBERY.offense_code}, photo {self._served.probe}.",
            soft_wrap=True,
        )

    def farewell(self, seconds: float) -> None:
        """Say where the files are, and what to try next."""
        home, request = self.home.folder, self.folder / "request.toml"
        commands = (
            f"facegate log show {home / 'log'}",
            f"facegate log verify {self.folder / 'public'} --key {home / 'keys' / 'log.vkey'}",
            f"facegate case check {self.folder / 'case.zip'} --key {home / 'keys' / 'log.vkey'}",
            f"facegate agency show --home {home}",
            f"facegate policy explain {request} --profile moratorium",
            f"facegate policy diff {ROBBERY.profile} wa-43.386",
        )
        console.print()
        console.print(
            f"Done in {seconds:.0f} s. Gallery, log, keys and certificate are in {home}, "
            f"the measurement in {self.folder / 'rates'}."
        )
        console.print(
            f"[bold]make serve[/] shows the pages at [bold]{self._served.address}[/] (sign in as detective); "
            f"for everybody: {self._served.address}/oversight, /benchmarks, /policies"
        )
        console.print("Try next (in .venv/bin):")
        for command in commands:
            console.print(f"  {command}", soft_wrap=True, markup=False)

    def _measure(self, faces: DemoFaces) -> None:
        """Measure, have the result certified, and put the certificate in force."""
        measured = measure_and_certify(faces, self.folder, self.home, _bar)
        self._measured, self._result, self._certificate = measured, measured.result, measured.certificate
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


def _print_waiting(reply: SearchReply) -> None:
    """Show what whoever asked learns of a search: how many wait, and nothing of them."""
    if reply.failed_rules:
        print_reply(reply)
        return
    if reply.n_candidates:
        waits = "candidate waits" if reply.n_candidates == 1 else "candidates wait"
        text = (
            f"[bold]{reply.n_candidates} {waits} for review by two trained people.[/]\n"
            f"Until then {INVESTIGATOR.officer}, who asked, is told neither who nor how alike."
        )
    else:
        text = "[bold]Nobody[/] enrolled is at or above the threshold."
    synthetic = ", SYNTHETIC gallery" if reply.gallery.synthetic else ""
    title = f"Searched among {reply.gallery.n_subjects:,} enrolled{synthetic}"
    console.print(Panel(text, title=title, title_align="left", border_style="blue", expand=False))
    console.print(f"[dim]Log: intent {reply.log.intent}, result {reply.log.result}[/dim]")


def _released(released: ReleasedList) -> Panel:
    """Show the list as it is handed on: with what two people found, and the error rates."""
    table = Table("rank", "score band", "reference (this case only)", "findings", "verdict", box=SIMPLE)
    for one in released.candidates:
        reference = one.subject_ref or "withheld"
        table.add_row(str(one.rank), one.band, reference, ", ".join(one.findings), str(one.verdict))
    text = Table.grid()
    text.add_row(table)
    text.add_row(f"Mark of this copy: {released.mark}. A copy found elsewhere tells whose it was.")
    text.add_row("")
    text.add_row(certificate_text(released.certificate))
    text.add_row(f"\n[bold]{released.notice}[/]")
    leads = "1 lead" if released.n_leads == 1 else f"{released.n_leads} leads"
    title = f"{leads}, for {INVESTIGATOR.officer} only"
    return Panel(text, title=title, title_align="left", border_style="blue", expand=False)


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
