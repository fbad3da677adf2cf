"""The service's database on a server: whose it is, who serves from it, TLS, and why it does not open."""

from __future__ import annotations

import logging
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import postgres_server
import pytest
from identity_room import a_room
from postgres_server import OWN, chosen, database_url, empty_url, postgres_service_url
from ready_home import _embedder, loaded_once
from tls_door import SSL_REQUEST, self_signed, tls_door
from typer.testing import CliRunner

from facegate.cli.main import app
from facegate.errors import AuditError, InputError, StorageError
from facegate.gate.home import DATABASE, Home
from facegate.gate.ledger.postgres_address import parse_address
from facegate.gate.ledger.postgres_index import PostgresIndex
from facegate.server.config import parse_config
from facegate.server.database import alone
from facegate.server.database.alone import served_alone
from facegate.server.database.connect import open_database
from facegate.server.first_account import first_administrator
from facegate.server.identity.owner import demand_own
from facegate.server.identity.pepper import Pepper
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy import Engine

own_server = pytest.mark.skipif(chosen() != OWN, reason="the server that was named has rules of its own")
ANOTHERS = "accounts of another agency's folder"


def pepper(letter: str) -> Pepper:
    return Pepper(letter.encode() * 32, lambda n: b"n" * n)


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    made = open_database(postgres_service_url(tmp_path))
    yield made
    made.dispose()


def test_a_database_is_of_the_folder_that_came_first(engine: Engine) -> None:
    for _ in range(2):
        demand_own(engine, pepper("a"))
    with pytest.raises(InputError, match=ANOTHERS):
        demand_own(engine, pepper("b"))
    demand_own(engine, pepper("a"))


def test_a_second_folder_makes_no_administrator_beside_the_accounts_of_the_first(tmp_path: Path) -> None:
    with a_room(tmp_path / "one", postgres=True) as room:
        room.make("auditor", Role.AUDITOR)
        other = Home(tmp_path / "two")
        config = parse_config("", other.folder, database=postgres_service_url(tmp_path / "one" / "home"))
        with pytest.raises(InputError, match="a database of this folder's own"):
            first_administrator(other, config, "administrator", at=room.clock.now)
        other.keys.mkdir(exist_ok=True)
        (other.keys / "service-pepper.key").write_bytes(b"p" * 32)
        with pytest.raises(InputError, match=ANOTHERS):
            first_administrator(other, config, "administrator", at=room.clock.now)
        assert [one.name for one in room.identity.accounts.every()] == ["auditor"]


def test_one_process_serves_from_a_database(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alone, "PAUSE_S", 0.01)
    other = open_database(postgres_service_url(tmp_path))
    with (
        served_alone(engine),
        pytest.raises(StorageError, match="another process serves from"),
        served_alone(other),
    ):
        pass
    with served_alone(other):  # the first one has ended
        pass
    other.dispose()


def test_processes_that_begin_at_once_take_the_steps_one_after_the_other() -> None:
    url = empty_url()
    with ThreadPoolExecutor(3) as together:
        for one in together.map(open_database, [url] * 3):
            one.dispose()


# Why it does not open: one sentence, an exit code, and no password


COMMANDS = (("init", "--origin", "dmv.example/log"), ("agency", "show"))  # the service's books, the ledger
SECRET = "not-told"  # noqa: S105  of nobody


@pytest.fixture(scope="module")
def locked() -> str:
    """Give the address of the server as a role that must know its password."""
    mine = postgres_server.server()
    rules = mine.pgdata / "pg_hba.conf"
    rules.write_text(f"local all locked scram-sha-256\n{rules.read_text()}")
    with closing(PostgresIndex(parse_address(database_url()))) as index:
        index.script("CREATE ROLE locked LOGIN PASSWORD 'right'", "SELECT pg_reload_conf()")
    return changed(user="locked")


def changed(*, user: str = "", secret: str = SECRET, database: str = "") -> str:
    """Give the address of the tests' database with a part of it changed."""
    parts = urlsplit(database_url())
    user, database = user or parts.username or "", database or parts.path[1:]
    host = f"{parts.hostname}:{parts.port or 5432}" if parts.hostname else ""
    return parts._replace(netloc=f"{user}:{secret}@{host}", path=f"/{database}").geturl()


def said(home: Path, url: str, *words: str) -> tuple[int, str]:
    """Run a command with an address; give how it ended and what it said."""
    environment = {"COLUMNS": "300", "TERM": "dumb", "FACEGATE_HOME": str(home), DATABASE: url}
    _embedder()
    with loaded_once():
        done = CliRunner().invoke(app, list(words), env=environment)
    return done.exit_code, " ".join(done.output.split())


