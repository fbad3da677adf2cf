"""Long work: enrollments, benchmarks, and the jobs that do it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from facegate.client.desk import Desk
from facegate.client.line import GET, JSON, Asked, place
from facegate.client.replies.jobs import BenchmarkRuns, Job, Jobs, Withdrawn
from facegate.client.waiting import until_ended

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

HTML = "text/html"


class JobsDesk(Desk):
    """``/v1/jobs``: how far long work has come."""

    __slots__ = ()

    def listed(self) -> Jobs:
        """List one's own jobs; everybody's, for auditors."""
        return self._line.get("/v1/jobs", Jobs)

    def get(self, job: str) -> Job:
        """Say how a job stands."""
        return self._line.get(place("v1", "jobs", job), Job)

    def cancel(self, job: str) -> Job:
        """Tell one's own job to stop; it does at its next step."""
        return self._line.change("DELETE", place("v1", "jobs", job), Job)

    def wait(
        self,
        job: str,
        *,
        seen: Callable[[Job], None] | None = None,
        every_s: float = 2.0,
        at_most_s: float = 3600.0,
    ) -> Job:
        """Wait until a job has ended, and give it as it ended.

        Parameters
        ----------
        job : str
            Its id.
        seen : callable, optional
            Called with the job each time it was looked at: `done` of `total`, for showing its progress.
        every_s, at_most_s : float
            Seconds from one look to the next, and until waiting ends.

        Raises
        ------
        Unreachable
            With reason ``still-running``, if it has not ended in time; it goes on.
        """
        pause = self._line.retries.pause
        return until_ended(
            lambda: self.get(job), seen=seen, every_s=every_s, at_most_s=at_most_s, pause=pause
        )


class EnrollmentsDesk(Desk):
    """``/v1/enrollments`` and ``/v1/withdrawals``, for enrollers."""

    __slots__ = ()

    def start(self, kind: Literal["templates", "photos"], data: bytes, *, once: str | None = None) -> Job:
        """Enroll templates (Parquet), or photos (a zip with ``labels.csv``); wait with `JobsDesk.wait`."""
        return self._line.upload("/v1/enrollments", Job, {"input": kind}, {"file": data}, once=once)

    def listed(self) -> Jobs:
        """List one's last enrollments."""
        return self._line.get("/v1/enrollments", Jobs)

    def withdraw(self, subjects: Sequence[str]) -> Withdrawn:
        """Take people out of the gallery by subject id, 1 to 1000; if one is not enrolled, nobody."""
        return self._line.act("/v1/withdrawals", Withdrawn, {"subjects": list(subjects)})


class BenchmarksDesk(Desk):
    """``/v1/benchmarks``: error rates by group, measured by a protocol."""

    __slots__ = ()

    def start(self, protocol: bytes, data: bytes, *, once: str | None = None) -> Job:
        """Measure templates or scores (Parquet, CSV) by a protocol (TOML); the run has the job's id."""
        files = {"protocol": protocol, "file": data}
        return self._line.upload("/v1/benchmarks", Job, {}, files, once=once)

    def listed(self) -> BenchmarkRuns:
        """List finished runs, newest first."""
        return self._line.get("/v1/benchmarks", BenchmarkRuns)

    def result(self, run: str) -> bytes:
        """Give every number of a run, JSON as `facegate benchmark show`, `compare` and `report` read it."""
        return self._file(place("v1", "benchmarks", run), JSON)

    def report(self, run: str) -> bytes:
        """Give the report of a run, one HTML page that needs no network."""
        return self._file(place("v1", "benchmarks", run, "report.html"), HTML)

    def _file(self, path: str, kind: str) -> bytes:
        return self._line.fetch(Asked(method=GET, path=path, accept=kind)).content
