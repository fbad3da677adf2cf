"""What every operation is in plain words, and for whom: told to somebody whose roles do not open a door.

Who may ask for what is no secret: it stands in `facegate.server.identity.roles`, and nothing is decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.identity.roles import MAY, Operation, Role

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

DOES: Final[Mapping[Operation, str]] = {
    Operation.CASE_OPEN: "to register or amend a case",
    Operation.CASE_CONFIRM: "to confirm a case",
    Operation.CASE_READ: "to read cases",
    Operation.CASE_CLOSE: "to close a case",
    Operation.CASE_EXPORT: "to make a case file",
    Operation.PERMIT_ISSUE: "to approve a search",
    Operation.PERMIT_READ: "to read permits",
    Operation.PERMIT_ASK: "to ask for a permit",
    Operation.PERMIT_READ_ASKED: "to read what permits are asked for",
    Operation.PERMIT_SEND_BACK: "to send back a request for a permit",
    Operation.SEARCH_ASK: "to ask for a search",
    Operation.SEARCH_READ: "to read searches",
    Operation.REVIEW_OPEN: "to compare candidates with a probe",
    Operation.REVIEW_FIND: "to record what a comparison found",
    Operation.LIST_RELEASE: "to release a candidate list",
    Operation.LEAD_CORROBORATE: "to record evidence about a lead",
    Operation.LEAD_CORRECT: "to record that a lead was proved wrong",
    Operation.LEAD_NOTIFY: "to record notices of leads proved wrong",
    Operation.CASE_DISCLOSE: "to record what the defense was told",
    Operation.DOSSIER_APPROVE: "to approve a dossier",
    Operation.DOSSIER_ASK: "to ask for a dossier",
    Operation.LIMIT_READ: "to read which limits hold up a search",
    Operation.LIMIT_CLEAR: "to clear a limit",
    Operation.DOCKET_READ: "to read what is owed",
    Operation.POLICY_READ: "to read the laws",
    Operation.POLICY_EXPLAIN: "to try a request on a law",
    Operation.REPORT_READ: "to read public reports",
    Operation.REPORT_READ_OPENED: "to read reports made from sealed fields",
    Operation.CERTIFICATE_READ: "to read the certificate",
    Operation.LOG_READ: "to read the public part of the log",
    Operation.RECEIPT_READ: "to ask for a receipt",
    Operation.MISUSE_FILE: "to file suspected misuse",
    Operation.MISUSE_READ: "to read the register of misuse",
    Operation.MISUSE_ACT: "to act in the register of misuse",
    Operation.ENROLLMENT_START: "to fill or correct the gallery",
    Operation.JOB_READ: "to follow long work",
    Operation.BENCHMARK_READ: "to read benchmarks",
    Operation.BENCHMARK_RUN: "to run a benchmark",
    Operation.TEST_RUN: "to run a test at the test port",
    Operation.ACCOUNT_READ: "to read accounts",
    Operation.ACCOUNT_CHANGE: "to change accounts and keys",
    Operation.OWN_ACCOUNT: "to keep an account of one's own",
    Operation.OWN_KEY: "to make an API key of one's own",
    Operation.HEALTH_READ: "to read how the service is",
    Operation.METRICS_READ: "to read the service's metrics",
}
"""A test holds the table complete."""
APPROVALS: Final = "the approvals desk"
_PLURAL: Final = {role: f"{role.replace('-', ' ')}s" for role in Role}


def words_of_refusal(operation: str) -> str:
    """Say what was asked for, and for whom it is.

    Parameters
    ----------
    operation : str
        One of `Operation`; of anything else only is said that no role of the caller opens it.

    Examples
    --------
    >>> words_of_refusal(Operation.CASE_OPEN)
    'to register or amend a case is for searchers and supervisors; your account has no such role'
    """
    if operation not in set(Operation):
        return "your account has no role that opens this"
    known = Operation(operation)
    return is_for(DOES[known], MAY[known])


def is_for(does: str, roles: Collection[Role]) -> str:
    """Say for whom something is, in the order of the roles."""
    names = [_PLURAL[role] for role in Role if role in roles]
    last = names.pop()
    whom = f"{', '.join(names)} and {last}" if names else last
    return f"{does} is for {whom}; your account has no such role"
