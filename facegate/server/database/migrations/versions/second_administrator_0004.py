"""Accounts that wait for a second administrator, and keys that their holders make themselves."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "service_accounts"


def upgrade() -> None:
    """Add the columns; nobody waits, and no key is allowed."""
    op.add_column(TABLE, sa.Column("unconfirmed_by", sa.String(length=36), nullable=True))
    op.add_column(TABLE, sa.Column("key_days", sa.Integer(), nullable=True))
    op.add_column(TABLE, sa.Column("key_until", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Remove the columns."""
    for column in ("key_until", "key_days", "unconfirmed_by"):
        op.drop_column(TABLE, column)
