"""A search as clients of CompreFace ask for it: the same act, and where the face in the photo is."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Final

from facegate.errors import FacegateError
from facegate.server.acts import searches

if TYPE_CHECKING:
    from facegate.faces.detect import FaceBox
    from facegate.request import SearchRequest
    from facegate.server.acts.searches import Made
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

LOG: Final = logging.getLogger("facegate.server.searches")


@dataclass(frozen=True, slots=True)
class Recognized:
    """A search that was made.

    Parameters
    ----------
    made : Made
        As `searches.ask` gives it.
    box : FaceBox or None
        The face, in pixels of the photo as it is kept: upright, at most 8 megapixels; None if nobody could
        look.
    found_in_ms : float
        What finding it took. The gallery has no part in that.
    """

    made: Made
    box: FaceBox | None
    found_in_ms: float


def recognize(
    service: Service, caller: Caller, request: SearchRequest, probe: bytes, *, permit: str = ""
) -> Recognized:
    """Ask the gate for one image comparison, and say where the face is.

    Raises
    ------
    Problem, FacegateError
        As `searches.ask`.
    """
    made = searches.ask(service, caller, request, probe, permit=permit)
    began = monotonic()
    box = _box(service, probe)
    return Recognized(made, box, (monotonic() - began) * 1000)


def _box(service: Service, probe: bytes) -> FaceBox | None:
    """Look where the face is. The search is made and on the log: no trouble here takes its reply away."""
    try:
        return service.intake.face(probe).box
    except FacegateError as error:
        LOG.error("the face of a probe was not looked at again: %s", error)  # noqa: TRY400  no traceback: paths
        return None
