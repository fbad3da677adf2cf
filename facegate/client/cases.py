"""Cases, and what waits for a supervisor."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.errors import Fault
from facegate.client.line import POST, Asked, place
from facegate.client.replies.agency import Case, Cases, Cleared, WaitingItems

if TYPE_CHECKING:
    from datetime import date


ZIP = "application/zip"


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case file, not checked yet: `facegate.oversight.case_file.check.check_case_file` does.

    Parameters
    ----------
    data : bytes
        The zip. It holds what the log seals.
    record : int
        The record of the log that says it was made.
    manifest_digest : str
        SHA-256 of its manifest, 64 hexadecimal digits; that record names it.
    """

    data: bytes = field(repr=False)
    record: int
    manifest_digest: str


class CasesDesk(Desk):
    """``/v1/cases``: the register of cases. A case is addressed by the record that registered it."""

    __slots__ = ()

    def open(self, case_number: str, offense_code: str, *, opened_on: date | None = None) -> Case:
        """Register a case of one's own agency, or open again one that was closed.

        Parameters
        ----------
        case_number : str
            The agency's own number, such as ``24-001234``.
        offense_code : str
            NCIC code, four digits.
        opened_on : date, optional
            Today if left out.
        """
        body = {"case_number": case_number, "offense_code": offense_code}
        day = {} if opened_on is None else {"opened_on": opened_on.isoformat()}
        return self._line.act("/v1/cases", Case, {**body, **day})

    def listed(self, *, agency: str | None = None, closed: bool = False, limit: int = 200) -> Cases:
        """List the cases of an agency, the last registered last.

        Parameters
        ----------
        agency : str, optional
            ORI; one's own if left out.
        closed : bool
            Closed cases as well.
        limit : int
            At most so many, 1 to 1000.
        """
        return self._line.get("/v1/cases", Cases, agency=agency, closed=closed, limit=limit)

    def get(self, case: int) -> Case:
        """Read one case."""
        return self._line.get(place("v1", "cases", case), Case)

    def confirm(self, case: int) -> Case:
        """Confirm a case as it stands, as the second person behind it. Asks for a fresh login."""
        return self._line.act(place("v1", "cases", case, "confirmation"), Case)

    def amend(self, case: int, *, offense_code: str, reason: str) -> Case:
        """Put another offense in the place of the one it is registered with; that ends its confirmation."""
        body = {"offense_code": offense_code, "reason": reason}
        return self._line.act(place("v1", "cases", case, "amendments"), Case, body)

    def close(self, case: int) -> Case:
        """Close a case: nothing is searched under it any more."""
        return self._line.act(place("v1", "cases", case, "closing"), Case)

    def make_file(self, case: int, *, recipient: str, timeout_s: float = 900.0) -> CaseFile:
        """Make the case file of a case, for the defense and the court. Asks for a fresh login.

        Asked once: the service keeps no copy for a repeated request, and each file is a record of its own.

        Parameters
        ----------
        case : int
            It may be closed.
        recipient : str
            Who receives it, in one line of up to 200 characters; sealed on the log.
        timeout_s : float
            Seconds to wait for it: the whole log is read, some minutes at a million records.
        """
        path = place("v1", "cases", case, "case-files")
        asked = Asked(method=POST, path=path, body={"recipient": recipient}, accept=ZIP, timeout_s=timeout_s)
        answer = self._line.fetch(asked)
        record = answer.headers.get("facegate-record", "")
        if not (record.isascii() and record.isdecimal()):
            msg = f"the answer of {POST} {path} does not say which record it is"
            raise Fault(msg, status=answer.status_code, reason="unreadable")
        return CaseFile(answer.content, int(record), answer.headers.get("facegate-manifest", ""))


class LimitsDesk(Desk):
    """``/v1/limits``: what waits for a supervisor."""

    __slots__ = ()

    def waiting(self) -> WaitingItems:
        """List what waits for a supervisor of one's agency."""
        return self._line.get("/v1/limits/waiting", WaitingItems)

    def clear(self, item: str, *, reason: str) -> Cleared:
        """Clear one thing as it was listed; the reason is sealed. Asks for a fresh login.

        Parameters
        ----------
        item : str
            `WaitingItem.item`, 64 hexadecimal digits.
        reason : str
            Why, up to 200 characters.
        """
        return self._line.act("/v1/limits/clearances", Cleared, {"item": item, "reason": reason})
