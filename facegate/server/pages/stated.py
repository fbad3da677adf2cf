"""The form of a search: its fields in the order of the law, and what was typed into them as a request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from pydantic import ValidationError

from facegate.policy.forms import STANDARDS
from facegate.policy.request_fields import EXIGENCY_WORDS, INSTRUMENT_WORDS, REQUEST_WORDS
from facegate.request import (
    CHANNELS,
    COMPARISONS,
    INSTRUMENT_KINDS,
    PROBE_ROLES,
    PROBE_SOURCES,
    PURPOSES,
    SETTINGS,
    SUSPICIONS,
)
from facegate.server.acts.asked_for import PERMIT
from facegate.server.api.request_form import RequestForm
from facegate.server.problems import Problem, to_mend

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from facegate.request import SearchRequest
    from facegate.server.acts.asked_for import LawAsks

PAPERS: Final = {"instrument": INSTRUMENT_WORDS, "exigency": EXIGENCY_WORDS}
TEXT, LONG, CHOICE, YES_NO, TICK = "text", "long", "choice", "yes-no", "tick"
DEMANDED, ONE_OF, READ, IDLE = "demanded", "one-of", "read", "idle"


@dataclass(frozen=True, slots=True)
class Field:
    """One field as it is shown.

    Parameters
    ----------
    name : str
        Of the form; of a paper's part ``instrument_court`` and the like.
    label : str
        In plain words.
    kind : str
        ``text``, ``long``, ``choice``, ``yes-no`` or ``tick``.
    options : tuple of (str, str)
        Of a choice; what is offered beside a text, which may hold something else.
    hint : str
        What it says, or may hold.
    of : str
        The request's field that it is a part of; its own name otherwise.
    asked : str
        How the chosen law asks for it: ``demanded``, ``one-of``, ``read`` or ``idle``.
    """

    name: str
    label: str
    kind: str = TEXT
    options: tuple[tuple[str, str], ...] = ()
    hint: str = ""
    of: str = ""
    asked: str = READ


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together."""

    key: str
    title: str
    says: str
    fields: tuple[Field, ...]


def _words(values: Collection[str]) -> tuple[tuple[str, str], ...]:
    return tuple((one, {"cctv": "CCTV"}.get(one, one.replace("_", " "))) for one in sorted(values))


def _field(
    name: str, label: str, kind: str = TEXT, values: Collection[str] = (), hint: str | None = ""
) -> Field:
    """Make a field; its hint is what the table of fields says, unless another is given, or None for none."""
    said = "" if hint is None else hint or REQUEST_WORDS[name].says
    return Field(name, label, kind, _words(values), said, name)


_STANDARDS: Final = tuple(
    (one, {"none": "none", "reasonable": "reasonable suspicion"}.get(one, one.replace("_", " ")))
    for one in sorted(SUSPICIONS, key=STANDARDS.__getitem__)
)
ACTIONS: Final = {
    "imageComparison": "compare with a gallery of this state",
    "crossJurisdiction": "compare with a gallery of another state",
}

GROUPS: Final = (
    Group(
        "case",
        "1. The case",
        "Nothing is searched without a case that somebody else opened or confirmed.",
        (
            _field("case_number", "Case number", hint="A registered, open case of your agency."),
            _field("incident_number", "Incident number"),
        ),
    ),
    Group(
        "offense",
        "2. The offense",
        "The code decides, not free text, and it is the one the case is registered with.",
        (
            _field(
                "offense_code", "Offense (NCIC code)", hint="Type a word or a code, and choose from the list."
            ),
            _field("offense_level", "Level of the offense under this law", CHOICE),
            _field("offense_nibrs", "Reporting code (NIBRS)", hint="Three characters. It admits nothing."),
            _field(
                "charge_citation", "Charge citation", hint="The statute and section that the charge rests on."
            ),
            _field("felony", "The charge is a felony", TICK, hint="Counts only beside a charge citation."),
        ),
    ),
    Group(
        "basis",
        "3. The basis",
        "Why this person, for which duty.",
        (
            replace(_field("suspicion", "Standard that the facts meet", CHOICE), options=_STANDARDS),
            _field(
                "fact_narrative", "Facts", LONG, hint="Why this person, in this crime. Sealed on the log."
            ),
            _field("purpose", "Purpose", CHOICE, PURPOSES),
            _field(
                "duty_statement", "Duty statement", LONG, hint="How the search serves your agency's duties."
            ),
            _field("probe_role", "Whom the photo shows", CHOICE, PROBE_ROLES, None),
        ),
    ),
    Group(
        "authority",
        "4. The authority",
        "Who stands behind it, and on which paper.",
        (
            _field(
                "approver", "Approved by", hint="Officer id of the supervisor or coordinator; never your own."
            ),
            _field(
                "operator", "Compared by", hint="Officer id of the examiner who runs the comparison, or self."
            ),
            _field("on_behalf_of", "For which agency", hint="ORI of the agency that benefits, or self."),
            _field("release_form", "Signed release form", hint="SHA-256 digest of the form on file."),
            Field(
                "permit", "Permit", hint="The number your supervisor gave you with the approval.", of="permit"
            ),
        ),
    ),
    Group(
        "probe",
        "5. The photo",
        "One face. It is opened in a closed process, written anew without metadata, and shown to you.",
        (
            _field("probe_source", "Where it comes from", CHOICE, PROBE_SOURCES, None),
            _field("setting", "Where it was taken", CHOICE, SETTINGS, None),
            _field("channel", "How you search", CHOICE, CHANNELS, "Live is video as it happens."),
            _field("probe_edited", "It was altered", YES_NO, hint=None),
            _field("sketch", "It is a drawing, not a photo", YES_NO, hint=None),
            _field(
                "first_amendment",
                "It shows speech, assembly or worship",
                YES_NO,
                hint="Activity protected by the First Amendment.",
            ),
            _field("gallery", "Gallery"),
            _field("candidate_limit", "Longest list wanted", hint="A whole number, such as 20."),
            _field("source_address", "Terminal or network address"),
            replace(
                _field("action", "What is asked for", CHOICE, COMPARISONS, None),
                options=tuple(ACTIONS.items()),
            ),
        ),
    ),
)
"""Without requester and agency, which are the account's own, and without what is no search's."""

