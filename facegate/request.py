"""What a requester states when asking for a search: every field is a claim until somebody checks it.

- A field that was left out is ``None``; a flag is stated as true or false, never assumed.
- A field that is not of its form, or not of its closed list, counts as left out wherever a rule needs it:
  leaving a field out, or spoiling it, never helps.
- What registers know of the people and the case (rank, training, standing) is no claim and is not here.

The fields are the union of what the shipped profiles ask for; a profile says which of them it demands.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

SELF = "self"
"""Stands in ``on_behalf_of`` and ``operator`` for the requesting agency and the requester."""


class Action(StrEnum):
    """What is asked for; each is permitted on its own, or not at all."""

    IMAGE_COMPARISON = "imageComparison"
    """A photo against a gallery of the requester's own state."""
    CROSS_JURISDICTION = "crossJurisdiction"
    """A photo against a gallery of another state."""
    DOSSIER = "dossier"
    """Release of record fields of somebody who was shown."""
    ENRICHMENT = "enrichment"
    """Joining other data to a result."""


COMPARISONS = frozenset({Action.IMAGE_COMPARISON, Action.CROSS_JURISDICTION})
"""The actions that compare faces: searches, counted and reviewed as such."""

PURPOSES = frozenset({
    "criminal_investigation",
    "identify_victim",
    "identify_witness",
    "missing_person",
    "deceased_person",
    "incapacitated_person",
    "unable_to_communicate",
    "at_risk_person",
    "danger_to_self_or_others",
    "human_trafficking",
    "other_trafficking",
    "online_recruitment",
    "lawfully_detained",
    "imminent_threat",
    "threat_to_life",
    "public_safety_threat",
    "national_security",
    "undercover_vetting",
    "concealed_identity",
    "false_identity_document",
    "identity_document_fraud",
    "fugitive",
    "immigration_enforcement",
})  # fmt: skip
"""Official duties a search can serve. ``identity_document_fraud`` is the license authority's own use;
``other_trafficking`` is that of weapons, drugs or wildlife."""

SUSPICIONS = frozenset({"none", "reasonable", "probable_cause"})
"""Standard met, from the least; a rule that asks for ``reasonable`` is met by ``probable_cause`` too."""

PROBE_ROLES = frozenset({"suspect", "witness", "victim", "missing", "deceased", "incapacitated", "at_risk"})
"""Whom the probe shows. ``at_risk``: in danger and unable to identify himself."""

CHANNELS = frozenset({"desk", "mobile", "live"})
"""How the search is made; ``live`` is video as it happens."""

SETTINGS = frozenset({"public", "private", "school", "protest", "worship", "other"})
"""Where the probe was taken."""

PROBE_SOURCES = frozenset(
    {"cctv", "own_photo", "social_media", "booking", "seized_media", "document", "other"}
)
"""Where the probe image comes from."""

INSTRUMENT_KINDS = frozenset({"warrant", "order"})
"""Judicial papers."""

AGENCY_CLASSES = frozenset({
    "police",
    "sheriff",
    "state_police",
    "campus",
    "prosecutor",
    "medical_examiner",
    "license_authority",
    "justice_department",
    "federal",
    "fbi",
    "immigration",
    "other",
})  # fmt: skip
"""Classes of agencies, as a register records them."""

DOSSIER_FIELDS = frozenset({
    "name",
    "date_of_birth",
    "height",
    "weight",
    "sex",
    "address",
    "fingerprint",
    "signature",
    "photo",
})  # fmt: skip
"""Fields of a license record that can be asked for; a profile lists which may leave."""


@dataclass(frozen=True, slots=True)
class Instrument:
    """A judicial paper.

    Parameters
    ----------
    kind : str
        ``warrant`` or ``order``.
    court : str
        Which court.
    number : str
        The court's number of it.
    issued, expires : str
        Days, ISO 8601 (``2026-11-22``); it holds on both.
    """

    kind: str
    court: str
    number: str
    issued: str
    expires: str


