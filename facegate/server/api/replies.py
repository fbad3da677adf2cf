"""Forms that many routes share: what a body may hold, times, and how a problem is told."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    Strict,
    StringConstraints,
    WithJsonSchema,
)
from pydantic_core import PydanticKnownError

from facegate.gate.ledger.ledger import stamp

Moment = Annotated[
    datetime,
    PlainSerializer(stamp, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}, mode="serialization"),
]
"""RFC 3339 in UTC with hundredths of a second, as everywhere on the log (CJIS AU-8)."""

NO_DAY: Final = "date_type"
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _only_days(value: object) -> object:
    """Refuse what pydantic would take for a day as well: numbers of seconds, and midnights."""
    if isinstance(value, str):
        try:
            return date.fromisoformat(value if _DAY.fullmatch(value) else "")
        except ValueError as error:
            raise PydanticKnownError(NO_DAY) from error
    return value


Day = Annotated[date, BeforeValidator(_only_days)]
"""One day, ISO 8601, and nothing else."""

Yes = Annotated[bool, Strict()]
"""True or false, and not what could be taken for one: 1, ``"off"``, ``"no"``."""

Word = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Text = Annotated[str, StringConstraints(min_length=1, max_length=8000)]
Ori = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}[A-Z0-9]{7}$")]


class Form(BaseModel):
    """A body that is sent: every field known, none of another type than it says."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reply(BaseModel):
    """A body that is answered, made from what an act gives."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class Recorded(Reply):
    """Something was put on the log."""

    record: int
    """Its place there: what a receipt can be asked for."""


class Problems(BaseModel):
    """What is answered in the place of what was asked for (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    instance: str | None = None
    rules: list[dict[str, Any]] | None = None
    receipt: dict[str, Any] | None = None
    errors: list[dict[str, Any]] | None = None
    """Fields that are wrong: ``field``, and ``wanted`` of its form or ``words`` of what is demanded of it."""
    reasons: list[dict[str, Any]] | None = None
