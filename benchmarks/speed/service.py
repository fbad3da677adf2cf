"""How fast is the whole service, and where does the time go? Real uvicorn, real keys, real photos.

Run ``FACEGATE_DATA=... python benchmarks/speed/service.py``; a million people need about 3 GB of memory and
2 GB in the temporary folder, 10,000 searches half an hour on 2 cores. ``--quick`` enrolls 20,000 and searches
300 times, in three minutes. An agency's folder is made: registers, cases, log, signing keys, accounts with
API keys, a permit for every search, and a gallery of drawn people in the space of the real network. Then the
service is started in a process of its own, as ``facegate serve`` starts it, and asked over loopback, each
search with its own permit and Idempotency-Key. What is printed:

- **searches a second, p50, p95, p99** at 1, 4 and 16 clients, as a client sees them; clients share the cores
  with the service. Beside them a handler that takes the same form behind the same edge and does nothing.
- **where the time goes**: decode, detect, embed, policy, log, search and held
  (`facegate.server.metrics.STAGES`), and the rest: form, key, reply, and waiting. Search stands beside one
  bare numpy product of as many vectors. Held keeps no core busy: a reply waits for the end of its slot
  of 10 ms (`facegate.server.slots`), and meanwhile the review of a search that found nobody is closed.
- **other work**: the whole request in the service but decode, detect, embed, search and held; at most 10 ms
  at p95 with one client. Beside it the processor time outside these stages and one bare flush of the same
  disk, for a machine that is not idle. What the service does beside a stage makes nobody wait and is not in
  it: the Idempotency-Key, registers, counters and the law beside decode; hashes of the face beside embed;
  sealing the probe and the index beside search; closing the review while held; the kept reply after it. With
  more clients it holds their waiting for each other and for a core, and is only shown.
- **memory**: of the service's process over ``--searches`` searches, looked at every second: what stays when
  free memory was given back (the lowest tenth), and how much more is there meanwhile. 0.3 KB a search must
  stay: the marks of every past probe are kept in memory, so that the same face is known again.
- **stopping**: SIGTERM in the middle of 16 clients; who got his 201 must be on the log, intent and result.

Settings that no agency would have: every cap of ``limits.toml`` and every rate limit is raised out of the way
(they are looked up as always), permits hold for days, and the certificate is the published LFW run's with the
size of its gallery written up, signed by a key made for it. Probes are LFW's photos, one a person as long as
there are people; without ``FACEGATE_DATA`` changed copies of one photo of scikit-image's, which are variants
of one probe and dearer to count: then 20 searches, at most 600 in all. Drawn people are SYNTHETIC: no finding
about anybody.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import platform
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from service_folder import Asked, fill_gallery, make_agency, the_photos
from service_metered import BARE, CREATED, SEARCH, serve_metered
from service_table import (
    CLIENTS,
    load,
    print_clients,
    print_other_work,
    print_stages,
    read_records,
    say,
    seconds,
    verdict,
)

from facegate.audit.storage import read_entries
from facegate.gate.home import Home
from facegate.server.config import read_config
from facegate.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PEOPLE, QUICK_PEOPLE = 1_000_000, 20_000
SEARCHES, QUICK_SEARCHES = 10_000, 300
ONE_FACE_SEARCHES = 20  # where there are no real photos
AT_EACH = 200  # searches at each number of clients
MEMORY_CLIENTS = 4
BOUNDARY = "facegate-speed-7d1f"
UNUSABLE, STOPPING = 422, 503
CUT, AWAY = 0, -1
"""In place of a status: the line was closed while it was asked; nobody listened, so nothing was asked."""


def main() -> None:
    """Make the folder, serve it, ask it, print."""
    options = _options()
    if options.serve:
        serve_metered(Home(options.serve), options.records)
        return
    with tempfile.TemporaryDirectory(prefix="facegate-service-") as folder:
        bench(Path(folder), options)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--people", type=int, help=f"drawn people enrolled (default {PEOPLE:,})")
    parser.add_argument(
        "--searches", type=int, help=f"searches over which memory is watched (default {SEARCHES:,})"
    )
    parser.add_argument(
        "--quick", action="store_true", help=f"{QUICK_PEOPLE:,} people, {QUICK_SEARCHES} searches"
    )
    parser.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    parser.add_argument("--records", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    options.people = options.people or (QUICK_PEOPLE if options.quick else PEOPLE)
    few = Settings.from_environment().data is None
    options.searches = options.searches or (
        ONE_FACE_SEARCHES if few else QUICK_SEARCHES if options.quick else SEARCHES
    )
    if options.people < 4 or options.searches < 1:  # noqa: PLR2004  groups of the population
        parser.error("--people must be at least 4, and --searches at least 1")
    return options


def bench(folder: Path, options: argparse.Namespace) -> None:
    """Do everything, in order."""
    n_each = min(AT_EACH, options.searches)
    n_stop = min(20, n_each) * CLIENTS[-1]
    needed = len(CLIENTS) * n_each + options.searches + n_stop
    say(f"Load average before: {load()}")
    photos = the_photos(folder, needed)
    began = time.perf_counter()
    home = Home(folder / "home")
    fill_gallery(home, options.people, photos)
    asked = iter(make_agency(home, options.people, photos, needed, free_port()))
    say(f"{options.people:,} people enrolled and {needed:,} permits issued in {seconds(began):.1f} s\n")
    with served(home, folder / "records.jsonl") as service:
        ask(service, "warm", [next(asked) for _ in range(min(8, n_each // 4))], clients=1)
        for clients in CLIENTS:
            ask(service, f"at {clients}", [next(asked) for _ in range(n_each)], clients=clients, show=True)
        nothing = [Asked("", photos[number % len(photos)], b"{}") for number in range(n_each)]
        ask(service, "bare", nothing, clients=1, path=BARE, show=True)
        metered = read_records(folder / "records.jsonl")
        print_stages(metered, options.people)
        print_other_work(metered, folder)
        say(f"Load average now: {load()}")
        watch_memory(service, [next(asked) for _ in range(options.searches)])
        stop_in_the_middle(service, list(asked), home)
    say(
        f"Load average after: {load()}. "
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    )


@dataclass(frozen=True)
class Service:
    """The service as its clients know it."""

    process: subprocess.Popen[bytes]
    port: int
    acknowledged: set[str]

    def memory(self) -> tuple[float, float]:
        """Give the process's memory: all of it, and what is no file, MB."""
        lines = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii").splitlines()
        said = {
            line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmRSS", "RssAnon"))
        }
        return int(said["VmRSS"]) / 1024, int(said["RssAnon"]) / 1024

    def cpu(self) -> float:
        """Give the seconds that all its threads have worked."""
        words = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(home: Home, records: Path) -> Iterator[Service]:
    """Start the service in a process of its own; it is ended in any case."""
    began = time.perf_counter()
    command = [sys.executable, __file__, "--serve", str(home.folder), "--records", str(records)]
    process = subprocess.Popen(command)  # noqa: S603  ourselves
    service = Service(process, read_config(home).port, set())
    try:
        while not _answers(service):
            if process.poll() is not None or seconds(began) > 300:  # noqa: PLR2004  five minutes
                sys.exit("the service did not start")
            time.sleep(0.2)
        whole, own = service.memory()
        say(f"Started in {seconds(began):.1f} s; memory {whole:,.0f} MB, {own:,.0f} MB of it no file")
        yield service
    finally:
        process.kill()
        process.wait()


