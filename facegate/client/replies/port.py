"""Tests at the independent test port, as they are answered."""

from typing import Literal

from pydantic import AwareDatetime

from facegate.client.replies.reply import Reply

Input = Literal["photos", "vectors", "scores"]


class Tested(Reply):
    """What was tested: model, threshold and certificate; numbers as text, to the last digit."""

    embedder: str
    embedder_digest: str
    threshold_score: str
    threshold_native: str
    certificate: str


class Totals(Reply):
    """How many photos, people, groups, and photos without a template; None where that is not known."""

    photos: int | None
    people: int | None
    groups: int | None
    failures: int | None


class GroupTotals(Reply):
    """How much of one group, and how many of its photos gave no template (failures to enroll)."""

    group: str
    people: int
    photos: int
    failures: int


class PortTest(Reply):
    """One test.

    Parameters
    ----------
    id : str
        UUIDv7.
    state : str
        ``waiting``, ``running``, ``done`` or ``failed``.
    input : str
        ``photos``, ``vectors`` or ``scores``.
    tested, totals, by_group : Tested, Totals, tuple of GroupTotals
        What was tested, on how much, by group.
    digests : dict of str to str
        SHA-256 of each file that was made; on the log too, in `record`.
    accepted, record : int, int or None
        Records of its acceptance and its outcome; None before it ended.
    why_not : str or None
        Why it failed.
    job : str or None
        Of the work behind it.
    created, finished : datetime, datetime or None
        UTC.
    """

    id: str
    state: Literal["waiting", "running", "done", "failed"]
    input: Input
    tested: Tested
    totals: Totals
    by_group: tuple[GroupTotals, ...]
    digests: dict[str, str]
    accepted: int
    record: int | None
    why_not: str | None
    job: str | None
    created: AwareDatetime
    finished: AwareDatetime | None

    @property
    def ended(self) -> bool:
        """Whether it neither waits nor runs."""
        return self.state in {"done", "failed"}


class PortTests(Reply):
    """The caller's own tests, newest first."""

    tests: tuple[PortTest, ...]


class PortReceipt(Reply):
    """The record of a test's outcome, and the receipt that it is on the log.

    Parameters
    ----------
    index : int
        Place of the record, from 0.
    record, proof : str
        Its bytes, and the ``.tlog-proof`` file, as text.
    witnessed : bool
        It carries cosignatures of witnesses.
    """

    index: int
    record: str
    proof: str
    witnessed: bool
