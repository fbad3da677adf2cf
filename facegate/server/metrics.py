"""What is counted while the service runs, in the form of Prometheus.

No label holds anything that came from a client or names a person, an agency or a case: routes are templates,
rules are ids of the law's text, and a path that is no route is one label for all of them. So neither can
anybody fill the memory with labels, nor read from the counts who was searched for.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from facegate.records import FailedRule

METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
STAGES: Final = ("decode", "detect", "embed", "policy", "log", "search", "held")
NO_ROUTE: Final = "(no route)"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""Upper edges of the buckets."""


class Metrics:
    """Counters of one running service, in a registry of their own.

    Attributes
    ----------
    registry : CollectorRegistry
        Holds these counters and no others.
    """

    def __init__(self) -> None:
        # Else each label has one more series, which nobody reads.
        disable_created_metrics()  # type: ignore[no-untyped-call]  # the library's
        self.registry = CollectorRegistry()
        registry = self.registry
        self._requests = Counter(
            "facegate_requests", "Requests answered.", ("method", "route", "status"), registry=registry
        )
        self._seconds = Histogram(
            "facegate_request_seconds",
            "Seconds from a request to the end of its answer.",
            ("route",),
            registry=registry,
            buckets=SECONDS,
        )
        self._working = Gauge("facegate_requests_in_progress", "Requests being answered.", registry=registry)
        self._refusals = Counter(
            "facegate_refusals", "Refusals, by each rule that refused.", ("rule",), registry=registry
        )
        self._stages = Histogram(
            "facegate_stage_seconds",
            "Seconds of one search, by stage.",
            ("stage",),
            registry=registry,
            buckets=SECONDS,
        )
        self._stage = {
            name: self._stages.labels(name) for name in STAGES
        }  # looked up once, not at each search
        self._log = Gauge("facegate_log_records", "Records on the log.", registry=registry)
        self._published = Gauge(
            "facegate_log_records_published", "Records in the public folder.", registry=registry
        )
        self._queue = Gauge(
            "facegate_queue", "Jobs that are not done, by how they stand.", ("state",), registry=registry
        )

    def answered(self, *, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer.

        Parameters
        ----------
        method : str
            Of the request; one that is none of `METHODS` is counted as ``other``.
        route : str
            Template of the route, such as ``/v1/misuse/{number:int}``; empty if there was none.
        status : int
            Of the reply.
        seconds : float
            From the first byte of the request to the last of the answer, from 0.
        """
        place = route or NO_ROUTE
        self._requests.labels(method if method in METHODS else "other", place, str(status)).inc()
        self._seconds.labels(place).observe(seconds)

    def refused(self, rules: Iterable[FailedRule]) -> None:
        """Count the rules of one refusal."""
        for one in rules:
            self._refusals.labels(one.rule_id).inc()

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Measure one stage of a search, of `STAGES`."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self._stage[name].observe(time.perf_counter() - began)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Count a request as being answered."""
        with self._working.track_inprogress():
            yield

    def text(self, *, log_size: int, published: int | None, queue: dict[str, int]) -> bytes:
        """Write every count.

        Parameters
        ----------
        log_size : int
            Records on the log.
        published : int or None
            Records in the public folder; None if nothing was published, which is written as NaN and not 0.
        queue : dict of str to int
            Jobs that are not done, by state; a state left out has none any more.
        """
        self._log.set(log_size)
        self._published.set(float("nan") if published is None else published)
        self._queue.clear()
        for state, count in queue.items():
            self._queue.labels(state).set(count)
        return generate_latest(self.registry)


class CountRequests:
    """Middleware that counts and times every request; the outermost, so that it sees every answer.

    Parameters
    ----------
    app : ASGI application
        What answers.
    metrics : Metrics
        Where to count.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and count it."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status, began = 500, time.perf_counter()  # of an answer that never began

        async def sent(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            with self._metrics.working():
                await self._app(scope, receive, sent)
        finally:
            self._metrics.answered(
                method=scope["method"],
                route=str(getattr(scope.get("route"), "path", "")),
                status=status,
                seconds=time.perf_counter() - began,
            )
