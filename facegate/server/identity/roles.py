"""Roles, what can be asked of the service, and who may ask it: one table, asserted cell by cell.

A role opens a door of the service. Whether a search is lawful is not said here: the law asks the registers of
the agency who the officer is, in which standing, and what he is trained for (see `facegate.gate.registers`).

Roles that must not meet in one account stand in `APART`: whoever keeps the accounts searches nothing, reads
no sealed field, and does not audit himself.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Role(StrEnum):
    """What an account is for; one may have several, see `APART`."""

    SEARCHER = "searcher"
    """Opens cases, asks for searches and dossiers, files evidence and disclosures."""
    REVIEWER = "reviewer"
    """Compares candidates with the probe, without the other reviewer's word."""
    SUPERVISOR = "supervisor"
    """Approves searches and dossiers, releases lists, clears limits, corrects leads."""
    ENROLLER = "enroller"
    """Fills and corrects the gallery."""
    AUDITOR = "auditor"
    """Reads the record and its reports, whoever's search it was; changes nothing."""
    MISUSE_OFFICER = "misuse-officer"
    """Keeps the register of suspected misuse."""
    ADMINISTRATOR = "administrator"
    """Keeps accounts and keys; neither searches nor reads what is sealed."""
    TESTER = "tester"
    """Tests the comparison with photos of his own, at the test port, and nothing else. Held by keys alone."""
    PUBLIC = "public"
    """Anybody, signed in or not."""


class Operation(StrEnum):
    """What can be asked of the service."""

    CASE_OPEN = "case.open"
    CASE_CONFIRM = "case.confirm"
    CASE_READ = "case.read"
    CASE_CLOSE = "case.close"
    CASE_EXPORT = "case.export"
    PERMIT_ISSUE = "permit.issue"
    PERMIT_READ = "permit.read"
    PERMIT_ASK = "permit.ask"
    """Hands a request and its photo to whoever may approve it; searches nothing."""
    PERMIT_READ_ASKED = "permit.read-asked"
    PERMIT_SEND_BACK = "permit.send-back"
    """Decides nothing: so it asks for no fresh login."""
    SEARCH_ASK = "search.ask"
    SEARCH_READ = "search.read"
    REVIEW_OPEN = "review.open"
    REVIEW_FIND = "review.find"
    LIST_RELEASE = "list.release"
    LEAD_CORROBORATE = "lead.corroborate"
    LEAD_CORRECT = "lead.correct"
    LEAD_NOTIFY = "lead.notify"
    CASE_DISCLOSE = "case.disclose"
    DOSSIER_APPROVE = "dossier.approve"
    DOSSIER_ASK = "dossier.ask"
    LIMIT_READ = "limit.read"
    LIMIT_CLEAR = "limit.clear"
    DOCKET_READ = "docket.read"
    POLICY_READ = "policy.read"
    POLICY_EXPLAIN = "policy.explain"
    REPORT_READ = "report.read"
    REPORT_READ_OPENED = "report.read-opened"
    CERTIFICATE_READ = "certificate.read"
    LOG_READ = "log.read"
    RECEIPT_READ = "receipt.read"
    MISUSE_FILE = "misuse.file"
    MISUSE_READ = "misuse.read"
    MISUSE_ACT = "misuse.act"
    ENROLLMENT_START = "enrollment.start"
    JOB_READ = "job.read"
    BENCHMARK_READ = "benchmark.read"
    BENCHMARK_RUN = "benchmark.run"
    """Measures templates or scores of one's own by a protocol: whoever audits does, and nothing on record
    changes by it."""
    TEST_RUN = "test.run"
    ACCOUNT_READ = "account.read"
    ACCOUNT_CHANGE = "account.change"
    OWN_ACCOUNT = "own-account"
    OWN_KEY = "own-key"
    """Makes the API key that an administrator allowed: whoever stole a session must not leave with one."""
    HEALTH_READ = "health.read"
    METRICS_READ = "metrics.read"


_S, _R, _V, _E = Role.SEARCHER, Role.REVIEWER, Role.SUPERVISOR, Role.ENROLLER
_U, _M, _A, _T, _P = Role.AUDITOR, Role.MISUSE_OFFICER, Role.ADMINISTRATOR, Role.TESTER, Role.PUBLIC
STAFF: Final = frozenset({_S, _R, _V, _E, _U, _M, _A})
ANYBODY: Final = frozenset(Role)

