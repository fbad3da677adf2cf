"""Everything the running service holds: the agency's desk, and the service's own books beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.server.metrics import Metrics

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from facegate.faces.intake.workers import IntakeWorkers
    from facegate.gate.photos.store import PhotoStore
    from facegate.server.config import ServerConfig
    from facegate.server.desk import Desk
    from facegate.server.idempotency import Idempotency
    from facegate.server.identity.identity import Identity
    from facegate.server.jobs.jobs import Jobs


@dataclass(frozen=True, slots=True)
class Service:
    """What every endpoint and page is answered from.

    Parameters
    ----------
    desk : Desk
        Gate, registers, log.
    config : ServerConfig
        What the operator set.
    database : Engine
        Accounts, keys, sessions, replies kept for repeated requests, jobs.
    identity : Identity
        Who is asking.
    intake : IntakeWorkers
        Opens photos in processes of their own.
    photos : PhotoStore
        Probes and enrolled photos, sealed.
    idempotency : Idempotency
        Replies kept for repeated requests.
    jobs : Jobs
        Long work.
    metrics : Metrics
        Where requests and stages are counted.
    """

    desk: Desk
    config: ServerConfig
    database: Engine
    identity: Identity
    intake: IntakeWorkers
    photos: PhotoStore
    idempotency: Idempotency
    jobs: Jobs
    metrics: Metrics = field(default_factory=Metrics)
