"""What permits are asked for, as it is answered."""

from typing import Any

from pydantic import AwareDatetime

from facegate.client.replies.reply import Reply


class AskedFor(Reply):
    """Something was asked for, or sent back.

    Parameters
    ----------
    ask : str
        Its id.
    state : str
        ``waiting``, ``deciding``, ``sent-back`` or ``approved``.
    created, expires : datetime
        When it was asked, and from when on it is gone, UTC.
    """

    ask: str
    state: str
    created: AwareDatetime
    expires: AwareDatetime


class AskedForLine(AskedFor):
    """How one stands.

    Parameters
    ----------
    requester, agency, profile : str
        Officer id, ORI and law.
    case_number : str or None
        As it was stated.
    permit, reason : str or None
        The permit that was issued, or why it was sent back; None before.
    """

    requester: str
    agency: str
    case_number: str | None
    profile: str
    permit: str | None
    reason: str | None


class AskedForList(Reply):
    """What permits are asked for, oldest first."""

    asked: tuple[AskedForLine, ...]


class AskedForWhole(AskedForLine):
    """One, with every word of it.

    Parameters
    ----------
    decided_by : str or None
        Officer id of whoever approved it or sent it back; None before.
    request : dict
        What was stated, as JSON values; a field that was left out is not in it.
    """

    decided_by: str | None
    request: dict[str, Any]
