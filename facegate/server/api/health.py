"""``/livez``, ``/readyz``, ``/metrics``: for whoever keeps the service running.

`/metrics` needs ``app.state.metrics``, and `/readyz` makes its ``app.state.readiness`` where there is none.
"""

from http import HTTPStatus
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from facegate.server.acts import health as acts
from facegate.server.api.accepting import TEXT
from facegate.server.api.replies import Problems, Reply
from facegate.server.asking import CallerOf, ServiceOf
from facegate.server.metrics import Metrics
from facegate.server.problems import Problem
from facegate.server.readiness import Readiness, keeps_closed, told

router = APIRouter(tags=["health"])

RETRY_SECONDS = "10"


def readiness_of(request: Request, service: ServiceOf) -> Readiness:
    """Give what looks whether the service is ready, one for the whole application."""
    state = request.app.state
    if not hasattr(state, "readiness"):
        state.readiness = Readiness(service)
    if not isinstance(state.readiness, Readiness):
        msg = f"the application's readiness is a {type(state.readiness).__name__}"
        raise TypeError(msg)
    return state.readiness


def metrics_of(request: Request) -> Metrics:
    """Give the application's counters."""
    metrics = getattr(request.app.state, "metrics", None)
    if not isinstance(metrics, Metrics):
        msg = "the application was made without its counters: app.state.metrics"
        raise TypeError(msg)
    return metrics


class Alive(Reply):
    """The process answers."""

    status: Literal["up"] = "up"


class Ready(Reply):
    """Searches can be asked for."""

    status: Literal["ready"] = "ready"


@router.get("/livez")
def livez() -> Alive:
    """Say that the process is up; whether it may be searched says ``/readyz``."""
    return Alive()


@router.get("/readyz", responses={503: {"model": Problems}})
def readyz(
    service: ServiceOf, caller: CallerOf, readiness: Annotated[Readiness, Depends(readiness_of)]
) -> Ready:
    """Say whether searches can be asked for; 503 names every reason why not.

    Auditors and administrators are told the details.
    """
    reasons, detailed = acts.ready(service, caller, readiness)
    if not reasons:
        return Ready()
    words = told(reasons)
    shown: list[dict[str, Any]] = [{"code": one.code, "say": one.say} for one in words]
    if detailed:
        shown = [{**one, "details": list(said.details)} for one, said in zip(shown, words, strict=True)]
    stands = "the gate is closed" if keeps_closed(reasons) else "the service is not in order"
    raise Problem(
        HTTPStatus.SERVICE_UNAVAILABLE,
        "not-ready",
        f"{stands}: {', '.join(one.code for one in words)}",
        headers={"Retry-After": RETRY_SECONDS},
        more={"reasons": shown},
    )


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {TEXT: {"schema": {"type": "string"}}}}},
)
def get_metrics(
    service: ServiceOf, caller: CallerOf, metrics: Annotated[Metrics, Depends(metrics_of)]
) -> Response:
    """Give every count in the form of Prometheus. For administrators and auditors; no label names anybody."""
    return Response(acts.measured(service, caller, metrics), media_type=CONTENT_TYPE_LATEST)