def _answers(service: Service) -> bool:
    try:
        with closing(http.client.HTTPConnection("127.0.0.1", service.port, timeout=5)) as line:
            line.request("GET", "/livez")
            return line.getresponse().status == http.client.OK
    except OSError:
        return False


def free_port() -> int:
    """Find a port that nobody listens at."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port: int = listening.getsockname()[1]
    return port


@dataclass(frozen=True)
class Told:
    """What came of one search: its status, or `CUT` or `AWAY`; seconds, and its id."""

    status: int
    took: float
    search_id: str = ""


def ask(
    service: Service,
    phase: str,
    asked: Sequence[Asked],
    *,
    clients: int,
    path: str = SEARCH,
    show: bool = False,
    told: list[Told] | None = None,
) -> list[Told]:
    """Let some clients ask, each on a line of its own, one search after the other."""
    told = [] if told is None else told
    waiting, turn = iter(asked), threading.Lock()

    def client() -> None:
        line = http.client.HTTPConnection("127.0.0.1", service.port, timeout=120)
        while True:
            with turn:
                one = next(waiting, None)
            if one is None:
                line.close()
                return
            told.append(_told(line, one, phase, path))
            if told[-1].search_id:
                service.acknowledged.add(told[-1].search_id)
            if told[-1].status in {CUT, AWAY, STOPPING}:
                return

    began, cpu = time.perf_counter(), service.cpu()
    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if show:
        worked = (service.cpu() - cpu) / len(told)
        print_clients(phase, told, time.perf_counter() - began, worked)
    return told


def _told(line: http.client.HTTPConnection, asked: Asked, phase: str, path: str) -> Told:
    body, probe = asked.request, asked.photo.read_bytes()
    start = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="'
    form = (
        f'{start}request"\r\n\r\n'.encode() + body
        + f'\r\n{start}probe"; filename="p"\r\nContent-Type: image/jpeg\r\n\r\n'.encode() + probe
        + f"\r\n--{BOUNDARY}--\r\n".encode()
    )  # fmt: skip
    headers = {
        "Content-Type": f"multipart/form-data; boundary={BOUNDARY}",
        "Idempotency-Key": f'"{secrets.token_hex(16)}"',
        "X-Phase": phase,
    }
    if asked.key:
        headers["Authorization"] = f"Bearer {asked.key}"
    began = time.perf_counter()
    try:
        line.request("POST", path, form, headers)
        reply = line.getresponse()
        said = reply.read()
    except ConnectionRefusedError:
        return Told(AWAY, seconds(began))
    except (OSError, http.client.HTTPException):
        return Told(CUT, seconds(began))
    took = time.perf_counter() - began
    if reply.status != CREATED or path != SEARCH:
        if reply.status not in {CREATED, UNUSABLE, STOPPING}:
            say(f"{reply.status}: {said[:600].decode(errors='replace')}")
        return Told(reply.status, took)
    return Told(reply.status, took, json.loads(said)["search_id"])


def watch_memory(service: Service, asked: Sequence[Asked]) -> None:
    """Search many times, and say what the process held meanwhile and what it grew by, in quarters.

    One look says little: free memory is given back every few seconds, and between two times what photos need
    comes and goes. So it is looked at every second, and what stays is what is there in the lowest tenth.
    """
    parts = [asked[start :: min(4, len(asked))] for start in range(min(4, len(asked)))]
    say(
        f"\nMemory over {len(asked):,} searches at {MEMORY_CLIENTS} clients; "
        f"resident {service.memory()[0]:,.1f} MB before. Looked at every second:"
    )
    tenths: list[float] = []
    middles: list[float] = []
    began, done = time.perf_counter(), 0
    for part in parts:
        with looked_at(service) as looks:
            done += len(ask(service, "memory", part, clients=MEMORY_CLIENTS))
        least, tenth, middle, most = map(float, np.quantile(looks, [0, 0.1, 0.5, 1]))
        tenths.append(tenth)
        middles.append(middle)
        say(
            f"  {least:,.1f} to {most:,.1f} MB, a tenth up to {tenth:,.1f}, half up to {middle:,.1f}; "
            f"until {done:,}, {done / seconds(began):.1f} a second"
        )
    grown = tenths[-1] - tenths[0]
    say(
        f"  from the first quarter to the last: lowest tenth {grown:+,.1f} MB, "
        f"{grown * 1024 / (done * 3 / 4):.2f} KB a search; half {middles[-1] - middles[0]:+,.1f} MB"
    )


@contextmanager
def looked_at(service: Service) -> Iterator[list[float]]:
    """Look at the service's memory now and every second, as long as this is open; MB."""
    looks, over = [service.memory()[0]], threading.Event()

    def look() -> None:
        while not over.wait(1.0):
            looks.append(service.memory()[0])

    looking = threading.Thread(target=look)
    looking.start()
    try:
        yield looks
    finally:
        over.set()
        looking.join()


