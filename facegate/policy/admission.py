"""Which offenses a profile admits: asked of the engine, code by code, not kept in a table.

The count is published with every profile, so that whoever reads "serious offenses only" sees how many
that is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.policy.offenses import BELOW_LEVEL_1, LEVEL_1
from facegate.records import SearchRequest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from facegate.policy.engine import PolicyEngine
    from facegate.policy.offenses import Offense

# Complete in every respect but the offense, so that only the offense decides. The citation stands for any:
# 59 catch-all headings need one whatever the level.
COMPLETE = {
    "case_number": "24-001234",
    "requester": "8841",
    "agency": "CO0160000",
    "charge_citation": "C.R.S. 18-1.3-401",
}


@dataclass(frozen=True, slots=True)
class Admission:
    """Whether one profile admits one offense, everything else being in order.

    Parameters
    ----------
    offense : Offense
        The heading.
    on_heading : bool
        Admitted by its code, a charge citation given, no felony claimed.
    with_felony : bool
        Admitted once felony level is claimed with the citation.
    """

    offense: Offense
    on_heading: bool
    with_felony: bool


@dataclass(frozen=True, slots=True)
class AdmissionCount:
    """How many headings a profile admits.

    Parameters
    ----------
    n_offenses : int
        Headings in the catalogue.
    on_heading, with_felony : int
        Of these, admitted by the code alone, and once a felony is claimed.
    """

    n_offenses: int
    on_heading: int
    with_felony: int


def admissions(engine: PolicyEngine, profile: str, now: datetime) -> Mapping[str, Admission]:
    """Ask a profile about every offense of the catalogue.

    Parameters
    ----------
    engine : PolicyEngine
        The law.
    profile : str
        Name of a loaded profile.
    now : datetime
        Time at which it is asked, with its zone.

    Returns
    -------
    Mapping of str to Admission
        By code, in the catalogue's order.

    Raises
    ------
    InputError
        If there is no profile of that name.
    """
    name = engine.profile(profile).name

    def admits(code: str, *, felony: bool) -> bool:
        """Tell whether some stated level lets the code through."""
        requests = (
            SearchRequest(profile=name, offense_code=code, offense_level=level, felony=felony, **COMPLETE)
            for level in (LEVEL_1, BELOW_LEVEL_1)
        )
        return any(engine.decide(request, now).permitted for request in requests)

    return {
        one.code: Admission(one, admits(one.code, felony=False), admits(one.code, felony=True))
        for one in engine.catalogue
    }


def count_admissions(admitted: Mapping[str, Admission]) -> AdmissionCount:
    """Count what `admissions` found."""
    return AdmissionCount(
        n_offenses=len(admitted),
        on_heading=sum(one.on_heading for one in admitted.values()),
        with_felony=sum(one.with_felony for one in admitted.values()),
    )
