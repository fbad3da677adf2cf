"""Whether a sealed question is about what its record says: the same case, people, law and hour.

The question is what was decided; the record's own fields are what everybody else reads (counters, reviewers,
the public part). Were they about two different requests, a log could show a decision that was made for
another case than the one it names. So a replay compares them, field by field, wherever both state one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from facegate.policy.forms import CASE_NUMBER, LEVEL, OFFICER_ID, of_form
from facegate.request import SELF

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.audit.entry import Entry
    from facegate.policy.query import CedarQuery

TO_THE_HUNDREDTH = len("2026-11-22T03:20:11.42")
REQUESTER = ("requester", "by")  # as an intent and as a dossier name him


def untied(entry: Entry, sealed: Mapping[str, str], question: CedarQuery) -> str:
    """Say in which field a record and its question differ.

    Parameters
    ----------
    entry : Entry
        An intent, or a dossier as it was asked for.
    sealed : mapping of str to str
        Its sealed fields, opened.
    question : CedarQuery
        What was decided.

    Returns
    -------
    str
        One sentence, without any value: it may be about a sealed one. Empty if nothing differs.
    """
    try:
        pairs = tuple(_pairs(entry, sealed, question))
    except (KeyError, TypeError, AttributeError):
        return "its question lacks what every question states"
    for name, recorded, asked in pairs:
        if recorded != asked:
            return f"its question states another {name} than the record does"
    return ""


def _pairs(entry: Entry, sealed: Mapping[str, str], question: CedarQuery) -> Iterator[tuple[str, Any, Any]]:
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
    yield from _sealed_pairs(sealed, context, requester)


def _sealed_pairs(
    sealed: Mapping[str, str], context: Mapping[str, Any], requester: str
) -> Iterator[tuple[str, Any, Any]]:
    yield "case", of_form(sealed.get("case_number"), CASE_NUMBER) or "", context.get("caseNumber", "")
    if "offense" in context and "offense_code" in sealed:
        yield "offense", sealed["offense_code"], _id(context, "offense")
    if "offense_level" in sealed:
        yield "level", of_form(sealed["offense_level"], LEVEL) or "", context.get("offenseLevel", "")
    if "approver" in context:
        yield "approver", sealed.get("approver"), _id(context, "approver")
    if "operator" in context:
        stated = sealed.get("operator")
        yield "operator", requester if stated == SELF else stated, _id(context, "operator")


def _id(context: Mapping[str, Any], name: str) -> str:
    return str(context[name]["__entity"]["id"])
