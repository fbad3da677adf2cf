"""Every field of a request in plain words: what it says, what it may hold, and an example.

One table for all who must explain a field: the blank request, the list of what is still missing, and the
refusal of a request file. The forms themselves are in ``forms.py``; a test holds the table complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from facegate.policy.forms import MOST_CANDIDATES, STANDARDS
from facegate.request import (
    CHANNELS,
    DOSSIER_FIELDS,
    INSTRUMENT_KINDS,
    PROBE_ROLES,
    PROBE_SOURCES,
    PURPOSES,
    SETTINGS,
    SUSPICIONS,
    Action,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


@dataclass(frozen=True, slots=True)
class FieldWords:
    """One field explained.

    Parameters
    ----------
    says : str
        What is stated by it.
    wanted : str
        What it may hold.
    example : str, int, bool or tuple of str
        A value that has the form; invented, and to be replaced.
    """

    says: str
    wanted: str
    example: str | int | bool | tuple[str, ...]


def _one_of(values: Collection[str]) -> str:
    return f"one of {', '.join(sorted(values))}"


YES_OR_NO = "true or false"
OFFICER = "an officer id: 1 to 32 letters, digits, dots, dashes and underscores"
AGENCY = "nine characters, two capital letters first (an ORI)"
NUMBER = "1 to 64 letters, digits, dashes, slashes or dots, one digit at least, no blanks"

REQUEST_WORDS: Mapping[str, FieldWords] = {
    "profile": FieldWords("The law to apply.", "a name shown by facegate policy list", "co-dmv-2019"),
    "action": FieldWords("What is asked for.", _one_of([*Action]), "imageComparison"),
    "case_number": FieldWords("The agency's own number of the case.", NUMBER, "24-001234"),
    "incident_number": FieldWords("The incident within the case.", NUMBER, "24-88121"),
    "offense_code": FieldWords(
        "The offense under investigation; the code decides, not free text.",
        "an NCIC code, four digits (facegate policy offenses)",
        "1201",
    ),
    "offense_level": FieldWords(
        "The level claimed for the offense; it must fit the code.", "a level that the law knows", "1"
    ),
    "offense_nibrs": FieldWords(
        "The code under which reports count the offense; it admits nothing.",
        "a NIBRS code, three characters (facegate policy offenses --nibrs)",
        "120",
    ),
    "felony": FieldWords(
        "The charge is a felony; counts only beside a charge citation.", YES_OR_NO, example=False
    ),
    "charge_citation": FieldWords(
        "The statute that the charge rests on.",
        "statute and section, up to 200 plain characters, one digit at least",
        "C.R.S. 18-4-301",
    ),
    "fact_narrative": FieldWords(
        "Why this person, in this crime.", "text", "The camera over counter 3 shows his face as he leaves."
    ),
    "suspicion": FieldWords(
        "The standard that the facts meet.",
        f"one of {', '.join(sorted(SUSPICIONS, key=STANDARDS.__getitem__))}",
        "reasonable",
    ),
    "instrument": FieldWords(
        "A judicial paper, in force on the day of the search.", "a table with all five fields", ""
    ),
    "exigency": FieldWords(
        "An emergency claimed in place of a judicial paper, declared by a known officer other than the "
        "requester within the last 48 hours.",
        "a table with all three fields",
        "",
    ),
    "purpose": FieldWords(
        "The official duty that the search serves.", _one_of(PURPOSES), "criminal_investigation"
    ),
    "duty_statement": FieldWords(
        "How the search serves the agency's duties.", "text", "Robbery unit, lead of the case"
    ),
    "probe_role": FieldWords("Whom the photo shows.", _one_of(PROBE_ROLES), "suspect"),
    "requester": FieldWords("Who asks.", OFFICER, "8841"),
    "agency": FieldWords("The agency that asks.", AGENCY, "CO0160000"),
    "operator": FieldWords("Who runs the comparison.", f"{OFFICER}; or self", "77"),
    "approver": FieldWords(
        "The supervisor or coordinator who approves; never the requester.", OFFICER, "1120"
    ),
    "on_behalf_of": FieldWords("The agency that benefits.", f"{AGENCY}; or self", "self"),
    "source_address": FieldWords(
        "The terminal or network address the request comes from.", "up to 100 plain characters", "10.4.1.7"
    ),
    "channel": FieldWords("How the search is made; live is video as it happens.", _one_of(CHANNELS), "desk"),
    "setting": FieldWords("Where the photo was taken.", _one_of(SETTINGS), "public"),
    "probe_source": FieldWords("Where the photo comes from.", _one_of(PROBE_SOURCES), "cctv"),
    "probe_edited": FieldWords("The photo was altered.", YES_OR_NO, example=False),
    "sketch": FieldWords("It is a drawing, not a photo.", YES_OR_NO, example=False),
    "first_amendment": FieldWords(
        "It shows speech, assembly or worship (activity protected by the First Amendment).",
        YES_OR_NO,
        example=False,
    ),
    "gallery": FieldWords(
        "Which gallery is to be searched.", "a name of small letters, digits and dashes", "dl"
    ),
    "candidate_limit": FieldWords(
        "The longest candidate list wanted.", f"a whole number from 1 to {MOST_CANDIDATES}", 20
    ),
    "dossier_fields": FieldWords(
        "Fields of a record asked for; only where the action is dossier.",
        f"a list of {', '.join(sorted(DOSSIER_FIELDS))}",
        ("name", "photo"),
    ),
    "release_form": FieldWords(
        "The SHA-256 digest of the signed requester release form.", "64 small hexadecimal digits", "3a" * 32
    ),
}
INSTRUMENT_WORDS: Mapping[str, FieldWords] = {
    "kind": FieldWords("The kind of paper.", _one_of(INSTRUMENT_KINDS), "warrant"),
    "court": FieldWords("Which court.", "up to 100 plain characters", "Denver District Court"),
    "number": FieldWords("The court's number of it.", "up to 100 plain characters", "26CR1"),
    "issued": FieldWords("First day on which it holds.", "a day, as in 2026-11-22", "2026-11-01"),
    "expires": FieldWords("Last day on which it holds.", "a day, as in 2026-11-22", "2026-12-01"),
}
EXIGENCY_WORDS: Mapping[str, FieldWords] = {
    "basis": FieldWords("What the danger is.", "text", "threat to life"),
    "declared_by": FieldWords("Who declares it.", f"{OFFICER}; never the requester's", "1121"),
    "at": FieldWords("When it was declared.", "a time with its zone", "2026-11-22T03:20:11Z"),
}
