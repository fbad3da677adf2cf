"""What the service tells of itself."""

from typing import Literal

from pydantic import AwareDatetime

from facegate.client.replies.reply import Reply
from facegate.client.replies.reports import ReportKind


class LogAddresses(Reply):
    """Where the published log stands, as paths of the service."""

    checkpoint: str = "/log/checkpoint"
    tiles: str = "/log/tile/"
    records: str = "/log/records/"


class LawDigest(Reply):
    """One law: its name, and SHA-256 of its text."""

    name: str
    digest: str


class Witness(Reply):
    """One witness of the log: its name, its key, and whether it is outside of policing."""

    name: str
    key: str
    outside_policing: bool


class Quorum(Reply):
    """Who witnesses the log, as it is recorded.

    Parameters
    ----------
    record, recorded_at : int, datetime
        Where on the log, and when, UTC.
    policy_digest, published_at, quorum : str
        SHA-256 of the policy, where it stands, and how many it asks for.
    witnesses : tuple of Witness
        All of them.
    """

    record: int
    recorded_at: AwareDatetime
    policy_digest: str
    published_at: str
    quorum: str
    witnesses: tuple[Witness, ...]


class About(Reply):
    """One installation. Keys and witnesses are worth more from another source than the one they check.

    Parameters
    ----------
    origin, version : str
        Name of its log, and of the program.
    keys : tuple of str
        Verifier keys of the log, lines of C2SP signed-note; empty if there are none.
    log, policies, reports : LogAddresses, tuple of LawDigest, tuple of ReportKind
        Where the log stands; laws; reports.
    witnesses, certificate : Quorum, str, or None
        Who witnesses, and the serial of the certificate in force.
    """

    origin: str
    keys: tuple[str, ...]
    log: LogAddresses = LogAddresses()
    policies: tuple[LawDigest, ...]
    witnesses: Quorum | None
    certificate: str | None
    reports: tuple[ReportKind, ...]
    version: str


class Alive(Reply):
    """The process answers."""

    status: Literal["up"] = "up"


class Ready(Reply):
    """Searches can be asked for."""

    status: Literal["ready"] = "ready"
