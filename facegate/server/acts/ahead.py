"""What of a search can be done before anybody knows whether it was asked for already: photo and lookups.

Nothing acts here: a photo is opened, and registers and counters are asked. Whoever sends the same key twice
costs as much as once more looking.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.server.acts.opened import opened
from facegate.server.acts.whose import demand_officer, in_his_name
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem
from facegate.threads import Threads

if TYPE_CHECKING:
    from facegate.faces.intake.workers import CleanPhoto
    from facegate.gate.looked_up import LookedUp
    from facegate.request import SearchRequest
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

_LOOKING: Final = Threads(2, "looking-up")
"""Looks a request up while another process opens its photo."""


def asked_by(service: Service, caller: Caller, request: SearchRequest) -> SearchRequest:
    """Give a request in the name of whoever asks.

    Raises
    ------
    Problem
        401 or 403.
    InputError
        If it is in another's name.
    """
    demand(caller, Operation.SEARCH_ASK, at=service.desk.clock())
    by = demand_officer(caller)
    return in_his_name(request, requester=by.officer, agency=by.agency)


class Ahead:
    """A search that was begun to be prepared; what came of it is told when it is asked for.

    Parameters
    ----------
    service : Service
        Intake and gate.
    caller : Caller
        A searcher.
    request : SearchRequest
        What he states.
    photo : bytes
        As it was sent.
    """

    __slots__ = ("_caller", "_opened", "_photo", "_request", "_service", "looked_up")

    def __init__(self, service: Service, caller: Caller, request: SearchRequest, photo: bytes) -> None:
        self._service, self._caller = service, caller
        self._request, self._photo = request, photo
        self._opened: CleanPhoto | Exception | None = None
        self.looked_up: LookedUp | None = None

    def begin(self) -> None:
        """Open the photo, or find out why it cannot be, and look the request up meanwhile."""
        looking = _LOOKING.submit(self._look_up)
        try:
            self._opened = opened(self._service, self._caller, self._photo)
        except Exception as error:  # noqa: BLE001  raised where the photo is asked for
            self._opened = error
        self.looked_up = looking.result()

    def clean(self) -> CleanPhoto:
        """Give the clean photo, opened now if it was not; raises as `facegate.server.acts.opened.opened`."""
        if self._opened is None:
            return opened(self._service, self._caller, self._photo)
        if isinstance(self._opened, Exception):
            raise self._opened
        return self._opened

    def _look_up(self) -> LookedUp | None:
        try:
            asked = asked_by(self._service, self._caller, self._request)
            return self._service.desk.gate.look_up(asked)
        except (Problem, FacegateError):  # told when it is asked for
            return None
