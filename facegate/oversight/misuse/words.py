"""The closed words of the misuse register: where a case came from, of what class it is, how it ended.

- One outcome a case: the gravest. CLETS counted 106 outcomes for 117 confirmed cases; with one
  outcome a case, outcomes and cases without a stated one add up to the confirmed cases: anybody can check.
- A class that a case turns out not to be is no reason to leave it out: there is ``other``.

References
----------
EFF on the CLETS misuse statistics, 2017 (gate.md rows F1 to F7); DHS memo on ``friendly`` states (row P18).
The outcome codes but ``suspended`` are those of the CLETS summary.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

OPENED: Final = "misuse-opened"
NOTED: Final = "misuse-noted"
CLOSED: Final = "misuse-closed"
OUTCOME: Final = "misuse-outcome"
REOPENED: Final = "misuse-reopened"
STATEMENT: Final = "misuse-statement"
DOCKET_OPENED: Final = "docket-opened"
KINDS: Final = frozenset({OPENED, NOTED, CLOSED, OUTCOME, REOPENED, STATEMENT, DOCKET_OPENED})
"""Kinds of records the register is folded from; and ``agency``, which says who must file."""


class Source(StrEnum):
    """What a case was opened on."""

    DETECTOR = "detector"
    COMPLAINT = "complaint"
    AUDIT = "audit"


class State(StrEnum):
    """How a case stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    CLEARED = "cleared"


CLASSES: Final = {
    "self_search": "searched himself",
    "family_or_partner": "searched kin, household, a partner or a former one",
    "colleague": "searched a colleague",
    "stalking": "searched the same person again and again, outside any case of his",
    "curiosity": "searched somebody out of curiosity: a neighbor, a date, somebody known",
    "false_beneficiary": "stated falsely for whom the search was",
    "no_case": "searched with no case behind it, or under a case that was none",
    "outside_duty": "searched off duty, or for what was not his task",
    "sharing": "gave a result to somebody who may not have it",
    "other": "anything else",
}
"""Classes of misuse, each with its meaning."""

OUTCOMES: Final = {
    "resigned_or_terminated": "resigned or terminated",
    "misdemeanor": "misdemeanor",
    "felony": "felony",
    "no_action": "no action",
    "counseling": "counseling",
    "suspended": "suspended",
    "other": "other",
}
"""What came of a confirmed case; ``other`` needs a text."""

SUSPENDED, DECLINED, NOT_ACTIVE, NOT_ASKED = "suspended", "declined", "not-active", ""
"""What was decided of the standing of an officer with repeated misuse when his case was confirmed."""

PENDING_DAYS: Final = 90  # gate.md F3: longer is a finding
PENDING_YEAR_DAYS: Final = 365  # and longer than this is shown by agency
REPEAT_MONTHS: Final = 24  # gate.md F5
REPEATED: Final = 2
FILING_MONTH, FILING_DAY = 2, 1  # harness default: the sources state no day for the yearly statement
ANSWER_DAYS: Final = 30  # harness default: within these a repeat or a difference is to be answered
