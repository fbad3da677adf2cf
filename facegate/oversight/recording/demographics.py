"""Sex, race and age of people, where a statute asks for them: said by hand, sealed, only counted in public.

- They are stated by an officer, never guessed from a face: an estimator errs by group, and its errors would
  become the statistics that are meant to show them.
- The public part says of which search and in which part (shown in the probe, a candidate acted on, named in a
  warrant application); the words are sealed, and reports mask small counts.
- ``not_known`` is a statement. Nobody having stated anything is something else, and is counted apart.

References
----------
Categories of race and ethnicity: OMB Statistical Policy Directive 15 as revised in 2024 (not checked against
the text), with ``several`` and ``not_known`` added. Bands of age are this project's own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.errors import PolicyRefusal
from facegate.gate.registers.demands import demand_listed
from facegate.oversight.recording.searches import demand_search, has_lead

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.gate.ledger.ledger import Ledger

DEMOGRAPHICS: Final = "demographics"
ACTED_ON: Final = "candidate-acted-on"
OF: Final = frozenset({"probe", ACTED_ON, "warrant-named"})
"""Whom the words are about."""
NOT_KNOWN: Final = "not_known"
SEXES: Final = ("female", "male", "x", NOT_KNOWN)
RACES: Final = (
    "american_indian_or_alaska_native",
    "asian",
    "black",
    "hispanic",
    "middle_eastern_or_north_african",
    "native_hawaiian_or_pacific_islander",
    "white",
    "several",
    NOT_KNOWN,
)
AGE_BANDS: Final = ("under_18", "18_24", "25_34", "35_44", "45_54", "55_64", "65_and_over", NOT_KNOWN)


def record_demographics(
    ledger: Ledger,
    *,
    search_id: str,
    of: str,
    sex: str,
    race: str,
    age_band: str,
    by: str,
    by_agency: str,
    at: datetime,
) -> int:
    """Record sex, race and age band of one person in connection with a search.

    Parameters
    ----------
    ledger : Ledger
        Where to.
    search_id : str
        Which search.
    of : str
        One of `OF`.
    sex, race, age_band : str
        Of `SEXES`, `RACES`, `AGE_BANDS`; sealed.
    by, by_agency : str
        Officer id and ORI of whoever records it; sealed.
    at : datetime
        Now, with its zone.

    Returns
    -------
    int
        Position of the record.

    Raises
    ------
    InputError
        If there is no such search, or a word is not on its list.
    PolicyRefusal
        If he may not speak of this search, or a candidate was acted on and none was released as a lead.
    """
    public = {"search_id": search_id, "of": demand_listed(of, OF, "whom it is about")}
    sealed = {
        "sex": demand_listed(sex, SEXES, "the sex"),
        "race": demand_listed(race, RACES, "the race"),
        "age_band": demand_listed(age_band, AGE_BANDS, "the age band"),
        "by": by,
        "by_agency": by_agency,
    }
    search = demand_search(ledger, search_id, by=by, by_agency=by_agency, at=at)
    if of == ACTED_ON and not has_lead(search):
        msg = "no candidate of this search was released as a lead, so none can have been acted on"
        raise PolicyRefusal(msg)
    return ledger.record(DEMOGRAPHICS, at=at, public=public, sealed=sealed)
