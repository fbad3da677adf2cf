"""The service on a port, with real lines: slow ones, broken ones, too many, TLS, proxies, and the end."""

from __future__ import annotations

import json
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from edge_app import an_app
from served import a_config, asked, heard, serving, spoken
from tls_door import self_signed

from facegate.errors import InputError
from facegate.server.edge.settings import EdgeSettings
from facegate.server.listening import listening
from facegate.server.running import TURN_S, Limits, Server, serve, tls_context, uvicorn_config

GET = b"GET /livez HTTP/1.1\r\nHost: 127.0.0.1\r\n"
POST = b"POST /v1/raw HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100000\r\nConnection: close\r\n\r\n"
QUICK = Limits(head_s=0.6)
IMPATIENT = EdgeSettings(body_grace_s=0.4, body_rate=20_000, body_s=1.5)


def told(reply: bytes) -> tuple[int, str]:
    """Give status and title of a problem as it came over the line."""
    head, _, body = reply.partition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head.lower()
    assert b"nosniff" in head
    return int(head.split()[1]), json.loads(body)["title"]


def test_a_head_that_trickles_is_cut_off_in_time() -> None:
    trickle = [bytes([one]) for one in GET]
    with serving(an_app(), QUICK) as port:
        began = time.monotonic()
        reply = spoken(port, *trickle, pause=0.05)
    assert told(reply) == (408, "Head too slow")
    assert time.monotonic() - began < 4


def test_a_line_that_says_nothing_is_cut_off_in_time() -> None:
    with serving(an_app(), QUICK) as port:
        assert told(spoken(port)) == (408, "Head too slow")


def test_many_trickling_lines_do_not_keep_others_out() -> None:
    with serving(an_app(EdgeSettings()), Limits(requests=4)) as port:
        lines = [socket.create_connection(("127.0.0.1", port)) for _ in range(50)]
        for line in lines:
            line.sendall(GET)
        assert asked(port, "GET", "/v1/things").status_code == 200
        for line in lines:
            line.close()


def test_a_second_head_on_the_line_has_its_time_too() -> None:
    with serving(an_app(), QUICK) as port:
        reply = spoken(port, GET + b"\r\n", GET)
    assert reply.startswith(b"HTTP/1.1 200")
    assert b"head-too-slow" in reply


def test_a_body_that_trickles_is_cut_off_in_time_and_nothing_acts() -> None:
    app = an_app(IMPATIENT)
    with serving(app) as port:
        began = time.monotonic()
        reply = spoken(port, POST, *[b"x"] * 40, pause=0.05)
    assert told(reply) == (408, "Body too slow")
    assert time.monotonic() - began < 5
    assert app.state.acted == []


def test_a_body_that_stops_in_the_middle_is_cut_off_in_time_and_nothing_acts() -> None:
    app = an_app(IMPATIENT)
    with serving(app) as port:
        assert told(spoken(port, POST, b"x" * 50_000)) == (408, "Body too slow")
    assert app.state.acted == []


def test_a_body_at_a_fair_pace_is_taken() -> None:
    with serving(an_app(IMPATIENT)) as port:
        reply = spoken(port, POST, *[b"x" * 25_000] * 4, pause=0.1, wait=8)
    assert reply.startswith(b"HTTP/1.1 200")
    assert b'{"bytes":100000}' in reply


def test_a_body_whose_sender_goes_away_is_not_acted_on() -> None:
    app = an_app(EdgeSettings())
    with serving(app) as port:
        with socket.create_connection(("127.0.0.1", port)) as line:
            line.sendall(POST + b"x" * 50_000)
        assert asked(port, "GET", "/v1/things").status_code == 200
    assert app.state.acted == []


@pytest.mark.slow
def test_a_request_of_ten_thousand_headers_is_refused() -> None:
    many = b"".join(b"X-%d: y\r\n" % number for number in range(10_000))
    with serving(an_app()) as port:
        assert told(spoken(port, GET, many, b"\r\n")) == (431, "Head too large")
        assert told(spoken(port, GET + many + b"\r\n")) == (431, "Head too large")


