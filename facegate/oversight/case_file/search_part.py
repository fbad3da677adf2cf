"""One search of the case, laid out: who asked for what, how it was decided, who was found, what was done."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from facegate.gate.limits.searches import (
    IN_ANOTHER_CASE,
    VARIANT_IN_AGENCY,
    VARIANT_IN_CASE,
    VARIANT_OF_OFFICER,
)
from facegate.oversight.case_file.chances import NOT_RECORDED, search_sentences
from facegate.oversight.case_file.found_part import people_found, proved_wrong
from facegate.oversight.case_file.law import failed_rows
from facegate.oversight.case_file.steps import erased_sentence, moment, step_rows
from facegate.reporting.report.blocks import Grid, Items, Part, Section, Words

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from facegate.gate.reply import CertificateSeen
    from facegate.oversight.case_file.law import LawAsked
    from facegate.oversight.case_file.records import CaseRecord, CaseSearch
    from facegate.reporting.report.blocks import Block

ERASED = "erased"
_ASKED = (
    ("requester", "asked for by officer"),
    ("agency", "of agency"),
    ("beneficiary", "for agency"),
    ("operator", "run by"),
    ("approver", "approved by"),
    ("case_number", "case number stated"),
    ("incident_number", "incident"),
    ("offense_code", "offense stated (NCIC code)"),
    ("offense_nibrs", "offense (NIBRS code)"),
    ("offense_level", "offense level"),
    ("felony", "stated to be a felony"),
    ("charge_citation", "charge cited"),
    ("purpose", "purpose"),
    ("duty_statement", "duty stated"),
    ("fact_narrative", "facts stated"),
    ("exigency_at", "emergency declared at"),
    ("channel", "channel"),
    ("source_address", "from terminal"),
    ("probe_digest", "SHA-256 of the probe"),
    ("permit_id", "permit"),
    ("flags", "flagged by the system"),
)
_CONTEXT = (
    ("probeRole", "the probe is said to show the"),
    ("probeSource", "source of the probe"),
    ("probeEdited", "the probe was edited"),
    ("sketch", "the probe is a sketch"),
    ("setting", "where it was taken"),
    ("firstAmendment", "shows a protected activity"),
    ("suspicion", "standard of suspicion stated"),
    ("candidateLimit", "longest list asked for"),
    ("releaseForm", "SHA-256 of the release form"),
)
_FLAGS = {
    VARIANT_IN_CASE: "a photo like this one was sent before in this case",
    VARIANT_OF_OFFICER: "this officer sent a photo like this one before on this day",
    VARIANT_IN_AGENCY: "this agency sent a photo like this one before on this day",
    IN_ANOTHER_CASE: "a photo like this one was sent in another case",
}
_WITH = "What was searched, and with what"
_WITHOUT = "What would have been searched, and with what"
_SUSPICION = ("none", "reasonable", "probable cause")
_OUTCOMES = {
    "searched": "the gallery was searched",
    "refused": "refused; nothing was searched",
    "withheld": "searched, and the list withheld by the system: it held too many different people",
    "error": "broke off with an error; no list left the system",
    "interrupted": "interrupted; no list left the system",
}


def search_section(
    number: int,
    search: CaseSearch,
    *,
    law: LawAsked | None,
    certificate: CertificateSeen | None,
    gallery_sizes: Mapping[str, int],
    offenses: Mapping[str, str],
) -> Section:
    """Lay out one search.

    Parameters
    ----------
    number : int
        Which search of the case, from 1.
    search : CaseSearch
        The search.
    law : LawAsked or None
        The law it asked; None where there was none of that name.
    certificate : CertificateSeen or None
        The certificate it relied on, if it is at hand.
    gallery_sizes : mapping of str to int
        People in the gallery, by its digest, where that is known.
    offenses : mapping of str to str
        What the codes of offenses stand for.
    """
    outcome = search.result.text("outcome") if search.result is not None else ""
    was_searched = outcome in {"searched", "withheld"}
    parts = [
        Part("Who asked for what", (_asked(search.intent, offenses),)),
        Part("How the law answered", tuple(_decided(search, law))),
        Part(_WITH if was_searched else _WITHOUT, (_searched_with(search.intent, gallery_sizes),)),
    ]
    if search.result is not None and was_searched:
        parts += [
            Part("Who was found", tuple(people_found(search, search.result))),
            Part("How often such a search is wrong", (Items(search_sentences(search, certificate)),)),
        ]
    if search.steps:
        columns = ("record", "when", "what", "by", "details")
        rows = tuple(step_rows(search.steps))
        parts.append(Part("What was done since", (Grid("Steps, in order", columns, rows, words=True),)))
    intro = [Words(came_of(search), "key"), Words(_where(search))]
    erased = [erased_sentence(one) for one in search.every() if one.opened is None]
    intro += [Words(one, "alarm") for one in erased]
    return Section(f"search-{number}", f"Search {number}", tuple(intro), tuple(parts))


def came_of(search: CaseSearch) -> str:
    """Say in one sentence what came of a search."""
    asked = f"Asked for on {moment(search.intent)} by officer {_value(search.intent, 'requester')}"
    if search.result is None:
        return f"{asked}; no result is on the log: the search broke off, or its result was never recorded."
    outcome = search.result.text("outcome")
    if outcome != "searched":
        return f"{asked}; {_OUTCOMES.get(outcome, outcome)}."
    n_candidates = search.result.number("n_candidates") or 0
    if not n_candidates:
        return f"{asked}; nobody in the gallery reached the threshold. That is a result, too."
    some = "1 candidate" if n_candidates == 1 else f"{n_candidates:,} candidates"
    wrong = [
        f" Candidate {rank} was PROVED WRONG since (record {seq})."
        for rank in range(1, n_candidates + 1)
        for seq in proved_wrong(search, rank)
    ]
    return f"{asked}; {some} reached the threshold and stood on the list.{''.join(wrong)}"


def _where(search: CaseSearch) -> str:
    result = "no result" if search.result is None else f"result: record {search.result.seq}"
    return (
        f"Search id {search.search_id}. Request: record {search.intent.seq}; {result}. "
        f"Files: searches/{search.search_id}/."
    )


def _asked(intent: CaseRecord, offenses: Mapping[str, str]) -> Grid:
    rows = [(words, _stated(intent, name, offenses)) for name, words in _ASKED]
    context = _context(intent)
    rows += [(words, _plain(name, context[name])) for name, words in _CONTEXT if name in context]
    return Grid("The request, as it was stated", ("field", "as recorded"), tuple(rows), words=True)


def _stated(intent: CaseRecord, name: str, offenses: Mapping[str, str]) -> str:
    """Give a field of the request in words, where codes are stated."""
    value = _value(intent, name)
    if name == "offense_code" and value in offenses:
        return f"{value}, {offenses[value]}"
    if name == "flags":
        return "; ".join(_FLAGS.get(one, one) for one in intent.words("flags")) or "-"
    return {"true": "yes", "false": "no"}.get(value, value.replace("_", " ") if name == "purpose" else value)


def _decided(search: CaseSearch, law: LawAsked | None) -> Iterator[Block]:
    intent = search.intent
    name = intent.text("profile") or "no law of that name"
    if intent.text("decision") == "allowed":
        yield Words(f"Allowed under {name}: at the time every rule was met, as far as it could be looked up.")
    else:
        yield Words(f"Refused under {name}. Nothing was searched.")
    rules = intent.words("rules") + (search.result.words("rules") if search.result is not None else ())
    rows = failed_rows(tuple(dict.fromkeys(rules)), law)
    if rows:
        columns = ("rule not met", "what it says", "source, and whether it was checked")
        yield Grid("Rules that were not met", columns, rows, words=True)
    if intent.text("alarm"):
        yield Words(f"The law could not be evaluated: {intent.text('alarm')}.", "caution")


def _searched_with(intent: CaseRecord, sizes: Mapping[str, int]) -> Grid:
    digest = intent.text("gallery_digest")
    size = (
        f"{sizes[digest]:,} people" if digest in sizes else f"{NOT_RECORDED} (the gallery has changed since)"
    )
    rows = (
        ("gallery", _value(intent, "gallery")),
        ("people in it", size),
        ("digest of the gallery", digest or NOT_RECORDED),
        ("digest of the model", _value(intent, "embedder_digest")),
        ("threshold", _value(intent, "threshold")),
        ("certificate in force", _value(intent, "certificate")),
        ("FPIR at most, as recorded then", _value(intent, "fpir_at_most")),
        ("FMR at most, as recorded then", _value(intent, "fmr_at_most")),
        ("caps in force (digest)", _value(intent, "limits_digest")),
    )
    return Grid("Gallery, model, threshold, certificate", ("what", "as recorded"), rows, words=True)


def _context(intent: CaseRecord) -> Mapping[str, object]:
    """Read from the sealed question what was stated and has no field of its own."""
    question = intent.text("question")
    held = json.loads(question) if question else {}
    context = held.get("request", {}).get("context", {}) if isinstance(held, dict) else {}
    return context if isinstance(context, dict) else {}


def _plain(name: str, value: object) -> str:
    if name == "suspicion" and isinstance(value, int) and 0 <= value < len(_SUSPICION):
        return _SUSPICION[value]
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)


def _value(record: CaseRecord, name: str) -> str:
    """Give a field as it stands beside its name: an empty one says that it is empty."""
    if name in record.entry.sealed and record.opened is None:
        return ERASED
    return record.text(name) or ", ".join(record.words(name)) or "-"
