r"""The client of the service: one object, a family of endpoints at each of its names.

A search in ten lines: ``python search.py ADDRESS KEY-FILE REQUEST.toml PROBE.jpg PERMIT``::

    import sys
    from pathlib import Path
    from facegate.client.client import Client
    from facegate.client.errors import Refused
    from facegate.policy.request_file import read_request_file
    address, key, request, probe, permit = sys.argv[1:]
    with Client(address, key=Path(key).read_text().strip()) as client:
        try:
            stated = read_request_file(Path(request)).request
            search = client.searches.ask(stated, Path(probe).read_bytes(), permit=permit)
            print(f"{search.search_id}: {search.status}. On the log as record {search.receipt.index}.")
        except Refused as refused:
            sys.exit("\n".join(f"{rule.rule_id}: {rule.say} ({rule.cite})" for rule in refused.rules))
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from facegate.client.accounts import AccountsDesk, OwnAccountDesk
from facegate.client.cases import CasesDesk, LimitsDesk
from facegate.client.jobs import BenchmarksDesk, EnrollmentsDesk, JobsDesk
from facegate.client.leads import DossiersDesk, LeadsDesk
from facegate.client.line import Line
from facegate.client.log import LogDesk, ServiceDesk
from facegate.client.misuse import MisuseDesk
from facegate.client.permit_requests import PermitRequestsDesk
from facegate.client.policies import PoliciesDesk, ReportsDesk, StandingDesk
from facegate.client.port import TestsDesk
from facegate.client.retries import Retries
from facegate.client.reviews import ReviewsDesk
from facegate.client.searches import PermitsDesk, SearchesDesk

if TYPE_CHECKING:
    from pathlib import Path

    import httpx


class Client:
    """Everything that the service offers to programs. A context manager; its connections end with it.

    Parameters
    ----------
    base_url : str
        ``https://host[:port]``; ``http://`` is taken to this machine alone.
    key : str
        An API key (``fg_live_...``), or a token of a provider that the service knows; empty for what is for
        anybody. A key approves nothing: permits, confirmations and releases ask for a login of the last
        minutes, which a token can carry.
    timeout_s : float
        Seconds to wait for a connection, and for each part of an answer.
    authorities : Path, optional
        PEM file of the certificate authorities to trust instead of the system's. TLS is always verified.
    retries : Retries, optional
        When something is asked again.
    transport : httpx.BaseTransport, optional
        Carries requests in the place of a connection; for tests.

    Raises
    ------
    InputError
        If address, key or authorities cannot be used.

    Examples
    --------
    >>> Client("https://facegate.example", key="fg_live_never_shown")
    <Client of https://facegate.example>
    """

    __slots__ = (
        "_line", "account", "accounts", "benchmarks", "cases", "dossiers", "enrollments", "jobs", "leads",
        "limits", "log", "misuse", "permit_requests", "permits", "policies", "reports", "reviews", "searches",
        "service", "standing", "tests",
    )  # fmt: skip

    def __init__(
        self,
        base_url: str,
        *,
        key: str = "",
        timeout_s: float = 60.0,
        authorities: Path | None = None,
        retries: Retries | None = None,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        line = Line(
            base_url,
            key,
            timeout_s=timeout_s,
            authorities=authorities,
            retries=retries or Retries(),
            transport=transport,
        )
        self._line = line
        self.cases = CasesDesk(line)
        self.permits = PermitsDesk(line)
        self.permit_requests = PermitRequestsDesk(line)
        self.searches = SearchesDesk(line)
        self.reviews = ReviewsDesk(line)
        self.leads = LeadsDesk(line)
        self.dossiers = DossiersDesk(line)
        self.limits = LimitsDesk(line)
        self.policies = PoliciesDesk(line)
        self.misuse = MisuseDesk(line)
        self.reports = ReportsDesk(line)
        self.standing = StandingDesk(line)
        self.tests = TestsDesk(line)
        self.enrollments = EnrollmentsDesk(line)
        self.benchmarks = BenchmarksDesk(line)
        self.jobs = JobsDesk(line)
        self.accounts = AccountsDesk(line)
        self.account = OwnAccountDesk(line)
        self.log = LogDesk(line)
        self.service = ServiceDesk(line)

    def __repr__(self) -> str:
        return f"<Client of {self._line.address}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End every connection."""
        self._line.close()
