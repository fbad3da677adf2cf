"""The independent test port: a test is sent, waited for, and its results are fetched."""

from __future__ import annotations

from typing import TYPE_CHECKING

from facegate.client.desk import Desk
from facegate.client.line import GET, Asked, place
from facegate.client.replies.port import PortReceipt, PortTest, PortTests
from facegate.client.waiting import until_ended

if TYPE_CHECKING:
    from collections.abc import Callable

    from facegate.client.replies.port import Input


class TestsDesk(Desk):
    """``/v1/tests``: the comparison that serves, tested with photos, vectors or scores of one's own."""

    __slots__ = ()
    __test__ = False  # no test case, whatever its name begins with

    def start(self, kind: Input, data: bytes, *, once: str | None = None) -> PortTest:
        """Send a test; that it was accepted is put on the public log.

        Parameters
        ----------
        kind : str
            ``photos`` (a zip with ``labels.csv``), ``vectors`` or ``scores``.
        data : bytes
            The one file, at most 64 MiB with the form around it.
        once : str, optional
            Idempotency-Key; a new one if left out.

        Raises
        ------
        Unfit
            If it cannot be used.
        """
        return self._line.upload("/v1/tests", PortTest, {"input": kind}, {"file": data}, once=once)

    def listed(self) -> PortTests:
        """List the tests of one's own key, newest first."""
        return self._line.get("/v1/tests", PortTests)

    def get(self, test: str) -> PortTest:
        """Say how a test stands."""
        return self._line.get(place("v1", "tests", test), PortTest)

    def wait(
        self,
        test: str,
        *,
        seen: Callable[[PortTest], None] | None = None,
        every_s: float = 2.0,
        at_most_s: float = 3600.0,
    ) -> PortTest:
        """Wait until a test has ended, and give it as it ended.

        Parameters
        ----------
        test : str
            Its id.
        seen : callable, optional
            Called with the test each time it was looked at. How far its job has come, `done` of `total`,
            says `JobsDesk.get` of `PortTest.job`.
        every_s : float
            Seconds from one look to the next.
        at_most_s : float
            Seconds after which waiting ends; the test goes on.

        Raises
        ------
        Unreachable
            With reason ``still-running``, if it has not ended in time.
        """
        pause = self._line.retries.pause
        return until_ended(
            lambda: self.get(test), seen=seen, every_s=every_s, at_most_s=at_most_s, pause=pause
        )

    def result(self, test: str) -> bytes:
        """Give every number, JSON as `facegate benchmark show`, `compare` and `report` read it."""
        return self._file(test, "result.json", "application/json")

    def report(self, test: str) -> bytes:
        """Give the report, one HTML page that needs no network."""
        return self._file(test, "report.html", "text/html")

    def scores(self, test: str) -> bytes:
        """Give every comparison at full precision, CSV; not there where the tester brought the scores."""
        return self._file(test, "scores.csv", "text/csv")

    def receipt(self, test: str) -> PortReceipt:
        """Give the record of the outcome, and the proof that it is on the log."""
        return self._line.get(place("v1", "tests", test, "receipt"), PortReceipt)

    def delete(self, test: str) -> None:
        """Delete a test with everything that was sent and made; one that still runs is stopped."""
        self._line.change("DELETE", place("v1", "tests", test), type(None))

    def _file(self, test: str, name: str, kind: str) -> bytes:
        return self._line.fetch(Asked(method=GET, path=place("v1", "tests", test, name), accept=kind)).content
