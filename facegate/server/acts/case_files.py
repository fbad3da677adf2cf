"""Case files: everything the log holds of a case, opened, for the defense and the court.

A case file leaves the service in the clear, with what is sealed in it: names, scores, findings. So it is
handed to whoever answers for the case or looks in, and only after he proved himself; and for whom it was made
is on record, sealed, before it is handed out.

Not protected here: what its recipient does with it.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from facegate.errors import InputError
from facegate.oversight.case_file.export import export_case
from facegate.server.acts.cases import get_case
from facegate.server.asking import demand
from facegate.server.identity.roles import Operation
from facegate.server.problems import Problem, to_mend
from facegate.server.publisher import signing_keys

if TYPE_CHECKING:
    from facegate.audit.keys.log_keys import LogKeys
    from facegate.oversight.case_file.export import ExportedCase
    from facegate.server.identity.caller import Caller
    from facegate.server.service import Service

RECIPIENT: Final = "recipient"
_BROKEN: Final = r"\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069"
"""What would end the line, steer a terminal, or show it in another order than it is written."""
RECIPIENT_FORM: Final = rf"^[^\s{_BROKEN}]([^{_BROKEN}]{{0,198}}[^\s{_BROKEN}])?$"
"""One line of 1 to 200 characters, as a regular expression of ECMA-262, Python and Rust alike."""
_NOBODY: Final = "no case file was made: whom it is for must stand on the log before it is handed out"
_WANTED: Final = "name who receives the file, in one line of 1 to 200 characters, no blank at either end"


def export(service: Service, caller: Caller, record: int, *, recipient: str) -> ExportedCase:
    """Make the case file of one case, and put on record that it was made, by whom and for whom.

    Parameters
    ----------
    service : Service
        Log, keys, certificate.
    caller : Caller
        A supervisor of the case's agency, or an auditor; he proved himself lately.
    record : int
        The case: the record that registered it. It may be closed.
    recipient : str
        Who receives the file, such as the defense counsel; one line, up to 200 characters; sealed.

    Returns
    -------
    ExportedCase
        The zip, and its record, which is durable.

    Raises
    ------
    Problem
        401, 403; 404 if there is no such case, or it is another agency's; 422 if nobody is named to receive
        it; 503 if the log has no keys to sign it with.
    AuditError, VerificationError
        If the log cannot be read or written, or does not hold: nothing is handed out.
    """
    demand(caller, Operation.CASE_EXPORT, at=service.desk.clock())
    case = get_case(service, caller, record)
    if not re.fullmatch(RECIPIENT_FORM, recipient):
        raise to_mend(_NOBODY, {RECIPIENT: _WANTED}, kind="invalid-request")
    return export_case(
        service.desk.ledger,
        service.desk.home,
        agency=case.agency,
        number=case.case_number,
        keys=_keys(service),
        clock=service.desk.clock,
        recipient=recipient,
        by=caller.officer or caller.name,  # who looks in is no officer of an agency
    )


def file_name(made: ExportedCase) -> str:
    """Name a case file by its record: the case's number is sealed, and names end up in mail and on desks."""
    return f"case-file-{made.record}.zip"


def _keys(service: Service) -> LogKeys:
    try:
        return signing_keys(service.desk.home)
    except InputError as error:
        detail = "the case file cannot be signed: the log's keys are missing or unusable"
        raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "no-log-keys", detail) from error
