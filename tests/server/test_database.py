"""The service's database: made, brought to the newest step, and away."""

from __future__ import annotations

import stat
from datetime import UTC, datetime, timedelta, timezone
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given, settings
from hypothesis import strategies as st
from identity_room import PHRASE, Room, a_room, bearing, with_cookie

from facegate.errors import InputError, StorageError
from facegate.server.database.connect import VERSIONS, default_url, open_database, transaction
from facegate.server.database.tables import PREFIX, Moment, metadata, throttles
from facegate.server.identity.pepper import read_pepper
from facegate.server.identity.roles import Role

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy import Connection


def url_of(folder: Path) -> str:
    return default_url(folder)


def differences(connection: Connection) -> list[object]:
    options = {
        "version_table": VERSIONS,
        # The step has the plain column under the type of times; other tables are the ledger's.
        "compare_type": False,
        "include_name": lambda name, kind, _: kind != "table" or str(name).startswith(PREFIX),
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


def test_the_steps_lead_to_the_tables_the_program_knows(tmp_path: Path) -> None:
    engine = open_database(url_of(tmp_path))
    with engine.connect() as connection:
        assert differences(connection) == []
    engine.dispose()


def test_opened_again_everything_is_there(tmp_path: Path) -> None:
    row = {"mark": "a" * 64, "failures": 1, "since": datetime(2026, 11, 22, tzinfo=UTC), "until": None}
    for _ in range(2):
        engine = open_database(url_of(tmp_path))
        with transaction(engine) as connection:
            if not connection.execute(sa.select(throttles)).all():
                connection.execute(sa.insert(throttles).values(row))
            assert connection.execute(sa.select(throttles)).one()._asdict() == row
        engine.dispose()


def test_the_file_is_its_owners_and_waits_for_the_disk(tmp_path: Path) -> None:
    engine = open_database(url_of(tmp_path))
    assert stat.S_IMODE((tmp_path / "service.db").stat().st_mode) == 0o600
    with engine.connect() as connection:
        asked = [
            connection.exec_driver_sql(f"PRAGMA {one}").scalar() for one in ("journal_mode", "synchronous")
        ]
    assert asked == ["wal", 2]
    engine.dispose()


@pytest.mark.parametrize(
    "url", ["", "x", "mysql://user:hunter2@host/a", "sqlite://", "postgresql+psycopg2://a/b"]
)
def test_an_address_of_another_form_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InputError, match="wanted sqlite") as found:
        open_database(url)
    assert "hunter2" not in str(found.value)


def test_a_server_that_is_away_is_one_sentence_without_the_password() -> None:
    with pytest.raises(StorageError, match="cannot be used") as found:
        open_database("postgresql://user:hunter2@127.0.0.1:1/facegate")
    assert "hunter2" not in str(found.value)


def test_a_file_that_is_no_database_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "service.db").write_bytes(b"no database at all" * 100)
    with pytest.raises(StorageError, match="DatabaseError"):
        open_database(url_of(tmp_path))


def test_a_database_of_a_later_program_is_refused(tmp_path: Path) -> None:
    engine = open_database(url_of(tmp_path))
    with transaction(engine) as connection:
        connection.execute(sa.text(f"UPDATE {VERSIONS} SET version_num = '9999'"))  # noqa: S608  our own name
    engine.dispose()
    with pytest.raises(StorageError, match="does not know"):
        open_database(url_of(tmp_path))


def test_all_or_nothing(tmp_path: Path) -> None:
    engine = open_database(url_of(tmp_path))
    row = {"mark": "a", "failures": 1, "since": datetime.now(tz=UTC), "until": None}
    with pytest.raises(StorageError, match="IntegrityError") as found, transaction(engine) as connection:
        connection.execute(sa.insert(throttles), [row, row])
    assert "mark" not in str(found.value)
    with transaction(engine) as connection:
        assert connection.execute(sa.select(throttles)).all() == []
    engine.dispose()


@given(st.datetimes(min_value=datetime(1970, 1, 1), max_value=datetime(9999, 1, 1)), st.integers(-12, 12))  # noqa: DTZ001  the zone is given next
@settings(deadline=None)
def test_a_time_is_read_as_it_was_written(moment: datetime, hours: int) -> None:
    given_time = moment.replace(tzinfo=timezone(timedelta(hours=hours)))
    kept = Moment()
    dialect = sa.create_engine("sqlite://").dialect
    assert kept.process_result_value(kept.process_bind_param(given_time, dialect), dialect) == given_time


def _story(room: Room) -> None:
    """Make an account, sign in, issue and revoke a key."""
    account = room.make("auditor", Role.AUDITOR)
    secret = room.log_in("auditor", PHRASE)
    assert room.identity.identify(with_cookie(secret)).account == account.id
    key = room.identity.keys.issue(account, days=1, by="setup")
    assert room.identity.identify(bearing(key.secret)).account == account.id
    room.identity.keys.revoke(account, key.key.id, by="setup")
    assert room.identity.keys.of(account.id)[0].revoked == room.clock.now


@pytest.mark.parametrize("postgres", [False, True])
def test_accounts_keys_and_sessions_are_the_same_on_both(tmp_path: Path, *, postgres: bool) -> None:
    with a_room(tmp_path, postgres=postgres) as room:
        _story(room)
        with room.engine.connect() as connection:
            assert differences(connection) == []


def test_a_pepper_that_is_lost_is_not_made_again(tmp_path: Path) -> None:
    with a_room(tmp_path) as room:
        home = room.desk.home
        pepper = home.keys / "service-pepper.key"
        assert stat.S_IMODE(pepper.stat().st_mode) == 0o600
        pepper.unlink()
        with pytest.raises(InputError, match="put it back from a backup"):
            read_pepper(home, room.desk.random_bytes, known=True)
        pepper.write_bytes(b"short")
        with pytest.raises(InputError, match="holds 5 bytes"):
            read_pepper(home, room.desk.random_bytes, known=True)