MAY: Final[dict[Operation, frozenset[Role]]] = {
    Operation.CASE_OPEN: frozenset({_S, _V}),
    Operation.CASE_CONFIRM: frozenset({_V}),
    Operation.CASE_READ: frozenset({_S, _R, _V, _U, _M}),
    Operation.CASE_CLOSE: frozenset({_S, _V}),
    Operation.CASE_EXPORT: frozenset({_V, _U}),
    Operation.PERMIT_ISSUE: frozenset({_V}),
    Operation.PERMIT_READ: frozenset({_S, _V, _U}),
    Operation.PERMIT_ASK: frozenset({_S}),
    Operation.PERMIT_READ_ASKED: frozenset({_S, _V}),
    Operation.PERMIT_SEND_BACK: frozenset({_V}),
    Operation.SEARCH_ASK: frozenset({_S}),
    Operation.SEARCH_READ: frozenset({_S, _R, _V, _U, _M}),
    Operation.REVIEW_OPEN: frozenset({_R}),
    Operation.REVIEW_FIND: frozenset({_R}),
    Operation.LIST_RELEASE: frozenset({_V, _R}),
    Operation.LEAD_CORROBORATE: frozenset({_S, _V}),
    Operation.LEAD_CORRECT: frozenset({_V}),
    Operation.LEAD_NOTIFY: frozenset({_V}),
    Operation.CASE_DISCLOSE: frozenset({_S, _V}),
    Operation.DOSSIER_APPROVE: frozenset({_V}),
    Operation.DOSSIER_ASK: frozenset({_S}),
    Operation.LIMIT_READ: frozenset({_V, _U}),
    Operation.LIMIT_CLEAR: frozenset({_V}),
    Operation.DOCKET_READ: frozenset({_S, _R, _V, _U, _M}),
    Operation.POLICY_READ: ANYBODY,
    Operation.POLICY_EXPLAIN: frozenset({_S, _V, _U}),
    Operation.REPORT_READ: ANYBODY,
    Operation.REPORT_READ_OPENED: frozenset({_U, _M}),
    Operation.CERTIFICATE_READ: ANYBODY,
    Operation.LOG_READ: ANYBODY,
    Operation.RECEIPT_READ: frozenset({_S, _R, _V, _U, _M}),
    Operation.MISUSE_FILE: frozenset({_S, _R, _V, _U, _M}),
    Operation.MISUSE_READ: frozenset({_U, _M}),
    Operation.MISUSE_ACT: frozenset({_M}),
    Operation.ENROLLMENT_START: frozenset({_E}),
    Operation.JOB_READ: frozenset({_E, _U, _T}),
    Operation.BENCHMARK_READ: ANYBODY,
    Operation.BENCHMARK_RUN: frozenset({_U}),
    Operation.TEST_RUN: frozenset({_T}),
    Operation.ACCOUNT_READ: frozenset({_A, _U}),
    Operation.ACCOUNT_CHANGE: frozenset({_A}),
    Operation.OWN_ACCOUNT: STAFF,
    Operation.OWN_KEY: STAFF,
    Operation.HEALTH_READ: ANYBODY,
    Operation.METRICS_READ: frozenset({_A, _U}),
}
"""Who may ask what. Whether an object is his to see is asked after this, see `SEES_ALL`."""

SEES_ALL: Final = frozenset({_U, _M})
"""Roles that look in from outside the agency: every agency's objects are theirs to read."""

FRESH: Final = frozenset({
    Operation.PERMIT_ISSUE,
    Operation.DOSSIER_APPROVE,
    Operation.LIST_RELEASE,
    Operation.LIMIT_CLEAR,
    Operation.LEAD_CORRECT,
    Operation.CASE_CONFIRM,
    Operation.CASE_EXPORT,
    Operation.ACCOUNT_CHANGE,
    Operation.OWN_KEY,
    Operation.MISUSE_ACT,
})  # fmt: skip
"""Approvals, and what hands out what is sealed: they ask for a second factor, or a login of a few minutes
ago, so that a stolen session or a terminal left open approves nothing and carries nothing away."""

APART: Final[tuple[frozenset[Role], ...]] = (
    *(frozenset({_A, other}) for other in (_S, _R, _V, _E, _U, _M, _T)),
    *(frozenset({_U, other}) for other in (_S, _R, _V, _E)),
    *(frozenset({_M, other}) for other in (_S, _R, _V, _E)),
    *(frozenset({_T, other}) for other in (_S, _R, _V, _E, _U, _M)),
)
"""Pairs of roles that no account may hold together."""


def demanded_apart(roles: frozenset[Role]) -> tuple[str, str] | None:
    """Give two of these roles that must not meet in one account; None if all may.

    Parameters
    ----------
    roles : frozenset of Role
        Of one account.

    Examples
    --------
    >>> demanded_apart(frozenset({Role.SEARCHER, Role.REVIEWER}))
    >>> demanded_apart(frozenset({Role.SEARCHER, Role.ADMINISTRATOR}))
    ('administrator', 'searcher')
    """
    for pair in APART:
        if pair <= roles:
            one, other = sorted(pair)
            return str(one), str(other)
    return None
