"""Everything the client raises: one class for each thing that a caller does something about.

::

    ClientError                the root here; a FacegateError, one sentence
    |-- Refused                the law, a role or a rule of the review says no: 403, with every rule
    |-- NotSignedIn            no key, a wrong one, or one that is over: 401
    |   `-- NotFresh           an approval asks for a one-time code, or a login of the last minutes: 401
    |-- NotFound               not there, or not the caller's to see; nobody learns which: 404
    |-- Conflict               it clashes with what is on the log, or nobody knows how it ended: 409
    |-- TooMany                a limit is reached; ask again after so many seconds: 429
    |-- Unfit                  what was sent is not of its form, kind or size: 400, 405, 413, 415, 422
    |-- Closed                 the gate is closed, by the reason named: 503
    |-- NotOffered             the service does not do this: 501
    |-- Fault                  something went wrong there, or its answer cannot be read
    `-- Unreachable            no answer came; for what acts, nobody knows whether it did

- No message, and nothing in a ``repr``, holds the key, a photo or what was sent.
- `once` is the Idempotency-Key that was sent: after `Unreachable`, asking again under it acts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from facegate.errors import FacegateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from facegate.records import FailedRule


@dataclass(frozen=True, slots=True)
class OnLog:
    """Where a refusal stands on the log.

    Parameters
    ----------
    index : int
        Its record, from 0.
    intent : int or None
        Record of the intent, where there is one.
    root : str or None
        Root of the log after it, 64 hexadecimal digits, where it was told.
    """

    index: int
    intent: int | None = None
    root: str | None = None


class ClientError(FacegateError):
    """What was asked for was not answered.

    Parameters
    ----------
    say : str
        One sentence.
    status : int
        HTTP status; 0 if no answer came.
    reason : str
        Short stable word, such as ``policy-refusal``.
    once : str
        The Idempotency-Key that was sent; empty for none.
    """

    def __init__(self, say: str, *, status: int = 0, reason: str = "", once: str = "") -> None:
        super().__init__(say)
        self.status = status
        self.reason = reason
        self.once = once


class Refused(ClientError):  # noqa: N818  a decision, not a malfunction
    """The law, a role or a rule of the review says no.

    Parameters
    ----------
    rules : tuple of FailedRule
        Every rule that refused; empty where a role is missing.
    receipt : OnLog or None
        Where the refusal stands on the log; None if it is not on it.
    """

    exit_code: ClassVar[int] = 3

    def __init__(
        self,
        say: str,
        *,
        rules: tuple[FailedRule, ...] = (),
        receipt: OnLog | None = None,
        status: int = 403,
        reason: str = "",
        once: str = "",
    ) -> None:
        super().__init__(say, status=status, reason=reason, once=once)
        self.rules = rules
        self.receipt = receipt


class NotSignedIn(ClientError):  # noqa: N818  what is the case, not a malfunction
    """Nobody is known: no key, a wrong one, or one that is over."""


class NotFresh(NotSignedIn):
    """An approval asks for a one-time code, or for a login of the last minutes; a key approves nothing."""


class NotFound(ClientError):  # noqa: N818  what is the case, not a malfunction
    """It is not there, or not the caller's to see; nobody learns which."""


class Conflict(ClientError):  # noqa: N818  what is the case, not a malfunction
    """It clashes with what is on the log.

    With reason ``outcome-unknown`` nobody knows how the request under this Idempotency-Key ended: look for it
    in its case and on the docket before it is asked anew. With ``still-running`` a test has not ended.
    """


class TooMany(ClientError):  # noqa: N818  what is the case, not a malfunction
    """A limit is reached.

    Parameters
    ----------
    retry_after : float or None
        Seconds until it can be asked again; None if that was not told.
    """

    def __init__(
        self,
        say: str,
        *,
        retry_after: float | None = None,
        status: int = 429,
        reason: str = "",
        once: str = "",
    ) -> None:
        super().__init__(say, status=status, reason=reason, once=once)
        self.retry_after = retry_after


class Unfit(ClientError):  # noqa: N818  what is the case, not a malfunction
    """What was sent is not of the form, kind or size that is taken.

    Parameters
    ----------
    fields : mapping of str to str
        What is wanted of each field that is not of its form; the values are not repeated.
    """

    exit_code: ClassVar[int] = 2

    def __init__(
        self,
        say: str,
        *,
        fields: Mapping[str, str] | None = None,
        status: int = 422,
        reason: str = "",
        once: str = "",
    ) -> None:
        super().__init__(say, status=status, reason=reason, once=once)
        self.fields = dict(fields or {})


class Closed(ClientError):  # noqa: N818  what is the case, not a malfunction
    """The gate is closed; `reason` says why, such as ``log-down``, ``busy`` or ``not-ready``.

    Parameters
    ----------
    retry_after : float or None
        Seconds until it can be asked again; None if that was not told.
    reasons : mapping of str to str
        Of ``not-ready``: each code with its sentence.
    """

    def __init__(
        self,
        say: str,
        *,
        retry_after: float | None = None,
        reasons: Mapping[str, str] | None = None,
        status: int = 503,
        reason: str = "",
        once: str = "",
    ) -> None:
        super().__init__(say, status=status, reason=reason, once=once)
        self.retry_after = retry_after
        self.reasons = dict(reasons or {})


class NotOffered(ClientError):  # noqa: N818  what is the case, not a malfunction
    """The service does not do this, and says why."""


class Fault(ClientError):  # noqa: N818  the fault is not the caller's
    """Something went wrong at the service, or its answer is not in the form that it is said to have."""


class Unreachable(ClientError):  # noqa: N818  what is the case, not a malfunction
    """No answer came: no line, no trust in the other side's certificate, or not in time."""
