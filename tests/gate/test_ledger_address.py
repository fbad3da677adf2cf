"""The setting that says where the index lives, and the address of its server; the password is never told."""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

import pytest

from facegate.errors import AuditError, InputError
from facegate.gate.books import index_of
from facegate.gate.home import DATABASE, Home
from facegate.gate.ledger.postgres_address import parse_address
from facegate.gate.ledger.postgres_index import PostgresIndex
from facegate.gate.ledger.postgres_place import PostgresPlace
from facegate.gate.ledger.sqlite_place import SqlitePlace

if TYPE_CHECKING:
    from pathlib import Path

URL = "postgresql://gate:not%40told@db.example/ledger"


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE, raising=False)


def home_with(folder: Path, settings: str) -> Home:
    (folder / "server.toml").write_text(settings, "utf-8")
    return Home(folder)


@pytest.mark.parametrize("settings", ["", "port = 8443", 'database = "sqlite:///service.db"'])
def test_without_a_server_the_index_is_a_file(tmp_path: Path, settings: str) -> None:
    home = home_with(tmp_path, settings)
    assert index_of(home) == SqlitePlace(tmp_path / "ledger.db")


def test_without_settings_the_index_is_a_file(tmp_path: Path) -> None:
    assert index_of(Home(tmp_path)) == SqlitePlace(tmp_path / "ledger.db")


def test_one_line_of_settings_puts_it_on_a_server(tmp_path: Path) -> None:
    place = index_of(home_with(tmp_path, f'database = "{URL}"'))
    assert place == PostgresPlace(tmp_path / "ledger.db", parse_address(URL))


def test_the_environment_comes_before_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(DATABASE, URL)
    assert home_with(tmp_path, 'database = "postgresql://x@y/z"').database == URL


@pytest.mark.parametrize("settings", ["database = 5", 'database = "postgresql://a:not told@b/c', "\ud800"])
def test_settings_that_cannot_be_read_are_refused_in_one_sentence(tmp_path: Path, settings: str) -> None:
    (tmp_path / "server.toml").write_bytes(settings.encode("utf-8", "surrogatepass"))
    with pytest.raises(InputError, match=r"server\.toml") as caught:
        index_of(Home(tmp_path))
    assert "not told" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_an_address_is_read_part_by_part() -> None:
    one = parse_address("postgresql://gate:not%40told@db.example:6000/ledger")
    assert (one.user, one.password, one.host, one.port, one.database) == (
        "gate", "not@told", "db.example", 6000, "ledger",
    )  # fmt: skip
    assert one.where == "db.example:6000"
    assert "not@told" not in repr(one)


def test_a_socket_is_named_by_its_folder() -> None:
    one = parse_address("postgresql://gate@/ledger?host=/run/postgresql")
    assert (one.where, one.tls) == ("/run/postgresql/.s.PGSQL.5432", False)


@pytest.mark.parametrize(
    "url",
    [
        "mysql://gate:not-told@host/db",
        "postgresql://gate:not-told@host",
        "postgresql://:not-told@host/db",
        "postgresql://gate:not-told@/db",
        "postgresql://gate:not-told@host/db?host=/run",
        "postgresql://gate:not-told@host:70000/db",
        "postgresql://gate:not-told/@host/db",
        "postgresql://gate:not-told@host/db?sslmode=require",
        "postgresql://gate:not-told@host/db?options=x",
        "postgresql://gate:not-told@host/db?sslmode",
        "postgresql://gate:not-told@[host/db",
    ],
)
def test_an_address_of_another_form_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError, match="the database's address") as caught:
        parse_address(url)
    assert "not-told" not in f"{caught.value!r} {caught.value.__cause__!r}"


def test_beyond_this_machine_a_certificate_of_the_servers_name_is_demanded() -> None:
    context = parse_address(URL).tls_context()
    assert context is not None
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


@pytest.mark.parametrize("url", ["postgresql://a@localhost/b", "postgresql://a@db.example/b?sslmode=disable"])
def test_tls_is_left_out_near_by_and_where_that_is_said(url: str) -> None:
    assert parse_address(url).tls_context() is None


def test_a_file_of_certificates_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"sslrootcert .* cannot be read: No such file"):
        parse_address(f"{URL}?sslrootcert={tmp_path}/none.pem").tls_context()


def test_a_server_that_cannot_be_reached_is_one_sentence_without_the_password() -> None:
    address = parse_address("postgresql://gate:not-told@127.0.0.1:1/ledger")
    with pytest.raises(AuditError, match=r"cannot be used: its database at 127\.0\.0\.1:1 ") as caught:
        PostgresIndex(address)
    assert "not-told" not in f"{caught.value!r} {caught.value.__cause__!r}"
