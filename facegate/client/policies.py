"""Laws, offense codes and dry runs; certificate, docket and audits; reports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import GET, JSON, POST, Asked, place
from facegate.client.replies.agency import Audits, Certificate, Docket
from facegate.client.replies.policies import Explained, Laws, LawWithRules, Offenses
from facegate.client.replies.reports import Report, ReportChecked, ReportKinds
from facegate.client.stated import stated

if TYPE_CHECKING:
    from datetime import date

    from facegate.request import SearchRequest

TEXT = "text/plain"


class PoliciesDesk(Desk):
    """``/v1/policies``: the laws, rule by rule, and dry runs."""

    __slots__ = ()

    def listed(self) -> Laws:
        """List the laws of the installation. For anybody."""
        return self._line.get("/v1/policies", Laws)

    def get(self, name: str) -> LawWithRules:
        """Read one law, such as ``co-dmv-2019``: every rule with its citation and Cedar text. For anybody."""
        return self._line.get(place("v1", "policies", name), LawWithRules)

    def offenses(self) -> Offenses:
        """List the offense codes that a request can name. For anybody."""
        return self._line.get("/v1/policies/offenses", Offenses)

    def explain(self, request: SearchRequest, *, assumed: bool = False) -> Explained:
        """Try a request on a law: which rules would refuse it. Recorded on the log, once.

        Parameters
        ----------
        request : SearchRequest
            What would be stated.
        assumed : bool
            Take every register to say yes.
        """
        body = {"request": stated(request), "assumed": assumed}
        return self._line.act("/v1/policies/explain", Explained, body)


class StandingDesk(Desk):
    """``/v1/certificate``, ``/v1/docket``, ``/v1/audits``: how the agency stands."""

    __slots__ = ()

    def certificate(self) -> Certificate:
        """Read the certificate in force, and whether it holds for this gallery today. For anybody."""
        return self._line.get("/v1/certificate", Certificate)

    def certificate_file(self) -> bytes:
        """Give the certificate as the signed file that the issuer's key checks. For anybody."""
        return self._line.fetch(Asked(method=GET, path="/v1/certificate/file")).content

    def docket(self) -> Docket:
        """List what is owed about searches that are the caller's to see."""
        return self._line.get("/v1/docket", Docket)

    def audits(self) -> Audits:
        """Read the calendar of audits. For anybody."""
        return self._line.get("/v1/audits", Audits)


class ReportsDesk(Desk):
    """``/v1/reports``: made from the log, and recomputed from it byte for byte."""

    __slots__ = ()

    def listed(self) -> ReportKinds:
        """List the reports that can be made. For anybody."""
        return self._line.get("/v1/reports", ReportKinds)

    def make(
        self, name: str, *, first_day: date, last_day: date, size: int | None = None, masked: bool = False
    ) -> Report:
        """Make a report about a stretch of days in UTC, both included.

        Parameters
        ----------
        name : str
            Such as ``searches``.
        first_day, last_day : date
            Both included.
        size : int, optional
            From so many records of the log; all of them if left out.
        masked : bool
            Mask small counts about people, for publication.
        """
        asked = _making(name, first_day, last_day, size=size, masked=masked)
        return self._line.read(asked, Report)

    def make_file(
        self, name: str, *, first_day: date, last_day: date, size: int | None = None, masked: bool = False
    ) -> bytes:
        """Make the same and give its exact bytes, canonical JSON: what is filed, and what `verify` takes."""
        asked = _making(name, first_day, last_day, size=size, masked=masked)
        return self._line.fetch(asked).content

    def make_text(
        self, name: str, *, first_day: date, last_day: date, size: int | None = None, masked: bool = False
    ) -> str:
        """Make the same as plain text."""
        asked = _making(name, first_day, last_day, size=size, masked=masked, accept=TEXT)
        return self._line.fetch(asked).text

    def verify(self, report: bytes) -> ReportChecked:
        """Have a filed report recomputed from the log it names, and every byte compared."""
        asked = Asked(method=POST, path="/v1/reports/verify", content=report)
        return self._line.read(asked, ReportChecked)


def _making(
    name: str, first_day: date, last_day: date, *, size: int | None, masked: bool, accept: str = JSON
) -> Asked:
    params = {"from": first_day.isoformat(), "to": last_day.isoformat(), "size": size, "masked": masked}
    return Asked(method=GET, path=place("v1", "reports", name), params=params, accept=accept)