@dataclass(frozen=True, slots=True)
class Exigency:
    """An emergency that is claimed in place of a judicial paper.

    Parameters
    ----------
    basis : str
        What the danger is.
    declared_by : str
        Officer id of whoever declares it; never the requester.
    at : str
        When, RFC 3339 with its zone (``2026-11-22T03:20:11Z``).
    """

    basis: str
    declared_by: str
    at: str


@dataclass(frozen=True, slots=True)
class SearchRequest:
    """Everything a requester states for one search.

    Every field is the requester's claim, checked before anything is searched; ``None`` means that it was
    left out.

    Parameters
    ----------
    profile : str
        The law to apply, such as ``co-dmv-2019``.
    action : str
        One of `Action`.
    case_number : str or None
        The agency's own case number, such as ``24-001234``.
    incident_number : str or None
        Incident within the case.
    offense_code : str or None
        NCIC Uniform Offense Classification code, four digits. It decides, not free text.
    offense_level : str or None
        The level claimed for the offense under the profile, such as ``1``.
    offense_nibrs : str or None
        NIBRS code, three characters: the axis of reports. It never admits a search.
    felony : bool
        Felony level claimed for this charge; counts only with a charge citation.
    charge_citation : str or None
        Statute the charge rests on, such as ``C.R.S. 18-4-203``.
    fact_narrative : str or None
        Why this person, in this crime.
    suspicion : str or None
        One of `SUSPICIONS`.
    instrument : Instrument or None
        Judicial paper.
    exigency : Exigency or None
        Emergency claimed instead.
    purpose : str or None
        One of `PURPOSES`.
    duty_statement : str or None
        How the search serves the agency's official duties.
    probe_role : str or None
        One of `PROBE_ROLES`.
    requester : str or None
        Officer id.
    agency : str or None
        ORI of the requesting agency, nine characters.
    operator : str or None
        Officer id of whoever runs the comparison, or ``self``.
    approver : str or None
        Officer id of the supervisor or coordinator who approves; never the requester.
    on_behalf_of : str or None
        ORI of the agency that benefits, or ``self``.
    source_address : str or None
        Terminal or network address the request comes from.
    channel : str or None
        One of `CHANNELS`.
    setting : str or None
        One of `SETTINGS`.
    probe_source : str or None
        One of `PROBE_SOURCES`.
    probe_edited, sketch, first_amendment : bool or None
        The image was altered; it is a drawing; it shows activity protected by the First Amendment.
    gallery : str or None
        Which gallery is to be searched, such as ``dl``.
    candidate_limit : int or None
        Longest candidate list wanted.
    dossier_fields : tuple of str
        Fields asked for by a dossier, of `DOSSIER_FIELDS`.
    release_form : str or None
        SHA-256 of the signed requester release form, 64 hexadecimal digits.
    """

    profile: str
    action: str = Action.IMAGE_COMPARISON
    case_number: str | None = None
    incident_number: str | None = None
    offense_code: str | None = None
    offense_level: str | None = None
    offense_nibrs: str | None = None
    felony: bool = False
    charge_citation: str | None = None
    fact_narrative: str | None = None
    suspicion: str | None = None
    instrument: Instrument | None = None
    exigency: Exigency | None = None
    purpose: str | None = None
    duty_statement: str | None = None
    probe_role: str | None = None
    requester: str | None = None
    agency: str | None = None
    operator: str | None = None
    approver: str | None = None
    on_behalf_of: str | None = None
    source_address: str | None = None
    channel: str | None = None
    setting: str | None = None
    probe_source: str | None = None
    probe_edited: bool | None = None
    sketch: bool | None = None
    first_amendment: bool | None = None
    gallery: str | None = None
    candidate_limit: int | None = None
    dossier_fields: tuple[str, ...] = ()
    release_form: str | None = None
