"""The service's tables, for SQLite and PostgreSQL alike.

None holds a photo, a template, a case or what was found: those are in the log and the agency's folder. What
is here can be lost without losing what happened; who was let in when is on the log too.

Times are whole microseconds since 1970 UTC: the same on both databases, and they sort.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import sqlalchemy as sa

if TYPE_CHECKING:
    from sqlalchemy import Dialect

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
ID: Final = 36  # characters of a UUID
DIGEST: Final = 64  # hexadecimal digits of a SHA-256
PREFIX: Final = "service_"
"""Of every table's name: the ledger's tables may stand in the same database."""


class Moment(sa.types.TypeDecorator[datetime]):
    """A time with its zone, kept as microseconds since 1970 UTC."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        """Write a time."""
        del dialect
        return None if value is None else (value - EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        """Read a time."""
        del dialect
        return None if value is None else EPOCH + timedelta(microseconds=value)


metadata: Final = sa.MetaData()

owner: Final = sa.Table(
    f"{PREFIX}owner",
    metadata,
    sa.Column("one", sa.Integer, primary_key=True, autoincrement=False),  # always 1
    sa.Column("mark", sa.String(DIGEST), nullable=False),  # HMAC-SHA-256 under the pepper of the folder
)

accounts: Final = sa.Table(
    f"{PREFIX}accounts",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("login", sa.String(64), nullable=False, unique=True),  # the name in small letters
    sa.Column("roles", sa.String(200), nullable=False),  # sorted, parted by commas
    sa.Column("officer", sa.String(32), nullable=False),
    sa.Column("agency", sa.String(9), nullable=False),
    sa.Column("phrase", sa.String(200), nullable=True),  # argon2id; null: no login by pass phrase
    sa.Column("phrase_first_until", Moment, nullable=True),  # set: it must be changed, and until when it may
    sa.Column("totp_secret", sa.LargeBinary, nullable=True),  # sealed under the pepper
    sa.Column("totp_on", sa.Boolean, nullable=False),
    sa.Column("totp_step", sa.BigInteger, nullable=False),  # the last one used
    sa.Column("issuer", sa.String(300), nullable=True),  # where the provider knows him, and as whom
    sa.Column("subject", sa.String(300), nullable=True),
    sa.Column("disabled", sa.Boolean, nullable=False),
    sa.Column("created", Moment, nullable=False),
    sa.Column("unconfirmed_by", sa.String(ID), nullable=True),  # set: it waits for another administrator
    sa.Column("key_days", sa.Integer, nullable=True),  # of the key its holder may make himself
    sa.Column("key_until", Moment, nullable=True),  # and until when he may
    sa.UniqueConstraint("issuer", "subject"),
)

api_keys: Final = sa.Table(
    f"{PREFIX}api_keys",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("account", sa.String(ID), sa.ForeignKey(accounts.c.id), nullable=False, index=True),
    sa.Column("starts", sa.String(16), nullable=False),  # first characters, to be told apart by
    sa.Column("mark", sa.String(DIGEST), nullable=False, unique=True),  # HMAC-SHA-256 under the pepper
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
    sa.Column("last_used", Moment, nullable=True),
    sa.Column("revoked", Moment, nullable=True),
)

sessions: Final = sa.Table(
    f"{PREFIX}sessions",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),  # for the list its owner sees; opens nothing
    sa.Column("account", sa.String(ID), sa.ForeignKey(accounts.c.id), nullable=False, index=True),
    sa.Column("mark", sa.String(DIGEST), nullable=False, unique=True),
    sa.Column("browser", sa.String(200), nullable=False),
    sa.Column("began", Moment, nullable=False),
    sa.Column("seen", Moment, nullable=False),
    sa.Column("fresh_at", Moment, nullable=True),
    sa.Column("expires", Moment, nullable=False),
)

throttles: Final = sa.Table(
    f"{PREFIX}throttles",
    metadata,
    sa.Column("mark", sa.String(DIGEST), primary_key=True),  # of account or address, under the pepper
    sa.Column("failures", sa.Integer, nullable=False),
    sa.Column("since", Moment, nullable=False),
    sa.Column("until", Moment, nullable=True),  # nothing is tried before
)

idempotency: Final = sa.Table(
    f"{PREFIX}idempotency",
    metadata,
    sa.Column("key_hash", sa.String(DIGEST), primary_key=True),
    sa.Column("account", sa.String(ID), nullable=False),
    sa.Column("body_digest", sa.String(DIGEST), nullable=False),
    sa.Column("status", sa.Integer, nullable=True),
    sa.Column("headers", sa.JSON, nullable=True),
    sa.Column("body", sa.LargeBinary, nullable=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("created", Moment, nullable=False, index=True),
)

jobs: Final = sa.Table(
    f"{PREFIX}jobs",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("kind", sa.String(40), nullable=False),
    sa.Column("account", sa.String(ID), nullable=False),
    sa.Column("agency", sa.String(9), nullable=False),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("done", sa.BigInteger, nullable=False),
    sa.Column("total", sa.BigInteger, nullable=True),
    sa.Column("said", sa.Text, nullable=False),
    sa.Column("result", sa.JSON, nullable=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("finished", Moment, nullable=True),
)

test_runs: Final = sa.Table(
    f"{PREFIX}test_runs",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),
    sa.Column("account", sa.String(ID), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("job", sa.String(ID), nullable=True),
    sa.Column("settings", sa.JSON, nullable=True),
    sa.Column("result", sa.JSON, nullable=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("finished", Moment, nullable=True),
)

permit_asks: Final = sa.Table(
    f"{PREFIX}permit_asks",
    metadata,
    sa.Column("id", sa.String(ID), primary_key=True),  # what was stated, and the photo: sealed files
    sa.Column("account", sa.String(ID), nullable=False, index=True),
    sa.Column("agency", sa.String(9), nullable=False, index=True),
    sa.Column("state", sa.String(20), nullable=False),
    sa.Column("permit", sa.String(ID), nullable=True, index=True),
    sa.Column("created", Moment, nullable=False),
    sa.Column("expires", Moment, nullable=False),
)