def demand_one_sentence(home: Path, url: str, why: str) -> None:
    """Ask both for the database: each ends with a code, one sentence with a reason, and no password."""
    for words in COMMANDS:
        code, text = said(home, url, *words)
        assert code != 0
        assert "cannot be used: " in text
        assert why in text, text
        assert SECRET not in text
        assert "Traceback" not in text


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"postgresql://gate:{SECRET}@nowhere.invalid/facegate", "at nowhere.invalid:5432"),
        (f"postgresql://gate:{SECRET}@127.0.0.1:1/facegate", "Connection refused"),
        (f"postgresql://gate:{SECRET}@/facegate?host=/nowhere", "No such file"),
    ],
)
def test_a_server_that_is_not_there_is_one_sentence(tmp_path: Path, url: str, why: str) -> None:
    demand_one_sentence(tmp_path / "home", url, why)


@own_server
def test_a_wrong_name_or_password_is_one_sentence(tmp_path: Path, locked: str) -> None:
    for url, why in (
        (changed(database="no_such"), 'database "no_such" does not exist'),
        (changed(user="nobody"), 'role "nobody" does not exist'),
        (locked, 'password authentication failed for user "locked"'),
    ):
        demand_one_sentence(tmp_path / "home", url, why)


@own_server
def test_the_right_password_opens_and_stands_nowhere(locked: str) -> None:
    url = locked.replace(SECRET, "right")
    with closing(PostgresIndex(parse_address(url))) as index:
        assert index.value("SELECT current_user") == "locked"
        assert "right" not in repr(parse_address(url))
    with pytest.raises(StorageError, match="permission denied for schema public") as caught:
        open_database(url)
    assert "right" not in str(caught.value)


@own_server
def test_no_command_shows_the_password(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    url, home = changed(database=urlsplit(empty_url()).path[1:]), tmp_path / "home"
    with caplog.at_level(logging.DEBUG):
        for words in (*COMMANDS, ("log", "fsck")):
            code, text = said(home, url, *words)
            assert code == 0, text
            assert SECRET not in text
    assert SECRET not in caplog.text
    kept = b"".join(one.read_bytes() for one in home.rglob("*") if one.is_file())
    assert SECRET.encode() not in kept


def test_fsck_names_the_database_it_read(tmp_path: Path) -> None:
    url, home = empty_url(), tmp_path / "home"
    said(home, url, *COMMANDS[0])
    code, text = said(home, url, "log", "fsck")
    address = parse_address(url)
    assert code == 0
    assert f" of database {address.database} at {address.where} made anew from " in text


# TLS


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return self_signed(tmp_path_factory.mktemp("tls"))


def through(door: int, host: str, **options: object) -> str:
    """Give the address of the tests' database through a door."""
    parts = urlsplit(empty_url())
    asked = "&".join(f"{name}={value}" for name, value in options.items())
    return f"postgresql://{parts.username}:{parts.password or ''}@{host}:{door}{parts.path}?{asked}"


@own_server
def test_both_speak_tls_with_a_server_that_shows_its_certificate(pem: tuple[Path, Path]) -> None:
    with tls_door(parse_address(database_url()), pem) as (port, seen):
        url = through(port, "localhost", sslmode="verify-full", sslrootcert=pem[0])
        open_database(url).dispose()
        with closing(PostgresIndex(parse_address(url))) as index:
            assert index.value("SELECT 1") == 1
    assert seen
    assert set(seen) == {SSL_REQUEST}


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])  # not believed; of another name
def test_neither_speaks_with_a_server_whose_certificate_does_not_hold(
    pem: tuple[Path, Path], host: str
) -> None:
    trusted = {"sslrootcert": pem[0]} if host != "localhost" else {}
    with tls_door(parse_address(database_url()), pem) as (port, _):
        url = through(port, host, sslmode="verify-full", **trusted)
        with pytest.raises(StorageError, match="certificate verify failed"):
            open_database(url)
        with pytest.raises(AuditError, match="certificate verify failed"):
            PostgresIndex(parse_address(url))


def test_neither_says_a_word_to_a_server_without_tls(pem: tuple[Path, Path]) -> None:
    with tls_door(parse_address(database_url()), None) as (port, seen):
        url = through(port, "localhost", sslmode="verify-full", sslrootcert=pem[0])
        with pytest.raises(StorageError, match="Server refuses SSL"):
            open_database(url)
        with pytest.raises(AuditError, match="Server refuses SSL"):
            PostgresIndex(parse_address(url))
    assert set(seen) <= {SSL_REQUEST, b""}
