"""Whether the service is up, whether it is ready, and what it counted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import sqlalchemy as sa

from facegate.server.acts.public_log import published_size
from facegate.server.asking import demand
from facegate.server.database.tables import jobs
from facegate.server.identity.roles import MAY, Operation

if TYPE_CHECKING:
    from facegate.server.identity.caller import Caller
    from facegate.server.metrics import Metrics
    from facegate.server.readiness import Readiness, Reason
    from facegate.server.service import Service


def ready(service: Service, caller: Caller, readiness: Readiness) -> tuple[tuple[Reason, ...], bool]:
    """Say why the service is not ready, and whether the caller may know the details.

    Returns
    -------
    reasons : tuple of Reason
        None if it is ready.
    detailed : bool
        Whether he keeps the installation or audits it.
    """
    demand(caller, Operation.HEALTH_READ, at=service.desk.clock())
    return readiness.reasons(), bool(caller.roles & MAY[Operation.METRICS_READ])


def measured(service: Service, caller: Caller, metrics: Metrics) -> bytes:
    """Give every count in the form of Prometheus.

    Raises
    ------
    Problem
        401 or 403.
    """
    demand(caller, Operation.METRICS_READ, at=service.desk.clock())
    return metrics.text(
        log_size=service.desk.ledger.log.size, published=published_size(service), queue=_queue(service)
    )


def _queue(service: Service) -> dict[str, int]:
    """Count the jobs that are not done, by how they stand."""
    waiting = sa.select(jobs.c.state, sa.func.count()).where(jobs.c.finished.is_(None)).group_by(jobs.c.state)
    with service.database.connect() as connection:
        return {str(state): int(count) for state, count in connection.execute(waiting)}