PAPER_GROUPS: Final = {
    "instrument": Group(
        "instrument",
        "Warrant or order",
        "A judicial paper in force today, filed for this case. Fill in all five, or none.",
        (
            Field("instrument_kind", "Kind", CHOICE, _words(INSTRUMENT_KINDS), of="instrument"),
            Field("instrument_court", "Court", of="instrument"),
            Field("instrument_number", "Number", of="instrument"),
            Field("instrument_issued", "First day", hint="As in 2026-11-22.", of="instrument"),
            Field("instrument_expires", "Last day", hint="As in 2026-11-22.", of="instrument"),
        ),
    ),
    "exigency": Group(
        "exigency",
        "Emergency",
        "Claimed in place of a paper, which must follow. Declared by another officer in the last 48 hours.",
        (
            Field("exigency_basis", "What the danger is", LONG, of="exigency"),
            Field("exigency_declared_by", "Declared by (officer id)", of="exigency"),
            Field(
                "exigency_at", "Declared at", hint="With its zone, as in 2026-11-22T03:20:11Z.", of="exigency"
            ),
        ),
    ),
}
ALL: Final = {one.name: one for group in (*GROUPS, *PAPER_GROUPS.values()) for one in group.fields}


def how_asked(asks: LawAsks, field: str) -> str:
    """Say how a law asks for a field of a request."""
    if field in asks.demanded or (field == PERMIT and field in asks.read):
        return DEMANDED
    if field in asks.one_of:
        return ONE_OF
    return READ if field in asks.read or field in {PERMIT, "action"} else IDLE


def typed(fields: Mapping[str, str]) -> dict[str, str]:
    """Keep what was typed into this form's own fields."""
    return {name: value for name, value in fields.items() if name in ALL}


def request_of(profile: str, values: Mapping[str, str]) -> SearchRequest:
    """Make the request that a form states.

    Parameters
    ----------
    profile : str
        The law chosen.
    values : mapping of str to str
        As `typed` gives them.

    Raises
    ------
    Problem
        422 with every field that cannot be taken: too long, or no number where one is wanted.
    """
    stated: dict[str, Any] = {"profile": profile, "felony": "felony" in values}
    for name, value in values.items():
        if name in {PERMIT, "felony"}:
            continue
        field = ALL[name]
        if field.of in PAPERS:
            stated.setdefault(field.of, {})[name.removeprefix(f"{field.of}_")] = value
        else:
            stated[name] = _value(field, value)
    try:
        return RequestForm.model_validate(stated).request()
    except ValidationError as error:
        raise _unusable(error) from error


def _value(field: Field, value: str) -> str | int | bool | None:
    if field.kind == YES_NO:
        return {"yes": True, "no": False}.get(value)
    if field.name == "candidate_limit" and value.isascii() and value.isdigit():
        return int(value)
    return value


def _unusable(error: ValidationError) -> Problem:
    """Name the fields, and nothing of what they held."""
    at = {
        "_".join(map(str, one["loc"])): _wanted(one["type"], one.get("ctx", {}))
        for one in error.errors(include_input=False, include_url=False)
    }
    labels = ", ".join(ALL[name].label if name in ALL else name for name in at)
    return to_mend(f"nothing was asked: {labels} cannot be taken as it stands", at)


def _wanted(kind: str, context: Mapping[str, Any]) -> str:
    if kind == "string_too_long":
        return f"this is too long: wanted at most {context.get('max_length')} characters"
    return "wanted a whole number, such as 20"