def test_a_head_without_an_end_is_refused() -> None:
    with serving(an_app()) as port:
        assert told(spoken(port, GET + b"X: ", *[b"y" * 20_000] * 4)) == (431, "Head too large")


@pytest.mark.parametrize(
    "sent",
    [
        b"nonsense\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"GET /livez HTTP/1.1\r\nHost: a\r\nHost : b\r\n\r\n",
        POST.replace(b"100000", b"-1"),
        POST.replace(b"\r\n\r\n", b"\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"),
        b"GET  HTTP/1.1\r\n\r\n",
        b"POST /v1/raw HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_what_is_no_http_is_a_problem_and_nothing_acts(sent: bytes) -> None:
    app = an_app(EdgeSettings())
    with serving(app) as port:
        status, _ = told(spoken(port, sent))
    assert status in {400, 501}
    assert app.state.acted == []


def test_a_body_over_the_limit_gets_its_answer_and_not_a_reset() -> None:
    with serving(an_app(EdgeSettings())) as port:
        reply = asked(port, "POST", "/v1/raw", content=b"x" * 5_000_000)
    assert (reply.status_code, reply.json()["title"]) == (413, "Body too large")


def test_over_the_most_requests_at_once_is_a_503_and_the_rest_are_answered() -> None:
    with serving(an_app(EdgeSettings()), Limits(requests=2)) as port, ThreadPoolExecutor(6) as pool:
        replies_to = [pool.submit(asked, port, "POST", "/v1/slow") for _ in range(6)]
        replies = [one.result() for one in replies_to]
        assert asked(port, "GET", "/livez").status_code == 200
    assert {one.status_code for one in replies} == {200, 503}
    assert all(one.headers["retry-after"] == "2" for one in replies if one.status_code == 503)


def test_over_the_most_lines_the_next_is_cut() -> None:
    with serving(an_app(), Limits(lines=3)) as port:
        held = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
        time.sleep(0.1)
        assert spoken(port) == b""
        for line in held:
            line.close()


def test_threads_take_short_turns_while_it_serves_and_not_after(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[float] = []
    monkeypatch.setattr(Server, "run", lambda *_: seen.append(sys.getswitchinterval()))
    before = sys.getswitchinterval()
    serve(an_app(), a_config(), sockets=[])
    assert seen == [pytest.approx(TURN_S)]
    assert sys.getswitchinterval() == before > TURN_S


def test_a_proxy_is_believed_only_where_it_is_trusted() -> None:
    says = {"x-forwarded-for": "192.0.2.7", "x-forwarded-proto": "https"}
    for trusted, seen in [((), "127.0.0.1"), (("10.0.0.1",), "127.0.0.1"), (("127.0.0.1",), "192.0.2.7")]:
        with serving(an_app(EdgeSettings()), trusted_proxies=trusted) as port:
            reply = asked(port, "GET", "/v1/things", headers=says)
        assert reply.json() == {"client": seen}


def test_behind_a_trusted_proxy_the_last_stranger_counts_and_not_what_he_claims() -> None:
    says = {"x-forwarded-for": "198.51.100.1, 192.0.2.7, 127.0.0.1"}
    with serving(an_app(EdgeSettings()), trusted_proxies=("127.0.0.1",)) as port:
        assert asked(port, "GET", "/v1/things", headers=says).json() == {"client": "192.0.2.7"}


def test_trusting_every_proxy_is_refused() -> None:
    with pytest.raises(InputError, match="names every address"):
        uvicorn_config(an_app(), a_config(trusted_proxies=("*",)))


# TLS


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Give certificate and key of this machine."""
    return self_signed(tmp_path_factory.mktemp("tls"))


def test_it_speaks_tls_with_the_operators_certificate(pem: tuple[Path, Path]) -> None:
    app = an_app(EdgeSettings(base_url="https://localhost"))
    settings: dict[str, Any] = {"tls_certificate": pem[0], "tls_key": pem[1], "base_url": "https://localhost"}
    with serving(app, **settings) as port:
        reply = httpx.get(f"https://localhost:{port}/livez", verify=ssl.create_default_context(cafile=pem[0]))
        assert reply.headers["strict-transport-security"] == "max-age=31536000"
        assert b"HTTP/1.1 200" not in spoken(port, GET + b"\r\n")


def test_a_head_that_trickles_over_tls_is_cut_off_in_time(pem: tuple[Path, Path]) -> None:
    context = ssl.create_default_context(cafile=pem[0])
    settings: dict[str, Any] = {"tls_certificate": pem[0], "tls_key": pem[1], "base_url": "https://localhost"}
    with (
        serving(an_app(), QUICK, **settings) as port,
        socket.create_connection(("127.0.0.1", port), timeout=8) as plain,
        context.wrap_socket(plain, server_hostname="localhost") as line,
    ):
        line.sendall(GET)
        assert told(heard(line)) == (408, "Head too slow")


def test_old_tls_is_not_spoken(pem: tuple[Path, Path]) -> None:
    context = tls_context(a_config(tls_certificate=pem[0], tls_key=pem[1]))
    assert context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_a_key_that_is_not_the_certificates_is_refused(pem: tuple[Path, Path], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be used"):
        uvicorn_config(an_app(), a_config(tls_certificate=pem[0], tls_key=pem[0]))
    with pytest.raises(InputError, match="No such file"):
        uvicorn_config(an_app(), a_config(tls_certificate=pem[0], tls_key=tmp_path / "none"))


def test_a_port_that_is_taken_is_one_sentence() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as other,
        pytest.raises(InputError, match=r"port \d+ is taken on 127.0.0.1"),
    ):
        serve(an_app(), a_config(other.getsockname()[1]))


def test_somebody_who_was_faster_by_a_moment_is_one_sentence_too() -> None:
    with listening(a_config(free_port())) as ours, socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(ours[0].getsockname())
        other.listen()
        with pytest.raises(InputError, match="is taken"):
            serve(an_app(), a_config(ours[0].getsockname()[1]), sockets=ours)


def test_an_address_of_another_machine_is_one_sentence() -> None:
    with (
        pytest.raises(InputError, match=r"cannot listen at 192\.0\.2\.1 port"),
        listening(replace(a_config(free_port()), host="192.0.2.1")),
    ):
        pass


# The end


def free_port() -> int:
    """Give a port that was free a moment ago."""
    with socket.create_server(("127.0.0.1", 0)) as line:
        port: int = line.getsockname()[1]
    return port


@pytest.mark.parametrize("how", [signal.SIGTERM, pytest.param(signal.SIGINT, marks=pytest.mark.slow)])
def test_a_stop_finishes_what_runs_and_loses_nothing_it_acknowledged(
    tmp_path: Path, how: signal.Signals
) -> None:
    port, book = free_port(), tmp_path / "book"
    program = [sys.executable, str(Path(__file__).with_name("served.py")), str(port), str(book)]
    acknowledged, refused, stop = set[str](), list[str](), threading.Event()

    def ask(worker: int) -> None:
        number = 0
        while not stop.is_set():
            name, number = f"{worker}-{number}", number + 1
            try:
                status = asked(port, "POST", f"/acts/{name}").status_code
            except httpx.TransportError as error:
                refused.append(type(error).__name__)
                time.sleep(0.02)
                continue
            (acknowledged.add if status == 201 else refused.append)(name if status == 201 else str(status))

    with subprocess.Popen(program) as process, ThreadPoolExecutor(8) as pool:  # noqa: S603  our own program
        wait_for(port)
        asking = [pool.submit(ask, worker) for worker in range(8)]
        began = time.monotonic()
        while len(acknowledged) < 16 and time.monotonic() - began < 20:
            time.sleep(0.05)
        process.send_signal(how)
        code = process.wait(20)
        stop.set()
        for one in asking:
            one.result()
    assert len(acknowledged) >= 16, refused[:5]
    assert code == 0
    assert Path(f"{book}.closed").exists()
    written = book.read_text().split()
    assert acknowledged == set(written)
    assert len(written) == len(set(written))
    assert refused
    assert set(refused) <= {"ConnectError", "ReadError", "503"}


def wait_for(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(600):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("nobody listens")
