"""How a generated request set is mixed: every weight stated, none of them measured.

The weights are this project's own guesses at a plausible docket, with enough of everything that a law can
turn on. They say nothing of how often anything is really asked for: no agency publishes that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

ANY_CODE = ""


@dataclass(frozen=True, slots=True)
class Family:
    """Offense codes drawn together.

    Parameters
    ----------
    start : str
        What the NCIC codes begin with; empty for every code of the catalogue.
    nibrs : str
        The NIBRS code stated beside them.
    weight : float
        Share of the requests, of the sum of all weights.
    felony : float
        Share of them that claim felony level.
    """

    start: str
    nibrs: str
    weight: float
    felony: float


FAMILIES = (
    Family("09", "09A", 5, 0.95),
    Family("10", "100", 2, 0.9),
    Family("11", "11A", 5, 0.9),
    Family("12", "120", 12, 0.9),
    Family("13", "13A", 15, 0.6),
    Family("21", "210", 2, 0.6),
    Family("22", "220", 10, 0.7),
    Family("23", "23H", 14, 0.25),
    Family("24", "240", 6, 0.6),
    Family("25", "250", 3, 0.5),
    Family("26", "26A", 9, 0.5),
    Family("29", "290", 3, 0.2),
    Family("35", "35A", 6, 0.5),
    Family("48", "90Z", 2, 0.2),
    Family("52", "520", 4, 0.6),
    Family(ANY_CODE, "90Z", 12, 0.4),
)
"""Homicide, kidnapping, sexual assault, robbery, assault, extortion, burglary, larceny, stolen vehicle,
forgery, fraud, damage to property, drugs, obstruction, weapons, and any code of the catalogue."""

OF_LAW = "of-law"
"""Stands in ``offense_level`` and ``charge_citation`` for what fits each law asked."""

FIELD_WEIGHTS: Mapping[str, Mapping[str | int | bool | None, float]] = {
    "action": {"imageComparison": 94, "crossJurisdiction": 3, "dossier": 3},
    "case_number": {"24-001234": 98, None: 2},
    "incident_number": {"24-88121": 70, None: 30},
    "offense_level": {OF_LAW: 98, None: 2},
    "charge_citation": {OF_LAW: 85, None: 15},
    "fact_narrative": {"The camera shows his face.": 90, None: 10},
    "suspicion": {"none": 10, "reasonable": 45, "probable_cause": 33, None: 12},
    "purpose": {
        "criminal_investigation": 76,
        "fugitive": 5,
        "identify_witness": 4,
        "identify_victim": 4,
        "missing_person": 4,
        "deceased_person": 2,
        "incapacitated_person": 1,
        "identity_document_fraud": 2,
        "immigration_enforcement": 2,
    },
    "duty_statement": {"Lead of the case": 97, None: 3},
    "requester": {"8841": 100},
    "agency": {"CO0160000": 100},
    "operator": {"77": 90, "self": 8, None: 2},
    "approver": {"1120": 97, None: 3},
    "on_behalf_of": {"self": 93, "CO0300000": 5, None: 2},
    "source_address": {"10.4.1.7": 100},
    "channel": {"desk": 94, "mobile": 5, "live": 1},
    "setting": {"public": 70, "private": 22, "other": 4, "school": 2, "protest": 1, "worship": 1},
    "probe_source": {
        "cctv": 56,
        "own_photo": 12,
        "document": 10,
        "booking": 8,
        "seized_media": 5,
        "social_media": 5,
        "other": 4,
    },
    "probe_edited": {False: 96, True: 4},
    "sketch": {False: 99, True: 1},
    "first_amendment": {False: 99, True: 1},
    "gallery": {"dl": 75, "mugshot": 25},
    "candidate_limit": {20: 75, 2: 10, 50: 13, 100: 2},
    "release_form": {"3a" * 32: 92, None: 8},
}
"""Each field on its own, in parts of its sum; None is a field left out."""

PAPERS: Mapping[str, float] = {"none": 74, "warrant": 11, "order": 9, "exigency": 6}
AGENCIES: Mapping[str, float] = {
    "police": 56,
    "sheriff": 20,
    "state_police": 9,
    "prosecutor": 3,
    "campus": 3,
    "federal": 3,
    "fbi": 2,
    "license_authority": 1.5,
    "medical_examiner": 0.5,
    "immigration": 2,
}
OPERATORS: Mapping[str, float] = {"license_authority": 60, "state_police": 20, "fbi": 5, "police": 15}
"""Class of the agency whose examiner runs the comparison."""

ROLE_OF: Mapping[str, str] = {
    "identify_witness": "witness",
    "identify_victim": "victim",
    "missing_person": "missing",
    "deceased_person": "deceased",
    "incapacitated_person": "incapacitated",
}
"""Whom the probe shows, by purpose; a suspect for any other."""