def stop_in_the_middle(service: Service, asked: Sequence[Asked], home: Home) -> None:
    """Send SIGTERM while 16 clients ask, then look for every search that was acknowledged."""
    told: list[Told] = []
    clients = threading.Thread(
        target=lambda: ask(service, "stop", asked, clients=CLIENTS[-1], told=told),
    )
    clients.start()
    while sum(one.status == CREATED for one in told) < len(asked) // 4 and clients.is_alive():
        time.sleep(0.005)
    began = time.perf_counter()
    service.process.send_signal(signal.SIGTERM)
    code = service.process.wait(timeout=120)
    took = seconds(began)
    clients.join()
    how = Counter(one.status for one in told)
    say(f"\nStopped by SIGTERM under {CLIENTS[-1]} clients: ended in {took:.2f} s with code {code}")
    say(
        f"  {how[CREATED]} acknowledged, {how[UNUSABLE]} photos unusable, {how[STOPPING]} refused with 503, "
        f"{how[AWAY]} found nobody listening, {how[CUT]} asked on a line that was closed"
    )
    hold_against_the_log(service.acknowledged, home, ended_well=code == 0)


def hold_against_the_log(acknowledged: set[str], home: Home, *, ended_well: bool) -> None:
    """Look on the log for every search of the whole run that a client was told of, and for others."""
    begun: set[str] = set()
    ended: set[str] = set()
    searched: set[str] = set()
    for entry in map(json.loads, read_entries(home.log)):
        if entry["kind"] == "intent":
            begun.add(entry["search_id"])
        if entry["kind"] == "result":
            ended.add(entry["search_id"])
            if entry["outcome"] == "searched":
                searched.add(entry["search_id"])
    missing = acknowledged - (begun & ended)
    say(f"  acknowledged but not on the log: {len(missing)}   {verdict(not missing and ended_well)}")
    say(f"  searches begun and not ended: {len(begun - ended)}")
    say(f"  searches made and answered to nobody: {len(searched - acknowledged)}")


if __name__ == "__main__":
    main()
