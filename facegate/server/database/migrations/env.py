"""What Alembic runs to bring the tables of a given connection up to date."""

from __future__ import annotations

from alembic import context

from facegate.server.database.connect import VERSIONS
from facegate.server.database.tables import metadata


def bring_up_to_date() -> None:
    """Run the steps that are missing, on the connection that `open_database` gave."""
    context.configure(
        connection=context.config.attributes["connection"],
        target_metadata=metadata,
        version_table=VERSIONS,
        render_as_batch=True,  # SQLite cannot change a column otherwise
    )
    with context.begin_transaction():
        context.run_migrations()


if hasattr(context, "config"):  # run by Alembic; not where the file is only imported
    bring_up_to_date()
