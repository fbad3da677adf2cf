"""Who asks, as the service knows him once his key, token or session was checked."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from facegate.server.identity.roles import SEES_ALL, Role

if TYPE_CHECKING:
    from datetime import datetime


class By(StrEnum):
    """What somebody showed to be known."""

    NOTHING = "nothing"
    KEY = "key"
    TOKEN = "token"  # noqa: S105  a word, no secret
    SESSION = "session"


@dataclass(frozen=True, slots=True)
class Caller:
    """Whoever asks.

    Parameters
    ----------
    account : str
        Id of the account; empty for somebody who is not known.
    name : str
        What he is called on pages.
    roles : frozenset of Role
        What he may ask for; never empty: everybody is the public.
    officer : str
        Officer id in the agency's register; empty where the account is no officer's.
    agency : str
        ORI of his agency; empty where there is none.
    by : By
        How he is known.
    fresh_at : datetime or None
        When he last proved a second factor, or logged in; None if that is not known.
    """

    account: str
    name: str
    roles: frozenset[Role]
    officer: str
    agency: str
    by: By
    fresh_at: datetime | None

    @property
    def known(self) -> bool:
        """Whether he is known at all."""
        return self.by is not By.NOTHING

    def sees(self, agency: str) -> bool:
        """Whether an object of an agency is his to see: his own, or every one for those who look in."""
        return bool(self.roles & SEES_ALL) or (bool(self.agency) and self.agency == agency)


NOBODY: Final = Caller("", "", frozenset({Role.PUBLIC}), "", "", By.NOTHING, None)
