"""What a search states, as a body of JSON: the fields of `facegate.request.SearchRequest`, and no other.

A value of a wrong type is refused here; one that is not of its form goes to the law as it was stated, which
says what it says. Free words are taken up to a length, since every one of them is kept, sealed.
"""

from dataclasses import fields
from typing import Annotated

from pydantic import ConfigDict, Field

from facegate.request import Exigency, Instrument, SearchRequest
from facegate.server.api.replies import Form

Stated = Annotated[str, Field(max_length=300)]
Narrative = Annotated[str, Field(max_length=8000)]


class InstrumentForm(Form):
    """A judicial paper."""

    kind: Stated = ""
    court: Stated = ""
    number: Stated = ""
    issued: Stated = ""
    expires: Stated = ""


class ExigencyForm(Form):
    """An emergency that is claimed in place of a judicial paper."""

    basis: Narrative = ""
    declared_by: Stated = ""
    at: Stated = ""


class RequestForm(Form):
    """Everything a requester states; what is left out, or null, is not stated."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    profile: Annotated[str, Field(min_length=1, max_length=64)]
    action: Stated = "imageComparison"
    case_number: Stated | None = None
    incident_number: Stated | None = None
    offense_code: Stated | None = None
    offense_level: Stated | None = None
    offense_nibrs: Stated | None = None
    felony: bool = False
    charge_citation: Stated | None = None
    fact_narrative: Narrative | None = None
    suspicion: Stated | None = None
    instrument: InstrumentForm | None = None
    exigency: ExigencyForm | None = None
    purpose: Stated | None = None
    duty_statement: Narrative | None = None
    probe_role: Stated | None = None
    requester: Stated | None = None
    agency: Stated | None = None
    operator: Stated | None = None
    approver: Stated | None = None
    on_behalf_of: Stated | None = None
    source_address: Stated | None = None
    channel: Stated | None = None
    setting: Stated | None = None
    probe_source: Stated | None = None
    probe_edited: bool | None = None
    sketch: bool | None = None
    first_amendment: bool | None = None
    gallery: Stated | None = None
    candidate_limit: Annotated[int, Field(ge=-(2**31), le=2**31)] | None = None
    dossier_fields: list[Stated] = Field(default_factory=list, max_length=32)
    release_form: Stated | None = None

    def request(self) -> SearchRequest:
        """Give the request as the law is asked."""
        stated = {one.name: getattr(self, one.name) for one in fields(SearchRequest)}
        paper, danger = self.instrument, self.exigency
        stated["instrument"] = None if paper is None else Instrument(**paper.model_dump())
        stated["exigency"] = None if danger is None else Exigency(**danger.model_dump())
        stated["dossier_fields"] = tuple(self.dossier_fields)
        return SearchRequest(**stated)
