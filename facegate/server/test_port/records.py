"""What the log says of tests: that one was accepted, and what it came to; one kind of record.

A test that a provider accepted cannot be dropped in silence when its result displeases: the first record
stands before any photo is opened. The second names the digests of result, report and scores: neither side can
change them later, nor disown them. Public are the numbers and digests; sealed are whose key it was and what
was sent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from facegate.server.test_port.running import REPORT, RESULT, SCORES

if TYPE_CHECKING:
    from datetime import datetime

    from facegate.audit.canonical import JSONValue
    from facegate.gate.ledger.ledger import Ledger
    from facegate.server.test_port.running import Counted, Findings, Upload
    from facegate.server.test_port.system import System

KIND: Final = "test"
ACCEPTED, FINISHED, FAILED, WITHDRAWN = "accepted", "finished", "failed", "withdrawn"
KEY_CLASS: Final = "tester key"
PUBLIC_DIGESTS: Final = {RESULT: "result_digest", REPORT: "report_digest", SCORES: "scores_digest"}


def record_accepted(
    ledger: Ledger, test: str, upload: Upload, counted: Counted, system: System, *, account: str, at: datetime
) -> int:
    """Put on the log that a test will be run.

    Parameters
    ----------
    ledger : Ledger
        The agency's.
    test : str
        Id of the test.
    upload : Upload
        Its kind is public, its digest sealed.
    counted : Counted
        What is known before the photos are tried.
    system : System
        What is tested, and by which certificate.
    account : str
        Whose key; sealed.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    AuditError
        If it cannot be recorded: then nothing is tested.
    """
    public: dict[str, JSONValue] = {
        "step": ACCEPTED,
        "test": test,
        "who": KEY_CLASS,
        "input": str(upload.kind),
        **_known(counted),
        **system.to_json(),
    }
    return ledger.record(
        KIND, at=at, public=public, sealed={"account": account, "upload_digest": upload.digest}
    )


def record_outcome(ledger: Ledger, test: str, accepted: int, findings: Findings, *, at: datetime) -> int:
    """Put on the log what a test came to, or that it could not be measured.

    Parameters
    ----------
    ledger : Ledger
        The agency's.
    test : str
        Id of the test.
    accepted : int
        Position of its first record.
    findings : Findings
        Counts and digests are public; why nothing was measured is sealed, since it may tell of the upload.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log.

    Raises
    ------
    AuditError
        If it cannot be recorded: then nothing is handed out.
    """
    public: dict[str, JSONValue] = {
        "step": FAILED if findings.why_not else FINISHED,
        "test": test,
        "accepted": accepted,
        **_known(findings.counted),
        **{PUBLIC_DIGESTS[name]: digest for name, digest in findings.digests.items()},
    }
    sealed = {"why": findings.why_not} if findings.why_not else {}
    return ledger.record(KIND, at=at, public=public, sealed=sealed)


def record_withdrawn(ledger: Ledger, test: str, accepted: int, *, at: datetime) -> int:
    """Put on the log that the tester deleted a test before it ended, so that no outcome is owed.

    Parameters
    ----------
    ledger : Ledger
        The agency's.
    test : str
        Id of the test.
    accepted : int
        Position of its first record.
    at : datetime
        When, with its zone.

    Returns
    -------
    int
        Position in the log.
    """
    public: dict[str, JSONValue] = {"step": WITHDRAWN, "test": test, "accepted": accepted}
    return ledger.record(KIND, at=at, public=public, sealed={})


def _known(counted: Counted) -> dict[str, JSONValue]:
    """Leave out what is not known: a zero would be a claim."""
    return {name: value for name, value in counted.to_json().items() if value is not None}
