"""Whether a sealed question is about what its record says: the same case, people, law and hour.

The question is what was decided; the record's own fields are what everybody else reads (counters, reviewers,
the public part). Were they about two different requests, a log could show a decision that was made for
another case than the one it names. So a replay compares them, field by field, wherever both state one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facegate.policy.forms import CASE_NUMBER, LEVEL, OFFICER_ID, of_form
from facegate.policy.offenses import usable_citation
from facegate.request import SELF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.audit.entry import Entry
    from facegate.policy.offenses import OffenseCatalogue
    from facegate.policy.query import CedarQuery

TO_THE_HUNDREDTH = len("2026-11-22T03:20:11.42")
REQUESTER = ("requester", "by")  # as an intent and as a dossier name him


def untied(entry: Entry, sealed: Mapping[str, str], question: CedarQuery, catalogue: OffenseCatalogue) -> str:
    """Say in which field a record and its question differ.

    Parameters
    ----------
    entry : Entry
        An intent, or a dossier as it was asked for.
    sealed : mapping of str to str
        Its sealed fields, opened.
    question : CedarQuery
        What was decided.
    catalogue : OffenseCatalogue
        Which codes a question states.

    Returns
    -------
    str
        One sentence, without any value: it may be about a sealed one. Empty if nothing differs.
    """
    try:
        pairs = tuple(_pairs(entry, sealed, question, catalogue))
    except (KeyError, TypeError, AttributeError):
        return "its question lacks what every question states"
    for name, recorded, asked in pairs:
        if recorded != asked:
            return f"its question states another {name} than the record does"
    return ""


def _pairs(
    entry: Entry, sealed: Mapping[str, str], question: CedarQuery, catalogue: OffenseCatalogue
) -> Iterator[tuple[str, Any, Any]]:
    """List what both state: as recorded, and as asked."""
    request, public = question.request, entry.public
    context = request["context"]
    requester = next((sealed[name] for name in REQUESTER if name in sealed), "")
    yield "requester", of_form(requester, OFFICER_ID) or "", request["principal"]["id"]
    if public.get("policy_digest"):
        yield "profile", str(public.get("profile")).partition("+")[0], request["resource"]["id"]
    if public.get("action"):
        yield "action", public["action"], request["action"]["id"]
    yield "agency", public.get("agency"), _id(context, "agency")
    yield "time", str(public["time"])[:TO_THE_HUNDREDTH], context["now"]["__extn"]["arg"][:TO_THE_HUNDREDTH]
    for name in ("purpose", "channel", "gallery"):
        if name in public:
            yield name, public[name], context.get(name, "")
    if "beneficiary" in public:
        stated = public["agency"] if public["beneficiary"] == SELF else public["beneficiary"]
        yield "beneficiary", stated, _id(context, "onBehalfOf")
    yield from _sealed_pairs(sealed, context, requester)
    # Of a law that could not be read no table of offenses was either: then no code is in the question.
    if "offense_code" in sealed and (public.get("catalogue_digest") or "offense" in context):
        offense = catalogue.lookup(sealed["offense_code"])
        nibrs = catalogue.lookup_nibrs(sealed.get("offense_nibrs"))
        yield "offense", offense.code if offense else "", _id(context, "offense")
        yield "NIBRS code", nibrs.code if nibrs else "", context.get("nibrs", "")


def _sealed_pairs(
    sealed: Mapping[str, str], context: Mapping[str, Any], requester: str
) -> Iterator[tuple[str, Any, Any]]:
    """List what the sealed fields and the context both state, each as the gate would have passed it on."""
    texts = (
        ("case", "case_number", "caseNumber", CASE_NUMBER),
        ("incident", "incident_number", "incidentNumber", CASE_NUMBER),
        ("level", "offense_level", "offenseLevel", LEVEL),
    )
    for name, recorded, asked, form in texts:
        if recorded in sealed:
            yield name, of_form(sealed[recorded], form) or "", context.get(asked, "")
    if "felony" in sealed:
        yield "felony", sealed["felony"], str(context.get("felony")).lower()
        citation = sealed.get("charge_citation")
        yield "citation", citation if usable_citation(citation) else "", context.get("chargeCitation", "")
    approver = of_form(sealed.get("approver"), OFFICER_ID) or ""
    yield (
        "approver",
        "" if approver.casefold() == requester.casefold() else approver,
        _id(context, "approver"),
    )
    operator = sealed.get("operator")
    runs = of_form(requester if operator == SELF else operator, OFFICER_ID) or ""
    yield "operator", runs, _id(context, "operator")


def _id(context: Mapping[str, Any], name: str) -> str:
    return str(context[name]["__entity"]["id"]) if name in context else ""
