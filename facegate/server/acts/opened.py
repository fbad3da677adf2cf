"""A photo that somebody sent, opened for him: one of each account's at a time."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

from facegate.faces.intake.turns import NotYourTurn
from facegate.server.problems import Problem

if TYPE_CHECKING:
    from facegate.faces.intake.workers import CleanPhoto
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service


def opened(service: Service, caller: Caller, photo: bytes) -> CleanPhoto:
    """Make a clean photo of what somebody sent.

    Parameters
    ----------
    service : Service
        The intake.
    caller : Caller
        Whoever sent it; somebody known.
    photo : bytes
        As it was sent.

    Returns
    -------
    CleanPhoto
        See `facegate.faces.intake.workers.IntakeWorkers.clean`.

    Raises
    ------
    Problem
        429 while another photo of the account is opened, or its last one took too long.
    UnusablePhoto, IntakeError
        As the intake.
    """
    try:
        with service.intake.turns.of(caller.account), service.metrics.stage("decode"):
            return service.intake.clean(photo)
    except NotYourTurn as wait:
        detail = (
            "nothing was done: another photo of this account is being opened, or its last one took too "
            f"long; try again in {wait.again_in_s} s"
        )
        again = {"Retry-After": str(wait.again_in_s)}
        raise Problem(HTTPStatus.TOO_MANY_REQUESTS, "photo-in-hand", detail, headers=again) from wait
