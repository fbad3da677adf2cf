"""Opening the service of one agency's folder, everything in the one order that works, and closing it."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

from facegate.faces.intake.workers import IntakeWorkers
from facegate.gate.photos.keeping import sweep_probes
from facegate.gate.photos.store import PhotoStore
from facegate.server.acts.benchmark_runs import clear_uploads
from facegate.server.acts.enrollments import settle_enrollments
from facegate.server.asked_sweeping import Sweeper
from facegate.server.database.alone import served_alone
from facegate.server.database.connect import open_database
from facegate.server.desk import open_service_desk
from facegate.server.idempotency import Idempotency
from facegate.server.identity.identity import open_identity
from facegate.server.jobs.jobs import Jobs
from facegate.server.memory import GivingBack, bound_heaps
from facegate.server.metrics import Metrics
from facegate.server.service import Service
from facegate.server.slots import Slots
from facegate.server.tidying import Tidying, tidy

if TYPE_CHECKING:
    from collections.abc import Iterator

    from facegate.faces.embedder import Embedder
    from facegate.gate.home import Home
    from facegate.server.config import ServerConfig

INTAKE_PROCESSES = 2


@contextmanager
def open_service(home: Home, config: ServerConfig, embedder: Embedder) -> Iterator[Service]:
    """Open an agency's folder for serving.

    Parameters
    ----------
    home : Home
        The folder.
    config : ServerConfig
        What the operator set.
    embedder : Embedder
        Makes the probes' templates.

    Yields
    ------
    Service
        Open; closed again at the end, jobs first, the log last.

    Raises
    ------
    GalleryError, AuditError, StorageError, InputError, IntakeError
        If a part cannot be opened; what was opened before is closed again.
    """
    bound_heaps()  # before there are threads that have their own
    with ExitStack() as stack:
        # The processes of the intake begin before there are threads and open databases to inherit.
        intake = stack.enter_context(IntakeWorkers.start(INTAKE_PROCESSES))
        metrics = Metrics()
        opened = stack.enter_context(open_service_desk(home, embedder))
        desk = replace(opened, gate=replace(opened.gate, timed=metrics.stage, held=Slots().begin))
        database = open_database(config.database)
        stack.callback(database.dispose)
        stack.enter_context(served_alone(database))
        identity = open_identity(desk, database, config)
        stack.callback(identity.close)
        photos = PhotoStore.open(home)
        sweep_probes(photos, desk.ledger)  # of an erasure that was cut off before it
        idempotency = Idempotency(database, desk.clock, home.replies_key(desk.random_bytes))
        stack.callback(idempotency.close)
        service = Service(
            desk=desk,
            config=config,
            database=database,
            identity=identity,
            intake=intake,
            photos=photos,
            idempotency=idempotency,
            jobs=stack.enter_context(Jobs(database, desk.clock)),
            metrics=metrics,
        )
        settle_enrollments(service)
        clear_uploads(service, starting=True)
        tidy(service)
        stack.enter_context(Tidying(service))
        stack.enter_context(Sweeper(service))
        stack.enter_context(GivingBack())
        yield service
