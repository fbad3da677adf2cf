"""What a law admits, and two laws side by side: what each permits and refuses of one set of requests.

The answers depend on the texts and the day alone, so they are kept; working one out takes seconds, so one is
worked out at a time.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, time
from functools import lru_cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.policy.admission import admissions
from facegate.policy.difference import compare_laws
from facegate.policy.request_set import generated_set
from facegate.server.acts.policies import get_law
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from facegate.policy.admission import Admission
    from facegate.policy.difference import Difference
    from facegate.policy.engine import PolicyEngine
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

REQUESTS: Final = 200
SEED: Final = 1
PATIENCE_S: Final = 10.0
_ONE_AT_A_TIME: Final = threading.Lock()


@dataclass(frozen=True, slots=True)
class _Asked:
    """The engine, which is not part of what an answer depends on: that are the digests of the texts."""

    engine: PolicyEngine = field(compare=False)


def admitted(service: Service, caller: Caller, name: str) -> Mapping[str, Admission]:
    """Say of every offense whether a law admits it, everything else being in order; by code.

    Raises
    ------
    Problem
        404 if there is no such law; 503 if the laws cannot be read or others are being asked.
    """
    law = get_law(service, caller, name).law
    _take()
    try:
        return _admitted(_Asked(service.desk.gate.engine), law.name, law.digest, _today(service))
    finally:
        _ONE_AT_A_TIME.release()


def compare(service: Service, caller: Caller, first: str, second: str) -> Difference:
    """Put one generated set of requests to two laws.

    Raises
    ------
    Problem
        404 if there is no such law; 503 if the laws cannot be read or others are being compared.
    """
    demand(caller, Operation.POLICY_READ, at=service.desk.clock())
    laws = [get_law(service, caller, name).law for name in (first, second)]
    _take()
    try:
        names = (laws[0].name, laws[1].name)
        digests = (laws[0].digest, laws[1].digest)
        return _compared(_Asked(service.desk.gate.engine), names, digests, _today(service))
    finally:
        _ONE_AT_A_TIME.release()


def _take() -> None:
    if not _ONE_AT_A_TIME.acquire(timeout=PATIENCE_S):
        detail = "other laws are being asked right now; try again in a minute"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "asking-already", detail, headers={"Retry-After": "60"})


def _today(service: Service) -> date:
    return service.desk.clock().astimezone(UTC).date()


def _noon(day: date) -> datetime:
    return datetime.combine(day, time(12), UTC)


@lru_cache(maxsize=64)
def _admitted(asked: _Asked, name: str, _digest: str, day: date) -> Mapping[str, Admission]:
    return admissions(asked.engine, name, _noon(day))


@lru_cache(maxsize=512)
def _compared(asked: _Asked, names: tuple[str, str], _digests: tuple[str, str], day: date) -> Difference:
    engine = asked.engine
    requests = generated_set(REQUESTS, seed=SEED, now=_noon(day), catalogue=engine.catalogue)
    return compare_laws(engine, names, requests, _noon(day))
